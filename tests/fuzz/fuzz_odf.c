/* fuzz_odf.c - any bytes as a file named a.fodt: packages are known by their bytes. */
#include "document.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_document("a.fodt", data, size);
    return 0;
}
