# SPDX-License-Identifier: GPL-2.0-or-later
#
# 76-mime.tcl - MIME that is broken in every way, for the suites 76-adapt-mime*:
# it comes out as it went in, or goes back to its sender; never half of it

source [file join [file dirname [info script]] 75-common.tcl]

# Text that shrinks, and text that does not.
set soft [bytes_soft 90000]
set hard [bytes_hard 100000]

proc broken {type args} {
    set lines [list "From: me@x.example" "To: you@y.example"\
        "Subject: broken [incr ::mail_number]"\
        "Message-ID: <$::mail_number.b@x.example>"\
        "Date: Sun, 22 Nov 2026 10:00:00 +0000" "MIME-Version: 1.0"]
    if {$type ne {}} {
        lappend lines "Content-Type: $type"
    }
    join [concat $lines [list {}] $args] "\n"
}

proc part {args} {
    join [concat [list "--b=1"] $args] "\n"
}

set mixed "multipart/mixed; boundary=\"b=1\""
set csv "Content-Type: text/csv; name=a.csv"
set coded "Content-Transfer-Encoding: base64"
set good [part $csv {} $soft]\n[part "Content-Type: application/x-bin; name=b"\
    $coded {} $hard]
set deep {}
for {set n 0} {$n < 2000} {incr n} {
    append deep "Content-Type: multipart/mixed; boundary=\"d$n\"\n\n--d$n\n"
}
append deep "$csv\n\n$soft\n$hard\n"
for {set n 1999} {$n >= 0} {incr n -1} {
    append deep "--d$n--\n"
}
set long_head {}
for {set n 0} {$n < 14000} {incr n} {
    append long_head "X-Field: [string repeat y 70]\n"
}
set many {}
for {set n 0} {$n < 12500} {incr n} {
    append many "--b=1\n$csv\n\nline $n\n"
}

set cases [list\
    "no MIME at all" [broken {} $soft $hard]\
    "no end" [broken $mixed $good]\
    "no end, in the middle of a line" [broken $mixed "$good\n--b"]\
    "the boundary is never there" [broken $mixed $soft $hard]\
    "no boundary" [broken multipart/mixed $good "--b=1--" {}]\
    "an empty boundary" [broken "multipart/mixed; boundary=\"\"" $good\
        "--b=1--" {}]\
    "a boundary of 300 characters" [broken\
        "multipart/mixed;\n boundary=[string repeat b 300]"\
        "--[string repeat b 300]\n$csv\n\n$soft$hard"\
        "--[string repeat b 300]--" {}]\
    "2000 levels" [broken $mixed "--b=1" $deep "--b=1--" {}]\
    "no blank line in a part" [broken $mixed "--b=1\n$csv\n$soft$hard\n--b=1--"\
        {}]\
    "a part's header is no header" [broken $mixed\
        "--b=1\nthis is none\n$csv\n\n$soft$hard\n--b=1--" {}]\
    "NULs in the body" [broken $mixed "$good\n--b=1\n\nn\0u\0l\0\n--b=1--" {}]\
    "NULs in a part's header" [broken $mixed\
        "$good\n--b=1\nX: n\0l\n$csv\n\n$soft\n--b=1--" {}]\
    "a part's header of 1 MB" [broken $mixed $good\
        "--b=1\n$long_head$csv\n\n$soft\n--b=1--" {}]\
    "12,500 parts" [broken $mixed $many $good "--b=1--" {}]\
    "Content-Type twice" [string map [list "MIME-Version: 1.0\n"\
        "MIME-Version: 1.0\nContent-Type: text/plain\n"]\
        [broken $mixed $good "--b=1--" {}]]\
    "Content-Type twice in a part" [broken $mixed\
        "--b=1\nContent-Type: text/plain\n$csv\nContent-Type: image/png"\
        "\n$soft$hard\n--b=1--" {}]\
    "rubbish in base64" [broken $mixed\
        "--b=1\n$csv\n$coded\n\n!!!!$hard####\n=====\n$hard\n--b=1--" {}]\
    "base64 on one line that does not end" [broken $mixed\
        "--b=1\n$csv\n$coded\n\nQUJD=\nQ\n$hard\n--b=1--" {}]\
    "broken quoted-printable" [broken $mixed\
        "--b=1\n$csv\nContent-Transfer-Encoding: quoted-printable"\
        "\n=ZZ=\n=\n=4\n$soft\n= \n$hard\n--b=1--" {}]\
    "an encoding that nobody knows" [broken $mixed\
        "--b=1\n$csv\nContent-Transfer-Encoding: x-nobody"\
        "\n$soft$hard\n--b=1--" {}]\
    "an encoding on the multipart" [string map [list "MIME-Version: 1.0\n"\
        "MIME-Version: 1.0\n$coded\n"] [broken $mixed $good "--b=1--" {}]]\
    "uuencode" [broken $mixed\
        "--b=1\n$csv\nContent-Transfer-Encoding: x-uuencode"\
        "\nbegin 644 a\n$soft\nend\n$hard\n--b=1--" {}]\
    "an attached message in base64" [broken $mixed\
        "--b=1\nContent-Type: message/rfc822\n$coded\n\n$hard\n$good"\
        "--b=1--" {}]\
    "the same boundary inside" [broken $mixed "--b=1"\
        "Content-Type: $mixed" {} "$good\n--b=1--\n$good\n--b=1--" {}]\
    "a large preamble and epilogue" [broken $mixed $soft\
        "$good\n--b=1--\n$hard" {}]\
    "nothing but boundaries" [broken $mixed\
        [string repeat "--b=1\n" 11000]$hard]\
    "white space behind boundaries" [broken $mixed\
        [string map {"--b=1\n" "--b=1 \t \n"} "$good\n--b=1-- \n"]]\
    "a broken signature" [broken\
        "multipart/signed; boundary=\"b=1\"" $good "--b=1--" {}]\
    "half a report" [broken "multipart/report; boundary=\"b=1\"" $good]\
    "a message in a message in a message" [broken $mixed\
        "--b=1\nContent-Type: message/rfc822\n\nContent-Type:\
        message/rfc822\n\nContent-Type: $mixed\n\n$good\n--b=1--" {}]\
    "dots and From" [broken $mixed $good ".\n..\n.x\nFrom me\n>From me"\
        "--b=1--" {}]\
    "an empty part, an empty header, an empty line" [broken $mixed\
        "--b=1\n\n--b=1\n--b=1\n\n\n$good\n--b=1--\n\n\n"]]

