# SPDX-License-Identifier: GPL-2.0-or-later
#
# world.tcl - a private Exim with its smarthosts, for the time of a body
#
# with_world makes a directory, fake servers, a configuration and a daemon,
# runs its body, and stops and removes all of it, also after a failure. It may
# be nested; the innermost world is the current one, and every procedure here
# speaks of it. Called by the suites; README.md has the reference.

array set world {}
set world_count 0
set server_last 0

set stock_config {
spool_directory = OUTRIDER_SPOOL
log_file_path = OUTRIDER_LOGS/%slog
primary_hostname = stock.test
qualify_domain = stock.test
notifier_socket =
local_interfaces = 127.0.0.1
tls_advertise_hosts =
tls_verify_certificates =
dsn_advertise_hosts = *
acl_smtp_rcpt = accept
acl_smtp_data = accept
acl_smtp_mail = accept
smtp_accept_max = 0
bounce_return_size_limit = 10K
log_selector = +smtp_confirmation +millisec +pid
keep_environment =
begin acl
begin routers
smarthosts:
  driver = manualroute
  route_data = OUTRIDER_SERVERS
  transport = smtp
  self = send
  host_find_failed = defer
begin transports
smtp:
  driver = smtp
  connect_timeout = OUTRIDER_CONNECT_TIMEOUT
  command_timeout = OUTRIDER_COMMAND_TIMEOUT
begin retry
* * F,2h,1s
}

# with_world SPEC BODY; the keys of the dict SPEC:
#   servers      a dict NAME -> behaviour, in the order of the server list
#   macros       a dict of macros, set ahead of the configuration
#   config       lines for the main section, ahead of the rest
#   exim         a whole configuration in place of config-examples'
#   stock        1: a plain manualroute over the same servers
#   server_list  OUTRIDER_SERVERS, where it is not all servers in order
#   daemon       0: no daemon      daemon_args   more of its arguments
#   panics       glob: lines of the panic log that are expected
proc with_world {spec body} {
    set outer [list [array get ::world] [array get ::server]]
    set failed [catch {
        world_start $spec
        uplevel 1 $body
    } result info]
    if {[info exists ::world(dir)]} {
        if {$failed && $result ne "\x00skip"} {
            world_report $result
        }
        if {[catch {world_stop} panic]} {
            set panic "the world did not end: $panic"
        }
    }
    lassign $outer was_world was_server
    array unset ::world
    array unset ::server
    array set ::world $was_world
    array set ::server $was_server
    if {[info exists ::world(dir)]} {
        hosts_write
        isolate_default_config $::world(config)
    }
    if {!$failed && $panic ne {}} {
        error "panic log: $panic"
    }
    return -options $info $result
}

proc world_start {spec} {
    global world
    array unset world
    array unset ::server
    set dir $::isolate_dir/world[incr ::world_count]
    array set world [list dir $dir spec $spec servers {} pid 0 service 0 holder 0\
        config $dir/exim.conf logs $dir/log spool $dir/spool\
        address [address_make 200] port 0 panics {} macros {}]
    file mkdir $dir/log $dir/spool
    file attributes $dir -permissions 0755
    exec chown Debian-exim:Debian-exim $dir/log $dir/spool
    exec chmod 750 $dir/spool
    dict for {name behaviour} [spec_get servers {}] {
        server_create $name $behaviour
    }
    set world(port) [port_free $world(address)]
    set world(macros) [dict merge [macros_default] [spec_get macros {}]]
    hosts_write
    isolate_trust $world(config)
    config_write
    if {[spec_get daemon 1]} {
        daemon_start
    }
}

