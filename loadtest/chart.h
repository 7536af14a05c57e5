/* chart.h - small charts as SVG: bars and lines. Colours come from the page's
 * style sheet, so that they fit light and dark. */
#pragma once

#include "base/buf.h"

#define CHART_MAX_LINES 4

struct chart_bar {
    const char *label;
    double value;
};

struct chart_line {
    const char *name;
    const double *y; /* NAN: no point there */
};

/* Horizontal bars from 0, each with its label and value. */
void chart_bars(const char *title, const char *unit, const struct chart_bar *bars, size_t n,
                struct buf *out);
/* Up to CHART_MAX_LINES lines over the same x. */
void chart_lines(const char *title, const char *unit, const char *x_title, const double *x,
                 size_t n, const struct chart_line *lines, size_t n_lines, struct buf *out);
/* Text with <, >, & and quotes as entities. */
void chart_text(const char *text, struct buf *out);
/* The style rules that the charts need. */
extern const char chart_style[];
