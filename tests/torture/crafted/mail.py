"""E-mail and mailboxes: parts in parts, boundaries that are everywhere, fields without end."""

import base64

HEAD = b"From: a@example.org\r\nTo: b@example.org\r\nSubject: core\r\nDate: Mon, 2 Jan 2023 10:00:00 +0000\r\n"


def multipart(boundary, body, kind=b"mixed"):
    return b"Content-Type: multipart/" + kind + b'; boundary="' + boundary + b'"\r\n\r\n' + body


def nested(n, same=False):
    parts = [b"--%s\r\n" % name + b"Content-Type: multipart/mixed; boundary=%s\r\n\r\n" % after
             for name, after in ((b"x" if same else b"b%d" % k, b"x" if same else b"b%d" % (k + 1)) for k in range(n))]
    return HEAD + multipart(b"x" if same else b"b0", b"".join(parts) + b"core")


def forwarded(n):
    return (HEAD + b"Content-Type: message/rfc822\r\n\r\n") * n + HEAD + b"\r\ncore"


def parts(n, part=b"Content-Type: text/plain\r\n\r\ncore\r\n"):
    return HEAD + multipart(b"x", b"".join(b"--x\r\n" + part for _ in range(n)) + b"--x--\r\n")


def of_mail(n, many):
    yield "multiparts.eml", lambda: nested(n)
    yield "same-boundary.eml", lambda: nested(n, same=True)
    yield "forwarded.eml", lambda: forwarded(n)
    yield "parts.eml", lambda: parts(many)
    yield "attachments.eml", lambda: HEAD + multipart(b"x", b"".join(
        b"--x\r\nContent-Disposition: attachment; filename=%d.txt\r\n\r\nattachment %d\r\n" % (k, k) for k in range(many)))
    yield "empty-boundary.eml", lambda: HEAD + multipart(b"", b"--\r\n" * 1_000_000)
    yield "boundary.eml", lambda: HEAD + multipart(b"b" * 1_000_000, b"--" + b"b" * 1_000_000 + b"\r\n\r\ncore")
    yield "nearly.eml", lambda: HEAD + multipart(b"-" * 70, (b"-" * 71 + b"\r\n") * 200_000)
    yield "fields.eml", lambda: b"".join(b"X-%d: y\r\n" % k for k in range(300_000)) + HEAD + b"\r\ncore"
    yield "same-field.eml", lambda: HEAD + b"To: c@example.org\r\n" * 300_000 + b"\r\ncore"
    yield "field.eml", lambda: HEAD + b"X-Long: " + b"y" * 20_000_000 + b"\r\n\r\ncore"
    yield "folded.eml", lambda: HEAD + b"Cc: x" + b"\r\n y," * 2_000_000 + b"\r\n\r\ncore"
    yield "subject.eml", lambda: b"Subject: " + b"=?utf-8?q?a?= " * 500_000 + b"\r\n" + HEAD + b"\r\ncore"
    yield "words.eml", lambda: b"Subject: " + b"=?utf-8?q?" * 300_000 + b"\r\n" + HEAD + b"\r\ncore"
    yield "parameters.eml", lambda: HEAD + b"Content-Type: text/plain" + b"".join(b"; name*%d*=%%41" % k for k in range(many)) + b"\r\n\r\ncore"
    yield "same-parameter.eml", lambda: HEAD + b"Content-Type: text/plain" + b"; name*0=a" * many + b"\r\n\r\ncore"
    yield "quotes.eml", lambda: HEAD + b'Content-Type: text/plain; name="' + b'\\"' * 2_000_000 + b"\r\n\r\ncore"
    yield "comments.eml", lambda: HEAD + b"Content-Type: text/plain " + b"(" * n + b")" * n + b"\r\n\r\ncore"
    yield "addresses.eml", lambda: HEAD + b"Cc: " + b"<" * many + b"a@b" + b">" * many + b"\r\n\r\ncore"
    yield "references.eml", lambda: HEAD + b"References: " + b"<a@b> " * 500_000 + b"\r\n\r\ncore"
    yield "base64.eml", lambda: HEAD + b"Content-Transfer-Encoding: base64\r\n\r\n" + b"=" * 5_000_000 + base64.b64encode(b"core")
    yield "escapes.eml", lambda: HEAD + b"Content-Transfer-Encoding: quoted-printable\r\n\r\n" + b"=\r\n=" * 2_000_000
    yield "charset.eml", lambda: HEAD + b"Content-Type: text/plain; charset=" + b"x" * 1_000_000 + b"\r\n\r\n\xff\xfe core"
    yield "shifts.eml", lambda: HEAD + b"Content-Type: text/plain; charset=iso-2022-jp\r\n\r\n" + b"\x1b$B\x1b(B" * 1_000_000
    yield "utf-7.eml", lambda: HEAD + b"Content-Type: text/plain; charset=utf-7\r\n\r\n" + b"+ADw-+" * 1_000_000
    yield "html.eml", lambda: HEAD + b"Content-Type: text/html\r\n\r\n" + b"<div>" * 100_000 + b"core"
    yield "flowed.eml", lambda: HEAD + b"Content-Type: text/plain; format=flowed; delsp=yes\r\n\r\n" + b">" * 1_000_000 + b" x \r\n> " * 300_000
    yield "alternatives.eml", lambda: parts(n, b"Content-Type: multipart/alternative; boundary=y\r\n\r\n--y\r\n\r\ncore\r\n--y--\r\n")
    yield "only-fields.eml", lambda: HEAD * many


def of_mailbox(n, many):
    start = b"From a@example.org Mon Jan  2 10:00:00 2023\n"
    message = start + HEAD.replace(b"\r\n", b"\n") + b"\ncore %d\n\n"
    yield "messages.mbox", lambda: b"".join(message % k for k in range(many))
    yield "empty-messages.mbox", lambda: message % 0 + start * 300_000
    yield "quoted.mbox", lambda: message % 0 + b">" * 1_000_000 + b"From x\n" + b">From y\n" * 500_000
    yield "nested.mbox", lambda: message % 0 + nested(n)
    yield "one-line.mbox", lambda: message % 0 + b"x" * 20_000_000


def hostile(n, many):
    yield from of_mail(n, many)
    yield from of_mailbox(n, many)
