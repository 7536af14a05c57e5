/* ocr_module.c - penstock-ocr.so: see ocr_module.h. Nothing of it is called but through this table. */
#include "extract/ocr/ocr_module.h"

__attribute__((visibility("default"))) const struct ocr_module penstock_ocr = {
    .penstock = PENSTOCK_VERSION,
    .version = ocr_engine_version,
    .engine_new = ocr_engine_new,
    .engine_free = ocr_engine_free,
    .engine_read = ocr_engine_read,
    .picture_page = ocr_picture_page,
};
