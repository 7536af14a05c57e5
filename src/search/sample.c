/* sample.c - see search/sample.h. Its vector, made by us and by the database, tells whether both see
 * texts alike: a parser that was changed, a C library that takes other characters for letters or
 * digits, a dictionary that does not answer for a word alone as it does in a text.
 *
 * It must be cheap: each start of the service asks for its words, some hundreds.
 */
#include "search/sample.h"

/* PostgreSQL's limits (manual, section 12.11): the last position of all, positions of a lexeme, and
 * MAXSTRLEN, at which a word is passed over. */
#define LAST_POSITION   16383u
#define FIRST_LONG_WORD 2047u

static const char *const lines[] = {
    /* Words, stop words, cases, numbers, and what stands between them. */
    "The quick brown foxes are jumping over 12 lazy dogs' up-to-date e-mails; don't rock'n'roll!",
    "It is not the end of what we had: running RUNNING ran Runs runner; indices indexes index.",
    "-7 +2.5 1e-5 -3.14E+10 3.14 8.3.0 1.2.3.4.5 007 1e 1.e5 .5 5. 1é2é3é éé1éé 12-34 1,000,000 "
    "0x1F 1st x86_64",
    "foo-bar-baz foo-12 12-foo 2nd-hand x-1-y -a- a--b Über-Maß é-2 3-é under_score _a a_ "
    "snake_case_x",
    /* Addresses, paths, files, versions. */
    "http://www.example.com/a/b.html?c=d#e https://example.org ftp://h.example.net:21/pub www.a.co",
    "user.name@example.org a_b-c@mail-1.example.co.uk @x x@ x@y example.com:8080/x a.b "
    "127.0.0.1:80",
    "/usr/share/doc a.tar.gz ~/x ../y ./z /etc/passwd.d/x-y_z.conf C:\\dir\\file.txt lib.so.1.2 "
    "v1.2.3-rc4",
    "mailto:me file:///x svn+ssh://h.example/x //cdn.example.com/j.js /a?b=c&d=e "
    "example.com/~me/i.php",
    "aa../ ../.. .. . / // /a/../b ~ ~x /~/ a/b/c- a/b_ a.b/ .a/ -a/ a//b /a.-b ./-x ~/.rc a/~/b "
    "a/~b a/.b a/./b /.. /é/a "
    "a/é",
    "a-b_c.example.com a-.example.com a.-b.co a..b.co 1.a.co a.1.co a.b-c.d_e.fg:1/x a.co:x "
    "a_b.co-d a.c",
    "a@b-c.example a.@b.co @a.co a@.co a@b..co a@b.co. a@b_c.co é@b.co a+b@c.co a@1.2 http://-a.co "
    "http://a",
    "ß55x@y.zz h.co/x_y?a_b=c_d#e_f http://h.co/-_.~!*'();:@&=+$,/?%20[] 1E5 -1e009 2e3x 2E-3 "
    "+1E+1 1.5e1.5",
    /* Markup. */
    "&amp; &#65; &#x41; &nosuch; & &; <b title=\"x\">bold</b> <br/> <!-- no > --> <a "
    "href='x>y'>l</a>",
    "<?xml version=\"1.0\"?> <!DOCTYPE html> <script>if (a < b) c();</script> <style>p {}</style> "
    "<1 < x >",
    "&_x; &:y; &a.b-c_d:e; &1; &#x; &#1a; &#X2G; &a &-b; &é; <table>one</table> <tables> <_a> <:b> "
    "<a:b-c.d",
    "e_f='g' h=i j> <a b=\"c'd>e\"> <a b='\\'> <br / > </ a> </> <> <1> <é> <a<b> <!a> <!--> "
    "<!---> -->",
    "' \"> --> after </script> </style> everything",
    /* Letters of other scripts; some change their size, or become ASCII, in lower case. */
    "Écoles naïves, Straße ÜBER ÇA Øre Þorn Łódź ŽLUTÝ Ğ ISTANBUL İstanbul ısı ẞ ﬁne Ǆ ǅ ſ Ⱥ",
    "\u212aelvin \u2126hm \u212bngstr\u00f6m µ ª º ΛΟΓΟΣ λόγος Ἀθῆναι привет МИР Ёлка ҐАНОК Ӏ "
    "Ընկեր",
    "ქართული ᲥᲐᲠᲗᲣᲚᲘ שלום עִבְרִית العَرَبِيّة "
    "مرحبا "
    "فارسی\u200cها",
    "नमस्ते हिन्दी বাংলা தமிழ் తెలుగు ಕನ್ನಡ മലയാളം සිංහල ภาษาไทย สวัสดี ລາວ မြန်မာ ខ្មែរ བོད་ཡིག አማርኛ ᏣᎳᎩ",
    "ꮳꮃꭹ",
    "東京 漢字かな交じり文 カタカナ ﾊﾝｶｸ ＦＵＬＬ ｗｉｄｅ １２３ 한국어 조선말 ᄒᆞᆫ "
    "中文，標點。 𠀀𠮷 𐐀𐐨 𝒜𝔅 Ⴀ ⰀⰁ ⴰⵣⵓⵍ",
    /* Marks, digits, signs, spaces, and code points that no character has. */
    "x\u0301y e\u0301 \u0301 a\u200db a\u200cb a\u00adb a\u2019b a\ufe0fb \u0e31 \u093e o\u20dd "
    "n\u0303o",
    "½ ² ³ ① Ⅳ ⅳ ٣٤ ۴۵ ३४ ๓ 三 1٣ a٣ ٣a 1\u0660.5 \u0661\u0662.\u0663 € £5 №7 ™ © § ¶ ° × ÷ ≠ ← ★ "
    "😀 👩\u200d💻 🇩🇪",
    "a\u00a0b a\u2003b a\u3000b a\u202fb a\u2028b a\xc2\x85"
    "b a\u200bb a\ufeffb a\u2060b a\tb a\vb a\fb a\rb a\x01"
    "b a\x7f"
    "b",
    "a\u2013b \u2014 \u201cquoted\u201d \u00abx\u00bb \u2026 x\u00b7y ª\u30fbº \u0378 \ue000 "
    "a\ue000b \ufffd \U000e0041 "
    "\U0010fffd",
    "é@ü.de münchen.example/straße http://bücher.example/ä?ö=ü /tmp/é.txt ü-ber é_è 1é é1 é.1 "
    "..\u00a0x ..é",
};

