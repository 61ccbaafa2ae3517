# SPDX-License-Identifier: GPL-2.0-or-later
#
# message.tcl - DATA, BDAT and the reply that takes a message over
#
# data_step and bdat_step are called with whatever has arrived; a message is
# kept in memory until its last byte.

proc data_command {id} {
    upvar #0 c$id c
    if {!$c(from_set)} {
        reply $id "503 5.5.1 MAIL first"
    } elseif {![llength $c(rcpts)]} {
        reply $id "554 5.5.1 No valid recipients"
    } else {
        count data
        stage $id data [list $c(from)] [list data_ok $id]
    }
}

# The line end before the first byte lets one search find the dot everywhere.
proc data_ok {id text} {
    upvar #0 c$id c
    answer $id $text "354 End with a dot"
    set c(mode) data
    set c(data) "\r\n"
    body_begin $id
}

proc body_begin {id} {
    upvar #0 c$id c
    set action [action_reduce $id [setting $id body {}] [list $c(from)] body]
    set c(body) [expr {$action eq "ok" ? {} : $action}]
}

proc data_step {id} {
    upvar #0 c$id c
    if {$c(buf) eq {} && $c(body) eq {}} {
        return 0
    }
    set from [expr {max(0, [string length $c(data)] - 5)}]
    append c(data) $c(buf)
    set c(buf) {}
    set at [string first "\r\n.\r\n" $c(data) $from]
    if {[body_fault $id [expr {[string length $c(data)] - 2}]]} {
        return 1
    }
    if {$at < 0} {
        return 0
    }
    set c(buf) [string range $c(data) [expr {$at + 5}] end]
    set c(data) [string range $c(data) 0 [expr {$at + 1}]]
    set c(data) [string range [string map {"\r\n." "\r\n"} $c(data)] 2 end]
    set c(mode) command
    event_log $id C "(data: [string length $c(data)] bytes)"
    stage $id dot [list $c(from)] [list dot_ok $id]
    return 1
}

# 1 when the scripted fault in the middle of the data was shown.
proc body_fault {id received} {
    upvar #0 c$id c
    if {$c(body) eq {}} {
        return 0
    }
    lassign $c(body) verb bytes ms
    if {$received < [expr {$bytes eq {} ? 0 : $bytes}]} {
        return 0
    }
    event_log $id ! "body after $received bytes: $c(body)"
    set c(body) {}
    switch -- $verb {
        close {
            connection_end $id "scripted, in the data"
        }
        reset {
            connection_reset $id
        }
        silent {
            connection_hold $id body $ms [list out $id {}]
        }
        reply {
            reply $id $ms
            connection_end $id "scripted, in the data"
        }
        default {
            connection_end $id "no such action"
        }
    }
    return 1
}

proc bdat_command {id rest} {
    upvar #0 c$id c
    lassign [regexp -all -inline {\S+} $rest] size last
    if {![string is integer -strict $size]} {
        reply $id "501 5.5.4 BDAT size expected"
        return
    }
    if {!$c(chunking)} {
        count data
        body_begin $id
    }
    set c(chunking) 1
    set c(want) $size
    set c(last) [string equal -nocase $last LAST]
    set c(mode) bdat
}

proc bdat_step {id} {
    upvar #0 c$id c
    set take [expr {min($c(want), [string length $c(buf)])}]
    append c(data) [string range $c(buf) 0 $take-1]
    set c(buf) [string range $c(buf) $take end]
    incr c(want) -$take
    if {[body_fault $id [string length $c(data)]]} {
        return 1
    }
    if {$c(want) > 0} {
        return 0
    }
    set c(mode) command
    event_log $id C "(chunk, [string length $c(data)] bytes so far)"
    if {!$c(from_set) || ![llength $c(rcpts)]} {
        reply $id "503 5.5.1 MAIL and RCPT first"
    } elseif {$c(last)} {
        stage $id dot [list $c(from)] [list dot_ok $id]
    } else {
        stage $id bdat [list $c(from)] [list usual_ok $id "250 2.0.0 Chunk ok"]
    }
    return 1
}

# The record is there before the client can know, so a test that saw the
# delivery finds the message. It moves to lost when the reply cannot be sent.
proc dot_ok {id text} {
    upvar #0 c$id c
    set limit [setting $id size 52428800]
    if {$limit > 0 && [string length $c(data)] > $limit} {
        stage_refused $id dot "552 5.3.4 Message size exceeds the limit"
        return
    }
    set base [message_record $id accepted {}]
    answer $id $text "250 2.0.0 Ok: kept as [file tail $base]"
    if {![out_flush $id]} {
        event_log $id ! "the 250 could not be sent"
        foreach suffix {.data .msg} {
            file rename $base$suffix $::state/lost/[file tail $base]$suffix
        }
        count accepted -1
        count lost
    }
    transaction_clear $id
}
