/* settings_show.c - a value as people may see it.
 *
 * A secret is "***". Of DATABASE_URL only the password is, in either form that libpq takes
 * ("Connection Strings" in its manual); when a spelling leaves it unclear where the password ends,
 * more is masked rather than less.
 */
#include "base/settings_internal.h"

#include <string.h>
#include <strings.h>

#define MASK "***"

/* Names of libpq parameters that hold a secret. */
static bool is_secret_parameter(const char *name, size_t n)
{
    static const char *const names[] = {"password", "sslpassword", "oauth_client_secret"};

    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        if (strlen(names[i]) == n && strncasecmp(names[i], name, n) == 0)
            return true;
    return false;
}

/* `?name=value&name=value`; a name spelt with %-escapes is not looked through but masked. */
static void show_query(const char *query, struct buf *out)
{
    while (*query) {
        size_t n = 1 + strcspn(query + 1, "&"), name = strcspn(query + 1, "=&");

        if (is_secret_parameter(query + 1, name) || memchr(query + 1, '%', name)) {
            buf_add(out, query, 1 + name);
            buf_add_str(out, "=" MASK);
        } else {
            buf_add(out, query, n);
        }
        query += n;
    }
}

/* The last `c` before `end`, or NULL. */
static const char *last_before(const char *text, const char *end, char c)
{
    return memrchr(text, c, (size_t)(end - text));
}

/* What stands between `://` and the host ends at the first @ that comes before a slash; an
 * unescaped @, / or ? in the password breaks that rule, so the mask goes on to the last @ that may
 * be meant. */
static void show_uri(const char *uri, struct buf *out)
{
    const char *rest = strstr(uri, "://") + 3;
    const char *at = rest + strcspn(rest, "@/"), *end, *colon;

    if (*at == '@')
        end = at + strcspn(at, "?");
    else
        end = rest + strlen(rest);
    at = last_before(rest, end, '@');
    colon = at ? memchr(rest, ':', (size_t)(at - rest)) : NULL;
    if (colon) {
        buf_add(out, uri, (size_t)(colon + 1 - uri));
        buf_add_str(out, MASK);
        uri = at;
    }
    buf_add(out, uri, strcspn(uri, "?"));
    show_query(uri + strcspn(uri, "?"), out);
}

/* Length of a value in the key=value form, quotes included; one that is not closed goes to the end.
 */
static size_t pair_value_length(const char *text)
{
    const char *p = text;
    bool quoted = *p == '\'';

    for (p += quoted; *p; p++) {
        if (*p == '\\' && p[1])
            p++;
        else if (quoted && *p == '\'')
            return (size_t)(p + 1 - text);
        else if (!quoted && strchr(" \t\n\r\f\v", *p))
            break;
    }
    return (size_t)(p - text);
}

/* `name = value name = 'value'`. What does not read like that is masked to its end. */
static void show_pairs(const char *text, struct buf *out)
{
    static const char blanks[] = " \t\n\r\f\v";

    while (*text) {
        size_t lead = strspn(text, blanks), name = strcspn(text + lead, "= \t\n\r\f\v");
        size_t gap = strspn(text + lead + name, blanks), head = lead + name + gap, value;

        if (text[lead] == '\0')
            return;
        if (name == 0 || text[head] != '=') {
            buf_add_str(out, MASK);
            return;
        }
        head += 1 + strspn(text + head + 1, blanks);
        value = pair_value_length(text + head);
        buf_add(out, text, head);
        if (is_secret_parameter(text + lead, name))
            buf_add_str(out, MASK);
        else
            buf_add(out, text + head, value);
        text += head + value;
    }
}

static void show_database_url(const char *text, struct buf *out)
{
    const char *scheme = strstr(text, "://");

    if (scheme && strcspn(text, "= \t\n'") > (size_t)(scheme - text))
        show_uri(text, out);
    else
        show_pairs(text, out);
}

void settings_show(const struct settings *s, enum setting_id id, struct buf *out)
{
    const char *text = settings_text(s, id);

    if (!text[0])
        return;
    if (id == SETTING_DATABASE_URL)
        show_database_url(text, out);
    else if (setting_get(id)->flags & SETTING_SECRET)
        buf_add_str(out, MASK);
    else
        buf_add_str(out, text);
}
