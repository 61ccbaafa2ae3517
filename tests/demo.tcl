#!/usr/bin/env tclsh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# demo.tcl - the same faults on a stock Exim and on one with Outrider
#
# `make demo`, as root. Two private Exims, each with three fake smarthosts on
# loopback, meet every fault of lib/demo_faults.tcl at the same time; a row of
# the table appears as soon as both are through with it. Everything runs in
# namespaces of its own (lib/isolate.tcl) and ends with this program.
# Status 1 when a message was lost or duplicated with Outrider.

source [file join [file dirname [file normalize [info script]]] lib/harness.tcl]
source $lib/demo_faults.tcl
source $lib/demo_world.tcl
source $lib/demo_unsent.tcl
source $lib/demo_moved.tcl
source $lib/demo_fit.tcl

set format "%-37s | %-25s | %s"

proc child_start {kind} {
    set pipe [open [list |unshare --mount --propagation private\
        tclsh [info script] --world $kind </dev/null 2>@1] r]
    fconfigure $pipe -blocking 0 -buffering line
    array set ::child [list $kind,rows {} $kind,text {} $kind,other {}]
    fileevent $pipe readable [list child_read $pipe $kind]
    incr ::running
}

proc child_read {pipe kind} {
    while {[gets $pipe line] >= 0} {
        if {[regexp {^(row|text) (.*)$} $line -> word text]} {
            lappend ::child($kind,[expr {$word eq "row" ? "rows" : $word}])\
                $text
        } else {
            lappend ::child($kind,other) $line
        }
    }
    rows_print
    if {[eof $pipe]} {
        close $pipe
        incr ::running -1
        set ::event 1
    }
}

# The rows that both worlds have.
proc rows_print {} {
    while {$::printed < [llength $::child(stock,rows)]
            && $::printed < [llength $::child(outrider,rows)]} {
        foreach name [list [dict get [lindex $::faults $::printed] name]]\
                stock [lindex $::child(stock,rows) $::printed]\
                outrider [lindex $::child(outrider,rows) $::printed] {
            puts [string trimright [format $::format $name $stock $outrider]]
        }
        flush stdout
        incr ::printed
    }
}

proc head_print {} {
    puts "Three smarthosts, of which smart1 comes first and has the fault; the\
        others are well\nwhere the fault does not say otherwise. Timeouts: 2 s\
        to connect, 3 s for an answer.\nAfter the first attempt the queue is\
        run up to $::demo_runs times (exim -qf), for the minutes\nof an\
        ordinary queue interval. In brackets: the class that Outrider saw.\n"
    puts [format $::format FAULT "STOCK EXIM" "WITH OUTRIDER"]
    puts [format $::format [string repeat - 37] [string repeat - 25]\
        [string repeat - 32]]
    flush stdout
}

# Cut between words where it does not fit on 100 columns.
proc line_print {line} {
    while {[string length $line] > 100} {
        set at [string last " " $line 99]
        if {$at < 20} {
            break
        }
        puts [string range $line 0 $at-1]
        set line "            [string range $line $at+1 end]"
    }
    puts $line
}

proc demo_status {} {
    foreach row $::child(outrider,rows) {
        if {[regexp {LOST|TWICE| AND } $row]} {
            return 1
        }
    }
    return [expr {$::printed < [llength $::faults]}]
}

proc demo_main {} {
    if {![isolate_active]} {
        isolate_run $::argv0 {}
    }
    isolate_memory
    helper
    array set ::child {stock,rows {} outrider,rows {}}
    set ::printed 0
    set start [clock seconds]
    head_print
    child_start stock
    child_start outrider
    while {$::running} {
        vwait ::event
    }
    foreach line [concat {{}} $::child(outrider,text)] {
        line_print $line
    }
    foreach kind {stock outrider} {
        if {$::child($kind,other) ne {}} {
            puts "\n$kind: [join $::child($kind,other) "\n"]"
        }
    }
    if {$::printed == [llength $::faults]} {
        puts "\n$::printed faults in [expr {[clock seconds] - $start}] s"
    }
    exit [demo_status]
}

if {[lindex $argv 0] eq "--world"} {
    isolate_setup
    demo_world [lindex $argv 1]
    exit 0
}
demo_main
