/* settings_write.c - the table as `.env.example` and as docs/SETTINGS.md.
 *
 * Both files are committed; tests/base/test_settings_write.c fails when they are not what is
 * written here, and says how to make them anew.
 */
#include "base/settings_internal.h"

#include <string.h>

/* Adds `text` as comment lines of at most 110 bytes, broken between words. */
static void add_comment(struct buf *out, const char *text)
{
    enum { LINE_BYTES = 108 };
    size_t column = 0;

    while (*text) {
        size_t word = strcspn(text, " ");

        if (column > 0 && column + 1 + word > LINE_BYTES) {
            buf_add_char(out, '\n');
            column = 0;
        }
        buf_add_str(out, column == 0 ? "# " : " ");
        buf_add(out, text, word);
        column += word + 1;
        text += word + (text[word] == ' ');
    }
    buf_add_char(out, '\n');
}

/* What may stand there; nothing for free text. */
static void add_accepted(const struct setting *row, struct buf *out)
{
    if (row->type != SETTING_TEXT && row->type != SETTING_PATH)
        setting_describe(row, ", or auto", out);
}

static void add_example(enum setting_id id, struct buf *out)
{
    CLEANUP(buf_done) struct buf comment = BUF_INIT;
    const struct setting *row = setting_get(id);

    buf_add_str(&comment, setting_help(row));
    if (row->type > SETTING_PATH)
        buf_add_str(&comment, " -- ");
    add_accepted(row, &comment);
    if (row->flags & SETTING_SECRET)
        buf_printf(&comment, " -- or %s_FILE=path of a file that holds it", row->name);
    add_comment(out, buf_text(&comment));
    buf_printf(out, "#%s=%s\n", row->name, row->fallback);
}

void settings_write_example(struct buf *out)
{
    const char *group = "";

    buf_add_str(
        out,
        "# Settings of penstock, each with its default. Copy to .env and take away the # of what "
        "you change.\n"
        "# The environment wins over .env, the command line over both. docs/SETTINGS.md tells "
        "more.\n");
    for (int id = 0; id < SETTING_COUNT_; id++) {
        if (setting_group((enum setting_id)id) != group) {
            group = setting_group((enum setting_id)id);
            buf_printf(out, "\n# == %s ==\n", group);
        }
        buf_add_char(out, '\n');
        add_example((enum setting_id)id, out);
    }
}

static void add_row(enum setting_id id, struct buf *out)
{
    CLEANUP(buf_done) struct buf accepted = BUF_INIT;
    const struct setting *row = setting_get(id);

    add_accepted(row, &accepted);
    buf_printf(out, "| `%s` | ", row->name);
    if (row->fallback[0])
        buf_printf(out, "`%s`", row->fallback);
    buf_printf(out, " | %s | %s | ", buf_text(&accepted),
               row->flags & SETTING_LIVE ? "HUP" : "start");
    buf_add_str(out, setting_help(row));
    if (row->flags & SETTING_SECRET)
        buf_printf(out, " (secret: may come from `%s_FILE`)", row->name);
    buf_add_str(out, " |\n");
}

static const char introduction[] =
    "# Settings\n"
    "\n"
    "Made from `include/base/settings.def`; do not edit. `penstock config` shows the values in "
    "effect.\n"
    "\n"
    "Where a value comes from, strongest first: command line, environment, `.env` in the working\n"
    "directory, default. An empty value means the default. Everything wrong is told at once, "
    "before\n"
    "anything starts (exit code 2); an unknown name that begins with `PENSTOCK_` counts as wrong.\n"
    "\n"
    "- **Sizes** are bytes, or carry a unit: `B`, `kB`, `MB`, `GB`, `TB` (also `k`, `KiB`, ..., in "
    "any\n"
    "  case). Units count in 1024s, as in PostgreSQL's own settings: `1kB` is 1024 bytes.\n"
    "- **Times** carry a unit, `ms`, `s`, `min`, `h` or `d`; a bare number counts in milliseconds, "
    "or in\n"
    "  seconds where whole seconds are asked for.\n"
    "- **Switches** are `true` or `false`; `yes`, `no`, `on`, `off`, `1` and `0` are understood.\n"
    "- **Secrets** may be kept in a file: `DB_PASSWORD_FILE=/run/secrets/db` reads it from there "
    "(at most\n"
    "  64 kB; a line end behind it is not part of it). `penstock config` and the log never show "
    "them.\n"
    "- **`.env`** is read as docker compose reads it: `KEY=value`, `export KEY=value`, `# "
    "comments`,\n"
    "  `'literal'`, `\"with \\n \\\" \\\\ escapes\"`. `${...}` is not expanded.\n"
    "- A change takes effect when the service is sent **HUP**, or at its next **start**.\n";

void settings_write_markdown(struct buf *out)
{
    const char *group = "";

    buf_add_str(out, introduction);
    for (int id = 0; id < SETTING_COUNT_; id++) {
        if (setting_group((enum setting_id)id) != group) {
            group = setting_group((enum setting_id)id);
            buf_printf(out, "\n## %s\n\n", group);
            buf_add_str(out, "| setting | default | accepts | effect at | meaning |\n"
                             "|---|---|---|---|---|\n");
        }
        add_row((enum setting_id)id, out);
    }
}
