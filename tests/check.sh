#!/bin/bash
# check.sh - what a reviewer would do, step by step
#
#   tests/check.sh [STEP...]        (make check, make check STEPS="tidy fuzz")
#
# Called by `make check` when everything is built. Each step is a function of
# the same name below and gives one line; what it printed is kept in
# build/check/STEP.log. The status is 1 when a step failed. FUZZ_SECONDS (5) is
# how long each fuzz harness runs.
#
# SPDX-License-Identifier: GPL-2.0-or-later
set -u -o pipefail
cd "$(dirname "$0")/.."
out=$PWD/build/check
steps=(${*:-gcc clang cppcheck tidy unit fuzz symbols configs paths docs})

if [ -n "${OUTRIDER_CHECK:-}" ]; then
    echo "check.sh: make check in make check; mark that block console" >&2
    exit 64
fi
export OUTRIDER_CHECK=1

build() {
    make --no-print-directory -j"$(nproc)" B="$out/$1" "${@:2}"
}

# Every warning is an error.
gcc() {
    build gcc CC=gcc WERROR=-Werror all unit "$out/gcc/tests/deaf" \
        "$out/gcc/classify-score"
}

clang() {
    build clang CC=clang WERROR=-Werror all unit "$out/clang/tests/deaf" \
        "$out/clang/classify-score"
}

flags="-D_GNU_SOURCE -DOUTRIDER_VERSION=\"0\" $(printf -- "-I%s " core/*) -Ihost"

cppcheck() {
    command cppcheck -q --std=c11 $flags --enable=warning,performance,portability \
        --inline-suppr --suppress=missingIncludeSystem --error-exitcode=1 \
        $(printf -- "-I%s " transports/*/) \
        core host router local_scan transports tools addressbook tests/unit tests/fuzz \
        tests/lib
}

tidy() {
    printf '%s\n' core/*/*.c host/*.c router/*.c local_scan/*.c tools/*.c \
        transports/*.c transports/*/*.c addressbook/*.c |
        xargs -P"$(nproc)" -I{} clang-tidy --quiet {} -- \
            -std=c11 $flags -isystem /usr/include/exim4 \
            $(printf -- "-iquote %s " transports transports/*/) \
            $(pkg-config --cflags gmime-3.0 libarchive gpgme |
                sed 's/-I/-isystem /g')
}

sanitized="-O1 -g -fno-omit-frame-pointer -fno-sanitize-recover=undefined"

unit() {
    local program rc=0
    build sanitized CC=clang -k unit \
        CFLAGS="$sanitized -fsanitize=address,undefined" || rc=1
    for program in "$out"/sanitized/tests/test_*; do
        [ -x "$program" ] || continue
        echo "== $program"
        UBSAN_OPTIONS=print_stacktrace=1 timeout -k 5 120 "$program" || rc=1
    done
    return $rc
}

