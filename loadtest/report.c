/* report.c - the head of a report, and its tables as text. The page is made in
 * report_html.c. */
#include "report.h"

#include "loadtest_sql.h"

#include "base/clock.h"
#include "base/fd.h"
#include "base/process.h"

#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

/* The processor's name as /proc/cpuinfo has it. */
static void cpu_model(char *ret, size_t size)
{
    struct buf text = BUF_INIT;
    const char *at = NULL;

    (void)snprintf(ret, size, "unknown");
    if (fd_read_file("/proc/cpuinfo", 16 << 20, &text) == 0)
        at = strstr(buf_text(&text), "model name");
    at = at ? strchr(at, ':') : NULL;
    if (at)
        (void)snprintf(ret, size, "%.*s", (int)strcspn(at + 2, "\n"), at + 2);
    buf_done(&text);
}

static json_t *machine(void)
{
    struct utsname name = {.sysname = "unknown"};
    double bytes = (double)sysconf(_SC_PHYS_PAGES) * (double)sysconf(_SC_PAGESIZE);
    char model[128];

    (void)uname(&name);
    cpu_model(model, sizeof(model));
    return json_pack("{s:i, s:s, s:f, s:s, s:s}", "processors", (int)process_cpu_count(), "model",
                     model, "memory_gb", bytes / 1e9, "kernel", name.release, "architecture",
                     name.machine);
}

/* Columns of server.sql. */
static json_t *server(struct place *place, struct reason *why)
{
    static const char *const names[] = {"version",          "fsync",          "synchronous_commit",
                                        "full_page_writes", "wal_level",      "shared_buffers",
                                        "max_wal_size",     "wal_compression"};
    PGresult *rows = NULL;
    PGconn *pg = NULL;
    json_t *facts = NULL;

    if (database_open(place->server, &pg, why) == 0 &&
        database_query(pg, sql_server, 0, NULL, &rows, why) == 0) {
        facts = json_object();
        for (size_t i = 0; i < ARRAY_SIZE(names); i++)
            (void)json_object_set_new(facts, names[i], json_string(database_text(rows, 0, (int)i)));
        (void)json_object_set_new(facts, "private_cluster", json_boolean(place->is_private));
    }
    PQclear(rows);
    database_close(pg);
    return facts;
}

static json_t *list_settings(const struct options *o)
{
    json_t *list = json_array();

    for (size_t i = 0; i < o->settings.n; i++)
        (void)json_array_append_new(list, json_string(o->settings.list[i]));
    return list;
}

json_t *report_begin(const char *command, const struct options *o, const struct corpus *c,
                     struct place *place, struct reason *why)
{
    json_t *facts = server(place, why);
    struct service program = {.inherits = true};
    char date[CLOCK_TEXT_SIZE], version[64];

    if (!facts)
        return NULL;
    clock_format(clock_wall_usec(), date);
    (void)snprintf(program.program, sizeof(program.program), "%s", place->program);
    if (service_version(&program, version, sizeof(version)) < 0)
        (void)snprintf(version, sizeof(version), "unknown");
    return json_pack(
        "{s:s, s:s, s:s, s:s, s:o, s:o, s:s, s:I, s:s, s:o}", "tool", "penstock-loadtest",
        "penstock", version, "command", command, "date", date, "machine", machine(), "server",
        facts, "profile", c->profile->name, "seed", (json_int_t)c->seed, "words",
        c->words.n ? words_source_names[c->words.source] : "none", "settings", list_settings(o));
}

const json_t *report_get(const json_t *object, const char *path)
{
    char key[64];

    while (object && *path) {
        size_t n = strcspn(path, ".");

        (void)snprintf(key, sizeof(key), "%.*s", (int)n, path);
        object = json_object_get(object, key);
        path += n + (path[n] == '.');
    }
    return json_is_null(object) ? NULL : object;
}

static void add_thousands(double value, struct buf *out)
{
    char digits[32];
    size_t n = (size_t)snprintf(digits, sizeof(digits), "%.0f", value);

    for (size_t i = 0; i < n; i++) {
        buf_add_char(out, digits[i]);
        if ((n - 1 - i) % 3 == 0 && i + 1 < n && digits[i] != '-')
            buf_add_char(out, ',');
    }
}

/* Three digits that count; more where there are more before the point. */
static void add_real(double value, struct buf *out)
{
    double size = fabs(value);

    if (size >= 1000)
        add_thousands(value, out);
    else
        buf_printf(out, "%.*f",
                   size >= 100 || size == 0 ? 0
                   : size >= 10             ? 1
                   : size >= 1              ? 2
                                            : 3,
                   value);
}

