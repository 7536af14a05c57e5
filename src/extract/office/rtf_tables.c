/* rtf_tables.c - what numbers in RTF mean: character sets, code pages, languages, and the font
 * Symbol.
 *
 * Sources: Rich Text Format Specification 1.9.1 (\fcharset, \ansicpg), [MS-LCID], and the encoding
 * vector of Adobe's Symbol font, as Unicode's SYMBOL.TXT maps it.
 */
#include "extract/office/rtf.h"

#include <stdio.h>

static const struct {
    uint8_t charset;
    uint16_t page;
} charsets[] = {
    {0, 1252},   {2, RTF_PICTURE_PAGE},
    {77, 10000}, {78, 932},
    {79, 949},   {80, 936},
    {81, 950},   {83, 10005},
    {84, 10004}, {85, 10006},
    {86, 10081}, {87, 10021},
    {88, 10029}, {89, 10007},
    {128, 932},  {129, 949},
    {130, 1361}, {134, 936},
    {136, 950},  {161, 1253},
    {162, 1254}, {163, 1258},
    {177, 1255}, {178, 1256},
    {179, 1256}, {181, 1255},
    {186, 1257}, {204, 1251},
    {222, 874},  {238, 1250},
    {254, 437},  {255, 850},
};

unsigned rtf_charset_page(long charset)
{
    for (size_t i = 0; i < ARRAY_SIZE(charsets); i++) {
        if (charsets[i].charset == charset)
            return charsets[i].page;
    }
    return 0;
}

/* Those that are not called windows-NNNN. */
static const struct {
    uint16_t page;
    const char *name;
} pages[] = {
    {437, "IBM437"},          {708, "ISO-8859-6"},       {737, "IBM737"},
    {775, "IBM775"},          {850, "IBM850"},           {852, "IBM852"},
    {855, "IBM855"},          {857, "IBM857"},           {858, "IBM00858"},
    {860, "IBM860"},          {861, "IBM861"},           {862, "IBM862"},
    {863, "IBM863"},          {864, "IBM864"},           {865, "IBM865"},
    {866, "IBM866"},          {869, "IBM869"},           {10000, "macintosh"},
    {10006, "x-mac-greek"},   {10007, "x-mac-cyrillic"}, {10029, "x-mac-centraleurroman"},
    {10081, "x-mac-turkish"}, {20866, "KOI8-R"},         {21866, "KOI8-U"},
    {51932, "EUC-JP"},        {51949, "EUC-KR"},         {54936, "GB18030"},
    {65001, "UTF-8"},
};

const char *rtf_page_name(unsigned page, char buffer[32])
{
    for (size_t i = 0; i < ARRAY_SIZE(pages); i++) {
        if (pages[i].page == page)
            return pages[i].name;
    }
    if (page > 28590 && page <= 28605)
        (void)snprintf(buffer, 32, "ISO-8859-%u", page - 28590);
    else
        (void)snprintf(buffer, 32, "windows-%u", page);
    return buffer;
}

static const struct {
    uint16_t id;
    const char *tag;
} languages[] = {
    {0x0401, "ar-SA"},      {0x0402, "bg-BG"},      {0x0403, "ca-ES"}, {0x0404, "zh-TW"},
    {0x0405, "cs-CZ"},      {0x0406, "da-DK"},      {0x0407, "de-DE"}, {0x0408, "el-GR"},
    {0x0409, "en-US"},      {0x040a, "es-ES"},      {0x040b, "fi-FI"}, {0x040c, "fr-FR"},
    {0x040d, "he-IL"},      {0x040e, "hu-HU"},      {0x040f, "is-IS"}, {0x0410, "it-IT"},
    {0x0411, "ja-JP"},      {0x0412, "ko-KR"},      {0x0413, "nl-NL"}, {0x0414, "nb-NO"},
    {0x0415, "pl-PL"},      {0x0416, "pt-BR"},      {0x0418, "ro-RO"}, {0x0419, "ru-RU"},
    {0x041a, "hr-HR"},      {0x041b, "sk-SK"},      {0x041c, "sq-AL"}, {0x041d, "sv-SE"},
    {0x041e, "th-TH"},      {0x041f, "tr-TR"},      {0x0420, "ur-PK"}, {0x0421, "id-ID"},
    {0x0422, "uk-UA"},      {0x0423, "be-BY"},      {0x0424, "sl-SI"}, {0x0425, "et-EE"},
    {0x0426, "lv-LV"},      {0x0427, "lt-LT"},      {0x0429, "fa-IR"}, {0x042a, "vi-VN"},
    {0x042b, "hy-AM"},      {0x042d, "eu-ES"},      {0x042f, "mk-MK"}, {0x0436, "af-ZA"},
    {0x0437, "ka-GE"},      {0x0439, "hi-IN"},      {0x043a, "mt-MT"}, {0x043c, "ga-IE"},
    {0x043e, "ms-MY"},      {0x043f, "kk-KZ"},      {0x0441, "sw-KE"}, {0x0445, "bn-IN"},
    {0x0449, "ta-IN"},      {0x044a, "te-IN"},      {0x0452, "cy-GB"}, {0x0456, "gl-ES"},
    {0x0804, "zh-CN"},      {0x0807, "de-CH"},      {0x0809, "en-GB"}, {0x080a, "es-MX"},
    {0x080c, "fr-BE"},      {0x0810, "it-CH"},      {0x0813, "nl-BE"}, {0x0814, "nn-NO"},
    {0x0816, "pt-PT"},      {0x081a, "sr-Latn-CS"}, {0x0c01, "ar-EG"}, {0x0c04, "zh-HK"},
    {0x0c07, "de-AT"},      {0x0c09, "en-AU"},      {0x0c0a, "es-ES"}, {0x0c0c, "fr-CA"},
    {0x0c1a, "sr-Cyrl-CS"}, {0x1004, "zh-SG"},      {0x1009, "en-CA"}, {0x100c, "fr-CH"},
    {0x1409, "en-NZ"},      {0x1809, "en-IE"},      {0x1c09, "en-ZA"}, {0x2c0a, "es-AR"},
    {0x4009, "en-IN"},
};

