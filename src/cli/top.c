/* top.c - `penstock top`: the view of `status`, live.
 *
 * Promise: on a terminal it uses the alternate screen, and leaves the terminal as it found it, on
 * q, INT, TERM and HUP alike (these signals are read from a descriptor, so that nothing runs at a
 * moment when the terminal is half restored). Where standard output is no terminal it prints plain
 * views, one after the other, until --count of them.
 */
#include "cli/commands.h"

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "cli/human.h"
#include "cli/output.h"
#include "cli/service.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

#define SCREEN_ENTER "\x1b[?1049h\x1b[?25l"
#define SCREEN_LEAVE "\x1b[?25h\x1b[?1049l"
#define SCREEN_HOME  "\x1b[H"
#define LINE_REST    "\x1b[K"
#define SCREEN_REST  "\x1b[J"

/* Lines of the view beside the table of workers. */
#define OTHER_LINES 20

struct top {
    const struct settings *settings;
    bool live; /* on a terminal */
    bool has_keys, has_saved;
    struct termios saved;
    int signals;
    uint64_t interval_usec;
    int64_t left; /* views to print; -1: no end */
    struct service *now, *before;
};

static int enter_screen(struct top *t)
{
    struct termios raw;

    t->has_saved = isatty(STDIN_FILENO) && tcgetattr(STDIN_FILENO, &t->saved) == 0;
    t->has_keys = t->has_saved;
    if (t->has_keys) {
        raw = t->saved;
        raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
        raw.c_cc[VMIN] = 0;
        raw.c_cc[VTIME] = 0;
        (void)tcsetattr(STDIN_FILENO, TCSANOW, &raw);
    }
    return output_raw(SCREEN_ENTER, sizeof(SCREEN_ENTER) - 1);
}

static int leave_screen(struct top *t)
{
    int r = output_raw(SCREEN_LEAVE, sizeof(SCREEN_LEAVE) - 1);

    if (t->has_saved)
        (void)tcsetattr(STDIN_FILENO, TCSANOW, &t->saved);
    return r;
}

static int open_signals(void)
{
    sigset_t set;

    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGINT);
    (void)sigaddset(&set, SIGTERM);
    (void)sigaddset(&set, SIGHUP);
    (void)sigaddset(&set, SIGWINCH);
    if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
        return -errno;
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static void take_sample(struct top *t)
{
    struct service *old = t->before;

    t->before = t->now;
    t->now = old;
    service_look(t->settings, t->now);
}

static void write_view(const struct top *t, unsigned rows, struct buf *out)
{
    struct service_rates rates = service_rates(t->before, t->now);

    if (!t->now->running) {
        buf_add_str(out, "no service runs with PENSTOCK_HOME=");
        output_str(out, settings_text(t->settings, SETTING_HOME));
        buf_add_char(out, '\n');
        return;
    }
    service_text(out, t->now, &rates, rows > OTHER_LINES ? rows - OTHER_LINES : 1);
}

/* Appends at most `columns` cells of a line, styles not counted. */
static void add_cut_line(struct buf *out, const char *line, size_t n, unsigned columns)
{
    size_t fits = n;

    while (fits > 0 && output_width(line, fits) > columns)
        do
            fits--;
        while (fits > 0 && ((unsigned char)line[fits] & 0xc0) == 0x80);
    buf_add(out, line, fits);
    buf_add_str(out, style(STYLE_PLAIN));
    buf_add_str(out, LINE_REST);
}

static int draw_screen(const struct top *t)
{
    struct buf view = BUF_INIT, screen = BUF_INIT;
    unsigned rows, columns = output_columns(&rows), row = 1;
    int r;

    buf_printf(&view, "%spenstock top%s  %s  every %s, q ends\n\n", style(STYLE_BOLD),
               style(STYLE_PLAIN), human_time(clock_wall_usec()).text,
               human_usec(t->interval_usec).text);
    write_view(t, rows, &view);
    buf_add_str(&screen, SCREEN_HOME);
    for (size_t at = 0; at < view.size && row <= rows; row++) {
        const char *line = view.data + at, *end = memchr(line, '\n', view.size - at);
        size_t n = end ? (size_t)(end - line) : view.size - at;

        if (row > 1)
            buf_add_str(&screen, "\n");
        add_cut_line(&screen, line, n, columns);
        at += n + 1;
    }
    buf_add_str(&screen, SCREEN_REST);
    r = buf_error(&screen) == 0 ? output_raw(screen.data, screen.size) : EXIT_FAILED;
    buf_done(&view);
    buf_done(&screen);
    return r;
}

