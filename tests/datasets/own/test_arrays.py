"""Files of arrays: what is an image, what a label; nothing is unpickled, no header believed."""

import contextlib
import gc
import io
from typing import Any

import numpy as np
import pytest

from gan.datasets.own import arrays, parquet, pixel_table
from gan.datasets.own.arrays import NoImages
from tests.datasets.fakes import idx, picture

X = np.random.default_rng(0).integers(0, 256, (20, 12, 12), dtype=np.uint8)
Y = np.arange(20) % 3
BATCHES = parquet._batches


def npz(**what) -> Any:
    out = io.BytesIO()
    np.savez(out, **what)
    return arrays.blocks(arrays.npz_arrays(io.BytesIO(out.getvalue()))[0])


@pytest.mark.parametrize(
    ("images", "labels"),
    [
        ("x_train", "y_train"),
        ("train_images", "train_labels"),
        ("images", "labels"),
        ("data", "target"),
        ("arr_0", "arr_1"),
    ],
)
def test_images_and_labels_of_an_npz_go_together(images, labels):
    (block,) = npz(**{images: X, labels: Y})
    assert (block.images[..., 0] == X).all()
    assert (block.labels == Y).all()


def test_each_split_has_its_own_labels():
    blocks = npz(x_train=X, y_train=Y, x_test=X[:5], y_test=Y[:5][::-1], x_val=X[:5], y_val=Y[:5])
    split = {block.name: block for block in blocks}
    assert [arrays.split(name) for name in ("x_train", "x_test", "x_val")] == ["train", "test", "test"]
    assert (split["x_test"].labels == Y[:5][::-1]).all()


@pytest.mark.parametrize(
    ("array", "shape"),
    [
        (X, (20, 12, 12, 1)),
        (X.reshape(20, 144), (20, 12, 12, 1)),
        (np.zeros((20, 3, 12, 12)), (20, 12, 12, 3)),
        (np.zeros((20, 12, 12, 4)), (20, 12, 12, 3)),
        (np.zeros((20, 432)), (20, 12, 12, 3)),
        (np.zeros((20, 12, 12), bool), (20, 12, 12, 1)),
        (np.zeros((20, 7)), None),
        (np.zeros((20, 12, 12), "U3"), None),
        (np.zeros(20), None),
    ],
)
def test_an_array_is_images_by_its_shape(array, shape):
    images = arrays.as_images(array)
    assert (None if images is None else images.shape) == shape


@pytest.mark.parametrize("labels", [Y[:, None], np.eye(3)[Y], Y.astype(float)])
def test_labels_may_be_columns_rows_of_ones_or_floats(labels):
    (block,) = npz(images=X, labels=labels)
    assert block.labels.tolist() == Y.tolist()


def test_objects_are_never_unpickled_and_headers_not_believed():
    with pytest.raises(NoImages, match="never opened"):
        npz(images=np.array([object()]))
    out = io.BytesIO()
    np.lib.format.write_array_header_1_0(out, {"descr": "|u1", "fortran_order": False, "shape": (10**12,)})
    with pytest.raises(NoImages, match="cut off"):
        arrays.npy_array(io.BytesIO(out.getvalue()), len(out.getvalue()))
    with pytest.raises(NoImages, match="broken: it has 2,870 bytes of 2,880"):
        arrays.idx_array(io.BytesIO(idx(X)[:-10]))
    with pytest.raises(NoImages, match=r"no images \(weights float64 \(5, 7\)\); wanted are images N,H,W"):
        npz(weights=np.zeros((5, 7)))


def read(file) -> Any:
    return pixel_table.read("x.csv", file)


def csv(rows, sign=",", head=""):
    return io.BytesIO((head + "".join(sign.join(map(str, row)) + "\n" for row in rows)).encode())


ROWS = np.c_[Y, X.reshape(20, -1)].tolist()
LAST = np.c_[X.reshape(20, -1), Y].tolist()
HEAD = ",".join(["label", *(f"pixel{k}" for k in range(144))]) + "\n"


@pytest.mark.parametrize(
    "file",
    [
        csv(ROWS),
        csv(ROWS, head=HEAD),
        csv(ROWS, ";"),
        csv(ROWS, "\t", "\ufeff"),
        csv([[k, *row] for k, row in enumerate(ROWS)], head=f",{HEAD}"),
        csv(LAST, head=",".join([*(f"p{k}" for k in range(144)), "class"]) + "\n"),
    ],
    ids=["bare", "head", "semicolon", "tab", "numbered", "last"],
)
def test_a_table_of_pixels_has_its_label_first_or_last(file):
    assert pixel_table.is_pixels(file.getvalue()[:1000].decode())
    block = read(file)
    assert (block.images[..., 0] == X).all()
    assert block.images.dtype == np.uint8
    assert block.labels.tolist() == Y.tolist()


def test_a_table_may_have_words_for_labels_or_none():
    words = [[["ship", "a cat", "dog"][row[0]], *row[1:]] for row in ROWS]
    block = read(csv(words, head=HEAD))
    assert block.labels[:3].tolist() == ["ship", "a cat", "dog"]
    assert (block.images[..., 0] == X).all()
    assert read(csv(X.reshape(20, -1))).labels is None


