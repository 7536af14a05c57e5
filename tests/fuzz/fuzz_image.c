/* fuzz_image.c - any bytes as a picture. */
#include "document.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_document("a.jpg", data, size);
    return 0;
}
