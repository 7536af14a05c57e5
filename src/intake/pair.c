/* pair.c - files and their sidecars: NAME and NAME.meta.json go together.
 *
 * The folder is the truth: whether a file has a sidecar is looked up when the file is claimed, and
 * again when it is given to a worker, for one that came in between. A sidecar that may still grow
 * keeps its file waiting; a file that is stored was stored with the sidecar that was there. One that
 * has no file waits for it, PENSTOCK_SIDECAR_WAIT from its last change on, and is quarantined.
 */
#include "intake/intake.h"

#include "base/clock.h"
#include "base/fd.h"
#include "inbox/name.h"

#include <stdio.h>
#include <string.h>

#define LOOK_USEC (2 * USEC_PER_SEC) /* between two looks for the file of a sidecar */

/* The path of its file; `i` is a sidecar. */
static void file_path(const struct item *i, char ret[PATH_MAX])
{
    (void)snprintf(ret, PATH_MAX, "%.*s", (int)inbox_sidecar_of(i->path), i->path);
}

static void show_name(const char *path, struct buf *ret)
{
    const char *name = inbox_last_component(path);

    inbox_path_show(name, strlen(name), ret);
}

/* A sentence with the name of a file in it. */
static void say_of(const char *before, const char *path, const char *behind, char *ret, size_t size)
{
    struct buf text = BUF_INIT;

    buf_add_str(&text, before);
    show_name(path, &text);
    buf_add_str(&text, behind);
    bytes_copy((struct bytes){buf_text(&text), text.size}, ret, size);
    buf_done(&text);
}

/* ---- a sidecar that waits ---- */

/* Since it changed last, by the wall clock: a restart does not begin the wait anew. */
static uint64_t left_to_wait(const struct intake *in, const struct item *i)
{
    uint64_t wait = (uint64_t)intake_setting(in, SETTING_SIDECAR_WAIT) * USEC_PER_MSEC;
    int64_t age = (int64_t)clock_wall_usec() - i->identity.ctime_nsec / 1000;

    if (age < 0)
        return wait;
    return (uint64_t)age >= wait ? 0 : wait - (uint64_t)age;
}

static void look_later(struct intake *in, struct item *i, const char *path, const char *why)
{
    i->due_usec = clock_now_usec() + MIN(LOOK_USEC, left_to_wait(in, i));
    say_of("it is the sidecar of ", path, why, i->why, sizeof(i->why));
}

void pair_wait(struct intake *in, struct item *i)
{
    char path[PATH_MAX];

    file_path(i, path);
    i->is_stray = false;
    look_later(in, i, path, ", which is not there");
    book_move(in, i, ITEM_SIDECAR);
    settle_arm(in);
}

/* Its file is stored and stays in the inbox (PENSTOCK_AFTER=keep). */
static void come_late(struct intake *in, struct item *i)
{
    log_warn("sidecar.late", F_STR("path", i->path),
             F_STR("reason", "its file was stored before it came, and stays as it was read"));
    outcome_remember_kept(in, i);
}

void pair_review(struct intake *in, struct item *i)
{
    struct file_identity identity;
    char path[PATH_MAX];

    file_path(i, path);
    if (inbox_stat(in->inboxes[i->inbox].fd, i->path, &identity) != 0) {
        book_forget(in, i); /* it has gone */
    } else if (inbox_stat(in->inboxes[i->inbox].fd, path, &identity) == 0) {
        look_later(in, i, path, ", which is not taken up yet");
        i->due_usec = clock_now_usec() + LOOK_USEC;
        if (outcome_was_kept(in, i->inbox, path, &identity))
            come_late(in, i);
    } else if (left_to_wait(in, i) > 0) {
        look_later(in, i, path, ", which is not there");
    } else {
        i->is_stray = true;
        settle_complete(in, i);
    }
}

void pair_explain_stray(struct intake *in, const struct item *i, char *ret, size_t size)
{
    char path[PATH_MAX], behind[128];

    file_path(i, path);
    (void)snprintf(behind, sizeof(behind),
                   ", which did not come within PENSTOCK_SIDECAR_WAIT=%s of it",
                   settings_text(&in->base.settings, SETTING_SIDECAR_WAIT));
    say_of("it is the sidecar of ", path, behind, ret, size);
}

