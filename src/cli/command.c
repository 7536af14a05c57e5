/* command.c - the table of commands, and what they share before their own work begins: options,
 * help, settings, errors.
 *
 * Promise: an unknown command or option, a missing argument or a wrong number ends with EXIT_USAGE
 * and a sentence that names it and the nearest right one. Every setting that is wrong is named in
 * one message, before anything is touched.
 */
#include "cli/command.h"

#include "base/log.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/suggest.h"

#include <ctype.h>
#include <getopt.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct command *const commands[] = {
    &command_run,     &command_status,  &command_top,    &command_search,
    &command_show,    &command_explain, &command_failed, &command_retry,
    &command_extract, &command_migrate, &command_doctor, &command_config,
};

/* Options. */

static int find_option(const struct command *c, const char *name)
{
    for (int i = 0; c->options && c->options[i].name; i++)
        if (strcmp(c->options[i].name, name) == 0)
            return i;
    return -1;
}

bool invocation_has(const struct invocation *inv, const char *option)
{
    return invocation_value(inv, option) != NULL;
}

const char *invocation_value(const struct invocation *inv, const char *option)
{
    int i = find_option(inv->command, option);

    return i < 0 ? NULL : inv->values[i];
}

int invocation_number(const struct invocation *inv, const char *option, int64_t fallback,
                      int64_t min, int64_t max, int64_t *ret)
{
    const char *text = invocation_value(inv, option);
    char *end;
    long long n;

    if (!text) {
        *ret = fallback;
        return 0;
    }
    errno = 0;
    n = strtoll(text, &end, 10);
    if (!isdigit((unsigned char)text[0]) || *end || errno || n < min || n > max)
        return invocation_fail(inv, EXIT_USAGE,
                               "--%s needs a whole number from %lld to %lld, not \"%s\"", option,
                               (long long)min, (long long)max, text);
    *ret = n;
    return 0;
}

/* Errors. */

static int tell(const char *prefix, int exit_code, const char *format, va_list args)
{
    struct buf line = BUF_INIT;
    char *text = NULL;

    if (vasprintf(&text, format, args) < 0)
        return exit_code;
    buf_add_str(&line, prefix);
    buf_add_str(&line, ": ");
    output_block(&line, text, strlen(text));
    (void)fprintf(stderr, "%s\n", buf_text(&line));
    buf_done(&line);
    free(text);
    return exit_code;
}

int invocation_fail(const struct invocation *inv, int exit_code, const char *format, ...)
{
    char prefix[64];
    va_list args;

    (void)snprintf(prefix, sizeof(prefix), "penstock %s", inv->command->name);
    va_start(args, format);
    exit_code = tell(prefix, exit_code, format, args);
    va_end(args);
    return exit_code;
}

/* Settings. */

static void set_from_options(struct invocation *inv, struct reason *why)
{
    for (int i = 0; inv->command->options && inv->command->options[i].name; i++) {
        const struct command_option *o = &inv->command->options[i];
        struct reason wrong = {""};

        if (o->setting > 0 && inv->values[i] &&
            settings_set(&inv->settings, (enum setting_id)(o->setting - 1), inv->values[i],
                         SOURCE_COMMAND_LINE, &wrong) != 0)
            reason_add(why, "--%s: %s", o->name, wrong.text);
    }
}

/* Once the values themselves are right, what they are together. */
static void check_together(struct invocation *inv, struct reason *why)
{
    struct reason wrong = {""};
    int r = settings_check(&inv->settings, &wrong);

    if (r < 0)
        reason_add(why, "the settings cannot be checked: %s", log_errno_text(r));
    else if (r > 0)
        reason_add(why, "%s", wrong.text);
}

int invocation_try_settings(struct invocation *inv, struct reason *why)
{
    struct reason loaded = {""};
    int r = settings_init(&inv->settings);

    reason_set(why, "%s", "");
    if (r < 0) {
        reason_set(why, "the settings cannot be read: %s", log_errno_text(r));
        return 1;
    }
    inv->has_settings = true;
    r = settings_load(&inv->settings, ".env", environ, &loaded);
    if (r < 0)
        reason_add(why, ".env cannot be read: %s", log_errno_text(r));
    else if (r > 0)
        reason_add(why, "%s", loaded.text);
    set_from_options(inv, why);
    check_together(inv, why);
    return why->text[0] ? 1 : 0;
}

