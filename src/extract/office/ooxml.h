/* ooxml.h - what docx, xlsx and pptx share (ECMA-376, ISO/IEC 29500): the package's main part, how
 * parts refer to each other, properties, what is passed over.
 */
#pragma once

#include "extract/office/text_flow.h"
#include "extract/markup/xml_events.h"

enum ooxml_kind { OOXML_DOCUMENT, OOXML_WORKBOOK, OOXML_PRESENTATION };

/* One relationship of a part to another part of the package. */
struct ooxml_relation {
    char *id;
    char *type;   /* the last word of its URI, such as "header" */
    char *target; /* the member's name */
};

struct ooxml_relations {
    struct ooxml_relation *list; /* sorted by id */
    size_t n;
    struct document *d;
    const char *folder; /* while they are read */
};

struct ooxml {
    struct document *d;
    struct package *package;
    enum ooxml_kind kind;
    const char *main; /* name of the main part's member */
    bool is_binary;   /* its parts are not XML */
    struct buf main_name;
    struct ooxml_relations relations; /* of the main part */
};

/* Opens a package of that kind, finds its main part, reads that one's relations, sets the media
 * type. EXTRACT_REFUSED: it is not of that kind. `o` is released by ooxml_close() in any case. */
int ooxml_open(struct document *d, enum ooxml_kind kind, struct ooxml *o) MUST_CHECK;
void ooxml_close(struct ooxml *o);

/* Writes the metadata of docProps. 0 or -ENOMEM. */
int ooxml_read_properties(struct ooxml *o) MUST_CHECK;

/* The relations of the member `part` ("" for the package). None is no error. 0 or -ENOMEM;
 * `r` is released by ooxml_relations_done() in any case. */
int ooxml_relations_read(struct package *p, const char *part, struct ooxml_relations *r) MUST_CHECK;
void ooxml_relations_done(struct ooxml_relations *r);

/* The target of the relation with this id; NULL: there is none. */
const char *ooxml_relations_find(const struct ooxml_relations *r, struct xml_value id);

/* The first target of this type at or behind `*at`, which begins with 0 and is moved on; NULL: no
 * more. */
const char *ooxml_relations_next(const struct ooxml_relations *r, const char *type, size_t *at);

/* xml_events_read_member(), where a part that is not there is damage, and not the end. */
int ooxml_read_part(struct package *p, const char *name, const struct xml_handler *handler,
                    void *user) MUST_CHECK;

/* What of a part is passed over: elements that a format does not read, and alternatives
 * (mc:AlternateContent: of a <Choice> and a <Fallback> only the first that has text is read). */
enum { OOXML_MAX_ALTERNATIVES = 32 };

struct ooxml_filter {
    unsigned skip_depth;                    /* of the element that is passed over; 0: none */
    uint64_t marks[OOXML_MAX_ALTERNATIVES]; /* what was written when each alternative began */
    unsigned n_alternatives;
};

/* For every start and end tag; `n_written` grows with the text. True: the element, or one that it
 * lies in, is passed over. */
bool ooxml_filter_start(struct ooxml_filter *f, const struct xml_tag *tag, uint64_t n_written);
bool ooxml_filter_end(struct ooxml_filter *f, const struct xml_tag *tag);

/* DrawingML's text: slides, notes, comments on slides, text boxes of sheets, charts, diagrams. */
struct ooxml_drawing {
    struct flow *flow;
    bool only_notes; /* pass over the placeholders that a page of notes has besides the notes */
};
int ooxml_read_drawing(struct package *p, const char *name,
                       const struct ooxml_drawing *how) MUST_CHECK;

/* The same for charts and diagrams, `r` being the relations of the part that shows them. */
int ooxml_read_figures(struct package *p, const struct ooxml_relations *r,
                       struct flow *flow) MUST_CHECK;
