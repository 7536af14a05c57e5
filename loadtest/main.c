/* main.c - penstock-loadtest: measures penstock through its public door: files
 * in, SQL out, processes and signals. docs/LOADTEST.md explains what the
 * figures mean. */
#include "command.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct command *const commands[] = {
    &command_corpus, &command_run, &command_sweep, &command_compare, &command_soak, &command_verify,
};

int command_fail(const struct invocation *inv, enum exit_code code, const char *format, ...)
{
    va_list args;

    (void)fprintf(stderr, "penstock-loadtest%s%s: ", inv->name ? " " : "",
                  inv->name ? inv->name : "");
    va_start(args, format);
    (void)vfprintf(stderr, format, args);
    va_end(args);
    (void)fputc('\n', stderr);
    return code;
}

void command_say(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    (void)vfprintf(stderr, format, args);
    va_end(args);
    (void)fputc('\n', stderr);
}

static const struct command *find(const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
        if (strcmp(commands[i]->name, name) == 0)
            return commands[i];
    return NULL;
}

static int help(void)
{
    (void)puts("usage: penstock-loadtest COMMAND [OPTIONS]\n\ncommands:");
    for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
        (void)printf("  %-8s %-12s %s\n", commands[i]->name, commands[i]->arguments,
                     commands[i]->summary);
    (void)puts("\nDATABASE_URL (or DB_*) names a server to work on in databases "
               "of its own; without\n"
               "it penstock's private cluster is used, under a scratch folder.\n"
               "Exit codes: 0 done; 1 failed, or verification found something; 2 "
               "usage.");
    return EXIT_DONE;
}

static int help_of(const struct command *c)
{
    struct buf out = BUF_INIT;

    options_help(c->bit, &out);
    (void)printf("usage: penstock-loadtest %s %s[OPTIONS]\n\n%s\n\n%s", c->name, c->arguments,
                 c->summary, buf_text(&out));
    buf_done(&out);
    return EXIT_DONE;
}

static int run(const struct command *c, int argc, char **argv)
{
    struct invocation inv = {.name = c->name};
    struct reason why = {""};
    int first = 0, code;

    if (options_parse(&inv.options, c->bit, argc, argv, &first, &why) != 0)
        code = command_fail(&inv, EXIT_USAGE, "%s", why.text);
    else if (inv.options.help)
        code = help_of(c);
    else if (argc - first != c->n_arguments)
        code = command_fail(&inv, EXIT_USAGE, "%s%s; expected: penstock-loadtest %s %s[OPTIONS]",
                            argc > first ? argv[argc - 1] : "something is missing",
                            argc > first ? " is too much" : "", c->name, c->arguments);
    else {
        inv.arguments = argv + first;
        inv.n_arguments = argc - first;
        code = c->run(&inv);
    }
    options_done(&inv.options);
    return code;
}

int main(int argc, char **argv)
{
    struct invocation none = {NULL};
    const struct command *c;

    if (argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0))
        return help();
    c = argc > 1 ? find(argv[1]) : NULL;
    if (!c)
        return command_fail(&none, EXIT_USAGE,
                            argc > 1 ? "there is no command %s (see --help)"
                                     : "a command is missing (see --help)",
                            argc > 1 ? argv[1] : "");
    return run(c, argc - 1, argv + 1);
}
