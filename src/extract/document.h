/* document.h - one document while it is being read, and the only ways to write its extraction.
 *
 * A format sees the text as valid UTF-8 without NUL and writes through result_*(): those keep every
 * bound (length of body, title, values; size of the metadata), so no format has to think of them.
 */
#pragma once

#include "base/json.h"
#include "extract/extract.h"

/* An extractor says that the content is not of its format after all; the driver undoes what it
 * wrote. */
#define EXTRACT_REFUSED 1

enum result_bounds {
    MAX_TITLE_BYTES = 1000,
    MAX_KEY_BYTES = 100,
    MAX_VALUE_BYTES = 2000,
    MAX_METADATA_BYTES = 256 * 1024,
    MAX_METADATA_KEYS = 256,
    MAX_LIST_ITEMS = 200,
    MAX_LIST_ITEM_BYTES = 200,
};

/* The metadata object as far as it is written. */
struct meta {
    struct json json;
    uint64_t seen[MAX_METADATA_KEYS]; /* hashes of the keys: the first value of a key counts */
    unsigned n_seen;
    unsigned n_items; /* of the list that is open */
    bool in_fields;   /* "fields" is open */
    bool had_fields;  /* or was, and is closed */
};

struct document {
    const struct extract_limits *limits;
    const char *name;  /* may be NULL */
    const char *bytes; /* the file as it is, `n_bytes` of them */
    size_t n_bytes;
    const char *text; /* valid UTF-8 without NUL, `size` bytes, not terminated; of binary formats
                         NULL */
    size_t size;
    bool marked; /* the file begins with a UTF-8 byte order mark, which is not in `text` */
    bool cut_off;
    struct extraction *out;
    struct meta meta;
    size_t mark_bytes; /* result_mark(): where the driver's own metadata ends */
    unsigned mark_seen;
    struct parts *parts; /* of the file that this is, or is a part of; part.h */
    unsigned number;     /* 0: the file itself */
    unsigned depth;      /* of parts inside parts; 0: the file itself */
    unsigned n_parts;    /* that it has itself */
};

/* Clears the extraction and begins its metadata. */
void result_begin(struct document *d);

/* Remembers the state that result_rollback() returns to: a blank result with the metadata so far.
 */
void result_mark(struct document *d);
void result_rollback(struct document *d);

/* Makes result_end() fail with -ENOMEM. */
void result_out_of_memory(struct document *d);

/* Closes the metadata. 0 or -ENOMEM. */
int result_end(struct document *d) MUST_CHECK;

/* The body is the file, byte for byte when that is UTF-8: its byte order mark included, so that
 * nobody who compares the two finds a difference. */
void result_whole_text(struct document *d);

/* Appends to the body; what exceeds the limit is cut at a character and flagged. */
void result_text(struct document *d, const char *text, size_t n);
bool result_is_full(const struct document *d);

/* Sets the title if there is none yet: white space collapsed to one line, cut at a character. */
void result_title(struct document *d, const char *text, size_t n);

/* Sets the language if there is none yet and `text` means a BCP 47 tag (language_tag.h). */
void result_language(struct document *d, const char *text, size_t n);

/* Whether `text` is shaped like a BCP 47 tag. */
bool result_is_language(const char *text, size_t n);

/* What keys are compared by. */
uint64_t result_key_hash(const char *key);

/* One member of the metadata. A key that is there already, or a full object: nothing happens. */
void result_meta_str(struct document *d, const char *key, const char *text, size_t n);
void result_meta_uint(struct document *d, const char *key, uint64_t value);

/* The same with a value that is JSON. */
void result_meta_json(struct document *d, const char *key, const char *json, size_t n);
void result_meta_bool(struct document *d, const char *key, bool value);

/* A member of the object "fields": what the document itself calls its values. Only whole values are
 * kept, of at most MAX_LIST_ITEM_BYTES and no white space alone; names are cut at MAX_KEY_BYTES, and
 * the first of a name counts. `raw` is a JSON value. Between the first field and result_fields_end()
 * nothing else is written to the metadata. */
void result_field(struct document *d, const char *name, size_t name_n, const char *text, size_t n);
void result_field_raw(struct document *d, const char *name, size_t name_n, const char *raw,
                      size_t n);
void result_fields_end(struct document *d);

/* A list of strings. `_open` returns false when the key cannot be added: then add nothing. */
bool result_meta_list_open(struct document *d, const char *key);
void result_meta_list_add(struct document *d, const char *text, size_t n);
void result_meta_list_close(struct document *d);

static inline bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static inline bool is_alpha(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static inline bool is_alnum(char c)
{
    return is_alpha(c) || (c >= '0' && c <= '9');
}

static inline char to_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

/* `text` begins with the lowercase ASCII `prefix`, whatever its case. */
bool starts_with(const char *text, size_t size, const char *prefix);

/* Shortens [*text, *n) by the white space at both ends. */
void trim(const char **text, size_t *n);

/* The line that begins at `at`, without its line end; returns where the next one begins. */
size_t next_line(const char *text, size_t size, size_t at, const char **ret_line, size_t *ret_n);
