/* odf_meta.c - see odf_meta.h. `dc:creator` is who changed the document last; it is its creator
 * only when no other is told. */
#include "extract/office/odf_meta.h"

#include <string.h>

enum { MAX_FIELD_BYTES = 64 * 1024 };

static const struct {
    const char *name;
    enum fact field;
} names[] = {
    {"title", FACT_TITLE},
    {"language", FACT_LANGUAGE},
    {"initial-creator", FACT_CREATOR},
    {"creator", FACT_LAST_MODIFIED_BY},
    {"contributor", FACT_CONTRIBUTOR},
    {"creation-date", FACT_CREATED},
    {"date", FACT_MODIFIED},
    {"subject", FACT_SUBJECT},
    {"keyword", FACT_KEYWORDS},
    {"description", FACT_DESCRIPTION},
    {"publisher", FACT_PUBLISHER},
    {"identifier", FACT_IDENTIFIER},
    {"rights", FACT_RIGHTS},
    {"generator", FACT_PRODUCER},
};

static int find_field(const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        if (strcmp(name, names[i].name) == 0)
            return (int)names[i].field + 1;
    }
    return 0;
}

static void on_start(void *user, const struct xml_tag *tag)
{
    struct odf_meta *m = user;
    struct xml_value count;

    if (strcmp(tag->name, "meta") == 0 && strstr(tag->ns, "office")) {
        m->is_open = true;
    } else if (m->is_open) {
        m->field = find_field(tag->name);
        buf_clear(&m->text);
        if (strcmp(tag->name, "document-statistic") == 0 &&
            xml_tag_attribute(tag, "page-count", &count))
            m->page_count = xml_value_uint(count, 0);
    }
}

static void on_end(void *user, const struct xml_tag *tag)
{
    struct odf_meta *m = user;

    if (m->field > 0)
        facts_add(&m->facts, (enum fact)(m->field - 1), 0, buf_text(&m->text), m->text.size);
    m->field = 0;
    if (m->is_open && strcmp(tag->name, "meta") == 0)
        xml_events_stop(tag->reader);
}

static void on_text(void *user, const char *text, size_t n)
{
    struct odf_meta *m = user;

    if (m->field > 0)
        buf_add(&m->text, text,
                MIN(n, MAX_FIELD_BYTES - MIN(m->text.size, (size_t)MAX_FIELD_BYTES)));
}

const struct xml_handler odf_meta_handler = {.start = on_start, .end = on_end, .text = on_text};

void odf_meta_done(struct odf_meta *m)
{
    facts_done(&m->facts);
    buf_done(&m->text);
}

void odf_meta_write(struct odf_meta *m, struct document *d)
{
    const struct buf *last = &m->facts.texts[FACT_LAST_MODIFIED_BY];

    if (m->facts.texts[FACT_CREATOR].size == 0)
        facts_add(&m->facts, FACT_CREATOR, 0, buf_text(last), last->size);
    if (buf_error(&m->text) < 0)
        result_out_of_memory(d);
    facts_write(&m->facts, d);
}
