# SPDX-License-Identifier: GPL-2.0-or-later
#
# faults.tcl - one row of a table of faults: a message meets the fault at the
# first server, and all that must follow is asserted
#
# Sourced by the suites 10 to 19. The world of a row has the servers a, which
# shows the fault, and b and c, which are well but know no recipient bad*; a
# knows none either. Each row is run with one recipient and with several: two
# that meet the fault (sick*), one that meets only what the whole transaction
# meets (good*), and one that no server takes (bad*). So with several there is
# a bounce in any case, and it must be about bad* alone unless the row says
# otherwise. A bounce itself meets no fault of the dialogue.
#
# A row may share its world with others: state and Exim's own hints are removed
# before it, and its addresses are its own.

set unknown {550 5.1.1 No such user here}
set no_breakers "trip = connect=0 : greeting=0 : tls=0 : auth=0 : rate=0 :\
    server=0 : dropped=0 : temporary=0 : relay-denied=0 : policy=0"
set fault_row 0
set fault_text {}

# --- behaviours ------------------------------------------------------------

# The first server's behaviour where the fault is a reply (or what stands for
# one) at a stage of the dialogue.
proc fault_at {stage action} {
    set refuses [list bad* $::unknown]
    switch -- $stage {
        rcpt {
            return [list rcpt [list match [list sick* $action {*}$refuses]]]
        }
        mail - data - body - dot {
            return [list $stage [list match [list ?* $action]]\
                rcpt [list match $refuses]]
        }
    }
    return [list $stage $action rcpt [list match $refuses]]
}

proc servers_well {} {
    set well [list rcpt [list match [list bad* $::unknown]]]
    return [list a $well b $well c $well]
}

# --- what was done ---------------------------------------------------------

# The log's records of a recipient, in order, each as "SERVER ok" or
# "SERVER CLASS STAGE CODE ACTION"; code 0: none.
proc fault_trace {recipient} {
    set trace {}
    foreach line [lines_of [outriderlog] "* smtp *"] {
        set record [dict merge {code 0} [record_fields $line]]
        if {[dict get $record to] ne $recipient} {
            continue
        }
        set entry [list [server_named [dict get $record server]]]
        if {[dict get $record result] eq "ok"} {
            lappend entry ok
        } else {
            foreach key {class stage code action} {
                lappend entry [dict get $record $key]
            }
        }
        lappend trace $entry
    }
    return $trace
}

proc record_fields {line} {
    set fields {}
    foreach {- name quoted plain} [regexp -all -inline\
            { ([a-z]+)=(?:"((?:[^"\\]|\\.)*)"|(\S+))} $line] {
        dict set fields $name $quoted$plain
    }
    return $fields
}

# A server's name in the world, from how the log names it.
proc server_named {key} {
    foreach name $::world(servers) {
        if {$key in [list [server_address $name]\
                $name.test:$::server($name,port)]} {
            return $name
        }
    }
    return $key
}

# The bounces that name the recipient.
proc bounces_about {sender recipient} {
    lmap m [deliveries -to $sender -from {}] {
        if {$recipient ni [split [string map {, " "}\
                [message_header $m X-Failed-Recipients]]]} {
            continue
        }
        set m
    }
}

# --- assertions ------------------------------------------------------------

# On one server, once, with the real sender and no trace of ours.
proc assert_delivered {name sender recipient} {
    assert_equal $name [delivered_by -to $recipient] "$recipient: by whom:"
    set message [lindex [deliveries -to $recipient] 0]
    assert_equal $sender [dict get $message from] "$recipient: envelope sender"
    assert_equal [string map {"\n" "\r\n"} $::fault_text]\
        [message_body $message]
    assert_equal 1 [regexp -all -nocase {(^|\n)Received:}\
        [message_head $message]] "$recipient: Received headers"
    assert_no_match *outrider* [string tolower [message_head $message]]
    assert_equal {} [bounces_about $sender $recipient]\
        "$recipient was delivered and bounced:"
}

# Nowhere delivered, and told to the sender once, in Exim's usual form.
proc assert_bounced {sender recipient text} {
    assert_equal {} [delivered_by -to $recipient] "$recipient: by whom:"
    set bounces [bounces_about $sender $recipient]
    assert_equal 1 [llength $bounces] "$recipient: number of bounces"
    set bounce [lindex $bounces 0]
    set shown [regsub -all {\s+} [message_body $bounce] " "]
    assert_match "*A message that you sent could not be delivered*" $shown
    assert_match "* $recipient *[glob_quote $text]*" $shown
    assert_equal "Mail delivery failed: returning message to sender"\
        [message_header $bounce Subject]
    assert_match {Mail Delivery System <Mailer-Daemon@*>}\
        [message_header $bounce From]
    assert_equal $sender [message_header $bounce To]
    assert_equal 1 [regexp -all -nocase {(^|\n)Received:}\
        [message_head $bounce]] "Received headers of the bounce"
    assert_no_match *outrider.invalid* [string tolower\
        [dict get $bounce data]]
}

proc glob_quote {text} {
    string map {\\ \\\\ * \\* ? \\? [ \\[ ] \\]} $text
}

