/* guard.c - runs libxml2 so that running out of memory ends it, and so that it stays fast.
 *
 * libxml2 2.9 does not survive a failed allocation: depending on which one fails, the HTML parser
 * loops for ever or drops text silently. A worker lives under a memory limit, so allocations do
 * fail. Therefore a failure inside guard_run() jumps out of the library. The process should not go
 * on for long after it. libxml2 has one set of allocation functions a process and gives them no
 * context: hence the one static variable. One thread only.
 *
 * Its dictionary of names stops growing at 16,384 places, so a document of nothing but different
 * names takes time that grows with the square of its size.
 */
#include "extract/guard.h"

#include <libxml/parser.h>
#include <libxml/xmlerror.h>
#include <libxml/xmlmemory.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_NAMES = 64 * 1024 };

static jmp_buf *way_out; /* NULL outside guard_run() */

static void *checked(void *memory)
{
    if (!memory && way_out)
        longjmp(*way_out, 1);
    return memory;
}

static void *guarded_malloc(size_t size)
{
    return checked(malloc(size ? size : 1));
}

static void *guarded_realloc(void *memory, size_t size)
{
    return checked(realloc(memory, size ? size : 1));
}

static char *guarded_strdup(const char *text)
{
    return checked(strdup(text));
}

/* libxml2 writes to stderr unless it is given something to call. */
static void ignore_message(void *context, const char *format, ...)
{
    (void)context;
    (void)format;
}

void guard_init(void)
{
    (void)xmlMemSetup(free, guarded_malloc, guarded_realloc, guarded_strdup);
    xmlInitParser();
    xmlSetGenericErrorFunc(NULL, ignore_message);
}

int guard_run(void (*parse)(void *context), void *context)
{
    jmp_buf here;

    if (setjmp(here) != 0) {
        way_out = NULL;
        return -ENOMEM;
    }
    way_out = &here;
    parse(context);
    way_out = NULL;
    return 0;
}

bool guard_is_crowded(struct _xmlDict *names)
{
    return xmlDictSize(names) > MAX_NAMES;
}
