/* rtf_words.c - the control words of RTF that matter to its text; any other word changes nothing.
 *
 * A table of names, sorted, each with the function that does it. Words that begin a destination
 * count at the beginning of a group only, before any text of it: then a stray one cannot swallow
 * the document. A group that begins with \* and a word that is not here is passed over whole
 * (Rich Text Format Specification 1.9.1, "Destination control words").
 */
#include "extract/office/rtf.h"

#include <stdlib.h>
#include <string.h>

enum { NO_LANGUAGE = 0x400 }; /* what is not to be checked for errors */

struct word {
    const char *name;
    void (*run)(struct rtf *r, const struct word *w, long number);
    int argument;
    const char *text;
};

/* ---- characters ---- */

/* Whether the word only stands for the character that \u gave already. */
static bool is_fallback(struct rtf *r)
{
    if (r->skip == 0)
        return false;
    r->skip--;
    return true;
}

static void say(struct rtf *r, const struct word *w, long number)
{
    (void)number;
    if (!is_fallback(r))
        rtf_put(r, w->text, strlen(w->text));
}

static void tab(struct rtf *r, const struct word *w, long number)
{
    (void)w;
    (void)number;
    r->skip = 0;
    rtf_put_tab(r);
}

static void line(struct rtf *r, const struct word *w, long number)
{
    (void)w;
    (void)number;
    r->skip = 0;
    rtf_end_line(r);
}

static void row(struct rtf *r, const struct word *w, long number)
{
    (void)w;
    (void)number;
    r->skip = 0;
    rtf_end_row(r);
}

static void cell(struct rtf *r, const struct word *w, long number)
{
    (void)w;
    (void)number;
    r->skip = 0;
    rtf_end_cell(r);
}

/* Signed 16 bits by the book; others write what is above as it is. */
static void unicode(struct rtf *r, const struct word *w, long number)
{
    (void)w;
    if (number < 0)
        number += 0x10000;
    if (r->has_number && number >= 0)
        rtf_put_unicode(r, (uint32_t)number);
    r->skip = r->now.fallback;
}

static void set_fallback(struct rtf *r, const struct word *w, long number)
{
    (void)w;
    r->now.fallback = (uint16_t)(r->has_number && number >= 0 ? MIN(number, 100) : 1);
}

/* Bytes that are no text, whatever they look like. */
static void binary(struct rtf *r, const struct word *w, long number)
{
    (void)w;
    if (number > 0)
        r->at += MIN((size_t)number, (size_t)(r->end - r->at));
    (void)is_fallback(r);
}

/* ---- fonts and encodings ---- */

static void set_font(struct rtf *r, const struct word *w, long number)
{
    (void)w;
    rtf_flush_run(r);
    if (number < 0 || number >= RTF_MAX_FONTS)
        return;
    if (r->now.place != RTF_FONTS) {
        r->now.font = (uint16_t)number;
        if (r->now.far_east)
            r->now.far_east_font = r->now.font;
        return;
    }
    r->font = (unsigned)number;
    buf_clear(&r->value);
}

static void set_far_east_font(struct rtf *r, const struct word *w, long number)
{
    (void)w;
    rtf_flush_run(r);
    if (r->now.far_east && number >= 0 && number < RTF_MAX_FONTS)
        r->now.far_east_font = (uint16_t)number;
}

/* Which of two fonts the bytes are of: that of \f, or that of \af, in East Asian text (\dbch) and
 * from right to left (\rtlch). */
static void set_far_east(struct rtf *r, const struct word *w, long number)
{
    (void)number;
    rtf_flush_run(r);
    r->now.far_east = w->argument;
}

static void set_default_font(struct rtf *r, const struct word *w, long number)
{
    (void)w;
    if (number < 0 || number >= RTF_MAX_FONTS)
        return;
    r->default_font = r->now.font = r->now.far_east_font = (uint16_t)number;
}

