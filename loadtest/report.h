/* report.h - what was measured, told three times from one JSON object: tables
 * for a terminal, a JSON file, an HTML page.
 *
 * {tool, version, command, date, machine, postgresql, settings, profile, seed,
 * ..., sections: [ {title, note, columns: [{key, title, unit}], rows: [{...}],
 * chart: {...}} ]}
 */
#pragma once

#include "corpus.h"
#include "options.h"
#include "place.h"

enum column_format { AS_TEXT, AS_COUNT, AS_REAL, AS_SHORT, AS_PERCENT };

/* A column of a table: a value of each row by its path ("latency.p50_ms"), its
 * heading. */
struct column {
    const char *path, *title;
    enum column_format format;
};

/* A table of a report, and how it is drawn; columns end with one without a
 * path. */
struct section {
    const char *key;   /* of the array in the report whose objects are the rows */
    const char *title; /* of table and chart */
    const char *note;  /* what a reader must know; NULL: nothing */
    const struct column *columns;
    const struct chart_plan *charts; /* ends with one without a title; NULL: none */
};

enum chart_kind { CHART_BARS, CHART_LINES };

/* A chart of a section: bars have a label and one value a row; lines an x, and
 * a y a path. */
struct chart_plan {
    const char *title, *unit;
    enum chart_kind kind;
    const char *label; /* path: of a bar, or of x */
    const char *x_title;
    const char *paths[5]; /* of the values, with NULL behind the last */
    const char *names[5]; /* of the lines */
};

/* The report's head: machine, server, versions, profile, seed, date. NULL and
 * why. */
json_t *report_begin(const char *command, const struct options *o, const struct corpus *c,
                     struct place *place, struct reason *why);

/* A value by its path; NULL when there is none. */
const json_t *report_get(const json_t *object, const char *path);
/* As a table's cell shows it; "-" when there is none. */
void report_format(const json_t *value, enum column_format format, struct buf *out);

/* The head, as lines. */
void report_head(const json_t *report, struct buf *out);
void report_table(const json_t *report, const struct section *s, struct buf *out);

/* Writes the files that were asked for, with all sections (up to one without a
 * key). Returns 1 and why. */
int report_write(const json_t *report, const struct section *const *sections,
                 const struct options *o, struct reason *why) MUST_CHECK;
void report_html(const json_t *report, const struct section *const *sections, struct buf *out);
