#!/usr/bin/env tclsh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# throughput.tcl - what Outrider costs mail that goes well
#
#   tclsh bench/throughput.tcl ?MESSAGES=200? ?ROUNDS=3?
#
# Queues MESSAGES in a stock Exim (manualroute over the same servers), in one
# with Outrider, and in one that asks for each recipient's environment too
# (config-examples/adapt.conf, a table with rows for others; all mail fits), times
# one queue run of each, in turn, and prints each round and the ratios of the
# medians: seconds on the clock, and of CPU with all children.

set root [file normalize [file dirname [info script]]/..]
source $root/tests/lib/harness.tcl
harness_begin 1

lassign $argv messages rounds
if {$messages eq {}} {set messages 200}
if {$rounds eq {}} {set rounds 3}

proc fill {n} {
    for {set i 0} {$i < $n} {incr i} {
        send_local -user root -args -odq -from sender$i@example.org\
            -to recipient$i@example.net -text [string repeat "0123456789\n" 350]
    }
}

# {clock cpu} in seconds of one queue run.
proc timed_run {} {
    upvar #0 world world
    set text [exec bash -c {TIMEFORMAT="%R %U %S"; { time "$@" >/dev/null 2>&1; } 2>&1}\
        bash exim4 -C $world(config) -q]
    lassign $text clock user sys
    return [list $clock [expr {$user + $sys}]]
}

set kinds [dict create stock {stock 1} outrider {} adapt [list exim\
    ".include $product/adapt.conf" macros [dict create OUTRIDER_EXAMPLES\
    $product OUTRIDER_HOSTNAME hub.test]]]

proc measure {kind n} {
    with_world [dict merge {servers {a {} b {}} daemon 0}\
            [dict get $::kinds $kind]] {
        if {$kind eq "adapt"} {
            exec $::product/outrider environment set -C $::world(config)\
                other.example\
                size=1M compress=zip
            exec $::product/outrider environment set -C $::world(config) *\
                size=20M
        }
        fill $n
        set result [timed_run]
        if {[llength [queue_ids]] > 0} {
            error "[llength [queue_ids]] of $n messages are still queued"
        }
    }
    return $result
}

proc median {list} {
    lindex [lsort -real $list] [expr {[llength $list] / 2}]
}

puts "$messages messages of 4 KB, a queue run; seconds (clock, CPU)"
for {set i 1} {$i <= $rounds} {incr i} {
    foreach name {stock outrider adapt} {
        lassign [measure $name $messages] clock cpu
        lappend clocks($name) $clock
        lappend cpus($name) $cpu
        puts [format "round %d  %-9s %7.2f %7.2f" $i $name $clock $cpu]
    }
}
foreach {name to} {outrider stock adapt outrider} {
    puts [format "$name / $to: clock %.3f, CPU %.3f (medians of %d)"\
        [expr {[median $clocks($name)] / [median $clocks($to)]}]\
        [expr {[median $cpus($name)] / [median $cpus($to)]}] $rounds]
}
