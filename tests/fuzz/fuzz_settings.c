/* fuzz_settings.c - a text as a `.env` file; each name and value of it as a setting, and each value
 * as one of every setting.
 *
 * A value that is taken is within the bounds of its row; one that is not taken changes nothing and
 * is told; a secret is not shown.
 */
#include "fuzz.h"

#include "base/settings_internal.h"

static const char *shown(const struct settings *s, enum setting_id id, struct buf *out)
{
    buf_clear(out);
    settings_show(s, id, out);
    REQUIRE(buf_error(out) == 0);
    return buf_text(out);
}

static void check_taken(const struct settings *s, enum setting_id id, const char *text)
{
    const struct setting *row = setting_get(id);
    CLEANUP(buf_done) struct buf out = BUF_INIT;
    int64_t number = settings_number(s, id), again;

    if (row->type >= SETTING_COUNT && !(number == 0 && strcmp(row->fallback, "auto") == 0))
        REQUIRE(number >= row->min && number <= row->max);
    REQUIRE(row->type != SETTING_BOOL || number == 0 || number == 1);
    REQUIRE(setting_parse(row, settings_text(s, id), &again) == 0 && again == number);
    (void)shown(s, id, &out);
    if (row->flags & SETTING_SECRET && id != SETTING_DATABASE_URL && text[0])
        REQUIRE(strcmp(buf_text(&out), "***") == 0);
}

static void set(struct settings *s, enum setting_id id, const char *text)
{
    char *before = fuzz_copy(settings_text(s, id), strlen(settings_text(s, id)) + 1);
    struct reason why = {""};
    int r = settings_set(s, id, text, SOURCE_COMMAND_LINE, &why);

    REQUIRE(r == 0 || r == 1);
    REQUIRE((r == 1) == (why.text[0] != '\0'));
    if (r == 0)
        check_taken(s, id, text);
    else
        REQUIRE(strcmp(before, settings_text(s, id)) == 0);
    free(before);
}

static void try_value(const char *text)
{
    struct settings s;

    REQUIRE(settings_init(&s) == 0);
    for (int id = 0; id < SETTING_COUNT_; id++)
        set(&s, (enum setting_id)id, text);
    settings_done(&s);
}

/* All entries together, as the service would take them. */
static void try_entries(const struct dotenv *d)
{
    struct collections inboxes;
    struct reason why = {""};
    struct settings s;
    int id, r;

    REQUIRE(settings_init(&s) == 0);
    for (size_t i = 0; i < d->n; i++) {
        id = setting_find(d->entries[i].key);
        if (id >= 0)
            set(&s, (enum setting_id)id, d->entries[i].value);
    }
    r = settings_check(&s, &why);
    REQUIRE(r == 0 || (r == 1 && why.text[0]));
    why.text[0] = '\0';
    r = settings_collections(&s, &inboxes, &why);
    REQUIRE(r == 0 || (r == 1 && why.text[0]));
    if (r == 0)
        collections_done(&inboxes);
    settings_done(&s);
}

static void check_entries(const struct dotenv *d, size_t size)
{
    size_t bytes = 0;
    unsigned line = 1;

    for (size_t i = 0; i < d->n; i++) {
        const struct dotenv_entry *e = &d->entries[i];

        REQUIRE(e->key[0] && !strpbrk(e->key, " \t\n='\""));
        REQUIRE(e->line >= line);
        line = e->line;
        bytes += strlen(e->key) + strlen(e->value) + 1;
    }
    REQUIRE(bytes <= size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct reason why = {""};
    struct dotenv d;
    int r = dotenv_parse(".env", (const char *)data, size, &d, &why);

    REQUIRE(r == 0 || r == 1);
    REQUIRE((r == 1) == (why.text[0] != '\0'));
    if (r != 0)
        return 0;
    check_entries(&d, size);
    try_entries(&d);
    for (size_t i = 0; i < MIN(d.n, (size_t)4); i++)
        try_value(d.entries[i].value);
    dotenv_done(&d);
    return 0;
}
