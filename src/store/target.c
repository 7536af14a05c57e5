/* target.c - from settings to libpq's keywords and values.
 *
 * A later keyword beats an earlier one, and DATABASE_URL is expanded where it stands: what stands
 * before it is a default that the URL may change, what stands behind it is not for discussion.
 * `options` is never used: poolers refuse it. Secrets stay in `values` and in the environment of
 * libpq; no sentence made here contains one, so libpq's own complaint about a URL, which may quote
 * it, is not passed on.
 */
#include "target_libpq.h"

#include "store/embedded.h"
#include "embedded_site.h"

#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* libpq takes these from the environment behind our back, and with them another server than was
 * configured. */
static const char *const diverting[] = {"PGHOSTADDR", "PGSERVICE"};

static int add(struct target *t, const char *keyword, const char *value)
{
    char *copy;

    if (!value || !value[0])
        return 0;
    copy = strdup(value);
    if (!copy)
        return -ENOMEM;
    t->keywords[t->n] = keyword;
    t->values[t->n++] = copy;
    return 0;
}

struct pair {
    const char *keyword, *value;
};

static int add_all(struct target *t, const struct pair *pairs, size_t n)
{
    int r = 0;

    for (size_t i = 0; r == 0 && i < n; i++)
        r = add(t, pairs[i].keyword, pairs[i].value);
    return r;
}

/* The server may be silent for as long as a statement may take; unacknowledged data
 * (tcp_user_timeout counts a full window of the peer, too) must not end a connection before that.
 */
static int add_defaults(struct target *t, const struct settings *s, const char *application_name)
{
    char connect_sec[24], silence_msec[24];
    const struct pair pairs[] = {
        {"fallback_application_name", application_name},
        {"connect_timeout", connect_sec},
        {"keepalives", "1"},
        {"keepalives_idle", "30"},
        {"keepalives_interval", "10"},
        {"keepalives_count", "3"},
        {"tcp_user_timeout", silence_msec},
    };

    (void)snprintf(
        connect_sec, sizeof(connect_sec), "%lld",
        (long long)MAX(2, (settings_number(s, SETTING_DB_CONNECT_TIMEOUT) + 999) / 1000));
    (void)snprintf(silence_msec, sizeof(silence_msec), "%lld",
                   (long long)settings_number(s, SETTING_DB_STATEMENT_TIMEOUT) + 30000);
    return add_all(t, pairs, ARRAY_SIZE(pairs));
}

static const char *option(const PQconninfoOption *options, const char *keyword)
{
    for (; options->keyword; options++)
        if (strcmp(options->keyword, keyword) == 0)
            return options->val ? options->val : "";
    return "";
}

static void forget(PQconninfoOption *options)
{
    for (PQconninfoOption *o = options; o && o->keyword; o++)
        if (o->val)
            explicit_bzero(o->val, strlen(o->val));
    PQconninfoFree(options);
}

static void describe(struct target *t, const PQconninfoOption *o)
{
    const char *user = option(o, "user"), *host = option(o, "host"), *port = option(o, "port");

    if (!host[0])
        host = option(o, "hostaddr");
    (void)snprintf(t->text, sizeof(t->text), "%s%s%s%s%s/%s", user, user[0] ? "@" : "",
                   host[0] ? host : option(o, "service"), port[0] ? ":" : "", port,
                   option(o, "dbname"));
}

static int from_url(struct target *t, const struct settings *s, struct reason *why)
{
    const char *url = settings_text(s, SETTING_DATABASE_URL);
    char *complaint = NULL;
    PQconninfoOption *options = PQconninfoParse(url, &complaint);
    bool several, no_memory = !options && (!complaint || strstr(complaint, "out of memory"));

    PQfreemem(complaint);
    if (no_memory)
        return -ENOMEM;
    if (!options) {
        reason_set(why, "DATABASE_URL is not a connection string of PostgreSQL: expected "
                        "postgresql://user:password@host:port/database (special characters as "
                        "%%XX), or key=value pairs "
                        "that this libpq knows");
        return 1;
    }
    describe(t, options);
    several = strchr(option(options, "host"), ',') != NULL;
    forget(options);
    t->expand_dbname = true;
    /* Of several servers, the one that takes writes. */
    if (several && add(t, "target_session_attrs", "read-write") < 0)
        return -ENOMEM;
    return add(t, "dbname", url);
}

static int refuse_diversion(struct reason *why)
{
    for (size_t i = 0; i < ARRAY_SIZE(diverting); i++) {
        const char *value = getenv(diverting[i]);

        if (value && value[0]) {
            reason_set(why,
                       "%s is set in the environment and would lead to another server: unset it",
                       diverting[i]);
            return 1;
        }
    }
    return 0;
}

static int from_fields(struct target *t, const struct settings *s, struct reason *why)
{
    const struct pair pairs[] = {
        {"host", settings_text(s, SETTING_DB_HOST)},
        {"port", settings_text(s, SETTING_DB_PORT)},
        {"user", settings_text(s, SETTING_DB_USERNAME)},
        {"password", settings_text(s, SETTING_DB_PASSWORD)},
        {"dbname", settings_text(s, SETTING_DB_DATABASE)},
        {"sslmode", settings_text(s, SETTING_DB_SSLMODE)},
    };
    int r = refuse_diversion(why);

    if (r != 0)
        return r;
    (void)snprintf(t->text, sizeof(t->text), "%s@%s:%s/%s", settings_text(s, SETTING_DB_USERNAME),
                   settings_text(s, SETTING_DB_HOST), settings_text(s, SETTING_DB_PORT),
                   settings_text(s, SETTING_DB_DATABASE));
    return add_all(t, pairs, ARRAY_SIZE(pairs));
}

/* requirepeer: only the cluster's own user may answer on the socket. */
static int from_embedded(struct target *t, const struct settings *s, struct reason *why)
{
    struct embedded_site site;
    const struct pair pairs[] = {
        {"host", site.socket},     {"port", EMBEDDED_PORT},         {"user", EMBEDDED_ROLE},
        {"dbname", EMBEDDED_ROLE}, {"requirepeer", site.user.name}, {"sslmode", "disable"},
        {"gssencmode", "disable"}, {"channel_binding", "disable"},
    };
    int r = refuse_diversion(why);

    if (r != 0)
        return r;
    r = embedded_site(s, &site, why);
    if (r != 0)
        return r;
    (void)snprintf(t->text, sizeof(t->text), "the private cluster in %.220s", site.data);
    return add_all(t, pairs, ARRAY_SIZE(pairs));
}

int target_new(const struct settings *s, const char *application_name, struct target **ret,
               struct reason *why)
{
    struct target *t = calloc(1, sizeof(*t));
    int r;

    if (!t)
        return -ENOMEM;
    r = add_defaults(t, s, application_name);
    if (r == 0 && settings_text(s, SETTING_DATABASE_URL)[0])
        r = from_url(t, s, why);
    else if (r == 0 && settings_embedded(s))
        r = from_embedded(t, s, why);
    else if (r == 0)
        r = from_fields(t, s, why);
    if (r == 0)
        r = add(t, "client_encoding", "UTF8");
    if (r != 0) {
        t = target_free(t);
        return r;
    }
    *ret = t;
    return 0;
}

struct target *target_free(struct target *t)
{
    if (!t)
        return NULL;
    for (size_t i = 0; i < t->n; i++) {
        explicit_bzero(t->values[i], strlen(t->values[i]));
        free(t->values[i]);
    }
    free(t);
    return NULL;
}

const char *target_text(const struct target *t)
{
    return t->text;
}
