# SPDX-License-Identifier: GPL-2.0-or-later
#
# clock.tcl - time that goes by when a test says so
#
# clock_use gives the suite an /etc of its own, in which every program that
# starts from then on is given build/tests/clock.so. Then clock_set moves the
# time of day for all of them at once. The harness itself, and whatever waits
# for an interval, goes by the real clock. Called by suites, once, before their
# first world.

proc clock_use {} {
    set dir $::isolate_dir
    set library $::build/tests/clock.so
    if {![file exists $library]} {
        exec cc -O2 -shared -fPIC -o $library $::lib/clock.c
    }
    exec cp -a /etc $dir/etc-clock
    set ::clock_file $dir/etc-clock/outrider-test-clock
    clock_set 0
    exec cp $library $dir/clock.so
    file_write $dir/etc-clock/ld.so.preload $dir/clock.so\n
    exec mount --bind $dir/etc-clock /etc
    exec mount --bind $dir/etc /etc/exim4
    exec mount --bind $dir/hosts /etc/hosts
}

# The clocks are SECONDS ahead of the real one (behind, when negative).
proc clock_set {seconds} {
    set ::clock_offset $seconds
    set f [open $::clock_file {WRONLY CREAT}]
    fconfigure $f -translation binary
    puts -nonewline $f [binary format w [expr {wide($seconds) * 1000000000}]]
    close $f
}

# SECONDS more go by; in Exim's time format, too: 4h, 2d.
proc later {time} {
    set seconds 0
    foreach {- n unit} [regexp -all -inline {(\d+)([wdhms]?)} $time] {
        incr seconds [expr {$n * [dict get {w 604800 d 86400 h 3600 m 60 s 1\
            {} 1} $unit]}]
    }
    clock_set [expr {$::clock_offset + $seconds}]
}

# Milliseconds since the epoch, as the programs see it.
proc clock_now {} {
    expr {[clock milliseconds] + $::clock_offset * 1000}
}
