/* test_mail.c - messages and mailboxes: what is shown, what is told about them, what is attached. */
#include "support.h"

/* Reads a fixture by its own name. */
static void read_fixture(const char *name)
{
    static char bytes[64 * 1024];
    char path[1000];
    FILE *file;
    size_t n;

    (void)snprintf(path, sizeof(path), "%s/mail/%s", getenv("FIXTURES"), name);
    file = fopen(path, "rb");
    assert_non_null(file);
    n = fread(bytes, 1, sizeof(bytes), file);
    (void)fclose(file);
    assert_in_range(n, 1, sizeof(bytes) - 1);
    read_bytes(name, bytes, n);
}

static void assert_part(size_t i, const char *path, const char *media_type, const char *body_text)
{
    assert_true(i < n_seen);
    assert_string_equal(seen[i].path, path);
    assert_string_equal(seen[i].media_type, media_type);
    if (body_text)
        assert_string_equal(seen[i].body, body_text);
}

static void a_message_has_people_text_and_attachments(void **state)
{
    (void)state;
    read_fixture("everything.eml");
    assert_string_equal(out.media_type, "message/rfc822");
    assert_true(out.supported);
    assert_string_equal(title(), "Quarterly figures – draft");
    assert_string_equal(out.language, "de");
    assert_string_equal(body(), "Subject: Quarterly figures – draft\n"
                                "From: Ann Author <ann@a.example>\n"
                                "To: Bob Bücher <bob@b.example>, carol@c.example\n"
                                "Cc: Dan <dan@d.example>\n"
                                "Date: Thu, 29 Feb 2024 13:05:00 +0100\n\n"
                                "Dear Bob,\n\nplease find the figures attached.\n\n-- \nAnn\n");
    assert_string_equal(meta("creator"), "\"Ann Author <ann@a.example>\"");
    assert_string_equal(meta("from"), "\"Ann Author <ann@a.example>\"");
    assert_string_equal(meta("to"), "\"Bob Bücher <bob@b.example>, carol@c.example\"");
    assert_string_equal(meta("cc"), "\"Dan <dan@d.example>\"");
    assert_string_equal(meta("created"), "\"2024-02-29T13:05:00+01:00\"");
    assert_string_equal(meta("message_id"), "\"<1@a.example>\"");
    assert_string_equal(meta("in_reply_to"), "\"<0@b.example>\"");
    assert_string_equal(meta("references"), "[\"<-1@a.example>\",\"<0@b.example>\"]");
    assert_string_equal(meta("reply_to"), "\"replies@a.example\"");
    assert_string_equal(meta("list_id"), "\"The list <list.a.example>\"");
    assert_string_equal(meta("keywords"), "\"figures, draft\"");
    assert_string_equal(meta("producer"), "\"Mailer/1.0\"");
    assert_string_equal(meta("attachments"),
                        "[\"part-1.png\",\"Zahlen für März.csv\",\"data.bin\"]");
    assert_string_equal(meta("encrypted"), "");
    assert_string_equal(meta("damaged"), "");
    assert_int_equal(n_seen, 3);
    assert_part(0, "part-1.png", "image/png", NULL);
    assert_part(1, "Zahlen für März.csv", "text/csv", "Zahl;1\n");
    assert_int_equal(seen[2].size, 13);
}

static const struct {
    const char *name, *text;
} charsets[] = {
    {"utf-8", "Grüße 日本語 😀"},
    {"iso-8859-1", "Élève à Málaga"},
    {"iso-8859-2", "Zażółć gęślą jaźń"},
    {"iso-8859-5", "Съешь ещё булок"},
    {"iso-8859-7", "Καλημέρα κόσμε"},
    {"iso-8859-8", "שלום עולם"},
    {"iso-8859-9", "Şişli'de ığdır"},
    {"iso-8859-15", "Œuvre à 5 €"},
    {"windows-1250", "Příliš žluťoučký kůň"},
    {"windows-1251", "Привет, мир"},
    {"windows-1252", "“quoted” – 5 €"},
    {"windows-1253", "Γειά σου Κόσμε"},
    {"windows-1254", "İstanbul’da yağmur"},
    {"windows-1255", "שלום ₪"},
    {"windows-1256", "مرحبا بالعالم"},
    {"windows-1257", "Ąžuolas žaliuoja"},
    {"windows-1258", "Đà Nang"},
    {"koi8-r", "Широкая электрификация"},
    {"koi8-u", "Їжак і ґанок"},
    {"gb2312", "你好世界"},
    {"gbk", "你好世界開"},
    {"gb18030", "你好世界€"},
    {"big5", "繁體中文測試"},
    {"hz-gb-2312", "你好世界"},
    {"euc-jp", "日本語テスト"},
    {"shift_jis", "日本語テスト①"},
    {"iso-2022-jp", "日本語テスト"},
    {"euc-kr", "안녕하세요 세계"},
    {"ks_c_5601-1987", "안녕하세요 똠방각하"},
    {"tis-620", "สวัสดีชาวโลก"},
    {"utf-16", "Wide ünïcödé"},
    {"utf-7", "Hällo – wörld"},
    {"x-mac-roman", "Œuvre déjà vue"},
};

