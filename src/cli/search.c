/* search.c - `penstock search`: penstock.search() of the schema, shown. Nothing found is no
 * failure. With tags and no query it lists the newest documents that have them. */
#include "cli/commands.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/tag.h"
#include "cli/database.h"
#include "cli/human.h"
#include "cli/output.h"
#include "sql.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* The markers are control characters, which output_marked() turns into styles; whatever else is
 * in a snippet is escaped. */
#define HEADLINE                                                                     \
    "StartSel=\"\x02\", StopSel=\"\x03\", MaxFragments=2, MaxWords=18, MinWords=6, " \
    "FragmentDelimiter=\" ... \""

enum column {
    ID,
    UID,
    COLLECTION,
    NAME,
    TITLE,
    MEDIA_TYPE,
    RANK,
    SNIPPET,
    BYTE_SIZE,
    INGESTED_AT,
    INSIDE,
    TAGS,
    EXTERNAL,
    VERSION
};

static void add_field(struct buf *out, const struct rows *rows, size_t row, enum column c)
{
    size_t n;
    const char *text = rows_bytes(rows, row, c, &n);

    output_line(out, text, n);
}

static void write_hit(const struct rows *rows, size_t row, struct buf *out)
{
    const char *snippet;
    size_t n;

    buf_printf(out, "%s%" PRId64 "%s  ", style(STYLE_GREEN), rows_int(rows, row, ID),
               style(STYLE_PLAIN));
    buf_add_str(out, style(STYLE_BOLD));
    add_field(out, rows, row, NAME);
    buf_add_str(out, style(STYLE_PLAIN));
    if (!rows_is_null(rows, row, INSIDE)) {
        buf_add_str(out, " in ");
        add_field(out, rows, row, INSIDE);
    }
    if (!rows_is_null(rows, row, TITLE)) {
        buf_add_str(out, "  ");
        add_field(out, rows, row, TITLE);
    }
    buf_printf(out, "\n    %s", style(STYLE_DIM));
    add_field(out, rows, row, COLLECTION);
    buf_add_str(out, "  ");
    add_field(out, rows, row, MEDIA_TYPE);
    buf_printf(out, "  %s  rank %.3f  ", human_bytes((uint64_t)rows_int(rows, row, BYTE_SIZE)).text,
               rows_float(rows, row, RANK));
    add_field(out, rows, row, UID);
    if (!rows_is_null(rows, row, EXTERNAL)) {
        buf_printf(out, "  version %" PRId64 " of ", rows_int(rows, row, VERSION));
        add_field(out, rows, row, EXTERNAL);
    }
    if (!rows_is_null(rows, row, TAGS)) {
        buf_add_str(out, "  ");
        add_field(out, rows, row, TAGS);
    }
    buf_printf(out, "%s\n    ", style(STYLE_PLAIN));
    snippet = rows_bytes(rows, row, SNIPPET, &n);
    output_marked(out, snippet, n);
    buf_add_char(out, '\n');
}

static void write_text(const struct rows *rows, struct buf *out)
{
    for (size_t row = 0; row < rows_count(rows); row++) {
        if (row > 0)
            buf_add_char(out, '\n');
        write_hit(rows, row, out);
    }
}

static void json_field(struct json *j, const char *key, const struct rows *rows, size_t row,
                       enum column c)
{
    size_t n;
    const char *text = rows_bytes(rows, row, c, &n);

    json_strn(j, key, rows_is_null(rows, row, c) ? NULL : text, n);
}

static void json_snippet(struct json *j, const struct rows *rows, size_t row)
{
    struct buf plain = BUF_INIT;
    size_t n;
    const char *text = rows_bytes(rows, row, SNIPPET, &n);

    output_unmarked(&plain, text, n);
    json_strn(j, "snippet", buf_text(&plain), plain.size);
    buf_done(&plain);
}

static void json_tags(struct json *j, const struct rows *rows, size_t row)
{
    size_t n;
    const char *tags = rows_bytes(rows, row, TAGS, &n);

    if (rows_is_null(rows, row, TAGS))
        json_raw(j, "tags", "[]", 2);
    else
        json_raw(j, "tags", tags, n);
}

