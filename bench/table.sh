#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# table.sh - what a large table costs those who read and write it
#
#   sh bench/table.sh ?ROWS=1000000? ?DIRECTORY=/tmp?
#
# Medians; see bench/table.c. It needs some 500 MB in DIRECTORY.

cd "$(dirname "$0")/.." || exit 1
directory=$(mktemp -d "${2:-${TMPDIR:-/tmp}}/table.XXXXXX") || exit 1
trap 'rm -rf "$directory"' EXIT
cc -O2 -std=c11 -D_GNU_SOURCE -Icore/base -o "$directory/bench" bench/table.c \
    core/base/table*.c core/base/file.c core/base/text.c -ldb-5.3 || exit 1
"$directory/bench" "${1:-1000000}" "$directory"
