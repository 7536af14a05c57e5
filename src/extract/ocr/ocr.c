/* ocr.c - reading the text of pictures: the languages' data, the run over one document's pages, and
 * what the metadata says of it.
 *
 * Tesseract is in a module that is loaded before the sandbox, and only when it is on (ocr_module.h).
 * The data are mapped then, read-only, so that all workers share them; what tesseract makes of them
 * each worker has for itself, from its first picture on.
 *
 * A page that cannot be read is never the end of a document: whatever keeps a page from being read
 * (time, size, damage, memory) ends in the metadata, and the document is stored without it.
 */
#include "extract/ocr/ocr.h"

#include "base/fd.h"
#include "base/ocr_data.h"
#include "base/stats.h"
#include "extract/ocr/ocr_module.h"
#include "extract/ocr/ocr_text.h"
#include "extract/part.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

struct ocr {
    char reason[OCR_LANGUAGE_SIZE + 32]; /* why no page can be read; "" when it can */
    char name[128];                      /* "tesseract 5.3.0 eng+deu" */
    const struct ocr_module *module;
    struct ocr_languages languages;
    struct ocr_data data[OCR_MAX_LANGUAGES];
    unsigned n_data;
    struct ocr_engine *engine;
};

/* ---- what is loaded before the sandbox ---- */

/* It stays until the process ends: OpenMP cannot be unloaded. */
static void load_module(struct ocr *o, const char *path)
{
    void *handle = path[0] ? dlopen(path, RTLD_NOW | RTLD_LOCAL) : NULL;

    if (handle)
        o->module = dlsym(handle, OCR_MODULE_SYMBOL);
    if (o->module && strcmp(o->module->penstock, PENSTOCK_VERSION) == 0)
        return;
    (void)snprintf(o->reason, sizeof(o->reason), "%s",
                   path[0] ? "tesseract cannot be loaded" : "not built in");
    o->module = NULL;
}

static int map_file(const char *path, struct ocr_data *ret)
{
    int fd CLEANUP(fd_closep) = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    struct stat st;
    void *at;

    if (fd < 0 || fstat(fd, &st) < 0)
        return -errno;
    if (!S_ISREG(st.st_mode) || st.st_size <= 0 || st.st_size > INT_MAX)
        return -EINVAL;
    at = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
    if (at == MAP_FAILED)
        return -errno;
    ret->bytes = at;
    ret->size = (size_t)st.st_size;
    return 0;
}

static int map_language(struct ocr *o, const char *folder, const char *name)
{
    char path[PATH_MAX];
    int r = ocr_data_path(folder, name, path, sizeof(path));

    if (r == 0)
        r = map_file(path, &o->data[o->n_data]);
    if (r == 0)
        o->data[o->n_data++].name = name;
    else if (r != -ENOMEM)
        (void)snprintf(o->reason, sizeof(o->reason), "no language data: %s", name);
    return r == -ENOMEM ? r : 0;
}

static int map_languages(struct ocr *o, const struct extract_ocr *want)
{
    int r = ocr_languages_read(want->languages, &o->languages);

    if (r < 0)
        return r;
    for (unsigned i = 0; i < o->languages.n && r == 0; i++)
        r = map_language(o, want->folder, o->languages.names[i]);
    if (r < 0)
        return r;
    (void)snprintf(o->name, sizeof(o->name), "%s %s", o->module->version(), want->languages);
    o->engine = o->module->engine_new(o->data, o->n_data);
    return o->engine ? 0 : -ENOMEM;
}

int ocr_open(const struct extract_ocr *want, struct ocr **ret)
{
    struct ocr *o;
    int r = 0;

    if (!want->on) {
        *ret = NULL;
        return 0;
    }
    o = calloc(1, sizeof(*o));
    if (!o)
        return -ENOMEM;
    load_module(o, want->module);
    if (o->module)
        r = map_languages(o, want);
    if (r < 0)
        o = ocr_close(o);
    else
        *ret = o;
    return r;
}

struct ocr *ocr_close(struct ocr *o)
{
    if (!o)
        return NULL;
    if (o->engine)
        o->engine = o->module->engine_free(o->engine);
    for (unsigned i = 0; i < o->n_data; i++)
        (void)munmap((void *)o->data[i].bytes, o->data[i].size);
    free(o);
    return NULL;
}

/* ---- a document ---- */

void ocr_begin(struct ocr_run *run, struct extractor *x, struct document *d)
{
    *run = (struct ocr_run){.x = x, .d = d};
    while (x->outer)
        x = x->outer;
    run->ocr = x->ocr;
}

