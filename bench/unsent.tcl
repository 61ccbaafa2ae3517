#!/usr/bin/env tclsh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# unsent.tcl - new mail beside a long queue of what could not be sent; a long
# queue in the memory and time of `outrider unsent`; and a queue that drains
#
#   tclsh bench/unsent.tcl ?WAITING=20000? ?MANY=100000? ?MESSAGES=200?
#
# The waiting messages are copies of a real one, on the queue unsent, greylisted
# a moment ago, with an hour to wait. In turn, with none and with WAITING of
# them and the service at work: how long MESSAGES take from submission to the
# server, and a queue run of as many. Then, with MANY: one shot of `outrider
# unsent run` with nothing due, its memory, and `list`. Last, 1,000 that are
# due at once.

set root [file normalize [file dirname [info script]]/..]
source $root/tests/lib/harness.tcl
harness_begin 1
source $root/tests/suite/50-common.tcl

lassign $argv waiting many messages
foreach {name value} {waiting 20000 many 100000 messages 200} {
    if {[set $name] eq {}} {set $name $value}
}

set spec {
    servers {a {} b {}}
    macros {OUTRIDER_SETTINGS {unsent-first = 1h\nunsent-max = 1h\n\
        unsent-scale = 10000000}}
}

# N copies of a message that waits, each with its past in it.
proc waiting_make {n minutes} {
    global world
    behave a {rcpt {match old* {450 4.7.1 Greylisted}}}
    service_sign
    set id [send -to old@y.example]
    wait_idle
    set input $world(spool)/unsent/input
    set header [file_bytes $input/$id-H]
    set body [file_bytes $input/$id-D]
    set now [expr {([clock seconds] - 60 * $minutes) * 1000}]
    set past "outrider history 1\nold@y.example\t[server_address a]\tgreylist\t"
    append past "waiting\t1\t1\t$now\t450 4.7.1 Greylisted\n"
    append past "permit\told@y.example\t[server_address a];[server_address b]\n"
    regsub {\n-} $header "\n-aclm _outrider [string length $past]\n$past\n-" header
    for {set i 0} {$i < $n} {incr i} {
        set new [string range $id 0 6][format %06d $i]-00
        foreach {suffix text} [list D $body H $header] {
            set f [open $input/$new-$suffix wb 0640]
            puts -nonewline $f [string map [list $id $new] $text]
            close $f
        }
    }
    exec chown -R Debian-exim:Debian-exim $input
    exim -qGunsent -Mrm $id
    behave a {}
}

# Seconds until the last of them is with the server.
proc new_mail {n} {
    set before [llength [deliveries -to new*]]
    set start [clock microseconds]
    for {set i 0} {$i < $n} {incr i} {
        send -to new$i@y.example
    }
    wait_for {[llength [deliveries -to new*]] == $before + $n} 120000
    expr {([clock microseconds] - $start) / 1e6}
}

proc queue_time {n} {
    for {set i 0} {$i < $n} {incr i} {
        send_local -user root -args -odq -to run$i@y.example
    }
    set start [clock microseconds]
    queue_run
    expr {([clock microseconds] - $start) / 1e6}
}

# {seconds, peak kilobytes} of a command, the latter looked at every 5 ms.
proc timed {args} {
    set start [clock microseconds]
    set pid [exec {*}$args >/dev/null 2>@1 &]
    set peak 0
    while {[process_alive $pid]} {
        regexp {VmHWM:\s+(\d+)} [file_text /proc/$pid/status] -> peak
        after 5
    }
    list [expr {([clock microseconds] - $start) / 1e6}] $peak
}

puts "new mail: $messages messages one after the other; a queue run of $messages"
puts [format "%10s %12s %12s" waiting "arrive, s" "queue run, s"]
foreach round {1 2 3} {
    foreach n [list 0 $waiting] {
        with_world $spec {
            waiting_make $n 0
            service_start 10s
            puts [format "%10d %12.2f %12.2f" $n [new_mail $messages]\
                [queue_time $messages]]
            service_stop
        }
    }
}

with_world $spec {
    waiting_make $many 0
    foreach {what words} {
        "run, nothing due" run "list" list "list --limit 100" {list --limit 100}
        "counts" counts
    } {
        lassign [timed $build/outrider unsent [lindex $words 0]\
            -C $world(config) {*}[lrange $words 1 end]] seconds peak
        puts [format "%d waiting: unsent %-18s %6.2f s, %6.1f MiB" $many $what\
            $seconds [expr {$peak / 1024.0}]]
    }
}

with_world $spec {
    waiting_make 1000 120
    set start [clock microseconds]
    exec $build/outrider unsent run -C $world(config)
    set took [expr {([clock microseconds] - $start) / 1e6}]
    wait_idle
    puts [format "1000 that are due: sent in %.1f s, %.0f a second; %d left" $took\
        [expr {1000 / $took}] [llength [glob -nocomplain\
        -directory $world(spool)/unsent/input *-H]]]
}
