# SPDX-License-Identifier: GPL-2.0-or-later
#
# 60-common.tcl - what the suites 60 to 69 share: old and new addresses, held
# mail, notices
#
# Sourced by 60-relocation.test and those that follow it; speaks of the current
# world.

source [file join [file dirname [info script]] 50-common.tcl]

# moving_with MACROS ?KEY VALUE ...? - a world with config-examples/relocation.conf:
# these macros beside its own, and more keys of a world.
proc moving_with {macros args} {
    set own [dict create OUTRIDER_EXAMPLES $::product OUTRIDER_HOSTNAME\
        hub.test OUTRIDER_SERVED "old.example : new.example : staff.example"\
        OUTRIDER_ADMINISTRATOR postmaster@hub.example]
    dict merge [dict create servers {a {} b {}}\
        exim ".include $::product/relocation.conf" macros\
        [dict merge $own $macros]] $args
}

# A message of these header fields, NAME BODY ..., with From, Date and Message-ID.
proc mail_text {args} {
    set lines {"From: me@x.example" "Date: Sun, 22 Nov 2026 10:00:00 +0000"}
    lappend lines "Message-ID: <[incr ::mail_number].[pid]@x.example>"
    foreach {name body} $args {
        lappend lines "$name: $body"
    }
    return "[join $lines \r\n]\r\n\r\nHello.\r\n"
}
set mail_number 0

# outrider relocation|attribute|held COMMAND ARG...: {exit code, output, errors}.
proc relocation {command args} {
    outrider_plain relocation $command -C $::world(config) {*}$args
}

proc attribute {command args} {
    outrider_plain attribute $command -C $::world(config) {*}$args
}

proc held {command args} {
    outrider_plain held $command -C $::world(config) {*}$args
}

# The same, where it has to work and say nothing on standard error; its output.
proc relocation_do {command args} {
    lassign [relocation $command {*}$args] code out err
    assert_equal {0 {}} [list $code $err] "relocation $command $args:"
    return $out
}

proc held_do {command args} {
    lassign [held $command {*}$args] code out err
    assert_equal {0 {}} [list $code $err] "held $command $args:"
    return $out
}

# One round of the service.
proc held_run {} {
    held_do run
    wait_idle
}

# Notices of this kind (changed, held) to ADDRESS.
proc notices_of {address kind} {
    lmap m [bounces $address] {
        expr {[regexp "\nOutrider-Notice: $kind\r?\n" [dict get $m data]] ? $m
            : [continue]}
    }
}

# A message's text in one line, spaces made one.
proc words_in {message} {
    regsub -all {\s+} [encoding convertfrom utf-8 [dict get $message data]] " "
}

# The only message that was accepted for this recipient.
proc delivered_one {recipient} {
    set all [deliveries -to $recipient]
    assert_equal 1 [llength $all] "messages for $recipient:"
    lindex $all 0
}