static void set_charset(struct rtf *r, const struct word *w, long number)
{
    (void)w;
    if (r->now.place == RTF_FONTS)
        rtf_set_font(r, r->font, rtf_charset_page(number));
}

static void set_font_page(struct rtf *r, const struct word *w, long number)
{
    (void)w;
    if (r->now.place == RTF_FONTS && number > RTF_PICTURE_PAGE && number <= UINT16_MAX)
        rtf_set_font(r, r->font, (unsigned)number);
}

static void set_page(struct rtf *r, const struct word *w, long number)
{
    (void)w;
    rtf_flush_run(r);
    if (number > RTF_PICTURE_PAGE && number <= UINT16_MAX)
        r->page = (unsigned)number;
}

static void name_page(struct rtf *r, const struct word *w, long number)
{
    (void)number;
    if (r->n_stack <= 1)
        r->page = (unsigned)w->argument;
}

/* ---- properties ---- */

static void set_hidden(struct rtf *r, const struct word *w, long number)
{
    (void)w;
    rtf_flush_run(r);
    r->now.hidden = !r->has_number || number != 0;
}

static void set_deleted(struct rtf *r, const struct word *w, long number)
{
    (void)w;
    rtf_flush_run(r);
    r->now.deleted = !r->has_number || number != 0;
}

static void plain(struct rtf *r, const struct word *w, long number)
{
    (void)w;
    (void)number;
    rtf_flush_run(r);
    r->now.hidden = r->now.deleted = r->now.far_east = false;
    r->now.font = r->now.far_east_font = r->default_font;
    r->now.language = r->default_language;
}

static void set_language(struct rtf *r, const struct word *w, long number)
{
    (void)w;
    if (number > 0 && number <= UINT16_MAX && number != NO_LANGUAGE)
        r->now.language = (uint16_t)number;
}

static void set_default_language(struct rtf *r, const struct word *w, long number)
{
    set_language(r, w, number);
    r->default_language = r->now.language;
}

static void set_in_table(struct rtf *r, const struct word *w, long number)
{
    (void)number;
    r->now.in_table = w->argument;
}

static void set_pages(struct rtf *r, const struct word *w, long number)
{
    (void)w;
    if (number > 0)
        result_meta_uint(r->d, "page_count", (uint64_t)number);
}

static void set_date(struct rtf *r, const struct word *w, long number)
{
    int *const parts[] = {&r->date.year, &r->date.month,  &r->date.day,
                          &r->date.hour, &r->date.minute, &r->date.second};

    if (r->now.place != RTF_VALUE || number < 0 || number > 9999)
        return;
    *parts[w->argument] = (int)number;
    r->date.has_time = r->date.has_time || w->argument >= 3;
}

/* ---- destinations ---- */

static void go_to(struct rtf *r, enum rtf_place place, int field)
{
    rtf_flush_run(r);
    if (!r->fresh || r->now.place == RTF_SKIP)
        return;
    if (place == RTF_PAIR || (place == RTF_HUSH && r->now.place != RTF_HUSH))
        r->now.outer_place = r->now.place;
    r->now.place = (uint8_t)place;
    r->now.field = (uint8_t)field;
}

static void go(struct rtf *r, const struct word *w, long number)
{
    (void)number;
    go_to(r, (enum rtf_place)w->argument, 0);
}

/* Not shown itself, but known: what is in it is as it was around it. */
static void go_on(struct rtf *r, const struct word *w, long number)
{
    (void)r;
    (void)w;
    (void)number;
}

static void value(struct rtf *r, const struct word *w, long number)
{
    (void)number;
    if (r->fresh && r->now.place == RTF_SKIP)
        return;
    if (w->argument != RTF_PRODUCER && r->now.place != RTF_HUSH)
        return;
    go_to(r, RTF_VALUE, w->argument);
    buf_clear(&r->value);
    r->date = (struct date){0};
}

