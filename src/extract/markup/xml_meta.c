/* xml_meta.c - the elements of feeds, drawings, books and tracks that tell creator, dates and the
 * like, and Dublin Core near the top of any document.
 *
 * What belongs to an entry of a feed or to a chapter tells nothing of the whole: a row names all
 * elements around the one that counts.
 */
#include "extract/markup/xml_meta.h"

#include <string.h>

/* Of Dublin Core (dc: and dcterms:), by local name. */
static const struct fact_name dublin[] = {
    {"creator", FACT_CREATOR, 0},
    {"date", FACT_CREATED, 0},
    {"created", FACT_CREATED, 0},
    {"issued", FACT_CREATED, 0},
    {"modified", FACT_MODIFIED, 0},
    {"subject", FACT_KEYWORDS, 0},
    {"description", FACT_DESCRIPTION, 0},
    {"publisher", FACT_PUBLISHER, 0},
    {"language", FACT_LANGUAGE, 0},
    {"rights", FACT_RIGHTS, 0},
    {"title", FACT_TITLE, 0},
};

/* Around which Dublin Core tells of the whole; the last element of a path is the parent. "*": any. */
static const char *const dublin_paths[] = {
    "*", "rss/channel", "RDF/channel", "*/metadata", "*/info", "svg/metadata/RDF/Work",
};

/* By path; names are local. */
static const struct {
    const char *path;
    const char *name;
    enum fact fact;
} elements[] = {
    {"rss/channel", "description", FACT_DESCRIPTION},
    {"rss/channel", "managingEditor", FACT_CREATOR},
    {"rss/channel", "pubDate", FACT_CREATED},
    {"rss/channel", "lastBuildDate", FACT_MODIFIED},
    {"rss/channel", "generator", FACT_PRODUCER},
    {"rss/channel", "language", FACT_LANGUAGE},
    {"rss/channel", "copyright", FACT_RIGHTS},
    {"rss/channel", "category", FACT_KEYWORDS},
    {"RDF/channel", "description", FACT_DESCRIPTION},
    {"feed", "subtitle", FACT_DESCRIPTION},
    {"feed/author", "name", FACT_CREATOR},
    {"feed", "published", FACT_CREATED},
    {"feed", "updated", FACT_MODIFIED},
    {"feed", "generator", FACT_PRODUCER},
    {"feed", "rights", FACT_RIGHTS},
    {"svg", "desc", FACT_DESCRIPTION},
    {"*/info", "author", FACT_CREATOR},
    {"*/info", "pubdate", FACT_CREATED},
    {"*/info", "date", FACT_CREATED},
    {"*/info/keywordset", "keyword", FACT_KEYWORDS},
    {"*/info/publisher", "publishername", FACT_PUBLISHER},
    {"*/info/authorgroup", "author", FACT_CREATOR},
    {"book/bookinfo", "author", FACT_CREATOR},
    {"book/bookinfo", "pubdate", FACT_CREATED},
    {"book/bookinfo", "date", FACT_CREATED},
    {"book/bookinfo/authorgroup", "author", FACT_CREATOR},
    {"article/articleinfo", "author", FACT_CREATOR},
    {"article/articleinfo", "pubdate", FACT_CREATED},
    {"article/articleinfo", "date", FACT_CREATED},
    {"gpx/metadata", "name", FACT_TITLE},
    {"gpx/metadata", "desc", FACT_DESCRIPTION},
    {"gpx/metadata", "time", FACT_CREATED},
    {"gpx/metadata", "keywords", FACT_KEYWORDS},
    {"gpx/metadata/author", "name", FACT_CREATOR},
    {"kml/Document", "name", FACT_TITLE},
    {"kml/Document", "description", FACT_DESCRIPTION},
};

/* The `n` names are those of the path. */
static bool is_path(const char *path, const char *const *names, unsigned n)
{
    const char *end;
    size_t length;

    for (unsigned i = 0; i < n; i++) {
        end = strchrnul(path, '/');
        length = (size_t)(end - path);
        if (length == 0 || (!(length == 1 && *path == '*') &&
                            (strlen(names[i]) != length || memcmp(names[i], path, length) != 0)))
            return false;
        path = *end ? end + 1 : end;
    }
    return *path == '\0';
}

static bool find_dublin(const char *const *around, unsigned n, const char *local, enum fact *ret)
{
    const struct fact_name *row = facts_find(dublin, ARRAY_SIZE(dublin), local);

    for (size_t i = 0; row && i < ARRAY_SIZE(dublin_paths); i++) {
        if (is_path(dublin_paths[i], around, n)) {
            *ret = row->fact;
            return true;
        }
    }
    return false;
}

bool xml_meta_find(const char *const *around, unsigned depth, const char *name, enum fact *ret)
{
    const char *colon = strchr(name, ':'), *local = colon ? colon + 1 : name;
    unsigned n = depth - 1;

    if (n == 0 || depth > XML_META_DEPTH)
        return false;
    if (strncmp(name, "dc:", 3) == 0 || strncmp(name, "dcterms:", 8) == 0)
        return find_dublin(around, n, local, ret);
    for (size_t i = 0; i < ARRAY_SIZE(elements); i++) {
        if (strcmp(local, elements[i].name) == 0 && is_path(elements[i].path, around, n)) {
            *ret = elements[i].fact;
            return true;
        }
    }
    return false;
}
