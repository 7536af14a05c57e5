/* record_csv.h - a record of comma-separated values as a document of its own. */
#pragma once

#include "extract/document.h"
#include "extract/text/csv_fields.h"

/* What all records of a file share. All zeroes to begin with. */
struct record_csv {
    char delimiter;
    struct buf header; /* the first record, when it names the fields; else empty */
    struct buf names;  /* each with a NUL behind it */
};

/* Looks at the beginning of the file. 0 or -ENOMEM. */
int record_csv_begin(struct record_csv *c, const char *text, size_t size) MUST_CHECK;
void record_csv_done(struct record_csv *c);
bool record_csv_has_header(const struct record_csv *c);

/* Body "name: value", a line a field; title; fields. The text of `d` is one record. */
int record_csv_read(const struct record_csv *c, struct document *d) MUST_CHECK;

/* What identifies a record: the file that it would be alone, its header and itself. */
void record_csv_bytes(const struct record_csv *c, const char *text, size_t size, struct buf *to);

/* Metadata of the file. */
void record_csv_describe(const struct record_csv *c, struct document *d);
