/* fuzz_csv.c - any bytes as a file named a.csv. */
#include "document.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_document("a.csv", data, size);
    return 0;
}
