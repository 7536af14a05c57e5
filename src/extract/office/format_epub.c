/* format_epub.c - EPUB 2 and 3: the pages of a book in the order in which they are read.
 *
 * META-INF/container.xml names the package document (epub_opf.c), that names the pages; each is
 * read as any other page of HTML is (html.h), with a blank line between two. What is missing is
 * passed over, and the metadata says "damaged"; without container or package document the pages
 * are found by their names. Pages that META-INF/encryption.xml lists (but for fonts, which are only
 * obfuscated) are not read, and the metadata says "encrypted".
 */
#include "extract/office/epub_opf.h"
#include "extract/extractor.h"
#include "extract/markup/html.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { MAX_TYPE_BYTES = 200 };

struct book {
    struct extractor *x;
    struct document *d;
    struct package *p;
    struct buf root; /* path of the package document */
    struct opf opf;
    struct buf encrypted; /* hashes of paths, sorted */
    bool is_font;         /* the entry of encryption.xml that is open is only obfuscated */
    struct buf path, page;
};

static void on_container_start(void *user, const struct xml_tag *tag)
{
    struct book *b = user;
    struct xml_value path, type;

    if (strcmp(tag->name, "rootfile") != 0 || b->root.size > 0)
        return;
    if (xml_tag_attribute(tag, "media-type", &type) &&
        !xml_value_is(type, "application/oebps-package+xml"))
        return;
    if (xml_tag_attribute(tag, "full-path", &path))
        buf_add(&b->root, path.text, path.size);
}

static const struct xml_handler container_handler = {.start = on_container_start};

/* Algorithms that only make fonts hard to copy (EPUB 3.3, 4.2.6.3.1; Adobe's). */
static bool is_obfuscation(struct xml_value algorithm)
{
    return xml_value_is(algorithm, "http://www.idpf.org/2008/embedding") ||
           xml_value_is(algorithm, "http://ns.adobe.com/pdf/enc#RC");
}

/* FNV-1a, 64 bits. */
static uint64_t path_hash(const struct buf *path)
{
    uint64_t hash = 0xcbf29ce484222325u;

    for (size_t i = 0; i < path->size; i++)
        hash = (hash ^ (uint8_t)path->data[i]) * 0x100000001b3u;
    return hash;
}

static void on_encryption_start(void *user, const struct xml_tag *tag)
{
    struct book *b = user;
    struct xml_value value;
    uint64_t hash;

    if (strcmp(tag->name, "EncryptedData") == 0)
        b->is_font = false;
    if (strcmp(tag->name, "EncryptionMethod") == 0 && xml_tag_attribute(tag, "Algorithm", &value))
        b->is_font |= is_obfuscation(value);
    if (strcmp(tag->name, "CipherReference") != 0 || b->is_font ||
        !xml_tag_attribute(tag, "URI", &value))
        return;
    buf_clear(&b->page);
    buf_add(&b->page, value.text, value.size);
    opf_resolve("", buf_text(&b->page), &b->path);
    hash = path_hash(&b->path);
    buf_add(&b->encrypted, &hash, sizeof(hash));
}

static const struct xml_handler encryption_handler = {.start = on_encryption_start};

static int compare_hashes(const void *a, const void *b)
{
    uint64_t left, right;

    memcpy(&left, a, sizeof(left));
    memcpy(&right, b, sizeof(right));
    return (left > right) - (left < right);
}

static bool is_encrypted(const struct book *b, const struct buf *path)
{
    uint64_t hash = path_hash(path);

    return b->encrypted.size > 0 &&
           bsearch(&hash, b->encrypted.data, b->encrypted.size / sizeof(hash), sizeof(hash),
                   compare_hashes);
}

static bool has_extension(const char *name, const char *extension)
{
    size_t n = strlen(name), length = strlen(extension);

    return n > length && strcasecmp(name + n - length, extension) == 0;
}

/* The first member that is called like a package document. */
static void find_root(struct book *b)
{
    for (size_t i = 0; b->root.size == 0 && i < package_count(b->p); i++) {
        if (has_extension(package_name(b->p, i), ".opf"))
            buf_add_str(&b->root, package_name(b->p, i));
    }
}

/* Whether it is a book. A package that does not say so must have a container at least: any archive
 * may hold a package document. 0, EXTRACT_REFUSED, -ENOMEM. */
