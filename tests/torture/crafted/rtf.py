"""RTF: groups, numbers that lie, tables of fonts, bytes that are skipped."""


def rtf(body):
    return b"{\\rtf1\\ansi\\ansicpg1252{\\fonttbl{\\f0 Times;}}" + body + b" core\\par}"


def hostile(n, many):
    yield "groups.rtf", lambda: rtf(b"{" * n + b"core" + b"}" * n)
    yield "many-groups.rtf", lambda: rtf(b"{" * 5_000_000)
    yield "closed.rtf", lambda: rtf(b"}" * 1_000_000)
    yield "states.rtf", lambda: rtf(b"{\\b\\f0\\uc9 x" * 300_000)
    yield "binary.rtf", lambda: rtf(b"\\bin4294967295 " + b"x" * 1000)
    yield "binary-negative.rtf", lambda: rtf(b"\\bin-2147483648 " * 10_000)
    yield "parameters.rtf", lambda: rtf(b"\\uc99999999999 \\u-99999999999 ?\\f2147483648 \\ansicpg99999999 \\fcharset-1 \\'zz\\'" * 10_000)
    yield "skipped.rtf", lambda: rtf(b"\\uc1000000 " + b"\\u960 x" * 500_000)
    yield "fonts.rtf", lambda: rtf(b"{\\fonttbl" + b"".join(b"{\\f%d\\fcharset%d F%d;}" % (k, k % 256, k) for k in range(many)) + b"}"
        + b"".join(b"\\f%d \\'e4" % (k * 7919 % many) for k in range(many)))
    yield "same-font.rtf", lambda: rtf(b"{\\fonttbl" + b"{\\f1\\fcharset204 F;}" * 300_000 + b"}" + b"\\f1\\'e4\\f0\\'e4" * 300_000)
    yield "pages.rtf", lambda: rtf(b"".join(b"\\ansicpg%d\\'e4" % k for k in range(many)))
    yield "tables.rtf", lambda: rtf(b"".join(b"\\trowd\\itap%d \\intbl\\nestcell" % k for k in range(many)))
    yield "cells.rtf", lambda: rtf(b"\\trowd" + b"\\cellx1" * 500_000 + b"\\intbl" + b" a\\cell" * 500_000 + b"\\row")
    yield "notes.rtf", lambda: rtf(b"{\\footnote x" * n)
    yield "headers.rtf", lambda: rtf(b"".join(b"\\sect{\\header number %d}" % k for k in range(many)))
    yield "same-header.rtf", lambda: rtf(b"\\sect{\\header the same}" * 300_000)
    yield "fields.rtf", lambda: rtf(b"{\\field{\\*\\fldinst x}{\\fldrslt " * n)
    yield "lists.rtf", lambda: rtf(b"{\\*\\listtable" + b"{\\list{\\listlevel" * n)
    yield "information.rtf", lambda: rtf(b"{\\info{\\title " + b"t" * 5_000_000 + b"}" + b"{\\author a}" * 300_000 + b"}")
    yield "objects.rtf", lambda: rtf(b"{\\object{\\*\\objdata " + b"0" * 20_000_000 + b"}}")
    yield "pictures.rtf", lambda: rtf(b"{\\pict\\bin10 " * 300_000)
    yield "upr.rtf", lambda: rtf(b"{\\upr{a}{\\*\\ud{b}}" * 100_000)
    yield "word.rtf", lambda: rtf(b"\\" + b"w" * 10_000_000)
    yield "number.rtf", lambda: rtf(b"\\b" + b"9" * 10_000_000)
    yield "backslashes.rtf", lambda: rtf(b"\\" * 5_000_001)
    yield "east.rtf", lambda: b"{\\rtf1\\ansi\\ansicpg932 " + b"\\'81{}" * 500_000 + b"}"