def test_all_pixels_may_stand_in_one_cell():
    lines = [f"{Y[k]},{' '.join(map(str, X[k].ravel()))},{'PublicTest' if k > 14 else 'Training'}" for k in range(20)]
    file = io.BytesIO("\n".join(["emotion,pixels,Usage", *lines]).encode())
    assert pixel_table.has_cells(file.getvalue()[:4000].decode())
    train, test = pixel_table.read_cells("x.csv", file)
    assert (train.images[..., 0] == X[:15]).all()
    assert train.labels is not None
    assert train.labels.tolist() == [str(label) for label in Y[:15]]
    assert arrays.split(test.name) == "test"
    assert not pixel_table.has_cells(csv(ROWS).getvalue().decode())


def test_a_broken_line_is_named_and_other_tables_are_refused():
    with pytest.raises(NoImages, match="from line 1 on"):
        read(csv([*ROWS[:3], ["x", *ROWS[3][1:]]]))
    with pytest.raises(NoImages, match="99 numbers a line"):
        read(csv(np.arange(101 * 3).reshape(3, 101)[:, :100].tolist(), head="y," * 99 + "z\n"))


def opened(name, file) -> Any:
    return parquet.read(name, file)


def table(**columns):
    pa = pytest.importorskip("pyarrow")
    names = b'{"info": {"features": {"label": {"names": ["zero", "one", "two"]}}}}'
    out = io.BytesIO()
    pa.parquet.write_table(pa.table(columns).replace_schema_metadata({b"huggingface": names}), out)
    return io.BytesIO(out.getvalue())


def test_a_table_with_a_line_that_does_not_end_is_not_read(monkeypatch):
    monkeypatch.setattr(pixel_table, "MAX_LINE", 1000)
    with pytest.raises(NoImages, match="too long"):
        pixel_table.read_cells("x", io.BytesIO(b"label,pixels\n1," + b"5 " * 10_000))


def test_parquet_has_pictures_as_files_with_the_names_of_classes():
    pytest.importorskip("pyarrow.parquet")
    cells = [{"bytes": picture(seed=k), "path": "x"} for k in range(3)]
    rows, names = opened("x.parquet", table(image=cells, label=[2, 0, 1]))
    kept = [*rows]
    assert [row.label for row in kept] == [2, 0, 1]
    assert kept[1].content == cells[1]["bytes"]
    assert kept[1].name == "x.parquet, row 2"
    assert names == ("zero", "one", "two")


def test_parquet_may_have_rows_of_rows_and_no_ragged_ones():
    pa = pytest.importorskip("pyarrow")
    pytest.importorskip("pyarrow.parquet")
    fixed = pa.array(X.reshape(20, -1).tolist(), pa.list_(pa.uint8(), 144))
    for pixels in (X.tolist(), fixed):
        assert (opened("x", table(pixels=pixels)).images[..., 0] == X).all()
    broken: list[list[Any]] = [[[1] * 143, [2] * 145], [[1] * 144, None], [[], []]]
    for ragged in broken:
        with pytest.raises(NoImages, match="without pictures"):
            opened("x", table(pixels=ragged))


def test_parquet_that_stores_equal_pixels_once_is_measured_by_what_it_unpacks_to(monkeypatch):
    pytest.importorskip("pyarrow.parquet")
    lists, columns = {"pi.xels": X.reshape(20, -1).tolist()}, {f"p{k}": X.reshape(20, -1)[:, k] for k in range(144)}
    for most, held in ((2880, True), (2879, False)):
        monkeypatch.setattr(parquet, "MAX_NUMBERS", most)
        for content in (lists, columns):
            if held:
                assert opened("x", table(**content)).images.shape == (20, 12, 12, 1)
            else:
                with pytest.raises(NoImages, match="too large"):
                    opened("x", table(**content))


def test_parquet_is_read_in_parts_that_stay_small_though_every_row_is_the_same_large_picture(monkeypatch):
    pytest.importorskip("pyarrow.parquet")
    monkeypatch.setattr(parquet, "ROWS_BYTES", 1 << 16)
    sizes: list[int] = []
    content = table(**{"ima.ge": [b"x" * (1 << 14)] * 40})

    def noted(*what: Any) -> Any:
        sizes.append(what[2])
        return BATCHES(*what)

    monkeypatch.setattr(parquet, "_batches", noted)
    rows, _ = opened("x", content)
    assert len([*rows]) == 40
    assert sizes[0] <= 4


def test_parquet_may_have_pixels_too():
    pytest.importorskip("pyarrow.parquet")
    lists = opened("x", table(pixels=X.reshape(20, -1).tolist(), label=Y.tolist()))
    columns = opened("x", table(label=Y.tolist(), **{f"p{k}": X.reshape(20, -1)[:, k] for k in range(144)}))
    for block in (lists, columns):
        assert (block.images[..., 0] == X).all()
        assert block.images.dtype == np.uint8
        assert block.labels.tolist() == Y.tolist()
    with pytest.raises(NoImages, match=r"without pictures; its columns are word \(string\)"):
        opened("x", table(word=["a", "b"]))
    with pytest.raises(NoImages, match="cannot be opened"):
        opened("x", io.BytesIO(b"PAR1 and nothing"))


@pytest.mark.parametrize("read", [pixel_table.read, pixel_table.read_cells])
@pytest.mark.parametrize("content", [b"1,2\n3,x\n", b'a,b\n0,"1 2"\n', b""])
def test_a_table_leaves_its_file_open_whatever_comes_of_it(read, content):
    file = io.BytesIO(content)
    with contextlib.suppress(NoImages, ValueError, IndexError):
        read("x.csv", file)
    gc.collect()
    assert not file.closed
