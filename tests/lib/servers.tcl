# SPDX-License-Identifier: GPL-2.0-or-later
#
# servers.tcl - the fake smarthosts of a world, and what they saw
#
# Starts fakesmart.tcl (or deaf, for a port that never answers) as processes of
# their own, changes their behaviour, and reads their records. Used by
# world.tcl and, through it, by every suite. A server is known by the name it
# has in the world; it keeps address and port until the world ends.

array set server {}
array set server_cache {}

# 127.A.B.N, with A from the run and B from the suite's process: those that run
# side by side cannot meet, and a port that one gave up the other cannot take.
proc address_make {n} {
    return 127.[expr {1 + $::env(OUTRIDER_RUN) % 250}].[expr {
        1 + [pid] % 250}].$n
}

proc certificates {} {
    set dir $::isolate_dir/certs
    if {![file exists $dir/expired.pem]} {
        set names {DNS:*.test DNS:localhost IP:::1}
        for {set n 1} {$n <= 30} {incr n} {
            lappend names IP:[address_make $n]
        }
        exec tclsh $::lib/fakesmart.tcl -makecerts $dir -names $names
    }
    return $dir
}

proc helper {} {
    set source $::lib/deaf.c
    set program $::build/tests/deaf
    if {![file exists $program]
            || [file mtime $program] < [file mtime $source]} {
        file mkdir $::build/tests
        exec cc -std=c11 -D_GNU_SOURCE -O2 -o $program.[pid] $source
        file rename -force $program.[pid] $program
    }
    return $program
}

proc server_create {name behaviour} {
    global server
    set n [incr ::server_last]
    set server($name,address) [address_make $n]
    if {[dict exists $behaviour address]} {
        set server($name,address) [dict get $behaviour address]
    }
    array set server [list $name,port 0 $name,mode none\
        $name,state $::world(dir)/$name]
    file mkdir $server($name,state)
    lappend ::world(servers) $name
    # A port that nothing listens on has to be free when somebody does.
    if {[dict exists $behaviour refused] || [dict exists $behaviour deaf]} {
        set server($name,port) [port_free $server($name,address)]
    }
    behave $name $behaviour
}

proc port_free {address} {
    set probe [socket -server list -myaddr $address 0]
    set port [lindex [fconfigure $probe -sockname] 2]
    close $probe
    return $port
}

# behave SERVER BEHAVIOUR - from the next connection on the server does this.
# The keys refused and deaf (with a true value) are carried out here.
proc behave {name behaviour} {
    global server
    set mode up
    foreach word {refused deaf} {
        if {[dict exists $behaviour $word] && [dict get $behaviour $word]} {
            set mode $word
        }
    }
    if {[dict exists $behaviour tls] && [dict get $behaviour tls] ne {}} {
        certificates
    }
    set path $server($name,state)/behaviour
    set f [open $path.new w]
    fconfigure $f -encoding utf-8
    puts $f $behaviour
    close $f
    file rename -force $path.new $path
    server_mode $name $mode
}

proc server_mode {name mode} {
    global server
    if {$server($name,mode) eq $mode} {
        return
    }
    server_stop $name
    switch -- $mode {
        up {
            server_start $name
        }
        deaf {
            deaf_start $name
        }
    }
}

proc server_start {name} {
    global server
    if {$server($name,mode) eq "up"} {
        return
    }
    set address $server($name,address)
    if {[string match *:* $address]} {
        set address "\[$address]"
    }
    set pipe [open [list |tclsh $::lib/fakesmart.tcl -stdin 1\
        -listen $address:$server($name,port) -state $server($name,state)\
        -name $name.test -certs $::isolate_dir/certs\
        -helper [helper] 2>>$server($name,state)/errors] r+]
    if {[gets $pipe line] < 0} {
        error "server $name did not start: [file_text\
            $server($name,state)/errors]"
    }
    set server($name,port) [lindex $line 2]
    array set server [list $name,pipe $pipe $name,mode up]
}

