/* formats.c - the table of media types.
 *
 * Within a family the first row is the default; another row is taken when its mark is in the
 * content, or else when its names hold the file's extension (or its whole name). What `mark` means:
 *   SIGNATURE  the first bytes of the file (SIGNATURE_NUL: with a NUL behind them; SIGNATURE_WEAK:
 *              a text may begin so, too; SIGNATURE_NEAR: on a new line of the first kilobyte, and
 *              a text may have it there); of several rows with the same the first that can read it
 *   TAR        the bytes behind the first 257
 *   HTML       the first bytes of the text (POISON, of test builds, too)
 *   XML        local name of the root element
 *   TEXT       the program that a #! line names
 * DATA: has words, too, but a language that is guessed from names and keys is wrong.
 * Signatures are listed only for what could pass for text at a glance, or is so common that a wrong
 * guess would be embarrassing; every other binary type is named by libmagic.
 */
#include "extract/formats.h"

enum { DATA = true };

const struct format formats[] = {
    {FAMILY_SIGNATURE, "application/pdf", NULL, "%PDF-", extract_pdf},
    {FAMILY_SIGNATURE, "application/postscript", NULL, "%!PS", NULL},
    {FAMILY_SIGNATURE, "application/rtf", NULL, "{\\rtf", extract_rtf},
    {FAMILY_SIGNATURE, "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
     NULL, "PK\3\4", extract_docx},
    {FAMILY_SIGNATURE, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", NULL,
     "PK\3\4", extract_xlsx},
    {FAMILY_SIGNATURE, "application/vnd.openxmlformats-officedocument.presentationml.presentation",
     NULL, "PK\3\4", extract_pptx},
    {FAMILY_SIGNATURE, "application/vnd.oasis.opendocument.text", NULL, "PK\3\4", extract_odf},
    {FAMILY_SIGNATURE, "application/epub+zip", NULL, "PK\3\4", extract_epub},
    {FAMILY_SIGNATURE, "application/zip", NULL, "PK\3\4", extract_archive, DATA},
    {FAMILY_SIGNATURE, "application/zip", NULL, "PK\5\6", extract_archive, DATA},
    {FAMILY_TAR, "application/x-tar", NULL, "ustar", extract_archive, DATA},
    {FAMILY_SIGNATURE, "application/gzip", NULL, "\x1f\x8b", extract_archive, DATA},
    {FAMILY_SIGNATURE_WEAK, "application/x-bzip2", NULL, "BZh", extract_archive, DATA},
    {FAMILY_SIGNATURE, "application/x-xz", NULL,
     "\xfd"
     "7zXZ",
     extract_archive, DATA},
    {FAMILY_SIGNATURE, "application/zstd", NULL, "\x28\xb5\x2f\xfd", extract_archive, DATA},
    {FAMILY_SIGNATURE, "application/x-7z-compressed", NULL, "7z\xbc\xaf\x27\x1c", extract_archive,
     DATA},
    {FAMILY_SIGNATURE_NUL, "application/vnd.sqlite3", NULL, "SQLite format 3", NULL},
    {FAMILY_SIGNATURE, "application/x-ole-storage", NULL, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", NULL},
    {FAMILY_SIGNATURE, "application/x-executable", NULL,
     "\x7f"
     "ELF",
     NULL},
    {FAMILY_SIGNATURE, "image/png", NULL, "\x89PNG\r\n\x1a\n", extract_image, DATA},
    {FAMILY_SIGNATURE, "image/jpeg", NULL, "\xff\xd8\xff", extract_image, DATA},
    {FAMILY_SIGNATURE, "image/gif", NULL, "GIF87a", extract_image, DATA},
    {FAMILY_SIGNATURE, "image/gif", NULL, "GIF89a", extract_image, DATA},
    {FAMILY_SIGNATURE_NUL, "image/tiff", NULL, "II*", extract_image, DATA},
    {FAMILY_SIGNATURE_NUL, "image/tiff", NULL, "II+", extract_image, DATA},
    {FAMILY_SIGNATURE_WEAK, "image/tiff", NULL, "MM", extract_image, DATA},
    {FAMILY_SIGNATURE_WEAK, "image/webp", NULL, "RIFF", extract_image, DATA},
    {FAMILY_SIGNATURE_WEAK, "image/bmp", NULL, "BM", extract_image, DATA},
    {FAMILY_SIGNATURE_NEAR, "application/pdf", NULL, "%PDF-", extract_pdf},
    {FAMILY_SIGNATURE_NEAR, "application/rtf", NULL, "{\\rtf", extract_rtf},
    {FAMILY_SIGNATURE, "audio/mpeg", NULL, "ID3\3", NULL},
    {FAMILY_SIGNATURE, "audio/mpeg", NULL, "ID3\4", NULL},
    {FAMILY_SIGNATURE, "audio/ogg", NULL, "OggS", NULL},
    {FAMILY_SIGNATURE, "audio/flac", NULL, "fLaC", NULL},
    {FAMILY_NAMED, "application/x-tar", "tar", NULL, extract_archive, DATA},
    {FAMILY_NAMED, "application/msgpack", "msgpack mpk", NULL, extract_msgpack, DATA},

#ifdef PENSTOCK_FAILPOINTS
    {FAMILY_POISON, "application/x-poison", NULL, "%poison ", extract_poison},
#endif

    {FAMILY_HTML, "text/html", "html htm shtml", NULL, extract_html},
    {FAMILY_HTML, "application/xhtml+xml", "xhtml xht", "<?xml", extract_html},

    {FAMILY_XML, "application/xml", NULL, NULL, extract_xml, DATA},
    {FAMILY_XML, "application/rss+xml", NULL, "rss", extract_xml},
    {FAMILY_XML, "application/rdf+xml", NULL, "RDF", extract_xml, DATA},
    {FAMILY_XML, "application/atom+xml", NULL, "feed", extract_xml},
    {FAMILY_XML, "application/xslt+xml", NULL, "stylesheet", extract_xml, DATA},
    {FAMILY_XML, "application/docbook+xml", NULL, "book", extract_xml},
    {FAMILY_XML, "application/gpx+xml", NULL, "gpx", extract_xml, DATA},
    {FAMILY_XML, "application/vnd.google-earth.kml+xml", NULL, "kml", extract_xml, DATA},
    {FAMILY_XML, "image/svg+xml", NULL, "svg", extract_xml},
    {FAMILY_XML, "application/vnd.oasis.opendocument.text-flat-xml", "fodt fods fodp fodg",
     "document", extract_odf_flat},

    {FAMILY_MAIL, "message/rfc822", "eml", NULL, extract_mail},
    {FAMILY_MBOX, "application/mbox", "mbox", "From ", extract_mbox, DATA},

    {FAMILY_JSON, "application/json", "json", NULL, extract_json, DATA},
    {FAMILY_JSON, "application/geo+json", "geojson", NULL, extract_json, DATA},
    {FAMILY_JSON, "application/ld+json", "jsonld", NULL, extract_json, DATA},
    {FAMILY_JSON, "application/x-ipynb+json", "ipynb", NULL, extract_json, DATA},

    {FAMILY_NDJSON, "application/x-ndjson", "ndjson jsonl", NULL, extract_ndjson, DATA},

    {FAMILY_TEXT, "text/plain", "txt text log", NULL, extract_plain},
    {FAMILY_TEXT, "text/markdown", "md markdown mkd mdown", NULL, extract_markdown},
    {FAMILY_TEXT, "text/x-rst", "rst rest", NULL, extract_rst},
    {FAMILY_TEXT, "text/csv", "csv", NULL, extract_csv, DATA},
    {FAMILY_TEXT, "text/tab-separated-values", "tsv tab", NULL, extract_csv, DATA},
    {FAMILY_TEXT, "application/yaml", "yaml yml", NULL, extract_yaml, DATA},
    {FAMILY_TEXT, "application/toml", "toml", NULL, extract_verbatim, DATA},
    {FAMILY_TEXT, "application/sql", "sql", NULL, extract_verbatim, DATA},
    {FAMILY_TEXT, "application/x-tex", "tex latex sty", NULL, extract_verbatim},
    {FAMILY_TEXT, "application/x-subrip", "srt", NULL, extract_verbatim},
    {FAMILY_TEXT, "text/calendar", "ics", NULL, extract_verbatim, DATA},
    {FAMILY_TEXT, "text/css", "css", NULL, extract_verbatim, DATA},
    {FAMILY_TEXT, "text/javascript", "js mjs cjs", "node", extract_verbatim, DATA},
    {FAMILY_TEXT, "text/troff", "roff man", NULL, extract_verbatim},
    {FAMILY_TEXT, "text/vcard", "vcf", NULL, extract_verbatim, DATA},
    {FAMILY_TEXT, "text/vtt", "vtt", NULL, extract_verbatim},
    {FAMILY_TEXT, "text/x-asciidoc", "adoc asciidoc", NULL, extract_verbatim},
    {FAMILY_TEXT, "text/x-asm", "s asm", NULL, extract_verbatim, DATA},
    {FAMILY_TEXT, "text/x-c", "c h", NULL, extract_verbatim, DATA},
    {FAMILY_TEXT, "text/x-c++", "cc cpp cxx hpp hh hxx", NULL, extract_verbatim, DATA},
    {FAMILY_TEXT, "text/x-csharp", "cs", NULL, extract_verbatim, DATA},
    {FAMILY_TEXT, "text/x-diff", "diff patch", NULL, extract_verbatim, DATA},
    {FAMILY_TEXT, "text/x-go", "go", NULL, extract_verbatim, DATA},
    {FAMILY_TEXT, "text/x-ini", "ini cfg conf", NULL, extract_verbatim, DATA},
    {FAMILY_TEXT, "text/x-java", "java", NULL, extract_verbatim, DATA},
    {FAMILY_TEXT, "text/x-kotlin", "kt kts", NULL, extract_verbatim, DATA},
    {FAMILY_TEXT, "text/x-lua", "lua", "lua", extract_verbatim, DATA},
    {FAMILY_TEXT, "text/x-makefile", "mk mak makefile gnumakefile", NULL, extract_verbatim, DATA},
    {FAMILY_TEXT, "text/x-perl", "pl pm", "perl", extract_verbatim, DATA},
    {FAMILY_TEXT, "text/x-php", "php", "php", extract_verbatim, DATA},
    {FAMILY_TEXT, "text/x-python", "py pyi", "python", extract_verbatim, DATA},
    {FAMILY_TEXT, "text/x-r", "r", "Rscript", extract_verbatim, DATA},
    {FAMILY_TEXT, "text/x-ruby", "rb gemfile rakefile", "ruby", extract_verbatim, DATA},
    {FAMILY_TEXT, "text/x-rust", "rs", NULL, extract_verbatim, DATA},
    {FAMILY_TEXT, "text/x-scala", "scala", NULL, extract_verbatim, DATA},
    {FAMILY_TEXT, "text/x-shellscript", "sh bash zsh", "sh", extract_verbatim, DATA},
    {FAMILY_TEXT, "text/x-swift", "swift", NULL, extract_verbatim, DATA},
    {FAMILY_TEXT, "text/x-typescript", "ts tsx", NULL, extract_verbatim, DATA},
};

const size_t n_formats = ARRAY_SIZE(formats);
