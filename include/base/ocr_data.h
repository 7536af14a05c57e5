/* ocr_data.h - what reading text from pictures needs from the machine: the module with tesseract,
 * and its data of the configured languages. The worker loads them (src/extract/ocr); supervisor and
 * doctor tell a person what is missing. */
#pragma once

#include "base/settings.h"

enum { OCR_MAX_LANGUAGES = 8, OCR_LANGUAGE_SIZE = 32 };

/* In the order of the choices of PENSTOCK_OCR. */
enum ocr_mode { OCR_OFF, OCR_ON };

struct ocr_languages {
    char names[OCR_MAX_LANGUAGES][OCR_LANGUAGE_SIZE];
    unsigned n;
};

/* The module, penstock-ocr.so, beside the running program. -ENOENT: penstock was built, or installed,
 * without it. */
int ocr_module_path(char *ret, size_t size) MUST_CHECK;

/* PENSTOCK_OCR_LANGUAGES: names of letters, digits and underscores, joined by "+", each once.
 * -EINVAL. */
int ocr_languages_read(const char *text, struct ocr_languages *ret) MUST_CHECK;

/* The file with a language's data: in `folder`, or when that is "" in the newest folder where
 * tesseract's packages put it. -ENOENT, or -ENAMETOOLONG. */
int ocr_data_path(const char *folder, const char *language, char *ret, size_t size) MUST_CHECK;

/* Whether workers will read text from pictures as PENSTOCK_OCR asks. Returns 1, and why, when it is
 * on and they cannot. */
int ocr_check(const struct settings *s, struct reason *why) MUST_CHECK;
