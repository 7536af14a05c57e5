"""A folder whose meta.json lists its files is one document of ordered parts."""

import hashlib
import json
import os
import time

import pytest
from penstock import DONE, FAILED, QUARANTINED, sha256, wait_until
from test_parts import BOX

A, B, C = "the first page, of cats", "the second page, of dogs", "the third page, of birds"


def entries(*names, **orders):
    return [{"file": name} for name in names] + [{"file": name, "order": order} for name, order in orders.items()]


def listing(*names, **members):
    return json.dumps({**members, "documents": [n if isinstance(n, dict) else {"file": n} for n in names]})


def folder(files, **members):
    """{name: data} of a folder that lists all of it."""
    return {"meta.json": listing(*files, **members), **files}


def digest(files, names=None):
    """The hash of a folder: of the hashes of meta.json and of its files in order."""
    data = {name: d.encode() if isinstance(d, str) else d for name, d in files.items()}
    names = names or [d["file"] for d in json.loads(data["meta.json"])["documents"]]
    return sha256(b"".join(hashlib.sha256(data[name]).digest() for name in ["meta.json", *names]))


def archived(penstock, files, names=None):
    """Whether the archive has the whole folder, and nothing of it is elsewhere."""
    h = digest(files, names)
    place = penstock.archive / h[:2] / h[2:4] / h
    names = names or [d["file"] for d in json.loads(files["meta.json"])["documents"]]
    return penstock.files(place) == {
        name: data.encode() if isinstance(data, str) else data for name, data in files.items() if name in ["meta.json", *names]
    }


def test_a_folder_is_one_document(penstock):
    files = {
        "meta.json": json.dumps(
            {
                "id": "letter-1",
                "created_at": "2024-03-05 10:00",
                "documents": [{"file": "b.txt", "type": "attachment", "order": 2}, {"file": "a.txt", "type": "letter", "order": 1}],
                "metadata": {"source": "scanner", "tags": ["Tax, 2024"], "customer": 4711},
            }
        ),
        "a.txt": A,
        "b.txt": B,
    }
    penstock.start()
    penstock.drop_folder("letter", files)
    penstock.wait_filed(1)
    (row,) = penstock.sql("select name, body, media_type, external_id, version, byte_size from penstock.documents")
    assert row == (
        "letter/meta.json", f"{A}\n\n{B}", "application/vnd.penstock.folder", "letter-1", 1,
        sum(map(len, files.values())),
    )
    document = penstock.document("letter/meta.json")
    assert document["sha256"] == digest(files, ["a.txt", "b.txt"])
    metadata = document["metadata"]
    assert metadata["tags"] == ["tax-2024"] and metadata["source"] == "scanner" and metadata["customer"] == 4711
    assert metadata["created"] == "2024-03-05T10:00:00" and metadata["file_count"] == 2
    assert metadata["files"] == [
        {"file": "a.txt", "type": "letter", "media_type": "text/plain", "bytes": len(A)},
        {"file": "b.txt", "type": "attachment", "media_type": "text/plain", "bytes": len(B)},
    ]
    assert archived(penstock, files, ["a.txt", "b.txt"])
    assert [hit["name"] for hit in penstock.json("search", "dogs", "--tag", "tax 2024")] == ["letter/meta.json"]
    assert penstock.stop() == DONE
