# SPDX-License-Identifier: GPL-2.0-or-later
#
# demo_fit.tcl - the end of the demonstration: 20 MB through a limit of 5 MB
#
# Two hubs; the second one takes 5 MB, and no more, and its users open and join
# nothing. A message of 20 MB goes through in each of the three ways, and is
# compared with what was sent. Called by demo_world.tcl.

set demo_fit_ways {
    {a table, compressed} soft {size=5M compress=zip}
    {noise, in message/partial} hard {size=5M compress=zip join=partial}
    {noise, in pieces of an archive} hard {size=5M compress=zip join=files}
}

proc demo_fit {} {
    demo_say text {}
    demo_say text "Messages that fit: 20 MB for a hub that takes 5 MB\
        (message_size_limit = 5M)"
    with_world [demo_fit_world "compress=none join=none"\
            {message_size_limit = 5M} {}] {
        set far [list OUTRIDER_SERVERS $::world(address)::$::world(port)]
        foreach {name kind row} $::demo_fit_ways {
            demo_fit_way $name $kind $row $far
            deliveries_forget
        }
    }
}

proc demo_fit_world {row limit macros} {
    list servers {a {size 0}} exim ".include $::product/adapt.conf"\
        config $limit panics * macros [dict merge [dict create\
        OUTRIDER_EXAMPLES $::product OUTRIDER_ENVIRONMENT $row\
        OUTRIDER_HOSTNAME hub.test] $macros]
}

# 20 MB as they are sent: a table, or noise.
proc demo_fit_mail {kind} {
    set bytes [expr {20 * 1024 * 1024 * 3 / 4 * 76 / 78}]
    if {$kind eq "soft"} {
        set data [string range [string repeat\
            "1234,apples,pears,2026-11-22,0.75\n" [expr {$bytes / 34 + 1}]]\
            0 $bytes-1]
    } else {
        set f [open /dev/urandom rb]
        set data [read $f $bytes]
        close $f
    }
    return [join [list "From: me@x.example" "To: you@y.example"\
        "Subject: Figures" "Message-ID: <$kind[clock milliseconds]@x.example>"\
        "Date: Sun, 22 Nov 2026 10:00:00 +0000" "MIME-Version: 1.0"\
        "Content-Type: multipart/mixed; boundary=b" "" "--b" "" "See below."\
        "--b" "Content-Type: application/octet-stream; name=figures.bin"\
        "Content-Disposition: attachment; filename=figures.bin"\
        "Content-Transfer-Encoding: base64" ""\
        [binary encode base64 -maxlen 76 $data] "--b--" ""] "\n"]
}

# The SHA-256 of each part that a reader sees.
proc demo_fit_parts {text} {
    file_write $::world(dir)/mail [string map {"\r\n" "\n"} $text]
    exec $::build/tests/mailparts $::world(dir)/mail
}

proc demo_fit_way {name kind row far} {
    set mail [demo_fit_mail $kind]
    set start [clock milliseconds]
    with_world [demo_fit_world $row {message_size_limit = 100M} $far] {
        send -from me@x.example -to you@y.example -data $mail
        wait_for {[queue] eq {} && [string match *Completed* [mainlog]]} 120000
        wait_idle
        regexp {adapted: ([^\n]*)} [mainlog] -> how
    }
    wait_for {[llength [deliveries]] == 1 && [queue] eq {}} 120000
    set took [format %.1f [expr {([clock milliseconds] - $start) / 1000.0}]]
    set largest 0
    foreach {- size} [regexp -all -inline { P=e?smtp\S*(?: K)? S=(\d+)} [mainlog]] {
        set largest [expr {max($largest, $size)}]
    }
    set got [dict get [lindex [deliveries] 0] data]
    set same [expr {[demo_fit_parts $mail] eq [demo_fit_parts $got]}]
    demo_say text "  $name: $how; largest [expr {$largest / 1024}] KB; at the\
        other end [expr {$same ? {the same message} : {ANOTHER MESSAGE}}],\
        $took s"
    if {!$same} {
        demo_say row LOST
    }
}
