/* epub_opf.c - see epub_opf.h. Bounded by the size of the file itself: each entry keeps no more
 * than its own attributes, and ids are found by a binary search. */
#include "extract/office/epub_opf.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { MAX_FIELD_BYTES = 64 * 1024, MAX_PLACES = 64 * 1024, MAX_HREF_BYTES = 2048 };

/* Local names of Dublin Core; the first editions wrote them with capitals. */
static const struct {
    const char *name;
    enum fact field;
} names[] = {
    {"title", FACT_TITLE},           {"creator", FACT_CREATOR},
    {"language", FACT_LANGUAGE},     {"contributor", FACT_CONTRIBUTOR},
    {"publisher", FACT_PUBLISHER},   {"description", FACT_DESCRIPTION},
    {"subject", FACT_SUBJECT},       {"date", FACT_CREATED},
    {"identifier", FACT_IDENTIFIER}, {"rights", FACT_RIGHTS},
};

void opf_done(struct opf *o)
{
    facts_done(&o->facts);
    buf_done(&o->names);
    buf_done(&o->items);
    buf_done(&o->spine);
    buf_done(&o->text);
}

static size_t keep(struct opf *o, struct xml_value value)
{
    size_t at = o->names.size;

    if (value.size <= MAX_HREF_BYTES)
        buf_add(&o->names, value.text, value.size);
    buf_add_char(&o->names, '\0');
    return at;
}

static int dublin_field(const struct xml_tag *tag)
{
    struct xml_value value;
    int field = 0;

    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        if (strcasecmp(tag->name, names[i].name) == 0)
            field = (int)names[i].field + 1;
    }
    if (field == FACT_CREATED + 1 && xml_tag_attribute(tag, "event", &value) &&
        xml_value_is(value, "modification"))
        return FACT_MODIFIED + 1;
    if (field == FACT_CONTRIBUTOR + 1 && xml_tag_attribute(tag, "role", &value) &&
        xml_value_is(value, "bkp"))
        return FACT_PRODUCER + 1; /* MARC's "book producer": the program */
    return field;
}

/* <meta>: with `property` its text counts (OPF 3), with `name` its `content` (OPF 2). */
static void start_meta(struct opf *o, const struct xml_tag *tag)
{
    struct xml_value name, content;

    if (xml_tag_attribute(tag, "property", &name) && xml_value_is(name, "dcterms:modified"))
        o->field = FACT_MODIFIED + 1;
    if (xml_tag_attribute(tag, "name", &name) && xml_tag_attribute(tag, "content", &content) &&
        xml_value_is(name, "generator"))
        facts_add(&o->facts, FACT_PRODUCER, 0, content.text, content.size);
}

static void start_item(struct opf *o, const struct xml_tag *tag)
{
    struct xml_value id, href, type;
    struct opf_item item = {0};

    (void)xml_tag_attribute(tag, "id", &id);
    (void)xml_tag_attribute(tag, "href", &href);
    (void)xml_tag_attribute(tag, "media-type", &type);
    if (o->items.size >= MAX_PLACES * sizeof(item))
        return;
    item.id = keep(o, id);
    item.href = keep(o, href);
    item.type = keep(o, type);
    buf_add(&o->items, &item, sizeof(item));
}

static void start_itemref(struct opf *o, const struct xml_tag *tag)
{
    struct xml_value id;
    size_t at;

    (void)xml_tag_attribute(tag, "idref", &id);
    if (o->spine.size >= MAX_PLACES * sizeof(at))
        return;
    at = keep(o, id);
    buf_add(&o->spine, &at, sizeof(at));
}

static void on_start(void *user, const struct xml_tag *tag)
{
    struct opf *o = user;

    o->field = 0;
    buf_clear(&o->text);
    if (tag->depth == 1)
        o->is_opf = strcmp(tag->name, "package") == 0;
    else if (strcmp(tag->name, "item") == 0)
        start_item(o, tag);
    else if (strcmp(tag->name, "itemref") == 0)
        start_itemref(o, tag);
    else if (strcmp(tag->name, "meta") == 0)
        start_meta(o, tag);
    else if (strstr(tag->ns, "purl.org/dc") || strcmp(tag->prefix, "dc") == 0)
        o->field = dublin_field(tag);
}