# Nothing is left behind: no message, no kept copy, no word of ours on the wire.
proc assert_quiet {} {
    assert_equal {} [queue] "queue:"
    assert_equal {} [glob -nocomplain -tails\
        -directory $::world(spool)/outrider/keep *-D *-H] "kept:"
    assert_equal {} [panics]
    foreach name $::world(servers) {
        assert_no_match *outrider* [string tolower [session $name]]\
            "session of $name:"
    }
}

# Exim takes 32 trusted configurations at most; for suites of more worlds.
proc trust_forget {} {
    file_write $::isolate_dir/etc/trusted_configs {}
}

# --- a row -----------------------------------------------------------------

# What one row's message must not know of the row before.
proc state_forget {} {
    global world
    wait_idle
    file delete -force $world(spool)/outrider {*}[glob -nocomplain\
        $world(spool)/db/* $world(spool)/input/* $world(spool)/input/*/*]
    foreach log {mainlog outriderlog} {
        if {[file exists $world(logs)/$log]} {
            file_truncate $world(logs)/$log 0
        }
    }
}

proc file_truncate {path size} {
    set f [open $path r+]
    chan truncate $f $size
    close $f
}

# The words of the log for the default action of each class, an attempt a word.
array set actions_of {
    policy next server next relay-denied next rate next
    temporary {same same same next} greylist {same same same same same next}
    recipient cancel sender cancel mailbox-full cancel size cancel
    permanent cancel protocol cancel content cancel dropped {same same next}
}

# Rows for replies that a gives at a stage: REPLY CLASS, and what follows from
# the class.
proc reply_rows {stage replies} {
    set rows {}
    foreach {reply class} $replies {
        set expect [list class $class stage $stage code [lindex $reply 0]\
            actions $::actions_of($class) text $reply]
        if {$stage eq "rcpt"} {
            lappend expect good a
        }
        lappend rows "[string toupper $stage]: $reply"\
            [fault_at $stage $reply] $expect
    }
    return $rows
}

# fault_rows SPEC TABLE ?COUNTS? - a world (SPEC as for with_world) for the rows
# of the table, and a test for each row and count: LABEL BEHAVIOUR EXPECT, where
# BEHAVIOUR is a's and EXPECT a dict:
#   class stage code   of the failure at the first server, as globs; code
#                      0: none
#   actions            what the log says was done, a word for each attempt
#                      there; every attempt but the first needs a queue run
#   text               what the sender reads, where the last action is cancel
#   by                 who delivers at last; b where the last action is next
#   good               who delivers good*; the same as the others
#   at                 the first server's name, or how the log names it; a
#   lines              of the message's body; 1
proc fault_rows {spec table {counts {one several}}} {
    with_world [dict merge [list servers [servers_well]] $spec] {
        foreach {label behaviour expect} $table {
            foreach count $counts {
                test "$label, $count" {
                    fault_meet $count $behaviour $expect
                }
            }
        }
    }
}

proc fault_meet {count behaviour expect} {
    set last [lindex [dict get $expect actions] end]
    set expect [dict merge [list text {} at a lines 1\
        by [expr {$last eq "cancel" ? {} : "b"}]] $expect]
    set n [incr ::fault_row]
    set who [list sender s$n@x.example sick sick1-$n@y.example good {} bad {}]
    if {$count eq "several"} {
        dict lappend who sick sick2-$n@y.example
        dict set who good good-$n@y.example
        dict set who bad bad-$n@y.example
    }
    state_forget
    behave a $behaviour
    fault_send $expect $who
    fault_check $expect $who
}

proc fault_send {expect who} {
    dict with who {}
    set ::fault_text [string repeat "Hello $sender\n" [dict get $expect lines]]
    send -from $sender -to [concat $good $sick $bad] -text $::fault_text
    wait_idle
    foreach - [lrange [dict get $expect actions] 1 end] {
        assert_match *$sender* [queue] "a message that waits:"
        queue_run -qf
        wait_idle
    }
}

proc fault_check {expect who} {
    dict with who {}
    foreach recipient $sick {
        assert_match [trace_expected $expect] [fault_trace $recipient]\
            "$recipient:"
        fault_check_end [dict get $expect by] $sender $recipient\
            [dict get $expect text]
    }
    set merged [dict merge [list good [dict get $expect by]] $expect]
    foreach recipient $good {
        fault_check_end [dict get $merged good] $sender $recipient\
            [dict get $expect text]
    }
    foreach recipient $bad {
        assert_equal {} [delivered_by -to $recipient]
        assert_equal 1 [llength [bounces_about $sender $recipient]]\
            "$recipient: number of bounces"
    }
    if {[dict get $expect by] ne {}} {
        assert_equal [llength $bad] [llength [deliveries -to $sender]]\
            "bounces:"
    }
    assert_quiet
}

proc fault_check_end {by sender recipient text} {
    if {$by eq {}} {
        assert_bounced $sender $recipient $text
    } else {
        assert_delivered $by $sender $recipient
    }
}

proc trace_expected {expect} {
    dict with expect {}
    set trace {}
    foreach action $actions {
        lappend trace [list $at $class $stage $code $action]
    }
    if {$by ne {}} {
        lappend trace [list $by ok]
    }
    return $trace
}
