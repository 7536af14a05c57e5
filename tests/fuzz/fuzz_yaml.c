/* fuzz_yaml.c - any bytes as a file named a.yaml. */
#include "document.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_document("a.yaml", data, size);
    return 0;
}
