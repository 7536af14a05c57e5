/* bench_vectors.c - what it costs to make the vectors of texts when the lexicon knows their words,
 * as it mostly does in a worker.
 *
 *     bench_vectors ROUNDS < texts     (of each text its size, its bytes)
 *
 * Prints CPU seconds of each round. With 0 rounds: writes the vectors, each with its size before it,
 * to be compared with those of another build. What words become is made up, but much like a stemmer:
 * the same lexeme of several words, stop words, now and then two lexemes, or none known.
 */
#include "search/vector.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <wchar.h>
#include <wctype.h>

#define LEXICON_BYTES     (32u << 20) /* PENSTOCK_LEXICON_BYTES */
#define MAX_STOP_WORD     3u          /* bytes */
#define MAX_LEXEME        7u
#define ONE_IN_HAS_TWO    50u
#define ONE_IN_IS_FOREIGN 100u

enum { CHAIN_STEMMER = 1, CHAIN_SIMPLE, CHAIN_NARROW };

struct text {
    char *at;
    uint32_t size;
};

static struct text *texts;
static size_t n_texts, n_bytes;
static struct lexicon *lexicon;

static _Noreturn void die(const char *why)
{
    fprintf(stderr, "bench_vectors: %s\n", why);
    exit(EXIT_FAILURE);
}

static void read_texts(void)
{
    uint32_t size;

    for (; fread(&size, sizeof(size), 1, stdin) == 1; n_texts++) {
        texts = reallocarray(texts, n_texts + 1, sizeof(*texts));
        if (!texts || !(texts[n_texts].at = malloc(size + 1u)))
            die("no memory");
        if (fread(texts[n_texts].at, 1, size, stdin) != size)
            die("the input ends in the middle of a text");
        texts[n_texts].size = size;
        n_bytes += size;
    }
}

static void add_page(unsigned page)
{
    uint8_t classes[CHAR_PAGE_SIZE];

    for (unsigned i = 0; i < CHAR_PAGE_SIZE; i++) {
        wchar_t c = (wchar_t)(page * CHAR_PAGE_SIZE + i);

        classes[i] =
            (uint8_t)((iswalpha((wint_t)c) ? CHAR_ALPHA : 0) | (wcwidth(c) == 0 ? CHAR_MARK : 0) |
                      (iswspace((wint_t)c) ? CHAR_SPACE : 0));
    }
    if (!lexicon_add_page(lexicon, page, classes))
        die("the lexicon is full");
}

/* The lower case of the word's beginning or end. */
static void add_lexeme(struct buf *list, const char *from, size_t size)
{
    uint16_t wire = (uint16_t)size;

    buf_add(list, &wire, sizeof(wire));
    for (size_t i = 0; i < size; i++)
        buf_add_char(list, (char)(from[i] >= 'A' && from[i] <= 'Z' ? from[i] | 0x20 : from[i]));
}

static void add_word(const struct vector_question *q)
{
    static struct buf list;
    struct lexemes lexemes = {.is_known = true};
    size_t size = q->chain == CHAIN_STEMMER ? MIN(q->size, MAX_LEXEME) : q->size;
    unsigned chance = (unsigned char)q->word[0] * 31u + (unsigned char)q->word[q->size - 1] * 7u +
                      (unsigned)q->size;

    buf_clear(&list);
    if (q->chain == CHAIN_NARROW && chance % ONE_IN_IS_FOREIGN == 0) {
        lexemes.is_known = false;
    } else if (q->chain != CHAIN_STEMMER || q->size > MAX_STOP_WORD) {
        add_lexeme(&list, q->word, size);
        lexemes.n = 1;
    }
    if (lexemes.n == 1 && chance % ONE_IN_HAS_TWO == 0) {
        add_lexeme(&list, q->word + q->size - size / 2, size / 2);
        lexemes.n = size / 2 > 0 ? 2 : 1;
    }
    lexemes.at = list.data;
    if (!lexicon_add_word(lexicon, q->chain, q->word, q->size, &lexemes))
        die("the lexicon is full");
}

