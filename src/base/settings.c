/* settings.c - the table of settings and the values that go with it.
 *
 * The table is settings.def, expanded here; how a text is read by its type is settings_parse.c,
 * where texts come from is settings_load.c (and settings_dotenv.c), what holds between settings is
 * settings_check.c, the inboxes are settings_paths.c, and what people are shown is
 * settings_write.c.
 *
 * A value is its text and the number read from it, kept together: nothing outside settings_set()
 * changes either. A failed settings_set() leaves the old value.
 */
#include "base/settings_internal.h"

#include "base/json.h"
#include "base/process.h"
#include "base/utf8.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The names that settings.def uses in its column FLAGS. */
#define SECRET SETTING_SECRET
#define WORKER SETTING_WORKER
#define LIVE   SETTING_LIVE

static const struct setting table[SETTING_COUNT_] = {
#define GROUP(title)
#define SETTING(id, name_, type_, fallback_, min_, max_, flags_, help_) \
    [SETTING_##id] = {.name = name_,                                    \
                      .type = SETTING_##type_,                          \
                      .fallback = fallback_,                            \
                      .min = min_,                                      \
                      .max = max_,                                      \
                      .flags = flags_,                                  \
                      .help = help_},
#include "base/settings.def"
#undef SETTING
#undef GROUP
};

/* The file's order: a title where a group begins, NULL for each setting. */
static const char *const outline[] = {
#define GROUP(title)                                             title,
#define SETTING(id, name, type, fallback, min, max, flags, help) NULL,
#include "base/settings.def"
#undef SETTING
#undef GROUP
};

const struct setting *setting_get(enum setting_id id)
{
    return &table[id];
}

const char *setting_group(enum setting_id id)
{
    const char *title = "";
    int seen = -1;

    for (size_t i = 0; seen < (int)id && i < ARRAY_SIZE(outline); i++) {
        if (outline[i])
            title = outline[i];
        else
            seen++;
    }
    return title;
}

int setting_find(const char *name)
{
    for (int id = 0; id < SETTING_COUNT_; id++)
        if (strcmp(table[id].name, name) == 0)
            return id;
    return -1;
}

const char *setting_source_name(enum setting_source source)
{
    static const char *const names[] = {
        [SOURCE_DEFAULT] = "default",         [SOURCE_DOTENV] = ".env",
        [SOURCE_ENVIRONMENT] = "environment", [SOURCE_COMMAND_LINE] = "command line",
        [SOURCE_PARENT] = "parent",
    };

    return names[source];
}

int settings_init(struct settings *s)
{
    struct settings fresh = {0};
    int r = 0;

    for (int id = 0; r == 0 && id < SETTING_COUNT_; id++)
        r = settings_set(&fresh, (enum setting_id)id, "", SOURCE_DEFAULT, NULL);
    if (r != 0) {
        settings_done(&fresh);
        return r < 0 ? r
                     : -EINVAL; /* a default that its own row refuses: tests/base/test_settings.c */
    }
    *s = fresh;
    return 0;
}

void settings_done(struct settings *s)
{
    for (int id = 0; id < SETTING_COUNT_; id++)
        free(s->values[id].text);
    *s = (struct settings){0};
}

/* Adds `NAME: "value" is not ...`. A long value is cut; a secret is never shown. */
static void add_refusal(const struct setting *row, const char *text, struct reason *why)
{
    enum { SHOWN_BYTES = 64 };
    CLEANUP(buf_done) struct buf shown = BUF_INIT, expected = BUF_INIT;
    struct json j = json_begin(&shown);
    size_t size = strlen(text);

    if (row->flags & SETTING_SECRET)
        buf_add_str(&shown, "the value");
    else
        json_strn(&j, NULL, text, utf8_cut(text, size, SHOWN_BYTES));
    if (!(row->flags & SETTING_SECRET) && size > SHOWN_BYTES)
        buf_add_str(&shown, "...");
    setting_describe(row, ", nor auto", &expected);
    reason_add(why, "%s: %s is not %s", row->name, buf_text(&shown), buf_text(&expected));
}

int settings_set(struct settings *s, enum setting_id id, const char *text,
                 enum setting_source source, struct reason *why)
{
    const struct setting *row = &table[id];
    const char *effective = text[0] ? text : row->fallback;
    int64_t number = 0;
    char *copy;

    if (setting_parse(row, effective, &number) != 0) {
        add_refusal(row, text, why);
        return 1;
    }
    copy = strdup(effective);
    if (!copy)
        return -ENOMEM;
    free(s->values[id].text);
    s->values[id] = (struct setting_value){.text = copy, .number = number, .source = source};
    return 0;
}

const char *settings_text(const struct settings *s, enum setting_id id)
{
    return s->values[id].text;
}

int64_t settings_number(const struct settings *s, enum setting_id id)
{
    return s->values[id].number;
}

bool setting_is_set(const struct settings *s, enum setting_id id)
{
    return s->values[id].text[0] != '\0';
}

unsigned settings_worker_count(const struct settings *s)
{
    int64_t wanted = settings_number(s, SETTING_WORKERS);

    return wanted > 0 ? (unsigned)wanted
                      : (unsigned)MIN((int64_t)process_cpu_count(), table[SETTING_WORKERS].max);
}

bool settings_embedded(const struct settings *s)
{
    return !setting_is_set(s, SETTING_DATABASE_URL) && !setting_is_set(s, SETTING_DB_HOST);
}

int settings_home_path(const struct settings *s, const char *name, char *ret, size_t size)
{
    const char *home = settings_text(s, SETTING_HOME);
    size_t length = strlen(home);

    while (length > 0 && home[length - 1] == '/')
        length--;
    if (length + 1 + strlen(name) >= size)
        return -ENAMETOOLONG;
    (void)snprintf(ret, size, "%.*s/%s", (int)length, home, name);
    return 0;
}
