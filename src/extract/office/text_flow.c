/* text_flow.c - text with what separates it.
 *
 * In a table the line end behind a cell's last paragraph becomes the tab to the next cell, and empty
 * cells keep their tabs, so that columns stay columns. Tabs at the end of a row go.
 */
#include "extract/office/text_flow.h"

#include <string.h>

static void put(struct flow *f, const char *text, size_t n)
{
    if (!f->to)
        result_text(f->d, text, n);
    else if (f->to->size < f->d->limits->max_text_bytes)
        buf_add(f->to, text, n);
    else
        f->d->out->truncated = true;
}

static bool is_empty(const struct flow *f)
{
    return f->to ? f->to->size == 0 : f->d->out->body.size == 0;
}

static void put_separators(struct flow *f)
{
    if (!is_empty(f) && f->newlines > 0)
        put(f, "\n\n", f->newlines);
    for (; f->tabs > 0 && !result_is_full(f->d); f->tabs--)
        put(f, "\t", 1);
    f->newlines = 0;
    f->tabs = 0;
}

void flow_text(struct flow *f, const char *text, size_t n)
{
    size_t line;

    if (n == 0)
        return;
    if (f->newlines + f->tabs > 0)
        put_separators(f);
    f->n_written += n;
    while (n > 0) {
        for (line = 0; line < n && (text[line] < '\t' || text[line] > '\r'); line++)
            ;
        put(f, text, line);
        if (line < n) {
            put(f, " ", 1);
            line++;
        }
        text += line;
        n -= line;
    }
}

void flow_tab(struct flow *f)
{
    f->tabs++;
}

void flow_break(struct flow *f, unsigned n)
{
    f->newlines = MAX(f->newlines, n);
    f->tabs = 0;
}

void flow_end_cell(struct flow *f, uint64_t mark)
{
    if (f->n_written != mark) {
        f->newlines = 0;
        f->tabs = 0;
    }
    f->tabs++;
}

void flow_end_cell_paragraph(struct flow *f, uint64_t mark)
{
    if (f->n_written != mark)
        flow_break(f, 1);
}