bool ocr_has_time(const struct ocr_run *run)
{
    const struct parts *file = run->d->parts;

    if (run->d->limits->progress)
        stats_progress(run->d->limits->progress);
    return !file->has_time || file->has_time(file->user);
}

static bool go_on(void *user)
{
    return ocr_has_time(user);
}

bool ocr_goes_on(struct ocr_run *run)
{
    if (run->ocr && !run->ocr->reason[0] && !result_is_full(run->d) && ocr_has_time(run))
        return true;
    ocr_leave(run, 1, NULL);
    return false;
}

void ocr_pass_over(struct ocr_run *run, const char *reason)
{
    run->n_pages++;
    run->reason = run->reason ? run->reason : reason;
}

void ocr_leave(struct ocr_run *run, unsigned n_pages, const char *reason)
{
    run->n_pages += n_pages;
    run->n_left += n_pages;
    run->reason = run->reason ? run->reason : reason;
}

static bool is_too_small(const struct raster *page)
{
    return page->width < RASTER_MIN_SIDE || page->height < RASTER_MIN_SIDE ||
           (size_t)page->width * page->height < RASTER_MIN_PIXELS;
}

/* Takes over what tesseract found, unless it is none. */
static bool keep_text(struct ocr_run *run, const struct ocr_text *t, const char *gap)
{
    if (buf_error(&t->text) < 0)
        result_out_of_memory(run->d);
    if (t->text.size == 0 || !ocr_text_is_likely(t))
        return false;
    if (run->d->out->body.size > 0)
        result_text(run->d, gap, strlen(gap));
    result_text(run->d, buf_text(&t->text), t->text.size);
    run->n_words += t->n_words;
    run->confidence += t->confidence;
    run->n_read++;
    return true;
}

/* What tesseract says besides its words. */
static void judge(struct ocr_run *run, int r)
{
    if (r == 0) {
        run->n_pages++;
    } else if (r == OCR_CROWDED) {
        ocr_pass_over(run, "no page of text");
    } else if (r == OCR_UNUSABLE) {
        (void)snprintf(run->ocr->reason, sizeof(run->ocr->reason), "language data cannot be used");
        ocr_leave(run, 1, NULL);
    } else {
        ocr_leave(run, 1, r == -ENOMEM ? "out of memory" : NULL);
    }
}

bool ocr_page(struct ocr_run *run, struct raster *page, const char *gap)
{
    struct ocr_text text = {0};
    const struct ocr_reader reader = {
        .take = ocr_text_take, .text = &text, .go_on = go_on, .run = run};
    bool has_text;

    if (is_too_small(page)) {
        raster_done(page);
        ocr_pass_over(run, "too small");
        return false;
    }
    judge(run, run->ocr->module->engine_read(run->ocr->engine, page, &reader));
    raster_done(page);
    has_text = keep_text(run, &text, gap);
    buf_done(&text.text);
    return has_text;
}

bool ocr_picture(struct ocr_run *run, const struct picture *p, unsigned page, const char *gap)
{
    struct raster pixels;

    switch (run->ocr->module->picture_page(p, page, &pixels)) {
    case 0:
        return ocr_page(run, &pixels, gap);
    case PICTURE_TOO_SMALL:
        ocr_pass_over(run, "too small");
        break;
    case PICTURE_TOO_LARGE:
        ocr_leave(run, 1, "too large");
        break;
    default:
        ocr_leave(run, 1, "cannot be decoded");
    }
    return false;
}

/* ---- what the metadata says ---- */

static const char *outcome(const struct ocr_run *run)
{
    if (!run->ocr)
        return "off";
    if (run->ocr->reason[0])
        return run->ocr->reason;
    if (run->n_left > 0 && (run->n_read > 0 || !run->reason))
        return "in part";
    if (run->n_read > 0)
        return "done";
    return run->reason ? run->reason : "no text found";
}

void ocr_end(struct ocr_run *run)
{
    const char *said = outcome(run);

    if (run->n_pages == 0)
        return;
    result_meta_str(run->d, "ocr", said, strlen(said));
    if (!run->ocr || run->ocr->reason[0])
        return;
    result_meta_str(run->d, "ocr_engine", run->ocr->name, strlen(run->ocr->name));
    if (run->n_read > 0) {
        result_meta_uint(run->d, "ocr_pages", run->n_read);
        result_meta_uint(run->d, "ocr_confidence",
                         (uint64_t)lround(run->confidence / MAX(run->n_words, 1u)));
    }
    if (run->n_left > 0)
        result_meta_uint(run->d, "ocr_pages_left", run->n_left);
}
