# SPDX-License-Identifier: GPL-2.0-or-later
#
# isolate.tcl - namespaces, so that tests change nothing of the system
#
# isolate_run starts the program again with private mounts and process ids:
# whatever it leaves running ends with it, however it ends. isolate_setup then
# puts copies over /etc/exim4, /etc/hosts and /var/log/exim4. Exim keeps root
# privilege with -C only for files named in /etc/exim4/trusted_configs, and
# an ordinary user's submission works only with the default configuration
# file; both are ours inside. Called by harness.tcl, run.tcl and programs that
# use the harness on their own. Needs root and unshare(1).

set isolate_dir ""

proc isolate_active {} {
    info exists ::env(OUTRIDER_ISOLATED)
}

# Around the program: ends it and removes its directory when a signal comes or
# the one that started it is killed. A command that is waited for in this way
# lets the traps run at once.
set isolate_guard {
    trap 'exit 130' INT TERM HUP
    trap 'kill -KILL $! 2>/dev/null; wait
        ls "$OUTRIDER_ISOLATED"/*/kept >/dev/null 2>&1 ||
            rm -rf "$OUTRIDER_ISOLATED"' EXIT
    setpriv --pdeathsig KILL unshare --mount --propagation private \
        --pid --fork --kill-child --mount-proc \
        sh -c 'tclsh "$0" "$@"; exit $?' "$@" &
    wait $!
}

# Runs PROGRAM (a Tcl script) with ARGUMENTS inside and ends with its status.
# When this process is killed so is all inside. The shell is process 1 there:
# it reaps what loses its parent.
proc isolate_run {program arguments} {
    set dir [string trim [exec mktemp -d /tmp/outrider-test.XXXXXX]]
    file attributes $dir -permissions 0755
    set ::env(OUTRIDER_ISOLATED) $dir
    set ::env(OUTRIDER_RUN) [pid]
    set failed [catch {
        exec setpriv --pdeathsig TERM sh -c $::isolate_guard sh\
            [file normalize $program] {*}$arguments\
            <@ stdin >@ stdout 2>@ stderr
    } error info]
    set code [expr {$failed ? [dict get $info -errorcode] : {}}]
    isolate_remove $dir
    if {$failed && [lindex $code 0] eq "CHILDSTATUS"} {
        exit [lindex $code 2]
    } elseif {$failed} {
        puts stderr "cannot make namespaces (are you root?): $error"
        exit 77
    }
    exit 0
}

# What --keep kept stays.
proc isolate_remove {dir} {
    if {[glob -nocomplain $dir/*/kept] eq {}} {
        file delete -force $dir
    } else {
        puts "kept: [glob $dir/*/kept]"
    }
}

# Memory in place of a disk unless the files are to be kept: Exim calls fsync
# for each message, and nothing here survives a power cut anyway.
proc isolate_memory {} {
    exec mount -t tmpfs -o mode=755 outrider-test $::env(OUTRIDER_ISOLATED)
}

proc isolate_setup {} {
    set dir $::env(OUTRIDER_ISOLATED)/[pid]
    file mkdir $dir/log
    exec cp -a /etc/exim4 $dir/etc
    file copy -force /etc/hosts $dir/hosts
    exec touch $dir/etc/trusted_configs
    exec chown Debian-exim:Debian-exim $dir/log
    exec mount --bind $dir/etc /etc/exim4
    exec mount --bind $dir/hosts /etc/hosts
    if {[file isdirectory /var/log/exim4]} {
        exec mount --bind $dir/log /var/log/exim4
    }
    set ::isolate_dir $dir
    product_copy $dir/product
}

# What is tested, where the exim user can read it: a clone below /root, which is
# nobody else's to enter, is as good as any other.
proc product_copy {dir} {
    file mkdir $dir
    file copy $::build/router.so $::build/local_scan.so $::build/outrider\
        $::build/adapt\
        $::build/outrider-addressbook\
        {*}[glob $::repo/config-examples/*.conf]\
        $::repo/config-examples/messages $::repo/config-examples/notices\
        $dir
    set ::product $dir
}

# The shared library of a C source, for LD_PRELOAD.
proc preload_library {source} {
    set path $::isolate_dir/[file rootname [file tail $source]].so
    if {![file exists $path]} {
        exec cc -O2 -shared -fPIC -o $path $source -ldl
        file attributes $path -permissions 0755
    }
    return $path
}

# Bound files keep their inode, so they are written in place.
proc isolate_append {path line} {
    set f [open $path a]
    puts $f $line
    close $f
}

proc isolate_trust {config} {
    isolate_append $::isolate_dir/etc/trusted_configs $config
}

# The file that Exim takes when no -C names another.
proc isolate_default_config {config} {
    file copy -force $config $::isolate_dir/etc/exim4.conf
}
