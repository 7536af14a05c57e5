/* document.c - see document.h.
 *
 * The promises: text is UTF-8 without NUL and within its limit; a format whose body is the file has
 * it byte for byte; the metadata is an object that jsonb takes, within its limit, no key twice; the
 * outcome depends on the document and the limits alone, never on what was read before.
 */
#include "document.h"

#include "second_opinion.h"

#include "base/utf8.h"
#include "extract/extractor.h"

static const struct extract_limits normal = {.max_text_bytes = 16u << 20,
                                             .max_depth = 256,
                                             .max_parts = 1000,
                                             .max_part_depth = 4,
                                             .max_unpacked_bytes = 64u << 20};
static const struct extract_limits narrow = {.max_text_bytes = 50, .max_depth = 3};

/* One extractor for all documents, as in a worker. */
static struct extractor *extractor(void)
{
    static struct extractor *x;
    struct reason why = {""};

    if (!x)
        REQUIRE(extract_open(&normal, &x, &why) == 0);
    return x;
}

static bool is_text(const struct buf *b)
{
    return utf8_valid_prefix(buf_text(b), b->size) == b->size;
}

static void check_title(const struct extraction *e)
{
    REQUIRE(is_text(&e->title) && e->title.size <= MAX_TITLE_BYTES);
    for (size_t i = 0; i < e->title.size; i++)
        REQUIRE(e->title.data[i] == ' ' || !is_space(e->title.data[i]));
}

static void check_language(const struct extraction *e)
{
    size_t n = strnlen(e->language, sizeof(e->language));

    REQUIRE(n < sizeof(e->language));
    for (size_t i = 0; i < n; i++)
        REQUIRE(is_alnum(e->language[i]) || e->language[i] == '-');
}

/* Kinds of text that are meant to be read as they are. */
static bool is_verbatim(const struct extraction *e)
{
    return strncmp(e->media_type, "text/", 5) == 0
               ? strcmp(e->media_type, "text/html") != 0
               : strstr(e->media_type, "json") || strstr(e->media_type, "yaml");
}

/* The body of a text in UTF-8 is the file. */
static void check_body(const struct extract_input *in, const struct extraction *e)
{
    const struct buf *body = &e->body;

    if (!e->supported || !is_verbatim(e))
        return;
    REQUIRE(body->size == in->size || e->truncated);
    REQUIRE(body->size <= in->size && memcmp(buf_text(body), in->bytes, body->size) == 0);
}

static void check(const struct extract_input *in, const struct extract_limits *limits,
                  const struct extraction *e)
{
    struct metadata_facts facts = read_metadata(buf_text(&e->metadata), e->metadata.size);

    REQUIRE(e->metadata.size <= MAX_METADATA_BYTES && facts.n_keys <= MAX_METADATA_KEYS + 1);
    REQUIRE(facts.truncated == e->truncated && e->truncated >= in->cut_off);
    REQUIRE(strchr(e->media_type, '/') && strlen(e->media_type) <= 200);
    REQUIRE(is_text(&e->body) && e->body.size <= limits->max_text_bytes);
    REQUIRE(e->supported || e->body.size + e->title.size == 0);
    check_title(e);
    check_language(e);
    if (!facts.converted)
        check_body(in, e);
}

static void extract(const struct extract_input *in, const struct extract_limits *limits,
                    struct extraction *out)
{
    struct extractor *x = extractor();

    x->limits = *limits;
    REQUIRE(extract_document(x, in, out) == 0);
    REQUIRE(x->scratch.size == 0);
    check(in, limits, out);
}

static bool is_same_buf(const struct buf *a, const struct buf *b)
{
    return a->size == b->size && (a->size == 0 || memcmp(a->data, b->data, a->size) == 0);
}

static bool is_same(const struct extraction *a, const struct extraction *b)
{
    return strcmp(a->media_type, b->media_type) == 0 && strcmp(a->language, b->language) == 0 &&
           a->supported == b->supported && a->truncated == b->truncated &&
           is_same_buf(&a->title, &b->title) && is_same_buf(&a->body, &b->body) &&
           is_same_buf(&a->metadata, &b->metadata);
}

static int check_part(void *user, const struct extract_part *part)
{
    const struct extract_input in = {.bytes = part->bytes, .size = part->size};

    REQUIRE(part->number > part->parent && part->path_size > 0);
    REQUIRE(utf8_valid_prefix(part->path, part->path_size) == part->path_size);
    if (!part->extraction->truncated)
        check(&in, &normal, part->extraction);
    return 0;
}

void fuzz_document(const char *name, const uint8_t *data, size_t size)
{
    static struct extraction first, other;
    struct extract_input in = {
        .name = name, .bytes = (const char *)data, .size = size, .take_part = check_part};

    extract(&in, &normal, &first);
    in.cut_off = true;
    extract(&in, &normal, &other);
    extract(&in, &narrow, &other);
    in.cut_off = false;
    extract(&in, &narrow, &other);
    extract(&in, &normal, &other);
    REQUIRE(is_same(&first, &other));
}
