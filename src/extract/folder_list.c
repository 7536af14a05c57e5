/* folder_list.c - reads the list of files in a folder's meta.json; see include/extract/folder.h.
 *
 * Members are told by the scanner (json_scan.c) as slices of the source. The first thing that is
 * wrong is what is said; the files behind it are taken all the same, as far as they can be told.
 */
#include "extract/folder.h"

#include "base/utf8.h"
#include "extract/sidecar_scan.h"
#include "extract/text/json_scan.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_ORDER_DIGITS 15 /* what a double holds, as other readers of JSON use them */

struct list_scan {
    struct folder_list *l;
    size_t max_files;
    size_t position; /* of the file in hand, from 1; 0: none */
    struct folder_file file;
    struct slice documents;
    struct buf text; /* a string, decoded */
    struct reason *why;
    bool failed, no_memory;
    bool has_type;
};

/* ---- refusals ---- */

/* The first reason counts. `value`: NULL, or what it is about. */
static void refuse(struct list_scan *c, const char *what, struct slice value)
{
    char shown[64] = "";
    size_t n = utf8_cut(value.at, value.n, MIN(value.n, sizeof(shown) - 1));

    if (c->failed)
        return;
    c->failed = true;
    for (size_t i = 0; i < n; i++)
        shown[i] = (uint8_t)value.at[i] < 0x20 || value.at[i] == 0x7f ? '?' : value.at[i];
    if (c->position == 0)
        reason_set(c->why, "member \"documents\": %s", what);
    else if (n == 0)
        reason_set(c->why, "member \"documents\", number %zu: %s", c->position, what);
    else
        reason_set(c->why, "member \"documents\", number %zu, \"%s\": %s", c->position, shown,
                   what);
}

static struct slice slice_of(const char *text)
{
    return (struct slice){text ? text : "", text ? strlen(text) : 0};
}

static struct slice decode(struct list_scan *c, struct slice v)
{
    char *to;

    buf_clear(&c->text);
    to = buf_reserve(&c->text, v.n);
    if (!to) {
        c->no_memory = true;
        return (struct slice){"", 0};
    }
    buf_seal(&c->text, json_scan_unescape(v.at, v.n, to));
    return (struct slice){buf_text(&c->text), c->text.size};
}

/* ---- a file ---- */

/* What is wrong with a path below the folder; NULL: nothing. */
static const char *fault_of_path(struct slice path)
{
    if (path.n == 0)
        return "a \"file\" has no name";
    if (path.n > FOLDER_MAX_PATH_BYTES)
        return "the name of a \"file\" is too long";
    if (path.at[0] == '/')
        return "a \"file\" is named from its folder on, not by an absolute path";
    for (size_t i = 0; i < path.n; i++)
        if ((uint8_t)path.at[i] < 0x20 || path.at[i] == 0x7f)
            return "the name of a \"file\" has control characters";
    for (size_t i = 0, n; i <= path.n; i += n + 1) {
        const char *slash = memchr(path.at + i, '/', path.n - i);

        n = (slash ? (size_t)(slash - path.at) : path.n) - i;
        if (n == 2 && memcmp(path.at + i, "..", 2) == 0)
            return "a \"file\" lies in the folder, not outside (\"..\")";
        if (n == 0 || (n == 1 && path.at[i] == '.'))
            return "the name of a \"file\" has an empty component, or \".\"";
    }
    if (path.n == strlen("meta.json") && memcmp(path.at, "meta.json", path.n) == 0)
        return "the list itself is no \"file\" of its folder";
    return NULL;
}

static void member_file(struct list_scan *c, struct slice v)
{
    const char *fault;
    struct slice path;

    if (!sidecar_is_text(v)) {
        refuse(c, "\"file\": a text is expected", slice_of(NULL));
        return;
    }
    path = decode(c, v);
    fault = fault_of_path(path);
    if (fault) {
        refuse(c, fault, path);
        return;
    }
    if (c->file.path) {
        refuse(c, "\"file\" is there twice", path);
        return;
    }
    c->file.path = strndup(path.at, path.n);
    c->no_memory = c->no_memory || !c->file.path;
}

