# SPDX-License-Identifier: GPL-2.0-or-later
#
# demo_unsent.tcl - the end of the demonstration: what could not be sent
#
# All smarthosts are down; mail waits on the queue `unsent`; one message has
# waited too long and goes back; a smarthost returns, and all is delivered. The
# days go by on a clock of the demonstration's (clock.tcl). Called by
# demo_world.tcl.

set demo_unsent_count 30

set demo_unsent_spec {
    servers {smart1 {refused 1} smart2 {refused 1} smart3 {refused 1}}
    macros {OUTRIDER_SETTINGS {probe = 2s\nhang = 1s\nunsent-min = 1s}
        OUTRIDER_CONNECT_TIMEOUT 2s OUTRIDER_COMMAND_TIMEOUT 3s
        OUTRIDER_RETURN any=4d OUTRIDER_WARN any=never}
    config {primary_hostname = hub.test} panics *
}

proc demo_unsent {} {
    clock_use
    with_world $::demo_unsent_spec {
        service_start 1s
        demo_unsent_wait
        demo_unsent_return
        service_stop
    }
}

proc demo_unsent_wait {} {
    send -from early@example.org -to waited@example.net
    wait_for {[llength [queue unsent]] == 1}
    later 4d
    wait_for {[file mtime $::world(spool)/outrider/unsent.alive] >= [clock seconds] - 1}
    for {set i 0} {$i < $::demo_unsent_count} {incr i} {
        send -from s$i@example.org -to u$i@example.net
    }
    wait_for {[queue] eq {} && [llength [queue unsent]] > $::demo_unsent_count}
    demo_say text "All three are down since four days, with one message; now\
        $::demo_unsent_count more have come."
    demo_say text "\$ outrider unsent counts"
    foreach line [split [string trim [exec $::build/outrider unsent counts\
            -C $::world(config)]] "\n"] {
        demo_say text $line
    }
}

proc demo_unsent_return {} {
    behave smart2 {}
    set start [clock milliseconds]
    wait_for {[queue unsent] eq {} && [queue] eq {}} 30000
    set took [format %.1f [expr {([clock milliseconds] - $start) / 1000.0}]]
    set got [llength [deliveries -to u*@example.net]]
    set back [llength [bounces early@example.org]]
    set late [llength [deliveries -to waited@example.net]]
    demo_say text "smart2 is back: $took s later $got of\
        $::demo_unsent_count are delivered, the queue is empty."
    demo_say text "The one that had waited for four days: $back returned to its\
        sender, $late delivered."
    if {$got != $::demo_unsent_count || $back != 1 || $late} {
        demo_say row LOST
    }
}
