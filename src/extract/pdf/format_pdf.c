/* format_pdf.c - PDF: the text of its pages in reading order, what is written on them in comments
 * and forms, what the document says of itself, and the files that are embedded in it.
 *
 * Poppler reads (pdf_reader.h); the text is pdftotext's, page by page. Between pages stands a blank
 * line, not a form feed: a page's end is mostly in the middle of a paragraph, and what shows or
 * searches the text takes a form feed for a word character or a control. Behind a page's text come
 * its comments and the fields that poppler cannot draw without looking for fonts, each on lines of
 * its own. Hyphens at line ends stay; outlines are no text. Of a page without text the words in its
 * picture are read, if that is wanted (ocr/ocr.h).
 *
 * A file that needs a password has its type and "encrypted": "true". What is damaged is read as far
 * as poppler can repair it; "damaged" says what was wrong. A file in which nothing can be found is
 * damaged, too, unless the mark of PDF does not stand at its beginning: then it is something else.
 */
#include "extract/date.h"
#include "extract/ocr/ocr.h"
#include "extract/part.h"
#include "extract/pdf/pdf_reader.h"
#include "extract/pdf/pdf_text.h"
#include "extract/pdf/pdf_xmp.h"

#include "base/clock.h"

#include <stdio.h>
#include <string.h>

enum {
    MAX_PAGE_BYTES = 64 << 20,
    LOOKS_A_CLOCK = 64,
    MAX_LATE_USEC = USEC_PER_SEC, /* for a page, once there is no time for what can be left out */
};

static const char mark[] = "%PDF-";

struct pdf {
    struct extractor *x;
    struct document *d;
    struct pdf_reader *reader;
    struct buf *page; /* one page's text, or one note's, as poppler has it */
    struct buf clean;
    unsigned n_missing; /* pages */
    unsigned n_without_text;
    struct ocr_run words; /* of the pages without text */
    uint64_t room;        /* for the next embedded file */
    unsigned n_looks;     /* whether the page at hand goes on */
    uint64_t begun_usec;  /* that page, on the processor's clock */
};

static void say_damaged(struct document *d, const char *what)
{
    if (!d->cut_off) /* then it is no wonder */
        result_meta_str(d, "damaged", what, strlen(what));
}

static void collect(void *user, const char *text, size_t n)
{
    struct pdf *p = user;

    if (p->page->size + n > MAX_PAGE_BYTES)
        p->d->out->truncated = true;
    else
        buf_add(p->page, text, n);
}

/* A form can draw itself a million million times through others. Such a page is cut while there is
 * time left for the rest of the document; text that is read as fast as it comes never is. */
static bool takes_too_long(const struct pdf *p)
{
    const struct parts *file = p->d->parts;

    return file->has_time && !file->has_time(file->user) &&
           clock_cpu_usec() - p->begun_usec > MAX_LATE_USEC;
}

static bool goes_on(void *user)
{
    struct pdf *p = user;

    result_text(p->d, "", 0); /* progress */
    if (p->n_looks++ % LOOKS_A_CLOCK == 0 && takes_too_long(p))
        return false;
    return p->page->size <= MAX_PAGE_BYTES;
}

/* ---- what the document says of itself ---- */

static void write_title(struct document *d, const char *key, const char *text, size_t n)
{
    (void)key;
    result_title(d, text, n);
}

/* Some write a zone behind the Z, or close a quotation that was not opened. */
static void write_date(struct document *d, const char *key, const char *text, size_t n)
{
    const char *z = memchr(text, 'Z', n);
    struct date date;

    if (date_parse_pdf(text, z ? (size_t)(z - text) + 1 : n, &date))
        result_meta_date(d, key, &date, text, n);
    else
        result_meta_iso_date(d, key, text, n);
}

static const struct {
    const char *entry;
    const char *key;
    void (*write)(struct document *d, const char *key, const char *text, size_t n);
} entries[] = {
    {"Title", NULL, write_title},
    {"Author", "creator", result_meta_str},
    {"Subject", "subject", result_meta_str},
    {"Keywords", "keywords", result_meta_str},
    {"Producer", "producer", result_meta_str},
    {"Creator", "creator_tool", result_meta_str},
    {"CreationDate", "created", write_date},
    {"ModDate", "modified", write_date},
};

static int clean_page(struct pdf *p)
{
    int r;

    buf_clear(&p->clean);
    pdf_text_clean(buf_text(p->page), p->page->size, &p->clean);
    r = buf_error(p->page);
    buf_clear(p->page);
    return r < 0 ? r : buf_error(&p->clean);
}

static int read_entries(struct pdf *p)
{
    int r = 0;

    for (size_t i = 0; i < ARRAY_SIZE(entries) && r == 0; i++) {
        r = pdf_reader_info(p->reader, entries[i].entry, collect, p);
        if (r == 0)
            r = clean_page(p);
        if (r == 0)
            entries[i].write(p->d, entries[i].key, buf_text(&p->clean), p->clean.size);
    }
    if (r == 0)
        r = pdf_reader_catalog(p->reader, "Lang", collect, p);
    if (r == 0)
        r = clean_page(p);
    if (r == 0)
        result_language(p->d, buf_text(&p->clean), p->clean.size);
    return r;
}

static int read_about(struct pdf *p)
{
    char version[32];
    int major, minor, r = read_entries(p);

    if (r == 0)
        r = pdf_xmp_read(p->d, p->reader); /* fills what is not there yet */
    pdf_reader_version(p->reader, &major, &minor);
    (void)snprintf(version, sizeof(version), "%d.%d", major, minor);
    result_meta_str(p->d, "pdf_version", version, strlen(version));
    return r;
}

