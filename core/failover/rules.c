/* rules: the built-in knowledge of what servers say, in three tables.
 *
 * How to read a text rule: the subject is one line, caseless, every mail
 * address in it replaced by "@" ("<@>" where it stood in angle brackets), so
 * "user @ unknown" fits every address. A dot that stands for one character of
 * an accented letter is written ".{1,2}": one byte in ISO 8859, two in UTF-8.
 * Rules speak of ideas, not of single servers; a name stands in one only
 * where the name is the idea (the operators of blocklists).
 *
 * The order carries the knowledge: what is said precisely comes before what
 * is said loosely. "Over quota" is a mailbox unless the quota is one of
 * messages per hour; "recipient rejected" is a recipient unless it goes on
 * "blocked using ..."; "spam" is a verdict on a message unless it is the
 * address of the client that is blamed for it.
 *
 * Called by: classify. Memory: constants. Fails: never; every pattern is
 * compiled by tests/unit/test_classify.c.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */
#include "rules.h"

#include <stddef.h>

#define AT_START (STAGE_BIT(STAGE_GREETING) | STAGE_BIT(STAGE_EHLO))
#define AT_MAIL STAGE_BIT(STAGE_MAIL)
#define AT_RCPT STAGE_BIT(STAGE_RCPT)
#define AT_DATA STAGE_BIT(STAGE_DATA)
#define AT_DOT STAGE_BIT(STAGE_DOT)
#define AT_AUTH STAGE_BIT(STAGE_AUTH)
#define AT_UNKNOWN STAGE_BIT(STAGE_UNKNOWN)
#define AFTER_START ~AT_START

/* Words that stand for a place where mail is kept, and for who owns it. */
#define BOX                                                                    \
    "(?:mail ?box|in-?box|mail ?dir|mail ?folder|mail ?drop|mail ?spool|"      \
    "account|user|recipient|addressee|member|customer|post ?box)"
#define WHO                                                                    \
    "(?:user|recipient|rcpt|mail ?box|mailbox name|in-?box|account|address|"   \
    "addressee|e-?mail (?:address|account|id|box)|alias|local[- ]?part|user "  \
    "?name|person|member|"                                                     \
    "customer|subscriber|destination|receiver|mail ?drop|mail ?address|"       \
    "directory entry|employee|handle|login|destinatario)"
/* The client that speaks to the server: us. */
#define CLIENT                                                                 \
    "(?:client|host|ip|ips|ip address(?:es)?|server|mta|mail server|network|"  \
    "connecting|relay|hostname|isp|subnet|range|sending address)"
#define SENDER                                                                 \
    "(?:sender|mail ?from|envelope[- ]from|from:? (?:address|domain)|from:|"   \
    "return[- ]path|reverse[- ]path|originator|envelope sender)"
#define MESSAGE                                                                \
    "(?:messages?|mails?|e-?mails?|letter|content|body|attachments?)"

/* Laid out by hand: a line that stands one further in continues the idea of
 * the line before it. */