# The text of unexpected panics and of errors of the fake servers themselves.
proc world_stop {} {
    global world
    set expected [spec_get panics {}]
    service_stop
    holder_stop
    daemon_stop
    foreach name $world(servers) {
        server_stop $name
    }
    processes_end
    set panic [lmap line [split [panics] "\n"] {
        if {$line eq {}
                || ($expected ne {} && [string match $expected $line])} {
            continue
        }
        set line
    }]
    foreach name $world(servers) {
        lappend panic {*}[split [string trim\
            [file_text $::server($name,state)/errors]] "\n"]
    }
    foreach path [array names ::server_cache $world(dir)/*] {
        unset ::server_cache($path)
    }
    disks_remove
    file delete $::isolate_dir/log/paniclog
    if {$::option(keep)} {
        close [open $::isolate_dir/kept w]
    } else {
        file delete -force $world(dir)
    }
    return [join $panic "\n"]
}

proc spec_get {key default} {
    if {[dict exists $::world(spec) $key]} {
        return [dict get $::world(spec) $key]
    }
    return $default
}

# Each server is NAME.test too, for lists that hold names. The machine's own
# name has both kinds of address: every start of Exim looks for both, and what
# is not here is asked of the DNS.
proc hosts_write {} {
    set f [open $::isolate_dir/hosts w]
    set self [info hostname]
    puts $f "127.0.0.1 localhost\n::1 localhost\n127.0.1.1 $self\n::1 $self"
    foreach name $::world(servers) {
        puts $f "$::server($name,address) $name.test"
    }
    close $f
}

# --- configuration -----------------------------------------------------------

proc macros_default {} {
    global world
    set all [lmap name $world(servers) {server_address $name}]
    set servers [spec_get server_list "<;[join $all {;}]"]
    return [dict create OUTRIDER_LIB $::product OUTRIDER_BIN $::product\
        OUTRIDER_SPOOL $world(spool) OUTRIDER_LOGS $world(logs)\
        OUTRIDER_PORT $world(port) OUTRIDER_SERVERS $servers\
        OUTRIDER_CONNECT_TIMEOUT 2s OUTRIDER_COMMAND_TIMEOUT 3s]
}

# In macros and configurations: %DIR%, %CA%, %NAME% (address:port of a server),
# %NAME.addr%, %NAME.port%.
proc placeholders_fill {text} {
    set map [list %DIR% $::world(dir) %CA% $::isolate_dir/certs/ca.pem]
    foreach name $::world(servers) {
        lappend map %$name% [server_address $name]\
            %$name.addr% $::server($name,address)\
            %$name.port% $::server($name,port)
    }
    string map $map $text
}

# Exim replaces a macro's name wherever it begins, so longer names come first.
proc config_text {} {
    global world
    set lines {}
    foreach name [lsort -command {apply {{a b} {
        expr {[string length $b] - [string length $a]}
    }}} [dict keys $world(macros)]] {
        lappend lines "$name = [dict get $world(macros) $name]"
    }
    lappend lines [spec_get config {}]
    if {[spec_get exim {}] ne {}} {
        lappend lines [spec_get exim {}]
    } elseif {[spec_get stock 0]} {
        lappend lines $::stock_config
    } else {
        lappend lines ".include $::product/smarthosts.conf"
    }
    return [placeholders_fill [join $lines "\n"]\n]
}

proc config_write {} {
    file_write $::world(config).new [config_text]
    file attributes $::world(config).new -permissions 0644
    file rename -force $::world(config).new $::world(config)
    isolate_default_config $::world(config)
}

# Changes macros of the running world. Processes that Exim starts afterwards
# see it at once; the daemon itself only after daemon_reload.
# config-examples/smarthosts.conf with a redirect router of the hub's ahead of
# Outrider's: what is addressed to DOMAIN goes to DATA; OPTIONs of the router's.
proc smarthosts_aliased {domain data args} {
    set router [join [list aliases: "driver = redirect" "domains = $domain"\
        "data = $data" {*}$args] "\n  "]
    string map [list "begin routers\n" "begin routers\n\n$router\n\n"]\
        [file_text $::product/smarthosts.conf]
}

proc macro_set {args} {
    set ::world(macros) [dict merge $::world(macros) $args]
    config_write
}

# --- disks -------------------------------------------------------------------

# Puts a small empty disk (SIZE as in mount -o size=) on a directory.
proc disk_small {dir size} {
    file mkdir $dir
    exec mount -t tmpfs -o size=$size,mode=0777 small $dir
    lappend ::world(disks) $dir
}

proc disks_remove {} {
    if {[info exists ::world(disks)]} {
        foreach dir $::world(disks) {
            exec umount -l $dir
        }
    }
}

# --- when something failed ---------------------------------------------------

proc world_report {why} {
    global world
    set ::report {}
    set parts [list mainlog [mainlog] outriderlog [outriderlog]\
        paniclog [panics] daemon [file_text $world(dir)/daemon.out]]
    foreach name $world(servers) {
        lappend parts "session of $name" [session $name]\
            "errors of $name" [file_text $::server($name,state)/errors]
    }
    foreach {title text} $parts {
        if {[string trim $text] ne {}} {
            set most [expr {[string match session* $title] ? 60 : 200}]
            lappend ::report "--- $title" [report_cut $text $most]
        }
    }
}

proc report_cut {text most} {
    set lines [split [string trim $text] "\n"]
    if {[llength $lines] > $most} {
        set lines [list "(the last $most of [llength $lines] lines)"\
            {*}[lrange $lines end-[incr most -1] end]]
    }
    return [join $lines "\n"]
}
