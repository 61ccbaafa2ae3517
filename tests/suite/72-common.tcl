# SPDX-License-Identifier: GPL-2.0-or-later
#
# 72-common.tcl - what the suites 72 to 79 share: messages made to fit
#
# Sourced by 72-adapt.test and those that follow it; speaks of the current world.

source [file join [file dirname [info script]] 60-common.tcl]

# adapting_with ROW ?MACROS? ?KEY VALUE ...? - a world with
# config-examples/adapt.conf, in which every destination has this row; these
# macros beside its own, and more keys of a world.
proc adapting_with {row {macros {}} args} {
    # A server that is only busy is not one that fails: no test here needs that.
    set own [dict create OUTRIDER_EXAMPLES $::product OUTRIDER_HOSTNAME hub.test\
        OUTRIDER_ENVIRONMENT $row OUTRIDER_CONNECT_TIMEOUT 30s\
        OUTRIDER_COMMAND_TIMEOUT 30s]
    dict merge [dict create servers {a {}} config {message_size_limit = 200M}\
        exim ".include $::product/adapt.conf" macros [dict merge $own $macros]]\
        $args
}

# outrider environment COMMAND ARG..., which has to work; its output.
proc environment_do {command args} {
    lassign [outrider_plain environment $command -C $::world(config) {*}$args]\
        code out err
    assert_equal {0 {}} [list $code $err] "environment $command $args:"
    return $out
}

# BYTES of text that shrinks a lot, or not at all (base64 of noise), in lines.
proc bytes_soft {bytes} {
    string range [string repeat "1234,apples,pears,2026-11-22,0.75\n"\
        [expr {$bytes / 34 + 1}]] 0 $bytes-1
}

proc bytes_hard {bytes} {
    set f [open /dev/urandom rb]
    set data [read $f [expr {$bytes * 3 / 4}]]
    close $f
    return [binary encode base64 -maxlen 76 $data]\n
}

# A message with attachments, {NAME TYPE ENCODING TEXT} each.
proc mail_with {subject args} {
    set lines [list "From: Me <me@x.example>" "To: you@y.example"\
        "Subject: $subject" "Date: Sun, 22 Nov 2026 10:00:00 +0000"\
        "Message-ID: <[incr ::mail_number].[pid]@x.example>"\
        "MIME-Version: 1.0" "Content-Type: multipart/mixed; boundary=\"b=1\""\
        "" "--b=1" "Content-Type: text/plain" "" "Hello,\n\nsee below." ""]
    foreach part $args {
        lassign $part name type coding text
        lappend lines "--b=1" "Content-Type: $type; name=\"$name\""\
            "Content-Disposition: attachment; filename=\"$name\""\
            "Content-Transfer-Encoding: $coding" "" $text
    }
    lappend lines "--b=1--" ""
    return [join $lines "\n"]
}

# A message that was accepted, as a file with LF line ends; its name.
proc mail_file {message} {
    set path $::world(dir)/mail[incr ::mail_number]
    file_write $path [string map {"\r\n" "\n"} [dict get $message data]]
    return $path
}

# How a message looks to its reader (tests/lib/mailparts.c), less what changes on
# its way.
proc mail_parts {path args} {
    exec $::build/tests/mailparts {*}$args $path
}
