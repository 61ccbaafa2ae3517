#!/usr/bin/env bash
# pictures.sh - the pictures of docs/correspondents.md, made again
#
#   tests/pictures.sh              as root, after `make all unit`; all of them
#   PICTURES=/tmp/p tests/pictures.sh one-archive pieces
#
# Not part of any target of make: it installs a mail client, and people have to
# look at what it makes. Each case is a mailbox of messages that a real Exim
# with Outrider sent (messages_make); Thunderbird shows it on a screen of its
# own (Xvfb), without a network and with all its defaults but those that keep
# its own notices away (profile_make). KEEP=1 leaves the mailboxes, and says
# where they are.
#
# SPDX-License-Identifier: GPL-2.0-or-later
set -eu -o pipefail
tree=$(cd "$(dirname "$0")/.." && pwd)
out=${PICTURES:-$tree/docs/pictures}
dir=$(mktemp -d /tmp/outrider-pictures.XXXXXX)
client='' screen=''
leave() {
    [ -z "$client" ] || kill "$client" 2>/dev/null || true
    [ -z "$screen" ] || kill "$screen" 2>/dev/null || true
    if [ -n "${KEEP:-}" ]; then echo "kept: $dir"; else rm -rf "$dir"; fi
}
trap leave EXIT

tools_install() {
    local missing=''
    for pair in thunderbird:thunderbird Xvfb:xvfb import:imagemagick \
        xdotool:xdotool pngquant:pngquant optipng:optipng tclsh:tcl unzip:unzip; do
        command -v "${pair%%:*}" >/dev/null || missing+=" ${pair##*:}"
    done
    [ -z "$missing" ] || apt-get install -y --no-install-recommends \
        $missing fonts-dejavu-core
}

# ---- what is sent ----

# Files that shrink (tables) and files that do not (scanned pages).
files_make() {
    mkdir -p "$dir/files"
    for year in 2025 2026; do
        for i in $(seq 1 26000); do
            echo "$year-$((i % 12 + 1))-$((i % 28 + 1));$((1000 + i % 90));\
article $((i % 700));$((i * 37 % 900)).50"
        done >"$dir/files/sales-$year.csv"
    done
    for name in plan-north plan-east plan-south plan-west; do
        convert -size 224x220 xc: +noise Random "$dir/files/$name.tif"
    done
    convert -size 440x390 xc: +noise Random "$dir/files/plan.tif"
}

messages_make() {
    cat >"$dir/messages.tcl" <<'TCL'
source [lindex $argv 0]/tests/lib/harness.tcl
harness_begin
source $repo/tests/suite/72-common.tcl
set out [lindex $argv 1]
set types {.csv text/csv .tif image/tiff}
set letter "Dear colleagues,

%s

Kind regards
the office of X

-- 
X Ltd, office@x.example, +1 555 0100"

# A letter with these files.
proc letter {subject words args} {
    set mail [mail_with $subject {*}[lmap name $args {
        list $name [dict get $::types [file extension $name]] base64\
            [binary encode base64 -maxlen 76\
                [file_bytes $::out/files/$name]]\n
    }]]
    string map [list "Me <me@x.example>" "Office of X <office@x.example>"\
        "Hello,\n\nsee below." [format $::letter $words]] $mail
}

# The messages that were accepted, as mbox; NAME.log is what Exim said.
proc case_make {name row count mail} {
    with_world [adapting_with $row {OUTRIDER_HOSTNAME hub.x.example}\
            servers {a {size 0}}] {
        send -from office@x.example -to you@y.example -data $mail
        wait_for {[llength [deliveries]] == $count && [queue] eq {}} 120000
        set f [open $::out/$name.mbox wb]
        foreach text [lsort -command subject_compare [deliveries]] {
            puts $f "From - Sun Nov 22 10:00:00 2026"
            puts $f [string map {"\r" ""} [dict get $text data]]
        }
        close $f
        attachments_write $::out/$name [deliveries]
        set said [lines_of [mainlog] *adapted:*]
        file_write $::out/$name.log [join [concat $said\
            [lines_of [mainlog] {*\*\* *}]] "\n"]\n
    }
}

# As a reader would save them.
proc attachments_write {folder messages} {
    file mkdir $folder
    foreach m $messages {
        foreach {- name data} [regexp -all -inline\
                {filename="([^"]+)"\r\n\r\n([A-Za-z0-9+/=\r\n]+)\r\n--}\
                [dict get $m data]] {
            set f [open $folder/$name wb]
            puts -nonewline $f [binary decode base64 $data]
            close $f
        }
    }
}

