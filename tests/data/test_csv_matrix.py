import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from equipoise.data.csv_matrix import read_matrix
from equipoise.errors import DataError

VALUES = np.random.default_rng(0).normal(0, 10, (9, 10)).round(2)


def text(values=VALUES, mark=",", header=None, index=None, end="\n"):
    rows = [[f"{v:g}" for v in row] for row in values]
    if index is not None:
        rows = [[str(name), *row] for name, row in zip(index, rows, strict=True)]
    if header is not None:
        rows.insert(0, [str(name) for name in header])
    return end.join(mark.join(row) for row in rows) + end


def read(tmp_path, content):
    file = tmp_path / "window.csv"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_matrix(file)


@pytest.mark.parametrize("mark", [",", ";", "\t", " ", "   ", ", ", " ; "])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_delimiters(tmp_path, mark, end):
    assert np.array_equal(read(tmp_path, text(mark=mark, end=end)).values, VALUES)


FREQUENCIES = np.linspace(80, 20, 9)
TIMES = [f"{t:g}" for t in np.arange(10) * 0.25]
LAYOUTS = {
    "plain": text(),
    "words as header": text(header=[f"channel {i}" for i in range(10)]),
    "counted header": text(header=range(10)),
    "pandas": text(header=["", *range(10)], index=range(9)),
    "pandas without header": text(index=range(9)),
    "R": text(header=[f"V{i}" for i in range(10)], index=range(1, 10)),
    "corner label and axes": text(header=["f/t", *TIMES], index=FREQUENCIES),
    "words and a named index": text(header=["freq", *(f"t{i}" for i in range(10))], index=FREQUENCIES),
    "text index": text(index=[f"{f} MHz" for f in FREQUENCIES]),
    "quotes": text(header=[f'"a{i}"' for i in range(10)]),
    "trailing delimiter": text(end=",\n"),
    "comments and blank lines": "# station: X\n\n" + text(end="\n\n"),
    "byte order mark": b"\xef\xbb\xbf" + text().encode(),
    "UTF-16": text().encode("utf-16"),
    "Latin-1 header": text(header=["\xb5V"] * 10).encode("latin-1"),
    "decimal comma": text(mark=";").replace(".", ","),
    "decimal comma and tabs": text(mark="\t").replace(".", ","),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_layouts(tmp_path, layout):
    assert np.array_equal(read(tmp_path, LAYOUTS[layout]).values, VALUES)


def test_axes_of_the_file(tmp_path):
    matrix = read(tmp_path, LAYOUTS["corner label and axes"])
    assert np.allclose(matrix.rows, FREQUENCIES)
    assert np.allclose(matrix.columns, np.arange(10) * 0.25)
    plain = read(tmp_path, text())
    assert plain.rows is None
    assert plain.columns is None


def test_smooth_data_is_not_taken_for_axes(tmp_path):
    ramp = np.arange(81, dtype=float).reshape(9, 9) * 1.5 + 3
    assert np.array_equal(read(tmp_path, text(ramp)).values, ramp)


def spoil(line, column, cell):
    rows = [row.split(",") for row in text().splitlines()]
    rows[line - 1][column - 1] = cell
    return "\n".join(map(",".join, rows))


BAD = {
    "empty": ("", r"is empty \(0 bytes\)"),
    "blank": ("\n \n", "holds no values"),
    "header only": (",".join("abcd"), "holds a header and no values"),
    "binary": (b"\x89PNG\0\0", "is not text"),
    "ragged": (
        "\n".join([*text().splitlines()[:4], "1,2,3", *text().splitlines()[4:]]),
        "line 5 has 3 values, the others have 10",
    ),
    "ragged first line": ("1,2,3\n" + text(), "line 1 has 3 values, the others have 10"),
    "text": (spoil(3, 4, "abc"), "line 3, column 4: 'abc' is not a number"),
    "text in the first cell": (spoil(1, 1, "abc"), "line 1, column 1: 'abc' is not a number"),
    "text in the first line": (spoil(1, 4, "abc"), "line 1, column 4: 'abc' is not a number"),
    "missing": (spoil(2, 10, ""), "line 2, column 10: the value is missing"),
    "NaN": (spoil(9, 1, "nan"), "line 9, column 1: the value is nan, not a finite number"),
    "infinite": (spoil(9, 2, "-inf"), "line 9, column 2: the value is -inf"),
    "constant": (text(np.full((5, 5), 7.0)), "is constant: every value is 7"),
    "one row": ("1,2,3\n", "holds 1 x 3 values"),
    "one column": ("1\n2\n3\n", "holds 3 x 1 values"),
    "NaN under a header and beside an index": (
        LAYOUTS["pandas"].replace(LAYOUTS["pandas"].splitlines()[3].split(",")[2], "nan", 1),
        "line 4, column 3: the value is nan",
    ),
}


@pytest.mark.parametrize("what", BAD)
def test_a_bad_file_is_named_with_line_and_reason(tmp_path, what):
    content, words = BAD[what]
    with pytest.raises(DataError, match=words) as caught:
        read(tmp_path, content)
    assert str(caught.value).startswith(str(tmp_path / "window.csv"))
    assert "\n" not in str(caught.value)


@settings(max_examples=100)
@given(content=st.text(alphabet='01.,;- \tna\n"e', max_size=80) | st.binary(max_size=40))
def test_any_content_is_read_or_refused(tmp_path_factory, content):
    file = tmp_path_factory.getbasetemp() / "any.csv"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    try:
        values = read_matrix(file).values
    except DataError:
        return
    assert np.isfinite(values).all()
    assert min(values.shape) >= 2
