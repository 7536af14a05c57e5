/* fuzz_archive.c - any bytes as a file named a.gz: archives and compressed files. */
#include "document.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_document("a.gz", data, size);
    return 0;
}
