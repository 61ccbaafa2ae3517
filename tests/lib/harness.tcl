# SPDX-License-Identifier: GPL-2.0-or-later
#
# harness.tcl - tests, assertions and waiting; sources the rest of the library
#
# A suite (tests/suite/*.test) is sourced by run.tcl with all of this loaded.
# Another program, such as a demonstration, begins with
#     source tests/lib/harness.tcl
#     harness_begin
# and has with_world and the rest from there on. README.md has the reference.

package require Tcl 8.6

# Suites are written in UTF-8, and so are arguments, whatever the locale is.
encoding system utf-8

set lib [file dirname [file normalize [info script]]]
set repo [file dirname [file dirname $lib]]
set build $repo/build
array set option {only * tags {} keep 0 verbose 0 jobs 2 timeout 300 unit 1}
array set tally {passed 0 failed 0 skipped 0}
set tags_now {}
set report {}

source $lib/isolate.tcl
source $lib/smtpclient.tcl
source $lib/servers.tcl
source $lib/daemon.tcl
source $lib/mail.tcl
source $lib/mailmaker.tcl
source $lib/world.tcl
source $lib/outcome.tcl
source $lib/clock.tcl

# For programs other than run.tcl: restarts the program inside, once. With DISK
# the worlds are on a real disk, for measurements that fsync is part of.
proc harness_begin {{disk 0}} {
    if {![isolate_active]} {
        isolate_run $::argv0 $::argv
    }
    if {!$disk} {
        isolate_memory
    }
    isolate_setup
}

# --- files -----------------------------------------------------------------

proc file_bytes {path} {
    if {[catch {open $path rb} f]} {
        return {}
    }
    set ok [catch {read $f} bytes]
    close $f
    return [expr {$ok ? {} : $bytes}]
}

# The path again.
proc file_bytes_write {path bytes} {
    set f [open $path wb]
    puts -nonewline $f $bytes
    close $f
    return $path
}

# Text as UTF-8; a file that is not there is empty.
proc file_text {path} {
    encoding convertfrom utf-8 [file_bytes $path]
}

proc file_write {path text} {
    file_bytes_write $path [encoding convertto utf-8 $text]
}

# --- assertions ------------------------------------------------------------

proc fail {message} {
    return -code error -errorcode ASSERT $message
}

proc assert_equal {expected actual {message {}}} {
    if {$expected ne $actual} {
        fail "$message expected <$expected>, got <$actual>"
    }
}

proc assert_match {pattern actual {message {}}} {
    if {![string match $pattern $actual]} {
        fail "$message expected a match of <$pattern>, got <$actual>"
    }
}

proc assert_no_match {pattern actual {message {}}} {
    if {[string match $pattern $actual]} {
        fail "$message expected no match of <$pattern>, got <$actual>"
    }
}

# assert_true {EXPRESSION}, which is evaluated where it stands.
proc assert_true {condition {message {}}} {
    if {![uplevel 1 [list expr $condition]]} {
        fail "$message not true: $condition"
    }
}

# assert_error GLOB SCRIPT - the script fails, with a message that matches.
proc assert_error {pattern script} {
    if {![catch {uplevel 1 $script} message]} {
        fail "no error, expected <$pattern>"
    }
    assert_match $pattern $message
}

# wait_for {EXPRESSION} ?MS? - looks every 20 ms until it is true.
proc wait_for {condition {timeout 10000}} {
    set end [expr {[clock milliseconds] + $timeout}]
    while {![uplevel 1 [list expr $condition]]} {
        if {[clock milliseconds] > $end} {
            fail "not within $timeout ms: $condition"
        }
        after 20
    }
}

# --- tests -----------------------------------------------------------------

# tags LIST BODY - the tests in the body have these tags.
proc tags {names body} {
    set before $::tags_now
    lappend ::tags_now {*}$names
    catch {uplevel 1 $body} result info
    set ::tags_now $before
    return -options $info $result
}

# skip REASON - ends the test, which counts neither as passed nor as failed.
proc skip {reason} {
    set ::skip_reason $reason
    return -code error -errorcode SKIP "\x00skip"
}

# --tags a,b runs tests with one of these tags; -c leaves those with c out.
proc tags_wanted {tags} {
    set wanted [lsearch -all -inline -not -glob $::option(tags) -*]
    set hit [expr {$wanted eq {}}]
    foreach tag $tags {
        if {"-$tag" in $::option(tags)} {
            return 0
        }
        if {$tag in $wanted} {
            set hit 1
        }
    }
    return $hit
}

# test NAME ?TAGS? BODY - runs the body in its caller's scope.
proc test {name args} {
    set body [lindex $args end]
    set tags [concat $::tags_now [lrange $args 0 end-1]]
    if {![string match $::option(only) $name] || ![tags_wanted $tags]} {
        return
    }
    set start [clock milliseconds]
    set ::report {}
    set failed [catch {uplevel 1 $body} message info]
    set took [expr {[clock milliseconds] - $start}]
    if {!$failed || $failed == 2} {
        test_result passed ok $name "$took ms"
    } elseif {$message eq "\x00skip"} {
        test_result skipped skip $name $::skip_reason
    } else {
        if {$::report eq {} && [info exists ::world(dir)]} {
            world_report $message
        }
        test_result failed FAIL $name "$took ms"
        failure_print $message $info
    }
}

proc test_result {kind word name note} {
    incr ::tally($kind)
    puts "$word - $name ($note)"
    flush stdout
}

# An assertion needs no more than the line; anything else is a surprise.
proc failure_print {message info} {
    set where [dict get $info -errorinfo]
    if {[dict get $info -errorcode] ne "ASSERT" || $::option(verbose)} {
        puts $where
    } else {
        puts "     $message"
        if {[regexp {\("uplevel" body line (\d+)\)} $where -> line]} {
            puts "     in line $line of the test's body"
        }
    }
    puts [join $::report "\n"]
    flush stdout
}
