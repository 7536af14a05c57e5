/* pdf_reader.h - a PDF file through poppler, for C.
 *
 * Text comes as poppler makes it: nearly always valid UTF-8, but what a damaged font says is passed
 * on; format_pdf.c cleans it.
 */
#pragma once

#include "base/err.h"
#include "extract/ocr/raster.h"

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define PDF_LOCKED     2 /* a password is needed (1 is EXTRACT_REFUSED and PART_STOP) */
#define PDF_UNREADABLE 3 /* nothing can be found in it; of pages: there is none */

struct pdf_reader;

/* Takes text, piece by piece. */
typedef void (*pdf_take_text)(void *user, const char *text, size_t n);

/* Asked now and then while a page is read: false ends the page. */
typedef bool (*pdf_go_on)(void *user);

/* Takes an embedded file. Not 0: no more of them. */
typedef int (*pdf_take_file)(void *user, const char *name, size_t name_n, const char *bytes,
                             size_t n, bool cut_off);

/* How many bytes the next embedded file may have. */
typedef uint64_t (*pdf_room)(void *user);

/* Loads poppler's tables, once a process; later calls do nothing. 0 or -ENOMEM. */
int pdf_reader_init(void) MUST_CHECK;

/* `bytes` must stay until pdf_reader_close(). 0, PDF_LOCKED, PDF_UNREADABLE or -ENOMEM. */
int pdf_reader_open(const char *bytes, size_t size, struct pdf_reader **ret) MUST_CHECK;

/* NULL is allowed. */
void pdf_reader_close(struct pdf_reader *r);

/* As the document says; there may be fewer. */
unsigned pdf_reader_n_pages(struct pdf_reader *r);

/* The table of objects was wrong or missing, and is the result of a search. */
bool pdf_reader_was_repaired(const struct pdf_reader *r);

void pdf_reader_version(const struct pdf_reader *r, int *ret_major, int *ret_minor);

/* An entry of the document's information ("Title"), or of its catalog; nothing is taken when there
 * is none. 0 or -ENOMEM. */
int pdf_reader_info(struct pdf_reader *r, const char *key, pdf_take_text take,
                    void *user) MUST_CHECK;
int pdf_reader_catalog(struct pdf_reader *r, const char *key, pdf_take_text take,
                       void *user) MUST_CHECK;

/* The packet of XMP, at most `max_bytes` of it. 0 or -ENOMEM. */
int pdf_reader_xmp(struct pdf_reader *r, size_t max_bytes, pdf_take_text take,
                   void *user) MUST_CHECK;

/* The text of a page (from 1) in reading order. `ret_cut`: it was left before its end, by `go_on` or
 * for far too many characters. 0, PDF_UNREADABLE or -ENOMEM. */
int pdf_reader_page(struct pdf_reader *r, unsigned number, pdf_take_text take, pdf_go_on go_on,
                    void *user, bool *ret_cut) MUST_CHECK;

/* Draws a page in grey, without what is text to poppler: scans, and letters that are only shapes. As
 * fine as the picture that fills it, or else at 300 dots per inch, within the bounds of a raster.
 * `ret_drawn`: false: the page is empty, and there is no raster. 0, PDF_UNREADABLE (also when `go_on`
 * ended it) or -ENOMEM. */
int pdf_reader_draw(struct pdf_reader *r, unsigned number, pdf_go_on go_on, void *user,
                    struct raster *ret, bool *ret_drawn) MUST_CHECK;

/* What is written on a page without being drawn: comments, and fields of a form that have no
 * appearance; each is taken as one piece. 0, PDF_UNREADABLE or -ENOMEM. */
int pdf_reader_notes(struct pdf_reader *r, unsigned number, pdf_take_text take,
                     void *user) MUST_CHECK;

/* Embedded files, in the order of their names; behind them those that are pinned to the pages whose
 * notes were read. 0, -ENOMEM, or what `take` returned. */
int pdf_reader_files(struct pdf_reader *r, pdf_room room, pdf_take_file take,
                     void *user) MUST_CHECK;

#ifdef __cplusplus
}
#endif
