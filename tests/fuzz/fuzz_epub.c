/* fuzz_epub.c - any bytes as a file named a.epub. */
#include "document.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_document("a.epub", data, size);
    return 0;
}