/* clang-format off */
const struct text_rule clear_rules[] = {
    /* Later, on purpose. */
    {CLASS_GREYLIST, 0, 0,
     "gr[ea]y ?-?list|verification (?:is )?in progress|unverified address|"
     "address (?:is )?being verified|first (?:time|delivery attempt)|"
     "gr[ea]y(?:ed| ?trapp)|graulist|liste grise|lista gris|lista grigia"},

    /* The client is blamed in words that other rules would take for theirs:
     * reputation and complaints as the reason of a rate limit, spam and bad
     * recipients as the reason of a block. */
    {CLASS_POLICY, 0, 0,
     "reputation|user complaints|"
     "(?:unsolicited|unusual rate) .{0,160}temporarily blocked|white-?list|"
     "ip-?adress|spam complaints|bad (?:\\w+ )?ip\\b|ip profile|"
     "\\bsender(?:.?s)? ip\\b|sender ?\\[?\\d+\\.\\d+\\.|sending spam|"
     "\\baccess to\\b.{0,60}\\b(?:reject|den|refus|block|restrict)|"
     "too many (?:spams?|unwanted|unsolicited|junk)\\b|"
     "block(?:ed|ing)\\b.{0,60}\\btoo many|too many invalid recipients|"
     "(?:is|are|an|your) .{0,12}open[- ](?:relay|proxy)|openrelay|"
     "open proxy|\\b(?:ofr|lpn|ouk)\\w*_(?:1(?!04)\\d\\d|510|999)"},

    /* How much one client may send. Before the mailboxes' quotas. */
    {CLASS_RATE, 0, 0,
     "(?:daily|hourly|organi[sz]ation|queue|sending|submission|relay|"
      "outgoing|outbound|message|sender|delivery|traffic|connection)s? "
      "(?:(?!size|length|header)\\w+ ){0,2}(?:quota|limit(?:s|ed|ation)?\\b|"
      "allowance)|"
     "rate[- ]?(?:limit|control|quota)|throttl|frequency|"
     "how many (?:messages|mails|recip)|"
     "\\blimit.{0,30}\\bper (?:hour|day|minute|second|session|connection|ip)|"
     "slow(?:er)? down|(?:again|send|try|retry|more) slow|"
     "(?:unusual|excessive|high|too high|maximum|exceed\\w*.{0,40}) (?:rate|"
      "volume|number)\\b|"
     "too (?:fast|quick|frequent|often|rapid)|"
     "too many (?:\\w+ ){0,3}(?:connect|session|messages?\\b(?! on| in)|"
      "mails?\\b|e-?mails|recip|rcpt|transaction|deliver|request|smtp|errors|"
      "bad command)|"
     "too much mail from|"
     "\\b(?:mi|rp):(?:cel|trc|dmc|ccl|rcl|qrc|nrc|cnl)\\b|concurrent|"
     "simultaneous|(?:receiv|send|accept)ing (?:e-?mail|mail|messages) too|"
     "at a rate|messages? per (?:connection|session|hour|day)|"
     "(?:connection|session|recipient|message|thread) (?:count |rate "
      ")*(?:limit|threshold)|"
     "exceed\\w*.{0,60}\\b(?:per (?:hour|day|minute|second|connection|"
      "session)|hourly|daily|connection|session|thread|(?:sending|rate|"
      "permitted|recipient|message rate) limit)|"
     "(?:maximum|max) (?:\\w+ ){0,3}(?:connections|sessions|recipients)|"
     "(?:sent|sending) (?:too many|.{0,30}(?:this hour|today))|"
     "trop de (?:connexions|messages|mails|destinataires|sessions)|"
     "zu ?viele? (?:verbindung|nachricht|e?-?mails(?! auf)|empf|sitzung)|"
     "demasiad[ao]s (?:conexion|mensaje|destinatario|correo)|"
     "tropp[ei] (?:connession|messagg|destinatar)|"
     "muit[ao]s (?:conex|mensage|destinat)|limite d.envoi"},

    /* The mailbox has no room. */
    {CLASS_MAILBOX_FULL, 0, 0,
     BOX "s?\\b.{0,50}\\b(?:is |are |was |already )?full\\b|full mail ?box|"
     "\\b(?:in|mail|post|mail ?)?box full|over ?-?(?:\\w+ ){0,3}quota|"
     "overquota|"
     "quota (?:\\w+ ){0,4}(?:exceed|full|violat|reached|used up|exhaust|"
      "over)|"
     "exceed\\w* (?:\\w+ ){0,5}quota|"
     "(?:disk|disc|storage|mail|hard) ?quota|"
     "out of (?:\\w+ )?(?:storage|quota)|"
     "(?<!system )storage (?:\\w+ )?(?:full|exceed|exhaust)|"
     "exceed\\w* (?:\\w+ ){0,2}storage|"
     BOX "s?\\b.{0,50}\\b(?:exceed|reached|over|out of|insufficient|not "
      "(?:have )?enough|lack)\\w*.{0,40}\\b(?:quota|storage|space|size|"
      "capacity|allow|local limit|limit(?! for| of))|"
     "(?:user|recipient|box|account)\\W{0,2}s? (?:disk )?(?:space|storage) "
      "(?:has|is|was)|"
     "has exhausted|too many messages on|zu ?viele mails auf|"
     "account storage limit|too much mail data|"
     "(?:not|n.t have|not have) enough (?:\\w+ )?space|diskspace quota|"
     "(?:mail ?)?box (?:size|space|storage) limit|not sufficient disk|"
     "bo.{1,2}te.{0,40}pleine|espace.{0,25}insuffisant|"
     "quota.{0,20}d.{1,2}pass|postfach.{0,40}voll\\b|"
     "speicher\\w*.{0,30}(?:ersch|.{1,2}berschritten)|"
     "kontingent.{0,30}berschr|buz.{1,2}n.{0,30}llen[ao]|"
     "bandeja.{0,30}llena|cuota.{0,30}(?:exced|super|sobrepas)|"
     "casell[ae].{0,30}pien|(?:spazio|quota).{0,30}(?:esaur|superat)|"
     "caixa.{0,40}(?:cheia|lotada)|(?:cota|quota).{0,20}excedid|"
     "postvak.{0,20}vol\\b|skrzynk.{0,30}pe.{1,2}n"},
    {CLASS_MAILBOX_FULL, 0, 0,
     "ящик.{0,40}(?:переполн|полон|заполн)|превышен\\w*.{0,20}квот|"
     "квот\\w* .{0,20}превыш|[邮郵信]箱.{0,12}(?:满|滿|空间|容量)|空间不足|"
     "容量.{0,8}(?:不足|超)|メールボックス.{0,20}(?:満|一杯|いっぱい|容量)|容量.{0,12}(?:超え|オーバー)"},

    /* What is wrong with a header is not the size of the message. */
    {CLASS_CONTENT, 0, 0,
     "missing .{0,30}(?:header|message-id|from:)|disallowed header|"
     "encoded-word|"
     "headers?\\b.{0,40}(?:too (?:large|long|many|big)|exceed|size|error|not "
      "accepted)|"
     "duplicate header|"
     "(?:multiple|missing|invalid|no|bad|blank|empty|malformed|illegal) "
      "(?:\\w+ )?\"?'?(?:from|date|subject|message-?id|mime|to|"
      "header)\"?'?:? ?(?:headers?|address(?:es)? (?:are|in)|field)|"
     "lines? (?:\\w+ )?(?:too long|length|limit)|too long lines?|"
     "bare ?(?:lf|cr|line ?feed|newline)|stray newline|bare <?(?:lf|cr)|"
     "\\bmime\\b|base ?64|8-?bit (?:data|char)|"
     "(?:not|non)\\W.{0,12}(?:rfc[- ]?\\d{3,4}|rfc[- ])(?! address)|"
     "rfc ?-?\\d{3,4}.{0,30}(?:complian|violat|conform)|noncompliant|"
     "(?:invalid|malformed|bad) (?:data|structure|format) in|"
     "(?:syntactically|mal-?formed).{0,30}(?:header|message|mail)"},

    /* Too large. */
    {CLASS_SIZE, 0, 0,
     MESSAGE "\\b.{0,40}\\btoo (?:large|big)|"
     MESSAGE " (?:is |was )?too long|"
     "too (?:large|big|long) (?:a )?" MESSAGE "|"
     MESSAGE " (?:file )?(?:size|length)\\b.{0,60}\\b(?:exceed|limit|larger|"
      "too|greater|over)|"
     "exceed\\w*.{0,50}\\b(?:" MESSAGE "|fixed|inbound|max\\w*|maximum "
      "permitted) .{0,20}(?:size|length)|"
     "(?:size|length) (?:of .{0,20})?(?:exceed|limit)|exceed\\w* size|"
     "(?:max\\w*|larger than .{0,30}) (?:\\w+ ){0,2}size|size.{0,12} limit|"
     "larger than|" MESSAGE " exceeds? (?:the )?(?:max|size|limit)|"
     "taille.{0,40}(?:limit|max|trop|exc.{1,2}d|d.{1,2}pass)|"
     "trop (?:volumineux|gros|grand|long)|zu gro(?:ss|.{1,2})\\b|"
     "demasiado grande|tama.{1,2}o.{0,30}(?:exced|max)|troppo grande|"
     "dimension\\w*.{0,30}(?:superat|massim)|muito grande|"
     "tamanho.{0,30}(?:exced|max)|te groot"},
    {CLASS_SIZE, 0, 0,
     "размер.{0,40}превыш|слишком (?:больш|велик)|"
     "(?:邮件|郵件|信件|附件).{0,8}(?:过大|太大|超过|過大)|サイズ.{0,12}(?:超|大き)"},

    /* What the verdict is on: a link in the message, a virus. */
    {CLASS_CONTENT, 0, 0,
     "\\b(?:url|uri|link|hyperlink)s?\\b.{0,60}\\b(?:black|block|list|bad|"
      "spam|reject|malicious)|"
     "(?:black|block)\\w* (?:url|uri|link)|\\burib?l\\b|uribl\\.|surbl|"
     "urlbl|malicious.?url|\\bvirus|malware|trojan|\\bworm\\b|infected|"
     "ransom"},

    /* Who may send for a domain, and names of addresses in the DNS. */
    {CLASS_POLICY, 0, 0,
     "dmarc|\\bspf|\\bdkim\\b|domainkeys?|sender.?id\\b|"
     "sender policy framework|sender framework|\\bptr\\b|\\brdns\\b|"
     "reverse[- ]?(?:dns|lookup|name|host|ip|mapping|entry|record|resol)|"
     "reverse.{0,20}\\bdns\\b|"
     "\\b(?:find|resolve|verify|lookup|look up|confirm) (?:your|the|this|"
      "client|sending|mail|remote)? ?(?:reverse |mail )?(?:host|server|ip|"
      "hostname)|"
     "unresolvable (?:relay |client )?host|name lookup failed|"
     "dns (?:check|lookup) failure|verif(?:y|iable|yable) sending ip|"
     "unverif(?:y)?iable sending|unverifyable|"
     "mismatch\\w* (?:client|sender|host|server)? ?ip|"
     "\\b(?:fail|pass|meet|doesn.t have|not have|lack)\\w* (?:to )?(?:\\w+ "
      "){0,3}authentication (?:check|information|require|level)|"
     "authentication (?:checks|information|level|result)|"
     "un-?authenticated (?:sender|e-?mail|mail|message)|"
     "sender (?:is |was )?un-?authenticated|"
     "(?:anti-?spoof|spoof(?:ed|ing)|impersonat|forged)\\w*|"
     "(?:turn on|enable|use|activate) (?:smtp )?auth|"
     "\\b(?:helo|ehlo)\\b.{0,40}(?:reject|invalid|bad|not (?:accept|resolv|"
      "match|allow|valid|fully)|refus|block|den|fake|forg|mismatch|must be|"
      "fqdn|requires)|"
     "(?:invalid|bad|reject|fake|forged|bogus|wrong|illegal)\\w* (?:\\w+ "
      "){0,2}\\b(?:helo|ehlo)|"
     "fully[- ]qualified (?:host|helo|ehlo)|"
     "not (?:allowed|authori[sz]ed|permitted|designated|configured) to "
      "(?:send|submit|transmit|deliver|use)(?! (?:\\w+ "
      "){0,2}to\\b).{0,30}(?:from|for|on behalf|as|of|mail|message)|"
     "(?:ip|host) (?:\\w+ ){0,3}sending (?:mail )?(?:of|for|from)|"
     "generic (?:dns|host|ptr|name)|forward dns"},

    /* Blocklists, by their kinds, operators and words. The sender's address
     * may be on one too, and that is the sender's own. */
    {CLASS_SENDER, 0, 0,
     "\\bsender\\b(?! ?ip| ?host| ?server| ?score| ?base| ?domain)(?: "
      "\\w+){0,4} (?:on |in )?(?:my |our |a )?(?:black|block|deny|bad)[- "
      "]?list|"
     "your e-?mail address (?:\\w+ ){1,3}(?:black|block)|"
     "sen[dt]\\w*.{0,12} (?:to/)?from an address that.{0,20}black|"
     "badmailfrom|blocked senders|sender is (?:a )?spammer|badsender|"
     "senderfilter"},
    {CLASS_POLICY, 0, 0,
     "for (?:\\w+ )?policy reasons|"
     "policy (?:reason|violation|restriction|error)|"
     "(?:black|block|deny|reject|bad|ban)[- ]?(?:list|hole)|"
     "\\w*(?:dns|ip|r|s|x|p|c)bls?\\b|_rbl|rbl[-_+]|realtime block|"
     "spamhaus|spamcop|sorbs|barracuda(?:central|networks)|senderscore|"
     "senderbase|abuseat|uceprotect|spamrats|invaluement|ivmsip|talos|"
     "mail-?abuse|manitu|njabl|dsbl|psbl|mailspike|truncate\\.gbudb|"
     "cloudmark|returnpath|trustedsource|mcafee.{0,12}reputation|ahbl|"
     "dnsbl-lookup|surriel|abusix|fabel\\.dk|backscatterer|"
     "blocked (?:using|at|by (?:our|the|an?)? ?(?:\\S+\\.\\w+|dns|ip))|"
     "\\blisted (?:at|by|on|in)\\b|"
     "(?:block|refus|reject|list)\\w*[ ,.:-]+see:? ?<?https?:|"
     "https?://\\S*(?:query|lookup|removal|delist|reset)\\S*\\d\\.|"
     ":blocked|"
     "connections? from \\S+ (?:\\w+ ){0,3}(?:reject|refus|den|block)|aup#|"
     "\\btss\\d|mailaction|block list|"
     "(?:(?:your|sending|source|remote|sender|connecting) " CLIENT
      "|this (?:ip|ip address|client|host|network))\\b.{0,80}\\b(?:block|ban|"
      "reject|refus|den(?:y|ied)|bad|list|spam|abus|requires|not accept|"
      "forbid|prohibit|restrict|suspicious|blacklist)|"
     "\\b(?:client|host|server|ip|ip address|network|mta|address ip|"
      "connecting host)s?\\b(?!=| (?:has |have )?(?:temporar|reject|refus|"
      "den|detect|will|does)).{0,50}\\b(?:block|ban(?:ned)?\\b|reject|refus|"
      "den(?:y|ied)|forbid|listed|blacklist|not (?:allowed|permitted|"
      "accepted|welcome|authori[sz]ed))|"
     "(?:block|bann?|reject|refus|den)(?:ed|ing|y)?\\b.{0,12}\\b(?:ips?|"
      "client|host|network|your (?:ip|server|network))\\b|"
     "dynamic(?:ally)?.{0,24}\\b(?:ip|address|assigned|host|rang|pool|block)|"
     "(?:dial-?up|residential|dynamic ip|dsl|home)\\b.{0,30}(?:ip|user|host|"
      "rang|address|block|not)|"
     "zombie|botnet|you are (?:sending|a) spam|looks? suspicious|"
     "suspicious activity|abus(?:e|ive) (?:from|d.tect)|abus detecte|"
     "adresse ip|"
     "connections? (?:\\w+ ){0,3}(?:not|refused|rejected|blocked|denied)|"
     "not (?:currently )?accept\\w* (?:mail|e-?mail|connection|message|"
      "traffic)s? from (?:your|this|dynamic|ip|host|server|\\[?\\d)|"
     "not accepting connections|go away|"
     "not (?:allowed|permitted) to connect|no (?:mail )?access from|"
     "server access\\b.{0,60}forbid|geographic|your country|"
     "country (?:code|block|is)|use the smtp server of your|"
     "(?:mail|message)s? from \\[?\\d+\\.\\d+\\."},

    /* Relaying. */
    {CLASS_RELAY_DENIED, 0, 0,
     "\\brelay\\w*\\b.{0,40}\\b(?:den|not (?:permitted|allowed|configured|"
      "authori[sz]ed)|prohibit|forbid|disallow|refus|reject|disabled|"
      "restrict|without|unauthor|allow|check)|"
     "\\b(?:not|no|unable|cannot|can.?t|won.?t|don.?t|doesn.?t|do not|"
      "refus\\w*|den(?:y|ied|ies)|never|insecure|illegal|unauthori[sz]ed|"
      "must|before|isn.?t|stop)\\b.{0,50}\\brelay|"
     "as a relay|relaying mail|relay access|rcpthosts|my list of allowed|"
     "\\b(?:to|for) relay\\b|not (?:a|an) (?:mail )?gateway|"
     "third[- ]party mail|(?:not|n.t) (?:a )?local (?:host|domain)|"
     "(?:don.?t|do not|doesn.?t|not) (?:handle|host|accept) (?:any )?(?:mail|"
      "e-?mail|messages?) for\\b|"
     "specified domain is not allowed|non-?local e?-?mail|"
     "authenticat\\w+ .{0,40}non-?local|tenantattribution|"
     "relais.{0,30}(?:refus|interdit|non)|"
     "weiterleit\\w*.{0,30}(?:nicht|verweig)|retransmi|encaminhamento"},

    /* Verdicts on the message. */
    {CLASS_CONTENT, 0, 0,
     "(?<![\\w./])(?:anti-?)?spam(?!haus|cop|rats|[\\w-]*\\.\\w)|"
     "unsolicited|\\bjunk|bulk (?:mail|e-?mail|advert|message)|"
     "\\bu[bc]e\\b|phish|"
     "content (?:\\w+ ){0,4}(?:reject|den|block|refus|prohibit|filter|not|"
      "examin|policy|polic|detect|restrict|match|violat)|"
     "(?:reject|block|den|refus|bann?|prohibit|illegal|unaccept|forbidden|"
      "suspicious|suspect|objection|disallow|detect|"
      "unwanted)\\w*\\b.{0,40}\\bcontent|"
     "\\bcontents?\\b.{0,60}\\b(?:links?|security issue|reject|block|violat|"
      "unaccept|inappropriate)|"
     "attachments?\\b|executable|file (?:type|extension|name)|"
     "extension\\b.{0,30}(?:forbid|not|block|prohib)|"
     "message (?:\\w+ )?filter(?:ed|ing)|\\bdt:s[pu]m\\b|help_spam|"
     MESSAGE "\\b.{0,60}\\b(?:our|the|by) (?:\\w+ )?filters?\\b|"
     " (?:data|body) (?:was )?(?:reject|refus)|recurrent pattern|"
     "(?:anti-?spam|pattern|heuristic|filter)\\w* (?:\\w+ ){0,3}(?:reject|"
      "match|refus|block|detect)|"
     "reject, id=|low(?:er)? priority|mass mail|"
     "message (?:is |was |has been )?(?:looks? like|identified as|classified "
      "as|considered)|"
     "mail rejete|\\bscore\\b|advertis|indesirable|ind.{1,2}sirable|"
     "unerw.{1,3}nscht|werbung|(?:correo|contenido|mensaje) no deseado|"
     "contenido|conte.{1,2}do|contenuto|inhalt|"
     "does not (?:contain|have) .{0,20}(?:header|from)"},
    {CLASS_CONTENT, 0, 0,
     "спам|вирус|垃圾|病毒|スパム|迷惑メール|ウイルス|内容.{0,8}(?:拒|违|违规|不)"},

    /* The login, where a server asks for one in so many words. TLS too. */
    {CLASS_TLS, 0, 0,
     "(?:must|have to|need|please).{0,20}(?:issue|use|start|"
      "send).{0,12}(?:starttls|\\btls)|"
     "(?:starttls|\\btls|encryption|encrypted|ssl)\\b.{0,40}\\b(?:required|"
      "requires|necessary|mandatory|needed|handshake|negotiation)|"
     "requires? (?:\\w+ )?(?:tls|starttls|encryption|high-strength|"
      "certificate)|"
     "certificate"},
    {CLASS_AUTH, 0, 53,
     "authenti[cf]|\\bauth\\b|password|credential|username|log ?in"},

    /* The sender's address. */
    {CLASS_SENDER, 0, 0,
     "\\b" SENDER "(?! ip| host| server)s?\\b.{0,90}?\\b(?:reject|invalid|"
      "unknown|not (?:authenti|exist|found|valid|verif|allow|accept|permit|"
      "own|pre-?app|subscrib|authori[sz]|a (?:member|registered))|\\w*n.t "
      "(?:exist|on|allow)|den|refus|block|ban|bad\\b|verif\\w* fail|could "
      "not|cannot|fail|empty|missing|disallow|unroutable|unrouteable|unverif|"
      "forbid|does ?n.t|does not|restrict|mismatch|must (?:be|resolv|exist)|"
      "no mx|null mx|is spammer|unresolv|unreach)|"
     "(?:reject|invalid|unknown|bad|bogus|unroutable|unrouteable|banned|"
      "forged|unverified|malformed|illegal|null|empty|blank|fake|prohibited|"
      "unresolv)\\w* (?:\\S+ ){0,2}(?:sender|mail from|from|from:|envelope "
      "sender|return path|reverse path)\\b|"
     "domain of sender|sender domain|sender address|"
     "null (?:sender|envelope)|<> ?(?:is )?(?:not|reject)|\\bbatv\\b|"
     "backscatter|prvs|third-party dsn|unsigned dsn|bounce\\w* (?:not|are)|"
     "returned mail not|e-?mail address is not verified|identities failed|"
     "send ?as ?denied|fully[- ]qualified e-?mail|clientnotpermitted|"
     "sending this from a different|"
     "(?:members?[- ]only|non-?member|closed|moderated|private) (?:\\w+ "
      "){0,3}(?:list|group)|"
     "not (?:allowed|authori[sz]ed|permitted|able) to (?:post|send (?:to|"
      "mail to|e-?mail to|messages? to))|"
     "not subscribed|authrequired|"
     "only accepts? (?:mail|e-?mail|messages) from|notauthorized|"
     "purported responsible|envelope blocked|user (?:domain )?entry|"
     "confirm (?:that )?you|challenge|"
     "\\b(?:e?metteur|exp.{1,2}diteur)\\b.{0,40}(?:inval|refus|inconnu|"
      "rejet)|"
     "absender\\w*.{0,40}(?:nicht|ung|abgel|unbek|gesperrt)|"
     "remitente.{0,40}(?:no|inv|rechaz|desc)|"
     "mittente.{0,40}(?:non|inv|sconos|rifiut)|"
     "remetente.{0,40}(?:n.{1,2}o|inv|desc|rejeit)"},
    {CLASS_SENDER, 0, 0,
     "отправител.{0,40}(?:отклон|не |запрещ|невер)|"
     "(?:发件人|寄件人|發件人|差出人|送信者).{0,12}(?:不|无|無|拒|存在し|未)"},
    {CLASS_SENDER, AT_MAIL, 5,
     "(?:domain|address|mailbox|user|account)\\b.{0,60}(?:not (?:exist|found|"
      "valid|allow)|doesn.?t exist|unknown|invalid|inactive|disabled|"
      "unavailable)|"
     "no such|(?:invalid|unknown|bad) (?:domain|address|user)|access denied"},

    /* A busy or locked mailbox that may answer later: not yet a recipient
     * that does not exist. */
    {CLASS_TEMPORARY, 0, 4,
     "mail ?box (?:is )?(?:temporarily )?(?:unavailable|busy|locked|in use)|"
     "mailbox unavailable|recipient temporarily unavailable"},

    /* Nobody there. */
    {CLASS_RECIPIENT, 0, 0,
     "\\b(?:no|unknown|invalid|bad|non-?existent|nonexist\\w*|illegal|"
      "incorrect|wrong|inactive|disabled|expired|suspended|deactivated|"
      "locked|closed|deleted|archived|unroutable|unrouteable|unavailable|"
      "undeliverable|unrecogni[sz]ed|undefined|obsolete|dead|not a|not an|"
      "unallocated|terminated|abandoned|rejected|blocked|denied|dormant) "
      "(?:such |or |valid |known |to |local |virtual |illegal |unknown |"
      "e-?mail |active |mail |existing |/ ?|or \\w+ |final |recipient |smtp |"
      "domain ){0,4}" WHO "|"
     "no such|nosuchuser|"
     "(?:message|mail) to .{0,12}(?:cannot|could not|can.?t) be delivered|"
     "\\b" WHO "(?:s|\\(s\\)|es)?\\b.{0,80}?\\b(?:unknown|unkown|not (?:be "
      ")?(?:activ\\w*|known|found|exist\\w*|valid|active|here|listed|"
      "recogni[sz]ed|available|present|our|a (?:known|valid|local)|"
      "accept\\w*|local|authori[sz]ed|allow\\w*|ok|deliver\\w*|in|enabled|"
      "currently|registered|match|permitted|reachable|configured|any ?more|"
      "unique|have)|\\w*n.?t (?:exist|found|have|receive|accept|valid|been|"
      "be|any|match|active|know)|(?:does|do|did|is|was|has|have|may|can) "
      "?not\\b|cannot|could not|invalid|inactive|disabled|suspend\\w*|"
      "unavailable|unava\\w+|terminated|closed|deactivated|discontinued|"
      "cancell?ed|archived|expired|locked|blocked|reject\\w*|no longer|moved|"
      "refuse[sd]?|frozen|retired|missing|deleted|dormant|ambiguous|"
      "incorrect|wrong|denied|undeliverable|unrout\\w+|restrict\\w*|"
      "bloqu\\w+|unreachable|unresolv\\w+|quarantined|abandoned|has left|"
      "removed|nonexist\\w*|protected)\\b|"
     "\\bis (?:now |currently )?(?:disabled|deactivated|suspended|inactive)|"
     "no exist|"
     "@>?[ :.,]*(?:\\.\\.\\. ?)?(?:is )?(?:unknown|not (?:found|exist|valid|"
      "known|a |accept)|does ?n.t exist|does not exist|invalid|rejected|"
      "inactive|address unknown|unable)|"
     "no (?:mail ?box|user|one|account|person|recipient|valid recip)|"
     "(?:unknown|not found|non-?existent|bad|invalid)[: ]+<?@|"
     "unrout\\w+ (?:address|domain|mail)|undeliverable|"
     "not (?:our|a valid|known at|deliverable)|address unknown|null ?mx|"
     "mx 0|\\bno mx\\b|"
     "does not (?:accept|receive) (?:any )?(?:mail|e-?mail)|"
     "receiving disabled|"
     "(?:host|domain|name)s?\\b.{0,40}\\b(?:unknown|not (?:found|exist|valid|"
      "known|registered)|does(?: not|n.t) exist|no longer|invalid|dead|must "
      "exist|expired)|"
     "(?:unknown|no such|invalid|bad|non-?existent) (?:\\w+ )?(?:host|domain|"
      "destination)|"
     "dead domain|recip(?:ient)?notfound|adr\\.\\w*recip|resolver\\.|"
     "badrcptto|badrecipient|validrcptto|left the (?:company|organi)|"
     "this address no longer|"
     "no longer (?:with|work|on|in use|valid|available|active|accept|employ)|"
     "(?:has|have) (?:moved|left|changed)|new (?:e-?mail )?address|"
     "name directory|domino directory|"
     "(?:can.?t|cannot|could not|unable to) (?:accept|find|locate|resolve|"
      "deliver).{0,20}\\b" WHO "|"
     "\\binactive\\b|recipients? (?:were|was)? ?(?:reject|refus|undeliver)|"
     "user refuses|user reject|by (?:the )?(?:recipient|user)s?\\b|"
     "recipient.{0,3} (?:preference|list|rule)|user rule|rcpt to|"
     "must not have"},
    /* ... in other languages, written with Latin letters, */
    {CLASS_RECIPIENT, 0, 0,
     "destinataire.{0,60}(?:invalide|inconnu|inexist|bloqu|archiv|refus|"
      "d.{1,2}sactiv|n.existe|suspend)|"
     "(?:utilisateur|adresse|compte|bo.{1,2}te).{0,40}(?:inconnu|inexist|"
      "invalide|n.existe|bloqu|d.{1,2}sactiv|suspendu|ferm)|"
     "adresse.{0,40}destinataire|"
     "(?:empf.{1,2}nger|empfaenger|adressat|benutzer|postfach|adresse|konto|"
      "mailadresse|teilnehmer)\\w*.{0,50}(?:unbekannt|nicht (?:bekannt|"
      "gefunden|existent|vorhanden|erreichbar|zustell|g.{1,2}ltig|mehr)|"
      "existiert nicht|ung.{1,2}ltig|gesperrt|deaktiviert|gel.{1,2}scht|"
      "abgelehnt)|"
     "kein (?:solcher )?(?:benutzer|empf|postfach)|"
     "unbekannte[rn]? (?:benutzer|empf|adresse)|"
     "(?:usuario|destinatario|cuenta|direcci.{1,2}n|buz.{1,2}n|casilla|"
      "persona).{0,50}(?:no existe|desconocid|inexist|inv.{1,2}lid|"
      "deshabilit|suspendid|inactiv|bloquead|no encontrad|expirad|no "
      "v.{1,2}lid)|"
     "no existe|"
     "(?:utente|destinatario|indirizzo|casella|account).{0,50}(?:sconosciut|"
      "inesistent|non (?:esiste|trovat|valid|attiv|raggiung)|disattiv|"
      "disabilit|sospes|errato|simile)|"
     "sconosciut|nessun|"
     "(?:usu.{1,2}rio|destinat.{1,2}rio|endere.{1,2}o|conta|"
      "caixa).{0,50}(?:n.{1,2}o (?:existe|encontrad)|desconhecid|inexist|"
      "inv.{1,2}lid|desativ|suspens|bloquead)|"
     "(?:gebruiker|ontvanger|adres).{0,40}(?:onbekend|bestaat niet|niet "
      "(?:gevonden|bekend))|"
     "(?:nie istnieje|nie ma taki|nieznany)|"
     "konto.{0,40}(?:zablokow|nieaktywn)|neexistuje|"
     "kullan.{1,2}c.{0,20}(?:bulunam|yok)|ok.{1,2}nd (?:mottag|anv)|"
     "findes ikke|finnes ikke|ukendt|nem l.{1,2}tez|ismeretlen|sonzai|"
     "jushinkyohi|atesaki"},
    /* ... and with others. */
    {CLASS_RECIPIENT, 0, 0,
     "(?:пользовател|получател|адресат|адрес|ящик|домен).{0,50}(?:не "
      "(?:найден|существ|зарегист|обслуж|принима)|неизвест|заблокир|отключ|"
      "недоступ|удал|неверн)|"
     "нет так|несуществ|"
     "(?:用户|用戶|收件人|邮箱|郵箱|帐号|帳號|账号|地址|信箱|域名).{0,14}(?:不存在|未找到|不正确|无效|無效|停用|禁用|"
      "锁|鎖|冻结|拒|已注销|未开通|不可用|过期)|"
     "(?:该|此|無此|无此|没有)(?:用户|用戶|收件人|邮箱|帐号|帳號)|"
     "(?:宛先|受信者|メールアドレス|ユーザー?|アドレス|メールボックス|アカウント).{0,20}(?:存在し|見つか|不明|無効|間違|"
      "誤|停止|拒否|あり?ません|使われて)|"
     "存在しません|受信拒否|사용자.{0,12}(?:없|찾)|수신자.{0,12}(?:없|찾)"},

    {CLASS_NONE, 0, 0, NULL},
};

