# SPDX-License-Identifier: GPL-2.0-or-later
#
# 50-common.tcl - what the suites 50 to 59 share: the unsent queue, its command,
# and time that goes by
#
# Sourced by 50-unsent.test and those that follow it; speaks of the current
# world.

source [file join [file dirname [info script]] 30-common.tcl]

# Intervals of a second and no breakers: each attempt is the pace's doing.
set calm_world {
    servers {a {} b {}}
    macros {OUTRIDER_SETTINGS {trip = connect=0 : server=0 : policy=0 :\
        greeting=0 : tls=0 : auth=0 : rate=0 : dropped=0 : temporary=0\n\
        unsent-first = 2s\n unsent-min = 1s\n unsent-growth = 1}}
}

# outrider unsent COMMAND ARG...: {exit code, standard output, standard error}.
proc unsent {command args} {
    outrider_plain unsent $command -C $::world(config) {*}$args
}

# One shot: its exit code and what it says.
proc unsent_run {} {
    lassign [unsent run] code out err
    list $code $out$err
}

# As if `outrider unsent run` had come by just now.
proc service_sign {} {
    unsent run
}

# calm_with SETTINGS ?KEY VALUE ...? - calm_world with more settings (the last
# word counts), and more keys of a world; their macros are added.
proc calm_with {settings args} {
    set spec [dict merge $::calm_world $args]
    set macros {}
    if {[dict exists $args macros]} {
        set macros [dict get $args macros]
    }
    dict set macros OUTRIDER_SETTINGS [string cat\
        [dict get $::calm_world macros OUTRIDER_SETTINGS] "\\n" $settings]
    dict set spec macros $macros
    return $spec
}

# Ids on a queue, oldest first, as its directory has them: no Exim is started.
proc spool_ids {{name {}}} {
    lsort [lmap path [glob -nocomplain\
            [file join $::world(spool) $name input]/{*,?/*}-H] {
        string range [file tail $path] 0 end-2
    }]
}

# Waits until N messages are on the unsent queue and none on the default one.
proc wait_unsent {n {timeout 30000}} {
    wait_for {[spool_ids] eq {} && [llength [spool_ids unsent]] == $n} $timeout
    wait_idle
}

# One shot, to its end.
proc run_once {} {
    assert_equal {0 {}} [unsent_run]
    wait_idle
}

# The log's attempts for a recipient: seconds since the epoch, as the programs
# saw it.
proc attempt_times {recipient} {
    lmap record [records_of kind smtp to $recipient] {
        clock scan [field $record time] -format "%Y-%m-%d %H:%M:%S"
    }
}

# What became of each recipient: a dict of names of servers, and "returned".
proc ends {} {
    set ends {}
    foreach message [deliveries] {
        if {[dict get $message from] eq {}} {
            foreach name [bounce_names $message] {
                dict lappend ends $name returned
            }
        } else {
            foreach name [dict get $message rcpts] {
                dict lappend ends $name [dict get $message server]
            }
        }
    }
    return $ends
}

# Each of send_each's has come to one end, and nothing else has to any; their
# ends, in order.
proc assert_once {first last} {
    set ends [ends]
    set wrong {}
    set result {}
    for {set n $first} {$n <= $last} {incr n} {
        set end {}
        if {[dict exists $ends r$n@y.example]} {
            set end [dict get $ends r$n@y.example]
            dict unset ends r$n@y.example
        }
        if {[llength $end] != 1} {
            lappend wrong r$n@y.example $end
        }
        lappend result [lindex $end 0]
    }
    assert_equal {} $wrong "not once:"
    assert_equal {} $ends "besides:"
    return $result
}

# A bounce's text in one line, spaces made one.
proc bounce_words {bounce} {
    regsub -all {\s+} [encoding convertfrom utf-8 [dict get $bounce data]] " "
}

# Warnings that reached ADDRESS, and messages that came back to it.
proc warnings_of {address} {
    lmap m [bounces $address] {
        expr {[string match Warning* [message_header $m Subject]] ? $m
            : [continue]}
    }
}

proc returns_of {address} {
    lmap m [bounces $address] {
        expr {[string match Warning* [message_header $m Subject]] ? [continue]
            : $m}
    }
}

# Exim takes 32 trusted configurations at most; for suites of more worlds.
proc trust_forget {} {
    file_write $::isolate_dir/etc/trusted_configs {}
}

# Whatever waits is removed, so that a test that failed fails alone.
proc queue_forget {} {
    wait_idle
    foreach name {{} unsent} {
        set ids [spool_ids $name]
        if {$ids ne {}} {
            exim -qG$name -Mrm {*}$ids
        }
    }
}

set grey {rcpt {from {?* {450 4.7.1 Greylisted}}}}

# The time of the service's last sign of life, milliseconds as it sees them.
proc sign_of_life {} {
    set stamp 0
    scan [file_text $::world(spool)/outrider/unsent.alive] %lld stamp
    return $stamp
}

# Waits until the service has looked at its queue again, twice.
proc service_looks {} {
    foreach - {first second} {
        set before [sign_of_life]
        wait_for {[sign_of_life] != $before} 20000
    }
}

proc service_alive {} {
    process_alive $::world(service)
}

# What a test that failed has left behind.
proc fault_reset {} {
    service_stop
    clock_set 0
    servers_behave {}
    queue_forget
    deliveries_forget
    file delete -force {*}[glob -nocomplain $::world(spool)/outrider/*]
    file delete $::world(logs)/outriderlog
}

# N messages wait on the unsent queue; the service runs.
proc backlog_make {n} {
    fault_reset
    servers_behave $::grey
    service_start
    send_each 1 $n
    wait_for {[spool_ids] eq {} && [llength [spool_ids unsent]] == $n} 30000
}

# Nothing waits anywhere any more.
proc wait_sent {{timeout 40000}} {
    wait_for {[spool_ids] eq {} && [spool_ids unsent] eq {}} $timeout
    wait_idle
}

proc servers_behave {behaviour} {
    foreach name $::world(servers) {
        behave $name $behaviour
    }
}
