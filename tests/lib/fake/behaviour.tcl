# SPDX-License-Identifier: GPL-2.0-or-later
#
# behaviour.tcl - reads the behaviour and chooses the action for a stage
#
# stage (fault.tcl) calls action_reduce with what `match` shall look at. The
# counters of times, list and cycle belong to the server, not to a connection,
# and begin anew when the file is replaced.

# A new file means new counts for `times`, `list` and `cycle`, even when its
# text is the same: the test has started something new.
proc behaviour_load {} {
    if {[catch {file stat $::state/behaviour st}]} {
        set ::behaviour {}
        return
    }
    set now [list $st(ino) $st(mtime) $st(size)]
    if {$now eq $::generation} {
        return
    }
    set f [open $::state/behaviour r]
    fconfigure $f -encoding utf-8
    set text [read $f]
    close $f
    if {[catch {dict size $text}]} {
        event_log 0 ! "behaviour is no dict, the old one stays"
        return
    }
    set ::generation $now
    set ::behaviour $text
    set ::uses [dict create]
}

proc setting {id key default} {
    upvar #0 c$id c
    if {[dict exists $c(behaviour) $key]} {
        return [dict get $c(behaviour) $key]
    }
    return $default
}

proc use_count {path} {
    dict incr ::uses $path
    return [dict get $::uses $path]
}

# Patterns are written as text, what comes from the wire is bytes.
proc pattern_choose {rules subjects path} {
    if {[llength $rules] == 1} {
        set rules [lindex $rules 0]
    }
    foreach {pattern action} $rules {
        set pattern [encoding convertto utf-8 $pattern]
        foreach subject $subjects {
            if {[string match -nocase $pattern $subject]} {
                return [list $action $path/$pattern]
            }
        }
    }
    return [list ok $path]
}

# Reduces times, list, cycle, match, from and to until an action is left that
# can be carried out. PATH tells apart the counters of nested forms.
proc action_reduce {id action subjects path} {
    upvar #0 c$id c
    while {![regexp {^\s*\d{3}(\s|-|$)} $action]} {
        set rest [lassign $action verb]
        switch -- $verb {
            times {
                lassign $rest n first then
                set used [use_count $path]
                if {$used <= $n} {
                    set action $first
                    append path /1
                } else {
                    set action [expr {$then eq {} ? "ok" : $then}]
                    append path /2
                }
            }
            list - cycle {
                set at [expr {[use_count $path] - 1}]
                set n [llength $rest]
                set at [expr {$verb eq "list" ? min($at, $n - 1) : $at % $n}]
                set action [lindex $rest $at]
                append path /$at
            }
            match {
                lassign [pattern_choose $rest $subjects $path] action path
            }
            from {
                lassign [pattern_choose $rest [list $c(from)] $path] action path
            }
            to {
                lassign [pattern_choose $rest $c(rcpts) $path] action path
            }
            default {
                return $action
            }
        }
    }
    return $action
}
