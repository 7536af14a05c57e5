/* csv_fields.h - comma-separated values, field by field; for format_csv.c and records. */
#pragma once

#include "extract/document.h"

struct csv_field {
    const char *text; /* without the quotes around it; quotes doubled inside stay so */
    size_t n;
    bool is_last; /* of its record */
};

/* Reads the field at `at`; returns where the next one begins. */
size_t csv_next_field(const char *text, size_t size, size_t at, char delimiter,
                      struct csv_field *ret);

/* The one of , ; tab | that splits the first records most evenly. */
char csv_find_delimiter(const char *text, size_t size);

bool csv_is_number(const char *text, size_t n);

/* Whether every field of the first record could be a column's name. */
bool csv_has_header(const char *text, size_t size, char delimiter);

/* The metadata of a file: "delimiter", and of one with a header "columns". */
void csv_describe(struct document *d, char delimiter, bool has_header);
