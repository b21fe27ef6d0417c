"""A table of labels beside pictures."""

import io

import pytest

from gan.datasets.own import label_table

PLACES = [("data", f"{k}.png") for k in range(6)]


@pytest.mark.parametrize(
    "text",
    [
        "file,label\n" + "".join(f"{k}.png,{'ab'[k % 2]}\n" for k in range(6)),
        "id\tsize\tclass\n" + "".join(f"{k}\t{k}\t{'ab'[k % 2]}\n" for k in range(6)),
        "".join(f"{'ab'[k % 2]};data/{k}.png\n" for k in range(6)),
        'name,"a","b"\n' + "".join(f"{k}.png,{1 - k % 2},{k % 2}\n" for k in range(6)),
        "name,x,kind of\n" + "".join(f".\\{k}.png,{k / 7},{'ab'[k % 2]}\n" for k in range(6)),
        "\ufefffile,label\n" + "".join(f"{k}.PNG,z\n{k}.png,{'ab'[k % 2]}\n" for k in range(6)),
    ],
)
@pytest.mark.parametrize("code", ["utf-8", "utf-16"])
def test_a_table_that_names_the_pictures_gives_their_labels(text, code):
    table = label_table.read(("data", "labels.csv"), io.BytesIO(text.encode(code)))
    assert table
    labels, used = label_table.labels([table], PLACES, range(6))
    assert [labels[row] for row in range(6)] == ["a", "b"] * 3
    assert used == [table]


@pytest.mark.parametrize(
    "text", ["", "a,b\n", "hello\nyou\nthere\n", "x,y\n1,2\n3,4\n", "0 0.5 0.5\n1 0.1 0.1\n2 0 0\n"]
)
def test_other_texts_give_none(text):
    table = label_table.read(("data", "notes.txt"), io.BytesIO(text.encode()))
    assert label_table.labels([table] if table else [], PLACES, range(6)) == ({}, [])


def test_names_of_training_pictures_come_first_and_a_table_of_one_label_is_none():
    places = [("test", f"{k}.png") for k in range(6)] + [("train", f"{k}.png") for k in range(6)]
    texts = [
        "id,label\n" + "".join(f"{k},{word(k)}\n" for k in range(6)) for word in (lambda k: "a", lambda k: "ab"[k % 2])
    ]
    tables = [label_table.read((f"{n}.csv",), io.BytesIO(text.encode())) for n, text in enumerate(texts)]
    labels, used = label_table.labels([table for table in tables if table], places, range(6, 12))
    assert [labels.get(row) for row in range(12)] == [None] * 6 + ["a", "b"] * 3
    assert [table.name for table in used] == ["1.csv"]
