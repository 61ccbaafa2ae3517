# SPDX-License-Identifier: GPL-2.0-or-later
#
# smtpclient.tcl - a small SMTP client for tests
#
# Used by harness.tcl to submit mail, and by suites that look at one server's
# replies. A handle is a channel name; smtp_close (or a failed read) frees it.
# Every wait is bounded: a reply that does not come within ::smtp_timeout
# milliseconds raises the error code {SMTP TIMEOUT}, an end of the connection
# {SMTP CLOSED}; a reply other than the wanted one {SMTP REPLY code text}.

set smtp_timeout 10000

# SOURCE is the client's own address, where it matters.
proc smtp_open {host port {source {}}} {
    set bind [expr {$source eq {} ? {} : [list -myaddr $source]}]
    set sock [socket {*}$bind $host $port]
    fconfigure $sock -blocking 0 -translation binary -buffering full
    return $sock
}

proc smtp_close {sock} {
    array unset ::smtp_input $sock
    catch {close $sock}
}

proc smtp_fail {sock code text} {
    smtp_close $sock
    return -code error -errorcode [list SMTP $code] $text
}

# Waits until SOCK is readable; the loop may serve other channels meanwhile.
proc smtp_wait {sock} {
    set ::smtp_ready($sock) 0
    fileevent $sock readable [list set ::smtp_ready($sock) 1]
    set timer [after $::smtp_timeout [list set ::smtp_ready($sock) -1]]
    vwait ::smtp_ready($sock)
    after cancel $timer
    set state $::smtp_ready($sock)
    unset ::smtp_ready($sock)
    catch {fileevent $sock readable {}}
    if {$state < 0} {
        smtp_fail $sock TIMEOUT "no answer within $::smtp_timeout ms"
    }
}

proc smtp_line {sock} {
    while 1 {
        append ::smtp_input($sock) {}
        set at [string first "\n" $::smtp_input($sock)]
        if {$at >= 0} {
            set line [string range $::smtp_input($sock) 0 $at]
            set rest [string range $::smtp_input($sock) $at+1 end]
            set ::smtp_input($sock) $rest
            return [string trimright $line "\r\n"]
        }
        if {[catch {read $sock 65536} bytes]} {
            smtp_fail $sock CLOSED "connection lost: $bytes"
        }
        append ::smtp_input($sock) $bytes
        if {$bytes eq {}} {
            if {[eof $sock]} {
                smtp_fail $sock CLOSED "connection closed by the server"
            }
            smtp_wait $sock
        }
    }
}

# One reply as {code text}; the lines of a long one are joined by newlines.
proc smtp_reply {sock} {
    set lines {}
    while 1 {
        set line [smtp_line $sock]
        if {![regexp {^(\d{3})([ -]?)(.*)$} $line -> code mark text]} {
            smtp_close $sock
            return -code error -errorcode {SMTP GARBAGE} "not SMTP: $line"
        }
        lappend lines $text
        if {$mark ne "-"} {
            return [list $code [join $lines "\n"]]
        }
    }
}

proc smtp_write {sock bytes} {
    if {[catch {
        puts -nonewline $sock $bytes
        flush $sock
    } error]} {
        smtp_fail $sock CLOSED $error
    }
}

proc smtp_send {sock line} {
    smtp_write $sock [encoding convertto utf-8 $line]\r\n
}

proc smtp_command {sock line} {
    smtp_send $sock $line
    smtp_reply $sock
}

# As smtp_command, but a reply that does not match the glob WANT is an error.
proc smtp_expect {sock want line} {
    lassign [smtp_command $sock $line] code text
    if {![string match $want $code]} {
        return -code error -errorcode [list SMTP REPLY $code $text]\
            "$line: $code $text"
    }
    return [list $code $text]
}

proc smtp_starttls {sock} {
    package require tls
    smtp_expect $sock 2* STARTTLS
    tls::import $sock -require 0 -request 0
    fconfigure $sock -blocking 1
    set ok [catch {tls::handshake $sock} error]
    fconfigure $sock -blocking 0 -translation binary -buffering full
    if {$ok != 0} {
        smtp_fail $sock TLS "handshake: $error"
    }
}

proc smtp_base64 {text} {
    binary encode base64 [encoding convertto utf-8 $text]
}

proc smtp_auth {sock user password {mechanism PLAIN}} {
    if {$mechanism eq "LOGIN"} {
        smtp_expect $sock 334 "AUTH LOGIN"
        smtp_expect $sock 334 [smtp_base64 $user]
        smtp_expect $sock 235 [smtp_base64 $password]
    } else {
        smtp_expect $sock 235 "AUTH PLAIN [smtp_base64\
            "\x00$user\x00$password"]"
    }
}

# Text with any line ends to what goes out after DATA, the dot included.
proc smtp_stuff {bytes} {
    set bytes [string map {\r\n \r\n \n \r\n} $bytes]
    if {![string match "*\r\n" $bytes]} {
        append bytes \r\n
    }
    set bytes [string map {\r\n. \r\n..} \r\n$bytes]
    return [string range $bytes 2 end].\r\n
}

proc smtp_data {sock bytes} {
    smtp_expect $sock 354 DATA
    smtp_write $sock [smtp_stuff $bytes]
    smtp_reply $sock
}

# Does not wait for the reply: Exim keeps it back up to 200 ms, to see whether
# the client closes first.
proc smtp_quit {sock} {
    catch {smtp_send $sock QUIT}
    smtp_close $sock
}
