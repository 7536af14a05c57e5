/* ocr_quiet.h - keeps tesseract, leptonica and the decoders from writing to standard error what they
 * think of a picture: that belongs to the log, and quotes documents. */
#pragma once

#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

/* From now on what is written to `stderr` is dropped; returns what ocr_quiet_end() needs. Errors of
 * our own log go elsewhere (src/base/log_sink.c). */
FILE *ocr_quiet_begin(void);
void ocr_quiet_end(FILE *before);

#ifdef __cplusplus
}
#endif
