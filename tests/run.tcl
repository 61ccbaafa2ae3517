#!/usr/bin/env tclsh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# run.tcl - runs the unit tests and the suites, and adds them up
#
#   tclsh tests/run.tcl ?options? ?suite files?
#
# Needs root: it starts itself again in namespaces of its own (isolate.tcl), so
# that nothing of the system is changed or left running. Each suite runs in a
# child process with mounts of its own; a suite that crashes, or prints no
# summary, counts as one failed test. The last line is
# `N passed, N failed` (and `, N skipped`); the status 1 when one failed.

source [file join [file dirname [file normalize [info script]]] lib/harness.tcl]

set usage {usage: run.tcl ?options? ?suite.test ...?
  --only GLOB     only tests whose name matches
  --tags LIST     only tests with one of these tags; -TAG leaves it out
  --jobs N        suites at the same time (2)
  --timeout S     longest time for one suite (300)
  --keep          keep the directories of the worlds, and say where
  --verbose       show the stack of every failure
  --no-unit       no unit tests
  --list          print the suites and end}

proc usage_exit {} {
    puts stderr $::usage
    exit 64
}

# Gives the suite files; everything else goes to the array `option`.
proc arguments_parse {arguments} {
    set files {}
    while {[llength $arguments]} {
        set arguments [lassign $arguments word]
        switch -glob -- $word {
            --only - --jobs - --timeout - --suite {
                set arguments [lassign $arguments value]
                set ::option([string range $word 2 end]) $value
            }
            --tags {
                set arguments [lassign $arguments value]
                lappend ::option(tags) {*}[split $value ", "]
            }
            --keep - --verbose - --list {
                set ::option([string range $word 2 end]) 1
            }
            --no-unit {
                set ::option(unit) 0
            }
            -* {
                usage_exit
            }
            default {
                lappend files $word
            }
        }
    }
    return $files
}

# --- one suite, in the child -----------------------------------------------

proc suite_run {path} {
    isolate_setup
    if {[catch {uplevel #0 [list source $path]} message info]} {
        test_result failed FAIL "[file tail $path] crashed" $message
        failure_print $message $info
    }
    puts "suite: $::tally(passed) $::tally(failed) $::tally(skipped)"
    exit 0
}

# --- all of them, in the parent --------------------------------------------

proc tally_add {passed failed {skipped 0}} {
    incr ::tally(passed) $passed
    incr ::tally(failed) $failed
    incr ::tally(skipped) $skipped
}

proc unit_run {program} {
    set failed [catch {exec $program </dev/null 2>@1} output]
    set last [lindex [split [string trim $output] "\n"] end]
    if {$failed} {
        regexp {(\d+ passed, \d+ failed)} $output last
    }
    if {![regexp {^(\d+) passed, (\d+) failed} $last -> good bad]} {
        lassign {0 1} good bad
    } elseif {$failed && !$bad} {
        set bad 1
    }
    tally_add $good $bad
    puts "unit [file tail $program]: $good passed, $bad failed"
    if {$bad} {
        puts $output
    }
}

proc suite_start {path} {
    set pass {}
    foreach name {only timeout} {
        lappend pass --$name $::option($name)
    }
    if {$::option(tags) ne {}} {
        lappend pass --tags [join $::option(tags) ,]
    }
    foreach name {keep verbose} {
        if {$::option($name)} {
            lappend pass --$name
        }
    }
    set pipe [open [list |unshare --mount --propagation private\
        timeout --kill-after=5 $::option(timeout)\
        tclsh [info script] --suite $path {*}$pass </dev/null 2>@1] r]
    fconfigure $pipe -blocking 0 -buffering line
    array set ::child [list $pipe,path $path $pipe,text {} $pipe,sum 0\
        $pipe,start [clock milliseconds]]
    fileevent $pipe readable [list suite_read $pipe]
    incr ::running
}

# Output of suites that run side by side is shown suite by suite.
proc suite_read {pipe} {
    while {[gets $pipe line] >= 0} {
        if {[regexp {^suite: (\d+) (\d+) (\d+)$} $line -> good bad skipped]} {
            tally_add $good $bad $skipped
            set ::child($pipe,sum) 1
        } elseif {$::option(jobs) == 1} {
            puts $line
        } else {
            append ::child($pipe,text) $line\n
        }
    }
    if {[eof $pipe]} {
        suite_end $pipe
    }
}

proc suite_end {pipe} {
    fconfigure $pipe -blocking 1
    set status [catch {close $pipe} message]
    set took [expr {([clock milliseconds] - $::child($pipe,start)) / 1000.0}]
    puts [format "== %s (%.1f s)" [file tail $::child($pipe,path)] $took]
    puts -nonewline $::child($pipe,text)
    if {!$::child($pipe,sum)} {
        puts "FAIL - [file tail $::child($pipe,path)] gave no summary: $message"
        tally_add 0 1
    }
    incr ::running -1
    set ::event 1
}

proc suites_run {files} {
    set ::running 0
    while {[llength $files] || $::running} {
        while {[llength $files] && $::running < $::option(jobs)} {
            set files [lassign $files path]
            suite_start $path
        }
        vwait ::event
    }
}

proc main {arguments} {
    set files [arguments_parse $arguments]
    if {$files eq {}} {
        set files [lsort [glob -nocomplain $::repo/tests/suite/*.test]]
    }
    if {[info exists ::option(list)]} {
        puts [join $files "\n"]
        exit 0
    }
    if {[info exists ::option(suite)]} {
        suite_run $::option(suite)
    }
    if {![isolate_active]} {
        isolate_run [info script] $arguments
    }
    if {!$::option(keep)} {
        isolate_memory
    }
    helper
    if {$::option(unit)} {
        foreach program [lsort [glob -nocomplain -types {f x}\
                $::build/tests/test_*]] {
            unit_run $program
        }
    }
    suites_run $files
    set last "$::tally(passed) passed, $::tally(failed) failed"
    if {$::tally(skipped)} {
        append last ", $::tally(skipped) skipped"
    }
    puts $last
    exit [expr {$::tally(failed) > 0}]
}

main $argv