# A harness that finds something leaves it in build/check/fuzz/NAME-*. Those of
# adapt, fuzz_adapt_*, are linked with its parts and libraries.
fuzz() {
    local source name corpus more adapt parts rc=0
    local needs="gmime-3.0 libarchive libcrypto gpgme zlib"
    parts=$(ls transports/*.c transports/*/*.c | grep -v '/main\.c$' |
        sed "s|\(.*\)\.c\$|$out/fuzz/\1.o|")
    adapt="$(printf -- "-iquote %s " transports transports/*/) $(pkg-config --cflags $needs | sed 's/-I/-isystem /g')"
    adapt="$adapt $parts $(pkg-config --libs $needs)"
    build fuzz CC=clang objects $parts \
        CFLAGS="$sanitized -fsanitize=fuzzer-no-link,address,undefined" ||
        return 1
    for source in tests/fuzz/fuzz_*.c; do
        name=$(basename "$source" .c)
        corpus=$out/fuzz/corpus/$name
        mkdir -p "$corpus"
        case $name in
        fuzz_adapt_*) more=$adapt ;;
        *) more= ;;
        esac
        command clang -std=c11 $flags $sanitized \
            -fsanitize=fuzzer,address,undefined -o "$out/fuzz/$name" \
            "$source" "$out"/fuzz/core/*/*.o $more -ldb-5.3 -lpcre2-8 ||
            { rc=1; continue; }
        echo "== $name"
        timeout -k 5 $((${FUZZ_SECONDS:-5} + 120)) \
            "$out/fuzz/$name" -max_total_time="${FUZZ_SECONDS:-5}" -timeout=10 \
            -rss_limit_mb=2048 -artifact_prefix="$out/fuzz/$name-" \
            "$corpus" $(ls -d tests/fuzz/corpus/"$name" 2>/dev/null) || rc=1
    done
    return $rc
}

# The libraries give Exim the names of their maps, and nothing else.
symbols() {
    local name rc=0
    for name in router local_scan; do
        diff <(sed -n '/global:/,/local:/p' $name/$name.map |
            grep -o '[a-z_][a-z_]*;' | tr -d ';' | sort) \
            <(nm -D --defined-only build/$name.so | awk '{print $3}' | sort) ||
            rc=1
    done
    return $rc
}

# A copy, as Exim reads no configuration that another user owns.
configs() {
    local file rc=0
    mkdir -p "$out/examples"
    install -m 644 config-examples/*.conf "$out/examples" || return 1
    for file in config-examples/*.conf; do
        { echo "OUTRIDER_EXAMPLES = $out/examples"; cat "$file"; } \
            >"$out/config" || return 1
        echo "== $file"
        exim4 -C "$out/config" -bV || rc=1
    done
    rm -rf "$out/config" "$out/examples"
    return $rc
}

# Nothing in the tree knows where it was written.
paths() {
    local git="git -c safe.directory=*"
    $git rev-parse --git-dir || return 0
    ! $git grep -n --untracked -e "$PWD" -e '/wor[k]/' -e '/hom[e]/'
}

# A block that does not say what it is could be a command nobody tries.
unmarked() {
    awk '/^ *```/ { on = !on; if (on && $0 ~ /^ *```$/)
        print FILENAME ":" FNR ": a block that is not marked sh, console, text"
        }' "$1"
}

# The blocks of a page that are marked ```sh, in their order.
blocks() {
    awk '/^ *```/ { on = !on && $0 ~ /^ *```sh$/; next } on' "$1"
}

# Every page on a copy of the machine that is thrown away: an overlay over all
# of its files, its own processes. The network is the machine's: tests ask its DNS.
docs() {
    local page rc=0
    for page in README.md docs/*.md; do
        [ -e "$page" ] || continue
        unmarked "$page" | grep . && rc=1
        blocks "$page" >"$out/commands"
        echo "== $page: $(wc -l <"$out/commands") lines"
        [ -s "$out/commands" ] || continue
        page_run || { echo "FAILED: $page"; rc=1; }
    done
    return $rc
}

page_run() {
    env -u OUTRIDER_CHECK -u MAKEFLAGS -u MAKELEVEL -u MFLAGS \
        unshare --mount --propagation private --pid --fork --kill-child \
        bash -c 'set -e
            tree=$PWD
            mount -t tmpfs -o mode=755 machine /mnt
            mkdir /mnt/up /mnt/work /mnt/all
            mount -t overlay -o lowerdir=/,upperdir=/mnt/up,workdir=/mnt/work \
                overlay /mnt/all
            cd /mnt/all
            mount -t proc proc proc
            mount --rbind /dev dev
            mount -t sysfs sys sys 2>/dev/null || true
            mount -t tmpfs -o mode=1777 tmp tmp
            mount -t tmpfs -o mode=755 run run
            mkdir -p usr/src/outrider
            tar -cC "$tree" --exclude=./build --exclude=./.git . |
                tar -xC usr/src/outrider
            cp "$tree/build/check/commands" tmp/commands
            ip link set lo up
            exec chroot . bash -c "cd /usr/src/outrider
                HOME=/root exec bash -eux -o pipefail /tmp/commands"' </dev/null
}

mkdir -p "$out"
status=0
for step in "${steps[@]}"; do
    case " gcc clang cppcheck tidy unit fuzz symbols configs paths docs " in
    *" $step "*) ;;
    *) echo "check.sh: there is no step $step" >&2; exit 64 ;;
    esac
    start=$SECONDS
    if $step >"$out/$step.log" 2>&1; then
        printf 'ok   %-9s %4d s\n' "$step" $((SECONDS - start))
    else
        status=1
        printf 'FAIL %-9s %4d s  see build/check/%s.log\n' "$step" \
            $((SECONDS - start)) "$step"
    fi
done
exit $status
