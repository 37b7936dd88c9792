"""Results last: whatever is killed, no row is lost and none is there twice."""

import os
import subprocess
import sys

import pytest

from astroclassify.core import ParameterError, ReadError
from astroclassify.scale import ResultSet, _results, read_results

parquet = pytest.importorskip("pyarrow.parquet")
COLUMNS = {"source": str, "label": str, "p": float, "picture": bytes, "error": str}


def row(source, label="galaxy", error=""):
    return {"source": source, "label": label, "p": 0.5, "picture": b"\x00\xff", "error": error}


def added(folder, *rows, **options):
    with ResultSet(folder, COLUMNS, **options) as results:
        for each in rows:
            results.add(each["source"], [each])


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "results.parquet"


def labels(folder):
    table = read_results(folder)
    return dict(zip(table["source"].tolist(), table["label"].tolist(), strict=True))


def test_what_was_added_is_a_data_set_that_others_read(folder):
    added(folder, row("a"), row("b", "nsc"), provenance={"model": "m"})
    table = parquet.read_table(folder)
    assert table["source"].to_pylist() == ["a", "b"]
    assert table["picture"].to_pylist() == [b"\x00\xff"] * 2
    assert read_results(folder).meta == {"model": "m"}


def test_duckdb_reads_it(folder):
    duckdb = pytest.importorskip("duckdb")
    added(folder, row("a"), row("b", "nsc"))
    assert duckdb.sql(f"select label from '{folder}/*.parquet' order by label").fetchall() == [
        ("galaxy",),
        ("nsc",),
    ]


def test_what_is_done_is_known_when_it_is_opened_again(folder, tmp_path):
    path = tmp_path / "a.fits"
    path.write_bytes(b"pixels")
    from astroclassify.core import file_stamp

    with ResultSet(folder, COLUMNS) as results:
        results.add(path, [row(str(path))], stamp=file_stamp(path))
        results.add("https://there/b.fits", [row("https://there/b.fits")])
    with ResultSet(folder, COLUMNS) as results:
        assert [results.has(name) for name in (path, "https://there/b.fits", "c.fits")] == [True, True, False]
        path.write_bytes(b"other pixels")
        assert not results.has(path)


def test_what_failed_is_not_done_and_its_row_is_replaced(folder):
    added(folder, row("a", "", error="OSError: gone"), row("b"))
    with ResultSet(folder, COLUMNS) as results:
        assert not results.has("a")
        results.add("a", [row("a", "nsc")])
    assert labels(folder) == {"a": "nsc", "b": "galaxy"}
    assert len(parquet.read_table(folder)) == 2


def test_many_rows_become_parts_and_a_part_of_replaced_rows_shrinks(folder, monkeypatch):
    monkeypatch.setattr(_results, "ROWS_OF_A_PART", 2)
    added(folder, *(row(name) for name in "abcde"))
    added(folder, row("b", "nsc"))
    assert len(list(folder.glob("part-*.parquet"))) == 4
    assert labels(folder) == dict.fromkeys("acde", "galaxy") | {"b": "nsc"}
    assert sorted(parquet.read_table(folder)["source"].to_pylist()) == list("abcde")


KILLED = """
import os, sys
from astroclassify.scale import ResultSet
from tests_columns import COLUMNS
results = ResultSet(sys.argv[1], COLUMNS).__enter__()
for name in "ab":
    results.add(name, [dict(source=name, label="galaxy", p=0.5, picture=b"", error="")])
os.kill(os.getpid(), 9)
"""


def test_a_killed_run_loses_nothing_and_goes_on(folder, tmp_path):
    code = KILLED.replace("from tests_columns import COLUMNS", f"COLUMNS = {_spelled()}")
    subprocess.run([sys.executable, "-c", code, folder], check=False)
    assert labels(folder) == {"a": "galaxy", "b": "galaxy"}  # also before it is opened again
    with ResultSet(folder, COLUMNS) as results:
        assert results.has("a")
        results.add("c", [row("c")])
    assert sorted(parquet.read_table(folder)["source"].to_pylist()) == ["a", "b", "c"]


def _spelled():
    return "{" + ", ".join(f"{name!r}: {kind.__name__}" for name, kind in COLUMNS.items()) + "}"


def test_a_journal_whose_part_is_there_does_not_count(folder):
    added(folder, row("a"))
    (folder / ".journal-000001.jsonl").write_text('{"source": "a", "rows": [{"source": "a", "error": ""}]}\n')
    assert len(read_results(folder)) == 1
    added(folder, row("b"))
    assert sorted(parquet.read_table(folder)["source"].to_pylist()) == ["a", "b"]


@pytest.mark.skipif(sys.platform == "win32", reason="limits of a process")
def test_a_full_disk_stops_it_and_what_was_kept_stays(folder):
    code = f"""
import resource, sys
from astroclassify.scale import ResultSet
resource.setrlimit(resource.RLIMIT_FSIZE, (4000, 4000))
with ResultSet(sys.argv[1], {_spelled()}) as results:
    for number in range(1000):
        results.add(f"f{{number}}", [dict(source=f"f{{number}}", label="x", p=0.5, picture=b"", error="")])
"""
    done = subprocess.run([sys.executable, "-c", code, folder], capture_output=True, text=True, check=False)
    assert "OSError: [Errno 27]" in done.stderr
    kept = len(read_results(folder))
    assert 10 < kept < 100
    with ResultSet(folder, COLUMNS) as results:
        assert len(results) == kept


def test_another_run_another_process_and_another_folder_are_refused(folder, tmp_path):
    added(folder, row("a"), about={"weights": "1"})
    with pytest.raises(ParameterError, match="another set of results: its weights is '1', not '2'"):
        added(folder, about={"weights": "2"})
    with (
        ResultSet(folder, COLUMNS, about={"weights": "1"}),
        pytest.raises(ParameterError, match="another process is at work"),
    ):
        added(folder, about={"weights": "1"})
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "thesis.tex").write_text("")
    with pytest.raises(ParameterError, match="something else than results"):
        added(tmp_path / "other")
    (tmp_path / "file.parquet").write_text("")
    with pytest.raises(ParameterError, match="is a file"):
        added(tmp_path / "file.parquet")
    with pytest.raises(ReadError, match="there are no results"):
        read_results(tmp_path / "other")


def test_a_name_of_any_bytes_is_kept(folder):
    name = os.fsdecode(b"bad\xff.fits")
    added(folder, row(name))
    with ResultSet(folder, COLUMNS) as results:
        assert results.has(name)
    assert list(labels(folder)) == [r"bad\udcff.fits"]


def test_names_that_look_alike_are_two_files(folder):
    names = ["a\nb.fits", r"a\nb.fits", os.fsdecode(b"a\xff.fits"), r"a\udcff.fits"]
    added(folder, *(row(name, str(number)) for number, name in enumerate(names)))
    assert sorted(read_results(folder)["label"]) == ["0", "1", "2", "3"]


def test_a_file_is_the_same_however_its_path_is_spelled(folder, tmp_path, monkeypatch):
    for night in ("n1", "n2"):
        (tmp_path / night).mkdir()
        monkeypatch.chdir(tmp_path / night)
        for name in ("x.fits", "./x.fits", f"../{night}/x.fits", str(tmp_path / night / "x.fits")):
            added(folder, row(name, night))
    assert sorted(read_results(folder)["label"]) == ["n1", "n2"]
