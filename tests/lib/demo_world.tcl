# SPDX-License-Identifier: GPL-2.0-or-later
#
# demo_world.tcl - one world of the demonstration: every fault, one by one
#
# demo_world stock|outrider runs them and gives a line for each to its output,
# `row TEXT`, measured from what the servers received and what is on the queue;
# Outrider's ends with `text` lines. Called by demo.tcl, in a process of its
# own.

set demo_runs 4

# An ordinary manualroute, with the timeouts and demands of the other world.
set demo_stock {
spool_directory = OUTRIDER_SPOOL
log_file_path = OUTRIDER_LOGS/%slog
local_interfaces = 127.0.0.1
tls_advertise_hosts =
dsn_advertise_hosts = *
acl_smtp_rcpt = accept
keep_environment =
smtp_accept_max = 200
smtp_accept_queue_per_connection = 0
deliver_drop_privilege = true
begin routers
smarthosts:
  driver = manualroute
  route_data = OUTRIDER_SERVERS
  self = send
  transport = smtp
begin transports
smtp:
  driver = smtp
  hosts_try_fastopen =
  connect_timeout = OUTRIDER_CONNECT_TIMEOUT
  command_timeout = OUTRIDER_COMMAND_TIMEOUT
  data_timeout = OUTRIDER_COMMAND_TIMEOUT
  final_timeout = OUTRIDER_COMMAND_TIMEOUT
  hosts_require_tls = OUTRIDER_REQUIRE_TLS
  tls_verify_hosts = OUTRIDER_VERIFY_TLS
  tls_try_verify_hosts =
  tls_verify_certificates = OUTRIDER_CA
  hosts_require_auth = OUTRIDER_REQUIRE_AUTH
  hosts_try_auth = *
begin retry
* * F,4d,1m
begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  client_send = ^OUTRIDER_AUTH_USER^OUTRIDER_AUTH_PASSWORD
}

# What changes from fault to fault is in files that both configurations read.
set demo_macros {
    OUTRIDER_SERVERS ${readfile{%DIR%/servers}{}}
    OUTRIDER_REQUIRE_TLS {${if exists{%DIR%/tls}{*}{}}}
    OUTRIDER_VERIFY_TLS {${if exists{%DIR%/tls}{*}{}}}
    OUTRIDER_REQUIRE_AUTH {${if exists{%DIR%/auth}{*}{}}}
    OUTRIDER_CA %CA%
    OUTRIDER_AUTH_USER hub OUTRIDER_AUTH_PASSWORD secret
    OUTRIDER_CONNECT_TIMEOUT 2s OUTRIDER_COMMAND_TIMEOUT 3s
    OUTRIDER_SETTINGS {hang = 1s}
}

proc demo_world {kind} {
    set spec [list servers {smart1 {} smart2 {} smart3 {}}\
        macros $::demo_macros config {primary_hostname = hub.test} panics *]
    if {$kind eq "stock"} {
        lappend spec exim $::demo_stock
    }
    set ::demo_kind $kind
    with_world $spec {
        foreach fault $::faults {
            demo_say row [demo_fault $fault]
        }
        if {$kind eq "outrider"} {
            demo_close
        }
    }
    if {$kind eq "outrider"} {
        demo_say text {}
        demo_moved
        demo_fit
        demo_say text {}
        demo_unsent
    }
}

proc demo_say {word text} {
    puts "$word $text"
    flush stdout
}

# --- before a fault ----------------------------------------------------------

proc demo_file {name there} {
    if {$there} {
        close [open $::world(dir)/$name w]
    } else {
        file delete $::world(dir)/$name
    }
}

