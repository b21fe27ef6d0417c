"""Names in a zip that does not say how it writes them: the code page is guessed from all of them together."""

from __future__ import annotations

import itertools
import struct
import unicodedata
import zipfile
from collections.abc import Callable, Sequence

TURNS = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"  # of the direction of writing
UTF8 = 0x800  # the flag of an entry that says so
UNICODE_PATH = 0x7075  # an extra field with the name in UTF-8

# What people write in each language; the shares of these are what a guess rests on.
KANJI_LEADS = {0x81, 0x82, 0x83, *range(0x88, 0x98)}  # of Shift-JIS: signs, kana, the 2,965 kanji of level 1
HANZI_LEADS = range(0xB0, 0xD8)  # of GBK: the 3,755 signs of level 1
BIG5_LEADS = range(0xA4, 0xC7)  # of Big5: the 5,401 frequent signs
HANGUL_LEADS = range(0xB0, 0xC9)  # of CP949: the 2,350 frequent syllables
SYLLABLES = set(
    "가각간갈감강개거건걸것게겨결경계고곡과관광교구국군그극근금기길김나날남내너네년노농니다단달당대더도독동두드들등디"
    "라락란람래량러력련로록료루류르름리린림마막만말매머면명모목무문물미민바박반발방배백버번벌법변별병보복본봉부북분불비"
    "빈빛사산살삼상새색생서석선설성세소속손송수술숲스습승시식신실심십씨아악안알암야양어억언업에여역연열염영예오온올와완"
    "왕외요용우운울원월위유육은음응의이익인일임입자작잔잘장재전절점정제조족종좌주준중증지직진질집차착참창책처천철첫청체"
    "초촌최추축출충치친칠침카코쿠크키타태터테토통트특티파판팔패퍼평포표품풍프피필하학한할함합항해행향허험혁현형호혼화환"
    "활황회효후훈휴흐희히힘강아지고양이말소새꽃나무사람집차폴더"
)
LATIN_437 = "çüéâäàåêëèïîìÄÅÉæÆôöòûùÖÜáíóúñÑß"
LATIN_1252 = LATIN_437 + "ãõøØÀÁÂÃÇÈÊËÌÍÎÏÒÓÔÕÙÚÛýÝœŒšŠžŽ"
LATIN_852 = "ąćęłńóśźżĄĆĘŁŃÓŚŹŻáčďéěíňřšťúůýžÁČĎÉĚÍŇŘŠŤÚŮÝŽäöüÄÖÜßőűŐŰâîăţşÂÎĂŢŞ"
GREEK = "αβγδεζηθικλμνξοπρςστυφχψωάέήίόύώΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩ"


def names(entries: Sequence[zipfile.ZipInfo]) -> list[str]:
    """The name of each entry as its writer saw it; composed (NFC)."""
    raw = [_raw(entry) for entry in entries]
    page = guess([name for name in raw if isinstance(name, bytes)])
    return [composed(name if isinstance(name, str) else name.decode(page, "replace")) for name in raw]


def composed(name: str) -> str:
    """A name in composed letters (NFC), without signs that steer a terminal or the direction of writing."""
    plain = "".join(
        letter for letter in name if unicodedata.category(letter) not in ("Cc", "Cs") and letter not in TURNS
    )
    return unicodedata.normalize("NFC", plain)


def guess(raw: Sequence[bytes]) -> str:
    """The code page that makes most sense of all names; "cp437", which the standard names, where none does."""
    coded = [name for name in raw if not name.isascii()]
    if not coded:
        return "cp437"
    scores = {page: _score(page, score, coded) for page, score in PAGES.items()}
    best = max(scores, key=lambda page: scores[page])  # the first of those that are alike
    return best if scores[best] > 0 else "cp437"


