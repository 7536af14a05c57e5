/* rtf.h - one RTF document while it is read; shared by format_rtf.c, rtf_words.c and rtf_text.c. */
#pragma once

#include "extract/date.h"
#include "extract/document.h"

enum rtf_bounds {
    RTF_MAX_DEPTH = 10000, /* groups whose state is kept; what is deeper shares the last one */
    RTF_MAX_FONTS = 32768, /* numbers of fonts */
    RTF_MAX_VALUE = 8192,  /* bytes of one value of the information group */
    RTF_MAX_LINES = 2,     /* ends of lines in a row: more are no text */
    RTF_PAGES = 4,         /* code pages whose characters are kept at hand */
    RTF_LANGUAGES = 16,    /* that are counted */
    RTF_SYMBOL_PAGE = 2,   /* not a code page: the font Symbol */
    RTF_PICTURE_PAGE = 3,  /* not a code page: other fonts of pictures, such as Wingdings */
    RTF_DEFAULT_PAGE = 1252,
};

/* Where text of a group goes. */
enum rtf_place {
    RTF_SKIP, /* nowhere, nor does that of any group inside */
    RTF_HUSH, /* nowhere, but a group inside may be text */
    RTF_BODY,
    RTF_NOTES, /* behind the body: footnotes, headers, comments */
    RTF_VALUE, /* a value of the metadata */
    RTF_FONTS, /* names of fonts */
    RTF_PAIR,  /* nowhere, but \ud inside of \upr goes where that does */
};

/* Values of the information group. */
enum rtf_field {
    RTF_TITLE,
    RTF_CREATOR,
    RTF_SUBJECT,
    RTF_KEYWORDS,
    RTF_DESCRIPTION,
    RTF_LAST_AUTHOR,
    RTF_MANAGER,
    RTF_COMPANY,
    RTF_CATEGORY,
    RTF_PRODUCER,
    RTF_CREATED,
    RTF_MODIFIED,
    RTF_HEADER, /* of RTF_NOTES: a section may repeat it */
    RTF_NOTE,   /* of RTF_NOTES */
    RTF_BOX,    /* text beside the text: lines of its own */
};

/* What a group inherits, and what its end undoes. */
struct rtf_state {
    uint8_t place;
    uint8_t outer_place; /* of RTF_HUSH and RTF_PAIR: where what is around them goes */
    uint8_t field;       /* of RTF_VALUE, RTF_NOTES */
    bool hidden, deleted, in_table;
    bool far_east;     /* \dbch, \rtlch: bytes are of the second font */
    uint16_t fallback; /* \uc: characters behind \u that stand for it elsewhere */
    uint16_t language;
    uint16_t font, far_east_font;
};

/* Characters of the bytes from 0x80 on, of a code page with one byte a character. */
struct rtf_page {
    unsigned number;
    bool wide; /* has characters of several bytes: no table */
    char characters[128][4];
};

/* Text on its way. Ends of lines and cells are written when something stands behind them. */
struct rtf_out {
    struct buf text;
    unsigned n_lines; /* at most RTF_MAX_LINES */
    unsigned n_tabs;  /* behind those lines: ends of cells */
    unsigned n_inner; /* behind those tabs: ends of lines in the cell */
};

struct rtf {
    struct document *d;
    const char *at, *end;
    struct rtf_state now;
    struct rtf_state *stack;
    size_t n_stack, max_stack;
    size_t n_deeper;   /* open groups beyond RTF_MAX_DEPTH */
    bool fresh;        /* nothing but words since the group began */
    bool starred;      /* \* stands before the next word */
    bool has_number;   /* the word at hand */
    bool raw_utf8;     /* bytes that are not escaped are UTF-8 */
    bool has_body;     /* something is written */
    bool failed;       /* out of memory */
    bool closed_early; /* the first group, before the end of the document */
    unsigned skip;     /* characters that stand for the last \u */
    uint32_t lead;     /* first half of a surrogate pair, or 0 */
    struct rtf_out body, notes;
    struct buf value, converted;
    struct buf run; /* bytes of a code page with wide characters */
    unsigned run_page;
    struct date date;
    unsigned page;   /* of the document */
    uint16_t *fonts; /* code page of each; 0: the document's */
    size_t n_fonts;
    unsigned font; /* that the table is telling of */
    uint16_t default_font, default_language;
    struct rtf_page pages[RTF_PAGES];
    unsigned next_page;
    struct {
        uint16_t id;
        uint64_t n_bytes;
    } languages[RTF_LANGUAGES];
    uint64_t header_hashes[64]; /* that were seen: each section may repeat them */
    size_t note_at;             /* where the note at hand begins in `notes` */
};

/* ---- rtf_text.c ---- */

/* Adds valid UTF-8 to where the text goes now. */
void rtf_put(struct rtf *r, const char *text, size_t n);
/* Ends a cell, its row, a line. */
void rtf_end_cell(struct rtf *r);
void rtf_end_row(struct rtf *r);
void rtf_end_line(struct rtf *r);
/* Adds a tab, but not to an empty line. */
void rtf_put_tab(struct rtf *r);
/* Ends the line unless it is empty. */
void rtf_break_line(struct rtf *r);
/* Adds a code point, or half a surrogate pair. */
void rtf_put_unicode(struct rtf *r, uint32_t c);
/* Adds a byte in the encoding of the font; `is_escaped`: it was written \'xx. */
void rtf_put_byte(struct rtf *r, uint8_t byte, bool is_escaped);
/* Adds printable ASCII in the encoding of the font. */
void rtf_put_plain(struct rtf *r, const char *text, size_t n);
/* Adds what waits to be converted; before anything that changes place or encoding. */
void rtf_flush_run(struct rtf *r);
/* Whether text is shown at all now. */
bool rtf_is_shown(const struct rtf *r);
/* Passes on what is collected of the body. */
void rtf_flush_body(struct rtf *r);

/* The place changes from that of `inside` back to `r->now`: ends notes, keeps values. */
void rtf_leave(struct rtf *r, const struct rtf_state *inside);

/* The code page of font `number` is `page`. */
void rtf_set_font(struct rtf *r, unsigned number, unsigned page);

/* ---- rtf_words.c ---- */

/* Does what the control word says. `number`: its parameter, or 0. */
void rtf_do_word(struct rtf *r, const char *name, size_t n, long number);

/* ---- rtf_tables.c ---- */

/* The code page of a \fcharset, or 0. */
unsigned rtf_charset_page(long charset);
/* ICU's name of a code page, or NULL. */
const char *rtf_page_name(unsigned page, char buffer[32]);
/* BCP 47 of a Windows language identifier, or NULL. */
const char *rtf_language_tag(unsigned id);
/* The code point of a byte in the font Symbol, 0: none. */
uint32_t rtf_symbol(uint8_t byte);