static void fonts(struct rtf *r, const struct word *w, long number)
{
    (void)w;
    (void)number;
    go_to(r, RTF_FONTS, 0);
    buf_clear(&r->value);
}

/* What begins a note in a note (a comment in a footnote) stays in it, on a line of its own. */
static void notes(struct rtf *r, const struct word *w, long number)
{
    (void)number;
    if (!r->fresh || r->now.place == RTF_SKIP)
        return;
    if (r->now.place == RTF_NOTES) {
        rtf_end_line(r);
        return;
    }
    rtf_flush_run(r);
    r->note_at = r->notes.text.size;
    go_to(r, RTF_NOTES, w->argument);
}

/* Text inside of what is not text: it goes where the text around that does. */
static void show(struct rtf *r, const struct word *w, long number)
{
    const struct rtf_state *now = &r->now;

    (void)number;
    if (!r->fresh || now->place != RTF_HUSH)
        return;
    go_to(r, now->outer_place == RTF_NOTES ? RTF_NOTES : RTF_BODY, w->argument);
    if (w->argument == RTF_BOX)
        rtf_break_line(r);
}

/* {\upr{in the code page}{\*\ud{in Unicode}}}: the second of the two. */
static void take_pair(struct rtf *r, const struct word *w, long number)
{
    uint8_t outer = r->now.outer_place;

    (void)w;
    (void)number;
    if (!r->fresh || r->now.place != RTF_PAIR)
        return;
    r->now.place = outer;
    r->now.outer_place = RTF_BODY;
}