static void every_charset_is_read_in_header_and_body(void **state)
{
    char name[100], expected[1000];

    (void)state;
    for (size_t i = 0; i < sizeof(charsets) / sizeof(charsets[0]); i++) {
        (void)snprintf(name, sizeof(name), "charset-%s.eml", charsets[i].name);
        (void)snprintf(expected, sizeof(expected),
                       "Subject: %s\nFrom: %s <a@b.example>\nTo: c@d.example\n\n%s\n",
                       charsets[i].text, charsets[i].text, charsets[i].text);
        read_fixture(name);
        assert_string_equal(title(), charsets[i].text);
        assert_string_equal(body(), expected);
        assert_string_equal(meta("encoding"), "");
    }
}

/* What a message says about its charset, its bytes, and what it means. */
static const struct {
    const char *charset, *bytes, *text;
} lies[] = {
    {"iso-8859-1", "caf\xc3\xa9 \xe2\x82\xac", "café €"}, /* is UTF-8 */
    {"us-ascii", "caf\xc3\xa9", "café"},
    {"us-ascii", "caf\xe9 cr\xe8me", "café crème"},
    {"utf-8",
     "caf\xe9 cr\xe8me br\xfbl\xe9"
     "e",
     "café crème brûlée"},
    {"iso-8859-1", "\x93quoted\x94", "“quoted”"}, /* is windows-1252 */
    {"no-such-set", "caf\xc3\xa9", "café"},
    {"\" utf-8 \"", "caf\xc3\xa9", "café"},
    {"", "caf\xc3\xa9", "café"},
    {"gb2312", "\xc4\xe3\xba\xc3\xe9_", "你好開"}, /* is GBK */
};

static void a_charset_that_is_not_the_right_one(void **state)
{
    char text[1000], expected[1000];

    (void)state;
    for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
        (void)snprintf(text, sizeof(text),
                       "From: a@b.example\nTo: c\nContent-Type: text/plain; charset=%s\n\n%s\n",
                       lies[i].charset, lies[i].bytes);
        (void)snprintf(expected, sizeof(expected), "From: a@b.example\nTo: c\n\n%s\n",
                       lies[i].text);
        read_text("a.eml", text);
        assert_string_equal(body(), expected);
    }
}

static void encoded_words_however_broken(void **state)
{
    (void)state;
    read_fixture("words.eml");
    assert_string_equal(title(), "日本語の件名 and no spacetail caféwhat?€");
    assert_string_equal(meta("from"),
                        "\"Jürgen Müller <j@x.example>, \\\"André\\\" <andre@x.example>\"");
    assert_string_equal(meta("to"), "\"Ä (comment) <a@b.example>\"");
    read_text("a", "From: a@b.example\nSubject: =?x?y?z?= =?utf-8?Q =?utf-8?Q?a_=ZZ?= =?=\n\nx");
    assert_string_equal(title(), "=?x?y?z?= =?utf-8?Q a =ZZ =?=");
}

static void bytes_in_the_header_are_in_the_charset_of_the_message(void **state)
{
    (void)state;
    read_text("a", "From: \xf0\xd2\xc9\xd7\xc5\xd4 <a@b.example>\nSubject: x\n"
                   "Content-Type: text/plain; charset=koi8-r\n\n\xcd\xc9\xd2");
    assert_string_equal(meta("from"), "\"Привет <a@b.example>\"");
    assert_string_equal(body(), "Subject: x\nFrom: Привет <a@b.example>\n\nмир\n");
}

