#!/usr/bin/env bash
# adapt.sh - memory and time of `adapt`, by the size of the message
#
# For 1, 100 and 1024 MiB (MESSAGES="1 100" for fewer), one attachment that
# shrinks and one that does not: compressed and expanded by the filter; split
# into message/partial and into pieces of an archive on a spool of its own, and
# joined again. Peak memory must stay under 64 MiB, or the script fails.
#
# SPDX-License-Identifier: GPL-2.0-or-later
set -eu
cd "$(dirname "$0")/.."
sizes=${MESSAGES:-1 100 1024}
kinds=${KINDS:-table noise}
limit_kib=65536
dir=$(mktemp -d "${TMPDIR:-/var/tmp}/adapt-bench.XXXXXX")
trap 'rm -rf "$dir"' EXIT
${CC:-cc} -O2 -o "$dir/peak" bench/peak.c
worst=0
nl='
'

# BYTES of noise or of a table, in base64 with lines of 76.
noise() { head -c "$1" /dev/urandom | base64 -w 76; }
table() { yes '1234,apples,pears,2026-11-22,0.75' | head -c "$1" | base64 -w 76; }

# A message with an attachment of MIB MiB of KIND.
mail() {
    printf '%s\n' 'From: a@x.example' 'To: b@y.example' 'Subject: big' \
        'Message-ID: <1@x.example>' 'MIME-Version: 1.0' \
        'Content-Type: multipart/mixed; boundary=AA' '' '--AA' \
        'Content-Type: text/plain' '' 'hello' '--AA' \
        'Content-Type: application/octet-stream; name=big.bin' \
        'Content-Disposition: attachment; filename=big.bin' \
        'Content-Transfer-Encoding: base64' ''
    $2 $(($1 * 1024 * 768))
    echo '--AA--'
}

# measure LABEL COMMAND...: one line; the worst peak is kept.
measure() {
    local label=$1 seconds kib
    shift
    "$dir/peak" "$@" 2>"$dir/figures" >"$dir/said" || { cat "$dir/said" "$dir/figures"; exit 1; }
    read -r seconds kib < <(tail -1 "$dir/figures")
    printf '%-34s %8.1f s %7d KiB\n' "$label" "$seconds" "$kib"
    if [ "$kib" -gt "$worst" ]; then worst=$kib; fi
}

filter() { sh -c 'build/adapt filter -t "$1" "$2" <"$3" >"$4"' sh "$dir" "$@"; }
export dir

# A spool with this message on it, as Exim keeps it; ID is its id.
spool_make() {
    local id=$1 file=$2 spool=$dir/spool head
    mkdir -p "$spool/input"
    { echo "$id-D"; sed '1,/^$/d' "$file"; } >"$spool/input/$id-D"
    {
        printf '%s\n' "$id-H" "root 0 0" '<a@x.example>' "$(date +%s) 0" \
            '-received_time_usec .000001' '-body_linecount 1' XX 1 b@y.example ''
        sed '/^$/q' "$file" | sed '/^$/d' | while IFS= read -r line; do
            printf '%03d  %s\n' $((${#line} + 1)) "$line"
        done
    } >"$spool/input/$id-H"
}

spooled() { # WORD ID ROW
    MESSAGE_ID=$2 measure "$4" build/adapt "$1" --spool "$dir/spool" \
        --settings "$(printf 'adapt-parts = 9999\njoin-size = 4000')" \
        --exim /bin/true --config /dev/null --host hub.example --row "$3" \
        -- b@y.example
}

ids_of_parts() {
    ls "$dir/spool/input" | sed -n 's/-H$//p' | grep -v "^$1$" || true
}

for mib in $sizes; do
    for kind in $kinds; do
        mail "$mib" $kind >"$dir/mail"
        echo "== $mib MiB of $kind"
        measure "filter, compress=zip" sh -c "build/adapt filter -t $dir \
            'size=64K compress=zip' <$dir/mail >$dir/out"
        measure "filter, expand" sh -c "build/adapt filter -t $dir \
            -s 'expand-ratio = 100000${nl}expand-size = 4000' compress=none <$dir/out >$dir/back"
        cmp -s "$dir/mail" "$dir/back" || { echo "not the same"; exit 1; }
        rm -f "$dir/out" "$dir/back"
        for join in partial files; do
            rm -rf "$dir/spool"
            id=1abcde-00000$((mib % 9))-AA
            spool_make "$id" "$dir/mail"
            spooled send "$id" "size=10M compress=none join=$join" \
                "send, join=$join"
            rm -f "$dir/spool/input/$id-D" "$dir/spool/input/$id-H"
            parts=$(ids_of_parts none)
            [ "$(echo "$parts" | wc -l)" -gt 1 ] || continue
            for part in $parts; do
                last=$part
                MESSAGE_ID=$part build/adapt join --spool "$dir/spool" \
                    --settings 'join-size = 4000' --exim /bin/true \
                    --config /dev/null --host hub.example --row join=none \
                    -- b@y.example >"$dir/said" 2>&1 && break || true
            done
            grep -q joined "$dir/said" || { cat "$dir/said"; exit 1; }
            rm -rf "$dir/spool/outrider"/adapt/join.*
            ls "$dir/spool/input" | grep -v -F "$(echo "$parts")" |
                sed "s|^|$dir/spool/input/|" | xargs rm -f
            MESSAGE_ID=$last spooled join "$last" join=none "join, $join" || true
        done
    done
done
echo "worst peak: $worst KiB"
[ "$worst" -le "$limit_kib" ]
