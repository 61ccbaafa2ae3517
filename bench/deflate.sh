#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# deflate.sh - which deflate adapt should use: zlib, libdeflate or isa-l
#
#   sh bench/deflate.sh ?MIB=64? ?DIRECTORY=/tmp?
#
# Three inputs of MIB each: mail, CSV and programs. libdeflate and isa-l are
# installed (as root, on Debian) where they are missing; the product needs
# neither. It takes about eight minutes.
#
# What it found (64 MiB each, one core of an AMD EPYC, Debian 12), as quotients
# to zlib at level 6, which is 17 to 20 MB/s and 2.5 to 3.4 : 1; memory is what
# one compressing takes besides the program:
#
#                  speed         size of output   memory    streams
#   zlib 1          3.5 to  4.4   1.11 to 1.22     1 MiB    yes
#   zlib 9          0.3 to  0.6   0.97 to 0.99     1 MiB    yes
#   libdeflate 1    6.9 to  7.2   1.06 to 1.12    90 MiB    no
#   libdeflate 6    2.0 to  2.9   0.95 to 0.99    90 MiB    no
#   libdeflate 12   0.3 to  0.4   0.85 to 0.96    95 MiB    no
#   isa-l 0        17   to 19     1.18 to 1.38     1 MiB    yes
#   isa-l 3        10   to 13     1.06 to 1.10     1 MiB    yes
#
# adapt uses zlib at level 6, by libarchive's zip writer. It compresses to get
# below a limit, so what counts is the size: level 9 saves 1 to 3 percent more
# in twice to three times the time. 25 MB are a second and a half, once for each
# message, which the network takes longer for. libdeflate is better in both, but
# must have all of the input and of the output in memory, and adapt's memory
# does not grow with the message. isa-l streams, but what it makes is 6 percent
# larger at its best. Either would mean a zip writer of our own.

cd "$(dirname "$0")/.." || exit 1
bytes=$((${1:-64} << 20))
missing=
[ -e /usr/include/libdeflate.h ] || missing="libdeflate-dev"
[ -e /usr/include/isa-l.h ] || missing="$missing libisal-dev"
[ -e /usr/include/zlib.h ] || missing="$missing zlib1g-dev"
if [ -n "$missing" ]; then
    echo "installing: $missing"
    DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends \
        install $missing >/dev/null || exit 1
fi
directory=$(mktemp -d "${2:-${TMPDIR:-/tmp}}/deflate.XXXXXX") || exit 1
trap 'rm -rf "$directory"' EXIT

# Replies of a few people, quoted and signed, with words as often as a language
# has them (the n-th word as 1/n).
awk -v bytes="$bytes" 'BEGIN {
    srand(7)
    for (i = 1; i <= 8000; i++) {
        w = ""
        for (j = 0; j < 1 + rand() * 9; j++)
            w = w substr("etaoinshrdlucmfwypvbgkjqxz",
                1 + int(26 * rand() * rand()), 1)
        word[i] = w
    }
    for (n = 0; n < bytes;) {
        s = sprintf("From: u%d@example.com\nDate: %d Nov 2026 %02d:%02d:%02d" \
            " +0100\nMessage-ID: <%x%x@example.com>\nSubject: Re: %s\n\n",
            rand() * 40, 1 + rand() * 30, rand() * 24, rand() * 60,
            rand() * 60, rand() * 2^31, rand() * 2^31,
            word[1 + int(rand() * 90)])
        for (l = 0; l < 5 + rand() * 40; l++) {
            line = rand() < 0.3 ? ">" : ""
            while (length(line) < 68)
                line = line " " word[int(exp(rand() * log(8000)))]
            s = s line "\n"
        }
        s = s "\nBest regards\n--\nA company of example.com\n\n"
        n += length(s)
        printf "%s", s
    }
}' | head -c "$bytes" >"$directory/mail"
awk -v bytes="$bytes" 'BEGIN {
    srand(8)
    for (n = 0; n < bytes; i++) {
        s = sprintf("%d;2026-%02d-%02d;customer %d;%s;%.2f;%.4f\n", i,
            1 + rand() * 12, 1 + rand() * 28, rand() * 5000,
            rand() < 0.7 ? "paid" : "open", rand() * 9000, rand())
        n += length(s)
        printf "%s", s
    }
}' | head -c "$bytes" >"$directory/csv"
find /usr/lib /usr/bin -type f -size +99k \( -name '*.so*' -o -perm -1 \) \
    2>/dev/null | LC_ALL=C sort | xargs cat 2>/dev/null |
    head -c "$bytes" >"$directory/programs"

cc -O2 -std=c11 -D_GNU_SOURCE -o "$directory/bench" bench/deflate.c -lz \
    -ldeflate -lisal || exit 1
"$directory/bench" "$directory/mail" "$directory/csv" "$directory/programs"
