/* xlsx.h - the pieces of a workbook; internal to format_xlsx.c. */
#pragma once

#include "extract/office/ooxml.h"

/* What a number format makes of a number. */
enum xlsx_shows { XLSX_DATE = 1, XLSX_TIME = 2, XLSX_ELAPSED = 4 };

/* The strings that cells refer to. */
struct xlsx_strings {
    struct buf bytes;
    size_t *ends; /* of each, in `bytes` */
    size_t n;
};

struct xlsx_book {
    struct ooxml *o;
    struct xlsx_strings strings;
    struct buf styles; /* of each cell format a byte: enum xlsx_shows */
    bool from_1904;    /* days are counted from there */
    struct flow flow;
};

/* Reads the shared strings, and the cell formats. 0 or -ENOMEM. */
int xlsx_read_strings(struct xlsx_book *b) MUST_CHECK;
int xlsx_read_styles(struct xlsx_book *b) MUST_CHECK;

/* Writes a sheet's cells. */
int xlsx_read_sheet(struct xlsx_book *b, const char *name) MUST_CHECK;

/* enum xlsx_shows for a format's code, such as "d/m/yy h:mm"; for one of those that have a number
 * only. */
unsigned xlsx_code_shows(const char *code, size_t n);
unsigned xlsx_builtin_shows(uint32_t id);

/* Writes a number as it is stored, or as the date or time that `shows` makes of it. */
void xlsx_write_number(struct flow *f, const char *text, size_t n, unsigned shows, bool from_1904);

/* Writes a string; _x000A_ stands for the character of that number. */
void xlsx_write_string(struct flow *f, const char *text, size_t n);
