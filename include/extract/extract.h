/* extract.h - what a worker makes of the bytes of one document: type, text, title, language,
 * metadata.
 *
 * Pure: no file, no database, no clock. Everything that a library must load is loaded by
 * extract_open(), before the worker locks itself in; afterwards nothing here opens a file. The
 * result is safe for PostgreSQL by construction: valid UTF-8 without NUL, metadata a valid jsonb
 * object.
 */
#pragma once

#include "extract/sidecar.h"

#include <stdatomic.h>
#include <stdint.h>

#define LANGUAGE_TAG_SIZE 36u /* with its NUL (RFC 5646, 4.4.1: no tag in use needs more) */

/* Reading text from pictures and from PDF pages without text. All zeroes: it is off. */
struct extract_ocr {
    bool on;
    const char *module;    /* path of penstock-ocr.so; "": there is none; the same as the next */
    const char *languages; /* tesseract's names: "eng+deu"; used by extract_open() only */
    const char *folder;    /* of their data; "": where packages put them; the same */
    uint64_t max_picture_bytes; /* that the pixels of a picture may take while it is decoded */
};

/* Limits for one document; each is a setting (PENSTOCK_MAX_...). */
struct extract_limits {
    size_t max_text_bytes; /* of the body; longer text is cut at a character, and flagged */
    /* Of nested elements, objects and arrays. What is deeper is passed over, and flagged; but HTML
     * keeps the text of all its elements, whatever their depth. */
    unsigned max_depth;
    unsigned max_pages; /* that are read of a document; 0: all */
    /* Of documents inside documents (attachments, members of archives). 0 of any: they are named,
     * not read. */
    unsigned max_parts;          /* in one file, at all levels */
    unsigned max_part_depth;     /* an attachment of an attachment has depth 2 */
    uint64_t max_unpacked_bytes; /* what all of them may have in one file, unpacked */
    bool detect_language;        /* of documents that declare none (PENSTOCK_DETECT_LANGUAGE) */
    struct extract_ocr ocr;
    _Atomic uint64_t *progress; /* grows as text comes (stats_progress()); NULL: nobody looks */
};

struct extract_part;

/* Takes a part that is read to its end; what it points to is valid during the call only. A part
 * comes after the parts that are inside it. Not 0: no more of them, and extract_document() fails
 * with that. */
typedef int (*extract_take_part)(void *user, const struct extract_part *part);

/* Whether there is time for more of what takes long and can be left out (text in pictures). Asked
 * several times a second. */
typedef bool (*extract_has_time)(void *user);

struct extract_input {
    const char *name; /* the file's name, any bytes, or NULL: a hint that content overrules */
    const char *bytes;
    size_t size;
    bool cut_off; /* the file goes on behind `bytes`: more than the worker may hold */
    const struct sidecar *sidecar; /* has the last word on what the document says of itself; NULL:
                                      there is none */
    extract_take_part take_part;   /* NULL: parts are named, not read */
    extract_has_time has_time;     /* NULL: always */
    void *user;
};

struct extraction {
    const char *media_type; /* such as "text/html"; never NULL; lives as long as the extractor */
    bool supported; /* false: the type has no extractor here; then body and title are empty */
    bool truncated; /* some limit cut the text: the metadata has "truncated": true as well */
    char
        language[LANGUAGE_TAG_SIZE]; /* BCP 47: as the document declares it; else as its text tells,
                                         and the metadata has "language_source"; "": neither does */
    struct buf title; /* "" when the document has none; at most 1,000 bytes, one line */
    struct buf body;
    struct buf metadata; /* a JSON object */
};

/* A document inside a document. */
struct extract_part {
    unsigned number; /* from 1, in the order in which they lie in the file, a part before its own */
    unsigned parent; /* its number; 0: the file itself */
    unsigned ordinal; /* from 1, among the parts of its parent */
    const char *path; /* inside its parent, valid UTF-8: a file name, or a path with slashes */
    size_t path_size;
    const char *bytes;
    size_t size;
    struct extraction *extraction; /* may be changed, not freed */
};

struct extractor;

/* Loads what the formats need. Call once, before the sandbox. `ret` is freed by extract_close(). */
int extract_open(const struct extract_limits *limits, struct extractor **ret,
                 struct reason *why) MUST_CHECK;

/* NULL is allowed; returns NULL. */
struct extractor *extract_close(struct extractor *x);

/* Reads one document into `out`, which is cleared first and keeps its memory for the next one.
 * Bad content is no error: it ends as plain text, or as `supported == false` with its type.
 * Fails with -ENOMEM, or with what `take_part` returned. */
int extract_document(struct extractor *x, const struct extract_input *in,
                     struct extraction *out) MUST_CHECK;

/* Adds "name": "value" to the metadata; both are plain ASCII. */
void extraction_flag(struct extraction *e, const char *name, const char *value);

/* Frees the buffers of an extraction that began as all zeroes. */
void extraction_done(struct extraction *e);
