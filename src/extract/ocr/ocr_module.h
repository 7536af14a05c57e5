/* ocr_module.h - what penstock-ocr.so offers: tesseract and leptonica, which are loaded only where
 * somebody wants pictures to be read. They bring forty libraries with them, one that speaks HTTP among
 * them; a worker that reads no pictures has none of that in its memory.
 */
#pragma once

#include "extract/ocr/ocr_engine.h"
#include "extract/ocr/ocr_picture.h"

struct ocr_module {
    const char *penstock; /* the version that it was built with */
    const char *(*version)(void);
    struct ocr_engine *(*engine_new)(const struct ocr_data *languages, unsigned n);
    struct ocr_engine *(*engine_free)(struct ocr_engine *e);
    int (*engine_read)(struct ocr_engine *e, struct raster *page, const struct ocr_reader *reader);
    int (*picture_page)(const struct picture *p, unsigned page, struct raster *ret);
};

#define OCR_MODULE_SYMBOL "penstock_ocr"

/* The one symbol that the module shows. */
extern const struct ocr_module penstock_ocr;
