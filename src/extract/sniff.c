/* sniff.c - which format a document is: content decides, the name only chooses among kinds of text.
 *
 * A family's test is cheap and may be wrong; its extractor has the last word (EXTRACT_REFUSED).
 * Bytes that are not text are named by libmagic, whose database is mapped once; its answers are
 * copied, because it reuses its memory. Looks at no file. libmagic serves one thread, and does not
 * survive a failed malloc (5.44 frees twice), so it is asked only when there is memory to spare.
 */
#include "extract/sniff.h"

#include "extract/mail/mail_sniff.h"
#include "extract/markup/markup.h"

#include <magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define MAGIC_FLAGS                                                                         \
    (MAGIC_MIME_TYPE | MAGIC_NO_CHECK_COMPRESS | MAGIC_NO_CHECK_ELF | MAGIC_NO_CHECK_TEXT | \
     MAGIC_NO_CHECK_ENCODING | MAGIC_NO_CHECK_CSV | MAGIC_NO_CHECK_JSON | MAGIC_NO_CHECK_TOKENS)

enum {
    MAGIC_BYTES = 1 << 20,
    MAGIC_MEMORY_BYTES = 8 << 20,
    MAX_EXTENSION = 16,
    MAX_BASE_NAME = 32,
    MAX_SHEBANG = 256
};

static const char unknown_type[] = "application/octet-stream";

int sniff_init(struct extractor *x, struct reason *why)
{
    magic_t cookie = magic_open(MAGIC_FLAGS);

    if (!cookie)
        return -ENOMEM;
    x->magic = cookie;
    if (magic_load(cookie, NULL) < 0) {
        reason_set(why, "libmagic cannot load its database: %s", magic_error(cookie));
        return -ENOENT;
    }
    (void)magic_buffer(cookie, "\0\1\2\3", 4);
    return 0;
}

void sniff_done(struct extractor *x)
{
    if (x->magic)
        magic_close(x->magic);
    x->magic = NULL;
    while (x->n_foreign_types > 0)
        free(x->foreign_types[--x->n_foreign_types]);
}

/* "ustar" lies behind the fields of the first header (POSIX.1-2017, pax, ustar Interchange Format). */
#define TAR_MARK_AT 257

/* Where readers of PDF still look for its mark (ISO 32000-1, Annex H.3.4.1). */
#define NEAR_BYTES 1024

/* The mark, with a digit behind it, begins a line, or follows bytes that no text has. */
static bool has_mark_near(const char *mark, const char *bytes, size_t size)
{
    const size_t n = strlen(mark);
    const char *at = bytes, *end = bytes + MIN(size, (size_t)NEAR_BYTES);

    for (; (at = memmem(at, (size_t)(end - at), mark, n)); at += n) {
        if (at > bytes && at + n < end && at[n] >= '0' && at[n] <= '9' &&
            ((unsigned char)at[-1] < ' ' || (unsigned char)at[-1] >= 0x7f))
            return true;
    }
    return false;
}

static bool has_signature(const struct format *f, const char *bytes, size_t size)
{
    size_t at = f->family == FAMILY_TAR ? TAR_MARK_AT : 0, n;

    if (f->family < FAMILY_SIGNATURE || f->family == FAMILY_NAMED)
        return false;
    if (f->family == FAMILY_SIGNATURE_NEAR)
        return has_mark_near(f->mark, bytes, size);
    n = strlen(f->mark) + (f->family == FAMILY_SIGNATURE_NUL);
    return size >= at + n && memcmp(bytes + at, f->mark, n) == 0;
}

static const struct format *find_signature(const struct format *from, const char *bytes,
                                           size_t size)
{
    for (const struct format *f = from; f < formats + n_formats; f++) {
        if (has_signature(f, bytes, size))
            return f;
    }
    return NULL;
}

const struct format *sniff_signature(const char *bytes, size_t size)
{
    return find_signature(formats, bytes, size);
}

const struct format *sniff_next_signature(const struct format *f, const char *bytes, size_t size)
{
    return find_signature(f + 1, bytes, size);
}

/* `word` is one of the words in `list`, which spaces separate. */
static bool list_has(const char *list, const char *word)
{
    size_t n = strlen(word);

    for (const char *at = list; n > 0 && (at = strstr(at, word)); at += n) {
        if ((at == list || at[-1] == ' ') && (at[n] == '\0' || at[n] == ' '))
            return true;
    }
    return false;
}

/* The last part of a path in lowercase, cut to what a table entry can be; its extension behind the
 * dot. */
static void split_name(const char *name, char base[MAX_BASE_NAME], char extension[MAX_EXTENSION])
{
    const char *slash = name ? strrchr(name, '/') : NULL, *dot;
    size_t n = 0;

    base[0] = extension[0] = '\0';
    if (!name)
        return;
    name = slash ? slash + 1 : name;
    dot = strrchr(name, '.');
    if (strlen(name) < MAX_BASE_NAME) {
        for (; name[n]; n++)
            base[n] = to_lower(name[n]);
        base[n] = '\0';
    }
    if (dot && strlen(dot + 1) < MAX_EXTENSION) {
        for (n = 0; dot[n + 1]; n++)
            extension[n] = to_lower(dot[n + 1]);
        extension[n] = '\0';
    }
}

/* The text's first line is "#!" and runs a program whose name contains `program`. */
static bool runs_program(const struct document *d, const char *program)
{
    const char *line, *word;
    size_t n;

    if (d->size < 2 || d->text[0] != '#' || d->text[1] != '!')
        return false;
    (void)next_line(d->text, MIN(d->size, (size_t)MAX_SHEBANG), 0, &line, &n);
    word = memrchr(line, '/', n);
    return word && memmem(word, n - (size_t)(word - line), program, strlen(program));
}

