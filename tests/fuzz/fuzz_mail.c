/* fuzz_mail.c - any bytes as a file named a.eml, and one named a.mbox. */
#include "document.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_document("a.eml", data, size);
    fuzz_document("a.mbox", data, size);
    return 0;
}
