/* ooxml_relations.c - how the parts of a package refer to each other: folder/_rels/part.rels.
 *
 * Targets are resolved against the folder of the part and percent-decoded (ECMA-376 part 2, 9.3).
 * What lies outside the package (TargetMode="External") is left out. Sorted by id: a hostile file
 * may have as many relations as it asks for.
 */
#include "extract/office/ooxml.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_RELATIONS = 100000, MAX_NAME_BYTES = 1000 };

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = to_lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static void percent_decode(struct buf *b)
{
    size_t to = 0;

    for (size_t i = 0; i < b->size; i++, to++) {
        int high = i + 2 < b->size ? hex_digit(b->data[i + 1]) : -1;
        int low = high >= 0 ? hex_digit(b->data[i + 2]) : -1;

        b->data[to] = b->data[i];
        if (b->data[i] != '%' || low < 0 || high + low == 0)
            continue;
        b->data[to] = (char)(high * 16 + low);
        i += 2;
    }
    buf_truncate(b, to);
}

/* Takes the last folder off a path that ends with a slash. */
static void go_up(struct buf *path)
{
    size_t n = path->size;

    while (n > 0 && path->data[n - 1] == '/')
        n--;
    while (n > 0 && path->data[n - 1] != '/')
        n--;
    buf_truncate(path, n);
}

/* The member that `target` means in a part in `folder` ("" or ending with a slash). */
static void resolve(const char *folder, struct xml_value target, struct buf *path)
{
    const char *at = target.text, *end = at + target.size, *slash;
    size_t n;

    if (at < end && (*at == '/' || *at == '\\'))
        at++;
    else
        buf_add_str(path, folder);
    for (; at < end; at += n + (slash ? 1 : 0)) {
        slash = memchr(at, '/', (size_t)(end - at));
        n = (size_t)((slash ? slash : end) - at);
        if (n == 2 && memcmp(at, "..", 2) == 0) {
            go_up(path);
        } else if (n > 0 && !(n == 1 && *at == '.')) {
            buf_add(path, at, n);
            if (slash)
                buf_add_char(path, '/');
        }
    }
    percent_decode(path);
}

static char *copy_value(struct xml_value value)
{
    return strndup(value.text, value.size);
}

/* The last word of a type's URI; Strict and Transitional differ in what is before it. */
static char *copy_type(struct xml_value type)
{
    size_t from = type.size;

    while (from > 0 && type.text[from - 1] != '/')
        from--;
    return strndup(type.text + from, type.size - from);
}

static void add(struct ooxml_relations *r, struct xml_value id, struct xml_value type,
                struct xml_value target)
{
    struct ooxml_relation *list = r->list, *new;
    struct buf path = BUF_INIT;

    if ((r->n & (r->n - 1)) == 0)
        list = realloc(list, MAX(2 * r->n, 8) * sizeof(*list));
    if (!list) {
        result_out_of_memory(r->d);
        return;
    }
    r->list = list;
    new = &list[r->n];
    resolve(r->folder, target, &path);
    *new = (struct ooxml_relation){copy_value(id), copy_type(type), strdup(buf_text(&path))};
    r->n++; /* so that it is released */
    if (!new->id || !new->type || !new->target || buf_error(&path) < 0) {
        result_out_of_memory(r->d);
        r->n--;
        free(new->id);
        free(new->type);
        free(new->target);
    }
    buf_done(&path);
}

static void on_relation(void *user, const struct xml_tag *tag)
{
    struct ooxml_relations *r = user;
    struct xml_value id, type, target, mode;

    if (strcmp(tag->name, "Relationship") != 0 || r->n == MAX_RELATIONS)
        return;
    xml_tag_attribute(tag, "TargetMode", &mode);
    xml_tag_attribute(tag, "Id", &id);
    xml_tag_attribute(tag, "Type", &type);
    if (xml_tag_attribute(tag, "Target", &target) && !xml_value_is(mode, "External") &&
        target.size <= MAX_NAME_BYTES)
        add(r, id, type, target);
}

static int compare_ids(const void *a, const void *b)
{
    return strcmp(((const struct ooxml_relation *)a)->id, ((const struct ooxml_relation *)b)->id);
}

int ooxml_relations_read(struct package *p, const char *part, struct ooxml_relations *r)
{
    static const struct xml_handler handler = {.start = on_relation};
    const char *slash = strrchr(part, '/'), *name = slash ? slash + 1 : part;
    struct buf folder = BUF_INIT, member = BUF_INIT;
    int error;

    *r = (struct ooxml_relations){.d = package_document(p)};
    buf_add(&folder, part, (size_t)(name - part));
    buf_printf(&member, "%s_rels/%s.rels", buf_text(&folder), name);
    error = buf_error(&member);
    if (error == 0)
        error = buf_error(&folder);
    r->folder = buf_text(&folder);
    if (error == 0)
        error = xml_events_read_member(p, buf_text(&member), &handler, r);
    r->folder = NULL;
    if (r->n > 1)
        qsort(r->list, r->n, sizeof(*r->list), compare_ids);
    buf_done(&folder);
    buf_done(&member);
    return error == EXTRACT_REFUSED ? 0 : error;
}

void ooxml_relations_done(struct ooxml_relations *r)
{
    for (size_t i = 0; i < r->n; i++) {
        free(r->list[i].id);
        free(r->list[i].type);
        free(r->list[i].target);
    }
    free(r->list);
    *r = (struct ooxml_relations){0};
}

const char *ooxml_relations_find(const struct ooxml_relations *r, struct xml_value id)
{
    size_t low = 0, high = r->n, middle;
    int order;

    while (low < high) {
        middle = low + (high - low) / 2;
        order = strncmp(r->list[middle].id, id.text, id.size);
        if (order == 0)
            order = r->list[middle].id[id.size] ? 1 : 0;
        if (order == 0)
            return r->list[middle].target;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

const char *ooxml_relations_next(const struct ooxml_relations *r, const char *type, size_t *at)
{
    while (*at < r->n) {
        const struct ooxml_relation *relation = &r->list[(*at)++];

        if (strcmp(relation->type, type) == 0)
            return relation->target;
    }
    return NULL;
}
