/* table.h - rows of cells, printed in aligned columns.
 *
 *     struct table t = table_begin(columns, ARRAY_SIZE(columns));
 *     table_cell(&t, "%" PRIu64, id);      // in order; a full row begins the next
 *     table_write(&t, &out);               // frees the cells
 */
#pragma once

#include "base/buf.h"

struct table_column {
    const char *title;
    bool right; /* aligned to the right: numbers */
};

struct table {
    const struct table_column *columns;
    size_t n_columns;
    struct buf cells; /* each ends with NUL */
    size_t n_cells;
};

struct table table_begin(const struct table_column *columns, size_t n_columns);

/* Adds the next cell, made safe for a terminal. */
void table_cell(struct table *t, const char *format, ...) PRINTF_LIKE(2, 3);
void table_text(struct table *t, const char *text, size_t n);
/* The same in a style. */
void table_styled(struct table *t, const char *ansi, const char *text);

/* Appends the title line and the rows, the last column not padded, and empties the table. */
void table_write(struct table *t, struct buf *out);
