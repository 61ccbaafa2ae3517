# SPDX-License-Identifier: GPL-2.0-or-later
#
# 40-common.tcl - outrider probe run on a server of the world, and its lines
#
# Sourced by 40-probe.test and 41-probe-hosts.test.

source [file join [file dirname [info script]] 30-common.tcl]

# probe NAME ?ARG...? - the command on one server of the world, as a dict: the
# labels of the lines it prints, and code, out, err, took (ms).
proc probe {name args} {
    set start [clock milliseconds]
    lassign [outrider probe --timeout 1s {*}$args [server_address $name]]\
        code out err
    set took [expr {[clock milliseconds] - $start}]
    return [dict merge [block_read $out] [list code $code out $out err $err\
        took $took]]
}

# One server's lines: the first names it, the others are LABEL VALUE.
proc block_read {text} {
    set block {server {} probe {} address {} reply {} error {} size {} tls {}
        time {}}
    foreach line [split [string trim $text] "\n"] {
        if {[regexp {^  ([a-z]+) +(.*)$} $line -> label value]} {
            dict set block $label $value
        } else {
            dict set block server $line
        }
    }
    return $block
}

# Labels and globs of what is printed; `absent` names labels that are not.
proc assert_block {expect block} {
    dict for {label want} $expect {
        if {$label eq "absent"} {
            foreach one $want {
                assert_equal {} [dict get $block $one] $one:
            }
        } else {
            assert_match $want [dict get $block $label] $label:
        }
    }
    assert_equal {} [dict get $block err]
}

# What the server was sent on its last connection.
proc commands_seen {name} {
    dict get [lindex [connections $name] end] commands
}

proc well {stage} {
    list code 0 probe "ok at $stage" absent error
}

proc bad {stage class label words} {
    list code 69 probe "failed at $stage, class $class" $label $words\
        absent [expr {$label eq "error" ? "reply" : "error"}]
}
