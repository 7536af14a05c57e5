/* corpus_mixed.c - what an office drops: plain text, Markdown, HTML, CSV, JSON,
 * XML and YAML, with sizes like those of real files (log-normal, median 3.5
 * kB), a few copies of earlier documents under another name, and a few of a
 * type that nothing reads. */
#include "corpus.h"

#include <math.h>

#define MEDIAN_BYTES   3500.0
#define SIGMA          1.2
#define MIN_BYTES      128
#define MAX_BYTES      (2 << 20)
#define COPIES_PERCENT 5

/* Streams of their own, so that one decision does not hang on another. */
#define STREAM_COPIES (1ULL << 62)
#define STREAM_BODIES (1ULL << 61)

struct writing {
    const struct words *words;
    struct chance chance;
    struct buf *out;
    size_t n_bytes;
    unsigned long long number;
};

static bool is_full(const struct writing *w)
{
    return w->out->size >= w->n_bytes || buf_error(w->out) < 0;
}

static void sentence(struct writing *w)
{
    words_write(w->words, &w->chance, 6 + chance_below(&w->chance, 14), w->out);
    buf_add_char(w->out, '.');
}

static unsigned below(struct writing *w, unsigned n)
{
    return (unsigned)chance_below(&w->chance, n);
}

static void write_plain(struct writing *w)
{
    buf_printf(w->out, "Note %llu\n\n", w->number);
    while (!is_full(w)) {
        sentence(w);
        buf_add_str(w->out, below(w, 5) == 0 ? "\n\n" : " ");
    }
}

static void write_markdown(struct writing *w)
{
    buf_printf(w->out, "# Page %llu\n\n", w->number);
    while (!is_full(w)) {
        if (below(w, 6) == 0) {
            buf_add_str(w->out, "## ");
            words_write(w->words, &w->chance, 3, w->out);
            buf_add_str(w->out, "\n\n");
        }
        buf_add_str(w->out, below(w, 3) == 0 ? "- " : "");
        sentence(w);
        buf_add_str(w->out, "\n\n");
    }
}

static void write_html(struct writing *w)
{
    buf_printf(w->out, "<!DOCTYPE html>\n<html><head><title>Page %llu</title></head><body>\n",
               w->number);
    while (!is_full(w)) {
        buf_add_str(w->out, "<p class=\"text\">");
        sentence(w);
        buf_add_str(w->out, " <a href=\"/page\">");
        buf_add_str(w->out, words_pick(w->words, &w->chance));
        buf_add_str(w->out, "</a></p>\n");
    }
    buf_add_str(w->out, "</body></html>\n");
}

static void write_csv(struct writing *w)
{
    buf_printf(w->out, "number,name,amount,text\n%llu,first,0.00,table\n", w->number);
    while (!is_full(w)) {
        buf_printf(w->out, "%u,%s,%u.%02u,\"", below(w, 100000), words_pick(w->words, &w->chance),
                   below(w, 10000), below(w, 100));
        words_write(w->words, &w->chance, 4, w->out);
        buf_add_str(w->out, "\"\n");
    }
}

static void write_json(struct writing *w)
{
    buf_printf(w->out, "{\"number\": %llu, \"records\": [{}", w->number);
    while (!is_full(w)) {
        buf_printf(w->out, ",\n{\"amount\": %u, \"text\": \"", below(w, 10000));
        sentence(w);
        buf_add_str(w->out, "\"}");
    }
    buf_add_str(w->out, "]}\n");
}

static void write_xml(struct writing *w)
{
    buf_printf(w->out, "<?xml version=\"1.0\"?>\n<records number=\"%llu\">\n", w->number);
    while (!is_full(w)) {
        buf_printf(w->out, "<record amount=\"%u\"><text>", below(w, 10000));
        sentence(w);
        buf_add_str(w->out, "</text></record>\n");
    }
    buf_add_str(w->out, "</records>\n");
}

static void write_yaml(struct writing *w)
{
    buf_printf(w->out, "---\nnumber: %llu\nrecords:\n", w->number);
    while (!is_full(w)) {
        buf_printf(w->out, "  - amount: %u\n    text: \"", below(w, 10000));
        sentence(w);
        buf_add_str(w->out, "\"\n");
    }
}

/* Bytes without meaning. */
static void write_unknown(struct writing *w)
{
    buf_printf(w->out, "%c%c\x01%llu", 0xfe, 0x00, w->number);
    while (!is_full(w)) {
        uint64_t bytes = chance_next(&w->chance);

        buf_add(w->out, &bytes, sizeof(bytes));
    }
}

static const struct kind {
    unsigned percent;
    const char *extension;
    void (*write)(struct writing *w);
} kinds[] = {
    {30, "txt", write_plain}, {15, "md", write_markdown}, {15, "html", write_html},
    {10, "csv", write_csv},   {10, "json", write_json},   {10, "xml", write_xml},
    {7, "yaml", write_yaml},  {3, "bin", write_unknown},
};

static const struct kind *pick_kind(struct chance *c)
{
    unsigned percent = (unsigned)chance_below(c, 100), i = 0;

    while (percent >= kinds[i].percent)
        percent -= kinds[i++].percent;
    return &kinds[i];
}

static bool is_copy(const struct corpus *c, uint64_t i, struct chance *chance)
{
    chance_init(chance, c->seed, STREAM_COPIES | i);
    return i > 0 && chance_below(chance, 100) < COPIES_PERCENT;
}

/* Which document's bytes document i has. */
static uint64_t content_of(const struct corpus *c, uint64_t i)
{
    struct chance chance;

    while (is_copy(c, i, &chance))
        i = chance_below(&chance, i);
    return i;
}

void corpus_make_mixed(const struct corpus *c, uint64_t i, struct corpus_document *ret)
{
    struct writing w = {.words = &c->words, .out = &ret->bytes};
    const struct kind *kind;
    double n_bytes;

    ret->content = content_of(c, i);
    chance_init(&w.chance, c->seed, STREAM_BODIES | ret->content);
    kind = pick_kind(&w.chance);
    n_bytes = MEDIAN_BYTES * exp(SIGMA * chance_normal(&w.chance));
    w.n_bytes = (size_t)MAX(MIN(n_bytes, MAX_BYTES), MIN_BYTES);
    w.number = ret->content;
    ret->extension = kind->extension;
    kind->write(&w);
}
