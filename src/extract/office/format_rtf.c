/* format_rtf.c - RTF: one pass over its bytes; groups, control words and text.
 *
 * Whatever begins with {\rtf is read to its last group or its end; what this reader does not know it
 * passes over, so none of them is refused. A group's state is kept on a stack of its own, not on
 * that of the process; groups deeper than RTF_MAX_DEPTH share the last state. Only what is shown is
 * text: no hidden and no deleted text, no codes of fields, no names of fonts and styles.
 * rtf_words.c has what the words do, rtf_text.c where the text goes.
 */
#include "extract/extractor.h"
#include "extract/office/rtf.h"

#include "base/stats.h"
#include "base/utf8.h"

#include <stdlib.h>
#include <string.h>

enum {
    MAX_WORD_BYTES = 32,
    MAX_NUMBER = 1 << 30,
    MAX_GAP_BYTES = 16,    /* between a group that is closed too early and what is behind it */
    QUIET_BYTES = 1 << 20, /* that may be passed over without a sign of life */
};

/* ---- groups ---- */

static void open_group(struct rtf *r)
{
    size_t max = r->max_stack ? 2 * r->max_stack : 64;
    struct rtf_state *stack;

    rtf_flush_run(r);
    r->fresh = true;
    r->skip = 0;
    if (r->n_stack == RTF_MAX_DEPTH) {
        r->n_deeper++;
        return;
    }
    if (r->n_stack == r->max_stack) {
        stack = realloc(r->stack, max * sizeof(*stack));
        if (!stack) {
            r->failed = true;
            return;
        }
        r->stack = stack;
        r->max_stack = max;
    }
    r->stack[r->n_stack++] = r->now;
}

static void close_group(struct rtf *r)
{
    const struct rtf_state inside = r->now;

    rtf_flush_run(r);
    r->fresh = false;
    r->skip = 0;
    if (r->n_deeper > 0) {
        r->n_deeper--;
        return;
    }
    if (r->n_stack == 0)
        return;
    r->now = r->stack[--r->n_stack];
    rtf_leave(r, &inside);
}

/* ---- control words and symbols ---- */

/* The number behind a word; what is absurdly large stays large. */
static long read_number(struct rtf *r)
{
    const char *from = r->at;
    bool minus = r->at < r->end && *r->at == '-';
    long number = 0;

    r->at += minus;
    while (r->at < r->end && *r->at >= '0' && *r->at <= '9') {
        number = MIN(number * 10 + (*r->at - '0'), (long)MAX_NUMBER);
        r->at++;
    }
    r->has_number = r->at > from + minus;
    if (!r->has_number)
        r->at = from;
    return minus ? -number : number;
}

static void read_word(struct rtf *r)
{
    const char *name = r->at;
    size_t n;
    long number;

    while (r->at < r->end && is_alpha(*r->at))
        r->at++;
    n = (size_t)(r->at - name);
    number = read_number(r);
    if (r->at < r->end && *r->at == ' ')
        r->at++;
    rtf_do_word(r, name, MIN(n, (size_t)MAX_WORD_BYTES), number);
}