def _raw(entry: zipfile.ZipInfo) -> str | bytes:
    """The name in Unicode where the zip gives it, or else its bytes."""
    name = entry.filename
    if entry.flag_bits & UTF8 or name.isascii():
        return name
    if written := _unicode_path(entry.extra):
        return written
    try:
        return name.encode("cp437")  # as which zipfile has read it
    except UnicodeEncodeError:
        return name


def _unicode_path(extra: bytes) -> str:
    while len(extra) >= 4:
        kind, length = struct.unpack("<HH", extra[:4])
        if kind == UNICODE_PATH and length > 5:
            return extra[9 : 4 + length].decode("utf-8", "ignore")
        extra = extra[4 + length :]
    return ""


def _score(page: str, score: Callable[[str, str], float], names: Sequence[bytes]) -> float:
    """The mean over all letters that are not ASCII, of what each is worth beside the letter before it."""
    worth = []
    for name in names:
        try:
            text = name.decode(page)
        except UnicodeDecodeError:
            return -1.0
        pairs = zip(" " + text, text, strict=False)
        worth += [score(letter, before) for before, letter in pairs if not letter.isascii()]
        if page not in LATIN:
            worth += [-1.0 for a, b in itertools.pairwise(text) if _glued(a, b)]
    return sum(worth) / len(worth) if worth else 0.0


def _glued(a: str, b: str) -> bool:
    """Whether one is a plain Latin letter and the other is of another script, without a gap."""
    return any(x.isascii() and x.isalpha() and not y.isascii() for x, y in ((a, b), (b, a)))


def _utf8(letter: str, _: str) -> float:
    """What can be read as UTF-8 is nothing else, unless it is of scripts that nobody writes."""
    code = ord(letter)
    rare = 0x180 <= code < 0x300 or 0x370 <= code < 0x386 or 0x460 <= code < 0x490
    return -1.0 if rare or code < 0xA0 else 2.0


def _lead(page: str, letter: str) -> int:
    return letter.encode(page)[0]


def _japanese(letter: str, _: str) -> float:
    if 0xFF61 <= ord(letter) <= 0xFF9F:
        return -0.5  # half-width kana: nobody writes them
    return 1.0 if _lead("cp932", letter) in KANJI_LEADS else 0.3


def _chinese(letter: str, _: str) -> float:
    coded = letter.encode("gbk")
    return 0.95 if coded[0] in HANZI_LEADS and coded[1] >= 0xA1 else 0.2


def _taiwanese(letter: str, _: str) -> float:
    return 0.9 if _lead("big5", letter) in BIG5_LEADS else 0.1


def _korean(letter: str, _: str) -> float:
    if letter in SYLLABLES:
        return 0.97
    return 0.6 if _lead("cp949", letter) in HANGUL_LEADS and "가" <= letter <= "힣" else 0.0


def _cyrillic(letter: str, before: str) -> float:
    if not ("А" <= letter <= "я" or letter in "ёЁіїєґІЇЄҐ"):
        return -1.0
    return 0.93 if not (letter.isupper() and before.islower()) else -1.5


def _letters(known: str, worth: float) -> Callable[[str, str], float]:
    def score(letter: str, before: str) -> float:
        if letter not in known or (letter.isupper() and before.islower()):
            return -1.0
        return worth

    return score


PAGES: dict[str, Callable[[str, str], float]] = {
    "utf-8": _utf8,
    "cp932": _japanese,
    "gbk": _chinese,
    "cp949": _korean,
    "big5": _taiwanese,
    "cp866": _cyrillic,
    "cp1251": _cyrillic,
    "cp437": _letters(LATIN_437, 0.8),
    "cp850": _letters(LATIN_1252, 0.79),
    "cp1252": _letters(LATIN_1252, 0.78),
    "cp852": _letters(LATIN_852, 0.77),
    "cp1250": _letters(LATIN_852, 0.76),
    "cp737": _letters(GREEK, 0.75),
    "cp1253": _letters(GREEK, 0.75),
}
LATIN = {"utf-8", "cp437", "cp850", "cp1252", "cp852", "cp1250"}