static void member_type(struct list_scan *c, struct slice v)
{
    struct slice type;

    if (sidecar_is_null(v))
        return;
    if (!sidecar_is_text(v) || c->has_type) {
        refuse(c, c->has_type ? "\"type\" is there twice" : "\"type\": a text is expected",
               slice_of(c->file.path));
        return;
    }
    c->has_type = true;
    type = decode(c, v);
    if (type.n > FOLDER_MAX_TYPE_BYTES)
        refuse(c, "\"type\" is too long", slice_of(c->file.path));
    else
        (void)snprintf(c->file.type, sizeof(c->file.type), "%.*s", (int)type.n, type.at);
}

static void member_order(struct list_scan *c, struct slice v)
{
    size_t sign = v.at[0] == '-', digits = v.n - sign;

    if (sidecar_is_null(v))
        return;
    if (c->file.has_order || digits == 0 || digits > MAX_ORDER_DIGITS ||
        strspn(v.at + sign, "0123456789") < digits) {
        refuse(c,
               c->file.has_order ? "\"order\" is there twice"
                                 : "\"order\": a whole number is expected",
               slice_of(c->file.path));
        return;
    }
    c->file.has_order = true;
    c->file.order = strtoll(v.at, NULL, 10);
}

static void on_file_member(void *context, const char *key, size_t key_n, const char *value,
                           size_t value_n)
{
    static const struct {
        const char *name;
        void (*take)(struct list_scan *c, struct slice v);
    } known[] = {{"file", member_file}, {"type", member_type}, {"order", member_order}};
    struct list_scan *c = context;
    struct slice name = decode(c, (struct slice){key, key_n});

    for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
        if (name.n == strlen(known[i].name) && memcmp(name.at, known[i].name, name.n) == 0) {
            known[i].take(c, (struct slice){value, value_n});
            return;
        }
    }
    refuse(c, "a member has another name than \"file\", \"type\", \"order\"", name);
}

static void keep_file(struct list_scan *c)
{
    struct folder_list *l = c->l;
    struct folder_file *files;
    size_t capacity = l->capacity ? 2 * l->capacity : 16;

    if (l->n_files == l->capacity) {
        files = realloc(l->files, capacity * sizeof(*files));
        if (!files) {
            c->no_memory = true;
            free(c->file.path);
            return;
        }
        l->files = files;
        l->capacity = capacity;
    }
    l->files[l->n_files++] = c->file;
}

static void on_document(void *context, const char *value, size_t value_n)
{
    struct list_scan *c = context;
    struct json_scan members = {.text = value,
                                .size = value_n,
                                .max_depth = SIDECAR_MAX_DEPTH,
                                .member = on_file_member,
                                .context = c};

    c->position++;
    c->file = (struct folder_file){.position = c->position};
    c->has_type = false;
    if (value[0] != '{') {
        refuse(c, "an object is expected", slice_of(NULL));
        return;
    }
    (void)json_scan_value(&members);
    if (!c->file.path) {
        refuse(c, "\"file\" is missing", slice_of(NULL));
    } else if (c->l->n_files == c->max_files) {
        refuse(c, "there are more files than PENSTOCK_MAX_FOLDER_FILES", slice_of(c->file.path));
        free(c->file.path);
    } else {
        keep_file(c);
    }
}

/* ---- the list ---- */

static int by_path(const void *a, const void *b)
{
    const struct folder_file *x = a, *y = b;
    int order = strcmp(x->path, y->path);

    return order ? order : x->position < y->position ? -1 : 1;
}

/* Drops what is there twice; the first stays. */
static void refuse_twins(struct list_scan *c)
{
    struct folder_list *l = c->l;
    size_t n = 0;

    if (l->n_files > 1)
        qsort(l->files, l->n_files, sizeof(*l->files), by_path);
    for (size_t i = 0; i < l->n_files; i++) {
        if (n > 0 && strcmp(l->files[n - 1].path, l->files[i].path) == 0) {
            c->position = l->files[i].position;
            refuse(c, "this file is listed twice", slice_of(l->files[i].path));
            free(l->files[i].path);
        } else {
            l->files[n++] = l->files[i];
        }
    }
    l->n_files = n;
}

