/* folder.c - a folder read as one document: file after file, the texts joined; see
 * include/extract/folder.h.
 *
 * Each file is read by the driver as a document of its own, into an extraction that is given up once
 * its text and facts are taken. Documents inside it (attachments, members of archives) are passed on
 * as the folder's own: numbered through, under the name of the file that they lie in. The bounds of
 * parts hold for the folder as a whole.
 */
#include "extract/folder.h"

#include "base/utf8.h"
#include "extract/language/language_tag.h"
#include "extract/part.h"
#include "extract/sidecar_apply.h"
#include "extract/text/json_scan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MEDIA_TYPE "application/vnd.penstock.folder"

#define MAX_FACTS_BYTES     (160u * 1024) /* of the list in the metadata */
#define MAX_PART_PATH_BYTES 1000u
#define MAX_PAGE_DIGITS     20u

struct folder {
    struct extractor *x;
    const struct extract_input *in;
    struct document d; /* the folder itself */
    struct parts parts;
    struct extraction file; /* of the file in hand */
    const char *path;       /* its name */
    unsigned n_before;      /* parts that lie in the files before it, at the first level */
    unsigned n_here;        /* and in it */
    struct buf facts;       /* a list of objects */
    struct json json;
    uint64_t n_files;
    bool facts_full;
    size_t most_text; /* of the file whose language is the folder's */
    char language[LANGUAGE_TAG_SIZE];
    bool detected;
};

/* extract_take_part of the files' parts: the same part, as one of the folder. */
static int take_part(void *user, const struct extract_part *part)
{
    struct folder *f = user;
    struct extract_part mine = *part;
    struct buf path = BUF_INIT;
    int r = 0;

    if (part->parent == 0) {
        buf_add_str(&path, f->path);
        buf_add_char(&path, '/');
        if (path.size + part->path_size > MAX_PART_PATH_BYTES)
            buf_clear(&path);
        buf_add(&path, part->path, part->path_size);
        r = buf_error(&path);
        mine.path = buf_text(&path);
        mine.path_size = path.size;
        mine.ordinal = f->n_before + part->ordinal;
        f->n_here = MAX(f->n_here, part->ordinal);
    }
    if (r == 0)
        r = f->in->take_part(f->in->user, &mine);
    buf_done(&path);
    return r;
}

static bool has_time(void *user)
{
    const struct folder *f = user;

    return f->in->has_time(f->in->user);
}

int folder_new(struct extractor *x, const struct extract_input *in, struct extraction *out,
               struct folder **ret)
{
    struct folder *f = calloc(1, sizeof(*f));

    if (!f)
        return -ENOMEM;
    f->x = x;
    f->in = in;
    f->parts = (struct parts){.take = in->take_part ? take_part : NULL,
                              .has_time = in->has_time ? has_time : NULL,
                              .user = f};
    f->d = (struct document){.limits = &x->limits, .out = out, .parts = &f->parts};
    result_begin(&f->d);
    out->media_type = MEDIA_TYPE;
    if (in->sidecar)
        sidecar_apply_members(in->sidecar, &f->d);
    f->json = json_begin(&f->facts);
    json_array_open(&f->json, NULL);
    *ret = f;
    return 0;
}

/* ---- facts ---- */

struct page_count {
    const char *at;
    size_t n;
};

static void find_pages(void *context, const char *key, size_t key_n, const char *value,
                       size_t value_n)
{
    struct page_count *pages = context;
    static const char name[] = "\"page_count\"";

    if (key_n == strlen(name) && memcmp(key, name, key_n) == 0 && value_n <= MAX_PAGE_DIGITS &&
        strspn(value, "0123456789") >= value_n)
        *pages = (struct page_count){value, value_n};
}

static bool is_detected(const struct extraction *e)
{
    static const char mark[] = "\"language_source\":\"detected\"";

    return memmem(buf_text(&e->metadata), e->metadata.size, mark, strlen(mark)) != NULL;
}

static void add_facts(struct folder *f, const struct folder_file *file, uint64_t byte_size)
{
    const struct extraction *e = &f->file;
    struct page_count pages = {NULL, 0};
    struct json_scan metadata = {.text = buf_text(&e->metadata),
                                 .size = e->metadata.size,
                                 .max_depth = 64,
                                 .member = find_pages,
                                 .context = &pages};

    if (f->facts.size > MAX_FACTS_BYTES) {
        f->facts_full = true;
        return;
    }
    (void)json_scan_value(&metadata);
    json_object_open(&f->json, NULL);
    json_str(&f->json, "file", file->path);
    if (file->type[0])
        json_str(&f->json, "type", file->type);
    json_str(&f->json, "media_type", e->media_type);
    json_uint(&f->json, "bytes", byte_size);
    if (pages.n > 0)
        json_raw(&f->json, "pages", pages.at, pages.n);
    if (!e->supported)
        json_bool(&f->json, "supported", false);
    if (e->truncated)
        json_bool(&f->json, "truncated", true);
    json_object_close(&f->json);
}

/* ---- files ---- */

static void join_text(struct folder *f)
{
    struct document *d = &f->d;
    const struct extraction *e = &f->file;

    if (e->body.size > 0 && d->out->body.size > 0)
        result_text(d, "\n\n", 2);
    result_text(d, buf_text(&e->body), e->body.size);
    result_title(d, buf_text(&e->title), e->title.size);
    d->out->truncated = d->out->truncated || e->truncated;
    d->out->supported = d->out->supported || e->supported;
    if (e->language[0] && e->body.size >= f->most_text) {
        f->most_text = e->body.size;
        memcpy(f->language, e->language, sizeof(f->language));
        f->detected = is_detected(e);
    }
}

int folder_add(struct folder *f, const struct folder_file *file, const struct extract_input *in,
               uint64_t byte_size)
{
    int r;

    f->path = file->path;
    f->n_here = 0;
    r = extract_at_depth(f->x, in, &f->parts, 0, 0, &f->file);
    f->n_before += f->n_here;
    if (r != 0)
        return r;
    f->n_files++;
    join_text(f);
    add_facts(f, file, byte_size);
    return 0;
}

int folder_finish(struct folder *f)
{
    struct document *d = &f->d;

    json_array_close(&f->json);
    if (buf_error(&f->facts) < 0)
        return -ENOMEM;
    result_meta_uint(d, "file_count", f->n_files);
    result_meta_json(d, "files", buf_text(&f->facts), f->facts.size);
    if (f->facts_full)
        result_meta_bool(d, "files_cut", true);
    if (f->language[0]) {
        result_language(d, f->language, strlen(f->language));
        if (f->detected && !(f->in->sidecar && f->in->sidecar->language[0]))
            result_meta_str(d, "language_source", "detected", strlen("detected"));
    }
    if (f->in->sidecar)
        sidecar_apply_fields(f->in->sidecar, d);
    return result_end(d);
}

struct folder *folder_free(struct folder *f)
{
    if (!f)
        return NULL;
    extraction_done(&f->file);
    buf_done(&f->facts);
    free(f);
    return NULL;
}