static int check_type(struct book *b)
{
    static const char epub[] = "application/epub";
    int r = package_read(b->p, "mimetype", MAX_TYPE_BYTES, &b->page);
    const char *type = buf_text(&b->page);
    size_t n = b->page.size;

    if (r < 0)
        return r;
    trim(&type, &n);
    if (n > 0)
        return starts_with(type, n, epub) ? 0 : EXTRACT_REFUSED;
    return package_has(b->p, "META-INF/container.xml") ? 0 : EXTRACT_REFUSED;
}

/* Reads a member as a page. 0 or -ENOMEM. */
static int read_page(struct book *b, const char *name)
{
    struct decoded text;
    int r;

    if (is_encrypted(b, &b->path)) {
        package_flag_encrypted(b->d);
        return 0;
    }
    r = package_read(b->p, name, 0, &b->page);
    if (r == EXTRACT_REFUSED)
        package_flag_damaged(b->d, "a page is missing");
    if (r != 0 || b->page.size == 0)
        return r < 0 ? r : 0;
    r = decode_text(&b->x->decoder, buf_text(&b->page), b->page.size, false, &text);
    if (r == DECODE_BINARY)
        package_flag_damaged(b->d, "a page that is not text");
    if (r == 0)
        r = html_append_text(b->x, b->d, text.text, text.size);
    if (r == EXTRACT_REFUSED)
        package_flag_damaged(b->d, "a page that cannot be read");
    return r < 0 ? r : 0;
}

static int read_places(struct book *b)
{
    struct opf_item *item;
    int r = 0;

    for (size_t i = 0; r == 0 && i < opf_count(&b->opf) && !result_is_full(b->d); i++) {
        item = opf_at(&b->opf, i);
        if (!item) {
            package_flag_damaged(b->d, "a page is missing");
            continue;
        }
        if (item->is_read || !opf_is_page(&b->opf, item))
            continue;
        item->is_read = true;
        opf_resolve(buf_text(&b->root), opf_text(&b->opf, item->href), &b->path);
        r = buf_error(&b->path) < 0 ? -ENOMEM : read_page(b, buf_text(&b->path));
    }
    return r;
}

/* Nothing says what the book consists of. */
static int read_by_name(struct book *b)
{
    const char *name;
    size_t at = 0;
    int r = 0;

    package_flag_damaged(b->d, "no package document");
    while (r == 0 && !result_is_full(b->d) && (name = package_next(b->p, "", &at))) {
        if (!has_extension(name, "html") && !has_extension(name, ".htm"))
            continue;
        buf_clear(&b->path);
        buf_add_str(&b->path, name);
        r = read_page(b, name);
    }
    return r;
}

/* Metadata and pages. 0 or -ENOMEM. */
static int read_root(struct book *b)
{
    int r = EXTRACT_REFUSED;

    if (!package_has(b->p, buf_text(&b->root)))
        buf_clear(&b->root); /* the container is wrong */
    find_root(b);
    if (b->root.size > 0)
        r = xml_events_read_member(b->p, buf_text(&b->root), &opf_handler, &b->opf);
    if (r >= 0 && opf_seal(&b->opf) < 0)
        r = -ENOMEM;
    if (r < 0)
        return r;
    facts_write(&b->opf.facts, b->d);
    return opf_count(&b->opf) > 0 ? read_places(b) : read_by_name(b);
}

static int read_book(struct book *b)
{
    int r = xml_events_read_member(b->p, "META-INF/container.xml", &container_handler, b);

    if (r == EXTRACT_REFUSED)
        package_flag_damaged(b->d, "no container");
    if (r >= 0)
        r = xml_events_read_member(b->p, "META-INF/encryption.xml", &encryption_handler, b);
    if (r >= 0 && (buf_error(&b->root) < 0 || buf_error(&b->encrypted) < 0))
        r = -ENOMEM;
    if (r < 0)
        return r;
    if (b->encrypted.size > 0)
        qsort(b->encrypted.data, b->encrypted.size / sizeof(uint64_t), sizeof(uint64_t),
              compare_hashes);
    return read_root(b);
}

static void book_done(struct book *b)
{
    opf_done(&b->opf);
    buf_done(&b->root);
    buf_done(&b->encrypted);
    buf_done(&b->path);
    buf_done(&b->page);
    package_close(b->p);
}

int extract_epub(struct extractor *x, struct document *d)
{
    struct book b = {.x = x, .d = d};
    int r = package_open(d, &b.p);

    if (r != 0)
        return r;
    r = check_type(&b);
    if (r == 0)
        r = read_book(&b);
    book_done(&b);
    return r;
}
