/* folder.h - a folder that is one document: its meta.json lists files, whose texts are joined in order.
 *
 * The list is written by others, so nothing of it is believed before it is checked. What else the
 * meta.json says is a sidecar's business (sidecar.h), by the same rules.
 */
#pragma once

#include "extract/extract.h"

enum folder_bounds {
    FOLDER_MAX_BYTES = 1024 * 1024, /* of the meta.json */
    FOLDER_MAX_PATH_BYTES = 1024,   /* of a file's path below the folder */
    FOLDER_MAX_TYPE_BYTES = 100,
};

struct folder_file {
    char *path; /* below the folder: UTF-8, no component "..", "." or "", no control character */
    char type[FOLDER_MAX_TYPE_BYTES + 1]; /* as the list calls it; "": not at all */
    bool has_order;
    int64_t order;
    size_t position; /* in the list */
};

/* All zeroes to begin with. */
struct folder_list {
    struct folder_file *files; /* in the order in which they are read */
    size_t n_files, capacity;
};

enum {
    FOLDER_NONE = 1,  /* JSON, but no object with a member "documents": a document like any other */
    FOLDER_WRONG = 2, /* and why */
};

/* Reads the member "documents" of a meta.json into `l`, whose memory is used again: at most
 * `max_files`, sorted by "order" (those without one behind the others), then as they are listed. 0,
 * FOLDER_NONE, FOLDER_WRONG or -ENOMEM. Of a list that is wrong `l` has those of its files that can
 * be told, so that they can stay together with it. */
int folder_list_read(struct folder_list *l, const char *bytes, size_t size, size_t max_files,
                     struct reason *why) MUST_CHECK;
/* Frees it. */
void folder_list_done(struct folder_list *l);

/* A folder while it is read. */
struct folder;

/* Begins one: `out` gets the document. Of `in` sidecar (what its meta.json says), take_part, has_time
 * and user are used, and have to live on. -ENOMEM. `ret` is freed by folder_free(). */
int folder_new(struct extractor *x, const struct extract_input *in, struct extraction *out,
               struct folder **ret) MUST_CHECK;

/* Reads the next file. Of `in` name, bytes, size and cut_off are used; `byte_size` is that of the
 * whole file. -ENOMEM, or what take_part returned. */
int folder_add(struct folder *f, const struct folder_file *file, const struct extract_input *in,
               uint64_t byte_size) MUST_CHECK;

/* Ends it: the extraction is complete. -ENOMEM. */
int folder_finish(struct folder *f) MUST_CHECK;

/* NULL is allowed; returns NULL. */
struct folder *folder_free(struct folder *f);
