/* rtf_text.c - the text of RTF: bytes of many encodings to UTF-8, and to the place where it goes.
 *
 * A byte's encoding is that of its font. Code pages with one byte a character have a table of their
 * upper half, made once by ICU; for the others bytes are collected (`run`) until something else
 * comes, for a character may lie across escapes and line ends. The body is passed on in pieces;
 * footnotes, headers and comments are collected and come behind it, so that a sentence is not torn
 * by its footnote. Ends of lines and cells are written when something stands behind them: rows end without
 * tabs, and a paragraph's end before that of its cell is none.
 */
#include "extract/office/rtf.h"

#include "base/utf8.h"
#include "extract/convert.h"

#include <stdlib.h>
#include <string.h>

enum { BODY_PIECE = 8192 };

bool rtf_is_shown(const struct rtf *r)
{
    switch (r->now.place) {
    case RTF_BODY:
    case RTF_NOTES:
        return !r->now.hidden && !r->now.deleted;
    case RTF_VALUE:
    case RTF_FONTS:
        return true;
    default:
        return false;
    }
}

static struct rtf_out *out_of(struct rtf *r)
{
    return r->now.place == RTF_NOTES ? &r->notes : &r->body;
}

void rtf_flush_body(struct rtf *r)
{
    struct buf *text = &r->body.text;

    if (buf_error(text))
        r->failed = true;
    if (text->size > 0)
        result_text(r->d, text->data, text->size);
    buf_clear(text);
}

/* Characters a language, so that the commonest can be told. */
static void count_language(struct rtf *r, size_t n)
{
    for (unsigned i = 0; i < RTF_LANGUAGES; i++) {
        if (r->languages[i].n_bytes == 0)
            r->languages[i].id = r->now.language;
        if (r->languages[i].id == r->now.language) {
            r->languages[i].n_bytes += n;
            return;
        }
    }
}

static void add(struct rtf *r, const char *text, size_t n)
{
    struct rtf_out *out = out_of(r);

    for (; out->n_lines > 0; out->n_lines--)
        buf_add_char(&out->text, '\n');
    for (; out->n_tabs > 0; out->n_tabs--)
        buf_add_char(&out->text, '\t');
    for (; out->n_inner > 0; out->n_inner--)
        buf_add_char(&out->text, '\n');
    buf_add(&out->text, text, n);
    r->has_body = r->has_body || out == &r->body;
    if (out == &r->body && out->text.size >= BODY_PIECE)
        rtf_flush_body(r);
    if (out == &r->notes && out->text.size > r->d->limits->max_text_bytes)
        r->now.place = RTF_SKIP; /* more than can be told */
}

/* A font that is called Symbol has its own letters, whatever character set it claims. */
static void look_at_font_name(struct rtf *r)
{
    static const char symbol[] = "Symbol";
    unsigned page = r->font < r->n_fonts ? r->fonts[r->font] : 0;
    const char *name = buf_text(&r->value);

    if ((page == 0 || page == RTF_PICTURE_PAGE) && strncmp(name, symbol, strlen(symbol)) == 0)
        rtf_set_font(r, r->font, RTF_SYMBOL_PAGE);
    if (r->value.size > 0 && name[r->value.size - 1] == ';')
        buf_clear(&r->value);
}

void rtf_put(struct rtf *r, const char *text, size_t n)
{
    rtf_flush_run(r);
    r->lead = 0; /* half a pair is none */
    if (!rtf_is_shown(r) || n == 0)
        return;
    if (r->now.place == RTF_VALUE || r->now.place == RTF_FONTS) {
        if (r->value.size + n <= RTF_MAX_VALUE)
            buf_add(&r->value, text, n);
        if (r->now.place == RTF_FONTS)
            look_at_font_name(r);
        return;
    }
    if (r->now.place == RTF_BODY)
        count_language(r, n);
    add(r, text, n);
}

/* Where lines and cells end now; NULL: nowhere. */
static struct rtf_out *open_out(struct rtf *r)
{
    rtf_flush_run(r);
    return r->now.place == RTF_BODY || r->now.place == RTF_NOTES ? out_of(r) : NULL;
}

static bool is_empty_line(const struct rtf *r, const struct rtf_out *out)
{
    return out->n_lines + out->n_tabs + out->n_inner > 0 ||
           (out == &r->body ? !r->has_body : out->text.size == r->note_at);
}

void rtf_end_cell(struct rtf *r)
{
    struct rtf_out *out = open_out(r);

    if (!out)
        return;
    out->n_inner = 0;
    out->n_tabs++;
}

void rtf_end_row(struct rtf *r)
{
    struct rtf_out *out = open_out(r);

    if (!out)
        return;
    out->n_inner = out->n_tabs = 0;
    if (out->n_lines < RTF_MAX_LINES && (out != &r->body || r->has_body))
        out->n_lines++;
}