static void parameters_however_written(void **state)
{
    (void)state;
    read_fixture("parameters.eml");
    assert_string_equal(body(), "Subject: parameters\nFrom: a@b.example\n\nText.\n");
    assert_string_equal(meta("attachments"), "[\"€ rates 1.bin\",\"äöü.txt\",\"My File.txt\","
                                             "\"three.txt\",\"café.txt\",\"part-6.gif\"]");
    assert_int_equal(n_seen, 6);
    assert_part(1, "äöü.txt", "text/plain", "Привет");
    assert_part(2, "My File.txt", "text/plain", "two");
    assert_part(3, "three.txt", "text/plain", "three");
    read_text("a.eml", "From: a@b.example\nContent-Type: multipart/mixed boundary=x charset=y\n\n"
                       "--x\n\nText\n--x\nContent-Type: a/b name=\"un\\\"quoted\n\nz\n--x--");
    assert_string_equal(body(), "From: a@b.example\n\nText\n");
    assert_part(0, "un\"quoted", "text/plain", "z");
}

static void transfer_encodings_however_broken(void **state)
{
    (void)state;
    read_fixture("quoted-printable.eml");
    assert_string_equal(strstr(body(), "soft"), "soft line, café, 1=2, =ZZ, spaces at the end\n"
                                                "missing digit =C\nend\n");
    read_fixture("base64.eml");
    assert_string_equal(strstr(body(), "One"), "One two three\n");
    read_text("a.eml", "From: a@b.example\nContent-Type: a/b; name=c.bin\n"
                       "Content-Transfer-Encoding: x-uuencode\n\n"
                       "begin 644 c\n%:&5L;&\\\n`\nend\nmore\n");
    assert_part(0, "c.bin", "text/plain", "hello");
}

static void flowed_and_enriched_text_is_text(void **state)
{
    (void)state;
    read_fixture("flowed.eml");
    assert_string_equal(strstr(body(), "One"),
                        "One paragraph that goes on.\n\n> quoted text\nanswer \n>> deeper\n"
                        "From stuffed\n-- \nAnn\n");
    read_text("a.eml", "From: a@b.example\nContent-Type: text/plain; format=flowed; delsp=yes\n\n"
                       "wo \nrd\n");
    assert_string_equal(body(), "From: a@b.example\n\nword\n");
    read_fixture("enriched.eml");
    assert_string_equal(strstr(body(), "Now"), "Now is the time\nfor < all.\n");
}

static void html_is_shown_when_there_is_nothing_better(void **state)
{
    (void)state;
    read_fixture("html.eml");
    assert_string_equal(strstr(body(), "News\n"), "News\nOne\xc2\xa0thing\na\tb\n");
    assert_int_equal(n_seen, 0);
    read_fixture("stub.eml");
    assert_null(strstr(body(), "cannot show"));
    assert_non_null(strstr(body(), "\n\nThis is what the sender wanted to say"));
    assert_int_equal(n_seen, 0);
    assert_string_equal(title(), "Stub");
    read_text("a.eml", "From: a@b.example\nContent-Type: multipart/alternative; boundary=x\n\n"
                       "--x\n\nplain\n--x\nContent-Type: text/x-amp-html\n\n<p>for one program\n"
                       "--x\nContent-Type: text/html\n\n<p>page\n--x--\n");
    assert_string_equal(body(), "From: a@b.example\n\nplain\n");
    assert_string_equal(meta("attachments"), "");
    read_text("a.eml", "From: a@b.example\n\n<html><p>Page</p></html>");
    assert_string_equal(body(), "From: a@b.example\n\nPage\n");
}

static void messages_inside_are_parts_with_parts(void **state)
{
    (void)state;
    read_fixture("forwarded.eml");
    assert_string_equal(strstr(body(), "See"), "See below.\n");
    assert_int_equal(n_seen, 2);
    assert_part(0, "inner.txt", "text/plain", "attached to the inner one\r\n");
    assert_part(1, "The inner message.eml", "message/rfc822", NULL);
    assert_int_equal(seen[1].parent, 0);
    assert_int_equal(seen[0].parent, seen[1].number);
    assert_string_equal(strstr(seen[1].body, "Inner"), "Inner text.\n");
    assert_string_equal(seen[1].title, "The inner message");
    read_fixture("digest.eml");
    assert_int_equal(n_seen, 2);
    assert_part(0, "first.eml", "message/rfc822",
                "Subject: first\nFrom: one@a.example\n\nFirst text\n");
    assert_part(1, "second_2.eml", "message/rfc822", NULL);
    read_fixture("report.eml");
    assert_part(0, "part-1.txt", "text/plain", "Reporting-MTA: dns; a.example");
    assert_part(1, "lost.eml", "message/rfc822", NULL);
}

