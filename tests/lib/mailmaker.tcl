# SPDX-License-Identifier: GPL-2.0-or-later
#
# mailmaker.tcl - mail of every structure, the same each time
#
#   mailmaker_message N ?-size BYTES?    message number N (0, 1, 2, ...)
#   mailmaker_label N                    a few words on its structure
#   mailmaker_contents N ?-size BYTES?   the decoded contents of those of its
#                                        parts that have no parts, in order
#   mailmaker_shapes                     after so many the structures begin anew
#
# Called by suites. N takes the structures (`shape`) in turn and with each one
# or more peculiarities of the header (`peculiar`); all else is pseudo-random
# from N, so that a structure that comes again is another message. A message is
# a string of bytes with LF line ends, as Exim has it on its spool, and ends
# with one. The size is about what is asked for, most of it attachments;
# without it 2 KB to 400 KB, and less where all is text. No content that is not
# encoded has NUL or CR in it, and no line more than 998 octets: Exim itself
# would change the one (a CR alone becomes a line end) and refuse the other.

namespace eval mailmaker {
    variable shapes {} peculiars {} pool {} made {}
    variable seed 1 pool_seed 1 pool_at 0

    variable english {
        the of mail server with that was from house their which under about
        people number water through before between message report order delivery
        window garden morning question answer paper against system during
        another without because important company general small large country
        figure account several evening table music letter
    }
    variable german [string map {ae \u00e4 oe \u00f6 ue \u00fc ss \u00df} {
        der die das und mit fuer groesse haeuser koennen muessen strasse gruesse
        ueber waehrend schoen Anhang Brief Angebot Rechnung Maerz spaet Tuer
    }]
    variable russian [lmap word {43f440438432435442 43f43844144c43c43e
        43e442447435442 43743043243e434 43a43d438433430 44143b43e43243e} {
        subst [regsub -all {...} $word {\\u0&}]
    }]
    variable japanese [lmap word {65e5672c8a9e 624b7d19 5831544a66f8 4f1a8b70
        8cc765995bc4 3053308c306f} {
        subst [regsub -all {....} $word {\\u&}]
    }]

    # What quoted-printable says in other words, in text and in other content.
    variable quoted_text {} quoted_binary {}
    for {set i 0} {$i < 256} {incr i} {
        if {$i < 32 && $i != 9 || $i == 61 || $i > 126} {
            set pair [list [format %c $i] [format =%02X $i]]
            lappend quoted_binary {*}$pair
            if {$i != 10} {
                lappend quoted_text {*}$pair
            }
        }
    }
    unset i pair
}

proc mailmaker_shapes {} {
    llength $mailmaker::shapes
}

proc mailmaker_message {n args} {
    mailmaker::make $n {*}$args
}

proc mailmaker_contents {n args} {
    mailmaker::make $n {*}$args
    return $mailmaker::made
}

# mailparts ?OPTION ...? FILE ... - what the program of this name prints (its
# head tells the rest); it is made when it is not there.
proc mailparts {args} {
    set source $::lib/mailparts.c
    set program $::build/tests/mailparts
    if {![file exists $program]
            || [file mtime $program] < [file mtime $source]} {
        file mkdir $::build/tests
        exec cc -std=c11 -O2 -o $program.[pid] $source\
            {*}[exec pkg-config --cflags --libs glib-2.0]
        file rename -force $program.[pid] $program
    }
    exec $program {*}$args
}

proc mailmaker_label {n} {
    set words [list [lindex $mailmaker::shapes [mailmaker::shape_of $n] 0]]
    foreach i [mailmaker::peculiars_of $n] {
        lappend words [lindex $mailmaker::peculiars $i 0]
    }
    join $words ", "
}

# --- chance -------------------------------------------------------------------

# Park and Miller's: 0 .. n-1.
proc mailmaker::rand {n} {
    variable seed
    set seed [expr {48271 * $seed % 2147483647}]
    return [expr {$seed % $n}]
}

proc mailmaker::pick {list} {
    lindex $list [rand [llength $list]]
}

proc mailmaker::seed_set {n} {
    variable seed [expr {($n * 7919 + 1) * 15485863 % 2147483646 + 1}]
    variable pool_at [expr {$n * 40961 % 1000000}]
    variable made {}
}

# So many bytes that no program can make fewer; none come twice in a message.
proc mailmaker::noise {n} {
    variable pool
    variable pool_at
    variable pool_seed
    set s $pool_seed
    while {[string length $pool] < $pool_at + $n} {
        set numbers {}
        for {set i 0} {$i < 32768} {incr i} {
            set s [expr {48271 * $s % 2147483647}]
            lappend numbers [expr {$s >> 7}]
        }
        append pool [binary format s* $numbers]
    }
    set pool_seed $s
    incr pool_at $n
    string range $pool $pool_at-$n [expr {$pool_at - 1}]
}

# --- content ------------------------------------------------------------------