static void write_json(const struct rows *rows, struct buf *out)
{
    struct json j = json_begin(out);
    char time[CLOCK_TEXT_SIZE];

    json_array_open(&j, NULL);
    for (size_t row = 0; row < rows_count(rows); row++) {
        clock_format(rows_usec(rows, row, INGESTED_AT), time);
        json_object_open(&j, NULL);
        json_int(&j, "id", rows_int(rows, row, ID));
        json_field(&j, "uid", rows, row, UID);
        json_field(&j, "collection", rows, row, COLLECTION);
        json_field(&j, "name", rows, row, NAME);
        json_field(&j, "inside", rows, row, INSIDE);
        json_field(&j, "title", rows, row, TITLE);
        json_field(&j, "media_type", rows, row, MEDIA_TYPE);
        json_double(&j, "rank", rows_float(rows, row, RANK));
        json_snippet(&j, rows, row);
        json_int(&j, "byte_size", rows_int(rows, row, BYTE_SIZE));
        json_str(&j, "ingested_at", time);
        json_tags(&j, rows, row);
        json_field(&j, "external_id", rows, row, EXTERNAL);
        json_int(&j, "version", rows_int(rows, row, VERSION));
        json_object_close(&j);
    }
    json_array_close(&j);
}

static void join_arguments(const struct invocation *inv, struct buf *query)
{
    for (int i = 0; i < inv->n_arguments; i++) {
        if (i > 0)
            buf_add_char(query, ' ');
        buf_add_str(query, inv->arguments[i]);
    }
}

/* In the form in which they are stored; null without any. */
static void add_tags(const struct invocation *inv, struct params *p)
{
    char tag[TAG_MAX_BYTES + 1];

    if (inv->n_list == 0) {
        params_add_null(p, PARAM_TEXT); /* of an array as good as of a text */
        return;
    }
    params_add_array(p, PARAM_TEXT, inv->n_list);
    for (size_t i = 0; i < inv->n_list; i++)
        if (tag_normalise(inv->list[i], strlen(inv->list[i]), tag) == 0)
            params_element(p, tag, strlen(tag));
}

/* Both the query and the tags say something. */
static int check(const struct invocation *inv)
{
    char tag[TAG_MAX_BYTES + 1];

    if (inv->n_list == 0 && inv->n_arguments == 0)
        return invocation_fail(inv, EXIT_USAGE, "give a query, or --tag, or both");
    for (size_t i = 0; i < inv->n_list; i++)
        if (tag_normalise(inv->list[i], strlen(inv->list[i]), tag) != 0)
            return invocation_fail(inv, EXIT_USAGE, "\"%s\" cannot be a tag", inv->list[i]);
    return 0;
}

static int ask(struct invocation *inv, struct session *s, int64_t limit, struct rows **ret)
{
    const char *collection = invocation_value(inv, "collection");
    struct params *p = params_new();
    struct buf query = BUF_INIT;
    int r = -ENOMEM;

    join_arguments(inv, &query);
    if (p && buf_error(&query) == 0) {
        params_add_text(p, buf_text(&query), query.size);
        params_add_int8(p, limit);
        if (collection)
            params_add_text(p, collection, strlen(collection));
        else
            params_add_null(p, PARAM_TEXT);
        params_add_text(p, HEADLINE, strlen(HEADLINE));
        add_tags(inv, p);
        params_add_bool(p, invocation_has(inv, "all-versions"));
        r = params_error(p);
    }
    r = r < 0 ? invocation_fail(inv, EXIT_FAILED, "out of memory")
              : database_query(inv, s, sql_cli_search, p, ret);
    params_free(p);
    buf_done(&query);
    return r;
}

static int run(struct invocation *inv)
{
    struct session *s = NULL;
    struct rows *rows = NULL;
    struct buf out = BUF_INIT;
    int64_t limit;
    int r = invocation_number(inv, "limit", 10, 1, 10000, &limit);

    if (r == 0)
        r = check(inv);
    if (r == 0)
        r = invocation_load_settings(inv);
    if (r == 0)
        r = database_open(inv, false, &s);
    if (r != 0)
        return r;
    r = ask(inv, s, limit, &rows);
    session_close(s);
    if (r != 0)
        return r;
    if (rows_count(rows) == 0)
        (void)fprintf(stderr, "penstock search: nothing found\n");
    (invocation_has(inv, "json") ? write_json : write_text)(rows, &out);
    rows_free(rows);
    return output_flush(&out);
}

static const struct command_option options[] = {
    {"limit", "N", "results at most, default 10"},
    {"collection", "C", "in this collection only"},
    {"tag", "T", "that have this tag; given several times: all of them", .is_list = true},
    {"all-versions", NULL, "also documents of which there is a newer version"},
    OPTION_JSON,
    {NULL},
};

const struct command command_search = {
    .name = "search",
    .arguments = "[QUERY...]",
    .summary = "full-text search, best first",
    .help = "QUERY is words, \"a phrase\", or, -not. What begins with a dash comes after --. With "
            "--tag it\n"
            "may be left out: then the newest documents come first.",
    .options = options,
    .min_arguments = 0,
    .max_arguments = -1,
    .run = run,
};
