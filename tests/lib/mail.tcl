# SPDX-License-Identifier: GPL-2.0-or-later
#
# mail.tcl - submits mail to a world, looks at its queue and its logs
#
# Called by suites; speaks of the current world. A command that fails, or does
# not end in its time, is an error.

# send ?-from A? -to LIST ... - submits a message by SMTP to the daemon and
# gives its queue id; a refusal is an error with errorCode {SMTP REPLY ...}.
# An element of -to is an address or {ADDRESS PARAM...}.
proc send {args} {
    set o [dict merge [dict create -from sender@example.org\
        -to recipient@example.net -ret {} -envid {} -body {} -smtputf8 0\
        -auth {} -auth_param {} -starttls 0 -helo client.test -headers {}\
        -subject test -text "Hello.\n" -data {} -host $::world(address)\
        -port $::world(port) -source {}] $args]
    set sock [smtp_open [dict get $o -host] [dict get $o -port]\
        [dict get $o -source]]
    set ok [catch {submission $sock $o} result info]
    smtp_quit $sock
    return -options $info $result
}

proc submission {sock o} {
    dict with o {}
    smtp_reply $sock
    smtp_expect $sock 250 "EHLO ${-helo}"
    if {${-starttls}} {
        smtp_starttls $sock
        smtp_expect $sock 250 "EHLO ${-helo}"
    }
    if {${-auth} ne {}} {
        smtp_auth $sock {*}${-auth}
    }
    smtp_expect $sock 250 "MAIL FROM:<${-from}>[mail_params $o]"
    foreach rcpt ${-to} {
        smtp_expect $sock 25? "RCPT TO:<[lindex $rcpt 0]>[join\
            [list {} {*}[lrange $rcpt 1 end]]]"
    }
    set data ${-data}
    if {$data eq {}} {
        set data [message_text $o]
    }
    lassign [smtp_data $sock $data] code text
    if {![regexp {id=(\S+)} $text -> id]} {
        return -code error -errorcode [list SMTP REPLY $code $text]\
            "message refused: $code $text"
    }
    return $id
}

proc mail_params {o} {
    set params {}
    foreach {key word} {-ret RET -envid ENVID -body BODY -auth_param AUTH} {
        if {[dict get $o $key] ne {}} {
            append params " $word=[dict get $o $key]"
        }
    }
    if {[dict get $o -smtputf8]} {
        append params " SMTPUTF8"
    }
    return $params
}

# Text is sent as UTF-8; for other bytes use -data.
proc message_text {o} {
    dict with o {}
    set lines [list "From: <${-from}>"\
        "To: [join [lmap r ${-to} {string cat < [lindex $r 0] >}] {, }]"\
        "Subject: ${-subject}" {*}${-headers} {} ${-text}]
    encoding convertto utf-8 [join $lines "\n"]
}

# send_local ?-user nobody? ?-mode bm|t|bs? ... - submits on the command line.
# -mode bs takes -data as the dialogue. Gives the output of Exim.
proc send_local {args} {
    set o [dict merge {-user nobody -mode bm -from {} -to recipient@example.net
        -subject test -headers {} -text "Hello.\n" -data {} -args {}} $args]
    dict with o {}
    set command [list runuser -u ${-user} -- /usr/sbin/exim4]
    if {${-user} in {root Debian-exim}} {
        lappend command -C $::world(config)
    }
    if {${-from} ne {}} {
        lappend command -f ${-from}
    }
    lappend command {*}${-args} -${-mode}
    if {${-mode} eq "bm"} {
        lappend command -- {*}${-to}
    }
    set data ${-data}
    if {$data eq {}} {
        set data [message_text $o]
    }
    exec -ignorestderr timeout 60 {*}$command << $data 2>@1
}

# exim ARGS - runs the exim command on the current world, gives its output; a
# status other than 0 is an error with errorCode {CHILDSTATUS pid status}.
proc exim {args} {
    exec -ignorestderr timeout 120 /usr/sbin/exim4 -C $::world(config)\
        {*}$args </dev/null 2>@1
}

# As the Exim user, which is how events and transports of ours call it.
proc exim_as {user args} {
    exec -ignorestderr timeout 120 runuser -u $user -- /usr/sbin/exim4\
        -C $::world(config) {*}$args </dev/null 2>@1
}

# Runs the queue in the foreground: queue_run ?-qf | -q | -qff ...?
proc queue_run {args} {
    exim {*}[expr {$args eq {} ? "-q" : $args}]
}

# Dicts with id, age, size, from, frozen, rcpts (left), done (delivered).
proc queue {{name {}}} {
    set args [expr {$name eq {} ? "-bp" : [list -qG$name -bp]}]
    # A message that goes while Exim looks has no line of its own, or half of one.
    wait_for {![catch {queue_read [exim {*}$args]} result]}
    return $result
}

proc queue_read {text} {
    set result {}
    foreach line [split $text "\n"] {
        if {[regexp {^\s*(\S+)\s+(\S+)\s+(\S+-\S+-\S+)\s+<(.*?)>(.*)$} $line\
                -> age size id from rest]} {
            lappend result [dict create id $id age $age size $size from $from\
                frozen [string match *frozen* $rest] rcpts {} done {}]
        } elseif {[regexp {^\s+(D?)\s*(\S+)} $line -> mark rcpt]} {
            if {$result eq {} || [string match {*\*\*\**} $line]} {
                error "no message: $line"
            }
            set key [expr {$mark eq {} ? "rcpts" : "done"}]
            set last [lindex $result end]
            dict lappend last $key $rcpt
            lset result end $last
        }
    }
    return $result
}

proc queue_ids {{name {}}} {
    lmap message [queue $name] {dict get $message id}
}

# --- logs ---------------------------------------------------------------------

proc mainlog {} {
    file_text $::world(logs)/mainlog
}

proc outriderlog {} {
    file_text $::world(logs)/outriderlog
}

proc panics {} {
    string trim [file_text $::world(logs)/paniclog][file_text\
        $::isolate_dir/log/paniclog]
}

# Lines of a text that match a glob: lines_of [mainlog] *example.net*
proc lines_of {text pattern} {
    lsearch -all -inline -glob [split $text "\n"] $pattern
}
