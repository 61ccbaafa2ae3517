# SPDX-License-Identifier: GPL-2.0-or-later
#
# record.tcl - what a fake server writes down: messages, session, counters
#
# Called by every other part of fakesmart.tcl. Files other than the session log
# appear by rename. A directory that cannot be written ends the server.

proc file_replace {path bytes} {
    set f [open $path.tmp wb]
    puts -nonewline $f $bytes
    close $f
    file rename -force $path.tmp $path
}

proc event_log {id kind text} {
    set text [regsub -all {[^\x20-\x7e]} $text .]
    puts $::session "[clock milliseconds] $id $kind $text"
}

# Several changes within one event make one write.
proc count {name {by 1}} {
    dict incr ::counters $name $by
    if {!$::counters_due} {
        set ::counters_due 1
        after idle {
            set counters_due 0
            file_replace $state/counters "$counters\n"
        }
    }
}

proc message_record {id kind why} {
    upvar #0 c$id c
    set name [format %06d [incr ::last_message]]
    set base $::state/$kind/$name
    set record [dict create id $name conn $id time [clock milliseconds]\
        from $c(from) from_params $c(from_params) rcpts $c(rcpts)\
        rcpt_params $c(rcpt_params) rejected $c(rejected) auth $c(auth)\
        auth_param $c(auth_param) tls $c(tls) helo $c(helo)\
        chunking $c(chunking) size [string length $c(data)] peer $c(peer)\
        why $why]
    file_replace $base.data $c(data)
    file_replace $base.msg $record
    count $kind
    return $base
}
