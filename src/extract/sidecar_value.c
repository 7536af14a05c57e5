/* sidecar_value.c - values of a sidecar: told apart, decoded, and written anew for the metadata.
 *
 * They are slices of a source that was found to be JSON of a bounded depth. What is written is what
 * PostgreSQL takes for jsonb: no NUL, no half surrogate, no number beyond its range.
 */
#include "extract/sidecar_scan.h"

#include "base/utf8.h"
#include "extract/document.h"
#include "extract/text/json_scan.h"

#include <string.h>

#define MAX_EXPONENT_DIGITS 2    /* as a double has them, too */
#define MAX_NAME_BYTES      1024 /* of a member inside a member */
#define MAX_NAMES           500  /* of an object inside a member */

/* ---- refusals ---- */

/* The key for people: its control characters do not reach their terminal. */
static void show_key(const char *key, size_t n, char ret[64])
{
    size_t cut = utf8_cut(key, n, MIN(n, (size_t)60));

    for (size_t i = 0; i < cut; i++)
        ret[i] = (uint8_t)key[i] < 0x20 || key[i] == 0x7f ? '?' : key[i];
    ret[cut] = '\0';
}

void sidecar_refuse(struct sidecar_scan *c, const char *what)
{
    char shown[64];

    if (c->failed)
        return;
    c->failed = true;
    show_key(c->key, strlen(c->key), shown);
    reason_set(c->why, "member \"%s%s\": %s", c->inside ? "metadata." : "", shown, what);
}

/* ---- values ---- */

bool sidecar_is_text(struct slice v)
{
    return v.at[0] == '"';
}

bool sidecar_is_null(struct slice v)
{
    return v.at[0] == 'n';
}

struct slice sidecar_decode(struct sidecar_scan *c, struct slice v)
{
    char *to;

    buf_clear(&c->text);
    to = buf_reserve(&c->text, v.n);
    if (!to)
        return (struct slice){"", 0};
    buf_seal(&c->text, json_scan_unescape(v.at, v.n, to));
    return (struct slice){buf_text(&c->text), c->text.size};
}

struct slice sidecar_text(struct sidecar_scan *c, struct slice v)
{
    struct slice text = sidecar_decode(c, v);

    trim(&text.at, &text.n);
    return text;
}

/* What jsonb makes of numbers is numeric, whose range is wide and not endless. */
static bool is_storable_number(struct slice v)
{
    const char *e = memchr(v.at, 'e', v.n);
    size_t digits;

    if (!e)
        e = memchr(v.at, 'E', v.n);
    if (v.n > SIDECAR_MAX_NUMBER_BYTES)
        return false;
    if (!e)
        return true;
    digits = (size_t)(v.at + v.n - e) - 1;
    digits -= digits > 0 && (e[1] == '+' || e[1] == '-');
    return digits <= MAX_EXPONENT_DIGITS;
}

/* An object or array inside a member. */
struct level {
    struct sidecar_scan *c;
    uint64_t seen[MAX_NAMES]; /* hashes of the names: jsonb would keep the last of two */
    unsigned n_seen;
};

/* False: refused. */
static bool note_name(struct level *l, const char *name)
{
    uint64_t hash = result_key_hash(name);

    for (unsigned i = 0; i < l->n_seen; i++) {
        if (l->seen[i] == hash) {
            sidecar_refuse(l->c, "a name inside it is there twice");
            return false;
        }
    }
    if (l->n_seen == MAX_NAMES) {
        sidecar_refuse(l->c, "there are too many names inside it");
        return false;
    }
    l->seen[l->n_seen++] = hash;
    return true;
}

static void copy_member(void *context, const char *key, size_t key_n, const char *value,
                        size_t value_n)
{
    struct level *l = context;
    char name[MAX_NAME_BYTES];
    size_t n;

    if (l->c->failed)
        return;
    if (key_n >= sizeof(name)) {
        sidecar_refuse(l->c, "a name inside it is too long");
        return;
    }
    n = json_scan_unescape(key, key_n, name);
    name[n] = '\0';
    if (note_name(l, name))
        sidecar_copy(l->c, name, (struct slice){value, value_n});
}

static void copy_element(void *context, const char *value, size_t value_n)
{
    struct level *l = context;

    sidecar_copy(l->c, NULL, (struct slice){value, value_n});
}

static void copy_container(struct sidecar_scan *c, const char *key, struct slice v)
{
    struct level level;
    struct json_scan inside = {.text = v.at,
                               .size = v.n,
                               .max_depth = SIDECAR_MAX_DEPTH,
                               .member = copy_member,
                               .element = copy_element,
                               .context = &level};
    bool is_object = v.at[0] == '{';

    level.c = c;
    level.n_seen = 0;
    if (is_object)
        json_object_open(&c->json, key);
    else
        json_array_open(&c->json, key);
    if (json_scan_value(&inside) != JSON_VALID)
        sidecar_refuse(c, "it is not JSON"); /* it was: the whole was scanned before */
    if (is_object)
        json_object_close(&c->json);
    else
        json_array_close(&c->json);
}

/* Recursive, to the depth that the whole was found to have. */
void sidecar_copy(struct sidecar_scan *c, const char *key, struct slice v)
{
    if (v.at[0] == '{' || v.at[0] == '[') {
        copy_container(c, key, v);
    } else if (sidecar_is_text(v)) {
        struct slice text = sidecar_decode(c, v);

        json_strn(&c->json, key, text.at, text.n);
    } else if (v.at[0] == '-' || (v.at[0] >= '0' && v.at[0] <= '9')) {
        if (!is_storable_number(v))
            sidecar_refuse(c, "a number is too long");
        json_raw(&c->json, key, v.at, v.n);
    } else {
        json_raw(&c->json, key, v.at, v.n);
    }
}
