/* ocr_engine_none.c - the engine of a build without tesseract: there is none, and ocr.c says so in
 * the metadata. */
#include "extract/ocr/ocr_engine.h"

const char *ocr_engine_version(void)
{
    return NULL;
}

struct ocr_engine *ocr_engine_new(const struct ocr_data *languages UNUSED, unsigned n UNUSED)
{
    return NULL;
}

struct ocr_engine *ocr_engine_free(struct ocr_engine *e UNUSED)
{
    return NULL;
}

int ocr_engine_read(struct ocr_engine *e UNUSED, struct raster *page UNUSED,
                    const struct ocr_reader *reader UNUSED)
{
    return OCR_UNUSABLE;
}
