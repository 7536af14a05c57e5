/* mail_tree.h - the parts of a message (RFC 2046), as slices of its bytes. */
#pragma once

#include "extract/mail/mail_header.h"
#include "extract/mail/mail_transfer.h"

enum { MAIL_MAX_TYPE = 80 };

/* What a part is for its reader. */
enum mail_kind {
    MAIL_PLAIN,
    MAIL_HTML,
    MAIL_ENRICHED,
    MAIL_TEXT,      /* of a kind that is shown as it is */
    MAIL_MESSAGE,   /* a message of its own */
    MAIL_FILE,      /* anything else */
    MAIL_MULTIPART, /* and what is shown after another: mixed, signed, unknown kinds */
    MAIL_ALTERNATIVE,
    MAIL_RELATED,
};

struct mail_entity {
    enum mail_kind kind;
    enum mail_transfer transfer;
    bool is_attached;         /* it says that it is no part of the text */
    bool is_marked;           /* the reader's own: the entity is dealt with */
    unsigned depth;           /* of the message itself 0 */
    unsigned end;             /* index behind the last entity inside this one */
    struct mail_span header;  /* with the empty line */
    struct mail_span body;    /* encoded as it is */
    char type[MAIL_MAX_TYPE]; /* "image/png"; the default when there is none */
};

/* In the order of the message: what is inside an entity follows it. The first is the message. */
struct mail_tree {
    struct mail_entity *entities;
    unsigned n, capacity;
    bool is_cut;    /* deeper or more parts than are read */
    bool is_open;   /* the last boundary is missing */
    bool is_sealed; /* multipart/encrypted, or its kin of S/MIME */
};

/* Reads the structure of a message. 0 or -ENOMEM; mail_tree_done() in any case. */
int mail_tree_read(struct mail_tree *t, const char *bytes, size_t size,
                   unsigned max_depth) MUST_CHECK;
void mail_tree_done(struct mail_tree *t);
