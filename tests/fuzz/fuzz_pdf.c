/* fuzz_pdf.c - any bytes as a file named a.pdf. */
#include "document.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_document("a.pdf", data, size);
    return 0;
}
