/* table.c - see table.h. Cells stand one behind the other in a buffer; widths are found when it
 * is written. */
#include "cli/table.h"

#include "cli/output.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GAP "  "

struct table table_begin(const struct table_column *columns, size_t n_columns)
{
    return (struct table){.columns = columns, .n_columns = n_columns};
}

static void end_cell(struct table *t)
{
    buf_add_char(&t->cells, '\0');
    t->n_cells++;
}

void table_text(struct table *t, const char *text, size_t n)
{
    output_line(&t->cells, text, n);
    end_cell(t);
}

void table_styled(struct table *t, const char *ansi, const char *text)
{
    buf_add_str(&t->cells, ansi);
    output_str(&t->cells, text);
    if (*ansi)
        buf_add_str(&t->cells, style(STYLE_PLAIN));
    end_cell(t);
}

void table_cell(struct table *t, const char *format, ...)
{
    char *text = NULL;
    va_list args;
    int n;

    va_start(args, format);
    n = vasprintf(&text, format, args);
    va_end(args);
    if (n < 0) {
        t->cells.failed = -ENOMEM;
        return;
    }
    table_text(t, text, (size_t)n);
    free(text);
}

static void measure(const struct table *t, size_t *widths)
{
    const char *cell = t->cells.data;

    for (size_t c = 0; c < t->n_columns; c++)
        widths[c] = strlen(t->columns[c].title);
    for (size_t i = 0; i < t->n_cells; i++) {
        size_t *width = &widths[i % t->n_columns], n = strlen(cell);

        *width = MAX(*width, output_width(cell, n));
        cell += n + 1;
    }
}

static void add_padding(struct buf *out, size_t n)
{
    for (size_t i = 0; i < n; i++)
        buf_add_char(out, ' ');
}

static void write_cell(const struct table *t, size_t column, size_t width, const char *cell,
                       struct buf *out)
{
    size_t n = strlen(cell), padding = width - MIN(width, output_width(cell, n));
    bool last = column + 1 == t->n_columns;

    if (t->columns[column].right)
        add_padding(out, padding);
    buf_add(out, cell, n);
    if (!t->columns[column].right && !last)
        add_padding(out, padding);
    buf_add_str(out, last ? "\n" : GAP);
}

void table_write(struct table *t, struct buf *out)
{
    size_t *widths = calloc(t->n_columns, sizeof(*widths));
    const char *cell = t->cells.data;

    if (!widths || buf_error(&t->cells) < 0) {
        out->failed = -ENOMEM;
    } else {
        measure(t, widths);
        buf_add_str(out, style(STYLE_BOLD));
        for (size_t c = 0; c < t->n_columns; c++)
            write_cell(t, c, widths[c], t->columns[c].title, out);
        buf_add_str(out, style(STYLE_PLAIN));
        for (size_t i = 0; i < t->n_cells; i++) {
            write_cell(t, i % t->n_columns, widths[i % t->n_columns], cell, out);
            cell += strlen(cell) + 1;
        }
    }
    free(widths);
    buf_done(&t->cells);
    t->n_cells = 0;
}