/* ---- pages ---- */

/* Adds what was collected, on lines of its own; `gap` before it. True: there was something. */
static bool add_block(struct pdf *p, const char *gap)
{
    const char *text = buf_text(&p->clean);
    size_t n = p->clean.size;

    while (n > 0 && is_space(text[n - 1]))
        n--;
    while (n > 0 && (*text == '\n' || *text == '\r')) {
        text++;
        n--;
    }
    if (n == 0)
        return false;
    if (p->d->out->body.size > 0)
        result_text(p->d, gap, strlen(gap));
    result_text(p->d, text, n);
    return true;
}

static void take_note(void *user, const char *text, size_t n)
{
    struct pdf *p = user;

    if (p->page->size > 0)
        collect(p, "\n", 1);
    collect(p, text, n);
}

static bool still_draws(void *user)
{
    return ocr_has_time(user);
}

/* A scan, perhaps: true when it shows words. */
static bool read_words(struct pdf *p, unsigned number)
{
    struct raster page;
    bool drawn = false;
    int r;

    if (!ocr_goes_on(&p->words))
        return false;
    r = pdf_reader_draw(p->reader, number, still_draws, &p->words, &page, &drawn);
    if (r == 0 && drawn)
        return ocr_page(&p->words, &page, "\n\n");
    if (r == 0)
        ocr_pass_over(&p->words, NULL);
    else
        ocr_leave(&p->words, 1, r == -ENOMEM ? "out of memory" : "cannot be drawn");
    return false;
}

static int read_page(struct pdf *p, unsigned number)
{
    bool cut = false, has_text = false, has_words = false;
    int r;

    p->begun_usec = clock_cpu_usec();
    r = pdf_reader_page(p->reader, number, collect, goes_on, p, &cut);

    p->d->out->truncated |= cut;
    if (r == PDF_UNREADABLE)
        p->n_missing++;
    if (r == 0)
        r = clean_page(p);
    if (r != 0)
        return r;
    has_text = add_block(p, "\n\n");
    if (!has_text)
        has_words = read_words(p, number);
    r = pdf_reader_notes(p->reader, number, take_note, p);
    if (r == 0)
        r = clean_page(p);
    if (r == 0 && add_block(p, has_text || has_words ? "\n" : "\n\n"))
        has_text = true;
    p->n_without_text += !has_text;
    return r;
}

static int read_pages(struct pdf *p)
{
    const unsigned n = pdf_reader_n_pages(p->reader), max = p->d->limits->max_pages;
    int r = 0;

    ocr_begin(&p->words, p->x, p->d);
    for (unsigned i = 1; i <= n && r >= 0 && !result_is_full(p->d); i++) {
        if (max > 0 && i > max) {
            p->d->out->truncated = true;
            break;
        }
        r = read_page(p, i);
        buf_clear(p->page);
    }
    result_meta_uint(p->d, "page_count", n);
    if (p->n_without_text > 0)
        result_meta_uint(p->d, "pages_without_text", p->n_without_text);
    ocr_end(&p->words);
    if (n == 0)
        say_damaged(p->d, "it has no pages");
    else if (p->n_missing > 0)
        say_damaged(p->d, "pages are missing");
    else if (pdf_reader_was_repaired(p->reader))
        say_damaged(p->d, "its table of objects had to be rebuilt");
    return r < 0 ? r : 0;
}

/* ---- embedded files ---- */

static uint64_t room_for_file(void *user)
{
    struct pdf *p = user;

    return part_room(p->d);
}

static int take_file(void *user, const char *name, size_t name_n, const char *bytes, size_t n,
                     bool cut_off)
{
    struct pdf *p = user;
    struct buf path = BUF_INIT;
    int r;

    if (cut_off)
        part_limit(p->d, "bytes");
    if (cut_off && n == 0)
        return PART_STOP;
    pdf_text_clean(name, name_n, &path);
    r = buf_error(&path);
    if (r == 0)
        r = part_read(p->x, p->d, buf_text(&path), path.size, bytes, n, cut_off);
    buf_done(&path);
    return r;
}

static int read_files(struct pdf *p)
{
    int r;

    if (!part_is_wanted(p->d))
        return 0;
    r = pdf_reader_files(p->reader, room_for_file, take_file, p);
    return r == PART_STOP || r == PDF_UNREADABLE ? 0 : r;
}

/* ---- */

static int read_all(struct pdf *p)
{
    int r = read_about(p);

    if (r == 0)
        r = read_pages(p);
    if (r == 0)
        r = read_files(p);
    buf_clear(p->page);
    buf_done(&p->clean);
    return r;
}

static bool is_marked(const struct document *d)
{
    return d->n_bytes >= strlen(mark) && memcmp(d->bytes, mark, strlen(mark)) == 0;
}

int extract_pdf(struct extractor *x, struct document *d)
{
    struct pdf p = {.x = x, .d = d, .page = &x->scratch};
    int r = pdf_reader_init();

    if (r == 0)
        r = pdf_reader_open(d->bytes, d->n_bytes, &p.reader);
    if (!is_marked(d) && (r == PDF_UNREADABLE || (r == 0 && pdf_reader_n_pages(p.reader) == 0)))
        r = EXTRACT_REFUSED;
    else if (r == PDF_UNREADABLE)
        say_damaged(d, "it cannot be read");
    else if (r == PDF_LOCKED)
        result_meta_str(d, "encrypted", "true", 4);
    else if (r == 0)
        r = read_all(&p);
    pdf_reader_close(p.reader);
    return r == PDF_UNREADABLE || r == PDF_LOCKED ? 0 : r;
}
