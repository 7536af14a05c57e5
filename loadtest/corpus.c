/* corpus.c - the table of profiles, and the plain ones: small and large. */
#include "corpus.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LARGE_MIN_BYTES (1 << 20)
#define LARGE_RATIO     16.0

static int open_words(struct corpus *c, struct reason *why)
{
    return words_init(&c->words, c->wanted_words, c->seed, why);
}

/* About 700 bytes; the number makes each content its own. */
static void make_small(const struct corpus *c, uint64_t i, struct corpus_document *ret)
{
    struct buf *out = &ret->bytes;
    struct chance chance;

    chance_init(&chance, c->seed, i);
    ret->extension = "json";
    buf_printf(out, "{\"id\": %llu, \"title\": \"", (unsigned long long)i);
    words_write(&c->words, &chance, 5, out);
    buf_printf(out, "\", \"user\": \"user%u@example.org\", \"amount\": %u.%02u, \"body\": \"",
               (unsigned)(i % 977), (unsigned)chance_below(&chance, 1000),
               (unsigned)chance_below(&chance, 100));
    words_write(&c->words, &chance, 30 + chance_below(&chance, 91), out);
    buf_add_str(out, "\"}");
}

static void make_large(const struct corpus *c, uint64_t i, struct corpus_document *ret)
{
    struct buf *out = &ret->bytes;
    struct chance chance;
    size_t n_bytes;

    chance_init(&chance, c->seed, i);
    ret->extension = "txt";
    n_bytes = (size_t)(LARGE_MIN_BYTES * pow(LARGE_RATIO, chance_unit(&chance)));
    buf_printf(out, "Report %llu\n\n", (unsigned long long)i);
    while (out->size + 200 < n_bytes && buf_error(out) == 0) {
        words_write(&c->words, &chance, 8 + chance_below(&chance, 16), out);
        buf_add_str(out, chance_below(&chance, 6) == 0 ? ".\n\n" : ". ");
    }
    while (out->size < n_bytes && buf_error(out) == 0)
        buf_add_char(out, '\n');
}

const struct profile corpus_profiles[] = {
    {"kernel", "the texts of Debian's package linux-doc", 0, corpus_open_kernel,
     corpus_make_kernel},
    {"small", "JSON of about 700 bytes", 20000, open_words, make_small},
    {"mixed", "seven formats of log-normal sizes, copies, unknown types", 10000, open_words,
     corpus_make_mixed},
    {"large", "texts of 1 to 16 MB", 24, open_words, make_large},
    {NULL},
};

const struct profile *corpus_profile(const char *name)
{
    for (const struct profile *p = corpus_profiles; p->name; p++)
        if (strcmp(p->name, name) == 0)
            return p;
    return NULL;
}

int corpus_open(struct corpus *c, const struct profile *profile, enum words_source words,
                uint64_t seed, struct reason *why)
{
    *c = (struct corpus){.profile = profile, .seed = seed, .wanted_words = words};
    if (profile->open(c, why) == 0)
        return 0;
    corpus_close(c);
    return 1;
}

void corpus_close(struct corpus *c)
{
    for (size_t i = 0; i < c->n_texts; i++)
        free(c->texts[i].bytes);
    free(c->texts);
    words_done(&c->words);
    *c = (struct corpus){0};
}

uint64_t corpus_default_count(const struct corpus *c)
{
    return c->profile->n_documents ? c->profile->n_documents : c->n_texts;
}

int corpus_make(const struct corpus *c, uint64_t i, struct corpus_document *ret)
{
    buf_clear(&ret->bytes);
    ret->content = i;
    c->profile->make(c, i, ret);
    return buf_error(&ret->bytes);
}