const char *rtf_language_tag(unsigned id)
{
    for (size_t i = 0; i < ARRAY_SIZE(languages); i++) {
        if (languages[i].id == id)
            return languages[i].tag;
    }
    return NULL;
}

/* Letters from 'A' to 'Z' and from 'a' to 'z', and what is common of the rest. */
static const uint16_t capitals[] = {
    0x391, 0x392, 0x3a7, 0x394, 0x395, 0x3a6, 0x393, 0x397, 0x399, 0x3d1, 0x39a, 0x39b, 0x39c,
    0x39d, 0x39f, 0x3a0, 0x398, 0x3a1, 0x3a3, 0x3a4, 0x3a5, 0x3c2, 0x3a9, 0x39e, 0x3a8, 0x396,
};
static const uint16_t letters[] = {
    0x3b1, 0x3b2, 0x3c7, 0x3b4, 0x3b5, 0x3c6, 0x3b3, 0x3b7, 0x3b9, 0x3d5, 0x3ba, 0x3bb, 0x3bc,
    0x3bd, 0x3bf, 0x3c0, 0x3b8, 0x3c1, 0x3c3, 0x3c4, 0x3c5, 0x3d6, 0x3c9, 0x3be, 0x3c8, 0x3b6,
};
static const struct {
    uint8_t byte;
    uint16_t code_point;
} signs[] = {
    {'"', 0x2200},  {'$', 0x2203},  {'\'', 0x220b}, {'*', 0x2217},  {'-', 0x2212},  {'@', 0x2245},
    {'\\', 0x2234}, {'^', 0x22a5},  {'~', 0x223c},  {0xa2, 0x2032}, {0xa3, 0x2264}, {0xa5, 0x221e},
    {0xab, 0x2194}, {0xac, 0x2190}, {0xad, 0x2191}, {0xae, 0x2192}, {0xaf, 0x2193}, {0xb0, 0xb0},
    {0xb1, 0xb1},   {0xb2, 0x2033}, {0xb3, 0x2265}, {0xb4, 0xd7},   {0xb5, 0x221d}, {0xb6, 0x2202},
    {0xb7, 0x2022}, {0xb8, 0xf7},   {0xb9, 0x2260}, {0xba, 0x2261}, {0xbb, 0x2248}, {0xbc, 0x2026},
    {0xc4, 0x2297}, {0xc5, 0x2295}, {0xc6, 0x2205}, {0xc7, 0x2229}, {0xc8, 0x222a}, {0xcc, 0x2282},
    {0xce, 0x2208}, {0xd1, 0x2207}, {0xd2, 0xae},   {0xd3, 0xa9},   {0xd4, 0x2122}, {0xd5, 0x220f},
    {0xd6, 0x221a}, {0xd7, 0x22c5}, {0xd8, 0xac},   {0xd9, 0x2227}, {0xda, 0x2228}, {0xdb, 0x21d4},
    {0xdc, 0x21d0}, {0xde, 0x21d2}, {0xe5, 0x2211}, {0xf2, 0x222b},
};

uint32_t rtf_symbol(uint8_t byte)
{
    if (byte >= 'A' && byte <= 'Z')
        return capitals[byte - 'A'];
    if (byte >= 'a' && byte <= 'z')
        return letters[byte - 'a'];
    for (size_t i = 0; i < ARRAY_SIZE(signs); i++) {
        if (signs[i].byte == byte)
            return signs[i].code_point;
    }
    return byte >= ' ' && byte < 0x7f ? byte : 0;
}
