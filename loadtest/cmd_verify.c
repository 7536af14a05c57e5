/* cmd_verify.c - `penstock-loadtest verify DIR`: the check of --verify, for a
 * run that was kept. DIR is the folder of one run in a kept scratch folder; its
 * database is on the server of DATABASE_URL, or in the private cluster beside
 * it. */
#include "command.h"

#include "sections.h"
#include "verify.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int check(struct invocation *inv, struct trial *t)
{
    struct reason why = {""};
    json_t *verdict = verify_kept(t, &why);
    char *text = verdict ? json_dumps(verdict, JSON_INDENT(2)) : NULL;

    if (text)
        (void)puts(text);
    free(text);
    json_decref(verdict);
    return why.text[0] ? command_fail(inv, EXIT_FAILED, "%s", why.text) : EXIT_DONE;
}

static int with_server(struct invocation *inv, struct trial *t, const char *database)
{
    struct place place;
    struct reason why = {""};
    int code;

    if (place_reopen(&place, inv->arguments[0], &why) != 0)
        return command_fail(inv, EXIT_FAILED, "%s", why.text);
    t->conninfo = database_conninfo(place.server, database, &why);
    code = t->conninfo ? check(inv, t) : command_fail(inv, EXIT_FAILED, "%s", why.text);
    free(t->conninfo);
    if (place_close(&place, &why) != 0)
        code = command_fail(inv, EXIT_FAILED, "%s", why.text);
    return code;
}

static int run(struct invocation *inv)
{
    struct trial *t = calloc(1, sizeof(*t));
    char database[64] = "";
    struct reason why = {"out of memory"};
    int code;

    if (t && verify_read(inv->arguments[0], t, database, &why) == 0)
        code = with_server(inv, t, database);
    else
        code = command_fail(inv, EXIT_FAILED, "%s", why.text);
    if (t)
        manifest_done(&t->manifest);
    free(t);
    return code;
}

const struct command command_verify = {
    .name = "verify",
    .arguments = "DIR",
    .summary = "check a run that was kept again: everything there, exactly once",
    .bit = FOR_VERIFY,
    .n_arguments = 1,
    .run = run,
};