/* What servers say of anything: these words leave the codes the last say, so
 * they come after the codes that mean one thing only. */
const struct text_rule vague_rules[] = {
    /* Nobody is named, but at RCPT and after it can only be the recipient. */
    {CLASS_RECIPIENT, ~(AT_START | AT_MAIL), 5,
     "does(?: not|n.?t) exist|"
     "(?:has been|was|temporar\\w+|been) (?:suspended|disabled|deactivated|"
      "closed|locked)|"
     "inactivity|bounced address|"
     "not (?:currently )?(?:being )?accept\\w*.{0,20} (?:for|any) |"
     "only accept\\w* mail|command (?:died|failed|output)|procmail|"
     "maildrop|mailer error|exit (?:code|status)|have an account|"
     "address.not.found|not exists?\\W*$|\\bnot found\\W*$|\\bunknown\\W*$"},

    /* A time is named, but no reason. */
    {CLASS_GREYLIST, 0, 4,
     "(?:re)?try (?:again )?(?:in|after) \\d+ ?(?:s|m|sec|min|hour)"},

    /* Later, and not a word of why: nothing but such words to the end. */
    {CLASS_TEMPORARY, AFTER_START, 4,
     "^\\d+[- ](?:\\d\\.\\d+\\.\\d+ )?\\W*(?:(?:temp|temporary|temporarily|"
      "transient|transiently|failure|failed|fail|error|problem|local|"
      "requested|mail|action|not|taken|aborted|in|processing|please|try|"
      "retry|again|later|soon|deferred|defer|rejected|now|your|the|this|is|"
      "was|a|it|message|could|be|for)\\b\\W*)+$"},

    /* The server has trouble of its own. */
    {CLASS_SERVER, 0, 0,
     "(?:in|within|sitting in) (?:the |allowed )*queue|"
     "(?:has been|is) delayed|multiple retries|failing for a long|"
     "retry time|numerous attempts|delivery attempts|"
     "could not be delivered for|"
     "connection (?:was )?(?:dropped|reset|closed|lost)|name ?server|"
     "insufficient (?:system|disk|server)|out of (?:memory|disk)|"
     "no space left|(?:mail )?system full|"
     "\\b(?:internal|system|server|temporary|temporarily|configuration|"
      "config|configured|software|disk|database|data ?base|ldap|lookup|dns|"
      "queue|i/o|resource|directory|technical|local|processing|proxy|backend|"
      "filter|milter|scanner|service|network|spool|routing|mailer|"
      "verification|transaction|remote)\\w*\\b.{0,40}\\b(?:error|fail\\w*|"
      "problem|trouble|difficult\\w*|issue|fault|exception|crash\\w*|loop|"
      "exhaust\\w*|outage|busy|defer\\w*|interrupt\\w*)|"
     "(?:error|failed) (?:in|while|during) (?:being )?process|error while|"
     "unable to resolve|error (?:writing|reading|opening)|"
     "(?:cannot|can.?t|could not|unable to|failed to) (?:open|create|write|"
      "append|queue|store|load|read|lock|connect|process|establish|save|"
      "spool|look ?up|contact|access|scan|check)|"
     "temporarily (?:unavailable|not available|unable|out|reject|refus|"
      "closed|defer)|"
     "temporary (?:local )?(?:problem|rejection|unavail)|"
     "try (?:it |sending |your message )?(?:again )?later|over ?-?load|"
     "too busy|\\bbusy\\b|load (?:average )?(?:is )?(?:too )?high|"
     "high (?:system )?load|mail(?:box)? ?loop|\\bloop(?:s|ing)?\\b|"
     "too many (?:hops|received)|hop count|\\bhops\\b|timed? ?-?out|"
     "expired|queue too long|in the queue|giving up|maintenance|"
     "misconfigur|out of service|shutting down|"
     "(?:does not|doesn.?t|not) support\\w* (?:start)?tls|"
     "(?:start)?tls (?:is )?not support|no answer|not responding|"
     "did not respond|no route|unreachable|back ?end|"
     "interrupted system call|disk full|veuillez (?:r.{1,2})?essayer|"
     "erreur (?:interne|temporaire|syst)|sp.{1,2}ter (?:noch|erneut)|"
     "vor.{1,2}bergehend|interner fehler|m.{1,2}s tarde|error interno|"
     "errore interno|pi.{1,2} tardi|mais tarde|erro interno|st.{1,2}rung"},
    {CLASS_SERVER, 0, 0,
     "попробуйте позже|временн|внутренн\\w+ ошибк|稍后|稍後|系统(?:错误|繁忙)|しばらく|"
     "後ほど|システムエラー"},
    {CLASS_SERVER, AFTER_START, 0,
     "service (?:is )?(?:currently )?(?:not available|unavailable|unavail|"
      "refuse)|"
     "closing (?:transmission channel|connection)|service refuse"},

    {CLASS_PROTOCOL, 0, 0,
     "protocol (?:violation|error|synchroni)"},

    /* Refused by somebody's rules, without saying whose. */
    {CLASS_POLICY, 0, 0,
     "\\bpolic(?:y|ies)\\b|prohibit|\\bip[=:] ?\\[?\\d|"
     "https?:\\S*[?&/](?:ip=)?\\d+\\.\\d+\\.\\d+\\.\\d+|administrativ|"
     "organi[sz]ational|access (?:denied|forbidden|refused|rejected)|"
     "not (?:welcome|authori[sz]ed|authenticated|permitted|allowed|"
      "whitelist\\w*)|"
     "unauthori[sz]ed|permission denied|authenti[cf]|credential|"
     "block(?:ed|ing)?\\b|banned|forbidden|restrict|security|no access|"
     "denied|abuse|whitelist|service refus|not accepted|rejected due|"
     "refused by|bloqu[eé]|gesperrt|подозр|заблокир|запрещ|封|拒绝|拒絕"},

    /* The message refused, and not a word of why. */
    {CLASS_CONTENT, AT_DATA | AT_DOT | AT_UNKNOWN, 5,
     "^\\d+[- ](?:\\d\\.\\d+\\.\\d+ )?(?:your |this |the )?" MESSAGE
      " (?:is |was |has been )?(?:refused|rejected|denied|not accepted)\\W*$"},

    /* The dialogue itself. */
    {CLASS_PROTOCOL, 0, 5,
     "syntax|sequence|unrecogni[sz]ed|unimplemented|"
     "not (?:implemented|recogni[sz]ed|understood|supported)|parameter|"
     "argument|"
     "(?:unknown|invalid|bad|illegal|unexpected|improper) (?:\\w+ )?command|"
     "command\\b.{0,30}(?:unknown|invalid|reject|not|order|pipelin)|"
     "\\b(?:need|expect|require|send|say|issue|give)\\w* (?:\\w+ )?(?:helo|"
      "ehlo|mail|rcpt|data)\\b|"
     "no recipients|start afresh|protocol"},

    {CLASS_NONE, 0, 0, NULL},
};

