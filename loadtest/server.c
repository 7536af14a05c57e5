/* server.c - see server.h. */
#include "server.h"

#include "base/fd.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SOCKET_LINE \
    4 /* of postmaster.pid, counted from 0 (miscadmin.h:                         \
       LOCK_FILE_LINE_SOCKET_DIR) */

static void add_option(struct buf *out, const char *keyword, const char *value)
{
    buf_printf(out, "%s='", keyword);
    for (const char *c = value; c && *c; c++) {
        if (*c == '\'' || *c == '\\')
            buf_add_char(out, '\\');
        buf_add_char(out, *c);
    }
    buf_add_str(out, "' ");
}

char *server_configured(const struct settings *s, struct reason *why)
{
    static const struct part {
        enum setting_id id;
        const char *keyword;
    } parts[] = {
        {SETTING_DB_HOST, "host"},       {SETTING_DB_PORT, "port"},
        {SETTING_DB_USERNAME, "user"},   {SETTING_DB_PASSWORD, "password"},
        {SETTING_DB_DATABASE, "dbname"}, {SETTING_DB_SSLMODE, "sslmode"},
    };
    const char *url = settings_text(s, SETTING_DATABASE_URL);
    struct buf out = BUF_INIT;

    if (url && *url)
        buf_add_str(&out, url);
    for (size_t i = 0; i < ARRAY_SIZE(parts) && !(url && *url); i++)
        add_option(&out, parts[i].keyword, settings_text(s, parts[i].id));
    if (buf_error(&out) < 0)
        reason_set(why, "out of memory");
    return buf_take(&out);
}

char *server_private(const char *home, struct reason *why)
{
    struct buf text = BUF_INIT, conninfo = BUF_INIT;
    char path[PATH_MAX], *line;
    int r;

    (void)snprintf(path, sizeof(path), "%s/postgres/postmaster.pid", home);
    r = fd_read_file(path, 4096, &text);
    line = text.data;
    for (int i = 0; i < SOCKET_LINE && line; i++) {
        line = strchr(line, '\n');
        line = line ? line + 1 : NULL;
    }
    if (r < 0 || !line) {
        reason_set(why, "no private cluster runs in %s/postgres", home);
    } else {
        line[strcspn(line, "\n")] = '\0';
        add_option(&conninfo, "host", line);
        buf_add_str(&conninfo, "port=5432 user=penstock dbname=penstock");
    }
    buf_done(&text);
    return buf_take(&conninfo);
}
