/* format_yaml.c - YAML: the body is the file's text; libyaml's events give the title and, for the
 * front matter of Markdown, the fields.
 *
 * Only the first document is read, at most its first 256 kB, and no tree is built, so aliases
 * cannot multiply. Malformed YAML ends the reading and is no fault of the document. A field deeper
 * than the top level is passed over, but for the names of authors. Title: "title", or else "name".
 */
#include "extract/extractor.h"
#include "extract/facts.h"
#include "extract/text/yaml_fields.h"

#include <string.h>
#include <yaml.h>

enum { MAX_YAML_BYTES = 256 * 1024, MAX_YAML_EVENTS = 100 * 1000 };

/* Fields of front matter that go under a stable name; others keep theirs. */
static const struct fact_name names[] = {
    {"author", FACT_CREATOR, 0},          {"authors", FACT_CREATOR, 0},
    {"creator", FACT_CREATOR, 0},         {"date", FACT_CREATED, 1},
    {"created", FACT_CREATED, 0},         {"published", FACT_CREATED, 2},
    {"modified", FACT_MODIFIED, 0},       {"updated", FACT_MODIFIED, 0},
    {"lastmod", FACT_MODIFIED, 0},        {"lang", FACT_LANGUAGE, 0},
    {"language", FACT_LANGUAGE, 0},       {"locale", FACT_LANGUAGE, 1},
    {"tags", FACT_KEYWORDS, 0},           {"keywords", FACT_KEYWORDS, 0},
    {"description", FACT_DESCRIPTION, 0}, {"summary", FACT_DESCRIPTION, 1},
    {"subject", FACT_SUBJECT, 0},         {"publisher", FACT_PUBLISHER, 0},
    {"generator", FACT_PRODUCER, 0},      {"copyright", FACT_RIGHTS, 0},
    {"rights", FACT_RIGHTS, 1},
};

struct fields {
    struct document *d;
    enum yaml_wish wish;
    unsigned depth; /* of open mappings and sequences; 1 is inside the top-level mapping */
    bool has_key;   /* `key` awaits its value */
    bool in_list;   /* the value is a sequence that goes into the metadata */
    bool in_name;   /* inside an author of several fields, behind "name" */
    const struct fact_name *name_of; /* the stable name of the key; NULL: none */
    struct facts facts;
    bool done;
    size_t n_fields;
    char key[MAX_KEY_BYTES + 1];
    struct buf name; /* a title in case there is no better one */
};

static void set_key(struct fields *f, const char *text, size_t n)
{
    n = MIN(n, (size_t)MAX_KEY_BYTES);
    memcpy(f->key, text, n);
    f->key[n] = '\0';
    f->has_key = true;
    f->name_of = f->wish == YAML_METADATA ? facts_find(names, ARRAY_SIZE(names), f->key) : NULL;
    f->n_fields++;
}

static void on_value(struct fields *f, const char *text, size_t n)
{
    f->has_key = false;
    if (strcmp(f->key, "title") == 0) {
        result_title(f->d, text, n);
        f->done = f->wish == YAML_TITLE;
    } else if (strcmp(f->key, "name") == 0 && f->name.size == 0) {
        buf_add(&f->name, text, MIN(n, (size_t)MAX_VALUE_BYTES));
    }
    if (f->wish != YAML_METADATA)
        return;
    if (f->name_of)
        facts_add(&f->facts, f->name_of->fact, f->name_of->rank, text, n);
    else if (strcmp(f->key, "title") != 0)
        result_meta_str(f->d, f->key, text, n);
}

/* Inside the value of a key with a stable name: an item of a list, or a field of an author, of
 * whom only the name is told ("name" and what follows it; values of that word are not known). */
static void on_part(struct fields *f, const char *text, size_t n)
{
    bool is_item = f->depth == 2 && f->in_list;

    if (is_item || f->in_name)
        facts_add(&f->facts, f->name_of->fact, f->name_of->rank, text, n);
    f->in_name = !is_item && !f->in_name && n == 4 && memcmp(text, "name", 4) == 0 &&
                 f->name_of->fact == FACT_CREATOR;
}

static void on_scalar(struct fields *f, const char *text, size_t n)
{
    if (f->depth >= 2 && f->depth <= 3 && f->has_key && f->name_of)
        on_part(f, text, n);
    else if (f->depth == 2 && f->in_list)
        result_meta_list_add(f->d, text, n);
    else if (f->depth == 1 && f->has_key)
        on_value(f, text, n);
    else if (f->depth == 1)
        set_key(f, text, n);
}

static void on_open(struct fields *f, bool is_sequence)
{
    f->depth++;
    if (f->depth == 1)
        f->done = is_sequence; /* no fields here */
    else if (f->depth > f->d->limits->max_depth)
        f->done = true; /* libyaml's time grows with the square of the depth */
    else if (f->depth == 2 && f->has_key && is_sequence && f->wish == YAML_METADATA)
        f->in_list = f->name_of || result_meta_list_open(f->d, f->key);
}

static void on_close(struct fields *f)
{
    f->depth--;
    if (f->depth == 1 && f->in_list && !f->name_of)
        result_meta_list_close(f->d);
    if (f->depth == 1)
        f->in_list = f->has_key = f->in_name = false;
    f->done = f->done || f->depth == 0;
}

static void on_event(struct fields *f, const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_SCALAR_EVENT:
        on_scalar(f, (const char *)event->data.scalar.value, event->data.scalar.length);
        break;
    case YAML_ALIAS_EVENT:
        on_scalar(f, "", 0);
        break;
    case YAML_MAPPING_START_EVENT:
        on_open(f, false);
        break;
    case YAML_SEQUENCE_START_EVENT:
        on_open(f, true);
        break;
    case YAML_MAPPING_END_EVENT:
    case YAML_SEQUENCE_END_EVENT:
        on_close(f);
        break;
    case YAML_DOCUMENT_END_EVENT:
    case YAML_STREAM_END_EVENT:
        f->done = true;
        break;
    default:
        break;
    }
}

/* A failure that libyaml gives no reason for is one of memory as well. */
static bool is_no_memory(yaml_error_type_t error)
{
    return error == YAML_MEMORY_ERROR || error == YAML_NO_ERROR;
}

bool yaml_read_fields(struct document *d, const char *text, size_t n, enum yaml_wish wish)
{
    bool no_memory = false;
    struct fields f = {.d = d, .wish = wish};
    yaml_parser_t parser;
    yaml_event_t event;

    if (!yaml_parser_initialize(&parser)) {
        result_out_of_memory(d);
        return false;
    }
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser, (const unsigned char *)text, n);
    for (unsigned i = 0; !f.done && i < MAX_YAML_EVENTS; i++) {
        if (!yaml_parser_parse(&parser, &event)) {
            no_memory = is_no_memory(parser.error);
            break;
        }
        on_event(&f, &event);
        yaml_event_delete(&event);
    }
    if (f.in_list && !f.name_of)
        result_meta_list_close(d);
    if (no_memory || buf_error(&f.name))
        result_out_of_memory(d);
    yaml_parser_delete(&parser);
    result_title(d, buf_text(&f.name), f.name.size);
    buf_done(&f.name);
    facts_write(&f.facts, d);
    return f.n_fields > 0;
}

int extract_yaml(struct extractor *x, struct document *d)
{
    (void)x;
    (void)yaml_read_fields(d, d->text, MIN(d->size, (size_t)MAX_YAML_BYTES), YAML_TITLE);
    result_whole_text(d);
    return 0;
}
