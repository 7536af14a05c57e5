/* language.c - see language.h.
 *
 * A guess costs as much as reading the text itself did, a few microseconds for each hundred bytes. So
 * it is made of samples from all parts of the text: of a small one first, which is enough for nine
 * texts in ten; of a larger one when the small one leaves room for doubt. A wrong language is worse
 * than none: it would have the text searched by the wrong stems.
 */
#include "extract/language/language.h"

#include "extract/language/language_guess.h"
#include "extract/language/language_tag.h"

#include <string.h>

/* Pieces that lie evenly in the text, and when their guess is believed. */
struct sampling {
    size_t n_pieces, piece_bytes;
    size_t min_letters; /* bytes of words */
    unsigned min_percent, min_likeness;
    bool takes_siblings;
};

#define MAX_SAMPLE_BYTES 4096u

static const struct sampling samplings[] = {
    {.n_pieces = 4, .piece_bytes = 64, .min_letters = 120, .min_percent = 95, .min_likeness = 600},
    {.n_pieces = 8,
     .piece_bytes = 500,
     .min_letters = 60,
     .min_percent = 60,
     .min_likeness = 300,
     .takes_siblings = true},
};

/* What is in a sample, in bytes that are no blanks. */
#define MIN_LETTERS_PERCENT 70u

static size_t start_of_character(const char *text, size_t at)
{
    while (at > 0 && ((unsigned char)text[at] & 0xc0) == 0x80)
        at--;
    return at;
}

/* A small text is its own sample. */
static size_t take_sample(const struct sampling *s, const struct buf *body,
                          char ret[MAX_SAMPLE_BYTES])
{
    size_t n = 0;

    if (body->size <= s->n_pieces * (s->piece_bytes + 1)) {
        memcpy(ret, body->data, body->size);
        return body->size;
    }
    for (size_t i = 0; i < s->n_pieces; i++) {
        size_t middle = body->size / (2 * s->n_pieces) * (2 * i + 1);
        size_t from = start_of_character(body->data, middle - s->piece_bytes / 2);
        size_t to = start_of_character(body->data, from + s->piece_bytes);

        memcpy(ret + n, body->data + from, to - from);
        n += to - from;
        ret[n++] = '\n';
    }
    return n;
}

/* Tables, dumps and listings have fewer letters than what people write. */
static bool is_written(const char *text, size_t n)
{
    size_t n_letters = 0, n_others = 0;

    for (size_t i = 0; i < n; i++) {
        if (is_alpha(text[i]) || (unsigned char)text[i] >= 0x80)
            n_letters++;
        else if (!is_space(text[i]))
            n_others++;
    }
    return n_letters * 100 >= (n_letters + n_others) * MIN_LETTERS_PERCENT;
}

static bool is_believed(const struct sampling *s, const struct language_guess *g)
{
    return g->n_letters >= s->min_letters && g->percent >= s->min_percent &&
           g->likeness >= s->min_likeness && (s->takes_siblings || !g->has_siblings);
}

static bool guess(const struct buf *body, char ret[LANGUAGE_TAG_SIZE])
{
    char sample[MAX_SAMPLE_BYTES];
    struct language_guess g;

    for (size_t i = 0; i < ARRAY_SIZE(samplings); i++) {
        const struct sampling *s = &samplings[i];
        size_t n = take_sample(s, body, sample);

        if (is_written(sample, n) && language_guess(sample, n, &g) && is_believed(s, &g))
            return language_tag(g.code, strlen(g.code), ret);
    }
    return false;
}

void language_detect(struct document *d)
{
    static const char detected[] = "detected";

    if (d->out->language[0] || buf_error(&d->out->body) < 0 || d->out->body.size == 0 ||
        !guess(&d->out->body, d->out->language))
        return;
    result_meta_str(d, "language_source", detected, strlen(detected));
}
