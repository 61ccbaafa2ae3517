# SPDX-License-Identifier: GPL-2.0-or-later
#
# command.tcl - the SMTP commands, AUTH included
#
# input_step (connection.tcl) gives each line to command_run, or to auth_line
# while an AUTH dialogue is on.

proc banner_ok {id text} {
    answer $id $text "220 [dict get $::options -name] ESMTP fakesmart"
}

proc command_run {id line} {
    upvar #0 c$id c
    set verb [string toupper [lindex [split $line] 0]]
    set rest [string trim [string range $line [string length $verb] end]]
    switch -- $verb {
        EHLO - HELO {
            set c(helo_now) $rest
            set name [string tolower $verb]
            stage $id $name [list $rest] [list ${name}_ok $id]
        }
        STARTTLS {
            starttls_command $id
        }
        AUTH {
            auth_command $id $rest
        }
        MAIL {
            mail_command $id $rest
        }
        RCPT {
            rcpt_command $id $rest
        }
        DATA {
            data_command $id
        }
        BDAT {
            bdat_command $id $rest
        }
        RSET {
            stage $id rset {} [list rset_ok $id]
        }
        NOOP - VRFY - HELP {
            stage $id [string tolower $verb] [list $rest]\
                [list usual_ok $id "252 2.0.0 Ok"]
        }
        QUIT {
            stage $id quit {} [list quit_ok $id]
        }
        default {
            reply $id "500 5.5.2 Command not known"
        }
    }
}

proc usual_ok {id usual text} {
    answer $id $text $usual
}

proc helo_ok {id text} {
    upvar #0 c$id c
    set c(helo) $c(helo_now)
    transaction_clear $id
    answer $id $text "250 [dict get $::options -name]"
}

proc ehlo_ok {id text} {
    upvar #0 c$id c
    set c(helo) $c(helo_now)
    transaction_clear $id
    set lines [list "250 [dict get $::options -name] greets $c(helo)"]
    lappend lines {*}[setting $id extensions\
        {PIPELINING 8BITMIME SMTPUTF8 DSN ENHANCEDSTATUSCODES}]
    if {[setting $id size 52428800] > 0} {
        lappend lines "SIZE [setting $id size 52428800]"
    }
    if {[setting $id chunking 0]} {
        lappend lines CHUNKING
    }
    if {[setting $id tls {}] ne {} && !$c(tls)} {
        lappend lines STARTTLS
    }
    if {[setting $id auth_mechs {}] ne {}} {
        lappend lines "AUTH [setting $id auth_mechs {}]"
    }
    answer $id $text [join $lines "\n"]
}

proc rset_ok {id text} {
    transaction_clear $id
    answer $id $text "250 2.0.0 Ok"
}

proc quit_ok {id text} {
    answer $id $text "221 2.0.0 Bye"
    connection_end $id quit
}

# Splits `FROM:<address> KEY=VALUE ...`; an empty list when it is not that.
proc path_parse {text word} {
    if {![regexp -nocase "^$word:\\s*<(.*?)>(?:\\s+(.*))?$" $text\
            -> a params]} {
        return {}
    }
    return [list $a [regexp -all -inline {\S+} $params]]
}

proc mail_command {id rest} {
    upvar #0 c$id c
    lassign [path_parse $rest FROM] from params
    if {[path_parse $rest FROM] eq {}} {
        reply $id "501 5.5.4 MAIL FROM:<address> expected"
    } elseif {$c(from_set)} {
        reply $id "503 5.5.1 Nested MAIL"
    } elseif {[setting $id require_tls 0] && !$c(tls)} {
        reply $id "530 5.7.0 Must issue a STARTTLS command first"
    } elseif {[setting $id require_auth 0] && $c(auth) eq {}} {
        reply $id "530 5.7.0 Authentication required"
    } elseif {[size_excess $id $params]} {
        reply $id "552 5.3.4 Message size exceeds the limit"
    } else {
        count mail
        set c(from) $from
        set c(from_params) $params
        stage $id mail [list $from] [list mail_ok $id]
    }
}

proc size_excess {id params} {
    set limit [setting $id size 52428800]
    set declared [lsearch -inline -nocase $params SIZE=*]
    set declared [string range $declared 5 end]
    expr {$limit > 0 && $declared ne {} && $declared > $limit}
}

proc mail_ok {id text} {
    upvar #0 c$id c
    set c(from_set) 1
    set given [lsearch -inline -nocase $c(from_params) AUTH=*]
    set c(auth_param) [string range $given 5 end]
    answer $id $text "250 2.1.0 Sender ok"
}

proc rcpt_command {id rest} {
    upvar #0 c$id c
    set path [path_parse $rest TO]
    if {!$c(from_set)} {
        reply $id "503 5.5.1 MAIL first"
    } elseif {$path eq {}} {
        reply $id "501 5.5.4 RCPT TO:<address> expected"
    } else {
        count rcpt
        lassign $path c(rcpt_now) params
        stage $id rcpt [list $c(rcpt_now)] [list rcpt_ok $id $params]
    }
}

proc rcpt_ok {id params text} {
    upvar #0 c$id c
    lappend c(rcpts) $c(rcpt_now)
    lappend c(rcpt_params) $params
    answer $id $text "250 2.1.5 Recipient ok"
}

proc auth_command {id rest} {
    upvar #0 c$id c
    lassign [regexp -all -inline {\S+} $rest] mech initial
    set mech [string toupper $mech]
    if {$mech ni [setting $id auth_mechs {}]} {
        reply $id "504 5.5.4 Mechanism not offered"
        return
    }
    set c(mode) auth
    set c(auth_step) $mech
    set c(auth_user) {}
    if {$initial ne {}} {
        auth_line $id $initial
    } elseif {$mech eq "PLAIN"} {
        reply $id "334 "
    } else {
        reply $id "334 VXNlcm5hbWU6"
    }
}

proc auth_line {id line} {
    upvar #0 c$id c
    if {[catch {binary decode base64 $line} text] || $line eq "*"} {
        set c(mode) command
        reply $id "501 5.5.2 Cannot decode"
    } elseif {$c(auth_step) eq "PLAIN"} {
        lassign [split $text "\x00"] c(auth_zid) user password
        auth_check $id $user $password
    } elseif {$c(auth_step) eq "LOGIN"} {
        set c(auth_user) $text
        set c(auth_step) PASSWORD
        reply $id "334 UGFzc3dvcmQ6"
    } else {
        auth_check $id $c(auth_user) $text
    }
}

proc auth_check {id user password} {
    upvar #0 c$id c
    set c(mode) command
    set users [setting $id users {}]
    if {$users ne {} && !([dict exists $users $user]
            && [dict get $users $user] eq $password)} {
        reply $id "535 5.7.8 Authentication credentials invalid"
        return
    }
    stage $id auth [list $user] [list auth_ok $id $user]
}

proc auth_ok {id user text} {
    upvar #0 c$id c
    set c(auth) $user
    count auth
    answer $id $text "235 2.7.0 Authentication succeeded"
}
