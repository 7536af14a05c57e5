/* package.c - a ZIP package in memory, through libzip.
 *
 * Sizes that the file declares are believed nowhere: members are unpacked into a piece of the
 * caller's at a time, and what comes out is counted for the package as a whole. So bombs, entries
 * that overlap and sizes that lie end at that bound. Only methods that packages may have are
 * unpacked (stored, deflated): others want memory as the file pleases.
 *
 * Names are sorted once, for lookups without regard to case.
 */
#include "extract/office/package.h"

#include "base/stats.h"
#include "extract/office/package_name.h"
#include "extract/office/package_repair.h"

#include <stdlib.h>
#include <string.h>
#include <zip.h>

enum {
    PIECE_BYTES = 64 * 1024,
    MAX_NAMESAKES = 16, /* names that differ in case only are looked at for the exact one */
};

#define MAX_UNPACKED_BYTES (256u << 20) /* when the limits tell nothing */

struct entry {
    const char *name;
    zip_uint64_t index;
};

struct package {
    struct document *d;
    zip_t *zip;
    struct buf directory;  /* of a file that lost its own */
    struct entry *entries; /* sorted */
    size_t n_entries;
    uint64_t room; /* bytes that may still be unpacked */
};

struct package_member {
    struct package *package;
    zip_file_t *file; /* NULL: nothing can be read */
};

void package_flag_damaged(struct document *d, const char *reason)
{
    result_meta_str(d, "damaged", reason, strlen(reason));
}

void package_flag_encrypted(struct document *d)
{
    result_meta_str(d, "encrypted", "true", 4);
}

static int compare_entries(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    int order = package_name_compare(x->name, y->name);

    return order != 0 ? order : (x->index > y->index) - (x->index < y->index);
}

static int sort_names(struct package *p)
{
    zip_int64_t n = zip_get_num_entries(p->zip, 0);
    const char *name;

    p->entries = calloc((size_t)MAX(n, 1), sizeof(*p->entries));
    if (!p->entries)
        return -ENOMEM;
    p->n_entries = (size_t)MAX(n, 0);
    for (size_t i = 0; i < p->n_entries; i++) {
        name = zip_get_name(p->zip, i, ZIP_FL_ENC_RAW);
        p->entries[i] = (struct entry){.name = name ? name : "", .index = i};
    }
    qsort(p->entries, p->n_entries, sizeof(*p->entries), compare_entries);
    return 0;
}

/* Opens what the fragments make up. 0, EXTRACT_REFUSED or -ENOMEM. */
static int open_zip(struct package *p, const struct buf *tail)
{
    zip_buffer_fragment_t fragments[2] = {
        {.data = (zip_uint8_t *)(uintptr_t)p->d->bytes, .length = p->d->n_bytes},
        {.data = (zip_uint8_t *)tail->data, .length = tail->size},
    };
    zip_error_t error;
    zip_source_t *source;
    int code;

    zip_error_init(&error);
    source = zip_source_buffer_fragment_create(fragments, tail->size > 0 ? 2 : 1, 0, &error);
    if (source)
        p->zip = zip_open_from_source(source, ZIP_RDONLY, &error);
    if (source && !p->zip)
        zip_source_free(source);
    code = zip_error_code_zip(&error);
    zip_error_fini(&error);
    if (p->zip)
        return 0;
    return !source || code == ZIP_ER_MEMORY ? -ENOMEM : EXTRACT_REFUSED;
}

static int open_repaired(struct package *p)
{
    int r;

    if (package_repair(p->d->bytes, p->d->n_bytes, &p->directory) == 0)
        return EXTRACT_REFUSED;
    r = buf_error(&p->directory);
    if (r == 0)
        r = open_zip(p, &p->directory);
    if (r == 0)
        package_flag_damaged(p->d, "the archive has lost its directory");
    return r;
}

static int open_any(struct package *p)
{
    const struct buf nothing = BUF_INIT;
    int r = open_zip(p, &nothing);

    if (r == EXTRACT_REFUSED || (r == 0 && zip_get_num_entries(p->zip, 0) == 0)) {
        if (p->zip)
            zip_discard(p->zip);
        p->zip = NULL;
        r = open_repaired(p);
    }
    return r == 0 ? sort_names(p) : r;
}

int package_open(struct document *d, struct package **ret)
{
    struct package *p = calloc(1, sizeof(*p));
    int r;

    if (!p)
        return -ENOMEM;
    p->d = d;
    p->room = d->limits->max_unpacked_bytes ? d->limits->max_unpacked_bytes : MAX_UNPACKED_BYTES;
    r = open_any(p);
    if (r != 0) {
        package_close(p);
        return r;
    }
    *ret = p;
    return 0;
}

struct package *package_close(struct package *p)
{
    if (!p)
        return NULL;
    if (p->zip)
        zip_discard(p->zip);
    buf_done(&p->directory);
    free(p->entries);
    free(p);
    return NULL;
}

struct document *package_document(const struct package *p)
{
    return p->d;
}

