"""The reader of tables: RFC 4180, by rows that say what they are or one sentence."""

import pytest

from VSSegmentationLib.csv_rows import csv_text, read_csv
from VSSegmentationLib.errors import InputRefusedError


def written(tmp_path, content: bytes):
    (tmp_path / "table.csv").write_bytes(content)
    return tmp_path / "table.csv"


def test_cells_come_back_with_commas_quotes_and_lines_in_them(tmp_path):
    rows = [{"a": 'say "so", twice\n', "b": "1"}, {"a": "", "b": "2"}]
    path = written(tmp_path, csv_text(["a", "b"], rows).encode())
    assert read_csv(path) == (("a", "b"), rows)


def test_a_mark_of_byte_order_and_lines_of_any_system_and_empty_ones_are_passed_over(tmp_path):
    found = read_csv(written(tmp_path, b"\xef\xbb\xbfa\tb\r\n\r\n1\t2\r3\t4\n"), separator="\t")
    assert found == (("a", "b"), [{"a": "1", "b": "2"}, {"a": "3", "b": "4"}])


def test_an_empty_file_is_a_table_without_columns(tmp_path):
    assert read_csv(written(tmp_path, b"")) == ((), [])
    with pytest.raises(InputRefusedError, match="must have the columns case, and it lacks case"):
        read_csv(written(tmp_path, b"\n")).checked(["case"], "table.csv")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"a,b\n1\n", "line 2 of table.csv has another number of columns"),
        (b"a,b\n1,2\n1,2,3\n", "line 3 of table.csv"),
        (b"a,a\n1,2\n", "column twice"),
        (b"a,b\n\xff,2\n", "no table in UTF-8"),
        (b'a,b\n"1" x,2\n', "no table"),
        (b"a\n" + b"x" * 200_000, "no table"),
        (b'a\n"open', "no table"),
    ],
)
def test_what_is_no_table_is_refused_in_a_sentence(tmp_path, content, said):
    with pytest.raises(InputRefusedError, match=said) as refused:
        read_csv(written(tmp_path, content))
    assert len(str(refused.value)) <= 300
