/* fuzz_msgpack.c - any bytes as a file named a.msgpack. */
#include "document.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_document("a.msgpack", data, size);
    return 0;
}