# Lines of words, about so many characters.
proc mailmaker::prose {n {words english} {width 70}} {
    variable $words
    set vocabulary [set $words]
    set out {}
    set line {}
    set total 0
    while {$total < $n} {
        append line [pick $vocabulary] " "
        if {[string length $line] > $width} {
            append out [string trimright $line] "\n"
            incr total [string length $line]
            set line {}
        }
    }
    return [expr {$out eq {} ? "Hello.\n" : $out}]
}

proc mailmaker::csv {n} {
    set out "number;name;place;amount\n"
    set total 25
    for {set i 1} {$total < $n} {incr i} {
        set line "$i;[pick $::mailmaker::english];[pick {Bonn Lyon Turin}];[rand\
            10000].[rand 100]\n"
        append out $line
        incr total [string length $line]
    }
    return $out
}

proc mailmaker::html {n} {
    return "<html><body>\n<p>[join [split [string trimright [prose $n]] "\n"]\
        "</p>\n<p>"]</p>\n</body></html>\n"
}

# Compressed, the size it then has.
proc mailmaker::gzip {n} {
    zlib gzip [binary encode hex [noise $n]] -header {filename data.hex}
}

# One file in an archive (PKWARE's APPNOTE 4.3).
proc mailmaker::zip {n {name file.txt}} {
    set content [binary encode hex [noise $n]]
    set data [zlib deflate $content]
    set common [binary format sssssiiiss 20 0 8 0 0x5321\
        [zlib crc32 $content] [string length $data] [string length $content]\
        [string length $name] 0]
    set first PK\3\4$common$name$data
    set entry PK\1\2\x14\0$common[string repeat \0 14]$name
    return $first$entry[binary format a4ssssiis PK\5\6 0 0 1 1\
        [string length $entry] [string length $first] 0]
}

proc mailmaker::jpeg {n} {
    set start [binary format H* ffd8ffe000104a46494600010100000100010000ffda]
    return $start[string map [list \xff \xff\0] [noise $n]]\xff\xd9
}

# Lines that end with CRLF, and a compressed stream, as in a PDF.
proc mailmaker::pdf {n} {
    set stream [zlib compress [binary encode hex [noise [expr {$n / 2}]]]]
    set text [string map {\n \r\n} [prose [expr {$n / 2}]]]
    return "%PDF-1.4\r\n%\xe2\xe3\xcf\xd3\r\n1 0 obj <<\r\n$text>>\r\nstream\
        \r\n$stream\r\nendstream\r\n%%EOF\r\n"
}

# Every byte that may stand in a part that is not encoded, in every order.
proc mailmaker::every_byte {n} {
    set out {}
    for {set total 0} {$total < $n} {incr total 750} {
        append out [string map {\0 {} \r {} \n {}} [noise 500]] \n
        for {set i [expr {1 + [rand 2]}]} {$i < 256} {incr i} {
            if {$i != 13} {
                append out [format %c $i]
            }
        }
        append out \n
    }
    return $out
}

# Lines that mean something to a mailer, and blanks at the ends of lines.
proc mailmaker::traps {n} {
    set out "From here on\nFrom me@x.example Sun Nov 22 10:00:00 2026\n.\n..\n"
    append out ". \n...three\n.From\n>From x\n--\n-- \n---\n\n\n \n\t\n"
    append out "trailing blanks   \ntrailing tab\t\n  leading\nSubject: none\n"
    append out "=3D =\n= 41\nQUIT\n[prose [expr {$n - 200}]].\n"
}

# --- encodings ----------------------------------------------------------------

proc mailmaker::quoted_line {line} {
    if {[regexp {^(.*)([ \t])$} $line -> start last]} {
        set line $start[expr {$last eq " " ? "=20" : "=09"}]
    }
    set out {}
    while {[string length $line] > 76} {
        set cut 74
        for {set i 73} {$i <= 74} {incr i} {
            if {[string index $line $i] eq "="} {
                set cut [expr {$i - 1}]
                break
            }
        }
        append out [string range $line 0 $cut] =\n
        set line [string range $line $cut+1 end]
    }
    return $out$line
}

# A last line without an end has a soft line break: then it can stand at the
# end of a message too.
proc mailmaker::quoted {content text} {
    variable quoted_text
    variable quoted_binary
    set map [expr {$text ? $quoted_text : $quoted_binary}]
    set coded [join [lmap line [split [string map $map $content] "\n"] {
        quoted_line $line
    }] "\n"]
    if {$coded ne {} && [string index $coded end] ne "\n"} {
        append coded "="
    }
    return $coded
}

proc mailmaker::encode {content encoding text} {
    switch -glob -- [string tolower $encoding] {
        base64 {
            set width [pick {76 76 76 72 64 60 4 996}]
            if {$width == 4 && [string length $content] > 9999} {
                set width 76
            }
            set body [binary encode base64 -maxlen $width $content]
            return $body[pick {{} {} \n \n\n}]
        }
        quoted-printable {
            return [quoted $content $text]
        }
        default {
            return $content
        }
    }
}

# --- parts --------------------------------------------------------------------
# A part, or the message, is a list of its fields ("Name: value") and its body,
# without the line end that belongs to the boundary.