/* clang-format on */

/* RFC 3463 and the registry it founded, with RFC 5248, 7372, 7505, 8616 and
 * what Microsoft and Google add, in three steps. First the codes that say more
 * than the words beside them; ... */
const struct status_rule sure_statuses[] = {
    {1, 7, 8, CLASS_SENDER, CLASS_SENDER},
    {1, 90, 90, CLASS_RATE, CLASS_RATE},
    {2, 121, 122, CLASS_RATE, CLASS_RATE},
    {7, 12, 12, CLASS_SENDER, CLASS_SENDER},
    {7, 23, 26, CLASS_POLICY, CLASS_POLICY},
    {7, 60, 60, CLASS_SENDER, CLASS_SENDER},
    {7, 64, 64, CLASS_RELAY_DENIED, CLASS_RELAY_DENIED},
    {7, 120, 139, CLASS_SENDER, CLASS_SENDER},
    {7, 320, 329, CLASS_TLS, CLASS_TLS},
    {7, 501, 503, CLASS_SENDER, CLASS_POLICY},
    {7, 504, 505, CLASS_RECIPIENT, CLASS_POLICY},
    {7, 508, 508, CLASS_RATE, CLASS_RATE},
    {7, 512, 512, CLASS_CONTENT, CLASS_POLICY},
    {7, 700, 705, CLASS_RATE, CLASS_POLICY},
    {7, 750, 750, CLASS_SENDER, CLASS_POLICY},
    {7, 501, 999, CLASS_POLICY, CLASS_POLICY},
    {0, 0, 0, CLASS_NONE, CLASS_NONE},
};