static int by_order(const void *a, const void *b)
{
    const struct folder_file *x = a, *y = b;

    if (x->has_order != y->has_order)
        return x->has_order ? -1 : 1;
    if (x->order != y->order)
        return x->order < y->order ? -1 : 1;
    return x->position < y->position ? -1 : 1;
}

static void read_documents(struct list_scan *c)
{
    struct json_scan elements = {.text = c->documents.at,
                                 .size = c->documents.n,
                                 .max_depth = SIDECAR_MAX_DEPTH,
                                 .element = on_document,
                                 .context = c};

    if (c->documents.at[0] != '[') {
        refuse(c, "a list of objects is expected", slice_of(NULL));
        return;
    }
    (void)json_scan_value(&elements);
    if (c->position == 0)
        refuse(c, "there is no file in the list", slice_of(NULL));
    refuse_twins(c);
    if (c->l->n_files > 1)
        qsort(c->l->files, c->l->n_files, sizeof(*c->l->files), by_order);
}

static void on_member(void *context, const char *key, size_t key_n, const char *value,
                      size_t value_n)
{
    struct list_scan *c = context;
    struct slice name = decode(c, (struct slice){key, key_n});

    if (name.n != strlen("documents") || memcmp(name.at, "documents", name.n) != 0)
        return;
    if (c->documents.n > 0)
        refuse(c, "it is there twice", slice_of(NULL));
    else
        c->documents = (struct slice){value, value_n};
}

/* 0, FOLDER_NONE or FOLDER_WRONG. */
static int find_documents(struct list_scan *c, const char *text, size_t size)
{
    struct json_scan whole = {.text = text, .size = size, .max_depth = SIDECAR_MAX_DEPTH};
    size_t valid = utf8_valid_prefix(text, size);
    enum json_verdict v = valid < size ? JSON_INVALID : json_scan_value(&whole);

    if (valid < size)
        reason_set(c->why, "it is not UTF-8: line %zu", sidecar_line_of(text, valid));
    else if (v == JSON_TOO_DEEP)
        reason_set(c->why, "it is nested more than %d deep", SIDECAR_MAX_DEPTH);
    else if (v != JSON_VALID || whole.at < size)
        reason_set(c->why, "it is not JSON: line %zu", sidecar_line_of(text, whole.at));
    else
        v = JSON_VALID;
    if (v != JSON_VALID || whole.at < size)
        return size > FOLDER_MAX_BYTES ? FOLDER_NONE : FOLDER_WRONG;
    whole.at = 0;
    whole.member = on_member;
    whole.context = c;
    (void)json_scan_value(&whole);
    return c->documents.n > 0 ? 0 : FOLDER_NONE;
}

static void forget_files(struct folder_list *l)
{
    for (size_t i = 0; i < l->n_files; i++)
        free(l->files[i].path);
    l->n_files = 0;
}

int folder_list_read(struct folder_list *l, const char *bytes, size_t size, size_t max_files,
                     struct reason *why)
{
    struct list_scan c = {.l = l, .max_files = max_files, .why = why};
    int r;

    forget_files(l);
    if (size > 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0) {
        bytes += 3;
        size -= 3;
    }
    r = find_documents(&c, bytes, size);
    if (r == 0)
        read_documents(&c);
    if (r == 0 && size > FOLDER_MAX_BYTES && !c.failed) {
        reason_set(why, "it has more than %d bytes", FOLDER_MAX_BYTES);
        c.failed = true;
    }
    buf_done(&c.text);
    if (c.no_memory)
        return -ENOMEM;
    return r == 0 && c.failed ? FOLDER_WRONG : r;
}

void folder_list_done(struct folder_list *l)
{
    forget_files(l);
    free(l->files);
    *l = (struct folder_list){0};
}
