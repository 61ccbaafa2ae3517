# SPDX-License-Identifier: GPL-2.0-or-later
#
# 50-common.tcl - what the suites 50 to 59 share: the unsent queue, its command,
# and time that goes by
#
# Sourced by 50-unsent.test and those that follow it; speaks of the current
# world.

source [file join [file dirname [info script]] 30-common.tcl]

# Intervals of a second and no breakers: each attempt is the pace's doing.
set calm_world {
    servers {a {} b {}}
    macros {OUTRIDER_SETTINGS {trip = connect=0 : server=0 : policy=0 :\
        greeting=0 : tls=0 : auth=0 : rate=0 : dropped=0 : temporary=0\n\
        unsent-first = 2s\n unsent-min = 1s\n unsent-growth = 1}}
}

# outrider unsent COMMAND ARG...: {exit code, standard output, standard error}.
proc unsent {command args} {
    outrider_plain unsent $command -C $::world(config) {*}$args
}

# One shot: its exit code and what it says.
proc unsent_run {} {
    lassign [unsent run] code out err
    list $code $out$err
}

# As if `outrider unsent run` had come by just now.
proc service_sign {} {
    unsent run
}
