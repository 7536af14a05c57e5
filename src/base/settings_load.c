/* settings_load.c - where values come from: `.env`, the environment, the files of secrets.
 *
 * Each of the two sources is first sorted by setting and then laid over what is there, so an error
 * does not depend on the order in which names were given. NAME and NAME_FILE are two ways to say
 * one thing: the stronger source wins whichever it uses, and both in one source contradict each
 * other. Nothing is ever written into the environment, and no message holds a secret.
 */
#include "base/settings_internal.h"

#include "base/fd.h"
#include "base/log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_SUFFIX      "_FILE"
#define MAX_DOTENV_BYTES (1 << 20)
#define MAX_SECRET_BYTES (64 << 10)
#define MAX_NAME_BYTES   64

/* What one source says of one setting. NULL: nothing. */
struct given {
    const char *value, *file;
    unsigned value_line, file_line;
};

struct overlay {
    struct settings *s;
    enum setting_source source;
    const char *path; /* of `.env`; NULL for the environment */
    struct reason *why;
    bool wrong;
    struct given given[SETTING_COUNT_];
};

/* Adds the place in front of what is wrong, where there is one. */
static void refuse(struct overlay *o, unsigned line, const char *problem)
{
    if (o->path)
        reason_add(o->why, "%s:%u: %s", o->path, line, problem);
    else
        reason_add(o->why, "%s", problem);
    o->wrong = true;
}

static void refusef(struct overlay *o, unsigned line, const char *format, ...) PRINTF_LIKE(3, 4);
static void refusef(struct overlay *o, unsigned line, const char *format, ...)
{
    char problem[512];
    va_list args;

    va_start(args, format);
    (void)vsnprintf(problem, sizeof(problem), format, args);
    va_end(args);
    refuse(o, line, problem);
}

static size_t min3(size_t a, size_t b, size_t c)
{
    return MIN(a, MIN(b, c));
}

/* Letters to insert, delete or replace to make one of the other (Levenshtein); both at most
 * MAX_NAME_BYTES. */
static size_t distance(const char *a, const char *b)
{
    size_t row[MAX_NAME_BYTES + 1], n = strlen(b);

    for (size_t j = 0; j <= n; j++)
        row[j] = j;
    for (size_t i = 1; a[i - 1]; i++) {
        size_t diagonal = row[0];

        row[0] = i;
        for (size_t j = 1; j <= n; j++) {
            size_t above = row[j];

            row[j] = min3(above + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1]));
            diagonal = above;
        }
    }
    return row[n];
}

/* The known name nearest to `name`, or NULL when none is near. */
static const char *nearest_name(const char *name)
{
    const char *best = NULL;
    size_t best_distance = 5;

    if (strlen(name) > MAX_NAME_BYTES)
        return NULL;
    for (int id = 0; id < SETTING_COUNT_; id++) {
        const char *candidate = setting_get((enum setting_id)id)->name;
        size_t d = distance(name, candidate);

        if (d < best_distance) {
            best = candidate;
            best_distance = d;
        }
    }
    return best;
}

static void refuse_unknown(struct overlay *o, const char *name, unsigned line)
{
    const char *meant = nearest_name(name);

    if (meant)
        refusef(o, line, "%.100s is not a setting, did you mean %s?", name, meant);
    else
        refusef(o, line, "%.100s is not a setting", name);
}

/* The secret whose file `name` names, or -1. */
static int find_secret_file(const char *name)
{
    size_t n = strlen(name), suffix = strlen(FILE_SUFFIX);
    char base[MAX_NAME_BYTES];
    int id;

    if (n <= suffix || n >= sizeof(base) || strcmp(name + n - suffix, FILE_SUFFIX) != 0)
        return -1;
    memcpy(base, name, n - suffix);
    base[n - suffix] = '\0';
    id = setting_find(base);
    return id >= 0 && setting_get((enum setting_id)id)->flags & SETTING_SECRET ? id : -1;
}

/* Sorts one pair in; a later one of the same name replaces it. Names that are not ours are passed
 * over. */
static void collect(struct overlay *o, const char *name, const char *value, unsigned line)
{
    int id = setting_find(name);

    if (id >= 0) {
        o->given[id].value = value;
        o->given[id].value_line = line;
        return;
    }
    id = find_secret_file(name);
    if (id >= 0) {
        o->given[id].file = value;
        o->given[id].file_line = line;
    } else if (strncmp(name, "PENSTOCK_", strlen("PENSTOCK_")) == 0) {
        refuse_unknown(o, name, line);
    }
}

/* Forgets a secret before its memory is given back. */
static void wipe(struct buf *b)
{
    if (b->data)
        explicit_bzero(b->data, b->capacity);
    buf_done(b);
}

