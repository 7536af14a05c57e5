/* fuzz_xml.c - any bytes as a file named a.xml. */
#include "document.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_document("a.xml", data, size);
    return 0;
}