int invocation_load_settings(struct invocation *inv)
{
    struct reason why;

    if (invocation_try_settings(inv, &why) != 0)
        return invocation_fail(inv, EXIT_USAGE, "%s", why.text);
    return 0;
}

/* Help. */

static void add_help_row(struct buf *out, const char *left, const char *right)
{
    buf_printf(out, "  %-20s  %s\n", left, right);
}

static void add_options(struct buf *out, const struct command *c)
{
    char left[64];

    buf_add_str(out, "\noptions:\n");
    for (int i = 0; c->options && c->options[i].name; i++) {
        const struct command_option *o = &c->options[i];

        (void)snprintf(left, sizeof(left), "--%s%s%s", o->name, o->argument ? " " : "",
                       o->argument ? o->argument : "");
        add_help_row(out, left, o->help);
    }
    add_help_row(out, "--help", "print this");
}

static int help_of(const struct command *c)
{
    struct buf out = BUF_INIT;
    const char *space = c->arguments[0] ? " " : "";

    buf_printf(&out, "usage: penstock %s%s%s [options]\n\n%c%s.\n", c->name, space, c->arguments,
               toupper((unsigned char)c->summary[0]), c->summary + 1);
    if (c->help)
        buf_printf(&out, "%s\n", c->help);
    add_options(&out, c);
    return output_flush(&out);
}

static int help_of_all(void)
{
    struct buf out = BUF_INIT;

    buf_add_str(&out, "usage: penstock COMMAND [arguments] [options]\n\n"
                      "penstock drains an inbox folder into PostgreSQL.\n\ncommands:\n");
    for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
        buf_printf(&out, "  %-8s  %s\n", commands[i]->name, commands[i]->summary);
    buf_add_str(&out,
                "\n`penstock COMMAND --help` says more; `penstock --version` prints the version.\n"
                "Settings come from options, the environment and .env: `penstock config`.\n\n"
                "exit codes: 0 done; 1 failed; 2 usage or configuration; 3 database unreachable;\n"
                "            4 documents were quarantined (run --once); 5 schema mismatch\n");
    return output_flush(&out);
}

static int print_version(void)
{
    struct buf out = BUF_INIT;

    buf_add_str(&out, "penstock " PENSTOCK_VERSION "\n");
    return output_flush(&out);
}

/* Parsing. */

#define FIRST_LONG 256 /* codes of long options for getopt_long(3), behind the letters */

static int refuse_long_option(const struct invocation *inv, const char *given)
{
    const char *names[COMMAND_MAX_OPTIONS + 1], *near;
    const char *begin = given + strspn(given, "-");
    size_t n = 0;
    char word[64];

    for (const struct command_option *o = inv->command->options; o && o->name; o++)
        names[n++] = o->name;
    names[n++] = "help";
    (void)snprintf(word, sizeof(word), "%.*s", (int)strcspn(begin, "="), begin);
    near = suggest(word, names, n);
    if (near)
        return invocation_fail(inv, EXIT_USAGE, "there is no option \"%s\"; did you mean --%s?",
                               given, near);
    return invocation_fail(inv, EXIT_USAGE, "there is no option \"%s\"; see penstock %s --help",
                           given, inv->command->name);
}

/* `code`: optopt of getopt_long(3): 0 for an unknown long option, a letter for an unknown short
 * one, else the option that was given a value it does not take. */
static int refuse_option(const struct invocation *inv, int code, const char *given)
{
    if (code == 0)
        return refuse_long_option(inv, given);
    if (code < FIRST_LONG)
        return invocation_fail(
            inv, EXIT_USAGE,
            "there is no option -%c; an argument that begins with a dash comes after --", code);
    return invocation_fail(inv, EXIT_USAGE, "--%s takes no value",
                           inv->command->options[code - FIRST_LONG].name);
}

