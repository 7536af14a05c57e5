/* fuzz_html.c - any bytes as a file named a.html. */
#include "document.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_document("a.html", data, size);
    return 0;
}
