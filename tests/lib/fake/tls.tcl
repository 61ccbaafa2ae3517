# SPDX-License-Identifier: GPL-2.0-or-later
#
# tls.tcl - STARTTLS, its faults, and the certificates
#
# Needs tcl-tls when a handshake begins, and the openssl program for making
# certificates; a set-up that fails ends the connection, with a line in the
# session log.

proc starttls_command {id} {
    upvar #0 c$id c
    if {$c(tls) || [setting $id tls {}] eq {}} {
        reply $id "503 5.5.1 STARTTLS not offered"
        return
    }
    stage $id starttls {} [list starttls_ok $id]
}

proc starttls_ok {id text} {
    upvar #0 c$id c
    answer $id $text "220 2.0.0 Ready to start TLS"
    out_flush $id
    set c(mode) handshake
    set c(buf) {}
    set c(handshake) [action_reduce $id [setting $id handshake ok] {} handshake]
    if {$c(handshake) eq "ok"} {
        handshake_begin $id
    }
}

proc handshake_begin {id} {
    upvar #0 c$id c
    socket_option $id -n
    set which [setting $id tls good]
    set dir [dict get $::options -certs]
    package require tls
    if {[catch {
        tls::import $c(sock) -server 1 -request 0 -require 0\
            -certfile $dir/$which.pem -keyfile $dir/$which.key\
            -command tls_event
        fconfigure $c(sock) -blocking 0 -translation binary\
            -buffering full -buffersize 65536
    } error]} {
        event_log $id ! "TLS: $error"
        connection_end $id "TLS set-up failed"
    }
}

# Keeps the library from writing of every failed handshake to stderr; what
# handshake_step raises says the same.
proc tls_event {args} {
    return 1
}

# A scripted fault waits for the client's hello, as a broken server would.
proc handshake_step {id} {
    upvar #0 c$id c
    if {$c(handshake) ne "ok"} {
        set action $c(handshake)
        if {[lindex $action 0] ni {delay silent}} {
            catch {read $c(sock) 65536}
        }
        fileevent $c(sock) readable {}
        handshake_fault $id $action
        return
    }
    if {[catch {tls::handshake $c(sock)} done]} {
        event_log $id ! "TLS handshake: $done"
        connection_end $id "handshake failed"
    } elseif {$done} {
        array set c {mode command tls 1 helo {}}
        transaction_clear $id
        count tls
        event_log $id ! "TLS established"
    }
}

proc handshake_fault {id action} {
    upvar #0 c$id c
    event_log $id ! "handshake: $action"
    lassign $action verb ms then
    switch -- $verb {
        close {
            connection_end $id scripted
        }
        reset {
            connection_reset $id
        }
        silent {
            # Nothing reads this socket any more; it ends with the server.
        }
        delay {
            set c(timer) [after $ms [list handshake_late $id $then]]
        }
        default {
            out $id [string repeat "this is no TLS record\r\n" 20]
            out_flush $id
            fileevent $c(sock) readable [list drain $id]
        }
    }
}

proc handshake_late {id then} {
    upvar #0 c$id c
    set c(handshake) [expr {$then eq {} ? "ok" : $then}]
    if {$c(handshake) eq "ok"} {
        handshake_begin $id
        fileevent $c(sock) readable [list connection_read $id]
    } else {
        handshake_fault $id $c(handshake)
    }
}

proc drain {id} {
    upvar #0 c$id c
    if {[catch {read $c(sock) 65536}] || [eof $c(sock)]} {
        connection_end $id "client closed"
    }
}

# DIR gets ca.pem and, each as NAME.pem and NAME.key: good (right names, signed
# by the CA), other (signed, wrong name), self (signed by itself), expired.
proc certificates_make {dir names} {
    file mkdir $dir
    set key {-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes}
    openssl req -x509 {*}$key -keyout $dir/ca.key -out $dir/ca.pem -days 30\
        -subj "/CN=Test authority"
    set signed [list -CA $dir/ca.pem -CAkey $dir/ca.key -CAcreateserial]
    certificate_make $dir good [join $names ,] {-days 30} $signed
    certificate_make $dir other DNS:other.invalid {-days 30} $signed
    certificate_make $dir self [join $names ,] {-days 30}\
        [list -signkey $dir/self.key]
    if {[catch {
        certificate_make $dir expired [join $names ,] {-days -1} $signed
    }]} {
        certificate_make $dir expired [join $names ,] {-not_before
            20200101000000Z -not_after 20200102000000Z} $signed
    }
}

proc certificate_make {dir name names period signer} {
    file_replace $dir/$name.ext "subjectAltName=$names\n"
    openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes\
        -keyout $dir/$name.key -out $dir/$name.csr -subj /CN=$name
    openssl x509 -req -in $dir/$name.csr -out $dir/$name.pem {*}$period\
        -extfile $dir/$name.ext {*}$signer
}

proc openssl {args} {
    exec -ignorestderr openssl {*}$args 2>@1
}
