/* format_archive.c - archives and compressed files: each member is a part, and the names of all are
 * the body.
 *
 * One pass, in the order of the archive; a member is unpacked into memory that grows with what
 * comes, never with what is declared, and is read before the next one is unpacked. Output is what
 * is counted: against part_room(), against MAX_RATIO of the archive's size, and a member against
 * MAX_MEMBER_BYTES; where a bound stops it, names go on as long as they cost nothing (see
 * may_pass_over()). A zip whose member is broken is opened again behind that member; of anything
 * else what lies behind the damage cannot be found.
 *
 * libarchive makes names by the locale: extract_open() has set one with UTF-8. Nothing here opens
 * a file. archive_open.c has the choice of formats, archive_names.c the names.
 */
#include "extract/archive/archive_names.h"
#include "extract/archive/archive_open.h"
#include "extract/part.h"

#include "base/stats.h"

#include <archive.h>
#include <archive_entry.h>
#include <string.h>

enum {
    MAX_READ = 65000,    /* members that may be parts */
    MAX_LISTED = 200000, /* members that are named */
    MAX_REPAIRS = 8,     /* broken members that are passed over */
    MAX_RETRIES = 100,   /* odd headers in a row */
    MAX_MEMBER_BYTES = 64 << 20,
    MAX_HOLE_BYTES = 16 << 20, /* of a sparse file */
    FREE_BYTES = 1 << 20,      /* of output that no ratio is asked of */
    MAX_RATIO = 100,
    MAX_PASSED_BYTES = 256 << 20, /* unpacked only to find the next name */
};

struct reading {
    struct extractor *x;
    struct document *d;
    const struct archive_kind *kind;
    struct archive *a;
    struct archive_entry *entry; /* the member at hand */
    struct buf name, bytes;
    unsigned n_headers; /* that were read since the archive was opened */
    unsigned n_members;
    unsigned n_repairs;
    uint64_t unpacked_bytes; /* of members */
    uint64_t passed_bytes;
    bool parts_end; /* a bound is reached: names only */
    bool names_end;
    bool encrypted;
    const char *damaged;
};

/* ---- members ---- */

static bool is_zip(const struct reading *g)
{
    return (archive_format(g->a) & ARCHIVE_FORMAT_BASE_MASK) == ARCHIVE_FORMAT_ZIP;
}

static bool is_raw(const struct reading *g)
{
    return (archive_format(g->a) & ARCHIVE_FORMAT_BASE_MASK) == ARCHIVE_FORMAT_RAW;
}

/* "notes.txt" of "in/notes.txt.gz". */
static int add_own_name(struct reading *g)
{
    const char *name = g->d->name ? g->d->name : "", *slash = strrchr(name, '/');
    size_t n, suffix = strlen(g->kind->suffix);

    name = slash ? slash + 1 : name;
    n = strlen(name);
    if (n > suffix + 1 && name[n - suffix - 1] == '.' &&
        starts_with(name + n - suffix, suffix, g->kind->suffix))
        n -= suffix + 1;
    return archive_name(name, n, &g->name);
}

/* The path of the member at hand into g->name; a nameless one stays empty. */
static int take_name(struct reading *g)
{
    static const char nameless[] = "data"; /* libarchive's word for it */
    const char *path = archive_entry_pathname(g->entry);
    int r;

    buf_clear(&g->name);
    if (!path)
        path = archive_entry_pathname_utf8(g->entry);
    if (is_raw(g) && (!path || strcmp(path, nameless) == 0)) {
        r = add_own_name(g);
        path = nameless;
        if (r < 0 || g->name.size > 0)
            return r;
    }
    return path ? archive_name(path, strlen(path), &g->name) : 0;
}

/* A folder is no member; neither is what a system keeps for itself. */
static bool is_member(struct reading *g)
{
    return archive_entry_filetype(g->entry) != AE_IFDIR &&
           !archive_name_is_debris(buf_text(&g->name));
}

/* Has content of its own: not a link, a device, a socket. */
static bool is_file(struct reading *g)
{
    __LA_MODE_T type = archive_entry_filetype(g->entry);

    return (type == AE_IFREG || type == 0) && !archive_entry_hardlink(g->entry);
}

static void list_name(struct reading *g)
{
    g->n_members++;
    if (g->name.size > 0) {
        result_text(g->d, g->name.data, g->name.size);
        result_text(g->d, "\n", 1);
    }
    if (g->n_members >= MAX_READ && !g->parts_end) {
        part_limit(g->d, "count");
        g->parts_end = true;
    }
    if (g->n_members >= MAX_LISTED)
        g->names_end = true;
}

/* ---- content ---- */

static void stop_parts(struct reading *g, const char *why)
{
    part_limit(g->d, why);
    g->parts_end = true;
}