/* ... then, after the clear words, the codes that are used for one thing only
 * and are seldom given wrongly; ... */
const struct status_rule clear_statuses[] = {
    {1, 1, 6, CLASS_RECIPIENT, CLASS_NONE},
    {1, 9, 10, CLASS_RECIPIENT, CLASS_NONE},
    {1, 350, 351, CLASS_RECIPIENT, CLASS_NONE},
    {2, 1, 1, CLASS_RECIPIENT, CLASS_NONE},
    {2, 2, 2, CLASS_MAILBOX_FULL, CLASS_MAILBOX_FULL},
    {2, 3, 3, CLASS_SIZE, CLASS_SIZE},
    {3, 4, 4, CLASS_SIZE, CLASS_SIZE},
    {4, 310, 310, CLASS_RECIPIENT, CLASS_NONE},
    {7, 8, 9, CLASS_AUTH, CLASS_AUTH},
    {7, 10, 10, CLASS_TLS, CLASS_TLS},
    {7, 11, 11, CLASS_AUTH, CLASS_AUTH},
    {7, 13, 13, CLASS_RECIPIENT, CLASS_RECIPIENT},
    {7, 17, 18, CLASS_RECIPIENT, CLASS_RECIPIENT},
    {7, 20, 27, CLASS_POLICY, CLASS_POLICY},
    {7, 28, 28, CLASS_RATE, CLASS_RATE},
    {7, 30, 30, CLASS_TLS, CLASS_TLS},
    {7, 57, 57, CLASS_AUTH, CLASS_AUTH},
    {0, 0, 0, CLASS_NONE, CLASS_NONE},
};