void rtf_end_line(struct rtf *r)
{
    struct rtf_out *out = open_out(r);

    if (r->now.place == RTF_VALUE)
        rtf_put(r, "\n", 1);
    if (!out || !r->now.in_table)
        rtf_end_row(r);
    else if (out->n_inner < RTF_MAX_LINES)
        out->n_inner++;
}

void rtf_break_line(struct rtf *r)
{
    const struct rtf_out *out = open_out(r);

    if (out && !is_empty_line(r, out))
        rtf_end_line(r);
}

void rtf_put_tab(struct rtf *r)
{
    const struct rtf_out *out = open_out(r);

    if (!out || !is_empty_line(r, out))
        rtf_put(r, "\t", 1);
}

/* ---- encodings ---- */

/* Makes the table of the page's upper half: each byte alone gives one character. */
static void fill_page(struct rtf *r, struct rtf_page *p, unsigned number)
{
    char bytes[128], buffer[32], name[64];
    size_t replaced, at = 0, n;

    for (unsigned i = 0; i < 128; i++)
        bytes[i] = (char)(0x80 + i);
    *p = (struct rtf_page){.number = number, .wide = true};
    buf_clear(&r->converted);
    if (convert_to_utf8(rtf_page_name(number, buffer), bytes, sizeof(bytes), false, &r->converted,
                        name, &replaced) != 0)
        buf_clear(&r->converted);
    for (unsigned i = 0; i < 128; i++) {
        n = utf8_sequence(buf_text(&r->converted) + at, r->converted.size - at);
        memcpy(p->characters[i], buf_text(&r->converted) + at, n);
        at += n;
        if (n == 0 || n == 4)
            return;
    }
    p->wide = at != r->converted.size;
}

static bool is_wide(unsigned page)
{
    return page == 932 || page == 936 || page == 949 || page == 950 || page == 65001 ||
           page == 54936 || page == 51932 || page == 51949;
}

/* The table of the page; one that nobody can convert is the commonest. */
static const struct rtf_page *find_page(struct rtf *r, unsigned number)
{
    struct rtf_page *p;

    for (unsigned i = 0; i < RTF_PAGES; i++) {
        if (r->pages[i].number == number)
            return &r->pages[i];
    }
    p = &r->pages[r->next_page++ % RTF_PAGES];
    if (is_wide(number))
        *p = (struct rtf_page){.number = number, .wide = true};
    else
        fill_page(r, p, number);
    if (p->wide && !is_wide(number)) {
        fill_page(r, p, RTF_DEFAULT_PAGE);
        p->number = number;
    }
    return p;
}

void rtf_set_font(struct rtf *r, unsigned number, unsigned page)
{
    size_t n = MAX(number + 1, MIN(2 * r->n_fonts, (size_t)RTF_MAX_FONTS));
    uint16_t *fonts = r->fonts;

    if (number >= RTF_MAX_FONTS || page > UINT16_MAX)
        return;
    if (number >= r->n_fonts) {
        fonts = realloc(fonts, n * sizeof(*fonts));
        if (!fonts) {
            r->failed = true;
            return;
        }
        memset(fonts + r->n_fonts, 0, (n - r->n_fonts) * sizeof(*fonts));
        r->fonts = fonts;
        r->n_fonts = n;
    }
    fonts[number] = (uint16_t)page;
}

static unsigned page_now(const struct rtf *r)
{
    unsigned font = r->now.far_east ? r->now.far_east_font : r->now.font;

    if (r->now.place == RTF_VALUE)
        return r->page;
    if (r->now.place == RTF_FONTS)
        font = r->font;
    return font < r->n_fonts && r->fonts[font] ? r->fonts[font] : r->page;
}

void rtf_flush_run(struct rtf *r)
{
    char buffer[32], name[64];
    size_t replaced;
    int e;

    if (r->run.size == 0)
        return;
    buf_clear(&r->converted);
    e = convert_to_utf8(rtf_page_name(r->run_page, buffer), r->run.data, r->run.size, false,
                        &r->converted, name, &replaced);
    r->failed = r->failed || e < 0;
    buf_clear(&r->run);
    rtf_put(r, buf_text(&r->converted), r->converted.size);
}

/* ---- characters ---- */

/* A byte of a font of pictures: a bullet is the only one that says something. */
static void put_picture(struct rtf *r, uint8_t byte, bool is_symbol)
{
    uint32_t c = is_symbol ? rtf_symbol(byte) : byte < 0x7f ? byte : 0x2022;
    char text[4];

    if (c >= ' ')
        rtf_put(r, text, utf8_encode(c, text));
}

void rtf_put_unicode(struct rtf *r, uint32_t c)
{
    char text[4];

    if (r->lead && c >= 0xdc00 && c < 0xe000)
        c = 0x10000 + ((r->lead - 0xd800) << 10) + (c - 0xdc00);
    r->lead = c >= 0xd800 && c < 0xdc00 ? c : 0;
    if (r->lead)
        return;
    if (c >= 0xf020 && c <= 0xf0ff)
        put_picture(r, (uint8_t)c, page_now(r) == RTF_SYMBOL_PAGE);
    else if (c == '\t' || c >= ' ')
        rtf_put(r, text,
                utf8_encode(c > 0x10ffff || (c >= 0xdc00 && c < 0xe000) ? 0xfffd : c, text));
}