/* Whether that much more is within the bounds. */
static bool may_unpack(struct reading *g, uint64_t more)
{
    const uint64_t all = g->unpacked_bytes + g->passed_bytes + more;

    if (all > FREE_BYTES && all / MAX_RATIO > g->d->n_bytes) {
        stop_parts(g, "ratio");
        g->names_end = g->names_end || !is_zip(g);
        return false;
    }
    if (g->bytes.size + more > part_room(g->d)) {
        stop_parts(g, "bytes");
        return false;
    }
    return g->bytes.size + more <= MAX_MEMBER_BYTES;
}

/* Adds a block that lies at `offset`; what is between is a hole of zeroes. */
static bool add_block(struct reading *g, const void *block, size_t n, int64_t offset)
{
    uint64_t hole = offset > (int64_t)g->bytes.size ? (uint64_t)offset - g->bytes.size : 0;
    char *zeroes;

    if (hole > MAX_HOLE_BYTES || !may_unpack(g, hole + n))
        return false;
    if (hole > 0 && (zeroes = buf_reserve(&g->bytes, hole))) {
        memset(zeroes, 0, hole);
        buf_seal(&g->bytes, hole);
    }
    if (n > 0)
        buf_add(&g->bytes, block, n);
    g->unpacked_bytes += hole + n;
    if (g->d->limits->progress)
        stats_progress(g->d->limits->progress);
    return !buf_error(&g->bytes);
}

/* Unpacks the member at hand, as far as the bounds allow. ARCHIVE_EOF: to its end; ARCHIVE_OK: a
 * bound cut it; else libarchive's error. */
static int unpack(struct reading *g)
{
    const void *block;
    size_t n;
    int64_t offset;
    int r, odd = 0;

    buf_clear(&g->bytes);
    for (;;) {
        r = archive_read_data_block(g->a, &block, &n, &offset);
        if (r == ARCHIVE_EOF)
            return r;
        if (r < ARCHIVE_WARN || (r != ARCHIVE_OK && ++odd > MAX_RETRIES))
            return MIN(r, ARCHIVE_FAILED);
        if (r == ARCHIVE_WARN && !g->damaged)
            g->damaged = "the checksum of a member is wrong";
        if (r != ARCHIVE_RETRY && !add_block(g, block, n, offset))
            return ARCHIVE_OK;
    }
}

/* Whether libarchive finds the next member without unpacking this one, or its size is known and
 * nothing is compressed. */
static bool may_pass_over(const struct reading *g)
{
    if (is_zip(g))
        return archive_entry_size_is_set(g->entry);
    return !g->kind->filter &&
           (archive_format(g->a) & ARCHIVE_FORMAT_BASE_MASK) == ARCHIVE_FORMAT_TAR;
}

/* Goes to the end of the member at hand. Counts what has to be unpacked for that. */
static int pass_over(struct reading *g)
{
    const void *block;
    size_t n;
    int64_t offset;
    int r, odd = 0;

    if (may_pass_over(g))
        return archive_read_data_skip(g->a);
    while ((r = archive_read_data_block(g->a, &block, &n, &offset)) >= ARCHIVE_WARN) {
        if (r == ARCHIVE_EOF)
            return ARCHIVE_OK;
        g->passed_bytes += r == ARCHIVE_OK ? n : 0;
        if (g->d->limits->progress)
            stats_progress(g->d->limits->progress);
        if (g->passed_bytes > MAX_PASSED_BYTES || (r != ARCHIVE_OK && ++odd > MAX_RETRIES)) {
            g->names_end = true;
            return ARCHIVE_OK;
        }
    }
    return r;
}

/* Parts are not wanted any more; says which bound of the file did that. */
static void say_unwanted(struct reading *g)
{
    const struct document *d = g->d;

    g->parts_end = true;
    if (!d->parts->take)
        return;
    part_limit(g->d, d->parts->n >= d->limits->max_parts     ? "count"
                     : d->depth >= d->limits->max_part_depth ? "depth"
                                                             : "bytes");
}

/* What libarchive could not unpack: encrypted, or damaged. */
static void say_broken(struct reading *g, int r)
{
    if (r >= ARCHIVE_WARN)
        return;
    if (archive_entry_is_data_encrypted(g->entry) == 1)
        g->encrypted = true;
    else if (!g->damaged)
        g->damaged = "a member cannot be unpacked";
}

/* Reads the member at hand as a part. 0, PART_STOP (which is noted), or what ends the document. */
static int read_member(struct reading *g, int *ret_status)
{
    int status = unpack(g), r;

    *ret_status = status;
    say_broken(g, status);
    if (buf_error(&g->bytes)) {
        g->damaged = "it takes too much memory";
        g->names_end = true;
        return 0;
    }
    if (status < ARCHIVE_WARN && g->bytes.size == 0)
        return 0;
    r = part_read(g->x, g->d, buf_text(&g->name), g->name.size, buf_text(&g->bytes), g->bytes.size,
                  status != ARCHIVE_EOF);
    buf_clear(&g->bytes);
    if (r == PART_STOP) {
        g->parts_end = true;
        r = 0;
    }
    if (r == 0 && status == ARCHIVE_OK)
        *ret_status = pass_over(g);
    return r;
}

