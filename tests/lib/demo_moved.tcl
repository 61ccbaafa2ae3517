# SPDX-License-Identifier: GPL-2.0-or-later
#
# demo_moved.tcl - the end of the demonstration: an address that has changed
#
# It is gone, and its mail is held; its new one is registered, and the mail goes
# there; the sender is told, and his address book changes itself. Called by
# demo_world.tcl.

set demo_moved_macros {
    OUTRIDER_HOSTNAME hub.test OUTRIDER_SERVED old.example
    OUTRIDER_ADMINISTRATOR postmaster@hub.example
}

proc demo_moved {} {
    with_world [list servers {smart1 {}}\
            exim ".include $::product/relocation.conf" panics *\
            macros [dict merge $::demo_moved_macros\
            [list OUTRIDER_EXAMPLES $::product]]] {
        holder_start 1s
        demo_moved_gone
        demo_moved_known
        demo_moved_book
        holder_stop
    }
}

# A command and what it prints.
proc demo_command {args} {
    demo_say text "\$ [join $args { }]"
    set out [exec $::build/[lindex $args 0] {*}[lrange $args 1 end]\
        -C $::world(config) 2>@1]
    foreach line [split $out "\n"] {
        demo_say text $line
    }
}

proc demo_moved_send {subject} {
    send -from bob@example.org -to anna@old.example -data [join [list\
        "From: bob@example.org" "To: Anna <anna@old.example>"\
        "Subject: $subject" "Message-ID: <$subject@example.org>" {} Hello. {}]\
        "\r\n"]
}

proc demo_moved_expect {what ok} {
    if {!$ok} {
        demo_say text "but $what"
        demo_say row LOST
    }
}

# How many notices of this kind the sender has had.
proc demo_moved_told {kind} {
    llength [lmap m [bounces bob@example.org] {
        expr {[string first "Outrider-Notice: $kind" [dict get $m data]] < 0\
            ? [continue] : $m}
    }]
}

proc demo_moved_gone {} {
    demo_say text "anna@old.example has left, and nobody knows where to."
    demo_command outrider relocation gone anna@old.example
    demo_moved_send First
    wait_for {[llength [queue held]] == 1 && [demo_moved_told held] == 1
        && [llength [bounces postmaster@hub.example]] == 1}
    demo_say text "bob's mail for her is held; he is told, and postmaster is\
        asked."
    demo_command outrider held list
}

proc demo_moved_known {} {
    set start [clock milliseconds]
    demo_command outrider relocation set anna@old.example anna@new.example
    wait_for {[llength [deliveries -to anna@new.example]] == 1
        && [demo_moved_told changed] == 1 && [queue held] eq {}}
    set took [format %.1f [expr {([clock milliseconds] - $start) / 1000.0}]]
    set m [lindex [deliveries -to anna@new.example] 0]
    demo_say text "$took s later: delivered, To: [message_header $m To]; bob is\
        told the new address."
    demo_moved_expect "twice or not at all"\
        [expr {[llength [deliveries -from bob@example.org]] == 1}]
}

proc demo_moved_book {} {
    set book $::world(dir)/aliases
    if {![file executable $::build/outrider-addressbook]} {
        return
    }
    file_write $book "alias anna Anna <anna@old.example>\n"
    file_write $::world(dir)/notice [string map {\r {}} [dict get [lindex\
        [bounces bob@example.org] end] data]]
    demo_say text "His address book reads the notice:"
    demo_say text "\$ outrider-addressbook --yes --book mutt:aliases notice"
    exec $::build/outrider-addressbook --yes --book mutt:$book\
        $::world(dir)/notice
    demo_say text [string trim [file_text $book]]
    demo_moved_expect "the book is as it was"\
        [string match *anna@new.example* [file_text $book]]
}
