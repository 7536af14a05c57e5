/* fuzz_markdown.c - any bytes as a file named a.md. */
#include "document.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_document("a.md", data, size);
    return 0;
}
