/* median.c - see median.h. */
#include "median.h"

#include "report.h"

#include <math.h>
#include <stdlib.h>

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* The values that are there, in order; free() them. */
static double *sorted(const json_t *rounds, const char *path, size_t *ret_n)
{
    double *values = calloc(json_array_size(rounds) + 1, sizeof(*values));
    const json_t *round;
    size_t i, n = 0;

    json_array_foreach(rounds, i, round)
    {
        const json_t *value = report_get(round, path);

        if (values && json_is_number(value))
            values[n++] = json_number_value(value);
    }
    if (values)
        qsort(values, n, sizeof(*values), by_value);
    *ret_n = n;
    return values;
}

static double at(const json_t *rounds, const char *path, double share)
{
    double *values, result = NAN, place;
    size_t n, low;

    values = sorted(rounds, path, &n);
    if (n > 0) {
        place = share * (double)(n - 1);
        low = (size_t)place;
        result = values[low] + (place - (double)low) * (values[MIN(low + 1, n - 1)] - values[low]);
    }
    free(values);
    return result;
}

double median_of(const json_t *rounds, const char *path)
{
    return at(rounds, path, 0.5);
}

double smallest_of(const json_t *rounds, const char *path)
{
    return at(rounds, path, 0);
}

double largest_of(const json_t *rounds, const char *path)
{
    return at(rounds, path, 1);
}

json_t *number_or_null(double value)
{
    return isfinite(value) ? json_real(value) : json_pack("n");
}
