/* err.c - sentences for people; the theory of errors is in err.h. */
#include "base/err.h"

#include <stdio.h>
#include <string.h>

void reason_set(struct reason *why, const char *format, ...)
{
    va_list args;

    if (!why)
        return;
    va_start(args, format);
    (void)vsnprintf(why->text, sizeof(why->text), format, args);
    va_end(args);
}

void reason_add(struct reason *why, const char *format, ...)
{
    va_list args;
    size_t used;

    if (!why)
        return;
    used = strlen(why->text);
    if (used > 0 && used + 2 < sizeof(why->text)) {
        memcpy(why->text + used, "; ", 3);
        used += 2;
    }
    va_start(args, format);
    (void)vsnprintf(why->text + used, sizeof(why->text) - used, format, args);
    va_end(args);
}
