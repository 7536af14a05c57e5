/* fuzz_plain.c - any bytes as plain text, as reStructuredText, and without a name. */
#include "document.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_document("a.txt", data, size);
    fuzz_document("a.rst", data, size);
    fuzz_document(NULL, data, size);
    return 0;
}
