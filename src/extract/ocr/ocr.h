/* ocr.h - reading the text of pictures: what formats call.
 *
 * A format begins a run for its document, hands it page by page as grey pixels, and ends it: that
 * writes into the metadata what became of it ("ocr" and its companions, docs/FORMATS.md). It is off
 * unless the limits say otherwise; then ocr_goes_on() says no at once, and nothing needs to be drawn
 * or decoded.
 */
#pragma once

#include "extract/extractor.h"
#include "extract/ocr/ocr_picture.h"

struct ocr;

/* Loads tesseract and opens the languages' data, for runs in the sandbox later; the engine itself is
 * made with the first picture. What is missing is no failure: the documents' metadata says so. NULL is
 * returned through `ret` when it is off. 0 or -ENOMEM. */
int ocr_open(const struct extract_ocr *want, struct ocr **ret) MUST_CHECK;

/* NULL is allowed; returns NULL. */
struct ocr *ocr_close(struct ocr *o);

/* What became of the pages of one document. */
struct ocr_run {
    struct extractor *x;
    struct document *d;
    struct ocr *ocr;
    const char *reason; /* why a page gave nothing; the first counts */
    unsigned n_pages;   /* that were looked at */
    unsigned n_read;    /* of these, with text */
    unsigned n_left;    /* that should have been, and were not, or not to their end */
    unsigned n_words;   /* and the sum of what tesseract thinks of each, 0 to 100 */
    double confidence;
};

void ocr_begin(struct ocr_run *run, struct extractor *x, struct document *d);

/* Whether a page may be drawn now: it is on, works, and there is time. Otherwise the page counts as
 * left. */
bool ocr_goes_on(struct ocr_run *run);

/* Asked while a page is drawn: progress; false when time is up. */
bool ocr_has_time(const struct ocr_run *run);

/* Writes the text of a page to the body, behind `gap` when something stands there already; true:
 * there was some. The raster is freed before tesseract's result is looked at. */
bool ocr_page(struct ocr_run *run, struct raster *page, const char *gap);

/* Reads a page of a picture file, from 0, in the same way. */
bool ocr_picture(struct ocr_run *run, const struct picture *p, unsigned page, const char *gap);

/* A page was too small, or empty, to show text: nothing is missing. */
void ocr_pass_over(struct ocr_run *run, const char *reason);

/* A page could not be drawn or decoded, or not looked at: it is missing. */
void ocr_leave(struct ocr_run *run, unsigned n_pages, const char *reason);

/* Writes the metadata, if there was a page at all. */
void ocr_end(struct ocr_run *run);
