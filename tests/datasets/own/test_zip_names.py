"""Names in a zip that does not say how it writes them."""

import struct
import zipfile

import pytest

from gan.datasets.own import zip_names

WRITTEN = [
    ("cp932", ["猫", "犬"]),
    ("cp932", ["ねこ"]),
    ("cp932", ["テスト画像", "本番"]),
    ("gbk", ["猫", "狗"]),
    ("gbk", ["鸟", "鱼"]),
    ("gbk", ["训练", "测试"]),
    ("big5", ["貓", "狗"]),
    ("cp949", ["고양이", "개"]),
    ("cp866", ["Кошки", "собаки"]),
    ("cp1251", ["кошки", "Пёс"]),
    ("cp437", ["Äpfel", "Kühe", "Birnen"]),
    ("cp437", ["niño"]),
    ("cp850", ["São"]),
    ("cp1252", ["élève", "garçons"]),
    ("cp852", ["kość", "źródło"]),
    ("cp737", ["γάτα", "σκύλος"]),
    ("utf-8", ["图片"]),
    ("utf-8", ["Äpfel", "кот", "😀"]),
]


@pytest.mark.parametrize(("page", "names"), WRITTEN, ids=lambda value: value if isinstance(value, str) else "")
def test_a_code_page_is_guessed_from_all_names_together(page, names):
    raw = [name.encode(page) for name in names]
    assert [name.decode(zip_names.guess(raw)) for name in raw] == names


def info(name, flags=0, extra=b""):
    entry = zipfile.ZipInfo("x")
    entry.filename, entry.flag_bits, entry.extra = name, flags, extra
    return entry


def test_names_are_composed_and_free_of_control_signs():
    entries = [info("A\u0308pfel/\u202e1.png", zip_names.UTF8), info("a\x07b")]
    assert zip_names.names(entries) == ["Äpfel/1.png", "ab"]


def test_a_zip_may_keep_the_name_in_unicode_beside():
    written = "猫".encode()
    extra = struct.pack("<HHBI", zip_names.UNICODE_PATH, 5 + len(written), 1, 0) + written
    assert zip_names.names([info("\x94L".encode("latin-1").decode("cp437"), extra=extra)]) == ["猫"]