proc subject_compare {a b} {
    string compare [message_header $a Subject] [message_header $b Subject]
}

set sales [letter "Sales of 2026" "attached are the sales of this year."\
    sales-2026.csv]
set both [letter "Sales of two years"\
    "attached are the sales of last year and of this one."\
    sales-2025.csv sales-2026.csv]
set plan [letter "Plan of the ground floor"\
    "attached is the plan of the ground floor." plan.tif]
set plans [letter "Plans of the four sides"\
    "attached are the plans of the four sides."\
    plan-north.tif plan-east.tif plan-south.tif plan-west.tif]
set limit size=500K
case_make compressed "$limit compress=zip" 1 $sales
case_make one-archive "$limit compress=zip archive=one" 1 $both
case_make pieces "$limit compress=zip join=files" 3 $plan
case_make partial "$limit join=partial" 3 $plan
case_make scattered "$limit join=none" 4 $plans
case_make refused "$limit compress=zip join=none" 1 $plan
TCL
    tclsh "$dir/messages.tcl" "$tree" "$dir"
}

# What the text of the pieces says, to the letter; and the message itself, as a
# mailbox.
instructions_follow() (
    cd "$dir/pieces"
    name=$(basename -- *.001 .001)
    cat "$name".??? >"$name"
    unzip -q "$name"
    cmp plan.tif "$dir/files/plan.tif"
    { echo "From - Sun Nov 22 10:00:00 2026"; cat message.eml; } >"$dir/opened.mbox"
)

# ---- how it is seen ----

# MAILBOX, HEIGHT of the window and of the message in it: one account, which is looked at by nobody; the
# rest are notices about the program itself, and where the panes are.
profile_make() {
    local key value mail="$dir/profile/Mail/y.example"
    rm -rf "$dir/profile"
    mkdir -p "$mail"
    cp "$dir/$1.mbox" "$mail/Inbox"
    while read -r key value; do
        echo "user_pref(\"$key\", $value);"
    done >"$dir/profile/user.js" <<'PREFS'
mail.accountmanager.accounts "account1"
mail.accountmanager.defaultaccount "account1"
mail.account.account1.server "server1"
mail.account.account1.identities "id1"
mail.server.server1.type "none"
mail.server.server1.name "you@y.example"
mail.server.server1.hostname "Local Folders"
mail.server.server1.userName "nobody"
mail.server.server1.directory-rel "[ProfD]Mail/y.example"
mail.identity.id1.fullName "You"
mail.identity.id1.useremail "you@y.example"
mail.identity.id1.valid true
mail.provider.suppress_dialog_on_startup true
mail.shell.checkDefaultClient false
mail.spam.version 1
mail.rights.version 1
mailnews.start_page.enabled false
mailnews.start_page_override.mstone "ignore"
mail.ui.show.migration.on.upgrade false
app.donation.eoy.version.viewed 999
mail.inappnotifications.enabled false
datareporting.policy.dataSubmissionEnabled false
datareporting.policy.dataSubmissionPolicyBypassNotification true
toolkit.telemetry.reportingpolicy.firstRun false
network.manage-offline-status false
browser.startup.blankWindow false
ui.prefersReducedMotion 1
mail.pane_config.dynamic 0
mail.threadpane.listview 1
PREFS
    # Its window: the inbox is open, and there is nothing beside it.
    cat >"$dir/profile/session.json" <<'JSON'
{"rev": 0, "windows": [{"type": "3pane", "tabs": {"rev": 0, "selectedIndex": 0,
"tabs": [{"mode": "mail3PaneTab", "state": {"firstTab": true,
"folderPaneVisible": false, "messagePaneVisible": true,
"folderURI": "mailbox://nobody@Local%20Folders/Inbox"}}]}}]}
JSON
    cat >"$dir/profile/xulstore.json" <<JSON
{"chrome://messenger/content/messenger.xhtml": {
"messengerWindow": {"width": "1000", "height": "$2", "screenX": "0",
"screenY": "0", "sizemode": "normal"},
"messagepaneboxwrapper": {"height": "$3"},
"spacesToolbar": {"hidden": "true"}, "status-bar": {"collapsed": "true"}}}
JSON
}