static void signatures_pages_and_secrets(void **state)
{
    (void)state;
    read_fixture("signed.eml");
    assert_string_equal(body(), "Subject: Signed\nFrom: ann@a.example\n\nThis is signed.\n");
    assert_part(0, "signature.asc", "text/plain", NULL);
    assert_string_equal(meta("encrypted"), "");
    read_fixture("encrypted.eml");
    assert_string_equal(meta("encrypted"), "\"true\"");
    assert_int_equal(n_seen, 2);
    read_text("a.eml", "From: a@b.example\n\n-----BEGIN PGP MESSAGE-----\n\nx");
    assert_string_equal(meta("encrypted"), "\"true\"");
    read_text("a.eml", "From: a@b.example\nContent-Type: application/pkcs7-mime; "
                       "smime-type=enveloped-data; name=smime.p7m\n\nx");
    assert_string_equal(meta("encrypted"), "\"true\"");
    assert_part(0, "smime.p7m", "text/plain", "x");
    read_fixture("page.mht");
    assert_string_equal(out.media_type, "message/rfc822");
    assert_string_equal(strstr(body(), "Caf"), "Café\n");
    assert_string_equal(meta("attachments"), "[\"style.css\",\"frame.html\"]");
}

static void several_texts_are_all_shown(void **state)
{
    (void)state;
    read_text("a.eml", "From: a@b.example\nContent-Type: multipart/mixed; boundary=x\n\n"
                       "--x\nContent-Disposition: inline; filename=first.txt\n\none\n\n"
                       "--x\nContent-Type: text/html\n\n<p>two\n"
                       "--x\nContent-Disposition: inline; filename=\"three.txt\"\n\nthree\n"
                       "--x\nContent-Type: text/x-diff\n\n-four\n"
                       "--x\nContent-Type: text/calendar\n\nBEGIN:VCALENDAR\n"
                       "--x\nContent-Disposition: attachment\n\nfive\n--x--\n");
    assert_string_equal(body(), "From: a@b.example\n\none\n\ntwo\n\n-four\n");
    assert_string_equal(meta("attachments"), "[\"three.txt\",\"part-2.ics\",\"part-3.txt\"]");
    read_text("a.eml", "From: a@b.example\nContent-Disposition: attachment\n\nall there is\n");
    assert_string_equal(body(), "From: a@b.example\n\nall there is\n");
    assert_int_equal(n_seen, 0);
}

static const struct {
    const char *text, *iso;
} dates[] = {
    {"Thu, 29 Feb 2024 13:05:00 +0100 (CET)", "2024-02-29T13:05:00+01:00"},
    {"29 Feb 24 13:05 EST", "2024-02-29T13:05:00-05:00"},
    {"Thu Feb 29 13:05:09 2024", "2024-02-29T13:05:09"},
    {"Thu, 29 Feb 2024 13:05:00 GMT", "2024-02-29T13:05:00Z"},
    {"Thu, 29 Feb 2024 13:05:00 -0330", "2024-02-29T13:05:00-03:30"},
    {"29-Feb-2024 13:05:00-0330", "2024-02-29T13:05:00-03:30"},
    {"Thursday, February 29, 2024 1:05 PM", "2024-02-29T13:05:00"},
    {"2024-02-29 13:05:00 +0100", "2024-02-29T13:05:00+01:00"},
    {"Fri, 1 Oct 99 09:05:00 +0000", "1999-10-01T09:05:00Z"},
    {"Thu, 30 Feb 2024 13:05:00 +0100", "Thu, 30 Feb 2024 13:05:00 +0100"},
    {"29 Feb 2024 25:05:00 +0100", "29 Feb 2024 25:05:00 +0100"},
    {"soon", "soon"},
};

static void dates_in_every_form(void **state)
{
    char text[200], expected[200];

    (void)state;
    for (size_t i = 0; i < sizeof(dates) / sizeof(dates[0]); i++) {
        (void)snprintf(text, sizeof(text), "From: a@b.example\nDate: %s\n\nx", dates[i].text);
        (void)snprintf(expected, sizeof(expected), "\"%s\"", dates[i].iso);
        read_text("a.eml", text);
        assert_string_equal(meta("created"), expected);
    }
}

static void a_mailbox_is_a_list_of_messages(void **state)
{
    (void)state;
    read_fixture("box.mbox");
    assert_string_equal(out.media_type, "application/mbox");
    assert_string_equal(body(), "Thu, 29 Feb 2024 13:05:00 +0100\tFirst\n"
                                "Thu, 29 Feb 2024 13:05:00 +0100\tZweite – Nachricht\n"
                                "Thu, 29 Feb 2024 13:05:00 +0100\tThird\n");
    assert_string_equal(meta("message_count"), "3");
    assert_int_equal(n_seen, 3);
    assert_part(0, "message-1.eml", "message/rfc822", NULL);
    assert_string_equal(strstr(seen[0].body, "One"),
                        "One.\n\nFrom here on it is quoted.\nFrom now on as well.\n");
    assert_string_equal(strstr(seen[1].body, "Two"), "Two. ü\n");
    assert_part(2, "message-3.eml", "message/rfc822", NULL);
}

