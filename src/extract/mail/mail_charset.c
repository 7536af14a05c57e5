/* mail_charset.c - the text of messages to UTF-8.
 *
 * What a message says about its charset is often wrong, in a few ways that are worth knowing:
 * UTF-8 under the name of a Latin set, windows-1252 under the name of ISO-8859-1 (so browsers do,
 * WHATWG Encoding), the larger set of a family under the name of its first standard, bytes above
 * 127 in US-ASCII. A set that is unknown, or that many of the bytes mean nothing in, is detected
 * like that of any text file. Everything goes through ICU, whose tables are in memory: iconv(3)
 * would load a module, which the sandbox forbids.
 */
#include "extract/mail/mail_charset.h"

#include "extract/convert.h"

#include "base/utf8.h"

#include <string.h>

enum { MAX_NAME = 64 };

/* How a charset is read. */
enum kind {
    KIND_DETECT, /* the name says nothing; or it is UTF-8, which detection tries first */
    KIND_SINGLE, /* one byte a character: valid UTF-8 in it is no accident */
    KIND_MULTI,
    KIND_WIDE, /* ASCII bytes need not mean ASCII */
};

/* By the beginning of the name; the first row that fits counts. `encoding` NULL: the name itself. */
static const struct {
    const char *prefix;
    enum kind kind;
    const char *encoding;
} charsets[] = {
    {"utf-8", KIND_DETECT, NULL},
    {"utf8", KIND_DETECT, NULL},
    {"us-ascii", KIND_DETECT, NULL},
    {"ascii", KIND_DETECT, NULL},
    {"ansi_x3.4", KIND_DETECT, NULL},
    {"unknown", KIND_DETECT, NULL},
    {"x-unknown", KIND_DETECT, NULL},
    {"default", KIND_DETECT, NULL},
    {"unicode-1-1-utf-8", KIND_DETECT, NULL},
    {"iso-8859-15", KIND_SINGLE, NULL},
    {"iso-8859-11", KIND_SINGLE, "windows-874"},
    {"iso-8859-10", KIND_SINGLE, NULL},
    {"iso-8859-13", KIND_SINGLE, NULL},
    {"iso-8859-14", KIND_SINGLE, NULL},
    {"iso-8859-16", KIND_SINGLE, NULL},
    {"iso-8859-1", KIND_SINGLE, "windows-1252"},
    {"iso8859-15", KIND_SINGLE, "iso-8859-15"},
    {"iso8859-1", KIND_SINGLE, "windows-1252"},
    {"iso_8859-1", KIND_SINGLE, "windows-1252"},
    {"latin1", KIND_SINGLE, "windows-1252"},
    {"latin-1", KIND_SINGLE, "windows-1252"},
    {"iso-8859-8", KIND_SINGLE, "iso-8859-8"}, /* also -8-i and -8-e: the order of the letters */
    {"iso-8859-6", KIND_SINGLE, "iso-8859-6"},
    {"iso-8859-9", KIND_SINGLE, "windows-1254"},
    {"tis-620", KIND_SINGLE, "windows-874"},
    {"iso-8859", KIND_SINGLE, NULL},
    {"iso8859", KIND_SINGLE, NULL},
    {"windows-1", KIND_SINGLE, NULL},
    {"cp125", KIND_SINGLE, NULL},
    {"cp8", KIND_SINGLE, NULL},
    {"ibm8", KIND_SINGLE, NULL},
    {"koi8", KIND_SINGLE, NULL},
    {"mac", KIND_SINGLE, NULL},
    {"x-mac", KIND_SINGLE, NULL},
    {"gb2312", KIND_MULTI, "GB18030"},
    {"gb_2312", KIND_MULTI, "GB18030"},
    {"gbk", KIND_MULTI, "GB18030"},
    {"x-gbk", KIND_MULTI, "GB18030"},
    {"cp936", KIND_MULTI, "GB18030"},
    {"euc-cn", KIND_MULTI, "GB18030"},
    {"hz", KIND_WIDE, "HZ"},
    {"ks_c_5601", KIND_MULTI, "windows-949"},
    {"ksc5601", KIND_MULTI, "windows-949"},
    {"ksc_5601", KIND_MULTI, "windows-949"},
    {"euc-kr", KIND_MULTI, "windows-949"},
    {"cp949", KIND_MULTI, "windows-949"},
    {"shift_jis", KIND_MULTI, "windows-31j"},
    {"shift-jis", KIND_MULTI, "windows-31j"},
    {"sjis", KIND_MULTI, "windows-31j"},
    {"x-sjis", KIND_MULTI, "windows-31j"},
    {"cp932", KIND_MULTI, "windows-31j"},
    {"utf-7", KIND_WIDE, "UTF-7"},
    {"unicode-1-1-utf-7", KIND_WIDE, "UTF-7"},
    {"utf-16", KIND_WIDE, NULL},
    {"utf-32", KIND_WIDE, NULL},
    {"ucs", KIND_WIDE, NULL},
    {"iso-10646", KIND_WIDE, "UTF-16"},
    {"ibm0", KIND_WIDE, NULL}, /* EBCDIC */
};

