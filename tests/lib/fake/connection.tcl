# SPDX-License-Identifier: GPL-2.0-or-later
#
# connection.tcl - accepting, reading, holding back and ending connections
#
# The state of connection N is the global array cN, made here when a client
# connects and freed when the connection ended; the other parts reach it with
# upvar. Nothing in it is shared between connections.

proc connection_accept {sock peer port} {
    behaviour_load
    set id [incr ::last_connection]
    upvar #0 c$id c
    array set c {buf {} mode command busy 0 hold {} timer {} eof 0 tls 0
        helo {} esmtp 0 auth {} auth_step {} closed 0}
    array set c [list sock $sock peer $peer:$port behaviour $::behaviour]
    transaction_clear $id
    fconfigure $sock -blocking 0 -translation binary -buffering full\
        -buffersize 65536
    count connections
    count open
    event_log $id + $peer:$port
    fileevent $sock readable [list connection_read $id]
    stage $id banner [list $peer] [list banner_ok $id]
    connection_process $id
}

proc transaction_clear {id} {
    upvar #0 c$id c
    array set c {from_set 0 from {} from_params {} rcpts {} rcpt_params {}
        rejected {} data {} seen 0 chunking 0 auth_param {} rcpt_now {}
        last 0 want 0}
}

proc connection_end {id why} {
    upvar #0 c$id c
    if {$c(closed)} {
        return
    }
    set c(closed) 1
    after cancel $c(timer)
    catch {close $c(sock)}
    event_log $id - $why
    count open -1
    after idle [list array unset ::c$id]
}

# The helper (deaf.c) sets a socket option on its standard input: -r lets the
# close that follows send RST in place of FIN, -n keeps small replies from
# waiting 40 ms for the acknowledgement of TLS session tickets.
proc socket_option {id flag} {
    upvar #0 c$id c
    set helper [dict get $::options -helper]
    if {$helper eq {}} {
        return
    }
    if {[catch {exec $helper $flag <@ $c(sock)} error]} {
        event_log $id ! "no socket option $flag: $error"
    }
}

proc connection_reset {id} {
    socket_option $id -r
    connection_end $id reset
}

# Answers nothing for MS (for ever when empty), then runs COMMAND.
proc connection_hold {id name ms {command {}}} {
    upvar #0 c$id c
    out_flush $id
    set c(busy) 1
    set c(hold) $name
    if {$ms ne {}} {
        set c(timer) [after $ms [list connection_resume $id $command]]
    }
    connection_eof_check $id
}

proc connection_resume {id command} {
    upvar #0 c$id c
    array set c {busy 0 hold {} timer {}}
    {*}$command
    connection_process $id
}

# Exim shuts down its sending side before it reads the reply to the dot, so
# an end of input there is not the end of the connection.
proc connection_eof_check {id} {
    upvar #0 c$id c
    if {!$c(closed) && $c(eof) && $c(busy) && $c(hold) ne "dot"} {
        connection_end $id "client gone"
    }
}

proc connection_read {id} {
    upvar #0 c$id c
    if {$c(closed)} {
        return
    }
    if {$c(mode) eq "handshake"} {
        handshake_step $id
        return
    }
    if {[catch {read $c(sock) 65536} bytes]} {
        connection_end $id "read error: $bytes"
        return
    }
    append c(buf) $bytes
    if {[eof $c(sock)]} {
        set c(eof) 1
        fileevent $c(sock) readable {}
    }
    connection_process $id
}

# Replies leave together once all that has arrived is worked off: as separate
# packets they would wait for each other's acknowledgement.
proc connection_process {id} {
    upvar #0 c$id c
    while {!$c(closed) && !$c(busy) && [input_step $id]} {
    }
    if {$c(closed)} {
        return
    }
    out_flush $id
    connection_eof_check $id
    if {!$c(closed) && $c(eof) && !$c(busy)} {
        connection_end $id "client closed"
    }
}

# Takes one line or one piece of data from the buffer; 0 when there is none.
proc input_step {id} {
    upvar #0 c$id c
    switch -- $c(mode) {
        data {
            return [data_step $id]
        }
        bdat {
            return [bdat_step $id]
        }
        handshake {
            return 0
        }
    }
    set at [string first "\n" $c(buf)]
    if {$at < 0} {
        return 0
    }
    set line [string trimright [string range $c(buf) 0 $at] "\r\n"]
    set c(buf) [string range $c(buf) [incr at] end]
    event_log $id C $line
    if {$c(mode) eq "auth"} {
        auth_line $id $line
    } else {
        command_run $id $line
    }
    return 1
}

proc out {id bytes} {
    upvar #0 c$id c
    if {!$c(closed)} {
        catch {puts -nonewline $c(sock) $bytes}
    }
}

# 1 when the bytes could be handed to the system, 0 when the peer is gone.
proc out_flush {id} {
    upvar #0 c$id c
    return [expr {!$c(closed) && ![catch {flush $c(sock)}]}]
}

proc reply {id text} {
    set lines [split [string trim $text] "\n"]
    set code [string range [lindex $lines 0] 0 2]
    set n [llength $lines]
    foreach line $lines {
        regsub "^$code\\M\[ -\]?" $line {} line
        set mark [expr {[incr n -1] ? "-" : " "}]
        set line [encoding convertto utf-8 $line]
        event_log $id S $code$mark$line
        out $id "$code$mark$line\r\n"
    }
}

proc answer {id scripted usual} {
    reply $id [expr {$scripted eq {} ? $usual : $scripted}]
}