static void put_wide(struct rtf *r, unsigned page, uint8_t byte)
{
    if (r->run.size > 0 && r->run_page != page)
        rtf_flush_run(r);
    r->run_page = page;
    buf_add_char(&r->run, (char)byte);
    if (buf_error(&r->run))
        r->failed = true;
}

void rtf_put_byte(struct rtf *r, uint8_t byte, bool is_escaped)
{
    const struct rtf_page *p;
    unsigned page;
    char ascii = (char)byte;

    if (!rtf_is_shown(r) || (byte < ' ' && byte != '\t') || byte == 0x7f)
        return;
    page = !is_escaped && r->raw_utf8 && byte >= 0x80 ? 65001 : page_now(r);
    if (page == RTF_SYMBOL_PAGE || page == RTF_PICTURE_PAGE) {
        put_picture(r, byte, page == RTF_SYMBOL_PAGE);
        return;
    }
    if (byte < 0x80 && r->run.size == 0) {
        rtf_put(r, &ascii, 1);
        return;
    }
    p = byte < 0x80 && r->run_page == page ? NULL : find_page(r, page);
    if (!p || p->wide)
        put_wide(r, page, byte);
    else if (byte < 0x80)
        rtf_put(r, &ascii, 1);
    else
        rtf_put(r, p->characters[byte - 0x80], strnlen(p->characters[byte - 0x80], 4));
}

void rtf_put_plain(struct rtf *r, const char *text, size_t n)
{
    unsigned page;

    if (!rtf_is_shown(r))
        return;
    page = page_now(r);
    if (r->run.size == 0 && page != RTF_SYMBOL_PAGE && page != RTF_PICTURE_PAGE) {
        rtf_put(r, text, n);
        return;
    }
    for (size_t i = 0; i < n; i++)
        rtf_put_byte(r, (uint8_t)text[i], false);
}

/* ---- ends of places ---- */

/* The header of a section is often that of one before: then it is taken back. */
static void end_note(struct rtf *r, bool may_repeat)
{
    struct buf *text = &r->notes.text;
    uint64_t hash = 0xcbf29ce484222325u; /* FNV-1a */
    uint64_t *slot;

    r->notes.n_lines = r->notes.n_tabs = r->notes.n_inner = 0;
    while (text->size > r->note_at && is_space(text->data[text->size - 1]))
        buf_truncate(text, text->size - 1);
    if (text->size <= r->note_at)
        return;
    for (size_t i = r->note_at; i < text->size; i++)
        hash = (hash ^ (uint8_t)text->data[i]) * 0x100000001b3u;
    slot = &r->header_hashes[hash % ARRAY_SIZE(r->header_hashes)];
    if (may_repeat && *slot == hash)
        buf_truncate(text, r->note_at);
    else
        buf_add_char(text, '\n');
    if (may_repeat)
        *slot = hash;
    r->note_at = text->size;
}

static void end_value(struct rtf *r, unsigned field)
{
    static const char *const keys[] = {
        [RTF_CREATOR] = "creator",         [RTF_SUBJECT] = "subject",
        [RTF_KEYWORDS] = "keywords",       [RTF_DESCRIPTION] = "description",
        [RTF_LAST_AUTHOR] = "last_author", [RTF_MANAGER] = "manager",
        [RTF_COMPANY] = "company",         [RTF_CATEGORY] = "category",
        [RTF_PRODUCER] = "producer",       [RTF_CREATED] = "created",
        [RTF_MODIFIED] = "modified",
    };
    const char *text = buf_text(&r->value);
    size_t n = r->value.size;

    trim(&text, &n);
    if (field == RTF_PRODUCER && n > 0 && text[n - 1] == ';')
        n--;
    if (field == RTF_TITLE)
        result_title(r->d, text, n);
    else if (field == RTF_CREATED || field == RTF_MODIFIED)
        result_meta_date(r->d, keys[field], &r->date, NULL, 0);
    else
        result_meta_str(r->d, keys[field], text, n);
    buf_clear(&r->value);
}

void rtf_leave(struct rtf *r, const struct rtf_state *inside)
{
    if (inside->field == RTF_BOX && r->now.place == RTF_HUSH) {
        r->now.place = inside->place;
        rtf_break_line(r);
        r->now.place = RTF_HUSH;
    }
    if (inside->place == r->now.place ||
        (r->now.place == RTF_PAIR && r->now.outer_place == inside->place))
        return;
    if (inside->place == RTF_NOTES && r->now.place != RTF_HUSH)
        end_note(r, inside->field == RTF_HEADER);
    if (inside->place == RTF_VALUE)
        end_value(r, inside->field);
    if (inside->place == RTF_FONTS)
        buf_clear(&r->value);
}