# What is no loss: base64 that is encoded again has no empty lines behind it.
proc body_of {mail} {
    set at [string first "\n\n" $mail]
    regsub -all "\n\n+" [string trimright [string range $mail $at+2 end] "\n"]\
        "\n"
}

# Quoted-printable that is none is encoded again, with the same meaning; of
# two Content-Type fields one hub may take the first, and one the last: then an
# archive stays one. NULs are nothing that a hub puts into a message: then
# what was joined is a file.
proc mime_same {label sent got} {
    if {$sent eq $got} {
        return 1
    }
    switch -- $label {
        "broken quoted-printable" {
            return [string match "*\n=3DZZ=3D4\n*" $got]
        }
        "Content-Type twice" {
            return [string match "*a.csv.zip*X-Original-Digest*" $got]
        }
        "NULs in the body" - "NULs in a part's header" {
            return [expr {[string match "*\nContent-Disposition:\
                attachment*" $got] && [string length $got] > 100000}]
        }
    }
    return 0
}

proc mime_send {way row far} {
    with_world [adapting_with "\${if eq{\$domain}{x.example}{}{$row}}"\
            [list OUTRIDER_SERVERS $far]] {
        test "sent: $way" {
            set n 0
            foreach {label mail} $::cases {
                send -from me@x.example -to $way[incr n]@y.example -data $mail
                if {$n % 4 == 0} {
                    wait_idle 60000
                }
            }
            wait_idle 60000
            assert_equal {} [queue]
        }
    }
}

proc mime_check {label address mail} {
    set back [lmap m [bounces me@x.example] {
        expr {$address in [bounce_names $m] ? $m : [continue]}}]
    set come [deliveries -from ?* -to $address]
    assert_equal 1 [expr {[llength $back] + [llength $come]}]\
        "returned [llength $back], came [llength $come]:"
    if {$come ne {}} {
        set got [body_of [string map {"\r\n" "\n"}\
            [dict get [lindex $come 0] data]]]
        set sent [body_of $mail]
        assert_true {[mime_same $label $sent $got]} "another body\
            ([string length $got] bytes for [string length $sent])"
    }
}

# Through two hubs, by these ways: NAME ROW ...
proc mime_through {ways} {
    far_side {} {
        set far $::world(address)::$::world(port)
        foreach {way row} $ways {
            mime_send $way $row $far
        }
        queue_empties
        foreach {way row} $ways {
            set n 0
            foreach {label mail} $::cases {
                incr n
                test "$way: $label" {
                    mime_check $label $way$n@y.example $mail
                }
            }
        }
    }
}
