/* mail_name.c - what the parts of a message are called: by the file name that they declare, a message
 * by its subject, what came from the web by the end of its address, anything else by its number and
 * type. Names come from strangers, so only the last component of a path is kept.
 */
#include "extract/mail/mail.h"
#include "extract/mail/mail_charset.h"
#include "extract/mail/mail_param.h"

#include "base/utf8.h"

#include <string.h>

enum { MAX_SUBJECT_NAME = 100 };

/* Names of parts that have none, by type. */
static const struct {
    const char *type, *extension;
} extensions[] = {
    {"text/plain", "txt"},
    {"text/html", "html"},
    {"text/calendar", "ics"},
    {"text/vcard", "vcf"},
    {"text/x-vcard", "vcf"},
    {"text/directory", "vcf"},
    {"text/csv", "csv"},
    {"text/xml", "xml"},
    {"text/rtf", "rtf"},
    {"text/css", "css"},
    {"text/javascript", "js"},
    {"text/", "txt"},
    {"message/delivery-status", "txt"},
    {"message/disposition-notification", "txt"},
    {"message/", "eml"},
    {"image/jpeg", "jpg"},
    {"image/png", "png"},
    {"image/gif", "gif"},
    {"image/svg", "svg"},
    {"image/tiff", "tif"},
    {"image/bmp", "bmp"},
    {"image/webp", "webp"},
    {"application/pdf", "pdf"},
    {"application/zip", "zip"},
    {"application/json", "json"},
    {"application/rtf", "rtf"},
    {"application/msword", "doc"},
    {"application/ms-tnef", "dat"},
    {"application/pgp-signature", "asc"},
    {"application/pgp-encrypted", "asc"},
    {"application/pkcs7-signature", "p7s"},
    {"application/x-pkcs7-signature", "p7s"},
    {"application/pkcs7-mime", "p7m"},
    {"", "bin"},
};

static void name_by_type(const struct mail *m, const struct mail_entity *e, struct buf *name)
{
    size_t i = 0;

    while (strncmp(e->type, extensions[i].type, strlen(extensions[i].type)) != 0)
        i++;
    buf_clear(name);
    buf_printf(name, "part-%u.%s", m->n_parts, extensions[i].extension);
}

/* Cuts a path to its last component: names come from anywhere. */
static void keep_base_name(struct buf *name)
{
    size_t start = name->size;

    while (start > 0 && name->data[start - 1] != '/' && name->data[start - 1] != '\\')
        start--;
    if (start == 0)
        return;
    memmove(name->data, name->data + start, name->size - start);
    buf_truncate(name, name->size - start);
}

/* A message's own subject as a file's name. */
static int name_by_subject(struct mail *m, const struct mail_entity *e, struct buf *name)
{
    const char *bytes = e->body.at;
    struct mail_fields fields;
    int r = 0;

    if (e->transfer != MAIL_IDENTITY)
        return 0;
    (void)mail_fields_read(bytes, e->body.n, &fields);
    if (fields.of[MAIL_SUBJECT].at)
        r = mail_words_decode(m->x, m->charset, fields.of[MAIL_SUBJECT].at,
                              fields.of[MAIL_SUBJECT].n, name);
    buf_truncate(name,
                 utf8_cut(buf_text(name), name->size, MIN(name->size, (size_t)MAX_SUBJECT_NAME)));
    for (size_t i = 0; i < name->size; i++) {
        if (name->data[i] == '/' || name->data[i] == '\\')
            name->data[i] = '_';
    }
    if (name->size > 0)
        buf_add_str(name, ".eml");
    return r;
}

int mail_declared_name(struct mail *m, const struct mail_entity *e, struct buf *name)
{
    struct mail_fields fields;
    int r;

    (void)mail_fields_read(e->header.at, e->header.n, &fields);
    r = mail_param_text(m->x, m->charset, &fields.of[MAIL_DISPOSITION], "filename", name);
    if (r == 0 && name->size == 0)
        r = mail_param_text(m->x, m->charset, &fields.of[MAIL_TYPE], "name", name);
    if (r == 0)
        keep_base_name(name);
    return r;
}

int mail_part_name(struct mail *m, const struct mail_entity *e, struct buf *name)
{
    struct mail_fields fields;
    int r = mail_declared_name(m, e, name);

    if (r == 0 && name->size == 0 && e->kind == MAIL_MESSAGE)
        r = name_by_subject(m, e, name);
    (void)mail_fields_read(e->header.at, e->header.n, &fields);
    if (r == 0 && name->size == 0 && fields.of[MAIL_LOCATION].at) {
        r = mail_words_decode(m->x, m->charset, fields.of[MAIL_LOCATION].at,
                              fields.of[MAIL_LOCATION].n, name);
        buf_truncate(name, strcspn(buf_text(name), "?#"));
        keep_base_name(name);
    }
    if (r == 0 && name->size == 0)
        name_by_type(m, e, name);
    return r != 0 ? r : buf_error(name);
}
