/* fuzz_rtf.c - any bytes as a file named a.rtf. */
#include "document.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_document("a.rtf", data, size);
    return 0;
}
