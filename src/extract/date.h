/* date.h - dates in metadata: ISO 8601, or the raw text that the document has. */
#pragma once

#include "extract/document.h"

/* A point in time as a document tells it; no more precise than it does. */
struct date {
    int year, month, day;     /* month and day from 1; 0: not told */
    int hour, minute, second; /* told only with `has_time` */
    int offset;               /* minutes east of UTC, told only with `has_offset` */
    bool has_time, has_offset;
};

/* Adds "key": "2024-02-29T13:05:00+01:00" (or as much of it as there is). A date that cannot be,
 * such as the 31st of April: `raw` instead, as it is; with `raw_n` 0 nothing. */
void result_meta_date(struct document *d, const char *key, const struct date *date, const char *raw,
                      size_t raw_n);

/* Writes it in ISO 8601. False: it cannot be. */
#define DATE_TEXT_BYTES 128
bool date_write(const struct date *date, char ret[DATE_TEXT_BYTES]);

/* Reads ISO 8601 in its common forms (2024, 2024-02, 2024-02-29, 2024-02-29T13:05[:00[.0]][Z|+01:00],
 * a space instead of T). False: it is something else. */
bool date_parse_iso(const char *text, size_t n, struct date *ret);

/* Reads a date of PDF (ISO 32000-1, 7.9.4): D:20240229130500+01'00', cut anywhere behind the year. */
bool date_parse_pdf(const char *text, size_t n, struct date *ret);

/* Reads a date of EXIF (CIPA DC-008, 4.6.5): 2024:02:29 13:05:00, with an offset behind it at times. */
bool date_parse_exif(const char *text, size_t n, struct date *ret);

/* Reads a date of mail (RFC 5322, 3.3, and what came before it): [Thu,] 29 Feb 2024 13:05[:00] +0100. */
bool date_parse_mail(const char *text, size_t n, struct date *ret);

/* Any of the forms above. */
bool date_parse_any(const char *text, size_t n, struct date *ret);

/* Adds the offset that `text` alone tells (Z, +01:00) to a date that has a time and none yet. False:
 * nothing was added. */
bool date_parse_offset(const char *text, size_t n, struct date *date);

/* result_meta_date() of a date in any of these forms, or the raw text. */
void result_meta_iso_date(struct document *d, const char *key, const char *text, size_t n);
