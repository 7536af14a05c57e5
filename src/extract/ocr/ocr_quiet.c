/* ocr_quiet.c - see ocr_quiet.h. In glibc `stderr` is a variable that may be assigned (its manual,
 * "Standard Streams"). It is set to a stream without a descriptor: the sandbox opens no file, and
 * tesseract's own way, a setting that names a file, is forgotten whenever a language is loaded.
 */
#include "extract/ocr/ocr_quiet.h"

#include <sys/types.h>

static FILE *nowhere;

static ssize_t drop(void *cookie, const char *bytes, size_t n)
{
    (void)cookie;
    (void)bytes;
    return (ssize_t)n;
}

FILE *ocr_quiet_begin(void)
{
    FILE *before = stderr;

    if (!nowhere)
        nowhere = fopencookie(NULL, "w", (cookie_io_functions_t){.write = drop});
    if (nowhere)
        stderr = nowhere;
    return before;
}

void ocr_quiet_end(FILE *before)
{
    stderr = before;
}
