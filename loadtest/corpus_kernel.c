/* corpus_kernel.c - documents that people wrote: the Linux kernel's
 * documentation, each content of 200 to 900,000 bytes once. They are held in
 * memory, 150 MB. */
#include "corpus.h"

#include "linux_doc.h"

#include <openssl/sha.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#define MIN_TEXT_BYTES 200
#define MAX_TEXT_BYTES 900000

struct loading {
    struct corpus *corpus;
    void *hashes; /* of texts that are there already */
};

static int compare(const void *a, const void *b)
{
    return memcmp(a, b, SHA256_DIGEST_LENGTH);
}

static const char *extension_of(const char *name)
{
    static const char *const known[] = {"html", "rst", "txt", "yaml"};

    for (size_t i = 0; i < ARRAY_SIZE(known); i++)
        if (strcmp(strrchr(name, '.') + 1, known[i]) == 0)
            return known[i];
    return "txt";
}

static int grow(struct corpus *c)
{
    size_t max = MAX(c->max_texts * 2, (size_t)4096);
    struct kernel_text *texts = reallocarray(c->texts, max, sizeof(*texts));

    if (!texts)
        return -ENOMEM;
    c->texts = texts;
    c->max_texts = max;
    return 0;
}

/* 1 when these bytes were seen before. */
static int remember(struct loading *l, const unsigned char *hash)
{
    unsigned char *copy = malloc(SHA256_DIGEST_LENGTH);
    unsigned char **found;

    if (!copy)
        return -ENOMEM;
    memcpy(copy, hash, SHA256_DIGEST_LENGTH);
    found = tsearch(copy, &l->hashes, compare);
    if (found && *found == copy)
        return 0;
    free(copy);
    return found ? 1 : -ENOMEM;
}

static int see_text(void *data, const char *name, bool packed, struct buf *content)
{
    struct loading *l = data;
    struct corpus *c = l->corpus;
    struct kernel_text text = {.n_bytes = content->size, .extension = extension_of(name)};
    int r;

    (void)packed;
    if (content->size < MIN_TEXT_BYTES || content->size > MAX_TEXT_BYTES)
        return 0;
    (void)SHA256((const unsigned char *)content->data, content->size, text.sha256);
    r = remember(l, text.sha256);
    if (r == 0 && c->n_texts == c->max_texts)
        r = grow(c);
    if (r != 0)
        return MIN(r, 0);
    text.bytes = buf_take(content);
    c->texts[c->n_texts++] = text;
    return 0;
}

int corpus_open_kernel(struct corpus *c, struct reason *why)
{
    struct loading l = {.corpus = c};
    int r = linux_doc_walk(see_text, &l, why);

    tdestroy(l.hashes, free);
    if (r == 0 && c->n_texts == 0) {
        reason_set(why, "linux-doc has no texts: install the package linux-doc");
        return 1;
    }
    return r;
}

/* Behind the last one it begins anew, with a line that makes the content
 * another. */
void corpus_make_kernel(const struct corpus *c, uint64_t i, struct corpus_document *ret)
{
    const struct kernel_text *text = &c->texts[i % c->n_texts];

    ret->extension = text->extension;
    buf_add(&ret->bytes, text->bytes, text->n_bytes);
    if (i >= c->n_texts)
        buf_printf(&ret->bytes, "\n\nedition %llu\n", (unsigned long long)(i / c->n_texts + 1));
}
