#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# deflate.sh - which deflate adapt should use: zlib, libdeflate or isa-l
#
#   sh bench/deflate.sh ?MIB=64? ?DIRECTORY=/tmp?
#
# Three inputs of MIB each: mail, CSV and programs; see bench/deflate.c for what
# it found. libdeflate and isa-l are installed (as root, on Debian) where they
# are missing; the product needs neither.

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
            rand() * 60, rand() * 2^31, rand() * 2^31, word[1 + int(rand() * 90)])
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
