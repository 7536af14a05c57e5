/* record_kinds.h - what the files of records share. */
#pragma once

#include "extract/extractor.h"
#include "extract/records/record_csv.h"
#include "extract/records/record_stream.h"

struct record_type {
    enum record_kind kind;
    const char *media_type;            /* of the records; NULL: the file's */
    const char *path_begin, *path_end; /* around its ordinal */
    record_end find_end;
    /* One record as a text; NULL: it is a document as it lies in the file (mbox). */
    int (*read)(struct records *r, struct document *d);
};

struct records {
    struct extractor *x;
    const struct record_type *type;
    const char *media_type; /* of the file */
    char encoding[64];      /* IANA name; "" for UTF-8 */
    struct record_stream stream;
    struct record_csv csv;
    bool header_ahead;  /* the next record of the stream is the header */
    uint64_t n_headers; /* of the stream's records: 0 or 1 */
    uint64_t n_parts;   /* that were passed on, of the file */
    struct buf copy;    /* of the record at hand: its text, converted, or its message */
    struct buf bytes;   /* what identifies it, when it is not what lies in the file */
    struct extraction out;
};

/* Which type of record a file that begins so has, and in which encoding; NULL: none of `kinds`.
 * -ENOMEM. */
int record_sniff(struct extractor *x, struct document *head, unsigned kinds,
                 const struct record_type **ret, struct decoded *text) MUST_CHECK;

const struct record_type *record_type_of(enum record_kind kind);
