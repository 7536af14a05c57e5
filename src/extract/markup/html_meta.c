/* html_meta.c - the names under which pages tell title, creator, dates and the like: HTML's own,
 * Dublin Core, Open Graph, those of publishers' (citation_*) and office programs.
 *
 * The rank says which of two counts: what is meant for machines that cite, before what is written
 * for the page, before what is made for a preview elsewhere.
 */
#include "extract/markup/html_meta.h"

#include <string.h>
#include <strings.h>

static const struct fact_name names[] = {
    {"author", FACT_CREATOR, 1},
    {"citation_author", FACT_CREATOR, 0},
    {"dc.creator", FACT_CREATOR, 2},
    {"dcterms.creator", FACT_CREATOR, 3},
    {"creator", FACT_CREATOR, 4},
    {"article:author", FACT_CREATOR, 5},
    {"book:author", FACT_CREATOR, 5},
    {"parsely-author", FACT_CREATOR, 6},

    {"created", FACT_CREATED, 0},
    {"date", FACT_CREATED, 0},
    {"datepublished", FACT_CREATED, 0},
    {"datecreated", FACT_CREATED, 0},
    {"article:published_time", FACT_CREATED, 0},
    {"dc.date", FACT_CREATED, 0},
    {"dc.date.created", FACT_CREATED, 0},
    {"dc.date.issued", FACT_CREATED, 0},
    {"dcterms.date", FACT_CREATED, 0},
    {"dcterms.created", FACT_CREATED, 0},
    {"dcterms.issued", FACT_CREATED, 0},
    {"citation_publication_date", FACT_CREATED, 1},
    {"citation_date", FACT_CREATED, 1},
    {"pubdate", FACT_CREATED, 1},

    {"article:modified_time", FACT_MODIFIED, 0},
    {"dcterms.modified", FACT_MODIFIED, 0},
    {"dc.date.modified", FACT_MODIFIED, 0},
    {"datemodified", FACT_MODIFIED, 0},
    {"changed", FACT_MODIFIED, 0},
    {"modified", FACT_MODIFIED, 0},
    {"last-modified", FACT_MODIFIED, 1},
    {"og:updated_time", FACT_MODIFIED, 1},

    {"subject", FACT_SUBJECT, 0},
    {"keywords", FACT_KEYWORDS, 0},
    {"citation_keywords", FACT_KEYWORDS, 1},
    {"news_keywords", FACT_KEYWORDS, 2},
    {"dc.subject", FACT_KEYWORDS, 3},
    {"dcterms.subject", FACT_KEYWORDS, 4},
    {"article:tag", FACT_KEYWORDS, 5},

    {"description", FACT_DESCRIPTION, 0},
    {"og:description", FACT_DESCRIPTION, 0},
    {"dc.description", FACT_DESCRIPTION, 0},
    {"dcterms.description", FACT_DESCRIPTION, 0},
    {"dcterms.abstract", FACT_DESCRIPTION, 1},
    {"twitter:description", FACT_DESCRIPTION, 2},

    {"publisher", FACT_PUBLISHER, 0},
    {"dc.publisher", FACT_PUBLISHER, 0},
    {"dcterms.publisher", FACT_PUBLISHER, 0},
    {"citation_publisher", FACT_PUBLISHER, 0},
    {"og:site_name", FACT_PUBLISHER, 1},

    {"generator", FACT_PRODUCER, 0},
    {"copyright", FACT_RIGHTS, 0},
    {"dc.rights", FACT_RIGHTS, 1},
    {"dcterms.rights", FACT_RIGHTS, 1},

    {"citation_title", FACT_TITLE, 0},
    {"dc.title", FACT_TITLE, 1},
    {"dcterms.title", FACT_TITLE, 1},
    {"og:title", FACT_TITLE, 2},
    {"twitter:title", FACT_TITLE, 3},
    {"title", FACT_TITLE, 4},

    {"content-language", FACT_LANGUAGE, 0},
    {"dc.language", FACT_LANGUAGE, 0},
    {"dcterms.language", FACT_LANGUAGE, 0},
    {"citation_language", FACT_LANGUAGE, 1},
    {"og:locale", FACT_LANGUAGE, 2},

    {"og:url", FACT_CANONICAL, 1},
};

void html_meta_take(struct facts *f, const char *name, const char *content)
{
    const struct fact_name *row = facts_find(names, ARRAY_SIZE(names), name);

    if (!row)
        return;
    if (row->fact == FACT_CREATOR && strstr(content, "://"))
        return; /* the author's page, as Open Graph wants it */
    facts_add(f, row->fact, row->rank, content, strlen(content));
}

void html_meta_link(struct facts *f, const char *rel, const char *href)
{
    if (strcasecmp(rel, "canonical") == 0)
        facts_add(f, FACT_CANONICAL, 0, href, strlen(href));
}
