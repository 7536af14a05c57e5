/* folder_crew.c - folders and workers: what a meta.json lists, as a worker tells it, and the files that
 * a worker asks for.
 *
 * Paths come from a worker, which reads what others have written: they are checked here again, and
 * opened beneath the inbox. A worker gets each file of the folder in its hands once, in their order.
 */
#include "intake/intake.h"

#include "base/clock.h"
#include "base/failpoint.h"
#include "base/fd.h"

#include <string.h>

/* ---- what it lists ---- */

/* Relative, without empty components, "." and "..": none leads out of the folder. */
static bool is_below(struct bytes path)
{
    if (path.n == 0 || memchr(path.at, '\0', path.n))
        return false;
    for (size_t i = 0, n; i <= path.n; i += n + 1) {
        const char *slash = memchr(path.at + i, '/', path.n - i);

        n = (slash ? (size_t)(slash - path.at) : path.n) - i;
        if (n == 0 || (path.at[i] == '.' && (n == 1 || (n == 2 && path.at[i + 1] == '.'))))
            return false;
    }
    return true;
}

/* The document in its hands, if this is its name. */
static struct item *in_hand(const struct crew_member *c, uint64_t token)
{
    struct item *i = c->n_in_flight > 0 ? c->in_flight[0] : NULL;

    return i && i->folder && token == (i->token ? i->token : i->nonce) ? i : NULL;
}

void folder_on_listed(void *user, struct peer *p, const struct message *m, struct frame *frame)
{
    struct crew_member *c = user;
    struct item *i = in_hand(c, m->listed.token);
    size_t max = (size_t)intake_setting(c->intake, SETTING_MAX_FOLDER_FILES);

    if (!i || !i->list_only || !is_below(m->listed.path) || i->folder->n_files >= max)
        return;
    if (!folder_add(c->intake, i->folder, m->listed.path.at, m->listed.path.n))
        log_error("folder.list", F_STR("path", i->path), F_ERR(-ENOMEM));
}

void folder_done_listing(struct intake *in, struct item *list, struct bytes refusal)
{
    (void)FAIL_AT(LISTED);
    list->list_only = false;
    folder_list_known(in, list, refusal);
    book_move_front(in, list, ITEM_WAITING);
}

/* ---- its files ---- */

static int open_file(struct intake *in, const struct item *i, struct folder_file *file, int *ret_fd)
{
    int r = inbox_open_document(in->inboxes[i->inbox].fd, file->path, ret_fd, &file->identity);

    file->in_archive = false;
    if (r == INBOX_GONE && i->hash_only) {
        r = folder_open_filed(in, i, file, ret_fd, &file->identity);
        file->in_archive = r == 0;
    }
    if (r == 0 && file->identity.size > intake_setting(in, SETTING_MAX_BYTES)) {
        (void)fd_close(*ret_fd);
        r = INBOX_BUSY; /* looked at anew, it is found to be too large */
    }
    file->is_known = r == 0;
    return r;
}

static void withhold(const struct crew_member *c, uint64_t token)
{
    const struct message m = {.type = MESSAGE_WITHHELD, .withheld = {.token = token}};

    peer_send(c->peer, &m, -1);
}

static void send_file(const struct crew_member *c, uint64_t token, const struct folder_file *file,
                      int fd)
{
    const struct message m = {
        .type = MESSAGE_FILE,
        .file = {.token = token, .size = (uint64_t)file->identity.size},
    };

    peer_send(c->peer, &m, fd);
    peer_flush(c->peer);
    (void)FAIL_AT(FILE_SENT);
}

/* The limits of time begin anew with each file, as often as there are files. */
void folder_on_next(void *user, struct peer *p, const struct message *m, struct frame *frame)
{
    struct crew_member *c = user;
    struct item *i = in_hand(c, m->next.token);
    struct folder_file *file;
    int fd;

    if (!i || i->list_only || i->folder->next >= i->folder->n_files) {
        withhold(c, m->next.token);
        return;
    }
    file = i->folder->files[i->folder->next++];
    c->begun_usec = clock_now_usec();
    if (open_file(c->intake, i, file, &fd) == 0)
        send_file(c, m->next.token, file, fd);
    else
        withhold(c, m->next.token);
}