struct charset {
    enum kind kind;
    const char *encoding;
    char name[MAX_NAME];
};

/* `name` may have spaces or quotes around it. */
static void look_up(const char *name, struct charset *ret)
{
    size_t n = 0;

    while (is_space(*name) || *name == '"' || *name == '\'')
        name++;
    for (; name[n] && n + 1 < MAX_NAME && !is_space(name[n]) && !strchr("\"';,", name[n]); n++)
        ret->name[n] = to_lower(name[n]);
    ret->name[n] = '\0';
    ret->kind = n == 0 ? KIND_DETECT : KIND_MULTI;
    ret->encoding = ret->name;
    for (size_t i = 0; i < ARRAY_SIZE(charsets); i++) {
        if (!starts_with(ret->name, n, charsets[i].prefix))
            continue;
        ret->kind = charsets[i].kind;
        ret->encoding = charsets[i].encoding ? charsets[i].encoding : ret->name;
        return;
    }
}

/* Every byte means what it means in ASCII; no escape sequence switches the set. */
static bool is_plain_ascii(const char *bytes, size_t n)
{
    unsigned char all = 0;

    for (size_t i = 0; i < n; i++)
        all |= (unsigned char)bytes[i];
    return all < 0x80 && !memchr(bytes, '\0', n) && !memchr(bytes, 0x1b, n);
}

/* What a text file with these bytes would say. */
static int detect(struct extractor *x, const char *bytes, size_t n, struct buf *to)
{
    struct decoded text;
    char name[64];
    size_t replaced;
    int r = decode_text(&x->decoder, bytes, n, false, &text);

    if (r < 0)
        return r;
    if (r == DECODE_BINARY)
        return convert_to_utf8("windows-1252", bytes, n, false, to, name, &replaced);
    buf_add(to, text.text, text.size);
    return buf_error(to);
}

/* Converts as the name says; what does not fit at all is taken back and detected. */
static int convert(struct extractor *x, const char *encoding, const char *bytes, size_t n,
                   struct buf *to)
{
    size_t before = to->size, replaced = 0;
    char name[64];
    int r = convert_to_utf8(encoding, bytes, n, false, to, name, &replaced);

    if (r < 0)
        return r;
    if (r == CONVERT_UNKNOWN || replaced > n / 10 + 1) {
        buf_truncate(to, before);
        return detect(x, bytes, n, to);
    }
    if (to->size - before >= 3 && memcmp(to->data + before, "\xef\xbb\xbf", 3) == 0) {
        memmove(to->data + before, to->data + before + 3, to->size - before - 3);
        buf_truncate(to, to->size - 3);
    }
    return 0;
}

int mail_charset_decode(struct extractor *x, const char *charset, const char *bytes, size_t n,
                        struct buf *to)
{
    struct charset c;

    look_up(charset, &c);
    if (n == 0)
        return 0;
    if (c.kind != KIND_WIDE && is_plain_ascii(bytes, n)) {
        buf_add(to, bytes, n);
        return buf_error(to);
    }
    if (c.kind == KIND_DETECT)
        return detect(x, bytes, n, to);
    if (c.kind == KIND_SINGLE && utf8_valid_prefix(bytes, n) == n) {
        buf_add(to, bytes, n);
        return buf_error(to);
    }
    return convert(x, c.encoding, bytes, n, to);
}
