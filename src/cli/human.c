/* human.c - see human.h. Three figures that matter, no more. */
#include "cli/human.h"

#include "base/clock.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static struct human of(const char *format, ...) PRINTF_LIKE(1, 2);

static struct human of(const char *format, ...)
{
    struct human h;
    va_list args;

    va_start(args, format);
    (void)vsnprintf(h.text, sizeof(h.text), format, args);
    va_end(args);
    return h;
}

/* One decimal below 10, none above. */
static struct human scaled(double value, const char *unit)
{
    return value < 9.95 ? of("%.1f %s", value, unit) : of("%.0f %s", value, unit);
}

struct human human_bytes(uint64_t bytes)
{
    static const char *const units[] = {"B", "kB", "MB", "GB", "TB", "PB"};
    double value = (double)bytes;
    size_t unit = 0;

    while (value >= 1023.5 && unit + 1 < ARRAY_SIZE(units)) {
        value /= 1024;
        unit++;
    }
    return unit == 0 ? of("%" PRIu64 " B", bytes) : scaled(value, units[unit]);
}

struct part {
    uint64_t seconds;
    const char *unit;
    uint64_t next_seconds; /* of the smaller unit shown behind */
    const char *next_unit;
};

/* From the largest: the first that fits is used. */
static const struct part parts[] = {
    {86400, "d", 3600, "h"},
    {3600, "h", 60, "min"},
    {60, "min", 1, "s"},
};

struct human human_usec(uint64_t usec)
{
    uint64_t seconds = (usec + USEC_PER_SEC / 2) / USEC_PER_SEC;

    if (usec < USEC_PER_MSEC)
        return of("%" PRIu64 " us", usec);
    if (usec < USEC_PER_SEC)
        return scaled((double)usec / USEC_PER_MSEC, "ms");
    for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
        if (seconds >= parts[i].seconds)
            return of("%" PRIu64 " %s %" PRIu64 " %s", seconds / parts[i].seconds, parts[i].unit,
                      seconds % parts[i].seconds / parts[i].next_seconds, parts[i].next_unit);
    return scaled((double)usec / USEC_PER_SEC, "s");
}

struct human human_count(uint64_t n)
{
    char digits[24];
    struct human h;
    size_t length = (size_t)snprintf(digits, sizeof(digits), "%" PRIu64, n), at = 0;

    for (size_t i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0)
            h.text[at++] = ',';
        h.text[at++] = digits[i];
    }
    h.text[at] = '\0';
    return h;
}

struct human human_rate(double per_second)
{
    if (per_second <= 0)
        return of("0");
    return per_second < 99.95 ? of("%.1f", per_second) : human_count((uint64_t)(per_second + 0.5));
}

struct human human_time(uint64_t wall_usec)
{
    time_t seconds = (time_t)(wall_usec / USEC_PER_SEC);
    struct human h = of("-");
    struct tm tm;

    if (wall_usec > 0 && localtime_r(&seconds, &tm))
        (void)strftime(h.text, sizeof(h.text), "%Y-%m-%d %H:%M:%S", &tm);
    return h;
}