# A fault begins with nothing known from the one before.
proc demo_forget {} {
    exim_queue_clear
    file delete {*}[glob -nocomplain $::world(spool)/db/*]
    if {$::demo_kind eq "outrider"} {
        catch {exec $::build/outrider reset --all -C $::world(config)}
    }
}

proc exim_queue_clear {} {
    set ids [queue_ids]
    if {$ids ne {}} {
        catch {exim -Mrm {*}$ids}
    }
}

proc demo_list {fault} {
    set list "<;%smart1%;%smart2%;%smart3%"
    if {[dict exists $fault list]} {
        set list [dict get $fault list]
    }
    if {$list eq "-"} {
        file delete $::world(dir)/servers
    } else {
        file_write $::world(dir)/servers [placeholders_fill $list]
    }
}

proc demo_prepare {fault} {
    foreach {name key} {smart1 one smart2 two smart3 three} {
        behave $name [dict get $fault $key]
    }
    demo_forget
    demo_list $fault
    demo_file tls [dict exists $fault tls]
    demo_file auth [dict exists $fault auth]
}

# --- a fault -----------------------------------------------------------------

proc demo_fault {fault} {
    if {[dict exists $fault break]} {
        if {$::demo_kind eq "stock"} {
            return {-}
        }
        return [demo_broken $fault]
    }
    demo_prepare $fault
    if {[dict exists $fault burst]} {
        return [demo_burst {*}[dict get $fault burst]]
    }
    return [demo_message [dict get $fault to]]
}

# State files that are of no use, then as they were.
proc demo_broken {fault} {
    demo_prepare $fault
    set state $::world(spool)/outrider
    file rename $state $state.kept
    [dict get $fault break] $state
    set text [demo_message rcpt]
    file delete -force $state
    file rename $state.kept $state
    return $text
}

proc state_garbage {state} {
    file mkdir $state
    foreach path [glob -nocomplain -types f -tails -directory $state.kept *] {
        file_write $state/$path [string repeat "no state of anybody's\n" 300]
    }
    exec chown -R Debian-exim:Debian-exim $state
}

# A file where the directory should be: not even root can write in it.
proc state_forbidden {state} {
    file_write $state {}
}

# Sends one message; the queue is run, by force, as long as something waits.
proc demo_message {locals} {
    set n [incr ::demo_number]
    set from s$n@example.org
    set rcpts [lmap local $locals {string cat $local$n@example.net}]
    set start [clock milliseconds]
    send -from $from -to $rcpts
    set ends {}
    for {set run 0} {$run <= $::demo_runs} {incr run} {
        if {$run} {
            queue_run -qf
        }
        wait_idle 40000
        foreach rcpt $rcpts {
            if {![dict exists $ends $rcpt] && ![demo_waits $rcpt $from]} {
                dict set ends $rcpt [demo_end $rcpt $from $start $run]
            }
        }
        if {[dict size $ends] == [llength $rcpts]} {
            break
        }
    }
    return [demo_cell $rcpts $ends]
}

# A list: a line for each recipient.
proc demo_cell {rcpts ends} {
    lmap rcpt $rcpts {
        if {[dict exists $ends $rcpt]} {
            set text [dict get $ends $rcpt]
        } else {
            set text [demo_queued $rcpt]
        }
        if {[llength $rcpts] > 1} {
            regexp {^[a-z]+} $rcpt local
            set text "$local: $text"
        }
        string cat $text [demo_class $rcpt]
    }
}

# The class of the first failure, as the transmission log has it.
proc demo_class {rcpt} {
    foreach line [lines_of [outriderlog] "*$rcpt*"] {
        if {[regexp { class=(\S+)} $line -> class] && $class ne "-"} {
            return " ($class)"
        }
    }
    return {}
}

proc demo_queued {rcpt} {
    foreach message [queue] {
        if {$rcpt in [dict get $message rcpts]} {
            return [expr {[dict get $message frozen] ?
                "queued and frozen" : "still queued"}]
        }
    }
    return "the bounce is stuck"
}

# On the queue, or a bounce for it is.
proc demo_waits {rcpt from} {
    foreach message [queue] {
        if {$rcpt in [dict get $message rcpts]
                || [dict get $message from] eq {}} {
            return 1
        }
    }
    return 0
}

proc demo_end {rcpt from start run} {
    set by [deliveries -to $rcpt]
    set bounces [lmap message [deliveries -from {} -to $from] {
        expr {[string first $rcpt\
            [message_header $message X-Failed-Recipients]] < 0
            ? [continue] : $message}
    }]
    set what {}
    if {[llength $by]} {
        lappend what [join [lmap m $by {dict get $m server}] " AND "]
    }
    if {[llength $bounces]} {
        lappend what [lindex {- bounced "bounced TWICE"} [llength $bounces]]
    }
    if {$what eq {}} {
        return LOST
    }
    set last [lindex [lsort -integer [lmap m [concat $by $bounces] {
        dict get $m time}]] end]
    set when [format "%.1f s" [expr {($last - $start) / 1000.0}]]
    if {$run} {
        set when "queue run $run"
    }
    return "[join $what { AND }], $when"
}

# Many messages: how often smart1 was tried, and where they all ended.
proc demo_burst {count pause} {
    set n [incr ::demo_number]
    set before [connection_count smart1]
    for {set i 0} {$i < $count} {incr i} {
        send -from s$n-$i@example.org -to b$n-$i@example.net
        after $pause
    }
    wait_idle 60000
    set met [expr {[connection_count smart1] - $before}]
    for {set run 0} {$run < $::demo_runs && [queue] ne {}} {incr run} {
        queue_run -qf
        wait_idle 60000
    }
    return [list "smart1 was tried $met times" [demo_burst_end $n $run]]
}

proc demo_burst_end {n run} {
    set got [deliveries -to b$n-*]
    set back [llength [deliveries -from {} -to s$n-*]]
    set text "[llength $got] delivered"
    if {$back} {
        append text ", $back bounced"
    }
    set queued [llength [queue]]
    if {$queued} {
        append text ", $queued queued"
    }
    return $text[expr {$run ? ", $run queue runs" : {}}]
}

# --- the end -----------------------------------------------------------------

proc demo_close {} {
    behave smart1 {}
    demo_say text "\$ outrider status"
    foreach name $::world(servers) {
        demo_say text "  (\# [server_address $name] is $name)"
    }
    foreach line [split [exec $::build/outrider status -C $::world(config)]\
            "\n"] {
        demo_say text $line
    }
    demo_say text {}
    demo_say text "\$ tail -n 6 outriderlog"
    foreach line [lrange [split [string trim [outriderlog]] "\n"] end-5 end] {
        demo_say text $line
    }
}
