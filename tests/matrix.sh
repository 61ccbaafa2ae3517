#!/bin/bash
# matrix.sh - the whole suite on every Exim that Outrider is made for
#
#   tests/matrix.sh [bookworm] [trixie] [backports]
#
# Called by `make matrix`, as root. 4.96 is this machine's where it is a Debian
# 12; every other Exim lives in a chroot below $OUTRIDER_MATRIX
# (/var/cache/outrider-matrix), made once with debootstrap from the mirror that
# /etc/apt names, and kept. The tree is copied in, built there and tested
# there (TESTFLAGS: options of run.tcl); build/matrix/NAME.log has the output. The last lines are a table; the
# status is 1 when a row is not green.
#
# All mounts and processes of a row belong to namespaces of its own: they end
# with it, however it ends.
#
# SPDX-License-Identifier: GPL-2.0-or-later
set -u -o pipefail
cd "$(dirname "$0")/.."
cache=${OUTRIDER_MATRIX:-/var/cache/outrider-matrix}
logs=$PWD/build/matrix
rows=(${*:-bookworm trixie backports})

say() { echo "matrix: $*"; }

# The first Debian archive of the machine's sources, one-line or deb822.
mirror() {
    local files=(/etc/apt/sources.list /etc/apt/sources.list.d/*)
    cat "${files[@]}" 2>/dev/null |
        sed -nE -e 's/^deb +(\[[^]]*\] +)?([^ ]+) .*/\2/p' \
            -e 's/^URIs: *([^ ]+).*/\1/p' |
        grep -E '/debian/?$' | head -1
}

suite_of() {
    [ "$1" = backports ] && echo trixie || echo "$1"
}

# A half-made chroot has another name, so that it is never taken for a whole.
chroot_make() {
    local name=$1 root=$cache/$1 suite from
    suite=$(suite_of "$name")
    from=$(mirror)
    [ -n "$from" ] || { say "no Debian mirror in /etc/apt"; return 1; }
    say "making $root (once)"
    mkdir -p "$cache"
    rm -rf --one-file-system "$root.new"
    debootstrap --variant=minbase --include=ca-certificates \
        "$suite" "$root.new" "$from" || return 1
    echo "deb $from $suite main" >"$root.new/etc/apt/sources.list"
    if [ "$name" = backports ]; then
        echo "deb $from $suite-backports main" \
            >>"$root.new/etc/apt/sources.list"
        inside "$root.new" "apt-get -qq update && DEBIAN_FRONTEND=noninteractive
            apt-get -qq -y -t $suite-backports install \
            --no-install-recommends exim4-daemon-heavy exim4-dev" || return 1
    fi
    mv "$root.new" "$root"
}

# inside ROOT COMMAND - in the chroot, with mounts that end with it. The root
# is bound onto itself, as unshare --propagation needs a mount point there.
inside() {
    unshare --mount --propagation private --pid --fork --kill-child \
        bash -c 'set -e; root=$1
            mount --bind "$root" "$root"
            mount -t proc proc "$root/proc"
            mount --rbind /dev "$root/dev"
            mount -t tmpfs -o mode=755 run "$root/run"
            mount -t tmpfs -o mode=1777 tmp "$root/tmp"
            printf "#!/bin/sh\nexit 101\n" >"$root/usr/sbin/policy-rc.d"
            chmod 755 "$root/usr/sbin/policy-rc.d"
            cp /etc/resolv.conf "$root/etc/resolv.conf"
            grep -q "$(hostname)" "$root/etc/hosts" 2>/dev/null ||
                printf "127.0.0.1 localhost\n::1 localhost\n127.0.1.1 %s\n" \
                    "$(hostname)" >"$root/etc/hosts"
            exec chroot "$root" /usr/bin/env -i TERM=dumb HOME=/root \
                PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 \
                TESTFLAGS="${TESTFLAGS:-}" \
                /bin/bash -c "$2"' inside "$1" "$2"
}

# The tree as it stands, without what was built from it.
tree() {
    tar -c --exclude=./build --exclude=./.git .
}

run='mkdir -p /tmp/outrider && tar -xC /tmp/outrider && cd /tmp/outrider &&
    sh tests/deps.sh &&
    { echo "exim $(exim4 -bV | sed -n "s/^Exim version \([^ ]*\).*/\1/p")"
      make test TESTFLAGS="${TESTFLAGS:-}"; }'

is_host() {
    [ "$1" = bookworm ] && ( . /etc/os-release
        [ "$ID" = debian ] && [ "${VERSION_ID:-}" = 12 ] )
}

row_run() {
    local name=$1
    if is_host "$name"; then
        tree | unshare --mount --propagation private bash -c \
            "mount -t tmpfs -o mode=1777 tmp /tmp && $run"
    else
        [ -d "$cache/$name" ] || chroot_make "$name" || return 1
        tree | inside "$cache/$name" "$run"
    fi
}

row_print() {
    local log=$logs/$1.log version last
    version=$(sed -n 's/^exim \([0-9].*\)/\1/p' "$log" | head -1)
    last=$(grep -E '^[0-9]+ passed, [0-9]+ failed' "$log" | tail -1)
    printf '%-10s %-10s %7s %7s  %s\n' "$1" "${version:--}" \
        "$(expr "$last" : '\([0-9]*\) passed')" \
        "$(expr "$last" : '.*, \([0-9]*\) failed')" \
        "$([ "$2" = 0 ] || echo "see ${log#"$PWD"/}")"
}

[ "$(id -u)" = 0 ] || { say "needs root"; exit 77; }
mkdir -p "$logs"
status=0
table=$(printf '%-10s %-10s %7s %7s' suite exim passed failed)
for name in "${rows[@]}"; do
    case $name in
    bookworm | trixie | backports) ;;
    *) say "there is no $name: bookworm, trixie, backports"; exit 64 ;;
    esac
    say "$name: running"
    row_run "$name" >"$logs/$name.log" 2>&1
    code=$?
    [ $code = 0 ] || status=1
    table+=$'\n'$(row_print "$name" $code)
done
echo "$table"
exit $status