proc deaf_start {name} {
    global server
    set pipe [open [list |[helper] $server($name,address)\
        $server($name,port)] r+]
    if {[gets $pipe port] < 0} {
        error "server $name cannot be made deaf"
    }
    array set server [list $name,pipe $pipe $name,mode deaf $name,port $port]
}

# Afterwards connections are refused; server_start takes the same port again.
proc server_stop {name} {
    global server
    if {[info exists server($name,pipe)]} {
        catch {exec kill -KILL {*}[pid $server($name,pipe)]}
        catch {close $server($name,pipe)}
        unset server($name,pipe)
    }
    set server($name,mode) refused
}

proc server_pids {} {
    set pids {}
    foreach name $::world(servers) {
        if {[info exists ::server($name,pipe)]} {
            lappend pids {*}[pid $::server($name,pipe)]
        }
    }
    return $pids
}

# As an element of a server list: 127.0.0.2:2525 or [::1]:2525.
proc server_address {name} {
    set address $::server($name,address)
    if {[string match *:* $address]} {
        set address "\[$address]"
    }
    return $address:$::server($name,port)
}

# --- what they saw ---------------------------------------------------------

# A list of dicts in the order of receipt; the keys are in tests/README.md.
proc records {name kind} {
    set result {}
    foreach path [lsort [glob -nocomplain\
            $::server($name,state)/$kind/*.msg]] {
        if {![info exists ::server_cache($path)]} {
            set record [file_bytes $path]
            dict set record data [file_bytes [file rootname $path].data]
            dict set record server $name
            set ::server_cache($path) $record
        }
        lappend result $::server_cache($path)
    }
    return $result
}

proc accepted {name} {
    records $name accepted
}

proc lost {name} {
    records $name lost
}

# All that any server accepted: deliveries ?-to GLOB? ?-from GLOB?
proc deliveries {args} {
    set want [dict merge {-to * -from *} $args]
    set result {}
    foreach name $::world(servers) {
        foreach message [accepted $name] {
            if {[lsearch -glob [dict get $message rcpts] [dict get $want -to]]
                    >= 0 && [string match [dict get $want -from]\
                    [dict get $message from]]} {
                lappend result $message
            }
        }
    }
    return $result
}

# The names of the servers that accepted it, once for each time.
proc delivered_by {args} {
    lmap message [deliveries {*}$args] {dict get $message server}
}

# Dicts with id, start, end (ms; empty while open), peer, why, commands.
proc connections {name} {
    set result [dict create]
    foreach line [split [session $name] "\n"] {
        if {![regexp {^(\d+) (\d+) (\S) (.*)$} $line -> ms id kind text]} {
            continue
        }
        switch -- $kind {
            + {
                dict set result $id [dict create id $id start $ms end {}\
                    peer $text why {} commands {}]
            }
            C {
                dict with result $id {
                    lappend commands $text
                }
            }
            - {
                dict set result $id end $ms
                dict set result $id why $text
            }
        }
    }
    return [dict values $result]
}

proc connection_count {name} {
    llength [connections $name]
}

proc session {name} {
    file_text $::server($name,state)/session
}

# connections open accepted lost mail rcpt data tls auth refused
proc counter {name which} {
    set counters [file_text $::server($name,state)/counters]
    expr {[dict exists $counters $which] ? [dict get $counters $which] : 0}
}

# The value of a header of a recorded message, unfolded; {} when it has none.
proc message_header {message name} {
    set head [string map {"\r\n " " " "\r\n\t" " "} [message_head $message]]
    foreach line [split $head "\n"] {
        if {[string match -nocase $name:* $line]} {
            set value [string range $line [string length $name]+1 end]
            return [string trim $value]
        }
    }
    return {}
}

proc message_head {message} {
    set data [dict get $message data]
    set at [string first "\r\n\r\n" $data]
    return [expr {$at < 0 ? $data : [string range $data 0 $at-1]}]
}

proc message_body {message} {
    set data [dict get $message data]
    set at [string first "\r\n\r\n" $data]
    return [expr {$at < 0 ? {} : [string range $data $at+4 end]}]
}
