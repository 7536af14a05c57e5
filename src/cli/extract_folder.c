/* extract_folder.c - `penstock extract FOLDER`: a folder as the one document that its meta.json makes of
 * it. The worker is asked twice, as the intake does: what it lists, then for all of it.
 */
#include "cli/extract.h"

#include "base/fd.h"
#include "base/log.h"
#include "inbox/inbox.h"
#include "inbox/name.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct source {
    const struct settings *settings;
    int folder_fd;
    char **names;
    size_t n_names, next;
    bool no_memory;
    struct reason why; /* what the worker does not know of a file */
};

static void source_done(struct source *s)
{
    for (size_t i = 0; i < s->n_names; i++)
        free(s->names[i]);
    free(s->names);
    (void)fd_close(s->folder_fd);
}

static void take_name(void *user, struct bytes path)
{
    struct source *s = user;
    char **names = realloc(s->names, (s->n_names + 1) * sizeof(*names));
    char *name = strndup(path.at, path.n);

    if (names)
        s->names = names;
    if (names && name) {
        s->names[s->n_names++] = name;
    } else {
        free(name);
        s->no_memory = true;
    }
}

/* Beneath the folder, as the service opens it. */
static int open_next(void *user)
{
    struct source *s = user;
    struct file_identity identity;
    const char *name = s->next < s->n_names ? s->names[s->next++] : "";
    int fd = -1, r = inbox_open_document(s->folder_fd, name, &fd, &identity);

    if (r != 0)
        reason_set(&s->why, "its file %s %s", name,
                   r == INBOX_GONE          ? "is not there"
                   : r == INBOX_NOT_REGULAR ? "is no regular file"
                   : r == INBOX_BUSY        ? "is being written"
                                            : log_errno_text(r));
    else if (identity.size > settings_number(s->settings, SETTING_MAX_BYTES))
        reason_set(&s->why, "its file %s is larger than PENSTOCK_MAX_BYTES=%s", name,
                   settings_text(s->settings, SETTING_MAX_BYTES));
    if (s->why.text[0])
        fd = fd_close(fd);
    return fd;
}

/* The folder that is meant, and its meta.json. False: none. */
static bool find_list(const char *path, char folder[PATH_MAX], char list[PATH_MAX])
{
    const char *name = inbox_last_component(path);
    struct stat st;
    int n = (int)(name - path);

    if (stat(path, &st) < 0)
        return false;
    if (S_ISDIR(st.st_mode)) {
        return snprintf(folder, PATH_MAX, "%s", path) < PATH_MAX &&
               snprintf(list, PATH_MAX, "%s/" INBOX_FOLDER_LIST, path) < PATH_MAX;
    }
    return strcmp(name, INBOX_FOLDER_LIST) == 0 &&
           snprintf(folder, PATH_MAX, "%.*s", n > 0 ? n : 1, n > 0 ? path : ".") < PATH_MAX &&
           snprintf(list, PATH_MAX, "%s", path) < PATH_MAX;
}

/* 0; 1 and why; EXTRACT_NO_FOLDER. */
static int read_list(struct source *s, struct reader *reader, int list_fd, struct reason *why)
{
    const struct reader_input in = {.fd = list_fd,
                                    .sidecar_fd = -1,
                                    .name = INBOX_FOLDER_LIST,
                                    .list_only = true,
                                    .listed = take_name,
                                    .user = s};
    const struct reading *ignored;

    if (reader_read(reader, &in, &ignored, why) != 0)
        return 1;
    if (s->no_memory) {
        reason_set(why, "out of memory");
        return 1;
    }
    return s->n_names > 0 ? 0 : EXTRACT_NO_FOLDER;
}

static int read_all(struct source *s, struct reader *reader, int list_fd,
                    const struct reading **ret, struct reason *why)
{
    const struct reader_input in = {.fd = list_fd,
                                    .sidecar_fd = -1,
                                    .name = INBOX_FOLDER_LIST,
                                    .n_files = s->n_names,
                                    .open_next = open_next,
                                    .user = s};
    int r = lseek(list_fd, 0, SEEK_SET) < 0 ? 1 : reader_read(reader, &in, ret, why);

    if (r != 0 && s->why.text[0])
        *why = s->why;
    return r;
}

int extract_read_folder(const struct settings *settings, struct reader *reader, const char *path,
                        const struct reading **ret, struct reason *why)
{
    struct source s CLEANUP(source_done) = {.settings = settings, .folder_fd = -1};
    int list_fd CLEANUP(fd_closep) = -1;
    char folder[PATH_MAX], list[PATH_MAX];
    bool is_folder;
    int r;

    if (!find_list(path, folder, list))
        return EXTRACT_NO_FOLDER;
    is_folder = strcmp(folder, path) == 0;
    r = inbox_open(folder, &s.folder_fd);
    if (r == 0 && extract_open_file(settings, list, &list_fd, why) != 0) {
        if (is_folder)
            reason_set(why, "it is a folder, and has no " INBOX_FOLDER_LIST " that can be read");
        return 1;
    }
    if (r == 0)
        r = read_list(&s, reader, list_fd, why);
    if (r < 0)
        reason_set(why, "it cannot be opened: %s", log_errno_text(r));
    if (r == EXTRACT_NO_FOLDER && is_folder) {
        reason_set(why, "it is a folder whose " INBOX_FOLDER_LIST " lists no files");
        return 1;
    }
    if (r != 0)
        return r < 0 ? 1 : r;
    return read_all(&s, reader, list_fd, ret, why);
}