/* ... then the rest, after the vague words have had their say. X.1.0 does not
 * tell whose address, X.7.1 says "refused" and no more. */
const struct status_rule vague_statuses[] = {
    {1, 1, 6, CLASS_RECIPIENT, CLASS_RECIPIENT},
    {1, 20, 20, CLASS_CONTENT, CLASS_CONTENT},
    {2, 0, 1, CLASS_RECIPIENT, CLASS_NONE},
    {2, 4, 4, CLASS_RECIPIENT, CLASS_RECIPIENT},
    /* The mail system: its own trouble. */
    {3, 3, 3, CLASS_PROTOCOL, CLASS_SERVER},
    {3, 0, 0, CLASS_SERVER, CLASS_TEMPORARY},
    {3, 1, 190, CLASS_SERVER, CLASS_SERVER},
    /* Network and routing, behind the server that we speak to. */
    {4, 4, 4, CLASS_RECIPIENT, CLASS_SERVER},
    {4, 0, 999, CLASS_SERVER, CLASS_SERVER},
    /* The protocol, and the message. */
    {5, 3, 3, CLASS_RATE, CLASS_RATE},
    {5, 0, 6, CLASS_PROTOCOL, CLASS_NONE},
    {6, 0, 99, CLASS_CONTENT, CLASS_CONTENT},
    /* Security and policy. */
    {7, 2, 2, CLASS_SENDER, CLASS_SENDER},
    {7, 3, 4, CLASS_AUTH, CLASS_AUTH},
    {7, 16, 16, CLASS_SIZE, CLASS_SIZE},
    {7, 19, 19, CLASS_SERVER, CLASS_SERVER},
    {7, 0, 999, CLASS_POLICY, CLASS_POLICY},
    {0, 0, 0, CLASS_NONE, CLASS_NONE},
};

