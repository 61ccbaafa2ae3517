# SPDX-License-Identifier: GPL-2.0-or-later
#
# 30-common.tcl - what the suites 30 to 39 share: the command outrider, its
# status read back, the transmission log taken apart, deliveries at one moment
#
# Sourced by 30-breaker.test and those that follow it; speaks of the current
# world.

# outrider ?-input TEXT? COMMAND ARG... - the command on the current world's
# configuration: {exit code, standard output, standard error}.
proc outrider {args} {
    set input {}
    if {[lindex $args 0] eq "-input"} {
        set args [lassign $args - input]
    }
    outrider_plain -input $input [lindex $args 0] -C $::world(config)\
        {*}[lrange $args 1 end]
}

# The same without a word of ours among its arguments.
proc outrider_plain {args} {
    set input {}
    if {[lindex $args 0] eq "-input"} {
        set args [lassign $args - input]
    }
    set base $::isolate_dir/outrider
    file_write $base.in $input
    set failed [catch {exec timeout 20 $::build/outrider {*}$args <$base.in\
        >$base.out 2>$base.err} - info]
    set code 0
    if {$failed} {
        set code [lindex [dict get $info -errorcode] 2]
    }
    return [list $code [file_text $base.out] [file_text $base.err]]
}

# outrider status of one server, as a dict: state, since, probe, delivered,
# connections, size, text and failed, a dict class -> number. A server that is
# not known has the state "unknown".
proc status {name} {
    lassign [outrider status [server_address $name]] code text
    set result [dict create state unknown since {} probe {} delivered 0\
        connections 0 size 0 text $text failed {}]
    if {$code != 0} {
        return $result
    }
    regexp {state +(\S+)} $text -> state
    dict set result state $state
    foreach {key pattern} {
        since {since ([-0-9]+ [:0-9]+)} probe {next probe ([-0-9]+ [:0-9]+)}
        delivered {delivered (\d+)} connections {open connections (\d+)}
        size {size +(\d+) bytes}
    } {
        if {[regexp $pattern $text -> value]} {
            dict set result $key $value
        }
    }
    if {[regexp -line {failed +(.*?); last } $text -> list]} {
        foreach item [split $list ,] {
            dict set result failed {*}[string trim $item]
        }
    }
    return $result
}

proc state_of {name} {
    dict get [status $name] state
}

# How often a class was met, as status counts.
proc failures {name class} {
    set failed [dict get [status $name] failed]
    expr {[dict exists $failed $class] ? [dict get $failed $class] : 0}
}

# One line of the transmission log, key=value, as a dict; a line that is not
# as docs/log.md has it is an error.
proc record_parse {line} {
    set start {^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) (\S+) (conn|smtp)}
    set field { ([a-z]+)=("(?:[^"\\]|\\["\\]|\\u[0-9a-f]{4})*"|[^ "\\=]+)}
    if {![regexp $start $line all time id kind]} {
        fail "not a record: $line"
    }
    set record [dict create time $time id $id kind $kind]
    set rest [string range $line [string length $all] end]
    while {[regexp ^$field $rest all name value]} {
        if {[dict exists $record $name]} {
            fail "$name twice: $line"
        }
        dict set record $name [value_unquote $value]
        set rest [string range $rest [string length $all] end]
    }
    if {$rest ne {}} {
        fail "not a field <$rest>: $line"
    }
    return $record
}

proc value_unquote {value} {
    if {[string index $value 0] ne "\""} {
        return $value
    }
    return [subst -nocommands -novariables [string range $value 1 end-1]]
}

# records_of ?FIELD GLOB ...? - the records of the log that match.
proc records_of {args} {
    lmap line [split [string trim [outriderlog]] "\n"] {
        set record [record_parse $line]
        set hit 1
        foreach {name pattern} $args {
            set value {}
            if {[dict exists $record $name]} {
                set value [dict get $record $name]
            }
            if {![string match $pattern $value]} {
                set hit 0
            }
        }
        expr {$hit ? $record : [continue]}
    }
}

proc field {record name} {
    expr {[dict exists $record $name] ? [dict get $record $name] : {}}
}

# Starts a delivery of each of these messages, all at the same moment.
proc deliver_at_once {ids} {
    foreach id $ids {
        exec /usr/sbin/exim4 -C $::world(config) -M $id </dev/null\
            >/dev/null 2>@1 &
    }
}

# send_each FIRST LAST ?ARG...? - messages of as many senders, to as many
# recipients: from sN@x.example to rN@y.example.
proc send_each {first last args} {
    set ids {}
    for {set n $first} {$n <= $last} {incr n} {
        lappend ids [send -from s$n@x.example -to r$n@y.example {*}$args]
    }
    return $ids
}