void pair_explain_wrong(const struct item *i, struct bytes refusal, struct buf *ret)
{
    buf_add_str(ret, "its sidecar ");
    show_name(i->path, ret);
    buf_add_str(ret, INBOX_SIDECAR_ENDING " is wrong: ");
    buf_add(ret, refusal.at, refusal.n);
}

/* ---- a file that is to be claimed ---- */

static bool sidecar_path(const struct item *i, char ret[PATH_MAX])
{
    int n = snprintf(ret, PATH_MAX, "%s%s", i->path, INBOX_SIDECAR_ENDING);

    return n < PATH_MAX && inbox_sidecar_of(ret) > 0;
}

/* No hint and no walk has told of it yet. */
static struct item *add_sidecar(struct intake *in, const struct item *i, const char *path,
                                const struct file_identity *identity)
{
    struct item *s = book_add(in, i->inbox, path, identity);

    if (!s)
        return NULL;
    s->seen_wall_usec = clock_wall_usec();
    if (scan_is_old(in, identity))
        pair_wait(in, s);
    else
        settle_begin(in, s);
    return s;
}

/* What stands in the folder under the sidecar's name has this identity; `s` is what is known of it. */
static enum pair_state join(struct intake *in, struct item *i, struct item *s,
                            const struct file_identity *identity)
{
    bool is_free = s->state == ITEM_SIDECAR || s->state == ITEM_JOINED ||
                   (s->state == ITEM_WAITING && s->is_stray);

    if (is_free && file_identity_equal(&s->identity, identity)) {
        if (s->state != ITEM_JOINED)
            book_join(in, i, s);
        s->is_stray = false;
        (void)snprintf(s->why, sizeof(s->why), "it is a sidecar, and goes where its file goes");
        return PAIR_READY;
    }
    if (is_free) {
        (void)book_part(i);
        s->identity = *identity;
        settle_begin(in, s);
    }
    return s->state == ITEM_HELD ? PAIR_UNREADABLE : PAIR_GROWING;
}

enum pair_state pair_look(struct intake *in, struct item *i)
{
    struct file_identity identity;
    char path[PATH_MAX];
    struct item *s;

    if (i->is_stray || !sidecar_path(i, path))
        return PAIR_READY;
    if (inbox_stat(in->inboxes[i->inbox].fd, path, &identity) != 0) {
        if (i->sidecar)
            book_forget(in, i->sidecar); /* it has gone */
        return PAIR_READY;
    }
    s = book_find(in, i->inbox, path);
    if (!s)
        s = add_sidecar(in, i, path, &identity);
    return s ? join(in, i, s, &identity) : PAIR_GROWING;
}

enum pair_state pair_try(struct intake *in, struct item *i)
{
    enum pair_state state = pair_look(in, i);
    int fd, r;

    if (state != PAIR_READY || !i->sidecar)
        return state;
    r = pair_open(in, i, &fd);
    if (r == 0)
        (void)fd_close(fd);
    return r < 0 ? PAIR_UNREADABLE : r > 0 ? PAIR_GROWING : PAIR_READY;
}

void pair_delay(struct intake *in, struct item *i, enum pair_state state)
{
    char why[sizeof(i->why)];

    say_of("its sidecar ", i->path,
           state == PAIR_GROWING ? INBOX_SIDECAR_ENDING " may still be growing"
                                 : INBOX_SIDECAR_ENDING " cannot be opened",
           why, sizeof(why));
    if (state == PAIR_UNREADABLE) {
        log_warn("document.held", F_STR("path", i->path), F_STR("reason", why));
        settle_hold(in, i, ITEM_HELD, why);
        return;
    }
    settle_begin(in, i);
    bytes_copy(bytes_of_str(why), i->why, sizeof(i->why));
}

int pair_open(struct intake *in, const struct item *i, int *ret_fd)
{
    const struct item *s = i->sidecar;
    struct file_identity now;
    int fd, r = inbox_open_document(in->inboxes[s->inbox].fd, s->path, &fd, &now);

    if (r != 0)
        return r;
    if (!file_identity_equal(&now, &s->identity)) {
        (void)fd_close(fd);
        return INBOX_BUSY;
    }
    *ret_fd = fd;
    return 0;
}