static int hex_digit(char c)
{
    c = to_lower(c);
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static void take_byte(struct rtf *r, uint8_t byte, bool is_escaped)
{
    r->fresh = false;
    if (r->skip > 0)
        r->skip--;
    else
        rtf_put_byte(r, byte, is_escaped);
}

/* \'xx; what is not two digits is dropped. */
static void read_hex(struct rtf *r)
{
    int high = r->end - r->at >= 2 ? hex_digit(r->at[0]) : -1;
    int low = high >= 0 ? hex_digit(r->at[1]) : -1;

    if (low < 0)
        return;
    r->at += 2;
    take_byte(r, (uint8_t)(high << 4 | low), true);
}

/* Characters that a symbol stands for. */
static const struct {
    char symbol;
    const char *text;
} symbols[] = {
    {'~', "\xc2\xa0"}, {'_', "\xe2\x80\x91"}, {'{', "{"}, {'}', "}"}, {'\\', "\\"},
};

static void say_symbol(struct rtf *r, char symbol)
{
    for (size_t i = 0; i < ARRAY_SIZE(symbols); i++) {
        if (symbols[i].symbol != symbol)
            continue;
        r->fresh = false;
        if (r->skip > 0)
            r->skip--;
        else if (strchr("{}\\", symbol))
            rtf_put_plain(r, &symbol, 1);
        else
            rtf_put(r, symbols[i].text, strlen(symbols[i].text));
        return;
    }
}

static void read_symbol(struct rtf *r)
{
    char symbol = *r->at++;

    switch (symbol) {
    case '\'':
        read_hex(r);
        return;
    case '*':
        r->starred = true;
        return;
    case '\t':
        rtf_do_word(r, "tab", 3, 0);
        return;
    case '\r':
        if (r->at < r->end && *r->at == '\n')
            r->at++;
        rtf_do_word(r, "par", 3, 0);
        return;
    case '\n':
        rtf_do_word(r, "par", 3, 0);
        return;
    default:
        say_symbol(r, symbol);
    }
}

static void read_control(struct rtf *r)
{
    r->at++; /* the backslash */
    if (r->at == r->end)
        return;
    if (is_alpha(*r->at))
        read_word(r);
    else
        read_symbol(r);
}

/* ---- text ---- */

static bool is_plain(char c)
{
    return c >= ' ' && c < 0x7f && c != '{' && c != '}' && c != '\\';
}

/* Printable ASCII up to whatever else comes; in places that are not shown, most of the file. */
static void read_plain(struct rtf *r)
{
    const char *from;

    for (; r->skip > 0 && r->at < r->end && is_plain(*r->at); r->skip--)
        r->at++;
    from = r->at;
    while (r->at < r->end && is_plain(*r->at))
        r->at++;
    r->fresh = false;
    if (r->at > from)
        rtf_put_plain(r, from, (size_t)(r->at - from));
}

static void read_other(struct rtf *r)
{
    char c = *r->at++;

    if (c == '\t' && rtf_is_shown(r))
        rtf_put_tab(r);
    else if ((uint8_t)c >= 0x80)
        take_byte(r, (uint8_t)c, false);
}

/* Whether what comes is the document still: some programs lose count of their groups, and close the
 * first one in its middle. */
static bool goes_on(const struct rtf *r)
{
    const char *at = r->at;

    while (at < r->end && at - r->at < MAX_GAP_BYTES && (is_space(*at) || *at == '}'))
        at++;
    if (starts_with(at, (size_t)(r->end - at), "{\\rtf"))
        return false;
    if (at < r->end && *at == '{')
        at++;
    return r->end - at > 1 && at[0] == '\\' && (is_alpha(at[1]) || at[1] == '*');
}

static void read_token(struct rtf *r)
{
    switch (*r->at) {
    case '{':
        r->at++;
        open_group(r);
        break;
    case '}':
        r->at++;
        if (r->n_stack == 1 && r->n_deeper == 0 && goes_on(r))
            r->closed_early = true;
        else
            close_group(r);
        break;
    case '\\':
        read_control(r);
        break;
    default:
        if (is_plain(*r->at))
            read_plain(r);
        else
            read_other(r);
    }
}

static void say_damaged(struct document *d, const char *what)
{
    result_meta_str(d, "damaged", what, strlen(what));
}

/* To the end of the first group; what some write behind it is no text. */
static void read_all(struct rtf *r)
{
    const char *sign = r->at;

    while (r->at < r->end && !r->failed && !result_is_full(r->d)) {
        read_token(r);
        if (r->n_stack == 0)
            break;
        if (r->at - sign > QUIET_BYTES && r->d->limits->progress)
            stats_progress(r->d->limits->progress);
        if (r->at - sign > QUIET_BYTES)
            sign = r->at;
    }
    if (r->closed_early)
        say_damaged(r->d, "its first group is closed before its end");
    else if (r->n_stack > 0 && r->at == r->end && !r->d->cut_off)
        say_damaged(r->d, "it ends inside of a group");
}

/* ---- the document ---- */

/* Some write UTF-8 where the code page is meant: then all of the file is valid. */
static bool has_raw_utf8(const struct document *d)
{
    size_t i = 0;

    while (i < d->n_bytes && (uint8_t)d->bytes[i] < 0x80)
        i++;
    return i < d->n_bytes && utf8_valid_prefix(d->bytes, d->n_bytes) == d->n_bytes;
}

/* The notes come behind the body, on lines of their own. */
static void put_notes(struct rtf *r)
{
    const struct buf *notes = &r->notes.text;

    if (notes->size == 0)
        return;
    if (r->has_body)
        result_text(r->d, "\n", 1);
    result_text(r->d, notes->data, notes->size);
}

/* The language of most of the text; the document's own is often that of the program. */
static void put_language(struct rtf *r)
{
    const char *tag;
    unsigned best = 0;

    for (unsigned i = 1; i < RTF_LANGUAGES; i++) {
        if (r->languages[i].n_bytes > r->languages[best].n_bytes)
            best = i;
    }
    tag = rtf_language_tag(r->languages[best].id);
    if (tag && r->languages[best].n_bytes > 0)
        result_language(r->d, tag, strlen(tag));
}

static int finish(struct rtf *r)
{
    while (r->n_stack > 0)
        close_group(r);
    rtf_flush_body(r);
    put_notes(r);
    put_language(r);
    if (buf_error(&r->notes.text) || buf_error(&r->value) || buf_error(&r->converted))
        r->failed = true;
    return r->failed ? -ENOMEM : 0;
}

static void rtf_done(struct rtf *r)
{
    buf_done(&r->body.text);
    buf_done(&r->notes.text);
    buf_done(&r->value);
    buf_done(&r->converted);
    buf_done(&r->run);
    free(r->stack);
    free(r->fonts);
    free(r);
}

/* Where the document begins: behind a byte order mark and empty lines, which some put there. NULL:
 * something else stands before it. */
static const char *find_start(const struct document *d)
{
    static const char mark[] = "\xef\xbb\xbf";
    size_t at = d->n_bytes >= 3 && memcmp(d->bytes, mark, 3) == 0 ? 3 : 0;

    while (at < d->n_bytes && (is_space(d->bytes[at]) || d->bytes[at] == '\0'))
        at++;
    return starts_with(d->bytes + at, d->n_bytes - at, "{\\rtf") ? d->bytes + at : NULL;
}

int extract_rtf(struct extractor *x, struct document *d)
{
    const char *start = find_start(d);
    struct rtf *r;
    int e;

    (void)x;
    if (!start)
        return EXTRACT_REFUSED;
    r = calloc(1, sizeof(*r));
    if (!r)
        return -ENOMEM;
    r->d = d;
    r->at = start;
    r->end = d->bytes + d->n_bytes;
    r->raw_utf8 = has_raw_utf8(d);
    r->page = RTF_DEFAULT_PAGE;
    r->now = (struct rtf_state){.place = RTF_BODY, .outer_place = RTF_BODY, .fallback = 1};
    read_all(r);
    e = finish(r);
    rtf_done(r);
    return e;
}
