#!/usr/bin/env tclsh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# relocation.tcl - what old and new addresses cost mail that has none
#
#   tclsh bench/relocation.tcl ?MESSAGES=200? ?ROUNDS=3? ?ROWS=100000?
#
# Sends MESSAGES by SMTP, one connection each, to three hubs in turn:
# smarthosts.conf; relocation.conf with a table of ROWS addresses, none of which
# is meant; the same, and every recipient has moved (no notices). Prints the time
# until all are delivered, and the ratio of the medians to the first.

set root [file normalize [file dirname [info script]]/..]
source $root/tests/lib/harness.tcl
harness_begin 1

lassign $argv messages rounds rows
foreach {name value} {messages 200 rounds 3 rows 100000} {
    if {[set $name] eq {}} {
        set $name $value
    }
}

set macros [list OUTRIDER_EXAMPLES $product OUTRIDER_HOSTNAME hub.test\
    OUTRIDER_NOTICES none]

proc table_fill {rows} {
    set f [open |[list $::build/outrider relocation import -C\
        $::world(config) >/dev/null] w]
    for {set i 0} {$i < $rows} {incr i} {
        puts $f "user$i@old.example user$i@new.example"
    }
    close $f
}

proc measure {kind} {
    set spec {servers {a {} b {}}}
    if {$kind ne "without"} {
        lappend spec exim ".include $::product/relocation.conf" macros $::macros
    }
    set domain [expr {$kind eq "moved" ? "old.example" : "other.example"}]
    with_world $spec {
        if {$kind ne "without"} {
            table_fill $::rows
        }
        set start [clock microseconds]
        for {set i 0} {$i < $::messages} {incr i} {
            send -from sender$i@example.org -to user$i@$domain\
                -text [string repeat "0123456789\r\n" 350]
        }
        wait_for {[counter a accepted] + [counter b accepted]
            == $::messages} 120000
        set took [expr {([clock microseconds] - $start) / 1e6}]
    }
    return $took
}

proc median {list} {
    lindex [lsort -real $list] [expr {[llength $list] / 2}]
}

puts "$messages messages of 4 KB, in and out, a table of $rows rows; seconds"
for {set i 1} {$i <= $rounds} {incr i} {
    foreach kind {without table moved} {
        set took [measure $kind]
        lappend times($kind) $took
        puts [format "round %d  %-8s %7.2f" $i $kind $took]
    }
}
foreach kind {table moved} {
    puts [format "%s / without: %.3f (medians of %d)" $kind\
        [expr {[median $times($kind)] / [median $times(without)]}] $rounds]
}