static bool has_mark(const struct format *f, const struct document *d)
{
    const char *root;
    size_t n;

    switch (f->family) {
    case FAMILY_HTML:
        return starts_with(d->text, d->size, f->mark);
    case FAMILY_XML:
        root = markup_root(d->text, d->size, &n);
        return root && n == strlen(f->mark) && memcmp(root, f->mark, n) == 0;
    case FAMILY_TEXT:
        return runs_program(d, f->mark);
    default:
        return false;
    }
}

static char first_char(const struct document *d)
{
    size_t at = 0;

    while (at < d->size && is_space(d->text[at]))
        at++;
    return at < d->size ? d->text[at] : '\0';
}

/* The name is one of those that a row of the family goes by. */
static bool is_named(enum family family, const char *extension)
{
    for (size_t i = 0; i < n_formats; i++) {
        if (formats[i].family == family && formats[i].names &&
            list_has(formats[i].names, extension))
            return true;
    }
    return false;
}

static bool may_be(enum family family, const struct document *d, const char *extension)
{
    char first = first_char(d);

    switch (family) {
#ifdef PENSTOCK_FAILPOINTS
    case FAMILY_POISON:
        return starts_with(d->text, d->size, "%poison ");
#endif
    case FAMILY_HTML:
        return markup_starts_html(d->text, d->size) ||
               (is_named(family, extension) && markup_has_tags(d->text, d->size));
    case FAMILY_XML:
        return first == '<' && markup_starts_xml(d->text, d->size);
    case FAMILY_JSON:
    case FAMILY_NDJSON:
        return first == '{' || first == '[' || (first && is_named(family, extension));
    case FAMILY_MAIL:
        return mail_is_message(d->text, d->size, is_named(family, extension));
    case FAMILY_MBOX:
        return mail_is_mailbox(d->text, d->size, is_named(family, extension));
    case FAMILY_TEXT:
        return true;
    default:
        return false;
    }
}

const struct format *sniff_text(enum family family, const struct document *d)
{
    const struct format *first = NULL, *named = NULL, *f;
    char base[MAX_BASE_NAME], extension[MAX_EXTENSION];

    split_name(d->name, base, extension);
    if (!may_be(family, d, extension))
        return NULL;
    for (size_t i = 0; i < n_formats; i++) {
        f = &formats[i];
        if (f->family != family)
            continue;
        first = first ? first : f;
        if (!named && f->names && (list_has(f->names, extension) || list_has(f->names, base)))
            named = f;
        if (f->mark && !(named && family == FAMILY_TEXT) && has_mark(f, d))
            return f;
    }
    return named ? named : first;
}

const struct format *sniff_named(const char *name)
{
    char base[MAX_BASE_NAME], extension[MAX_EXTENSION];

    split_name(name, base, extension);
    for (size_t i = 0; i < n_formats; i++) {
        if (formats[i].family == FAMILY_NAMED && list_has(formats[i].names, extension))
            return &formats[i];
    }
    return NULL;
}

const struct format *sniff_mail(const struct document *d)
{
    struct document raw = {.name = d->name, .text = d->bytes, .size = d->n_bytes};
    const struct format *f = sniff_text(FAMILY_MAIL, &raw);

    return f ? f : sniff_text(FAMILY_MBOX, &raw);
}

/* "type/subtype" of the characters that RFC 6838 allows; libmagic has been seen to answer two at
 * once. */
static bool is_media_type(const char *type)
{
    const char *slash = strchr(type, '/');

    if (!slash || slash == type || !slash[1] || strlen(type) > 100)
        return false;
    for (const char *c = type; *c; c++) {
        if (c != slash && !is_alnum(*c) && !strchr("!#$&-^_.+", *c))
            return false;
    }
    return true;
}

/* Keeps a name that libmagic may overwrite. Its database has fewer names than there are places. */
static const char *keep_type(struct extractor *x, const char *type)
{
    char *copy;

    for (size_t i = 0; i < x->n_foreign_types; i++) {
        if (strcmp(x->foreign_types[i], type) == 0)
            return x->foreign_types[i];
    }
    if (x->n_foreign_types == MAX_FOREIGN_TYPES)
        return unknown_type;
    copy = strdup(type);
    if (copy)
        x->foreign_types[x->n_foreign_types++] = copy;
    return copy;
}

/* Whether libmagic will find the memory that it may need. Not by malloc(3): freeing that much
 * teaches it to keep as much from then on. */
static bool has_memory_to_spare(void)
{
    void *memory =
        mmap(NULL, MAGIC_MEMORY_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (memory == MAP_FAILED)
        return false;
    (void)munmap(memory, MAGIC_MEMORY_BYTES);
    return true;
}

const char *sniff_binary(struct extractor *x, const struct format *known, const char *bytes,
                         size_t size)
{
    const char *type;

    while (x->outer)
        x = x->outer;
    if (!has_memory_to_spare())
        return NULL;
    type = magic_buffer(x->magic, bytes, MIN(size, (size_t)MAGIC_BYTES));
    if (!type && magic_errno(x->magic) == ENOMEM)
        return NULL;
    if (!type || !is_media_type(type) || strcmp(type, unknown_type) == 0 ||
        strncmp(type, "text/", 5) == 0 || strncmp(type, "inode/", 6) == 0)
        return known ? known->media_type : unknown_type;
    return keep_type(x, type);
}
