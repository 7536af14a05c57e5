/* config.c - `penstock config`: the effective settings and where each comes from; secrets are
 * masked. */
#include "cli/commands.h"

#include "base/json.h"
#include "cli/output.h"
#include "cli/table.h"

#include <string.h>

static const struct table_column columns[] = {
    {"SETTING", false}, {"VALUE", false}, {"FROM", false}};

static void write_table(const struct settings *s, struct buf *out)
{
    struct table t = table_begin(columns, ARRAY_SIZE(columns));
    struct buf value = BUF_INIT;

    for (int id = 0; id < SETTING_COUNT_; id++) {
        enum setting_source source = s->values[id].source;

        buf_clear(&value);
        settings_show(s, id, &value);
        table_cell(&t, "%s", setting_get(id)->name);
        table_text(&t, buf_text(&value), value.size);
        table_styled(&t, style(source == SOURCE_DEFAULT ? STYLE_DIM : STYLE_GREEN),
                     setting_source_name(source));
    }
    buf_done(&value);
    table_write(&t, out);
}

static void write_json(const struct settings *s, struct buf *out)
{
    struct json j = json_begin(out);
    struct buf value = BUF_INIT;

    json_array_open(&j, NULL);
    for (int id = 0; id < SETTING_COUNT_; id++) {
        buf_clear(&value);
        settings_show(s, id, &value);
        json_object_open(&j, NULL);
        json_str(&j, "name", setting_get(id)->name);
        json_strn(&j, "value", buf_text(&value), value.size);
        json_str(&j, "source", setting_source_name(s->values[id].source));
        json_str(&j, "default", setting_get(id)->fallback);
        json_str(&j, "help", setting_get(id)->help);
        json_object_close(&j);
    }
    json_array_close(&j);
    buf_done(&value);
}

static int run(struct invocation *inv)
{
    struct buf out = BUF_INIT;
    int r;

    if (invocation_has(inv, "example")) {
        settings_write_example(&out);
    } else if (invocation_has(inv, "markdown")) {
        settings_write_markdown(&out);
    } else {
        r = invocation_load_settings(inv);
        if (r != 0)
            return r;
        (invocation_has(inv, "json") ? write_json : write_table)(&inv->settings, &out);
    }
    return output_flush(&out);
}

static const struct command_option options[] = {
    OPTION_JSON,
    {"example", NULL, "print .env.example: every setting with its default"},
    {"markdown", NULL, "print docs/SETTINGS.md"},
    {NULL},
};

const struct command command_config = {
    .name = "config",
    .arguments = "",
    .summary = "the settings in effect and where each comes from",
    .options = options,
    .max_arguments = 0,
    .run = run,
};