size_t package_count(const struct package *p)
{
    return p->n_entries;
}

const char *package_name(const struct package *p, size_t i)
{
    const char *name = zip_get_name(p->zip, i, ZIP_FL_ENC_RAW);

    return name ? name : "";
}

const char *package_next(const struct package *p, const char *prefix, size_t *at)
{
    while (*at < p->n_entries) {
        const char *name = p->entries[(*at)++].name;

        if (package_name_has_prefix(name, prefix))
            return name;
    }
    return NULL;
}

/* The first of those that are the same name to us. */
static size_t lower_bound(const struct package *p, const char *name)
{
    size_t low = 0, high = p->n_entries, middle;

    while (low < high) {
        middle = low + (high - low) / 2;
        if (package_name_compare(p->entries[middle].name, name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static const struct entry *find(const struct package *p, const char *name)
{
    size_t first = lower_bound(p, name);

    for (size_t i = first; i < p->n_entries && i < first + MAX_NAMESAKES; i++) {
        if (strcmp(p->entries[i].name, name) == 0)
            return &p->entries[i];
    }
    return first < p->n_entries && package_name_compare(p->entries[first].name, name) == 0
               ? &p->entries[first]
               : NULL;
}

bool package_has(const struct package *p, const char *name)
{
    return find(p, name) != NULL;
}

static bool is_encrypted(struct package *p, const struct entry *e)
{
    zip_stat_t about;

    if (zip_stat_index(p->zip, e->index, 0, &about) != 0 ||
        !(about.valid & ZIP_STAT_ENCRYPTION_METHOD) || about.encryption_method == ZIP_EM_NONE)
        return false;
    package_flag_encrypted(p->d);
    return true;
}

bool package_is_encrypted(struct package *p, const char *name)
{
    const struct entry *e = find(p, name);

    return e && is_encrypted(p, e);
}

static bool is_plain_method(struct package *p, const struct entry *e)
{
    zip_stat_t about;

    return zip_stat_index(p->zip, e->index, 0, &about) == 0 &&
           (about.valid & ZIP_STAT_COMP_METHOD) &&
           (about.comp_method == ZIP_CM_STORE || about.comp_method == ZIP_CM_DEFLATE);
}

/* NULL: it cannot be read, and the metadata says why. `ret` is set when memory is the reason. */
static zip_file_t *open_file(struct package *p, const struct entry *e, int *ret)
{
    zip_file_t *file = NULL;

    if (is_encrypted(p, e))
        return NULL;
    if (is_plain_method(p, e)) {
        file = zip_fopen_index(p->zip, e->index, 0);
        if (!file && zip_error_code_zip(zip_get_error(p->zip)) == ZIP_ER_MEMORY) {
            *ret = -ENOMEM;
            return NULL;
        }
    }
    if (!file)
        package_flag_damaged(p->d, "a member of the archive cannot be unpacked");
    return file;
}

int package_member_open(struct package *p, const char *name, struct package_member **ret)
{
    const struct entry *e = find(p, name);
    struct package_member *m;
    int r = 0;

    if (!e)
        return EXTRACT_REFUSED;
    m = calloc(1, sizeof(*m));
    if (!m)
        return -ENOMEM;
    m->package = p;
    m->file = open_file(p, e, &r);
    if (r < 0) {
        free(m);
        return r;
    }
    *ret = m;
    return 0;
}

static void flag_limit(struct document *d)
{
    d->out->truncated = true;
    result_meta_str(d, "unpack_limit", "bytes", 5);
}

size_t package_member_read(struct package_member *m, char *bytes, size_t n)
{
    struct package *p = m->package;
    zip_int64_t got;

    if (!m->file || n == 0)
        return 0;
    if (p->room == 0) {
        flag_limit(p->d);
        return 0;
    }
    if (p->d->limits->progress)
        stats_progress(p->d->limits->progress);
    got = zip_fread(m->file, bytes, MIN((uint64_t)n, p->room));
    if (got < 0) {
        package_flag_damaged(p->d, "a member of the archive is damaged");
        return 0;
    }
    p->room -= (uint64_t)got;
    return (size_t)got;
}

struct package_member *package_member_close(struct package_member *m)
{
    if (!m)
        return NULL;
    if (m->file)
        (void)zip_fclose(m->file);
    free(m);
    return NULL;
}

int package_read(struct package *p, const char *name, size_t max_bytes, struct buf *to)
{
    struct package_member *m;
    size_t n = 1;
    char *at;
    int r = package_member_open(p, name, &m);

    if (r != 0)
        return r;
    buf_clear(to);
    while (n > 0 && (max_bytes == 0 || to->size <= max_bytes)) {
        at = buf_reserve(to, PIECE_BYTES);
        if (!at)
            break;
        n = package_member_read(m, at, PIECE_BYTES);
        buf_seal(to, n);
    }
    package_member_close(m);
    if (max_bytes > 0 && to->size > max_bytes) {
        buf_truncate(to, max_bytes);
        p->d->out->truncated = true;
    }
    return buf_error(to);
}
