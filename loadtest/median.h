/* median.h - medians over rounds. */
#pragma once

#include <jansson.h>

/* The median of a value (by its path) over an array of objects; NAN when none
 * has it. */
double median_of(const json_t *rounds, const char *path);
double smallest_of(const json_t *rounds, const char *path);
double largest_of(const json_t *rounds, const char *path);
/* A number, null when it is NAN. */
json_t *number_or_null(double value);