/* Sorted by name, as strcmp(3) does. */
static const struct word words[] = {
    {"af", set_far_east_font, 0, NULL},
    {"aftncn", go, RTF_SKIP, NULL},
    {"aftnsep", go, RTF_SKIP, NULL},
    {"aftnsepc", go, RTF_SKIP, NULL},
    {"annotation", notes, RTF_NOTE, NULL},
    {"ansi", name_page, 1252, NULL},
    {"ansicpg", set_page, 0, NULL},
    {"atnauthor", go, RTF_SKIP, NULL},
    {"atndate", go, RTF_SKIP, NULL},
    {"atnicn", go, RTF_SKIP, NULL},
    {"atnid", go, RTF_SKIP, NULL},
    {"atnparent", go, RTF_SKIP, NULL},
    {"atnref", go, RTF_SKIP, NULL},
    {"atntime", go, RTF_SKIP, NULL},
    {"author", value, RTF_CREATOR, NULL},
    {"bin", binary, 0, NULL},
    {"bkmkend", go, RTF_SKIP, NULL},
    {"bkmkstart", go, RTF_SKIP, NULL},
    {"blipuid", go, RTF_SKIP, NULL},
    {"bullet", say, 0, "\xe2\x80\xa2"},
    {"buptim", go, RTF_SKIP, NULL},
    {"bxe", go, RTF_SKIP, NULL},
    {"category", value, RTF_CATEGORY, NULL},
    {"cell", cell, 0, NULL},
    {"colorschememapping", go, RTF_SKIP, NULL},
    {"colortbl", go, RTF_SKIP, NULL},
    {"column", line, 0, NULL},
    {"comment", go, RTF_SKIP, NULL},
    {"company", value, RTF_COMPANY, NULL},
    {"cpg", set_font_page, 0, NULL},
    {"creatim", value, RTF_CREATED, NULL},
    {"datafield", go, RTF_SKIP, NULL},
    {"datastore", go, RTF_SKIP, NULL},
    {"dbch", set_far_east, true, NULL},
    {"defchp", go, RTF_SKIP, NULL},
    {"deff", set_default_font, 0, NULL},
    {"deflang", set_default_language, 0, NULL},
    {"defpap", go, RTF_SKIP, NULL},
    {"deleted", set_deleted, 0, NULL},
    {"do", go, RTF_HUSH, NULL},
    {"doccomm", value, RTF_DESCRIPTION, NULL},
    {"dptxbxtext", show, RTF_BOX, NULL},
    {"dy", set_date, 2, NULL},
    {"emdash", say, 0, "\xe2\x80\x94"},
    {"emspace", say, 0, " "},
    {"endash", say, 0, "\xe2\x80\x93"},
    {"enspace", say, 0, " "},
    {"f", set_font, 0, NULL},
    {"factoidname", go, RTF_SKIP, NULL},
    {"falt", go, RTF_SKIP, NULL},
    {"fcharset", set_charset, 0, NULL},
    {"filetbl", go, RTF_SKIP, NULL},
    {"fldinst", go, RTF_SKIP, NULL},
    {"fontemb", go, RTF_SKIP, NULL},
    {"fonttbl", fonts, 0, NULL},
    {"footer", notes, RTF_HEADER, NULL},
    {"footerf", notes, RTF_HEADER, NULL},
    {"footerl", notes, RTF_HEADER, NULL},
    {"footerr", notes, RTF_HEADER, NULL},
    {"footnote", notes, RTF_NOTE, NULL},
    {"formfield", go, RTF_SKIP, NULL},
    {"ftncn", go, RTF_SKIP, NULL},
    {"ftnsep", go, RTF_SKIP, NULL},
    {"ftnsepc", go, RTF_SKIP, NULL},
    {"generator", value, RTF_PRODUCER, NULL},
    {"header", notes, RTF_HEADER, NULL},
    {"headerf", notes, RTF_HEADER, NULL},
    {"headerl", notes, RTF_HEADER, NULL},
    {"headerr", notes, RTF_HEADER, NULL},
    {"hich", set_far_east, false, NULL},
    {"hlinkbase", go, RTF_SKIP, NULL},
    {"hr", set_date, 3, NULL},
    {"info", go, RTF_HUSH, NULL},
    {"intbl", set_in_table, true, NULL},
    {"keywords", value, RTF_KEYWORDS, NULL},
    {"lang", set_language, 0, NULL},
    {"latentstyles", go, RTF_SKIP, NULL},
    {"lbr", line, 0, NULL},
    {"ldblquote", say, 0, "\xe2\x80\x9c"},
    {"line", line, 0, NULL},
    {"listoverridetable", go, RTF_SKIP, NULL},
    {"listpicture", go, RTF_SKIP, NULL},
    {"listtable", go, RTF_SKIP, NULL},
    {"listtext", go_on, 0, NULL},
    {"loch", set_far_east, false, NULL},
    {"lquote", say, 0, "\xe2\x80\x98"},
    {"ltrch", set_far_east, false, NULL},
    {"mac", name_page, 10000, NULL},
    {"manager", value, RTF_MANAGER, NULL},
    {"min", set_date, 4, NULL},
    {"mmath", go, RTF_HUSH, NULL},
    {"mmathPict", go, RTF_SKIP, NULL},
    {"mo", set_date, 1, NULL},
    {"moMath", go, RTF_HUSH, NULL},
    {"moMathPara", go, RTF_HUSH, NULL},
    {"mr", show, 0, NULL},
    {"nestcell", cell, 0, NULL},
    {"nestrow", row, 0, NULL},
    {"nesttableprops", go_on, 0, NULL},
    {"nofpages", set_pages, 0, NULL},
    {"nonesttables", go, RTF_SKIP, NULL},
    {"nonshppict", go, RTF_SKIP, NULL},
    {"objalias", go, RTF_SKIP, NULL},
    {"objclass", go, RTF_SKIP, NULL},
    {"objdata", go, RTF_SKIP, NULL},
    {"object", go, RTF_HUSH, NULL},
    {"objname", go, RTF_SKIP, NULL},
    {"objsect", go, RTF_SKIP, NULL},
    {"objtime", go, RTF_SKIP, NULL},
    {"oldcprops", go, RTF_SKIP, NULL},
    {"oldpprops", go, RTF_SKIP, NULL},
    {"oldsprops", go, RTF_SKIP, NULL},
    {"oldtprops", go, RTF_SKIP, NULL},
    {"operator", value, RTF_LAST_AUTHOR, NULL},
    {"page", line, 0, NULL},
    {"panose", go, RTF_SKIP, NULL},
    {"par", line, 0, NULL},
    {"pard", set_in_table, false, NULL},
    {"pc", name_page, 437, NULL},
    {"pca", name_page, 850, NULL},
    {"picprop", go, RTF_SKIP, NULL},
    {"pict", go, RTF_SKIP, NULL},
    {"plain", plain, 0, NULL},
    {"pn", go, RTF_SKIP, NULL},
    {"pnseclvl", go_on, 0, NULL},
    {"pntext", go_on, 0, NULL},
    {"pntxta", go, RTF_SKIP, NULL},
    {"pntxtb", go, RTF_SKIP, NULL},
    {"printim", go, RTF_SKIP, NULL},
    {"qmspace", say, 0, " "},
    {"rdblquote", say, 0, "\xe2\x80\x9d"},
    {"result", show, 0, NULL},
    {"revtbl", go, RTF_SKIP, NULL},
    {"revtim", value, RTF_MODIFIED, NULL},
    {"row", row, 0, NULL},
    {"rquote", say, 0, "\xe2\x80\x99"},
    {"rsidtbl", go, RTF_SKIP, NULL},
    {"rtlch", set_far_east, true, NULL},
    {"rxe", go, RTF_SKIP, NULL},
    {"sec", set_date, 5, NULL},
    {"sect", line, 0, NULL},
    {"shp", go, RTF_HUSH, NULL},
    {"shpgrp", go, RTF_HUSH, NULL},
    {"shpinst", go, RTF_HUSH, NULL},
    {"shprslt", go, RTF_SKIP, NULL},
    {"shptxt", show, RTF_BOX, NULL},
    {"sn", go, RTF_SKIP, NULL},
    {"sp", go, RTF_SKIP, NULL},
    {"stylesheet", go, RTF_SKIP, NULL},
    {"subject", value, RTF_SUBJECT, NULL},
    {"sv", go, RTF_SKIP, NULL},
    {"tab", tab, 0, NULL},
    {"tc", go, RTF_SKIP, NULL},
    {"tcn", go, RTF_SKIP, NULL},
    {"template", go, RTF_SKIP, NULL},
    {"themedata", go, RTF_SKIP, NULL},
    {"title", value, RTF_TITLE, NULL},
    {"trowd", set_in_table, true, NULL},
    {"txe", go, RTF_SKIP, NULL},
    {"u", unicode, 0, NULL},
    {"uc", set_fallback, 0, NULL},
    {"ud", take_pair, 0, NULL},
    {"upr", go, RTF_PAIR, NULL},
    {"v", set_hidden, 0, NULL},
    {"xe", go, RTF_SKIP, NULL},
    {"xmlnstbl", go, RTF_SKIP, NULL},
    {"yr", set_date, 0, NULL},
    {"zwbo", say, 0, "\xe2\x80\x8b"},
    {"zwj", say, 0, "\xe2\x80\x8d"},
    {"zwnj", say, 0, "\xe2\x80\x8c"},
};

struct name {
    const char *text;
    size_t n;
};

static int compare(const void *a, const void *b)
{
    const struct name *name = a;
    const struct word *w = b;
    int order = strncmp(name->text, w->name, name->n);

    return order != 0 ? order : w->name[name->n] ? -1 : 0;
}

void rtf_do_word(struct rtf *r, const char *name, size_t n, long number)
{
    const struct name key = {name, n};
    const struct word *w = bsearch(&key, words, ARRAY_SIZE(words), sizeof(*words), compare);
    bool starred = r->starred;

    r->starred = false;
    if (w)
        w->run(r, w, number);
    else if (starred)
        go_to(r, RTF_SKIP, 0);
}
