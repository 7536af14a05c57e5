/* record_stream.h - a stream cut into records; internal to records. */
#pragma once

#include "extract/records.h"

struct record_stream;

/* Where the record that begins at text[0] ends, its line end included; 0 when that cannot be told
 * yet, with *from set to where to look on. `at_end`: nothing follows the text. */
typedef size_t (*record_end)(struct record_stream *s, const char *text, size_t n, size_t *from,
                             bool at_end);

struct record_stream {
    record_end find_end;
    size_t max_bytes; /* of a record; longer ones are cut */
    records_read read;
    void *user;

    char *bytes;
    size_t capacity, start, end; /* the record at hand begins at `start` */
    size_t from;                 /* seen so far, from `start` on */
    bool begun, at_end;
    bool skipping; /* the record at hand was passed on already, cut */
    uint64_t n;    /* records so far */

    /* CSV */
    char delimiter;
    bool in_quotes;
    bool lines_only; /* a quote was never closed: from there on a record is a line */
};

void record_stream_begin(struct record_stream *s, records_read read, void *user);
/* 0, RECORDS_END, -ENOMEM or what `read` failed with. */
int record_stream_next(struct record_stream *s, struct record *ret) MUST_CHECK;
void record_stream_done(struct record_stream *s);

size_t record_end_line(struct record_stream *s, const char *text, size_t n, size_t *from,
                       bool at_end);
size_t record_end_csv(struct record_stream *s, const char *text, size_t n, size_t *from,
                      bool at_end);
size_t record_end_mbox(struct record_stream *s, const char *text, size_t n, size_t *from,
                       bool at_end);
