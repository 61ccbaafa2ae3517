#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# classify.sh - what it costs to classify a reply
#
#   sh bench/classify.sh ?LINES=20000?
#
# Times `outrider classify` over LINES replies of ten kinds, start included.

cd "$(dirname "$0")/.." || exit 1
lines=${1:-20000}
input=$(mktemp) || exit 1
trap 'rm -f "$input"' EXIT
awk -v n="$lines" 'BEGIN {
    s[0] = "rcpt\t550 5.1.1 <bob@example.net>: user unknown"
    s[1] = "rcpt\t550 5.7.1 Client host blocked using zen.example"
    s[2] = "mail\t451 4.3.0 Temporary lookup failure"
    s[3] = "rcpt\t450 4.2.0 Greylisted, try again in 300 seconds"
    s[4] = "dot\t554 5.6.0 Message content rejected"
    s[5] = "greeting\t421 4.7.0 Too many connections from your address"
    s[6] = "rcpt\t552 5.2.2 Mailbox full"
    s[7] = "mail\t552 5.3.4 Message size exceeds fixed limit"
    s[8] = "rcpt\t550 relay not permitted"
    s[9] = "data\t554 Something nobody has said before"
    for (i = 0; i < n; i++) print s[i % 10] " " i }' > "$input"
start=$(date +%s.%N)
build/outrider classify "$input" > /dev/null 2>&1 || exit 1
end=$(date +%s.%N)
echo "$start $end $lines" |
    awk '{ printf "%d replies in %.2f s: %.1f us each\n", $3, $2 - $1,
           ($2 - $1) * 1e6 / $3 }'
