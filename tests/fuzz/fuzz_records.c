/* fuzz_records.c - any bytes as a file that is split: first byte the kind, second the bound of a
 * record and the size of reads.
 *
 * However the file is read, its records are the same; each is within its bound, they come in order,
 * and every document made of one keeps the promises of extract.h.
 */
#include "fuzz.h"

#include "base/utf8.h"
#include "extract/records.h"

struct source {
    const char *bytes;
    size_t size, at, step;
};

static ssize_t read_source(void *user, char *to, size_t size)
{
    struct source *s = user;
    size_t n = MIN(MIN(size, s->step), s->size - s->at);

    memcpy(to, s->bytes + s->at, n);
    s->at += n;
    return (ssize_t)n;
}

struct pass {
    uint64_t n, n_parts;
    uint64_t hash; /* of all that came */
    size_t max_bytes;
};

static void add(struct pass *p, const void *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++)
        p->hash = (p->hash ^ ((const uint8_t *)bytes)[i]) * 0x100000001b3u;
}

static int take(void *user, const struct extract_part *part)
{
    struct pass *p = user;
    const struct extraction *x = part->extraction;

    REQUIRE(part->number > part->parent && part->path_size > 0);
    REQUIRE(utf8_valid_prefix(part->path, part->path_size) == part->path_size);
    REQUIRE(utf8_valid_prefix(buf_text(&x->body), x->body.size) == x->body.size);
    REQUIRE(utf8_valid_prefix(buf_text(&x->title), x->title.size) == x->title.size);
    REQUIRE(x->metadata.size >= 2 && x->metadata.data[0] == '{');
    if (part->parent == 0)
        REQUIRE(part->ordinal == p->n);
    p->n_parts++;
    add(p, &part->number, sizeof(part->number));
    add(p, part->bytes, part->size);
    add(p, buf_text(&x->body), x->body.size);
    add(p, buf_text(&x->metadata), x->metadata.size);
    return 0;
}

static struct pass run(struct records *r, const char *bytes, size_t size, size_t step,
                       size_t max_bytes)
{
    struct source source = {bytes, size, 0, step};
    struct pass p = {.hash = 1, .max_bytes = max_bytes};
    struct record record;
    int e;

    records_begin(r, read_source, &source);
    while ((e = records_next(r, &record)) == 0) {
        REQUIRE(record.ordinal == ++p.n && record.size > 0 && record.size <= max_bytes);
        add(&p, record.bytes, record.size);
        REQUIRE(records_extract(r, &record, take, NULL, &p) == 0);
    }
    REQUIRE(e == RECORDS_END && source.at == size);
    return p;
}

static struct extractor *open_extractor(void)
{
    const struct extract_limits limits = {.max_text_bytes = 1 << 20,
                                          .max_depth = 64,
                                          .max_parts = 100,
                                          .max_part_depth = 3,
                                          .max_unpacked_bytes = 4 << 20};
    struct reason why = {""};
    struct extractor *x;

    REQUIRE(extract_open(&limits, &x, &why) == 0);
    return x;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const names[] = {"a.ndjson", "a.csv", "a.mbox", "a.tsv"};
    static struct extractor *x;
    struct extraction file = {0};
    struct records *r;
    size_t max_bytes, step;
    char *bytes;

    if (size < 2)
        return 0;
    x = x ? x : open_extractor();
    max_bytes = data[1] & 1 ? 16 : 1 << 16;
    step = (data[1] >> 1) + 1u;
    bytes = fuzz_copy(data + 2, size - 2);
    size -= 2;
    if (records_new(x, names[data[0] % ARRAY_SIZE(names)], bytes, size, true, 7, max_bytes, &r) ==
        0) {
        struct pass a = run(r, bytes, size, SIZE_MAX, max_bytes);
        struct pass b = run(r, bytes, size, step, max_bytes);

        REQUIRE(a.n == b.n && a.n_parts == b.n_parts && a.hash == b.hash);
        REQUIRE(records_describe(r, NULL, &file) == 0 && file.body.size == 0);
        extraction_done(&file);
        records_free(r);
    }
    free(bytes);
    return 0;
}
