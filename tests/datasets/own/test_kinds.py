"""What a file is: its first bytes decide."""

import io

import numpy as np
import pytest

from gan.datasets.own import kinds
from tests.datasets.fakes import idx, picture

STARTS = [
    (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "HEIC"),
    (b"\0\0\0\x1cftypmif1\0\0\0\0avifmif1miaf", "AVIF"),
    (b"\0\0\0\x20ftypisom\0\0\2\0isomiso2avc1mp41", "a film"),
    (b"RIFF\0\0\0\0AVI LIST", "a film"),
    (b"<!DOCTYPE html><title>404", "a web page"),
    (b"<?xml version='1.0'?>\n<svg xmlns=", "SVG"),
    (b"%PDF-1.7", "PDF"),
    (b"\x80\x04\x95pickle", "a Python pickle"),
    (b"\x89HDF\r\n\x1a\n", "HDF5"),
    (b"Rar!\x1a\x07", "RAR"),
    (b"PAR1", "parquet"),
    (b"hello\n", "text"),
    (b"\x00\x01\x02\x03\x04" * 9, "no picture"),
    (b"", "an empty file"),
]


@pytest.mark.parametrize(("start", "name"), STARTS, ids=[name for _, name in STARTS])
def test_a_kind_is_told_by_its_first_bytes(start, name):
    assert kinds.of(start, "x.jpg").name == name


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "BMP", "WEBP", "PPM", "TIFF", "AVIF", "ICO"])
def test_every_format_that_is_decoded_is_known(kind):
    assert kinds.of(picture(kind=kind)[: kinds.HEAD], "no ending").group == kinds.PICTURE


def test_arrays_are_known_and_raw_files_are_no_tiff():
    out = io.BytesIO()
    np.save(out, np.zeros(3))
    assert kinds.of(out.getvalue(), "x").name == "npy"
    assert kinds.of(idx(np.zeros((2, 28, 28))), "x").name == "idx"
    assert kinds.of(picture(kind="TIFF"), "x.NEF").group == kinds.OTHER


@pytest.mark.parametrize("name", [".DS_Store", "Thumbs.db", "__MACOSX", "desktop.ini", "._x.png", "@eaDir", ".thumbs"])
def test_litter_is_known(name):
    assert kinds.is_litter(("a", name))
    assert kinds.is_litter((name, "a.png"))


def test_what_is_not_taken_says_what_to_do():
    for _, kind in kinds.STARTS:
        assert kind.group != kinds.OTHER or kind.advice
