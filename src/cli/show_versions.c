/* show_versions.c - see show_versions.h. */
#include "cli/show_versions.h"

#include "cli/output.h"
#include "cli/record.h"
#include "sql.h"

#include <inttypes.h>
#include <string.h>

/* Columns of cli_document_versions.sql. */
enum column { ID, VERSION, NAME, INGESTED_AT };
static const struct record_column columns[] = {{"id", RECORD_INT},
                                               {"version", RECORD_INT},
                                               {"name", RECORD_TEXT},
                                               {"ingested_at", RECORD_TIME}};

/* Columns of cli_external.sql. */
enum found_column { FOUND_ID, FOUND_COLLECTION };

static int pick(const struct invocation *inv, const struct rows *found, int64_t *ret)
{
    const char *external = invocation_value(inv, "external");
    struct buf names = BUF_INIT;
    size_t n;
    int r;

    if (rows_count(found) == 0)
        return invocation_fail(inv, EXIT_FAILED, "no document has the external id \"%s\"",
                               external);
    if (rows_count(found) == 1) {
        *ret = rows_int(found, 0, FOUND_ID);
        return 0;
    }
    for (size_t row = 0; row < rows_count(found); row++)
        buf_printf(&names, "%s%s", row > 0 ? ", " : "",
                   rows_bytes(found, row, FOUND_COLLECTION, &n));
    r = invocation_fail(
        inv, EXIT_USAGE,
        "several collections have the external id \"%s\": give --collection, one of %s", external,
        buf_text(&names));
    buf_done(&names);
    return r;
}

int show_versions_find(const struct invocation *inv, struct session *s, int64_t *ret)
{
    const char *external = invocation_value(inv, "external");
    const char *collection = invocation_value(inv, "collection");
    struct params *p = params_new();
    struct rows *found = NULL;
    int r;

    if (!p)
        return invocation_fail(inv, EXIT_FAILED, "out of memory");
    params_add_text(p, external, strlen(external));
    if (collection)
        params_add_text(p, collection, strlen(collection));
    else
        params_add_null(p, PARAM_TEXT);
    r = database_query(inv, s, sql_cli_external, p, &found);
    params_free(p);
    if (r == 0)
        r = pick(inv, found, ret);
    rows_free(found);
    return r;
}

/* "; earlier: documents 5, 9", of those before (or behind) `version`. */
static void add_others(const struct rows *versions, int64_t version, bool earlier, struct buf *out)
{
    unsigned n = 0;

    for (size_t row = 0; row < rows_count(versions); row++) {
        int64_t other = rows_int(versions, row, VERSION);

        if (earlier ? other >= version : other <= version)
            continue;
        if (n++ == 0)
            buf_add_str(out, earlier ? "; earlier: documents " : "; later: documents ");
        else
            buf_add_str(out, ", ");
        buf_printf(out, "%" PRId64, rows_int(versions, row, ID));
    }
}

void show_versions_text(int64_t id, const struct rows *document, unsigned column,
                        const struct rows *versions, struct buf *out)
{
    struct buf line = BUF_INIT;

    for (size_t row = 0; row < rows_count(versions); row++) {
        int64_t version = rows_int(versions, row, VERSION);

        if (rows_int(versions, row, ID) != id)
            continue;
        buf_printf(&line, "%" PRId64 " of ", version);
        record_text(&line, RECORD_TEXT, document, 0, column);
        add_others(versions, version, true, &line);
        add_others(versions, version, false, &line);
    }
    record_line(out, "version", buf_text(&line));
    buf_done(&line);
}

void show_versions_json(const struct rows *versions, struct json *j)
{
    json_array_open(j, "versions");
    for (size_t row = 0; row < rows_count(versions); row++) {
        json_object_open(j, NULL);
        record_json(j, columns, ARRAY_SIZE(columns), versions, row);
        json_object_close(j);
    }
    json_array_close(j);
}
