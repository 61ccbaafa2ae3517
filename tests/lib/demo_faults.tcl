# SPDX-License-Identifier: GPL-2.0-or-later
#
# demo_faults.tcl - what goes wrong in the demonstration, in its order
#
# A fault is a dict: name, and the behaviour of smart1 (one), smart2 and smart3
# (tests/README.md); where they matter also
#   list    the server list in place of all three; %smart1% and so on
#   tls     1: TLS must be taken and the certificate be right
#   auth    1: AUTH must be taken
#   to      local parts of the recipients
#   burst   {N MS}: N messages, one each MS
#   break   a script that the world runs first (Outrider only)
# Read by demo.tcl.

proc fault {name one args} {
    lappend ::faults [dict merge [dict create name $name one $one two {}\
        three {} to rcpt] $args]
}

# The same reply at each stage of a transaction; bounces (empty sender) are
# taken, as otherwise the stock world could not return anything.
proc faults_at {stage rows} {
    set words [dict create mail "at MAIL" rcpt "at RCPT" data "at DATA"\
        dot "after dot"]
    foreach reply $rows {
        fault "[dict get $words $stage]: $reply"\
            [dict create $stage [list from {?*} $reply]]
    }
}

set faults {}
fault "nothing wrong" {}
fault "connection refused" {refused 1}
fault "no route to it" {} list {<;224.0.0.1:25;%smart2%;%smart3%}
fault "name does not resolve" {} list {<;none.invalid:25;%smart2%;%smart3%}
fault "SYN unanswered" {deaf 1}
fault "connected, but silent" {banner silent}
fault "banner: 421 Too busy" {banner {421 4.3.2 Too busy}}
fault "banner: 554 No service" {banner {554 5.7.1 No service for you}}
fault "banner: garbage" {banner {garbage binary}}
fault "EHLO: 451 Try later" {ehlo {451 4.3.0 Try later}
    helo {451 4.3.0 Try later}}
fault "EHLO: 550 Refused" {ehlo {550 5.7.1 Refused} helo {550 5.7.1 Refused}}
fault "EHLO: no answer" {ehlo silent}
fault "STARTTLS refused (454)" {tls good starttls {454 4.7.0 Not now}}\
    two {tls good} three {tls good} tls 1
fault "TLS handshake fails" {tls good handshake garbage}\
    two {tls good} three {tls good} tls 1
fault "TLS certificate for another name" {tls other}\
    two {tls good} three {tls good} tls 1
fault "AUTH refused (535)" {auth_mechs PLAIN auth {535 5.7.8 Wrong password}}\
    two {auth_mechs PLAIN} three {auth_mechs PLAIN} auth 1
fault "AUTH not offered" {}\
    two {auth_mechs PLAIN} three {auth_mechs PLAIN} auth 1
faults_at mail {
    "450 4.7.1 Rate limited" "451 4.3.0 Queue error"
    "452 4.3.1 Disk full" "550 5.7.1 Blocked by a list"
    "552 5.3.4 Too big" "554 5.7.1 Bad reputation"
}
fault "at RCPT: 450 4.2.0 Greylisted, once"\
    {rcpt {times 1 {450 4.2.0 Greylisted}}}
faults_at rcpt {
    "451 4.4.3 Lookup failed"
    "452 4.2.2 Mailbox full" "550 5.1.1 User unknown"
    "552 5.2.2 Mailbox full" "554 5.7.1 Relay denied"
}
faults_at data {
    "450 4.3.2 Not now" "451 4.3.0 Internal error"
    "452 4.3.1 Disk full" "550 5.7.1 Client blocked"
    "552 5.3.4 Too big" "554 5.7.1 IP is listed"
}
faults_at dot {
    "450 4.7.0 Deferred" "451 4.3.0 Internal error"
    "452 4.3.1 Disk full" "550 5.7.1 This is spam"
    "552 5.3.4 Too big" "554 5.7.1 IP is listed"
}
fault "550 for one of two recipients"\
    {rcpt {match {bad* {550 5.1.1 User unknown}}}} to {good bad}
fault "relay denied for one of two"\
    {rcpt {match {other* {550 5.7.1 Relaying denied}}}} to {good other}
fault "dropped in the middle of DATA" {body {from {?* {close 10}}}}
fault "no answer after the dot" {dot {from {?* silent}}}
fault "dropped after the dot" {dot {from {?* close}}}
fault "all three refuse connections" {refused 1} two {refused 1}\
    three {refused 1}
fault "all three: 554 Bad reputation"\
    {mail {from {?* {554 5.7.1 Bad reputation}}}}\
    two {mail {from {?* {554 5.7.1 Bad reputation}}}}\
    three {mail {from {?* {554 5.7.1 Bad reputation}}}}
fault "the server list is empty" {} list {}
fault "the server list is malformed" {} list {<;[127.0.0.1;::x:y}
fault "the server list cannot be read" {} list -
fault "state files are garbage" {} break state_garbage
fault "state files cannot be written" {} break state_forbidden
fault "30 messages, smart1 is silent" {banner silent} burst {30 100}
fault "60 messages, 452 at MAIL" {mail {452 4.3.1 Disk full}} burst {60 20}
fault "60 messages, 554 Bad reputation"\
    {mail {from {?* {554 5.7.1 Bad reputation}}}} burst {60 20}