void report_format(const json_t *value, enum column_format format, struct buf *out)
{
    double number = json_number_value(value);

    if (!value || json_is_null(value))
        buf_add_char(out, '-');
    else if (json_is_string(value))
        buf_add_str(out, json_string_value(value));
    else if (format == AS_TEXT)
        buf_printf(out, "%.*f", json_is_integer(value) ? 0 : 1, number);
    else if (format == AS_COUNT)
        add_thousands(number, out);
    else if (format == AS_PERCENT)
        buf_printf(out, "%.1f %%", number * 100);
    else if (format == AS_SHORT)
        buf_printf(out, "%.1f", number);
    else
        add_real(number, out);
}

static void head_line(const json_t *report, struct buf *out, const char *title,
                      const char *const *paths)
{
    buf_printf(out, "%-12s", title);
    for (size_t i = 0; paths[i]; i += 2) {
        buf_add_str(out, paths[i]);
        report_format(report_get(report, paths[i + 1]), AS_TEXT, out);
    }
    buf_add_char(out, '\n');
}

void report_head(const json_t *report, struct buf *out)
{
    static const struct head {
        const char *title;
        const char *parts[14]; /* text before a value, its path */
    } heads[] = {
        {"penstock", {"", "penstock", ", ", "date"}},
        {"machine",
         {"", "machine.processors", " processors (", "machine.model", "), ", "machine.memory_gb",
          " GB, Linux ", "machine.kernel"}},
        {"PostgreSQL",
         {"", "server.version", ", shared_buffers ", "server.shared_buffers", ", wal_level ",
          "server.wal_level", ", max_wal_size ", "server.max_wal_size"}},
        {"durability",
         {"fsync ", "server.fsync", ", synchronous_commit ", "server.synchronous_commit",
          ", full_page_writes ", "server.full_page_writes", ", wal_compression ",
          "server.wal_compression"}},
        {"documents", {"profile ", "profile", ", seed ", "seed", ", words ", "words"}},
    };

    for (size_t i = 0; i < ARRAY_SIZE(heads); i++)
        head_line(report, out, heads[i].title, heads[i].parts);
}

static size_t count_columns(const struct section *s)
{
    size_t n = 0;

    while (s->columns[n].path)
        n++;
    return n;
}

static size_t cell(const json_t *row, const struct column *c, struct buf *out)
{
    buf_clear(out);
    report_format(report_get(row, c->path), c->format, out);
    return out->size;
}

static void add_cell(struct buf *out, const char *text, size_t width, bool right, bool last)
{
    if (right || last)
        buf_printf(out, "%*s", right ? (int)width : 0, text);
    else
        buf_printf(out, "%-*s", (int)width, text);
    buf_add_str(out, last ? "\n" : "  ");
}

void report_table(const json_t *report, const struct section *s, struct buf *out)
{
    const json_t *rows = report_get(report, s->key), *row;
    size_t n = count_columns(s), i;
    struct buf text = BUF_INIT;

    if (json_array_size(rows) == 0)
        return;
    buf_printf(out, "\n%s\n", s->title);
    for (size_t pass = 0; pass <= json_array_size(rows); pass++)
        for (size_t c = 0; c < n; c++) {
            const struct column *column = &s->columns[c];
            size_t width = strlen(column->title);

            json_array_foreach(rows, i, row) width = MAX(width, cell(row, column, &text));
            if (pass > 0)
                (void)cell(json_array_get(rows, pass - 1), column, &text);
            add_cell(out, pass == 0 ? column->title : buf_text(&text), width,
                     column->format != AS_TEXT, c + 1 == n);
        }
    if (s->note)
        buf_printf(out, "(%s)\n", s->note);
    buf_done(&text);
}

static int write_file(const char *path, const struct buf *text, struct reason *why)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    int r = fd < 0 ? -errno : buf_error(text);

    if (r == 0)
        r = fd_write_all(fd, text->data, text->size);
    (void)fd_close(fd);
    if (r < 0)
        reason_set(why, "%s: %s", path, strerror(-r));
    return r < 0;
}

int report_write(const json_t *report, const struct section *const *sections,
                 const struct options *o, struct reason *why)
{
    struct buf text = BUF_INIT;
    int r = 0;

    if (o->json) {
        char *dump = json_dumps(report, JSON_INDENT(2) | JSON_REAL_PRECISION(10));

        buf_add_str(&text, dump ? dump : "");
        buf_add_char(&text, '\n');
        free(dump);
        r = dump ? write_file(o->json, &text, why) : 1;
    }
    buf_clear(&text);
    if (r == 0 && o->html) {
        report_html(report, sections, &text);
        r = write_file(o->html, &text, why);
    }
    buf_done(&text);
    return r;
}
