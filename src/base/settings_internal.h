/* settings_internal.h - what the settings*.c files share; nothing outside src/base includes it. */
#pragma once

#include "base/settings.h"

/* settings_parse.c: reads `text` by the row's type. Returns 1 when it does not fit. */
int setting_parse(const struct setting *row, const char *text, int64_t *ret_number) MUST_CHECK;
/* settings_parse.c: what the row accepts, to follow "is not": `a whole number from 1 to 256, nor
 * auto`. */
void setting_describe(const struct setting *row, const char *auto_word, struct buf *out);
/* settings_parse.c: the i-th choice in the row's help, as a slice; false behind the last. */
bool setting_choice(const struct setting *row, unsigned i, const char **ret_text, size_t *ret_size);
/* settings_parse.c: the help behind the choices. */
const char *setting_help(const struct setting *row);

/* settings.c: whether it has a value that is not empty. */
bool setting_is_set(const struct settings *s, enum setting_id id);

/* One KEY=VALUE of a `.env` file. */
struct dotenv_entry {
    char *key;
    char *value;
    unsigned line;
    bool wants_expansion; /* has a ${ that a shell or docker compose would replace */
};

struct dotenv {
    struct dotenv_entry *entries;
    size_t n;
};

/* settings_dotenv.c: reads the whole text. Returns 1 and adds each syntax error, as `path:line:
 * ...`. */
int dotenv_parse(const char *path, const char *text, size_t size, struct dotenv *ret,
                 struct reason *why) MUST_CHECK;
void dotenv_done(struct dotenv *d);

/* settings_paths.c: `path` seen from the working directory, without `.` and empty components. Owned
 * by the caller. */
int path_make_absolute(const char *path, char **ret) MUST_CHECK;
