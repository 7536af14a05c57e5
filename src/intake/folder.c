/* folder.c - folders that are one document: which there are, and what each lists.
 *
 * A folder is known from the moment its meta.json is in the book, and only by that: what it lists has
 * no items of its own. Until a worker has told what it lists, all that lies below it waits; then the
 * folder is walked, and what it does not list is taken up like any other file. Finding out whether a
 * path belongs to a folder costs memory accesses only, and nothing at all while there are no folders.
 *
 * Where folders lie in each other, the outer one comes first: what it lists is not the inner one's.
 */
#include "intake/intake.h"

#include "inbox/name.h"

#include <stdlib.h>
#include <string.h>

/* By all folders together; one list more may go beyond it. */
#define MAX_LISTED 262144

/* Inbox and folder; `path` is the folder's, `n` bytes of it. Returns the size. */
static size_t make_key(char key[BOOK_KEY_BYTES], unsigned inbox, const char *path, size_t n)
{
    key[0] = (char)(inbox & 0xff);
    key[1] = (char)(inbox >> 8);
    memcpy(key + 2, path, n);
    key[n + 2] = '\0';
    return n + 2;
}

bool folder_begin(struct intake *in, struct item *list)
{
    size_t n = inbox_folder_of(list->path);
    struct folder *f = calloc(1, sizeof(*f) + n + 3);

    if (!f)
        return false;
    f->list = list;
    f->key_size = n + 2;
    memcpy(f->key, list->key, n + 2);
    HASH_ADD_KEYPTR(hh, in->folders, f->key, f->key_size, f);
    list->folder = f;
    return true;
}

static void forget_list(struct intake *in, struct folder *f)
{
    in->n_listed -= f->n_files;
    HASH_CLEAR(hh, f->by_path);
    for (size_t k = 0; k < f->n_files; k++)
        free(f->files[k]);
    free(f->files);
    free(f->refusal);
    f->files = NULL;
    f->refusal = NULL;
    f->n_files = f->capacity = f->next = f->missing = 0;
}

void folder_end(struct intake *in, struct item *list)
{
    struct folder *f = list->folder;

    if (!f)
        return;
    list->folder = NULL;
    HASH_DEL(in->folders, f);
    if (f->kind != FOLDER_PLAIN && list->end != END_FILE && list->end != END_QUARANTINE)
        scan_folder(in, list->inbox, f->key + 2);
    forget_list(in, f);
    free(f);
}

void folder_unread(struct intake *in, struct item *list)
{
    struct folder *f = list->folder;

    if (!f)
        return;
    forget_list(in, f);
    f->kind = FOLDER_UNREAD;
    list->end = END_FORGET;
}

static bool has_file(const struct folder *f, const char *path)
{
    struct folder_file *file;

    HASH_FIND(hh, f->by_path, path, strlen(path), file);
    return file != NULL;
}

struct folder *folder_of(const struct intake *in, unsigned inbox, const char *path)
{
    char key[BOOK_KEY_BYTES];
    struct folder *f;

    if (!in->folders || strlen(path) >= PATH_MAX)
        return NULL;
    for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
        size_t n = make_key(key, inbox, path, (size_t)(slash - path));

        HASH_FIND(hh, in->folders, key, n, f);
        if (f && strcmp(slash + 1, INBOX_FOLDER_LIST) != 0 &&
            (f->kind == FOLDER_UNREAD || has_file(f, path)))
            return f;
    }
    return NULL;
}

bool folder_add(struct intake *in, struct folder *f, const char *name, size_t n)
{
    size_t folder_n = f->key_size - 2, capacity = f->capacity ? 2 * f->capacity : 16;
    struct folder_file **files, *file = calloc(1, sizeof(*file) + folder_n + 1 + n + 1);

    if (!file)
        return false;
    memcpy(file->path, f->key + 2, folder_n);
    file->path[folder_n] = '/';
    memcpy(file->path + folder_n + 1, name, n);
    if (has_file(f, file->path)) {
        free(file);
        return true;
    }
    if (f->n_files == f->capacity) {
        files = realloc(f->files, capacity * sizeof(*files));
        if (!files) {
            free(file);
            return false;
        }
        f->files = files;
        f->capacity = capacity;
    }
    f->files[f->n_files++] = file;
    in->n_listed++;
    HASH_ADD_KEYPTR(hh, f->by_path, file->path, strlen(file->path), file);
    return true;
}

bool folder_is_crowded(const struct intake *in)
{
    return in->n_listed >= MAX_LISTED;
}

static void refuse(struct folder *f, struct bytes why)
{
    if (!f->refusal)
        f->refusal = strndup(why.at, why.n);
}

/* What would keep a file from ever being seen, or make it something else. */
static void check_names(struct folder *f)
{
    struct buf why = BUF_INIT;

    for (size_t k = 0; k < f->n_files && !f->refusal; k++) {
        const char *name = folder_file_name(f, k), *ignored = inbox_path_ignored(name);

        if (!ignored && inbox_sidecar_of(name) > 0)
            ignored = "this is the name of a sidecar, and files of a folder have none";
        if (!ignored && strlen(f->files[k]->path) >= PATH_MAX)
            ignored = "its path is too long";
        if (!ignored)
            continue;
        buf_add_str(&why, "it lists ");
        inbox_path_show(name, strlen(name), &why);
        buf_add_str(&why, ": ");
        buf_add_str(&why, ignored);
        refuse(f, (struct bytes){buf_text(&why), why.size});
        buf_done(&why);
    }
    if (f->list->sidecar)
        refuse(f, bytes_of_str("it has a sidecar, and says itself what its folder is"));
}

void folder_list_known(struct intake *in, struct item *list, struct bytes refusal)
{
    struct folder *f = list->folder;

    if (refusal.n > 0)
        refuse(f, refusal);
    check_names(f);
    outcome_forget_parts(list);
    f->kind = f->n_files > 0 || f->refusal ? FOLDER_LISTED : FOLDER_PLAIN;
    scan_folder(in, list->inbox, f->key + 2);
}

bool folder_is_unread(const struct item *i)
{
    return i->folder && i->folder->kind == FOLDER_UNREAD;
}

bool folder_is_document(const struct item *i)
{
    return i->folder && i->folder->kind == FOLDER_LISTED;
}

bool folder_any_unread(const struct intake *in)
{
    struct folder *f, *next;

    HASH_ITER (hh, in->folders, f, next) {
        if (f->list->list_only)
            return true;
    }
    return false;
}

const char *folder_file_name(const struct folder *f, size_t n)
{
    return f->files[n]->path + f->key_size - 1;
}

void folder_describe(const struct folder *f, struct buf *ret)
{
    const struct item *list = f->list;

    if (f->kind == FOLDER_UNREAD)
        buf_add_str(ret, "whether its folder is one document is not known yet; ask about ");
    else
        buf_add_str(ret, "it belongs to a folder that is one document; ask about ");
    inbox_path_show(list->path, strlen(list->path), ret);
    buf_printf(ret, " (%s", item_state_names[list->state]);
    if (list->why[0])
        buf_printf(ret, ": %s", list->why);
    buf_add_str(ret, ")");
}
