#!/usr/bin/env tclsh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# fakesmart.tcl - an SMTP server that shows the fault it is told to show
#
#   tclsh fakesmart.tcl -listen IP:PORT -state DIR ?-name HOST?
#                       ?-certs DIR? ?-helper FILE? ?-stdin 1?
#   tclsh fakesmart.tcl -makecerts DIR ?-names {DNS:a IP:127.0.0.1 ...}?
#
# PORT 0 takes a free port. The address in use is written to DIR/port and, as
# "listening IP PORT", to the standard output. With -stdin 1 the server ends
# when its standard input does, so it cannot outlive the test that started it.
#
# DIR/behaviour, a Tcl dict, says what to do at each stage; it is read again
# whenever it was replaced and a client connects. Its keys and the grammar of
# actions are in tests/README.md. What was seen is kept in DIR:
#
#   accepted/N.msg   a dict: envelope and circumstances of a message that got
#   accepted/N.data  its 250 after the dot, and its bytes after unstuffing
#   lost/N.*         the same for a message that was received in full and then
#                    refused or dropped; `why` holds the action
#   session          one line for each event: MILLISECONDS CONNECTION KIND TEXT
#                    (KIND + connect, C client, S server, ! fault, - closed)
#   counters         a dict of totals
#
# Message files and counters appear by rename, so they are never seen in part.
# Nothing here is meant to be fast or to face a hostile client.

package require Tcl 8.6

foreach part {record behaviour fault connection command message tls} {
    source [file join [file dirname [file normalize [info script]]]\
        fake $part.tcl]
}

set options {-listen 127.0.0.1:0 -state "" -name fake.test -certs "" -helper ""
    -stdin 0 -makecerts "" -names {DNS:localhost IP:127.0.0.1}}
set generation {}
set behaviour {}
set uses [dict create]
set counters [dict create connections 0 open 0 accepted 0 lost 0 mail 0 rcpt 0\
    data 0 tls 0 auth 0 refused 0]
set counters_due 0
set last_connection 0
set last_message 0

proc server_start {} {
    set state $::state
    file mkdir $state/accepted $state/lost
    set ::session [open $state/session ab]
    fconfigure $::session -buffering line
    # Started again over an old state, numbers go on where they stopped.
    foreach f [glob -nocomplain $state/accepted/*.msg $state/lost/*.msg] {
        scan [file tail $f] %d n
        set ::last_message [expr {max($n, $::last_message)}]
    }
    if {![catch {open $state/counters} f]} {
        set ::counters [dict merge $::counters [read $f]]
        dict set ::counters open 0
        set ::last_connection [dict get $::counters connections]
        close $f
    }
    regexp {^\[?(.*?)\]?:(\d+)$} [dict get $::options -listen] -> address port
    set server [socket -server connection_accept -myaddr $address $port]
    set port [lindex [fconfigure $server -sockname] 2]
    file_replace $state/port "$address $port\n"
    puts "listening $address $port"
    flush stdout
}

proc stdin_watch {} {
    read stdin
    if {[eof stdin]} {
        exit 0
    }
}

proc main {argv} {
    set ::options [dict merge $::options $argv]
    dict with ::options {
        if {${-makecerts} ne {}} {
            certificates_make ${-makecerts} ${-names}
            exit 0
        }
        set ::state ${-state}
        if {${-state} eq {}} {
            puts stderr "usage: fakesmart.tcl -listen IP:PORT -state DIR"
            exit 64
        }
        if {${-certs} eq {}} {
            set -certs ${-state}/certs
        }
        if {${-stdin}} {
            fconfigure stdin -blocking 0
            fileevent stdin readable stdin_watch
        }
    }
    server_start
    vwait forever
}

main $argv