/* RFC 5321 4.2.2, RFC 4954 4, RFC 7504, and what is customary. */
const struct code_rule code_rules[] = {
    {530, 0, CLASS_AUTH},
    {534, 0, CLASS_AUTH},
    {535, 0, CLASS_AUTH},
    {538, 0, CLASS_AUTH},
    {4, AT_START, CLASS_GREETING},
    {5, AT_START, CLASS_GREETING},
    {421, 0, CLASS_SERVER},
    {451, 0, CLASS_TEMPORARY},
    {452, 0, CLASS_SERVER},
    {500, 0, CLASS_PROTOCOL},
    {501, AT_MAIL, CLASS_SENDER},
    {501, AT_RCPT, CLASS_RECIPIENT},
    {501, 0, CLASS_PROTOCOL},
    {502, 0, CLASS_PROTOCOL},
    {503, 0, CLASS_PROTOCOL},
    {504, 0, CLASS_PROTOCOL},
    {555, 0, CLASS_PROTOCOL},
    {521, 0, CLASS_POLICY},
    {525, 0, CLASS_RECIPIENT},
    {556, 0, CLASS_RECIPIENT},
    {571, 0, CLASS_POLICY},
    {541, 0, CLASS_CONTENT},
    {552, AT_DATA | AT_DOT | AT_MAIL, CLASS_SIZE},
    {552, 0, CLASS_MAILBOX_FULL},
    {553, AT_MAIL, CLASS_SENDER},
    {5, AT_MAIL, CLASS_POLICY},
    {550, AT_RCPT | AT_DATA, CLASS_RECIPIENT},
    {551, AT_RCPT | AT_DATA | AT_UNKNOWN, CLASS_RECIPIENT},
    {553, AT_RCPT | AT_DATA | AT_UNKNOWN, CLASS_RECIPIENT},
    {550, AT_DOT, CLASS_CONTENT},
    {554, AT_DOT, CLASS_CONTENT},
    {4, 0, CLASS_TEMPORARY},
    {5, 0, CLASS_PERMANENT},
    {0, 0, CLASS_NONE},
};
