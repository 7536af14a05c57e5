"""Which words of a document does penstock find, beside the tool of its format, and the other way round. The different words
of a document count, for a word that is found once can be searched.

A tool is no judge: what it leaves out, or makes up, is part of the figures. So the worst files are listed with the words
that are missing, for somebody to look at."""

import collections
import dataclasses
import json
import pathlib
import re
import statistics
import subprocess
import unicodedata

WORD = re.compile(r"[^\W_]{2,}")
HYPHEN = re.compile(r"(?<=\w)[-\u2010]\s*\n\s*(?=\w)")
AT_ONCE = 40  # files a call of penstock
EXAMPLES = 12


def words(text):
    """The different words, as a search sees them."""
    text = unicodedata.normalize("NFKC", text).replace("\u00ad", "")
    found = set(WORD.findall(text.casefold()))
    return found | set(WORD.findall(HYPHEN.sub("", text).casefold()))


def share(of, in_):
    return len(of & in_) / len(of) if of else 1.0


@dataclasses.dataclass
class Comparison:
    path: pathlib.Path
    theirs: set
    ours: set  # with title and metadata
    text: set  # ours without
    note: str  # why there is less, as penstock says it itself

    def found(self):
        return share(self.theirs, self.ours)

    def missing(self):
        return sorted(self.theirs - self.ours)


def text_of(document):
    """A file's text."""
    return document["text"] or ""


def all_of(document):
    """What can be found of a file: its text, title and metadata, and those of what lies in it."""
    metadata = json.dumps(document["metadata"], ensure_ascii=False)
    return "\n".join([document["title"] or "", text_of(document), metadata, *map(all_of, document.get("parts") or [])])


def note_of(document):
    if document.get("error"):
        return document["error"]
    told = {key: value for key, value in document["metadata"].items() if key in ("damaged", "encrypted", "truncated", "parts_limit")}
    return " ".join(f"{key}: {value}" for key, value in told.items()) if document["supported"] else document["media_type"]


def read_ours(program, paths):
    """{path: (text, all that can be found, note)} of many files."""
    read = {}
    for start in range(0, len(paths), AT_ONCE):
        some = paths[start : start + AT_ONCE]
        done = subprocess.run([program, "extract", "--json", *some], capture_output=True, stdin=subprocess.DEVNULL)
        documents = json.loads(done.stdout)
        assert not all(document.get("error") for document in documents), f"penstock cannot read at all: {documents[0]['error']}"
        for path, document in zip(some, documents):
            ok = not document.get("error")
            read[path] = (text_of(document) if ok else "", all_of(document) if ok else "", note_of(document))
    return read


def compare(program, tool, paths):
    """Of those that the tool can read."""
    ours = read_ours(program, paths)
    for path in paths:
        text = tool.read(path)
        if text is not None and text.strip():
            own, everything, note = ours[path]
            yield Comparison(path, words(text), words(everything), words(own), note)


def percent(n, of):
    return f"{100 * n / max(1, of):.1f} %"


def row(kind, tool, comparisons):
    found = [c.found() for c in comparisons]
    theirs, ours = sum(len(c.theirs) for c in comparisons), sum(len(c.text) for c in comparisons)
    return (
        *(kind, tool.name, len(comparisons), sum(each == 1 for each in found)),
        *(percent(sum(len(c.theirs & c.ours) for c in comparisons), theirs), percent(statistics.median(found), 1)),
        *(percent(min(found), 1), percent(sum(len(c.text & c.theirs) for c in comparisons), ours)),
    )


HEAD = ("format", "tool", "files", "all found", "words found", "median", "worst", "ours in theirs")


def print_worst(comparisons, n):
    for c in sorted(comparisons, key=lambda c: (c.found(), -len(c.theirs)))[:n]:
        if c.found() == 1:
            break
        gone = c.missing()
        some = " ".join(gone[:: max(1, len(gone) // EXAMPLES)][:EXAMPLES])
        print(f"    {100 * c.found():3.0f} % of {len(c.theirs)}  {c.path}  [{c.note}]  {some}")


def common_losses(comparisons, n=15):
    """Words that are missing in the most files: mostly what a tool makes up."""
    counts = collections.Counter(word for c in comparisons for word in c.theirs - c.ours)
    return ", ".join(f"{word} ({k})" for word, k in counts.most_common(n) if k > 1)
