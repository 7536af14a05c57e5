"""The programs that somebody on Debian would call to get the text out of a file, by format: what penstock is measured beside."""

import dataclasses
import pathlib
import shutil
import subprocess

HERE = pathlib.Path(__file__).resolve().parent
SECONDS = 60  # for one file


@dataclasses.dataclass(frozen=True)
class Tool:
    name: str
    package: str  # of Debian, that has it
    command: tuple  # {} is the file; its text goes to standard output
    suffixes: tuple

    def missing(self):
        return None if shutil.which(self.command[0]) and shutil.which(self.name) else self.package

    def line(self, path):
        return [part.replace("{}", str(path)) for part in self.command]

    def read(self, path):
        """The text of a file, or None when the tool cannot read it."""
        try:
            done = subprocess.run(self.line(path), capture_output=True, timeout=SECONDS, stdin=subprocess.DEVNULL)
        except subprocess.TimeoutExpired:
            return None
        return done.stdout.decode(errors="replace") if done.returncode == 0 else None


# Paragraphs and cells are lines, other tags part no words; the name of a table's style is the only text that is none.
SLIDES = """unzip -p "$0" 'ppt/slides/slide*.xml' | tr '\\n' ' ' |
sed -e 's,</a:p>,\\n,g' -e 's,<a:tableStyleId>[^<]*,,g' -e 's,<[^>]*>,,g' -e 's,&amp;,\\&,g' -e 's,&lt;,<,g' -e 's,&gt;,>,g'"""
# What the program says of a document stands between the document's lines.
RTF = """unrtf --text --quiet "$0" 2>/dev/null | sed -e '/^###/d' -e 's,### picture data.*,,' -e 's,^pict[0-9]*[.][a-z]*,,'"""

TOOLS = (
    Tool("pdftotext", "poppler-utils", ("pdftotext", "{}", "-"), (".pdf",)),
    Tool("docx2txt", "docx2txt", ("docx2txt", "{}", "-"), (".docx", ".docm", ".dotx")),
    Tool("xlsx2csv", "xlsx2csv", ("xlsx2csv", "--all", "{}"), (".xlsx", ".xlsm")),
    Tool("unzip", "unzip", ("sh", "-c", SLIDES, "{}"), (".pptx", ".pptm", ".potx")),
    Tool("odt2txt", "odt2txt", ("odt2txt", "--encoding=UTF-8", "{}"), (".odt", ".ott", ".odp", ".otp", ".ods", ".ots", ".sxw")),
    Tool("unrtf", "unrtf", ("sh", "-c", RTF, "{}"), (".rtf",)),
    Tool("w3m", "w3m", ("w3m", "-dump", "-cols", "200", "-O", "UTF-8", "-T", "text/html", "{}"), (".html", ".htm", ".xhtml")),
    Tool("pandoc", "pandoc", ("pandoc", "--from", "epub", "--to", "plain", "{}"), (".epub",)),
    Tool("python3", "python3", ("/usr/bin/python3", str(HERE / "mail_text.py"), "{}"), (".eml", ".mbox")),
)


def by_format():
    """{format: tool}; a format is the first of a tool's suffixes that mean the same to it."""
    return {suffix[1:]: tool for tool in TOOLS for suffix in tool.suffixes}


def missing(formats):
    """The packages that are not there, of the tools of these formats."""
    tools = by_format()
    return sorted({tools[name].missing() for name in formats if name in tools} - {None})