/* Every type of token that configurations index, words that are stemmed and such that are not, and no
 * page of characters that is not above: all configurations of a server are asked about it. */
static const char *const short_lines[] = {
    "The foxes are jumping over 12 lazy dogs; it is not what we had: running RUNNING runner.",
    "-7 +2.5 1e-5 8.3.0 foo-bar foo-b12 12-foo Über-Maß é-2 1é2 "
    "http://www.example.com/a/b.html?c=d "
    "user.name@example.org www.example.com /usr/share/doc &amp; <b>",
    "Die Häuser und Straßen, les écoles naïves, los corazones, gli animali, as nações, бегущих "
    "людей, "
    "λόγος, ქართული, שלום, العربية, हिन्दी, தமிழ், Ընկեր, 東京",
};

static void add_times(struct buf *b, const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++)
        buf_add_str(b, text);
    buf_add_char(b, '\n');
}

/* The longest words that count, and those that do not any more. */
static void add_long_words(struct buf *b)
{
    add_times(b, "a", FIRST_LONG_WORD - 1);
    add_times(b, "b", FIRST_LONG_WORD);
    add_times(b, "é", FIRST_LONG_WORD / 2);
    add_times(b, "ü", FIRST_LONG_WORD / 2 + 1);
    add_times(b, "1", FIRST_LONG_WORD - 1);
    add_times(b, "c-", 40);
}

static void add_lines(struct buf *b, const char *const *list, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        buf_add_str(b, list[i]);
        buf_add_char(b, '\n');
    }
}

int sample_make_short(struct buf *ret)
{
    add_lines(ret, short_lines, ARRAY_SIZE(short_lines));
    return buf_error(ret);
}

int sample_make(struct buf *ret)
{
    add_lines(ret, lines, ARRAY_SIZE(lines));
    add_long_words(ret);
    add_times(ret, "again AGAIN ", 200);
    add_times(ret, "x ", LAST_POSITION);
    buf_add_str(ret, "the last words have one position, 1 of all\n");
    return buf_error(ret);
}
