# SPDX-License-Identifier: GPL-2.0-or-later
#
# fault.tcl - carries out the action of a stage
#
# Called at each stage of a session with the command for the ordinary course. An
# action that is not known closes the connection and is in the session log.

# What happens at a stage: SUBJECTS is what `match` looks at, SUCCESS the
# command for the ordinary course, to which the text of a scripted positive
# reply is appended (empty: the usual one).
proc stage {id name subjects success} {
    set action [action_reduce $id [setting $id $name ok] $subjects $name]
    action_run $id $name $action $success
}

proc action_run {id name action success} {
    if {[regexp {^\s*([23])\d\d(\s|-|$)} $action]} {
        {*}$success $action
        return
    }
    if {[regexp {^\s*[145]\d\d(\s|-|$)} $action]} {
        stage_refused $id $name $action
        return
    }
    if {$action in {ok {}}} {
        {*}$success {}
        return
    }
    event_log $id ! "$name: $action"
    fault_show $id $name $action $success
}

proc fault_show {id name action success} {
    upvar #0 c$id c
    set rest [lassign $action verb arg]
    if {$name eq "dot" && $verb ni {silent delay}} {
        message_record $id lost $action
        transaction_clear $id
    }
    switch -- $verb {
        close {
            connection_end $id scripted
        }
        reset {
            connection_reset $id
        }
        bye {
            reply $id [lrange $action 1 end]
            connection_end $id scripted
        }
        stay {
            reply $id [lrange $action 1 end]
        }
        silent {
            if {$arg eq {}} {
                if {$name eq "dot"} {
                    message_record $id lost $action
                }
                connection_hold $id $name {}
            } else {
                connection_hold $id $name $arg\
                    [list action_run $id $name ok $success]
            }
        }
        delay {
            connection_hold $id $name $arg\
                [list action_run $id $name [lindex $rest 0] $success]
        }
        raw {
            out $id [subst -nocommands -novariables $arg]
        }
        garbage {
            garbage_write $id $arg
        }
        default {
            event_log $id ! "no such action"
            connection_end $id "no such action"
        }
    }
}

proc garbage_write {id kind} {
    switch -- $kind {
        long {
            out $id [string repeat "250 too long " 16384]
        }
        longlines {
            set line 250-[string repeat x 4000]\r\n
            out $id "[string repeat $line 50]250 x\r\n"
        }
        nocode {
            out $id "hello there, this is no SMTP server\r\n"
        }
        lf {
            out $id "250 fine but LF only\n"
        }
        nul {
            out $id "250 \x00\x00\x00\r\n"
        }
        http {
            out $id "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"
        }
        default {
            set bytes {}
            for {set i 0} {$i < 512} {incr i} {
                append bytes [format %c [expr {($i * 167 + 129) % 256}]]
            }
            out $id "$bytes\r\n"
        }
    }
}

proc stage_refused {id name text} {
    upvar #0 c$id c
    count refused
    switch -- $name {
        rcpt {
            lappend c(rejected) [list $c(rcpt_now) $text]
        }
        dot {
            message_record $id lost $text
            transaction_clear $id
        }
        bdat {
            transaction_clear $id
        }
    }
    reply $id $text
    if {[string match 421* [string trimleft $text]]} {
        connection_end $id "after 421"
    }
}
