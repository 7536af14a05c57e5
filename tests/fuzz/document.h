/* document.h - one document through the extractor, with every promise of extract.h checked. */
#pragma once

#include "fuzz.h"

/* Reads the bytes as a file of this name: whole, as the head of a longer file, and under small
 * limits; then again, which must give the same as the first time. */
void fuzz_document(const char *name, const uint8_t *data, size_t size);
