/* settings.h - what the user may set, checked and typed. The table itself is settings.def.
 *
 * Where a value comes from, strongest first: command line, environment, `.env` in the working
 * directory, default. A secret NAME may come from the file that NAME_FILE names. Everything wrong
 * is found before anything starts, and told in one message. A process that did not read them itself
 * (pool, intake, worker) is told them by its parent.
 *
 * An empty value means the default. Sizes count in 1024s, as PostgreSQL's settings do (1kB = 1KiB =
 * 1k = 1024 bytes). Every `why` here is added to (reason_add), so that one collects what several
 * calls find; it must start out empty.
 */
#pragma once

#include "base/buf.h"

enum setting_id {
#define GROUP(title)
#define SETTING(id, name, type, fallback, min, max, flags, help) SETTING_##id,
#include "base/settings.def"
#undef SETTING
#undef GROUP
    SETTING_COUNT_
};

enum setting_type {
    SETTING_TEXT,
    SETTING_PATH,
    SETTING_CHOICE,
    SETTING_BOOL,
    SETTING_COUNT,
    SETTING_BYTES,
    SETTING_MSEC,
    SETTING_SECONDS
};

enum setting_flags { SETTING_SECRET = 1 << 0, SETTING_WORKER = 1 << 1, SETTING_LIVE = 1 << 2 };

enum setting_source {
    SOURCE_DEFAULT,
    SOURCE_DOTENV,
    SOURCE_ENVIRONMENT,
    SOURCE_COMMAND_LINE,
    SOURCE_PARENT
};

/* A row of the table. */
struct setting {
    const char *name;
    enum setting_type type;
    const char *fallback;
    int64_t min, max;
    unsigned flags;
    const char *help;
};

struct setting_value {
    char *text; /* as given, after the secret file was read; owned */
    int64_t
        number; /* BOOL 0/1; CHOICE its index; COUNT; BYTES; MSEC in ms; SECONDS in s; 0 for auto */
    enum setting_source source;
};

struct settings {
    struct setting_value values[SETTING_COUNT_];
};

/* A named inbox. */
struct collection {
    char name[64];
    char *path; /* absolute; owned */
};

struct collections {
    struct collection *list;
    size_t n;
};

/* The table's row; static. */
const struct setting *setting_get(enum setting_id id);
/* The title under which the table lists it. */
const char *setting_group(enum setting_id id);
/* The table's row of that name, or -1. */
int setting_find(const char *name);
const char *setting_source_name(enum setting_source source);

/* Every setting at its default. Fails only with -ENOMEM. */
int settings_init(struct settings *s) MUST_CHECK;
void settings_done(struct settings *s);

/* Sets one value, whatever its source was. Returns 1, and why, when it is not allowed; the old
 * value stays then. */
int settings_set(struct settings *s, enum setting_id id, const char *text,
                 enum setting_source source, struct reason *why) MUST_CHECK;

/* Overlays `.env` at `path` (NULL or absent is fine), then the environment; a value that came from
 * a stronger source stays. Returns 1 with all that is wrong, each named, in `why`; an unknown
 * PENSTOCK_ name counts as wrong, other unknown names do not. `envp` as in environ(7). */
int settings_load(struct settings *s, const char *path, char *const *envp,
                  struct reason *why) MUST_CHECK;

/* What single values cannot tell: half-given DB_*, bounds that contradict each other, production
 * without a database, inboxes. Also makes PENSTOCK_HOME absolute and fills in PENSTOCK_NODE. Call
 * once when all values are in. Returns 1 with all that is wrong. */
int settings_check(struct settings *s, struct reason *why) MUST_CHECK;

/* The value in effect: as text, valid until it is set again; as a number in its type's unit. */
const char *settings_text(const struct settings *s, enum setting_id id);
int64_t settings_number(const struct settings *s, enum setting_id id);

/* PENSTOCK_WORKERS with auto resolved for this machine. */
unsigned settings_worker_count(const struct settings *s);

/* Whether no database is configured, so that the private cluster serves. */
bool settings_embedded(const struct settings *s);

/* PENSTOCK_SPLIT as bits: 1 ndjson, 2 csv, 4 mbox. Returns 1 when another word is in it. */
int settings_split(const struct settings *s, unsigned *ret) MUST_CHECK;

/* $PENSTOCK_HOME/name; -ENAMETOOLONG when it does not fit. Absolute once settings_check() has run.
 */
int settings_home_path(const struct settings *s, const char *name, char *ret,
                       size_t size) MUST_CHECK;

/* The inboxes. Returns 1 and why when the list is wrong: a name twice, a bad name, one inside
 * another. */
int settings_collections(const struct settings *s, struct collections *ret,
                         struct reason *why) MUST_CHECK;
void collections_done(struct collections *c);

/* The value as it may be shown: "***" for a secret that is set (the password of a URL alone is
 * masked). */
void settings_show(const struct settings *s, enum setting_id id, struct buf *out);

/* The whole table as `.env.example` and as the Markdown of docs/SETTINGS.md. */
void settings_write_example(struct buf *out);
void settings_write_markdown(struct buf *out);
