# SPDX-License-Identifier: GPL-2.0-or-later
#
# outcome.tcl - what became of mail, and what Outrider's state looks like
#
# Used by suites on the second chance, on permissions and on server lists;
# speaks of the current world.

# A refusal that speaks of us and not of the recipient, and one that does not.
set blocked {550 5.7.1 Service unavailable; client host blocked using\
    zen.spamhaus.org}
set unknown {550 5.1.1 No such user here}

# Bounces that reached ADDRESS (a glob), on whatever server.
proc bounces {{address *}} {
    deliveries -from {} -to $address
}

# The recipients that a bounce names, in its order; Exim names at most 50 in
# one header.
proc bounce_names {bounce} {
    set names {}
    foreach {- list} [regexp -all -inline -line\
            {^X-Failed-Recipients: (.*(?:\n[ \t].*)*)}\
            [string map {\r {}} [message_head $bounce]]] {
        lappend names {*}[lmap address [split $list ,] {string trim $address}]
    }
    return $names
}

# What lies in keep/ besides the small notes about bounces that are done with.
proc kept_files {} {
    lmap path [glob -nocomplain $::world(spool)/outrider/keep/*] {
        if {[string match *.id $path] || [string match *.done $path]} {
            continue
        }
        file tail $path
    }
}

# Nothing waits, nothing is kept: the end of every second chance. What is
# kept all the same is removed, so that it fails one test only.
proc assert_settled {} {
    assert_equal {} [queue] "queue:"
    set kept [kept_files]
    foreach name $kept {
        file delete $::world(spool)/outrider/keep/$name
    }
    assert_equal {} $kept "kept:"
}

# What the servers have accepted so far is as if it had never been.
proc deliveries_forget {} {
    foreach name $::world(servers) {
        foreach path [glob -nocomplain $::server($name,state)/accepted/*] {
            file delete $path
            unset -nocomplain ::server_cache($path)
        }
    }
}

# Every recipient of PATTERN that was accepted, sorted, with repeats.
proc recipients_served {{pattern *}} {
    set all {}
    foreach message [deliveries] {
        if {[dict get $message from] ne {}} {
            lappend all {*}[dict get $message rcpts]
        }
    }
    lsort [lsearch -all -inline -glob $all $pattern]
}

# The MAIL commands that a server was sent.
proc mail_commands {name} {
    set all {}
    foreach connection [connections $name] {
        lappend all {*}[lsearch -all -inline -nocase\
            [dict get $connection commands] "MAIL FROM:*"]
    }
    return $all
}

# One line for each file and directory under SPOOL/outrider: name, mode, size,
# times and content.
proc state_snapshot {{path {}}} {
    set path [expr {$path eq {} ? "$::world(spool)/outrider" : $path}]
    if {![file exists $path]} {
        return absent
    }
    set lines {}
    foreach entry [lsort [split [exec find $path -printf\
            "%p %y %m %U:%G %s %T@ %C@\n"] "\n"]] {
        set name [lindex [split $entry] 0]
        set sum [expr {[file isfile $name] ? [lindex [exec sha256sum $name] 0]
            : {}}]
        lappend lines "$entry $sum"
    }
    return [join $lines "\n"]
}