/* Cuts the line end that editors and `echo` leave behind the secret. */
static void strip_newline(struct buf *b)
{
    if (b->size > 0 && b->data[b->size - 1] == '\n')
        buf_truncate(b, b->size - 1);
    if (b->size > 0 && b->data[b->size - 1] == '\r')
        buf_truncate(b, b->size - 1);
}

static int set_value(struct overlay *o, enum setting_id id, const char *value, unsigned line)
{
    struct reason problem = {0};
    int r = settings_set(o->s, id, value, o->source, &problem);

    if (r > 0)
        refuse(o, line, problem.text);
    return MIN(r, 0);
}

/* Reads NAME_FILE. Returns -errno only for want of memory; everything else is the user's to mend.
 */
static int set_from_file(struct overlay *o, enum setting_id id, const struct given *g)
{
    const char *name = setting_get(id)->name;
    CLEANUP(wipe) struct buf secret = BUF_INIT;
    int r = fd_read_file(g->file, MAX_SECRET_BYTES, &secret);

    if (r == -ENOMEM)
        return r;
    strip_newline(&secret);
    if (r == -EFBIG)
        refusef(o, g->file_line, "%s_FILE: %s is larger than 64kB", name, g->file);
    else if (r < 0)
        refusef(o, g->file_line, "%s_FILE: %s: %s", name, g->file, log_errno_text(r));
    else if (secret.size == 0)
        refusef(o, g->file_line, "%s_FILE: %s is empty", name, g->file);
    else if (strlen(secret.data) != secret.size)
        refusef(o, g->file_line, "%s_FILE: %s holds a NUL byte", name, g->file);
    else
        return set_value(o, id, secret.data, g->file_line);
    return 0;
}

static int apply_one(struct overlay *o, enum setting_id id)
{
    const struct given *g = &o->given[id];
    const char *name = setting_get(id)->name;
    bool has_file = g->file && g->file[0];

    if (o->s->values[id].source > o->source)
        return 0;
    if (has_file && g->value && g->value[0]) {
        refusef(o, g->file_line, "%s and %s_FILE are both set, give one of them", name, name);
        return 0;
    }
    if (has_file)
        return set_from_file(o, id, g);
    return g->value ? set_value(o, id, g->value, g->value_line) : 0;
}

static int apply(struct overlay *o)
{
    int r = 0;

    for (int id = 0; r == 0 && id < SETTING_COUNT_; id++)
        r = apply_one(o, (enum setting_id)id);
    return r < 0 ? r : o->wrong;
}

/* A value that counts on being expanded would be taken for its own text: say so instead. */
static void collect_entry(struct overlay *o, const struct dotenv_entry *e)
{
    bool ours = setting_find(e->key) >= 0 || find_secret_file(e->key) >= 0;

    if (ours && e->wants_expansion)
        refusef(o, e->line, "%s: ${...} is not expanded here, use single quotes if it is meant so",
                e->key);
    else
        collect(o, e->key, e->value, e->line);
}

static void done_dotenv(struct dotenv *d)
{
    dotenv_done(d);
}

static int load_dotenv(struct settings *s, const char *path, struct reason *why)
{
    CLEANUP(wipe) struct buf text = BUF_INIT;
    CLEANUP(done_dotenv) struct dotenv d = {0};
    struct overlay o = {.s = s, .source = SOURCE_DOTENV, .path = path, .why = why};
    int r = fd_read_file(path, MAX_DOTENV_BYTES, &text);

    if (r == -ENOENT || r == -ENOMEM)
        return r == -ENOENT ? 0 : r;
    if (r < 0) {
        reason_add(why, "%s: %s", path, log_errno_text(r));
        return 1;
    }
    r = dotenv_parse(path, buf_text(&text), text.size, &d, why);
    if (r != 0)
        return r;
    for (size_t i = 0; i < d.n; i++)
        collect_entry(&o, &d.entries[i]);
    return apply(&o);
}

static int load_environment(struct settings *s, char *const *envp, struct reason *why)
{
    struct overlay o = {.s = s, .source = SOURCE_ENVIRONMENT, .why = why};
    char name[128];

    for (; *envp; envp++) {
        size_t n = strcspn(*envp, "=");

        if ((*envp)[n] != '=' || n >= sizeof(name))
            continue;
        memcpy(name, *envp, n);
        name[n] = '\0';
        collect(&o, name, *envp + n + 1, 0);
    }
    return apply(&o);
}

int settings_load(struct settings *s, const char *path, char *const *envp, struct reason *why)
{
    int from_file = path ? load_dotenv(s, path, why) : 0, from_environment;

    if (from_file < 0)
        return from_file;
    from_environment = load_environment(s, envp, why);
    return from_environment != 0 ? from_environment : from_file;
}