/* The table in the form of getopt_long(3); --help is the last. */
static void make_long_options(const struct command *c, struct option *ret)
{
    int n = 0;

    for (; c->options && c->options[n].name; n++)
        ret[n] = (struct option){c->options[n].name,
                                 c->options[n].argument ? required_argument : no_argument, NULL,
                                 FIRST_LONG + n};
    ret[n] = (struct option){"help", no_argument, NULL, 'h'};
    ret[n + 1] = (struct option){0};
}

/* Returns 0 and the values; -1 when help was asked for; else the exit code. */
static int parse(struct invocation *inv, int argc, char **argv)
{
    struct option options[COMMAND_MAX_OPTIONS + 2];
    int code;

    make_long_options(inv->command, options);
    opterr = 0;
    optind = 1;
    while ((code = getopt_long(argc, argv, ":h", options, NULL)) != -1) {
        if (code == 'h')
            return -1;
        if (code == ':')
            return invocation_fail(inv, EXIT_USAGE, "%s needs a value", argv[optind - 1]);
        if (code == '?')
            return refuse_option(inv, optopt, argv[optind - 1]);
        inv->values[code - FIRST_LONG] = optarg ? optarg : "";
        if (!inv->command->options[code - FIRST_LONG].is_list)
            continue;
        if (inv->n_list == COMMAND_MAX_LIST)
            return invocation_fail(inv, EXIT_USAGE, "--%s is given more than %d times",
                                   inv->command->options[code - FIRST_LONG].name, COMMAND_MAX_LIST);
        inv->list[inv->n_list++] = optarg;
    }
    inv->arguments = argv + optind;
    inv->n_arguments = argc - optind;
    return 0;
}

static int check_arguments(const struct invocation *inv)
{
    const struct command *c = inv->command;

    if (inv->n_arguments < c->min_arguments)
        return invocation_fail(inv, EXIT_USAGE, "an argument is missing; usage: penstock %s %s",
                               c->name, c->arguments);
    if (c->max_arguments >= 0 && inv->n_arguments > c->max_arguments)
        return invocation_fail(
            inv, EXIT_USAGE, "\"%s\" is one argument too many; usage: penstock %s%s%s",
            inv->arguments[c->max_arguments], c->name, c->arguments[0] ? " " : "", c->arguments);
    return 0;
}

static int run_command(const struct command *c, int argc, char **argv)
{
    struct invocation inv = {.command = c};
    int r = parse(&inv, argc, argv);

    if (r == -1)
        return help_of(c);
    if (r == 0)
        r = check_arguments(&inv);
    if (r == 0)
        r = c->run(&inv);
    if (inv.has_settings)
        settings_done(&inv.settings);
    return r;
}

static int refuse_command(const char *name)
{
    const char *names[ARRAY_SIZE(commands)], *near;
    struct buf shown = BUF_INIT;

    for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
        names[i] = commands[i]->name;
    near = suggest(name, names, ARRAY_SIZE(commands));
    output_str(&shown, name);
    (void)fprintf(stderr, "penstock: there is no command \"%s\"; %s%s%s\n", buf_text(&shown),
                  near ? "did you mean " : "see penstock --help", near ? near : "",
                  near ? "?" : "");
    buf_done(&shown);
    return EXIT_USAGE;
}

int command_main(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : NULL;

    (void)setlocale(LC_CTYPE, "C.UTF-8"); /* for wcwidth(3) alone */
    if (!name) {
        (void)fprintf(stderr, "penstock: which command? See penstock --help\n");
        return EXIT_USAGE;
    }
    if (strcmp(name, "--version") == 0 || strcmp(name, "-V") == 0 || strcmp(name, "version") == 0)
        return print_version();
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 ||
        (strcmp(name, "help") == 0 && argc == 2))
        return help_of_all();
    for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
        if (strcmp(name, commands[i]->name) == 0)
            return run_command(commands[i], argc - 1, argv + 1);
        if (strcmp(name, "help") == 0 && strcmp(argv[2], commands[i]->name) == 0)
            return help_of(commands[i]);
    }
    return refuse_command(strcmp(name, "help") == 0 ? argv[2] : name);
}