/* ---- the archive ---- */

/* Does all about the member at hand. `ret_status`: of libarchive, behind it. */
static int take_member(struct reading *g, int *ret_status)
{
    int r = take_name(g);

    *ret_status = ARCHIVE_OK;
    if (r < 0)
        return r;
    if (!is_member(g)) {
        *ret_status = pass_over(g);
        return 0;
    }
    list_name(g);
    if (archive_entry_is_data_encrypted(g->entry) == 1)
        g->encrypted = true;
    if (!g->parts_end && is_file(g) && !part_is_wanted(g->d))
        say_unwanted(g);
    if (!g->parts_end && is_file(g) && archive_entry_is_data_encrypted(g->entry) != 1)
        return read_member(g, ret_status);
    *ret_status = pass_over(g);
    return 0;
}

/* The next header that is one. ARCHIVE_OK, ARCHIVE_EOF, or libarchive's error. */
static int next_header(struct reading *g)
{
    int r, odd = 0;

    do {
        r = archive_read_next_header(g->a, &g->entry);
    } while (r == ARCHIVE_RETRY && ++odd < MAX_RETRIES);
    g->n_headers++;
    return r == ARCHIVE_WARN ? ARCHIVE_OK : r;
}

/* Opens a zip again, behind the member that cannot be unpacked. */
static bool repair(struct reading *g)
{
    unsigned behind = g->n_headers;

    if (!is_zip(g) || g->n_repairs++ == MAX_REPAIRS)
        return false;
    archive_read_free(g->a);
    g->a = archive_open(g->d, g->kind);
    g->n_headers = 0;
    while (g->a && g->n_headers < behind) {
        if (next_header(g) != ARCHIVE_OK)
            return false;
    }
    return g->a != NULL;
}

/* Why libarchive does not go on. */
static void say_stopped(struct reading *g)
{
    if (g->encrypted || (archive_read_has_encrypted_entries(g->a) == 1 && g->n_members == 0))
        g->encrypted = true;
    else if (!g->damaged && !g->d->cut_off)
        g->damaged =
            g->n_members > 0 ? "it ends inside, or is broken" : "its members cannot be read";
}

static int read_members(struct reading *g)
{
    int status, r = 0;

    while (r == 0 && !g->names_end && !result_is_full(g->d)) {
        if (!archive_has_memory()) {
            g->damaged = "it takes too much memory";
            break;
        }
        status = next_header(g);
        if (status < ARCHIVE_WARN ||
            (archive_format(g->a) == ARCHIVE_FORMAT_EMPTY && !archive_is_empty(g->d)))
            say_stopped(g);
        if (status != ARCHIVE_OK)
            break;
        r = take_member(g, &status);
        if (r == 0 && status == ARCHIVE_FATAL && !g->names_end && !repair(g)) {
            if (g->a)
                say_stopped(g);
            break;
        }
    }
    return r;
}

static void tell_facts(struct reading *g)
{
    struct document *d = g->d;

    if (g->kind->compression)
        result_meta_str(d, "compression", g->kind->compression, strlen(g->kind->compression));
    if (g->kind->compression && g->a && !is_raw(g) && g->n_members > 0)
        result_meta_str(d, "inner_type", "application/x-tar", strlen("application/x-tar"));
    result_meta_uint(d, "member_count", g->n_members);
    if (g->unpacked_bytes > 0)
        result_meta_uint(d, "unpacked_bytes", g->unpacked_bytes);
    if (g->encrypted)
        result_meta_str(d, "encrypted", "true", strlen("true"));
    if (g->damaged)
        result_meta_str(d, "damaged", g->damaged, strlen(g->damaged));
    if (g->names_end)
        d->out->truncated = true;
}

int extract_archive(struct extractor *x, struct document *d)
{
    struct reading g = {.x = x, .d = d, .kind = archive_kind_of(d)};
    int r = 0;

    if (!g.kind)
        return EXTRACT_REFUSED;
    if (archive_asks_too_much(d))
        g.damaged = "it takes too much memory";
    else
        g.a = archive_open(d, g.kind);
    if (g.a)
        r = read_members(&g);
    else if (!g.damaged)
        g.damaged = "its members cannot be read";
    if (r == 0 && g.damaged && g.n_members == 0 && !archive_has_mark(d))
        r = EXTRACT_REFUSED;
    if (r == 0)
        tell_facts(&g);
    if (g.a)
        archive_read_free(g.a);
    buf_done(&g.name);
    buf_done(&g.bytes);
    return r;
}
