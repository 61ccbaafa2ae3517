# SPDX-License-Identifier: GPL-2.0-or-later
#
# daemon.tcl - the Exim of a world and all processes it has started
#
# Used by world.tcl to start and to stop, and by suites to wait until nothing is
# under way. Processes are ended by id, and only those of this world.

proc daemon_start {} {
    global world
    set world(pid) [exec setsid /usr/sbin/exim4 -C $world(config) -bdf\
        -oX $world(address).$world(port) -oP $world(dir)/daemon.pid\
        {*}[spec_get daemon_args {}] </dev/null >>$world(dir)/daemon.out 2>@1 &]
    if {[catch {wait_for {[daemon_answers] || ![process_alive $::world(pid)]}}]
            || ![process_alive $world(pid)]} {
        error "Exim did not start: [file_text $world(dir)/daemon.out]\
            [panics]"
    }
}

proc daemon_answers {} {
    if {[catch {smtp_open $::world(address) $::world(port)} sock]} {
        return 0
    }
    catch {smtp_reply $sock}
    smtp_quit $sock
    return 1
}

proc daemon_stop {} {
    global world
    if {$world(pid)} {
        catch {exec kill -TERM $world(pid)}
        catch {wait_for {![process_alive $::world(pid)]} 2000}
        catch {exec kill -KILL $world(pid)}
        set world(pid) 0
    }
}

# The old socket answers until the signal is taken.
proc daemon_reload {} {
    set before [llength [lines_of [mainlog] "* daemon started: *"]]
    exec kill -HUP $::world(pid)
    wait_for {[llength [lines_of [mainlog] "* daemon started: *"]] > $before}
    wait_for {[daemon_answers]}
}

# `outrider unsent run --every`, as a service.
proc service_start {{every 1s}} {
    global world
    set world(service) [exec setsid $::build/outrider unsent run\
        -C $world(config) --every $every </dev/null >>$world(dir)/service.out\
        2>@1 &]
    wait_for {[served]}
}

# `outrider held run --every`, beside it.
proc holder_start {{every 1s}} {
    global world
    set world(holder) [exec setsid $::build/outrider held run --every $every\
        -C $world(config) </dev/null >>$world(dir)/holder.out 2>@1 &]
    wait_for {[file exists $::world(spool)/outrider/held.alive]}
}

proc holder_stop {{signal TERM}} {
    global world
    if {$world(holder)} {
        catch {exec kill -$signal $world(holder)}
        wait_for {![process_alive $::world(holder)]}
        set world(holder) 0
    }
}

# Somebody sends what is unsent: its sign of life is there.
proc served {} {
    file exists $::world(spool)/outrider/unsent.alive
}

proc service_stop {{signal TERM}} {
    global world
    if {$world(service)} {
        catch {exec kill -$signal $world(service)}
        wait_for {![process_alive $::world(service)]}
        set world(service) 0
    }
}

# A zombie is not alive.
proc process_alive {pid} {
    set stat [file_text /proc/$pid/stat]
    expr {[regexp {\) ([A-Z]) } $stat -> state] && $state ni {Z X}}
}

# Processes that belong to this world: by session, command line or directory.
# Delivery processes, helpers with a session of their own and filters all show
# one of these.
proc world_processes {} {
    global world
    set result {}
    foreach path [glob -nocomplain /proc/\[1-9\]*] {
        set id [file tail $path]
        if {![regexp {^(.*)\) (\S) \S+ \S+ (\S+) } [file_text $path/stat]\
                -> - state session] || $state in {Z X} || $id == [pid]} {
            continue
        }
        set cwd {}
        catch {set cwd [file readlink $path/cwd]}
        if {($world(pid) && $session == $world(pid))
                || [string first $world(dir)/ $cwd/] == 0
                || [string match *$world(dir)/* [file_bytes $path/cmdline]]} {
            lappend result $id
        }
    }
    return $result
}

# Deliveries, queue runs and helpers: all but the daemon and the servers.
proc working {} {
    set idle [list $::world(pid) $::world(service)\
        $::world(holder) {*}[server_pids]]
    lmap id [world_processes] {expr {$id in $idle ? [continue] : $id}}
}

# Waits until nothing is under way. Several scans, as one can miss a process
# that starts another while the scan goes on.
proc wait_idle {{timeout 20000}} {
    wait_for {[idle_for 4]} $timeout
}

proc idle_for {scans} {
    for {set i 0} {$i < $scans} {incr i} {
        if {[working] ne {}} {
            return 0
        }
        after 10
    }
    return 1
}

proc processes_end {} {
    # One look can miss a process that starts another meanwhile.
    set empty 0
    for {set round 0} {$round < 100} {incr round} {
        set left [world_processes]
        if {$left eq {} && [incr empty] == 3} {
            return
        }
        if {$left ne {}} {
            set empty 0
            catch {exec kill -KILL {*}$left}
        }
        after 20
    }
    error "processes that do not end: $left"
}