# leaf TYPE CONTENT ?-encoding E? ?-fields LIST? ?-params LIST? - a part that
# has no parts. A TYPE of {} is not said; an encoding of {} neither.
proc mailmaker::leaf {type content args} {
    variable made
    set o [dict merge {-encoding base64 -fields {} -params {}} $args]
    dict with o {}
    set text [expr {$type eq {} || [string match -nocase text/* $type]}]
    lappend made [expr {$text ? [string map {\r\n \n} $content] : $content}]
    set fields {}
    if {$type ne {}} {
        lappend fields "Content-Type: [params $type ${-params}]"
    }
    if {${-encoding} ne {}} {
        lappend fields "Content-Transfer-Encoding: ${-encoding}"
    }
    list [concat $fields ${-fields}] [encode $content ${-encoding} $text]
}

# VALUE; PARAM; PARAM, folded in one way or another.
proc mailmaker::params {value params} {
    join [list $value {*}$params] [pick {{; } ";\n " ";\n\t" ";\n        " ";"\
        " ;\n "}]
}

proc mailmaker::boundary {} {
    set number [rand 1000000000]
    format [pick {=_%d ----=_NextPart_000_%d.1 Apple-Mail=_%d b%d
        --==_%d==-- 0000000000%d {_004_%dAB0x_} %d/mail.example}] $number
}

proc mailmaker::entity_text {entity} {
    lassign $entity fields body
    return [join [list {*}$fields {}] "\n"]\n$body
}

# multi SUBTYPE PARTS ?-boundary B? ?-params LIST? ?-preamble T? ?-epilogue T?
# ?-final 0? ?-fields LIST? - a multipart.
proc mailmaker::multi {subtype parts args} {
    set o [dict merge [dict create -boundary [boundary] -params {} -preamble {}\
        -epilogue {} -final 1 -fields {} -type multipart] $args]
    dict with o {}
    set body ${-preamble}
    foreach part $parts {
        append body "--${-boundary}\n[entity_text $part]\n"
    }
    if {${-final}} {
        append body "--${-boundary}--\n${-epilogue}"
    } else {
        set body [string range $body 0 end-1]
    }
    set params [list {*}${-params} "boundary=\"${-boundary}\""]
    if {[rand 3] == 0} {
        set params [lreverse $params]
    }
    list [list "Content-Type: [params ${-type}/$subtype $params]"\
        {*}${-fields}] $body
}

# Plain text as most people send it.
proc mailmaker::note {{n 400}} {
    switch [rand 4] {
        0 {
            leaf text/plain [prose $n] -encoding 7bit -params charset=us-ascii
        }
        1 {
            leaf text/plain [encoding convertto utf-8 [prose $n german]]\
                -encoding 8bit -params {{charset="UTF-8"} format=flowed}
        }
        2 {
            leaf text/plain [encoding convertto iso8859-1 [prose $n german]]\
                -encoding quoted-printable -params charset=ISO-8859-1
        }
        default {
            leaf text/plain [encoding convertto utf-8 [prose $n russian]]\
                -params {{charset="utf-8"}}
        }
    }
}

proc mailmaker::page {{n 800}} {
    leaf text/html [html $n] -encoding [pick {7bit quoted-printable base64}]\
        -params {{charset="utf-8"}}
}

# attachment KIND BYTES ?STYLE? ?FIELDS? - STYLE is the form of its name (names),
# BYTES are those it has in the message.
proc mailmaker::attachment {kind n {style {}} {more {}}} {
    set small [expr {max(1, $n * 73 / 100)}]
    lassign [dict get {
        text {text/plain txt prose} csv {text/csv csv csv}
        html {text/html html html} random {application/octet-stream bin noise}
        gzip {application/gzip gz gzip} zip {application/zip zip zip}
        jpeg {image/jpeg jpg jpeg} pdf {application/pdf pdf pdf}
        xml {application/xml xml html} crlf {application/octet-stream log crlf}
    } $kind] type extension maker
    set encoding base64
    if {[string match text/* $type]} {
        set encoding [pick {base64 base64 quoted-printable 7bit}]
        set small [expr {$encoding eq "base64" ? $small : $n}]
    }
    if {$style eq {}} {
        set style [pick {plain plain blanks}]
    }
    set name [pick {report data photo-7 a}].$extension
    lassign [names $style $name $extension] name filename
    set disposition [params [pick {attachment attachment inline}] $filename]
    leaf $type [$maker $small] -encoding $encoding -params $name\
        -fields [list "Content-Disposition: $disposition" {*}$more]
}

proc mailmaker::crlf {n} {
    string map {\n \r\n} [prose $n]
}

# A part's name as the two lists of parameters, of Content-Type and of
# Content-Disposition, in each of the forms there are.
proc mailmaker::names {style name extension} {
    set coded =?utf-8?B?[binary encode base64 "\xc3\xa4 $name"]?=
    set long [string repeat long- 40]$name
    switch $style {
        none {
            return {{} {}}
        }
        blanks {
            set values [list "\"my $name (1).$extension\""]
        }
        escapes {
            set values [list "\"a \\\"b\\\" c;d=e\\\\f.$extension\""]
        }
        2047 {
            set values [list "\"$coded\"" "\"=?iso-8859-1?Q?=E4_$name?=\n\
                =?iso-8859-1?Q?=F6.$extension?=\""]
        }
        latin1 {
            set values [list "\"\xe4\xf6\xfc $name\""]
        }
        utf8 {
            set values [list "\"\xc3\xa4 \xe2\x82\xac $name\""\
                "\"\xf0\x9f\x93\x8e $name\""]
        }
        long {
            set values [list "\"$long\""]
        }
        2231 {
            return [list [list name*=utf-8'de'%C3%A4%20$name]\
                [list filename*=UTF-8''%c3%b6%20$name]]
        }
        2231-both {
            return [list [list "name=\"$name\""]\
                [list "filename=\"fallback.$extension\""\
                filename*=utf-8''%e2%82%ac%20$name]]
        }
        2231-long {
            return [names_continued $name $extension]
        }
        default {
            set values [list $name]
        }
    }
    list [list name=[lindex $values 0]]\
        [list filename=[lindex $values end] {*}[pick {{} {} size=12345
        {{creation-date="Sun, 22 Nov 2026 10:00:00 +0000"}}}]]
}

# Continued over several parameters, some of them coded (RFC 2231 3, 4.1).
proc mailmaker::names_continued {name extension} {
    set filename [list filename*0*=iso-8859-1'en'%A3%20first%20]
    for {set i 1} {$i < 11} {incr i} {
        lappend filename [pick [list "filename*$i=\"[rand 100] part; \""\
            filename*$i*=%E4%F6[rand 100]]]
    }
    list [list name*0=first- name*1=$name]\
        [list {*}$filename filename*11=.$extension]
}

# The text of another message, to be attached.
proc mailmaker::letter {entity {more {}}} {
    entity_text [list [concat [origin] $more {{MIME-Version: 1.0}}\
        [lindex $entity 0]] [lindex $entity 1]]
}

proc mailmaker::origin {} {
    set number [rand 1000000000]
    list "Received: from a.example by b.example with ESMTP id $number;\n\tSun,\
        22 Nov 2026 09:00:00 +0100" "From: \"Person, A.\" <a$number@a.example>"\
        "To: b@b.example" "Subject: letter $number"\
        "Date: Sun, 22 Nov 2026 10:00:00 +0100"\
        "Message-ID: <$number@a.example>"
}

# message/rfc822 with this text.
proc mailmaker::enclosed {text args} {
    set o [dict merge {-fields {} -type message/rfc822} $args]
    dict with o {}
    list [concat [list "Content-Type: ${-type}"] ${-fields}] $text
}

# --- structures ---------------------------------------------------------------

# shape LABEL ROOM BODY - the body makes the message's content of about $room
# bytes. ROOM says what the size is without -size: `parts` or, for less, `text`.
proc mailmaker::shape {label room body} {
    variable shapes
    proc shape[llength $shapes] {room} $body
    lappend shapes [list $label $room]
}

namespace eval mailmaker {
    shape "plain text, no MIME" text {
        leaf {} [prose $room] -encoding {}
    }
    shape "text 7bit" text {
        leaf text/plain [prose $room] -encoding 7bit -params charset=us-ascii
    }
    shape "text 8bit" text {
        set charset [pick {utf-8 koi8-r}]
        leaf text/plain [encoding convertto $charset [prose $room russian]]\
            -encoding 8bit -params charset=$charset
    }
    shape "text quoted-printable, long lines, no last line end" text {
        set text [encoding convertto utf-8 [prose [expr {$room * 7 / 10}]\
            german 600]]
        leaf text/plain [string trimright $text] -encoding quoted-printable\
            -params {{charset="utf-8"}}
    }
    shape "text base64" text {
        set text [encoding convertto utf-8 [prose [expr {$room * 4 / 10}]\
            russian]]
        leaf text/plain [pick [list $text [string trimright $text]\
            [string map {\n \r\n} $text]]] -params {{charset="utf-8"}}
    }
    shape "text binary" text {
        leaf text/plain [encoding convertto iso8859-1 [prose $room german]]\
            -encoding binary -params charset=iso-8859-1
    }
    shape "dots, From lines and trailing blanks" text {
        leaf text/plain [traps $room] -encoding [pick {7bit quoted-printable {}}]
    }
    shape "lines of 998 octets" text {
        set words [string map {\n { }} [prose [expr {max($room, 4000)}]]]
        for {set at 0} {$at < $room} {incr at 998} {
            append text [string range $words $at $at+997]\n
        }
        leaf text/plain $text -encoding [pick {7bit 8bit}]
    }
    shape "iso-2022-jp" text {
        leaf text/plain [encoding convertto iso2022-jp [prose\
            [expr {$room / 4}] japanese 30]] -encoding 7bit\
            -params charset=ISO-2022-JP
    }
    shape "empty body" text {
        leaf text/plain [pick {{} \n \n\n}] -encoding [pick {7bit {}}]
    }
    shape "comments in Content-Type" parts {
        multi {mixed (two (2) parts)} [list [leaf {text/plain (a (nested) one)}\
            [prose 500] -encoding {7bit (plain)}\
            -params {{charset=us-ascii (the usual)}}]\
            [leaf {application/octet-stream (data)} [noise\
            [expr {$room * 7 / 10}]] -params {{(named) name=a.bin}} -fields\
            {{Content-Disposition: attachment (saved); filename="a(1).bin"}}]]
    }
    shape "format=flowed" text {
        leaf text/plain "[string map {\n " \n"} [prose $room]]\n-- \nMe\n"\
            -encoding 7bit -params {{format=flowed} {delsp=yes}}
    }
    shape "uuencode and inline PGP in text" text {
        set data [binary encode uuencode [noise [expr {$room / 2}]]]
        leaf text/plain "Hello.\n\nbegin 644 a.bin\n$data\n`\nend\n\n[armour\
            MESSAGE [noise [expr {$room / 4}]]]" -encoding 7bit
    }
    shape "mixed with attachments" parts {
        multi mixed [list [note] {*}[attachments [expr {1 + [rand 4]}] $room]]
    }
    shape "alternative" parts {
        multi alternative [list [note [expr {$room / 3}]]\
            [page [expr {$room / 2}]]]
    }
    shape "related" parts {
        related $room
    }
    shape "mixed of alternative of related" parts {
        multi mixed [list [multi alternative [list [note] [related\
            [expr {$room / 2}]]]] {*}[attachments 2 [expr {$room / 2}]]]
    }
    shape "nested 5 deep" parts {
        set share [expr {$room / 5}]
        set part [multi mixed [list [note] [attachment random $share]]]
        foreach subtype {alternative parallel related mixed} {
            set part [multi $subtype [list $part [attachment [pick {csv zip}]\
                $share]]]
        }
        return $part
    }
    shape "attached message" parts {
        multi mixed [list [note] [enclosed [letter [note [expr {$room / 2}]]]\
            -fields {{Content-Disposition: attachment; filename="a.eml"}}]]
    }
    shape "attached message with attachments and a message" parts {
        set share [expr {$room / 2}]
        multi mixed [list [note] [enclosed [letter [multi mixed [list [note]\
            {*}[attachments 2 $share] [enclosed [letter [multi alternative\
            [list [note] [page] [attachment pdf $share]]]]]]]]]]
    }
    shape "attached message without an empty line" parts {
        lappend parts [note] [attachment text $room]
        lappend ::mailmaker::made {}
        lappend parts [enclosed [join [origin] "\n"]]
        multi mixed $parts
    }
    shape "attached message without a header" parts {
        multi mixed [list [note] [enclosed [entity_text [leaf {} [prose\
            [expr {$room / 2}]] -encoding {}]]] {*}[attachments 1 $room]]
    }
    shape "a message as the whole content" parts {
        enclosed [letter [multi mixed [list [note] {*}[attachments 1 $room]]]]
    }
    shape "attachments of 0 bytes, empty parts" parts {
        multi mixed [list [leaf text/plain {} -encoding 7bit]\
            [leaf {} {} -encoding {}] [attachment random [expr {$room - 1000}]]\
            [leaf application/octet-stream {} -fields\
            {{Content-Disposition: attachment; filename=empty.bin}}]\
            [leaf image/png {} -encoding [pick {7bit quoted-printable}]]\
            [leaf text/csv {} -encoding base64]]
    }
    shape "multipart without parts" parts {
        if {[rand 2]} {
            return [multi mixed {}]
        }
        multi mixed [list [note] [multi alternative {}] {*}[attachments 1 $room]]
    }
    shape "names by RFC 2231" parts {
        named {2231 2231-long 2231-both} $room
    }
    shape "names by RFC 2047" parts {
        named {2047 2047} $room
    }
    shape "names in raw 8 bit, with escapes, long" parts {
        named {latin1 utf8 escapes long none} $room
    }
    shape "delivery report" parts {
        report delivery-status "Reporting-MTA: dns; hub.example\nArrival-Date:\
            Sun, 22 Nov 2026 10:00:00 +0000\n\nFinal-Recipient: rfc822;\
            you@y.example\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp;\
            550 5.1.1 <you@y.example>: Unknown\n" $room
    }
    shape "receipt" parts {
        report disposition-notification "Reporting-UA:\
            reader.example\nFinal-Recipient: rfc822;me@x.example\nDisposition:\
            manual-action/MDN-sent-manually; displayed\n" [expr {$room / 2}]
    }
    shape "invitation" parts {
        set text "BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nSUMMARY:\
            Caf\u00e9\r\nDTSTART:20261122T100000Z\r\nDESCRIPTION:[string map\
            {\n \\n} [prose 800]]\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
        set text [encoding convertto utf-8 $text]
        multi mixed [list [multi alternative [list [note] [page]\
            [leaf text/calendar $text -encoding [pick {base64 quoted-printable}]\
            -params {charset="utf-8" method=REQUEST}]]] [leaf application/ics\
            $text -params name=invite.ics -fields {{Content-Disposition:\
            attachment; filename=invite.ics}}] [attachment pdf $room]]
    }
    shape "signed by OpenPGP" parts {
        set part [multi mixed [list [note] {*}[attachments 1 $room]]]
        multi signed [list $part [leaf application/pgp-signature\
            [armour SIGNATURE [noise 300]] -encoding [pick {7bit {}}]\
            -params name=signature.asc]]\
            -params {micalg=pgp-sha256 protocol="application/pgp-signature"}
    }
    shape "signed by S/MIME" parts {
        set part [pick [list note related]]
        set part [$part [expr {$room - 3000}]]
        multi signed [list $part [leaf application/pkcs7-signature\
            \x30\x82\x06\x08[noise 1500] -params {{name="smime.p7s"}} -fields\
            {{Content-Disposition: attachment; filename="smime.p7s"}}]] -params\
            {protocol="application/pkcs7-signature" micalg=sha-256}\
            -preamble "This is a cryptographically signed message in MIME\
            format.\n\n"
    }
    shape "application/pkcs7-mime" parts {
        leaf application/[pick {pkcs7-mime x-pkcs7-mime}] \x30\x80\x06\x09[noise\
            [expr {$room * 7 / 10}]] -params [list smime-type=[pick\
            {enveloped-data signed-data}] name=smime.p7m] -fields\
            {{Content-Disposition: attachment; filename=smime.p7m}}
    }
    shape "encrypted by OpenPGP" parts {
        multi encrypted [list [leaf application/pgp-encrypted "Version: 1\n"\
            -encoding 7bit] [leaf application/octet-stream [armour MESSAGE\
            [noise [expr {$room * 7 / 10}]]] -encoding 7bit -params\
            name=encrypted.asc]] -params {{protocol="application/pgp-encrypted"}}
    }
    shape "preamble and epilogue" parts {
        multi mixed [list [note] {*}[attachments 2 $room]] -preamble [pick [list\
            \n\n "This is a message in MIME format.\n" [prose 2000]]] -epilogue\
            [pick [list \n "The end.\n--\nFrom a list\n" [prose 2000]]]
    }
    shape "boundaries that begin alike" parts {
        set lines {-- --b --bound --boundar-- {- --boundary} { --boundary--}
            --boundary-2 --boundary-1-1-1 --boundary-1- ---}
        set inner [multi alternative [list [note] [leaf text/plain\
            [join $lines \n]\n -encoding 7bit]] -boundary boundary-1-1]
        set share [expr {$room / 2}]
        set middle [multi mixed [list $inner [attachment random $share]]\
            -boundary boundary-1]
        multi mixed [list $middle [attachment csv $share]] -boundary boundary
    }
    shape "boundary with specials" parts {
        multi mixed [list [note] {*}[attachments 2 $room]] -boundary [pick {
            "=_(a)?b:c/d,e+f'g" "a b  c" "'()+_,-./:=?" "--" "-"
            "gc0pJq0M:08jU534c0p=_'(70).................................octets"}]
    }
    shape "no final boundary" parts {
        multi mixed [list [note] {*}[attachments 2 $room]] -final 0
    }
    shape "no final boundary of an inner multipart" parts {
        multi mixed [list [multi alternative [list [note] [page]] -final 0]\
            {*}[attachments 2 $room]]
    }
    shape "parts without Content-Type" parts {
        multi mixed [list [leaf {} [prose 500] -encoding {}]\
            [leaf {} [prose 500] -encoding [pick {quoted-printable base64}]]\
            [leaf {} [prose $room] -encoding 7bit -fields {{Content-Disposition:\
            attachment; filename=a.txt}}]]
    }
    shape "digest" parts {
        set parts [list [note]]
        foreach i {1 2 3} {
            lappend letters [list {} [letter [note [expr {$room / 4}]]]]
        }
        lappend letters [leaf text/plain [prose 200] -encoding 7bit]
        multi mixed [list {*}$parts [multi digest $letters]]
    }
    shape "a hundred small attachments" parts {
        set parts [list [note]]
        for {set i 0} {$i < 100} {incr i} {
            lappend parts [attachment [pick {text csv random}]\
                [expr {$room / 150}]]
        }
        multi mixed $parts
    }
    shape "a fragment, message/partial" parts {
        leaf message/partial [letter [multi mixed [list [list {} [prose $room]]]\
            -final 0] {{Subject: in three}}] -encoding\
            [pick {7bit {}}] -params [list number=1 total=3\
            id=\"[rand 99999]@x.example\"]
    }
    shape "attachments of text" parts {
        multi mixed [list [note] [attachment text [expr {$room / 3}]]\
            [attachment csv [expr {$room / 3}]] [attachment xml\
            [expr {$room / 6}]] [attachment crlf [expr {$room / 6}]]]
    }
    shape "random attachments" parts {
        multi mixed [list [note] [attachment random [expr {$room / 2}]]\
            [attachment random [expr {$room / 2}]]]
    }
    shape "compressed attachments" parts {
        set share [expr {$room / 4}]
        multi mixed [list [note] [attachment zip $share]\
            [attachment gzip $share] [attachment jpeg $share] [attachment pdf $share]]
    }
    shape "upper case" parts {
        multi MIXED [list [leaf TEXT/PLAIN [prose 500] -encoding\
            QUOTED-PRINTABLE -params {{CHARSET="US-ASCII"}}] [leaf\
            Application/Octet-Stream [noise [expr {$room * 7 / 10}]] -encoding\
            [pick {BASE64 Base64}] -params NAME=A.BIN -fields\
            {{CONTENT-DISPOSITION: ATTACHMENT; FILENAME=A.BIN}}]] -type Multipart
    }
    shape "every byte, not encoded" parts {
        multi mixed [list [note] [leaf application/octet-stream\
            [every_byte $room] -encoding [pick {binary 8bit}] -fields\
            {{Content-Disposition: attachment; filename=all.bin}}]]
    }
    shape "binary content in quoted-printable" parts {
        multi mixed [list [note] [leaf application/octet-stream [noise\
            [expr {$room / 3}]]\r\n\n\r -encoding quoted-printable] [leaf\
            text/plain [string map {\n \r\n} [traps 600]] -encoding\
            quoted-printable]]
    }
    shape "other encodings" parts {
        set data [binary encode uuencode [noise [expr {$room * 7 / 10}]]]
        multi mixed [list [note] [leaf application/octet-stream\
            "begin 644 a\n$data\n`\nend" -encoding x-uuencode] [leaf text/plain [prose 300] -encoding x-unknown]]
    }
    shape "charsets" parts {
        set share [expr {$room / 6}]
        multi mixed [list [note] [leaf text/plain [encoding convertto unicode\
            [prose $share russian]] -params charset=utf-16le] [leaf text/plain\
            [encoding convertto koi8-r [prose $share russian]] -encoding 8bit\
            -params charset=koi8-r] [leaf text/html [encoding convertto cp1252\
            [html $share]]\x80\x93 -params charset=windows-1252] [leaf text/plain\
            [encoding convertto iso2022-jp [prose $share japanese 20]] -encoding\
            7bit -params charset=iso-2022-jp]]
    }
    shape "other fields in parts, external body" parts {
        set fields [list "Content-ID:  <a.b@c.example>"\
            "Content-Description: =?utf-8?q?=C3=A4?= and\n more"\
            "Content-Location: http://a.example/b" "Content-Language: en, de"\
            "X-Part : one" "X-Part:two"]
        set outside {{Content-Type: application/pdf} {Content-ID: <1@a.example>}}
        multi x-odd [list [note] [attachment xml $room plain $fields]\
            [leaf message/external-body [join $outside \n]\n\n -encoding {} -params\
            {access-type=URL {URL="http://a.example/b"}}]]
    }
}

proc mailmaker::attachments {count room} {
    set parts {}
    for {set i 0} {$i < $count} {incr i} {
        set kind [pick {text csv html random gzip zip jpeg pdf xml crlf}]
        lappend parts [attachment $kind [expr {$room / $count}]]
    }
    return $parts
}

proc mailmaker::related {room} {
    set parts [list [page 900]]
    foreach i {1 2} {
        lappend parts [leaf image/[pick {jpeg png}] [jpeg [expr {$room / 3}]]\
            -params name=image$i.jpg -fields [list "Content-ID:\
            <part$i.[rand 99999]@x.example>" {Content-Disposition: inline}]]
    }
    multi related $parts -params {{type="text/html"}}
}

proc mailmaker::named {styles room} {
    set share [expr {$room / [llength $styles]}]
    set parts [list [note]]
    foreach style $styles {
        lappend parts [attachment [pick {text random zip}] $share $style]
    }
    multi mixed $parts
}

proc mailmaker::report {kind text room} {
    set note [leaf text/plain [prose 600] -encoding 7bit]
    set status [leaf message/$kind $text -encoding [pick {7bit {}}]]
    if {[rand 2]} {
        set original [enclosed [letter [multi mixed [list [note]\
            {*}[attachments 1 $room]]]]]
    } else {
        set original [leaf text/rfc822-headers [join [origin] "\n"]\n\
            -encoding {}]
    }
    multi report [list $note $status $original] -params report-type=$kind
}

# As OpenPGP has it (RFC 9580 6.2), but for the bytes.
proc mailmaker::armour {kind bytes} {
    return "-----BEGIN PGP $kind-----\n\n[binary encode base64 -maxlen 64\
        $bytes]\n=[binary encode base64 [noise 3]]\n-----END PGP $kind-----\n"
}

# --- the header ---------------------------------------------------------------

# peculiar LABEL BODY - the body gives fields, in place of the usual ones of these
# names.
proc mailmaker::peculiar {label body} {
    variable peculiars
    proc peculiar[llength $peculiars] {} $body
    lappend peculiars [list $label]
}

namespace eval mailmaker {
    peculiar "plain header" {
        list
    }
    peculiar "Subject by RFC 2047" {
        set japanese =?iso-2022-jp?B?GyRCRnxLXBsoQg==?=
        list "Subject: [pick [list\
            "=?utf-8?Q?=C3=A4_b?= =?utf-8?q?c?=\n =?UTF-8?B?w6Q=?="\
            "=?ISO-8859-1?B?5OY=?= plain $japanese"]]"
    }
    peculiar "Subject in Latin-1" {
        list "Subject: Gr\xf6\xdfe \xe4 \xa0"
    }
    peculiar "header fields in UTF-8" {
        list "Subject: Gr\xc3\xb6\xc3\x9fe \xe2\x82\xac \xf0\x9f\x93\x8e"\
            "X-Utf8: \xd0\xbf\xd1\x80\n \xd0\xb8"
    }
    peculiar "long folded fields" {
        for {set i 0} {$i < 80} {incr i} {
            lappend ids <[rand 99999].[rand 99999]@mail.example>
            lappend people "\"Person $i\" <p$i@x.example>"
        }
        list "References: [join $ids "\n "]" "Cc: [join $people ",\n\t"]"
    }
    peculiar "a field of 998 octets" {
        list "X-Long: [string range [string repeat "many words " 100] 0 989]"
    }
    peculiar "odd case" {
        list "SUBJECT: Upper" "mIME-vERSION: 1.0" "mEsSaGe-iD: <[rand 99999]@x>"
    }
    peculiar "odd white space" {
        list "Subject:none" "X-Odd : before the colon" "X-Tabs:\t\ttabs\t\t"\
            "X-Many:     blanks   inside   " "X-Fold:\n on the next line"\
            "X-Folds: a\n   b\n\t\tc  \n d" "X-Empty:" "X-Blank: "
    }
    peculiar "duplicate fields" {
        list "Comments: one" "X-Twice: same" "Keywords: a" "X-Twice: same"\
            "Comments: two" "x-twice: other" "Subject: again" "Keywords: b, c"
    }
    peculiar "DKIM-Signature" {
        list "DKIM-Signature: v=1; a=rsa-sha256; c=[pick {relaxed/relaxed
            simple/simple relaxed/simple}]; d=x.example;\n\ts=key;\
            h=from:to:subject:date:message-id;\n\tbh=[binary encode base64\
            [noise 32]];\n\tb=[binary encode base64 -maxlen 68 -wrapchar "\n\t "\
            [noise 256]]"
    }
    peculiar "field names with specials" {
        list "X-!#\$%&'*+^_`{|}~.0: a" "X: short" "X-[string repeat Long- 12]: b"
    }
    peculiar "fields of a list" {
        list "List-Id: A list <a.list.example>" "Precedence: list"\
            "List-Unsubscribe: <mailto:a@list.example?subject=no>,\n\
            <https://list.example/u>" "Received: from list.example by\
            x.example;\n Sun, 22 Nov 2026 10:00:00 +0000" "Authentication-Results:\
            x.example; spf=pass smtp.mailfrom=a.example" "ARC-Seal: i=1; cv=none"
    }
    peculiar "resent" {
        list "Resent-From: me@x.example" "Resent-To: you@y.example"\
            "Resent-Date: Sun, 22 Nov 2026 10:01:00 +0000"\
            "Resent-Message-ID: <r[rand 99999]@x.example>"
    }
}

proc mailmaker::shape_of {n} {
    expr {$n % [mailmaker_shapes]}
}

# One for each message in turn, another way round each time the structures
# begin anew, and one more now and then.
proc mailmaker::peculiars_of {n} {
    set count [llength $::mailmaker::peculiars]
    set first [expr {($n + $n / [mailmaker_shapes] * 5) % $count}]
    set second [expr {($first + 1 + $n % 4) % $count}]
    if {$n % 3 == 0 && $second} {
        return [list $first $second]
    }
    return $first
}

# The fields ahead of the content's; what is peculiar replaces the usual.
proc mailmaker::header {n mime} {
    set fields [list "From: Sender $n <sender$n@x.example>"\
        "To: recipient@y.example" "Subject: message $n"\
        "Date: Sun, 22 Nov 2026 10:[format %02d:%02d [expr {$n / 60 % 60}]\
        [expr {$n % 60}]] +0000" "Message-ID: <$n.[rand 99999]@x.example>"]
    if {$mime} {
        lappend fields "MIME-Version: 1.0"
    }
    foreach i [peculiars_of $n] {
        set more [peculiar$i]
        set names [lmap field $more {field_name $field}]
        set fields [lmap field $fields {
            if {[field_name $field] in $names} {
                continue
            }
            set field
        }]
        set fields [concat [lrange $fields 0 2] $more [lrange $fields 3 end]]
    }
    return $fields
}

proc mailmaker::field_name {field} {
    string tolower [string trim [lindex [split $field :] 0]]
}

proc mailmaker::make {n args} {
    variable shapes
    seed_set $n
    set shape [shape_of $n]
    set room [lindex $shapes $shape 1]
    set size [expr {int(2048 * exp([rand 5001] / 5000.0 * ($room eq "text" ? 2.5
        : 5.28)))}]
    if {[dict exists $args -size]} {
        set size [dict get $args -size]
    }
    lassign [shape$shape [expr {max(500, $size - 1200)}]] fields body
    set header [header $n [expr {[llength $fields] > 0}]]
    if {[rand 3]} {
        set all [concat $header $fields]
    } else {
        set all [concat $fields $header]
    }
    set text [entity_text [list $all $body]]
    return $text[expr {[string index $text end] eq "\n" ? {} : "\n"}]
}
