/* output.h - what commands print: text made safe for a terminal, colours, one write at the end.
 *
 * Names and texts come from documents and may hold anything; nothing but what is written here may
 * steer a terminal.
 */
#pragma once

#include "base/buf.h"

enum style {
    STYLE_PLAIN,
    STYLE_BOLD,
    STYLE_DIM,
    STYLE_RED,
    STYLE_GREEN,
    STYLE_YELLOW,
    STYLE_MARK,
    STYLE_N
};

/* The ANSI sequence, or "" when standard output is no terminal or NO_COLOR is set. */
const char *style(enum style s);
/* Decides it anew, for tests and for `top`. */
void style_enable(bool on);

bool output_is_terminal(void);
/* Columns of the terminal, 80 when unknown; rows in *ret_rows (may be NULL), 24 when unknown. */
unsigned output_columns(unsigned *ret_rows);

/* Appends text as one line: control characters (C0, DEL, C1), line separators and characters
 * that change the direction of writing appear as \n, \t, \xHH or \u{HHHH}, bytes that are not
 * UTF-8 as \xHH. */
void output_line(struct buf *out, const char *text, size_t n);
void output_str(struct buf *out, const char *text);
/* The same, but line feeds and tabs stay. */
void output_block(struct buf *out, const char *text, size_t n);
/* Text with parts between \x02 and \x03: they are shown highlighted, and the markers dropped. */
void output_marked(struct buf *out, const char *text, size_t n);
/* Appends the text without these markers. */
void output_unmarked(struct buf *out, const char *text, size_t n);

/* Cells of a terminal that safe text takes, ANSI sequences not counted. */
size_t output_width(const char *text, size_t n);

/* Writes all to standard output, ending with a line feed, and empties the buffer. Returns 0, or
 * EXIT_FAILED after telling why it could not. */
int output_flush(struct buf *out) MUST_CHECK;

/* Writes bytes to standard output just as they are. Returns as output_flush(). */
int output_raw(const char *bytes, size_t n) MUST_CHECK;
