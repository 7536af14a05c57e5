/* log.c - formats one event and writes it with one write(2).
 *
 * The settings of the log are the only mutable globals of the program: a process has one standard
 * error.
 */
#include "base/log.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"
#include "log_sink.h"

#include <inttypes.h>
#include <string.h>

static const char *log_role = "penstock";
static enum log_level log_min_level = LOG_INFO;
static enum log_format log_form = LOG_FORMAT_TEXT;

static const char *const level_names[] = {
    [LOG_DEBUG] = "debug", [LOG_INFO] = "info", [LOG_WARN] = "warn", [LOG_ERROR] = "error"};

void log_set_role(const char *role)
{
    log_role = role;
}

void log_set_level(enum log_level min_level)
{
    log_min_level = min_level;
}

void log_set_format(enum log_format format)
{
    log_form = format;
}

const char *log_errno_text(int r)
{
    static char text[128];

    return strerror_r(r < 0 ? -r : r, text, sizeof(text));
}

static bool is_bare(const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)text[i];

        if (c <= ' ' || c == '"' || c == '=' || c == '\\' || c >= 0x7f)
            return false;
    }
    return n > 0;
}

static void add_text_value(struct buf *out, const char *text, size_t n)
{
    struct json quoted = json_begin(out);

    if (is_bare(text, n))
        buf_add(out, text, n);
    else
        json_strn(&quoted, NULL, text, n);
}

static void add_text_field(struct buf *out, const struct log_field *f)
{
    buf_printf(out, " %s=", f->key);
    switch (f->type) {
    case LOG_FIELD_STR:
        add_text_value(out, f->str, strlen(f->str));
        break;
    case LOG_FIELD_BYTES:
        add_text_value(out, f->bytes.at, f->bytes.n);
        break;
    case LOG_FIELD_I64:
        buf_printf(out, "%" PRId64, f->i64);
        break;
    case LOG_FIELD_U64:
        buf_printf(out, "%" PRIu64, f->u64);
        break;
    case LOG_FIELD_F64:
        buf_printf(out, "%.3f", f->f64);
        break;
    }
}

static void add_json_field(struct json *j, const struct log_field *f)
{
    switch (f->type) {
    case LOG_FIELD_STR:
        json_str(j, f->key, f->str);
        break;
    case LOG_FIELD_BYTES:
        json_strn(j, f->key, f->bytes.at, f->bytes.n);
        break;
    case LOG_FIELD_I64:
        json_int(j, f->key, f->i64);
        break;
    case LOG_FIELD_U64:
        json_uint(j, f->key, f->u64);
        break;
    case LOG_FIELD_F64:
        json_double(j, f->key, f->f64);
        break;
    }
}

static bool is_absent(const struct log_field *f)
{
    return f->type == LOG_FIELD_STR && !f->str;
}

static void add_text(struct buf *out, const struct log_field *fields)
{
    for (const struct log_field *f = fields; f->key; f++)
        if (!is_absent(f))
            add_text_field(out, f);
}

static void add_json(struct json *j, const struct log_field *fields)
{
    for (const struct log_field *f = fields; f->key; f++)
        if (!is_absent(f))
            add_json_field(j, f);
}

static void format_text(struct buf *line, const struct log_field *head,
                        const struct log_field *fields)
{
    buf_add_str(line, "role=");
    add_text_value(line, log_role, strlen(log_role));
    add_text(line, head);
    add_text(line, fields);
    buf_add_char(line, '\n');
}

static void format_json(struct buf *line, const struct log_field *head,
                        const struct log_field *fields)
{
    struct json j = json_begin(line);

    json_object_open(&j, NULL);
    json_str(&j, "role", log_role);
    add_json(&j, head);
    add_json(&j, fields);
    json_object_close(&j);
    buf_add_char(line, '\n');
}

static void write_line(enum log_level level, const char *event, const struct log_field *fields)
{
    struct buf line = BUF_INIT;
    char now[CLOCK_TEXT_SIZE];

    clock_format(clock_wall_usec(), now);
    const struct log_field head[] = {F_STR("time", now),
                                     F_STR("level", level_names[level]),
                                     F_STR("event", event),
                                     {.key = NULL}};
    if (log_form == LOG_FORMAT_JSON)
        format_json(&line, head, fields);
    else
        format_text(&line, head, fields);
    if (line.data)
        log_sink_write(line.data, line.size);
    buf_done(&line);
}

void log_write(enum log_level level, const char *event, const struct log_field *fields)
{
    uint64_t n_lost;

    if (level < log_min_level)
        return;
    write_line(level, event, fields);
    n_lost = log_sink_take_lost();
    if (n_lost > 0)
        write_line(LOG_WARN, "log.lost", LOG_FIELDS(F_U64("lines", n_lost)));
}