static int print_view(const struct top *t)
{
    struct buf out = BUF_INIT;

    buf_printf(&out, "%s\n", human_time(clock_wall_usec()).text);
    write_view(t, STATS_MAX_WORKERS + OTHER_LINES, &out);
    buf_add_char(&out, '\n');
    return output_flush(&out);
}

enum wake { WAKE_TIME, WAKE_RESIZE, WAKE_END };

static enum wake read_signal(const struct top *t)
{
    struct signalfd_siginfo info;

    if (read(t->signals, &info, sizeof(info)) != (ssize_t)sizeof(info))
        return WAKE_TIME;
    return info.ssi_signo == SIGWINCH ? WAKE_RESIZE : WAKE_END;
}

/* Waits for the end of the interval, a key or a signal. */
static enum wake wait_for_next(struct top *t)
{
    uint64_t now = clock_now_usec(), until = t->now->taken_usec + t->interval_usec;
    struct pollfd fds[] = {{t->signals, POLLIN, 0}, {t->has_keys ? STDIN_FILENO : -1, POLLIN, 0}};
    int timeout = until > now ? (int)((until - now) / USEC_PER_MSEC) + 1 : 0;
    char key = 0;

    if (poll(fds, ARRAY_SIZE(fds), timeout) <= 0)
        return WAKE_TIME;
    if (fds[0].revents)
        return read_signal(t);
    if (fds[1].revents && read(STDIN_FILENO, &key, 1) <= 0)
        t->has_keys = false;
    return key == 'q' || key == 'Q' || key == 3 ? WAKE_END : WAKE_RESIZE;
}

static int watch(struct top *t)
{
    enum wake wake = WAKE_TIME;
    int r = 0;

    while (r == 0 && t->left != 0 && wake != WAKE_END) {
        if (wake == WAKE_TIME || !t->live) {
            take_sample(t);
            t->left -= t->left > 0;
        }
        r = t->live ? draw_screen(t) : print_view(t);
        do
            wake = t->left == 0 ? WAKE_END : wait_for_next(t);
        while (wake == WAKE_RESIZE && !t->live);
    }
    return r;
}

/* The screen is left whatever happened in between. */
static int watch_on_screen(struct top *t)
{
    int r = enter_screen(t), left;

    if (r == 0)
        r = watch(t);
    left = leave_screen(t);
    return r != 0 ? r : left;
}

static int run_prepared(struct invocation *inv, struct top *t)
{
    t->signals = open_signals();
    t->now = calloc(1, sizeof(*t->now));
    t->before = calloc(1, sizeof(*t->before));
    if (!t->now || !t->before || t->signals < 0)
        return invocation_fail(inv, EXIT_FAILED, "cannot begin: %s", log_errno_text(errno));
    return t->live ? watch_on_screen(t) : watch(t);
}

static int run(struct invocation *inv)
{
    struct top t = {.settings = &inv->settings, .live = output_is_terminal(), .signals = -1};
    int64_t seconds;
    int r = invocation_number(inv, "interval", 1, 1, 3600, &seconds);

    if (r == 0)
        r = invocation_number(inv, "count", -1, 1, INT32_MAX, &t.left);
    if (r == 0)
        r = invocation_load_settings(inv);
    if (r != 0)
        return r;
    t.interval_usec = (uint64_t)seconds * USEC_PER_SEC;
    r = run_prepared(inv, &t);
    (void)fd_close(t.signals);
    free(t.now);
    free(t.before);
    return r;
}

static const struct command_option options[] = {
    {"interval", "S", "seconds between two looks, default 1"},
    {"count", "N", "end after N looks"},
    {NULL},
};

const struct command command_top = {
    .name = "top",
    .arguments = "",
    .summary = "what status tells, live",
    .options = options,
    .max_arguments = 0,
    .run = run,
};
