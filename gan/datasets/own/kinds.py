"""What a file is: its first bytes decide, never its name."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath

from gan.datasets import _decode

HEAD = 1024  # bytes that are looked at
PICTURE, ARRAYS, ARCHIVE, TEXT, OTHER = "picture", "arrays", "archive", "text", "other"


@dataclass(frozen=True)
class Kind:
    """A kind of file: its name, its group, and for those that are not taken the reason with what to do instead."""

    name: str
    group: str
    advice: str = ""

    @property
    def reason(self) -> str:
        """Why a file of this kind is left out."""
        return f"{self.name}: {self.advice}" if self.advice else self.name


AS_JPEG = "export it as JPEG or PNG"
HEIC = Kind(
    "HEIC",
    PICTURE if _decode.HEIC else OTHER,
    "this Python cannot read it: pip install pillow-heif, or set the phone to save JPEG (Formats: Most Compatible)",
)
FILM = Kind("a film", OTHER, "export some of its frames as pictures")
PICKLE = Kind("a Python pickle", OTHER, "it may hold a program and is never opened; save the arrays as .npz")
RAW = Kind("a camera's raw file", OTHER, AS_JPEG)
PLAIN_TEXT = Kind("text", TEXT)
UNKNOWN = Kind("no picture", OTHER)
EMPTY = Kind("an empty file", OTHER)

STARTS: tuple[tuple[bytes, Kind], ...] = (
    (b"\x89PNG\r\n\x1a\n", Kind("PNG", PICTURE)),
    (b"\xff\xd8\xff", Kind("JPEG", PICTURE)),
    (b"GIF8", Kind("GIF", PICTURE)),
    (b"II*\0", Kind("TIFF", PICTURE)),
    (b"MM\0*", Kind("TIFF", PICTURE)),
    (b"II+\0", Kind("TIFF", PICTURE)),
    (b"MM\0+", Kind("TIFF", PICTURE)),
    (b"\0\0\0\x0cjP  ", Kind("JPEG 2000", PICTURE)),
    (b"\xff\x4f\xff\x51", Kind("JPEG 2000", PICTURE)),
    (b"\0\0\1\0", Kind("ICO", PICTURE)),
    (b"\xff\x0a", Kind("JPEG XL", OTHER, AS_JPEG)),
    (b"\0\0\0\x0cJXL ", Kind("JPEG XL", OTHER, AS_JPEG)),
    (b"8BPS", Kind("a Photoshop file", OTHER, AS_JPEG)),
    (b"%PDF", Kind("PDF", OTHER, "export its pages as pictures")),
    (b"PK\3\4", Kind("zip", ARCHIVE)),
    (b"PK\5\6", Kind("zip", ARCHIVE)),
    (b"\x1f\x8b", Kind("gzip", ARCHIVE)),
    (b"BZh", Kind("bzip2", ARCHIVE)),
    (b"\xfd7zXZ\0", Kind("xz", ARCHIVE)),
    (b"7z\xbc\xaf\x27\x1c", Kind("7z", OTHER, "unpack it, and give the folder or a zip")),
    (b"Rar!", Kind("RAR", OTHER, "unpack it, and give the folder or a zip")),
    (b"\x93NUMPY", Kind("npy", ARRAYS)),
    (b"PAR1", Kind("parquet", ARRAYS)),
    (b"\x89HDF", Kind("HDF5", OTHER, "save its arrays as .npz: numpy.savez('x.npz', images=…, labels=…)")),
    (b"MATLAB 5.0", Kind("a MATLAB file", OTHER, "save its arrays as .npz: numpy.savez('x.npz', images=…, labels=…)")),
    (b"\x1a\x45\xdf\xa3", FILM),
    *((b"\x80" + bytes([version]), PICKLE) for version in range(2, 6)),
)
BRANDS = {  # of ISO media files, after "ftyp"
    b"avif": Kind("AVIF", PICTURE),
    b"avis": Kind("AVIF", PICTURE),
    **dict.fromkeys((b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"), HEIC),
}
IDX_TYPES = b"\x08\x09\x0b\x0c\x0d\x0e"
RAW_ENDINGS = {".cr2", ".nef", ".arw", ".dng", ".orf", ".rw2", ".pef", ".srw"}  # TIFFs of a small preview each
LITTER = {"thumbs.db", "ehthumbs.db", "desktop.ini", "icon\r", "__macosx", "@eadir", "$recycle.bin"}
LITTER |= {"system volume information", "lost+found", "picasa.ini"}


def is_litter(place: tuple[str, ...]) -> bool:
    """Whether operating systems, editors and file managers leave such a file: hidden ones, too."""
    return any((part.startswith(".") and part != "..") or part.lower() in LITTER for part in place)


def of(head: bytes, name: str) -> Kind:
    """The kind of a file that begins with `head`, its first HEAD bytes; the name tells raw files from TIFF only."""
    if not head:
        return EMPTY
    for start, kind in STARTS:
        if head.startswith(start):
            raw = kind.name == "TIFF" and PurePosixPath(name.lower()).suffix in RAW_ENDINGS
            return RAW if raw or head[8:10] == b"CR" else kind
    if head[4:8] == b"ftyp":
        named = [head[at : at + 4] for at in (8, *range(16, min(64, int.from_bytes(head[:4], "big")), 4))]
        known = [BRANDS[brand] for brand in named if brand in BRANDS]
        return next((kind for kind in known if kind.name == "AVIF"), known[0] if known else FILM)
    if head[:4] == b"RIFF":
        return Kind("WebP", PICTURE) if head[8:12] == b"WEBP" else FILM
    if head[:2] == b"BM" and head[6:10] == bytes(4):
        return Kind("BMP", PICTURE)
    if head[:1] == b"P" and head[1:2] in b"123456" and head[2:3].isspace():
        return Kind("PPM", PICTURE)
    if head[:2] == b"\0\0" and head[2:3] in IDX_TYPES and 1 <= head[3] <= 4:
        return Kind("idx", ARRAYS)
    if head[257:262] == b"ustar":
        return Kind("tar", ARCHIVE)
    if head[128:132] == b"DICM":
        return Kind("DICOM", OTHER, AS_JPEG)
    return _text(head)


def _text(head: bytes) -> Kind:
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return PLAIN_TEXT
    if b"\0" in head or sum(byte < 32 and byte not in b"\t\n\r\f\x1b" for byte in head) > len(head) // 100:
        return UNKNOWN
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:400].lower()
    if b"<svg" in start:
        return Kind("SVG", OTHER, "a drawing of lines; export it as PNG")
    if start.startswith((b"<!doctype html", b"<html", b"<head")):
        return Kind("a web page", OTHER, "the download gave an error page instead of the file; get it again")
    return PLAIN_TEXT
