# SPDX-License-Identifier: GPL-2.0-or-later
#
# 75-common.tcl - what the suites 75 to 77 share: a program adapt that is put in
# the way of the real one, parts of messages, and who got what
#
# Speaks of the current world.

source [file join [file dirname [info script]] 72-common.tcl]

# adapting_by_hand ROW ?MACROS? ?KEY VALUE ...? - as adapting_with, and the
# program that Exim starts is a script of the test's (program_be).
proc adapting_by_hand {row {macros {}} args} {
    set own [dict create OUTRIDER_LIB %DIR%/lib OUTRIDER_BIN $::product]
    adapting_with $row [dict merge $own $macros] {*}$args
}

# What the script has: $real is adapt, $dir the world's directory, $last the
# last recipient. The default is adapt itself.
proc program_be {{script {exec "$real" "$@"}}} {
    set lib $::world(dir)/lib
    if {![file exists $lib]} {
        file mkdir $lib $::world(dir)/hits
        file attributes $::world(dir)/hits -permissions 0777
        foreach name {router.so local_scan.so outrider} {
            file link -symbolic $lib/$name $::product/$name
        }
    }
    file_write $lib/adapt.new "#!/bin/sh\nreal=$::product/adapt\
        dir=$::world(dir)\nfor last; do :; done\n$script\n"
    file attributes $lib/adapt.new -permissions 0755
    file rename -force $lib/adapt.new $lib/adapt
}

# The library that makes system calls fail (75-fault.c).
proc fault_library {} {
    preload_library [file join $::repo tests suite 75-fault.c]
}

# A certificate for S/MIME; its key is beside it, .key.
proc certificate {} {
    set path $::isolate_dir/you.pem
    if {![file exists $path]} {
        exec openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj /CN=you\
            -keyout [file rootname $path].key -out $path\
            -addext keyUsage=keyEncipherment,digitalSignature 2>@1
        file attributes $path -permissions 0644
    }
    return $path
}

# A zip of these files (NAME BYTES ...), made by zip.
proc zip_of {args} {
    set dir [exec mktemp -d -p $::isolate_dir]
    foreach {name bytes} $args {
        file mkdir [file dirname $dir/in/$name]
        file_bytes_write $dir/in/$name $bytes
    }
    exec sh -c "cd $dir/in && zip -q -r ../a.zip ."
    set bytes [file_bytes $dir/a.zip]
    file delete -force $dir
    return $bytes
}

# The first run for a message goes wrong in the way that its recipient says:
# HOW-CALL-NUMBER@y.example; all others are as ever.
proc program_by_recipient {} {
    program_be [string map [list LIBRARY [fault_library]] {
once=$dir/hits/$MESSAGE_ID
if [ -e "$once" ]; then exec "$real" "$@"; fi
: >"$once"
part=${last%@*} how=${part%%-*} number=${part##*-} call=${part#*-}
call=${call%-*}
FAULT="$call $number $how" FAULT_HIT="$dir/hits/$part.hit" LD_PRELOAD=LIBRARY \
    exec "$real" "$@"}]
}

proc hits {} {
    llength [glob -nocomplain $::world(dir)/hits/*.hit]
}

# Until nothing waits: queue runs, RUNS at most. Says whether it is so.
proc queue_empties {{runs 4}} {
    for {set i 0} {$i < $runs} {incr i} {
        wait_idle 60000
        if {[queue] eq {}} {
            return 1
        }
        queue_run -qff
    }
    wait_idle 60000
    expr {[queue] eq {}}
}

# What came to this address: the subjects, sorted.
proc subjects_to {address} {
    lsort [lmap m [deliveries -to $address] {message_header $m Subject}]
}

# The lines "state/NAME" of what is kept.
proc state {name} {
    return $::world(spool)/outrider/$name
}

# --- parts -------------------------------------------------------------------

# partial ID NUMBER TOTAL BODY ?FIELD...? - a message/partial; TOTAL "": none.
proc partial {id number total body args} {
    set more [expr {$total eq {} ? {} : "; total=$total"}]
    join [list "From: me@x.example" "To: you@y.example"\
        "Subject: part $number"\
        "Message-ID: <[incr ::mail_number].p@x.example>"\
        "Date: Sun, 22 Nov 2026 10:00:00 +0000" "MIME-Version: 1.0"\
        "Content-Type: message/partial; id=\"$id\"; number=$number$more"\
        {*}$args {} $body] "\n"
}

# The body of the first part: a whole header, and the first line.
proc inner {subject {text "line 1\n"}} {
    join [list "Subject: $subject"\
        "Message-ID: <[incr ::mail_number].w@x.example>" "MIME-Version: 1.0"\
        "Content-Type: text/plain" {} $text] "\n"
}

# The parts of a message of three lines, in order.
proc three_parts {id {subject whole}} {
    list [partial $id 1 3 [inner $subject]] [partial $id 2 3 "line 2\n"]\
        [partial $id 3 3 "line 3\n"]
}

# One message came for this address, and it is that.
proc assert_whole {address {subject whole}} {
    set message [delivered_one $address]
    assert_equal [list $subject "line 1\r\nline 2\r\nline 3\r\n"]\
        [list [message_header $message Subject] [message_body $message]]\
        "$address:"
}

# A piece of a file in a message of its own; of ours with ID, TOTAL and DIGEST.
proc piece {name subject bytes args} {
    set parameters [join [lmap {key value} $args {
        string cat "; x-piece-$key=\"$value\""}] {}]
    set coded [binary encode base64 -maxlen 76 $bytes]
    join [list "From: me@x.example" "To: you@y.example" "Subject: $subject"\
        "Message-ID: <[incr ::mail_number].q@x.example>"\
        "Date: Sun, 22 Nov 2026 10:00:00 +0000" "MIME-Version: 1.0"\
        "Content-Type: multipart/mixed; boundary=\"b=1\"" {} "--b=1"\
        "Content-Type: text/plain" {} "text of $subject" "--b=1"\
        "Content-Type: application/octet-stream; name=\"$name\"$parameters"\
        "Content-Disposition: attachment; filename=\"$name\""\
        "Content-Transfer-Encoding: base64" {} $coded "--b=1--" {}] "\n"
}

proc sha256_base64 {bytes} {
    set f [file tempfile path]
    fconfigure $f -translation binary
    puts -nonewline $f $bytes
    close $f
    set hex [lindex [exec sha256sum $path] 0]
    file delete $path
    binary encode base64 [binary decode hex $hex]
}

# HOW-CALL-NUMBER for all numbers up to these.
proc faults_list {hows calls} {
    set all {}
    foreach how $hows {
        foreach {call last} $calls {
            for {set n 1} {$n <= $last} {incr n} {
                lappend all $how-$call-$n
            }
        }
    }
    return $all
}

# A hub that opens and joins everything for its users, in a world of its own
# around the body.
proc far_side {macros body} {
    set spec [adapting_with "compress=none join=none" $macros]
    uplevel 1 [list with_world $spec $body]
}
