#!/bin/sh
# deps.sh - installs what building and testing need, where it is missing
#
#   sh tests/deps.sh [check] [matrix]
#
# Called by `make deps` and by everything that begins with it; the words add
# what `make check` and `make matrix` need. With nothing missing it ends at
# once and needs neither root nor a network. Otherwise root on Debian or a
# relative gets the packages from apt; anybody else is told their names, and
# the status is 1.
#
# No daemon is started: /usr/sbin/policy-rc.d forbids it while packages are
# installed, unless the machine has a policy of its own; and PostgreSQL makes no
# cluster (the tests make their own). A package is never
# removed for it, but exim4-daemon-light, whose place exim4-daemon-heavy takes.
#
# SPDX-License-Identifier: GPL-2.0-or-later

packages="exim4-daemon-heavy exim4-dev libdb5.3-dev libpcre2-dev libssl-dev gcc
    libc6-dev make tcl tcl-tls openssl perl-base iproute2 util-linux mount
    procps strace libgmime-3.0-dev libsqlite3-dev pkg-config sqlite3
    postgresql libarchive-dev libgpgme-dev gnupg gpg-agent mpack nmh unzip zip
    bzip2 xz-utils zstd p7zip-full libarchive-tools dnsmasq-base"
policy=/usr/sbin/policy-rc.d
clusters=/etc/postgresql-common/createcluster.d

for word in "$@"; do
    case $word in
    check)
        packages="$packages clang clang-tidy cppcheck libclang-rt-dev git" ;;
    matrix)
        packages="$packages debootstrap" ;;
    *)
        echo "usage: deps.sh [check] [matrix]" >&2
        exit 64 ;;
    esac
done

missing_list() {
    if ! command -v dpkg-query >/dev/null; then
        echo $packages
        return
    fi
    have=$(dpkg-query -W -f '${db:Status-Status} ${binary:Package}\n' \
        $packages 2>/dev/null | sed -n 's/^installed \([^:]*\).*/\1/p')
    for name in $packages; do
        case " $(echo $have) " in
        *" $name "*) ;;
        *) printf '%s ' "$name" ;;
        esac
    done
}

give_up() {
    echo "These packages are missing: $missing" >&2
    echo "$1" >&2
    exit 1
}

policy_set() {
    mkdir -p $clusters
    echo 'create_main_cluster = false' >$clusters/outrider.conf
    trap 'rm -f $clusters/outrider.conf' EXIT
    [ -e $policy ] && return
    printf '%s\n' '#!/bin/sh' 'case $1 in exim*|postgresql*) exit 101 ;; esac' \
        >$policy
    chmod 755 $policy
    trap 'rm -f $policy $clusters/outrider.conf' EXIT
    trap 'exit 130' INT TERM HUP
}

# apt says nothing unless it fails.
apt() {
    DEBIAN_FRONTEND=noninteractive apt-get -qq -y \
        -o DPkg::Lock::Timeout=120 -o Dpkg::Use-Pty=0 "$@" >"$log" 2>&1
}

removals() {
    DEBIAN_FRONTEND=noninteractive apt-get -s install \
        --no-install-recommends $missing 2>/dev/null |
        sed -n 's/^Remv \([^ ]*\).*/\1/p' | grep -v '^exim4-daemon-light$'
}

missing=$(missing_list)
[ -z "$missing" ] && exit 0
command -v apt-get >/dev/null || give_up \
    "This is no Debian; install what they hold (names are Debian 12's)."
[ "$(id -u)" = 0 ] || give_up \
    "Only root can install them: sudo make deps, or apt-get install them."

log=$(mktemp)
echo "installing: $missing"
policy_set
apt update || echo "apt-get update failed; going on with the lists there are"
gone=$(removals | tr '\n' ' ')
if [ -n "$gone" ]; then
    rm -f "$log"
    give_up "To install them would remove: $gone. Use another machine."
fi
if ! apt install --no-install-recommends $missing; then
    cat "$log" >&2
    rm -f "$log"
    give_up "apt-get could not install them; its words are above."
fi
rm -f "$log"
missing=$(missing_list)
[ -z "$missing" ] || give_up "apt-get did not install them."
