"""The words in pictures and scans, in the real service with all layers of the sandbox."""

import pathlib
import struct
import zlib

import pytest
from penstock import DONE
from test_parts import archive_of

FIXTURES = pathlib.Path(__file__).resolve().parent.parent / "extract/fixtures/ocr"
LETTER = (FIXTURES / "letter.png").read_bytes()
SCAN = (FIXTURES / "scan.pdf").read_bytes()
PAGES = (FIXTURES / "pages.tif").read_bytes()
ON = {"PENSTOCK_OCR": "on", "PENSTOCK_SANDBOX": "required"}


def findings(penstock, **settings):
    (finding,) = [f for f in penstock.json("doctor", code=None, **settings) if f["check"] == "ocr"]
    return finding


def metadata(penstock, name):
    return penstock.document(name)["metadata"]


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def bomb(side):
    """A PNG of `side` times `side` pixels, all black, whole and valid."""
    packer, rows = zlib.compressobj(9), b""
    for _ in range(side):
        rows += packer.compress(bytes(1 + side // 8))
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0))
        + chunk(b"IDAT", rows + packer.flush())
        + chunk(b"IEND", b"")
    )


@pytest.mark.sanitize
def test_what_a_picture_shows_is_found(penstock):
    for name, data in {"letter.png": LETTER, "scan.pdf": SCAN, "pages.tif": PAGES}.items():
        penstock.drop(name, data)
    penstock.drop("turned.jpg", (FIXTURES / "turned.jpg").read_bytes())
    penstock.drop("photo.jpg", (FIXTURES / "photo.jpg").read_bytes())
    penstock.drop("mail.zip", archive_of({"a/scan.png": (FIXTURES / "dark.png").read_bytes(), "b.txt": "word"}))
    assert penstock.run_once(**ON) == DONE
    for name in ("letter.png", "scan.pdf", "turned.jpg"):
        assert penstock.document(name)["body"].endswith("and engineers listen for seventeen minutes.")
        assert metadata(penstock, name)["ocr"] == "done"
    assert metadata(penstock, "pages.tif")["ocr_pages"] == 3
    assert metadata(penstock, "photo.jpg")["ocr"] == "no text found"
    found = {hit["name"] for hit in penstock.json("search", "penstock turbines")}
    assert found == {"letter.png", "scan.pdf", "turned.jpg", "pages.tif", "a/scan.png"}
    assert penstock.json("search", "granite lantern")[0]["name"] == "pages.tif"
    assert "ocr.missing" not in penstock.log()


def test_it_is_off_unless_it_is_asked_for(penstock):
    penstock.drop("letter.png", LETTER)
    penstock.drop("scan.pdf", SCAN)
    assert penstock.run_once() == DONE
    for name in ("letter.png", "scan.pdf"):
        assert penstock.document(name)["body"] == ""
        assert metadata(penstock, name)["ocr"] == "off"
    assert metadata(penstock, "scan.pdf")["pages_without_text"] == 1


def test_two_languages(penstock):
    settings = {**ON, "PENSTOCK_OCR_LANGUAGES": "eng+deu"}
    assert findings(penstock, **settings)["level"] == "ok"
    penstock.drop("german.png", (FIXTURES / "german.png").read_bytes())
    assert penstock.run_once(**settings) == DONE
    assert "über zwölf Fässer Öl prüfen" in penstock.document("german.png")["body"]
    assert metadata(penstock, "german.png")["ocr_engine"].endswith(" eng+deu")


def test_missing_data_are_told_once_and_the_documents_say_why(penstock):
    settings = {**ON, "PENSTOCK_OCR_LANGUAGES": "eng+xyz"}
    assert "xyz.traineddata is not in any folder" in findings(penstock, **settings)["finding"]
    penstock.drop("letter.png", LETTER)
    assert penstock.run_once(**settings) == DONE
    assert penstock.log().count("event=ocr.missing") == 1
    assert metadata(penstock, "letter.png")["ocr"] == "no language data: xyz"


def test_data_in_a_folder_of_ones_own(penstock, tmp_path):
    tmp_path.joinpath("broken.traineddata").write_bytes(b"not what it says" * 100)
    settings = {**ON, "PENSTOCK_OCR_DATA": str(tmp_path)}
    penstock.drop("letter.png", LETTER)
    penstock.drop("scan.pdf", SCAN)
    assert penstock.run_once(PENSTOCK_OCR_LANGUAGES="broken", PENSTOCK_WORKERS="1", **settings) == DONE
    for name in ("letter.png", "scan.pdf"):
        assert metadata(penstock, name)["ocr"] == "language data cannot be used"
    assert str(tmp_path) in findings(penstock, PENSTOCK_OCR_LANGUAGES="eng", **settings)["finding"]


def test_a_document_without_time_is_stored_in_part(penstock):
    """Forty pages in two seconds of processor time: what was read by then counts, and nobody is blamed."""
    pages = [(FIXTURES / "letter.jpg").read_bytes()] * 40
    penstock.drop("long.zip", archive_of({f"{i}.jpg": data + bytes([i]) for i, data in enumerate(pages)}))
    assert penstock.run_once(PENSTOCK_MAX_CPU_SECONDS="2", **ON) == DONE
    states = dict(penstock.sql("select metadata->>'ocr', count(*) from penstock.documents where parent_id is not null group by 1"))
    assert states["done"] >= 1 and states["in part"] >= 1
    assert sum(states.values()) == 40
    assert penstock.job("long.zip")["outcome"] == "stored"


def test_bombs_are_named_not_decoded(penstock):
    penstock.drop("bomb.png", bomb(60000))
    penstock.drop("black.png", bomb(9600))  # that one is decoded
    assert penstock.run_once(**ON) == DONE
    assert metadata(penstock, "bomb.png")["ocr"] == "too large"
    assert metadata(penstock, "black.png")["ocr"] == "no text found"


def test_extract_shows_it(penstock):
    (read,) = penstock.json("extract", str(FIXTURES / "letter.png"), **ON)
    assert "seventeen minutes" in read["text"]
    assert read["metadata"]["ocr"] == "done"