static void only_separators_separate(void **state)
{
    (void)state;
    read_text("a", "From a@b Thu Feb 29 13:05:00 2024\nFrom: a@b\nSubject: one\n\ntext\n\n"
                   "From the start, at 13:05 2024\nno field\n>>From here\n"
                   "From above\nNote: no message\n"
                   "From - \nFrom: c@d\nSubject: two\n\nmore\r\n\r\n"
                   "From MAILER\r\nReceived: x\r\nSubject: three\r\n\r\n");
    assert_string_equal(meta("message_count"), "3");
    assert_string_equal(body(), "\tone\n\ttwo\n\tthree\n");
    assert_string_equal(strstr(seen[0].body, "text"),
                        "text\n\nFrom the start, at 13:05 2024\nno field\n>From here\n"
                        "From above\nNote: no message\n");
}

static void what_is_missing_or_cut_is_told(void **state)
{
    const char head[] = "From: a@b.example\nContent-Type: multipart/mixed; boundary=x\n\n"
                        "--x\n\ntext\n--x\nContent-Type: a/b; name=c.bin\n\npart";

    (void)state;
    read_text("a.eml", head);
    assert_string_equal(meta("damaged"), "\"the last boundary is missing\"");
    assert_string_equal(body(), "From: a@b.example\n\ntext\n");
    assert_part(0, "c.bin", "text/plain", "part");
    read_head("a.eml", head, strlen(head), true);
    assert_true(out.truncated);
    assert_true(seen[0].truncated);
    read_text("a.eml",
              "From: a@b.example\nContent-Type: multipart/mixed; boundary=y\n\n"
              "--x\nContent-Type: text/plain\n\none\n--x\nContent-Type: a/b\n\ntwo\n--x--");
    assert_string_equal(body(), "From: a@b.example\n\none\n");
    assert_int_equal(n_seen, 1);
    read_text("a.eml", "From: a@b.example\nContent-Type: multipart/mixed; boundary=y\n\nonly text");
    assert_string_equal(body(), "From: a@b.example\n\nonly text\n");
    read_text("a.eml", "From: a@b.example\nTo: b\nno field\nx: y\n");
    assert_string_equal(body(), "From: a@b.example\nTo: b\n\nno field\nx: y\n");
}

/* Without anybody to take parts, or with a bound of none, they are named. */
static void parts_that_nobody_takes_are_named(void **state)
{
    const char text[] = "From: a@b.example\nContent-Type: multipart/mixed; boundary=x\n\n"
                        "--x\n\ntext\n--x\nContent-Type: a/b; name=c.bin\n\npart\n--x--";
    struct extract_input in = {.name = "a.eml", .bytes = text, .size = sizeof(text) - 1};

    (void)state;
    forget_parts();
    assert_int_equal(extract_document(extractor, &in, &out), 0);
    assert_valid(&out);
    assert_string_equal(meta("attachments"), "[\"c.bin\"]");
    assert_false(out.truncated);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_message_has_people_text_and_attachments),
        cmocka_unit_test(every_charset_is_read_in_header_and_body),
        cmocka_unit_test(a_charset_that_is_not_the_right_one),
        cmocka_unit_test(encoded_words_however_broken),
        cmocka_unit_test(bytes_in_the_header_are_in_the_charset_of_the_message),
        cmocka_unit_test(parameters_however_written),
        cmocka_unit_test(transfer_encodings_however_broken),
        cmocka_unit_test(flowed_and_enriched_text_is_text),
        cmocka_unit_test(html_is_shown_when_there_is_nothing_better),
        cmocka_unit_test(messages_inside_are_parts_with_parts),
        cmocka_unit_test(signatures_pages_and_secrets),
        cmocka_unit_test(several_texts_are_all_shown),
        cmocka_unit_test(dates_in_every_form),
        cmocka_unit_test(a_mailbox_is_a_list_of_messages),
        cmocka_unit_test(only_separators_separate),
        cmocka_unit_test(what_is_missing_or_cut_is_told),
        cmocka_unit_test(parts_that_nobody_takes_are_named),
    };

    return cmocka_run_group_tests(tests, open_extractor, close_extractor);
}
