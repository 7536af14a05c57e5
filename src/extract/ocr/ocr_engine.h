/* ocr_engine.h - tesseract, for C; in penstock-ocr.so (ocr_module.h). */
#pragma once

#include "base/err.h"
#include "extract/ocr/raster.h"

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define OCR_UNUSABLE 1 /* tesseract cannot use the languages' data */
#define OCR_CROWDED  2 /* the picture is no page: it would take too long */
#define OCR_STOPPED  3 /* `go_on` said so; what was taken stays */

/* A language's data, in memory as long as the engine. */
struct ocr_data {
    const char *name;
    const char *bytes;
    size_t size;
};

/* What stands before a word. */
enum ocr_gap { OCR_GAP_SPACE, OCR_GAP_LINE, OCR_GAP_PARAGRAPH };

/* Takes a word in UTF-8; `confidence` is from 0 to 100. */
typedef void (*ocr_take_word)(void *user, enum ocr_gap gap, const char *word, size_t n,
                              float confidence);

/* Asked several times a second: false ends the page. */
typedef bool (*ocr_go_on)(void *user);

struct ocr_engine;

/* "tesseract 5.3.0". */
const char *ocr_engine_version(void);

/* Costs nothing until the first page. `languages` must stay. NULL: out of memory. */
struct ocr_engine *ocr_engine_new(const struct ocr_data *languages, unsigned n);

/* NULL is allowed; returns NULL. */
struct ocr_engine *ocr_engine_free(struct ocr_engine *e);

/* Who reads a page. */
struct ocr_reader {
    ocr_take_word take;
    void *text; /* its `user` */
    ocr_go_on go_on;
    void *run; /* its `user` */
};

/* Reads a page; its pixels are freed when tesseract has its own. 0, OCR_UNUSABLE, OCR_CROWDED,
 * OCR_STOPPED, or -ENOMEM, after which the engine begins anew. */
int ocr_engine_read(struct ocr_engine *e, struct raster *page,
                    const struct ocr_reader *reader) MUST_CHECK;

#ifdef __cplusplus
}
#endif
