/* common.h - what the tests of the load test share: cmocka, hashes, well-formedness. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"

#include <libxml/parser.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* SHA-256 as text, in one of a few static buffers. */
static UNUSED const char *hash_of(const void *bytes, size_t n)
{
    static char texts[4][65];
    static unsigned next;
    char *text = texts[next++ % ARRAY_SIZE(texts)];
    unsigned char hash[SHA256_DIGEST_LENGTH];

    (void)SHA256(bytes, n, hash);
    for (size_t i = 0; i < sizeof(hash); i++)
        (void)snprintf(text + 2 * i, 3, "%02x", hash[i]);
    return text;
}

/* Fails unless `text` is a well-formed document. */
static UNUSED void assert_well_formed(const struct buf *text)
{
    xmlDocPtr document;

    assert_int_equal(buf_error(text), 0);
    document = xmlReadMemory(text->data, (int)text->size, "text.xml", NULL, XML_PARSE_NONET);
    if (!document)
        fail_msg("not well-formed: %.2000s", text->data);
    xmlFreeDoc(document);
}

/* How often `part` stands in `text`. */
static UNUSED size_t count_of(const char *text, const char *part)
{
    size_t n = 0;

    for (const char *at = text; (at = strstr(at, part)); at += strlen(part))
        n++;
    return n;
}

/* Fails, and shows both, unless `part` stands in `text`. */
#define assert_contains(text, part)                              \
    do {                                                         \
        if (!strstr((text), (part)))                             \
            fail_msg("\"%s\" is not in \"%s\"", (part), (text)); \
    } while (0)