screen_begin() {
    local number=57
    while [ -e "/tmp/.X11-unix/X$number" ]; do number=$((number + 1)); done
    Xvfb ":$number" -screen 0 1000x1000x24 -nolisten tcp 2>/dev/null &
    screen=$!
    export DISPLAY=":$number" HOME="$dir" TZ=UTC LC_ALL=C.UTF-8
    until_true xdotool getdisplaygeometry
}

until_true() {
    local i
    for i in $(seq 200); do
        if "$@" >/dev/null 2>&1; then return 0; fi
        sleep 0.2
    done
    echo "pictures.sh: never: $*" >&2
    return 1
}

titled() { xdotool search --onlyvisible --name "$1"; }
gone() { ! kill -0 "$client" && ! titled Thunderbird; }

# HEIGHT FILE: as soon as nothing moves any more.
steady() {
    import -window root -crop "1000x$1+0+0" +repage "ppm:$2.new"
    cmp -s "$2.new" "$2" || { mv "$2.new" "$2"; return 1; }
}

# ROW: clicked until it is taken, which is when it has another colour. A client
# that is busy drops clicks.
select_row() {
    local y=$((101 + 26 * $1))
    xdotool mousemove 200 "$y" click 1
    sleep 0.5
    import -window root -crop "1x1+4+$y" txt:- | grep -q '(53,132,228)'
}

# Three times the same, with time for what comes late.
picture_take() {
    local i
    xdotool mousemove 500 64
    for i in 1 2 3; do
        sleep 1.5
        until_true steady "$1" "$2"
    done
}

client_begin() {
    unshare --net thunderbird --no-remote --profile "$dir/profile" \
        >"$dir/client.log" 2>&1 &
    client=$!
    until_true titled Inbox || { client_end; return 1; }
}

client_end() {
    kill "$client" || true
    until_true gone
    client=''
}

# NAME ROW ROWS HEIGHT: the message in this row of the list; the list has ROWS.
picture() {
    local name=$1 row=$2 rows=$3 height=$4
    [ ${#wanted[@]} -eq 0 ] || [[ " ${wanted[*]} " == *" $name "* ]] || return 0
    profile_make "$name" "$height" $((height - 128 - 26 * rows))
    client_begin || client_begin || client_begin
    picture_take "$height" "$dir/list.ppm"
    until_true select_row 1
    xdotool key --clearmodifiers asterisk # all threads unfolded
    picture_take "$height" "$dir/list.ppm"
    until_true select_row "$row"
    picture_take "$height" "$dir/shot.ppm"
    client_end
    convert "$dir/shot.ppm" -strip "png:$dir/shot.png"
    pngquant --force --output "$out/$name.png" 64 "$dir/shot.png"
    optipng -quiet -strip all "$out/$name.png"
    echo "$name: $(stat -c %s "$out/$name.png") bytes"
}

wanted=("$@")
tools_install
mkdir -p "$out"
chmod 755 "$dir"
files_make
messages_make
instructions_follow
cp "$dir/pieces.mbox" "$dir/pieces-second.mbox"
screen_begin
picture compressed 1 1 500
picture one-archive 1 1 620
picture pieces 1 3 790
picture pieces-second 2 3 630
picture opened 1 1 560
picture partial 1 3 500
picture scattered 2 4 720
picture refused 1 1 540
