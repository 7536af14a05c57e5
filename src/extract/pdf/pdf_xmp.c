/* pdf_xmp.c - XMP (ISO 16684-1) in a PDF: PDF 2.0 has it instead of the information dictionary, and
 * older producers have it beside that.
 *
 * A property is an element, whose text or whose list items are its values, or an attribute of
 * rdf:Description; names are found by namespace, because prefixes are free. What means the same as
 * an entry of the information goes under the same key (ISO 19005-1, 6.7.3: Subject is
 * dc:description).
 */
#include "extract/pdf/pdf_xmp.h"

#include "extract/facts.h"
#include "extract/markup/xml_events.h"

#include <string.h>

enum { MAX_PACKET_BYTES = 1 << 20, MAX_PROPERTY_BYTES = 16 * 1024 };

static const char dc[] = "http://purl.org/dc/elements/1.1/";
static const char basic[] = "http://ns.adobe.com/xap/1.0/";
static const char pdf[] = "http://ns.adobe.com/pdf/1.3/";

static const struct property {
    const char *ns;
    const char *name;
    enum fact field;
} properties[] = {
    {dc, "title", FACT_TITLE},
    {dc, "creator", FACT_CREATOR},
    {dc, "description", FACT_SUBJECT},
    {dc, "subject", FACT_KEYWORDS},
    {dc, "language", FACT_LANGUAGE},
    {dc, "publisher", FACT_PUBLISHER},
    {dc, "rights", FACT_RIGHTS},
    {basic, "CreateDate", FACT_CREATED},
    {basic, "ModifyDate", FACT_MODIFIED},
    {pdf, "Keywords", FACT_KEYWORDS},
    {pdf, "Producer", FACT_PRODUCER},
};

struct packet {
    struct facts found;
    const struct property *open; /* NULL: none */
    unsigned depth;              /* of `open` */
    struct buf value;
};

static const struct property *find_property(const char *ns, const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(properties); i++) {
        if (strcmp(name, properties[i].name) == 0 && strcmp(ns, properties[i].ns) == 0)
            return &properties[i];
    }
    return NULL;
}

static void on_start(void *user, const struct xml_tag *tag)
{
    struct packet *p = user;
    const struct property *found;
    struct xml_value value;
    const char *ns, *name;

    if (!p->open) {
        p->open = find_property(tag->ns, tag->name);
        p->depth = tag->depth;
    }
    buf_clear(&p->value); /* the white space between the tags of a list */
    for (unsigned i = 0; strcmp(tag->name, "Description") == 0 && i < tag->n_attributes; i++) {
        name = xml_tag_attribute_at(tag, i, &ns, &value);
        found = find_property(ns, name);
        if (found)
            facts_add(&p->found, found->field, 0, value.text, value.size);
    }
}

static void on_end(void *user, const struct xml_tag *tag)
{
    struct packet *p = user;

    if (p->open && (strcmp(tag->name, "li") == 0 || tag->depth == p->depth)) {
        facts_add(&p->found, p->open->field, 0, buf_text(&p->value), p->value.size);
        buf_clear(&p->value);
    }
    if (tag->depth == p->depth)
        p->open = NULL;
}

static void on_text(void *user, const char *text, size_t n)
{
    struct packet *p = user;

    if (p->open)
        buf_add(&p->value, text,
                MIN(n, MAX_PROPERTY_BYTES - MIN(p->value.size, (size_t)MAX_PROPERTY_BYTES)));
}

static void collect(void *user, const char *text, size_t n)
{
    buf_add(user, text, n);
}

int pdf_xmp_read(struct document *d, struct pdf_reader *reader)
{
    static const struct xml_handler handler = {on_start, on_end, on_text};
    struct packet p = {.open = NULL};
    struct buf bytes = BUF_INIT;
    int r = pdf_reader_xmp(reader, MAX_PACKET_BYTES, collect, &bytes);

    while (bytes.size > 0 && bytes.data[bytes.size - 1] == '\0')
        buf_truncate(&bytes, bytes.size - 1);
    if (r == 0)
        r = buf_error(&bytes);
    if (r == 0 && bytes.size > 0)
        r = xml_events_read(d, bytes.data, bytes.size, &handler, &p);
    if (r == 0)
        r = buf_error(&p.value);
    if (r == 0)
        facts_write(&p.found, d);
    facts_done(&p.found);
    buf_done(&p.value);
    buf_done(&bytes);
    return r;
}
