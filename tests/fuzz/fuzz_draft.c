/* fuzz_draft.c - the pool's reading of what a worker sends as the draft of a search vector
 * (search/draft.h): any bytes.
 *
 * What is completed is a vector as PostgreSQL takes it: as many lexemes as it says, sorted, each
 * once, none with more positions than one may have, no byte too many. The words that are asked for
 * are such as a text may have.
 */
#include "fuzz.h"

#include "base/utf8.h"
#include "search/draft.h"

#include <endian.h>

static const struct {
    const char *word;
    struct lexemes lexemes;
} known[] = {
    {"a", {.is_known = true}},
    {"b", {.is_known = true, .n = 1, .at = "\1\0b"}},
    {"bs", {.is_known = true, .n = 1, .at = "\1\0b"}},
    {"cd", {.is_known = true, .n = 2, .at = "\1\0c\1\0d"}},
    {"e", {.is_known = false}},
};

static struct lexicon *make_lexicon(void)
{
    struct lexicon *l;

    REQUIRE(lexicon_new(0, &l) == 0);
    for (size_t i = 0; i < ARRAY_SIZE(known); i++)
        REQUIRE(lexicon_add_word(l, 1, known[i].word, strlen(known[i].word), &known[i].lexemes));
    return l;
}

static uint32_t number(const char *at, size_t size)
{
    uint32_t value = 0;

    for (size_t i = 0; i < size; i++)
        value = value << 8 | (unsigned char)at[i];
    return value;
}

static void check_vector(const struct buf *b)
{
    const char *at = b->data + 4, *end = b->data + b->size, *last = NULL;

    REQUIRE(b->size >= 4);
    for (uint32_t n = number(b->data, 4); n > 0; n--) {
        const char *nul = memchr(at, '\0', (size_t)(end - at));
        uint32_t n_positions;

        REQUIRE(nul && end - nul >= 3);
        REQUIRE(!last || strcmp(last, at) < 0);
        n_positions = number(nul + 1, 2);
        REQUIRE(n_positions <= 255);
        last = at;
        at = nul + 3 + 2 * n_positions;
        REQUIRE(at <= end);
    }
    REQUIRE(at == end);
}

static void check_words(const char *bytes, size_t size)
{
    struct draft_reader reader;
    struct draft_word word;
    const char *vector;
    size_t n, count = 0;

    if (draft_open(bytes, size, &vector, &n, &reader) < 0)
        return;
    REQUIRE(vector >= bytes && n <= size - 4);
    while (draft_next(&reader, &word) == 0) {
        const struct vector_question *q = &word.question;

        REQUIRE(!q->is_page && q->chain > 0 && q->chain < LEXICON_MAX_CHAINS);
        REQUIRE(q->size > 0 && q->size <= LEXICON_MAX_WORD);
        REQUIRE(utf8_valid_prefix(q->word, q->size) == q->size);
        REQUIRE(word.positions + 2 * word.n_positions <= bytes + size);
        REQUIRE(count++ < size);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct lexicon *lexicon;
    char *bytes = fuzz_copy(data, size);
    struct buf vector = BUF_INIT;

    if (!lexicon)
        lexicon = make_lexicon();
    check_words(bytes, size);
    if (draft_complete(bytes, size, lexicon, &vector) == 0)
        check_vector(&vector);
    else
        REQUIRE(vector.size == 0);
    buf_done(&vector);
    free(bytes);
    return 0;
}
