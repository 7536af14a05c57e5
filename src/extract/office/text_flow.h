/* text_flow.h - text with what separates it: paragraphs on lines, cells behind tabs.
 *
 * Separators wait for the text behind them, so none stands at the beginning or the end, and a run of
 * empty paragraphs is one line end.
 */
#pragma once

#include "extract/document.h"

struct flow {
    struct document *d;
    struct buf *to;     /* NULL: the document's body */
    uint64_t n_written; /* bytes of text so far */
    unsigned newlines;  /* that wait for text: 0, 1, or 2 for a blank line */
    unsigned tabs;      /* that wait as well, behind those */
};

/* `f` begins as {.d = d} or {.d = d, .to = buffer}. Text: white space of the source is text too, but
 * a line end in it is a space. */
void flow_text(struct flow *f, const char *text, size_t n);

/* A tab in running text. */
void flow_tab(struct flow *f);

/* The next text begins `n` (1 or 2) line ends further on. */
void flow_break(struct flow *f, unsigned n);

/* The end of a cell, which began when `n_written` was `mark`. */
void flow_end_cell(struct flow *f, uint64_t mark);

/* The end of a paragraph in a cell that began so: an empty one leaves no trace. */
void flow_end_cell_paragraph(struct flow *f, uint64_t mark);
