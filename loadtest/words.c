/* words.c - see words.h. */
#include "words.h"

#include "linux_doc.h"

#include <ctype.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#define STREAM_SHUFFLE  UINT64_MAX
#define STREAM_SYLLABLE (UINT64_MAX - 1)
#define MAX_WORD_BYTES  30

const char *const words_source_names[] = {"auto", "made", "linux-doc"};

/* Words being collected, each once. */
struct collection {
    struct words *words;
    void *tree;
};

static int compare(const void *a, const void *b)
{
    return strcmp(a, b);
}

static void leave(void *word)
{
    (void)word; /* belongs to the list */
}

static int add_word(struct collection *c, const char *text, size_t n)
{
    char *word = strndup(text, n);
    char **found = word ? tsearch(word, &c->tree, compare) : NULL;

    if (!found) {
        free(word);
        return -ENOMEM;
    }
    if (*found != word)
        free(word);
    else
        c->words->list[c->words->n++] = word;
    return c->words->n == WORDS_MAX ? 1 : 0;
}

/* Runs of letters between blanks, as a person would call words. */
static int see_text(void *data, const char *name, bool packed, struct buf *content)
{
    const char *at = buf_text(content), *end;
    int r = 0;

    (void)name;
    while (packed && r == 0 && *at) {
        at += strspn(at, " \t\r\n\v\f");
        for (end = at; isalpha((unsigned char)*end); end++)
            ;
        if (end > at && end - at <= MAX_WORD_BYTES &&
            (*end == '\0' || isspace((unsigned char)*end)))
            r = add_word(data, at, (size_t)(end - at));
        at = end + strcspn(end, " \t\r\n\v\f");
    }
    return r;
}

/* Two to four syllables. */
static int make_words(struct collection *c, uint64_t seed)
{
    static const char onsets[] = "bcdfghjklmnprstvwz", vowels[] = "aeiou", codas[] = "nrstlmk";
    struct chance chance;
    int r = 0;

    chance_init(&chance, seed, STREAM_SYLLABLE);
    while (r == 0) {
        char word[16];
        size_t n = 0, n_syllables = 2 + chance_below(&chance, 3);

        for (size_t i = 0; i < n_syllables; i++) {
            word[n++] = onsets[chance_below(&chance, sizeof(onsets) - 1)];
            word[n++] = vowels[chance_below(&chance, sizeof(vowels) - 1)];
            if (chance_below(&chance, 3) == 0)
                word[n++] = codas[chance_below(&chance, sizeof(codas) - 1)];
        }
        r = add_word(c, word, n);
    }
    return r;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* So that which words are frequent hangs on the seed alone. */
static void shuffle(struct words *w, uint64_t seed)
{
    struct chance c;

    qsort(w->list, w->n, sizeof(*w->list), by_name);
    chance_init(&c, seed, STREAM_SHUFFLE);
    for (size_t i = w->n; i > 1; i--) {
        size_t other = chance_below(&c, i);
        char *word = w->list[i - 1];

        w->list[i - 1] = w->list[other];
        w->list[other] = word;
    }
}

static void weigh(struct words *w)
{
    double sum = 0;

    for (size_t i = 0; i < w->n; i++)
        w->cumulative[i] = sum += 1.0 / (double)(i + 1);
}

int words_init(struct words *w, enum words_source source, uint64_t seed, struct reason *why)
{
    struct collection c = {.words = w};
    int r;

    if (source == WORDS_AUTO)
        source = linux_doc_installed() ? WORDS_LINUX_DOC : WORDS_MADE;
    *w = (struct words){
        .source = source,
        .list = calloc(WORDS_MAX, sizeof(*w->list)),
        .cumulative = calloc(WORDS_MAX, sizeof(*w->cumulative)),
    };
    if (!w->list || !w->cumulative)
        r = -ENOMEM;
    else if (source == WORDS_LINUX_DOC)
        r = linux_doc_walk(see_text, &c, why);
    else
        r = MIN(make_words(&c, seed), 0);
    tdestroy(c.tree, leave);
    if (r < 0)
        reason_set(why, "out of memory");
    else if (r == 0 && w->n < 1000)
        reason_set(why, "linux-doc has only %zu words", w->n);
    if (r != 0 || w->n < 1000) {
        words_done(w);
        return 1;
    }
    shuffle(w, seed);
    weigh(w);
    return 0;
}

void words_done(struct words *w)
{
    for (size_t i = 0; w->list && i < w->n; i++)
        free(w->list[i]);
    free(w->list);
    free(w->cumulative);
    *w = (struct words){0};
}

const char *words_pick(const struct words *w, struct chance *c)
{
    double wanted = chance_unit(c) * w->cumulative[w->n - 1];
    size_t low = 0, high = w->n - 1;

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (w->cumulative[middle] > wanted)
            high = middle;
        else
            low = middle + 1;
    }
    return w->list[low];
}

void words_write(const struct words *w, struct chance *c, size_t n, struct buf *out)
{
    for (size_t i = 0; i < n; i++) {
        if (i > 0)
            buf_add_char(out, ' ');
        buf_add_str(out, words_pick(w, c));
    }
}
