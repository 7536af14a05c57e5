/* ooxml_properties.c - the metadata of Office Open XML: docProps/core.xml and docProps/app.xml.
 *
 * A property that has elements inside (cp:keywords may hold cp:value) counts with all their text.
 */
#include "extract/date.h"
#include "extract/office/ooxml.h"

#include <string.h>

enum { MAX_PROPERTY_BYTES = 4 * MAX_VALUE_BYTES };

enum property_form { FORM_TEXT, FORM_TITLE, FORM_LANGUAGE, FORM_DATE, FORM_NAMES, FORM_PAGES };

/* Local names; the two files have none in common. */
static const struct property {
    const char *name;
    enum property_form form;
    const char *key;
} properties[] = {
    {"title", FORM_TITLE, NULL},
    {"language", FORM_LANGUAGE, NULL},
    {"creator", FORM_NAMES, "creator"},
    {"subject", FORM_TEXT, "subject"},
    {"keywords", FORM_TEXT, "keywords"},
    {"description", FORM_TEXT, "description"},
    {"category", FORM_TEXT, "category"},
    {"contentStatus", FORM_TEXT, "content_status"},
    {"lastModifiedBy", FORM_TEXT, "last_modified_by"},
    {"revision", FORM_TEXT, "revision"},
    {"created", FORM_DATE, "created"},
    {"modified", FORM_DATE, "modified"},
    {"lastPrinted", FORM_DATE, "last_printed"},
    {"Company", FORM_TEXT, "company"},
    {"Manager", FORM_TEXT, "manager"},
    {"Pages", FORM_PAGES, "page_count"},
};

struct reading {
    struct ooxml *o;
    const struct property *current;
    struct buf text;
    struct buf application, version;
    struct buf *to; /* of the three above: what is open, or NULL */
};

static void on_start(void *user, const struct xml_tag *tag)
{
    struct reading *r = user;

    if (tag->depth != 2) {
        if (r->to)
            buf_add_char(r->to, ' ');
        return;
    }
    r->current = NULL;
    r->to = NULL;
    for (size_t i = 0; i < ARRAY_SIZE(properties); i++) {
        if (strcmp(properties[i].name, tag->name) == 0)
            r->current = &properties[i];
    }
    if (r->current)
        r->to = &r->text;
    else if (strcmp(tag->name, "Application") == 0)
        r->to = &r->application;
    else if (strcmp(tag->name, "AppVersion") == 0)
        r->to = &r->version;
    if (r->to)
        buf_clear(r->to);
}

static void on_text(void *user, const char *text, size_t n)
{
    struct reading *r = user;

    if (r->to && r->to->size < MAX_PROPERTY_BYTES)
        buf_add(r->to, text, n);
}

/* "A;B" is "A; B". */
static void add_names(struct document *d, const char *key, const char *text, size_t n)
{
    struct buf names = BUF_INIT;
    const char *end;
    size_t n_name;

    for (const char *at = text, *all = text + n; at < all; at = end + 1) {
        end = memchr(at, ';', (size_t)(all - at));
        end = end ? end : all;
        n_name = (size_t)(end - at);
        trim(&at, &n_name);
        if (n_name > 0 && names.size > 0)
            buf_add_str(&names, "; ");
        buf_add(&names, at, n_name);
    }
    result_meta_str(d, key, buf_text(&names), names.size);
    if (buf_error(&names) < 0)
        result_out_of_memory(d);
    buf_done(&names);
}

static void write_property(struct reading *r, const char *text, size_t n)
{
    struct document *d = r->o->d;
    const struct property *p = r->current;
    uint32_t number;

    switch (p->form) {
    case FORM_TEXT:
        result_meta_str(d, p->key, text, n);
        break;
    case FORM_TITLE:
        result_title(d, text, n);
        break;
    case FORM_LANGUAGE:
        result_language(d, text, n);
        break;
    case FORM_DATE:
        result_meta_iso_date(d, p->key, text, n);
        break;
    case FORM_NAMES:
        add_names(d, p->key, text, n);
        break;
    case FORM_PAGES:
        number = xml_value_uint((struct xml_value){text, n}, 0);
        if (number > 0 && r->o->kind == OOXML_DOCUMENT)
            result_meta_uint(d, p->key, number);
        break;
    }
}

static void on_end(void *user, const struct xml_tag *tag)
{
    struct reading *r = user;
    const char *text = buf_text(&r->text);
    size_t n = r->text.size;

    if (tag->depth != 2)
        return;
    trim(&text, &n);
    if (r->current && n > 0)
        write_property(r, text, n);
    r->current = NULL;
    r->to = NULL;
}

static void write_producer(struct reading *r)
{
    if (r->application.size == 0)
        return;
    if (r->version.size > 0) {
        buf_add_char(&r->application, ' ');
        buf_add(&r->application, r->version.data, r->version.size);
    }
    result_meta_str(r->o->d, "producer", buf_text(&r->application), r->application.size);
}

/* The file under its usual name, or where the package's relation points. */
static int read_file(struct reading *r, const struct ooxml_relations *root, const char *name,
                     const char *type)
{
    static const struct xml_handler handler = {on_start, on_end, on_text};
    size_t at = 0;
    int error;

    if (!package_has(r->o->package, name))
        name = ooxml_relations_next(root, type, &at);
    if (!name)
        return 0;
    error = xml_events_read_member(r->o->package, name, &handler, r);
    return error == EXTRACT_REFUSED ? 0 : error;
}

int ooxml_read_properties(struct ooxml *o)
{
    struct reading r = {.o = o};
    struct ooxml_relations root;
    int error = ooxml_relations_read(o->package, "", &root);

    if (error == 0)
        error = read_file(&r, &root, "docProps/core.xml", "core-properties");
    if (error == 0)
        error = read_file(&r, &root, "docProps/app.xml", "extended-properties");
    write_producer(&r);
    if (error == 0 && (buf_error(&r.text) < 0 || buf_error(&r.application) < 0))
        error = -ENOMEM;
    ooxml_relations_done(&root);
    buf_done(&r.text);
    buf_done(&r.application);
    buf_done(&r.version);
    return error;
}
