/* fuzz_ooxml.c - any bytes as a file named a.docx. */
#include "document.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_document("a.docx", data, size);
    return 0;
}