static void answer(void *user UNUSED, const struct vector_question *q)
{
    if (q->is_page)
        add_page(q->page);
    else
        add_word(q);
}

/* Chains as those of `english`: letters are stemmed, all else is taken as it is. */
static void make_lexicon(struct vector *v)
{
    static const enum token_type stemmed[] = {TOKEN_ASCIIWORD,  TOKEN_WORD,
                                              TOKEN_HWORD_PART, TOKEN_HWORD_ASCIIPART,
                                              TOKEN_ASCIIHWORD, TOKEN_HWORD};
    static const enum token_type simple[] = {TOKEN_NUMWORD,       TOKEN_EMAIL,    TOKEN_URL,
                                             TOKEN_HOST,          TOKEN_SFLOAT,   TOKEN_VERSION,
                                             TOKEN_HWORD_NUMPART, TOKEN_NUMHWORD, TOKEN_URL_PATH,
                                             TOKEN_FILE,          TOKEN_FLOAT,    TOKEN_INT};
    int n;

    if (lexicon_new(LEXICON_BYTES, &lexicon) < 0)
        die("no lexicon");
    for (size_t i = 0; i < ARRAY_SIZE(stemmed); i++)
        lexicon_set_chain(lexicon, 0, stemmed[i], CHAIN_STEMMER, CHAIN_TOTAL);
    for (size_t i = 0; i < ARRAY_SIZE(simple); i++)
        lexicon_set_chain(lexicon, 0, simple[i], CHAIN_SIMPLE, CHAIN_PLAIN | CHAIN_TOTAL);
    lexicon_set_chain(lexicon, 0, TOKEN_UINT, CHAIN_NARROW, 0);
    for (size_t i = 0; i < n_texts; i++) {
        vector_begin(v, lexicon, 0, texts[i].at, texts[i].size);
        while ((n = vector_missing(v, answer, NULL)) > 0)
            ;
        if (n < 0)
            die("no memory");
    }
}

/* The text is copied first: a worker has just made it, so it is at hand. */
static void make_vector(struct vector *v, const struct text *t, struct buf *ret)
{
    static struct buf text;
    enum vector_extent extent;

    buf_clear(&text);
    buf_add(&text, t->at, t->size);
    buf_clear(ret);
    vector_begin(v, lexicon, 0, text.data, text.size);
    if (vector_missing(v, answer, NULL) != 0)
        die("the lexicon does not know all words");
    if (vector_build(v, ret, &extent, NULL, NULL) != 0)
        die("no vector");
}

static void write_vectors(struct vector *v, struct buf *b)
{
    for (size_t i = 0; i < n_texts; i++) {
        uint32_t size;

        make_vector(v, &texts[i], b);
        size = (uint32_t)b->size;
        (void)fwrite(&size, sizeof(size), 1, stdout);
        (void)fwrite(b->data, 1, b->size, stdout);
    }
}

static double cpu_seconds(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void measure(struct vector *v, struct buf *b)
{
    double begun = cpu_seconds(), seconds;

    for (size_t i = 0; i < n_texts; i++)
        make_vector(v, &texts[i], b);
    seconds = cpu_seconds() - begun;
    printf("%.3f s, %.1f MB/s\n", seconds, (double)n_bytes / 1e6 / seconds);
}

int main(int argc, char **argv)
{
    struct vector *v = vector_new();
    struct buf b = BUF_INIT;

    if (argc != 2 || !v || !setlocale(LC_CTYPE, "C.UTF-8"))
        die("usage: bench_vectors ROUNDS < texts");
    read_texts();
    make_lexicon(v);
    if (atoi(argv[1]) == 0)
        write_vectors(v, &b);
    for (int i = 0; i < atoi(argv[1]); i++)
        measure(v, &b);
    for (size_t i = 0; i < n_texts; i++)
        free(texts[i].at);
    free(texts);
    (void)vector_free(v);
    (void)lexicon_free(lexicon);
    buf_done(&b);
    return fflush(stdout) == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
