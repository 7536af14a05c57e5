/* mail.h - one message while it is read; internal to format_mail.c and its helpers. */
#pragma once

#include "extract/mail/mail_tree.h"

struct mail {
    struct extractor *x;
    struct document *d;
    struct mail_tree tree;
    struct mail_fields fields; /* of the message itself */
    char charset[64];          /* that it names for itself; "" */
    struct buf text;           /* what it shows */
    struct buf names;          /* of its parts, each with a NUL behind it */
    unsigned n_parts;
    bool no_more_parts; /* a bound is reached: the others are named only */
};

/* Appends what the message shows to m->text, and marks the entities whose text that is, or whose
 * text is left out for another version of it. 0 or -ENOMEM. */
int mail_show(struct mail *m) MUST_CHECK;

/* Hands every entity that mail_show() did not mark to part_read(). 0, or what that returned. */
int mail_attach(struct mail *m) MUST_CHECK;

/* Appends the file name that the entity's header gives it; nothing when it gives none. */
int mail_declared_name(struct mail *m, const struct mail_entity *e, struct buf *name) MUST_CHECK;

/* Appends a name for the entity in any case. */
int mail_part_name(struct mail *m, const struct mail_entity *e, struct buf *name) MUST_CHECK;
