/* mail_words.c - header fields as a reader sees them: unfolded, with their encoded words (RFC 2047)
 * decoded.
 *
 * Real encoded words break most of the rules: they stand inside quotes and next to other text, hold
 * spaces and question marks, and are cut in the middle of a character. So each is decoded to bytes,
 * and the bytes of neighbours in one charset are put together before they become text. Linear: a
 * word is at most a few kilobytes long.
 */
#include "extract/mail/mail_charset.h"
#include "extract/mail/mail_transfer.h"

#include <string.h>

enum {
    MAX_VALUE_BYTES_READ = 64 * 1024, /* of a field; what is behind is left out */
    MAX_WORD_BYTES = 4096,
    MAX_CHARSET = 64,
};

struct words {
    struct extractor *x;
    struct buf *to;
    struct buf coded;          /* base64, not yet decoded: words may be cut anywhere in it */
    struct buf raw;            /* decoded, not yet converted */
    char charset[MAX_CHARSET]; /* of `raw` */
    bool space;                /* is due before the next character */
    bool after_word;           /* the last thing was an encoded word */
    int error;
};

struct word {
    char charset[MAX_CHARSET];
    char encoding; /* 'b' or 'q' */
    const char *text;
    size_t n;
    size_t length; /* from "=?" to "?=" */
};

/* Whether there is an encoded word at `at`. */
static bool find_word(const char *at, size_t n, struct word *ret)
{
    size_t charset = 2, end;
    const char *close;

    while (charset < n && charset < MAX_CHARSET && at[charset] != '?' && !is_space(at[charset]))
        charset++;
    if (charset == 2 || charset + 3 > n || at[charset] != '?' || at[charset + 2] != '?')
        return false;
    ret->encoding = to_lower(at[charset + 1]);
    ret->text = at + charset + 3;
    end = MIN(n - (charset + 3), (size_t)MAX_WORD_BYTES);
    close = memmem(ret->text, end, "?=", 2);
    if (!close || (ret->encoding != 'b' && ret->encoding != 'q'))
        return false;
    ret->n = (size_t)(close - ret->text);
    ret->length = (size_t)(close + 2 - at);
    memcpy(ret->charset, at + 2, charset - 2);
    ret->charset[charset - 2] = '\0';
    ret->charset[strcspn(ret->charset, "*")] = '\0'; /* RFC 2231: a language follows */
    return true;
}

/* Collapses the white space behind `from` and leaves control characters out. */
static void tidy(struct buf *text, size_t from)
{
    size_t out = from;
    bool space = false;

    for (size_t i = from; i < text->size; i++) {
        unsigned char c = (unsigned char)text->data[i];

        if (c <= ' ' || c == 0x7f) {
            space = space || is_space((char)c);
            continue;
        }
        if (space && out > from)
            text->data[out++] = ' ';
        space = false;
        text->data[out++] = (char)c;
    }
    buf_truncate(text, out);
}

static void put_space(struct words *w)
{
    if (w->space)
        buf_add_char(w->to, ' ');
    w->space = false;
}

static void decode_coded(struct words *w)
{
    mail_decode_base64(buf_text(&w->coded), w->coded.size, &w->raw);
    buf_clear(&w->coded);
}

/* Converts the encoded words that wait. */
static void flush(struct words *w)
{
    int r;

    decode_coded(w);
    if (w->raw.size == 0)
        return;
    r = mail_charset_decode(w->x, w->charset, w->raw.data, w->raw.size, w->to);
    w->error = w->error ? w->error : r;
    buf_clear(&w->raw);
}

static void add_word(struct words *w, const struct word *word)
{
    if (strcmp(w->charset, word->charset) != 0)
        flush(w);
    if (w->after_word)
        w->space = false; /* white space between encoded words is no part of the text */
    put_space(w);
    memcpy(w->charset, word->charset, sizeof(w->charset));
    if (word->encoding == 'b') {
        buf_add(&w->coded, word->text, word->n);
    } else {
        decode_coded(w);
        mail_decode_q(word->text, word->n, &w->raw);
    }
    w->after_word = true;
}

static void add_text(struct words *w, const char *text, size_t n)
{
    flush(w);
    put_space(w);
    buf_add(w->to, text, n);
    w->after_word = false;
}

static void add_value(struct words *w, const char *value, size_t n)
{
    struct word word = {0};
    size_t i = 0, start;

    while (i < n) {
        if (is_space(value[i])) {
            w->space = true;
            i++;
            continue;
        }
        if (value[i] == '=' && i + 1 < n && value[i + 1] == '?' &&
            find_word(value + i, n - i, &word)) {
            add_word(w, &word);
            i += word.length;
            continue;
        }
        for (start = i++; i < n && !is_space(value[i]) && value[i] != '='; i++)
            ;
        add_text(w, value + start, i - start);
    }
    flush(w);
}

static bool is_ascii(const char *value, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if ((unsigned char)value[i] >= 0x80 || value[i] == 0x1b || value[i] == '\0')
            return false;
    }
    return true;
}

int mail_words_decode(struct extractor *x, const char *charset, const char *value, size_t n,
                      struct buf *to)
{
    struct words w = {.x = x, .to = to};
    struct buf converted = BUF_INIT;
    size_t start = to->size;

    n = MIN(n, (size_t)MAX_VALUE_BYTES_READ);
    if (!is_ascii(value, n)) {
        w.error = mail_charset_decode(x, charset, value, n, &converted);
        value = buf_text(&converted);
        n = converted.size;
    }
    if (w.error == 0)
        add_value(&w, value, n);
    if (w.error == 0)
        w.error = buf_error(&w.raw);
    tidy(to, start);
    if (w.error == 0)
        w.error = buf_error(&w.coded);
    buf_done(&w.coded);
    buf_done(&w.raw);
    buf_done(&converted);
    return w.error ? w.error : buf_error(to);
}