static void on_end(void *user, const struct xml_tag *tag)
{
    struct opf *o = user;

    (void)tag;
    if (o->field > 0)
        facts_add(&o->facts, (enum fact)(o->field - 1), 0, buf_text(&o->text), o->text.size);
    o->field = 0;
}

static void on_text(void *user, const char *text, size_t n)
{
    struct opf *o = user;

    if (o->field > 0)
        buf_add(&o->text, text,
                MIN(n, MAX_FIELD_BYTES - MIN(o->text.size, (size_t)MAX_FIELD_BYTES)));
}

const struct xml_handler opf_handler = {.start = on_start, .end = on_end, .text = on_text};

static struct opf_item *items(const struct opf *o)
{
    return (struct opf_item *)(void *)o->items.data;
}

static size_t n_items(const struct opf *o)
{
    return o->items.size / sizeof(struct opf_item);
}

const char *opf_text(const struct opf *o, size_t at)
{
    return buf_text(&o->names) + at;
}

/* By id; of equal ones the first in the file is first. */
static int compare_items(const void *a, const void *b, void *user)
{
    const struct opf_item *left = a, *right = b;
    int order = strcmp(opf_text(user, left->id), opf_text(user, right->id));

    return order != 0 ? order : (left->id > right->id) - (left->id < right->id);
}

int opf_seal(struct opf *o)
{
    if (buf_error(&o->names) < 0 || buf_error(&o->items) < 0 || buf_error(&o->spine) < 0 ||
        buf_error(&o->text) < 0)
        return -ENOMEM;
    if (o->spine.size > 0 && n_items(o) > 0)
        qsort_r(items(o), n_items(o), sizeof(struct opf_item), compare_items, o);
    return 0;
}

size_t opf_count(const struct opf *o)
{
    return o->spine.size > 0 ? o->spine.size / sizeof(size_t) : n_items(o);
}

struct opf_item *opf_at(struct opf *o, size_t place)
{
    size_t low = 0, high = n_items(o), middle, id;

    if (o->spine.size == 0)
        return items(o) + place;
    memcpy(&id, o->spine.data + place * sizeof(id), sizeof(id));
    while (low < high) {
        middle = low + (high - low) / 2;
        if (strcmp(opf_text(o, items(o)[middle].id), opf_text(o, id)) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == n_items(o) || strcmp(opf_text(o, items(o)[low].id), opf_text(o, id)) != 0)
        return NULL;
    return items(o) + low;
}

bool opf_is_page(const struct opf *o, const struct opf_item *item)
{
    static const char *const parts[] = {"html",   "svg",      "oeb1-document",
                                        "dtbook", "text/xml", "application/xml"};
    const char *type = opf_text(o, item->type);

    for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
        if (strcasestr(type, parts[i]))
            return o->spine.size > 0 || i != 1; /* a drawing only where it is to be read */
    }
    return type[0] == '\0';
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = to_lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Appends `href` with its percent-encoding undone, up to its fragment. */
static void add_decoded(struct buf *to, const char *href)
{
    for (; *href && *href != '#'; href++) {
        int high = *href == '%' ? hex_digit(href[1]) : -1;
        int low = high >= 0 ? hex_digit(href[2]) : -1;

        if (low >= 0 && high + low > 0) {
            buf_add_char(to, (char)(high * 16 + low));
            href += 2;
        } else {
            buf_add_char(to, *href);
        }
    }
}

/* Takes "." and ".." out of a path, in place. */
static void normalise(struct buf *path)
{
    size_t from = 0, to = 0, n;
    char *text = path->data;

    while (from < path->size) {
        n = strcspn(text + from, "/");
        if (n == 2 && memcmp(text + from, "..", 2) == 0) {
            while (to > 0 && text[--to] != '/')
                ;
        } else if (n > 0 && !(n == 1 && text[from] == '.')) {
            if (to > 0)
                text[to++] = '/';
            memmove(text + to, text + from, n);
            to += n;
        }
        from += n + 1;
    }
    buf_truncate(path, to);
}

void opf_resolve(const char *base, const char *href, struct buf *to)
{
    const char *slash = strrchr(base, '/');

    buf_clear(to);
    if (slash && href[0] != '/')
        buf_add(to, base, (size_t)(slash + 1 - base));
    add_decoded(to, href);
    if (to->size > 0)
        normalise(to);
}
