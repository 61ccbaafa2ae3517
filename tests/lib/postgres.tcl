# SPDX-License-Identifier: GPL-2.0-or-later
#
# postgres.tcl - a private PostgreSQL server, for the time of a body
#
#     source $lib/postgres.tcl
#     with_postgres {
#         sql "CREATE TABLE moved (old text PRIMARY KEY, new text)"
#         with_world [... config [postgres_config] ...] {...}
#     }
#
# Its directory is beside the worlds and not in one, so that several worlds may
# share it and none of them waits for it. It listens on a loopback address of
# the run's, asks for a password, has no socket in the file system, and puts
# nothing on a disk: what is lost with the power is lost. It ends with the body,
# and with the suite however that ends. Sourced by the suites that need it;
# with_postgres fails where PostgreSQL is not installed.

array set postgres {}
set postgres_count 0

# As Debian installs them; the newest.
proc postgres_program {name} {
    set all [glob -nocomplain /usr/lib/postgresql/*/bin/$name]
    if {$all eq {}} {
        error "PostgreSQL ($name) is not installed: package postgresql"
    }
    return [lindex [lsort -dictionary $all] end]
}

proc with_postgres {body} {
    set failed [catch {
        postgres_create
        postgres_start
        uplevel 1 $body
    } result info]
    if {[catch postgres_destroy problem] && !$failed} {
        error "PostgreSQL did not end: $problem"
    }
    return -options $info $result
}

# As the user postgres: it does not run as root.
set as_postgres {setpriv --reuid postgres --regid postgres --clear-groups}

proc postgres_create {} {
    global postgres
    set dir $::isolate_dir/postgres[incr ::postgres_count]
    array set postgres [list dir $dir pid 0 user hub address [address_make 250]\
        password [exec openssl rand -hex 16]]
    set postgres(port) [port_free $postgres(address)]
    file mkdir $dir
    file_write $dir/password $postgres(password)\n
    file_write $dir/pgpass *:*:*:*:$postgres(password)\n
    file attributes $dir/pgpass -permissions 0600
    exec chown postgres $dir $dir/password
    exec {*}$::as_postgres [postgres_program initdb] -D $dir/data --no-sync\
        -U $postgres(user) --auth scram-sha-256 --pwfile $dir/password\
        -E UTF8 --locale C </dev/null >$dir/initdb.out 2>@1
}

# Its shared memory is in a namespace of its own, so none of it is left when
# the whole run is killed.
proc postgres_start {} {
    global postgres
    if {$postgres(pid)} {
        return
    }
    set options {}
    foreach {name value} [list listen_addresses $postgres(address)\
        port $postgres(port) unix_socket_directories {} fsync off\
        full_page_writes off dynamic_shared_memory_type mmap\
        shared_buffers 16MB] {
        lappend options -c $name=$value
    }
    set postgres(pid) [exec setsid unshare --ipc {*}$::as_postgres\
        --pdeathsig QUIT [postgres_program postgres] -D $postgres(dir)/data\
        {*}$options </dev/null >>$postgres(dir)/log 2>@1 &]
    if {[catch {wait_for {[postgres_answers]
            || ![process_alive $::postgres(pid)]} 30000}]
            || ![process_alive $postgres(pid)]} {
        error "PostgreSQL did not start: [file_text $postgres(dir)/log]"
    }
}

proc postgres_answers {} {
    expr {![catch {sql "SELECT 1"}]}
}

# INT ends all sessions in order, QUIT at once.
proc postgres_stop {{signal INT}} {
    global postgres
    if {$postgres(pid)} {
        catch {exec kill -$signal $postgres(pid)}
        if {[catch {wait_for {![process_alive $::postgres(pid)]}}]} {
            catch {exec kill -KILL $postgres(pid)}
        }
        set postgres(pid) 0
    }
}

proc postgres_destroy {} {
    global postgres
    if {[info exists postgres(pid)]} {
        postgres_stop QUIT
        if {!$::option(keep)} {
            file delete -force $postgres(dir)
        }
    }
    array unset postgres
}

# Commands, and the rows of the last of them: columns have | between.
proc sql {text} {
    global postgres
    exec env PGPASSFILE=$postgres(dir)/pgpass PGCONNECT_TIMEOUT=5\
        "PGOPTIONS=-c client_min_messages=warning"\
        [postgres_program psql] -XAtq -v ON_ERROR_STOP=1\
        -h $postgres(address) -p $postgres(port) -U $postgres(user)\
        -d postgres -c $text </dev/null
}

# Any text as a literal.
proc sql_text {text} {
    return '[string map {' ''} $text]'
}

# For Exim's main section.
proc postgres_config {} {
    global postgres
    return "hide pgsql_servers = <; [join [list\
        $postgres(address):$postgres(port) postgres $postgres(user)\
        $postgres(password)] /]"
}
