"""Results as text: plain, JSON, CSV, ECSV."""

import gzip
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from astropy.io import ascii as ascii_io
from astropy.table import QTable, Table

from astroclassify.cli._output import TEXTS, check_output, format_of, render, write_result
from astroclassify.core import ParameterError


@pytest.fixture
def table():
    columns = {
        "source": ["a.fits", "b c.fits"],
        "chip": [1, 2],
        "label": ["galaxy", ""],
        "probability": [0.91234, np.nan],
    }
    return QTable(columns, meta={"model": "patchnet"})


def test_a_plain_table_rounds_and_leaves_out_what_is_not_known(table):
    lines = render(table, "table").splitlines()
    assert lines[0].split() == ["source", "chip", "label", "probability"]
    assert lines[2].split() == ["a.fits", "1", "galaxy", "0.912"]
    assert lines[3].split() == ["b", "c.fits", "2"]


def test_json_is_strict_and_keeps_every_digit(table):
    text = render(table, "json")
    assert json.loads(text)[0] == {"source": "a.fits", "chip": 1, "label": "galaxy", "probability": 0.91234}
    assert json.loads(text)[1]["probability"] is None


@pytest.mark.parametrize("format", ["csv", "ecsv"])
def test_tables_can_be_read_back(table, format):
    again = ascii_io.read(render(table, format), format=format)
    assert list(again["source"]) == ["a.fits", "b c.fits"]
    assert again["probability"][0] == 0.91234


def test_ecsv_keeps_the_provenance(table):
    assert ascii_io.read(render(table, "ecsv"), format="ecsv").meta["model"] == "patchnet"


@pytest.mark.parametrize("suffix", ["fits", "vot", "xml"])
def test_files_of_archives_hold_the_table_and_where_it_is_from(table, suffix, tmp_path):
    table.meta = {"model": "patchnet", "versions": {"numpy": "2.4"}}
    path = tmp_path / f"result.{suffix}"
    write_result(table, output=path)
    again = Table.read(path)
    assert list(again["source"].astype(str)) == ["a.fits", "b c.fits"]
    assert again["probability"][0] == 0.91234
    assert b"versions.numpy = 2.4" in path.read_bytes()


def test_parquet_is_written(table, tmp_path):
    parquet = pytest.importorskip("pyarrow.parquet")
    write_result(table, output=tmp_path / "result.parquet")
    assert parquet.read_table(tmp_path / "result.parquet")["source"].to_pylist() == ["a.fits", "b c.fits"]


@pytest.mark.parametrize("name", ["labels.xyz", "labels.xlsx", "labels.fits.bz2"])
def test_a_suffix_of_no_format_is_refused_before_the_work(name, tmp_path):
    with pytest.raises(ParameterError, match=r"no table is written as .*\.ecsv.*--format"):
        check_output(tmp_path / name)


def test_standard_output_takes_text_only():
    with pytest.raises(ParameterError, match="fits is written to a file only"):
        check_output(None, "fits")


@pytest.mark.parametrize("format", TEXTS)
def test_a_file_holds_what_standard_output_would(table, format, tmp_path, capsys):
    write_result(table, format=format, output=tmp_path / "new" / "result")
    write_result(table, format=format)
    assert (tmp_path / "new" / "result").read_text() == capsys.readouterr().out


@pytest.mark.parametrize(
    ("asked", "output", "chosen"),
    [
        (None, None, "table"),
        (None, "labels.csv", "csv"),
        (None, "labels.ECSV", "ecsv"),
        (None, "labels.txt", "table"),
        ("json", "labels.csv", "json"),
    ],
)
def test_the_format_follows_the_request_then_the_suffix(asked, output, chosen):
    assert format_of(asked, output and Path(output)) == chosen


# Files that a result would replace ----------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments",
    [
        ("classify", "one.fits", "two.fits", "-o", "two.fits"),
        ("classify", "one.fits", "-o", "two.fits"),
        ("classify", ".", "--format", "csv", "-o", "one.fits"),
        ("info", "one.fits", "-o", "one.fits"),
        ("info", "one.fits", "--format", "csv", "-o", "packed.fits.gz"),
        ("identify", "one.fits", "-o", "./one.fits"),
        ("check", "one.fits", "-o", "one.fits"),
        ("tag", "one.fits", "-o", "tagged", "--table", "one.fits"),
        ("explain", "one.fits", "one_evidence.fits"),
        ("report", "results.csv", "-o", "results.csv"),
        ("watch", ".", "-o", "results.parquet", "--status", "one.fits"),
    ],
)
def test_a_result_replaces_no_input_and_no_image(arguments, command, frame_file, tmp_path, monkeypatch):
    for name in ("one.fits", "two.fits", "one_evidence.fits"):
        frame_file(name)
    (tmp_path / "packed.fits.gz").write_bytes(gzip.compress((tmp_path / "one.fits").read_bytes()))
    (tmp_path / "results.csv").write_text("source,label\none.fits,galaxy\n")
    monkeypatch.chdir(tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.glob("*.*")}
    status, _, err = command(*arguments)
    assert status == 2
    assert "would replace it" in err
    assert all(path.read_bytes() == content for path, content in before.items())


def test_a_table_of_an_earlier_run_is_replaced(table, tmp_path):
    for _ in range(2):
        check_output(tmp_path / "labels.fits")
        write_result(table, output=tmp_path / "labels.fits")


# Names that are no text, and disks that are full --------------------------------------------------

ODD = ["\udcff.fits", "\x1b[31mred\n.fits"]
SHOWN = [r"\udcff.fits", r"\x1b[31mred\n.fits"]


@pytest.mark.parametrize("suffix", ["csv", "ecsv", "json", "txt", "fits", "vot", "parquet"])
def test_a_name_of_any_bytes_loses_no_result(suffix, tmp_path):
    path = tmp_path / f"labels.{suffix}"
    write_result(QTable({"source": ODD, "probability": [0.5, 0.75]}), output=path)
    content = path.read_bytes()
    assert b"\x1b" not in content
    if suffix in ("csv", "ecsv", "fits", "vot"):
        again = Table.read(path)
        assert [str(name).strip() for name in again["source"].astype(str)] == SHOWN
        assert list(again["probability"]) == [0.5, 0.75]


def test_masked_names_stay_masked(tmp_path):
    table = Table({"source": np.ma.masked_array(["\x07", "x"], mask=[False, True])}, masked=True)
    write_result(table, output=tmp_path / "labels.ecsv")
    again = Table.read(tmp_path / "labels.ecsv")
    assert again["source"][0] == r"\x07"
    assert again["source"].mask.tolist() == [False, True]


def test_what_is_said_cannot_steer_a_terminal(command, tmp_path):
    status, _, err = command("classify", tmp_path / "\x1b2J\nastroclassify: error: all is lost.fits")
    assert status == 1
    assert err.splitlines()[0].endswith("there is no such file")
    assert r"\x1b2J\nastroclassify" in err


@pytest.mark.skipif(sys.platform == "win32", reason="limits of a process")
@pytest.mark.parametrize("suffix", ["csv", "fits", "vot", "parquet"])
def test_a_full_disk_leaves_the_older_file_whole(suffix, tmp_path):
    path = tmp_path / f"labels.{suffix}"
    code = f"""
import resource, sys
from pathlib import Path
from astropy.table import Table
from astroclassify.cli._output import write_result
path = Path({str(path)!r})
write_result(Table({{"source": ["old"]}}), output=path)
old = path.read_bytes()
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
try:
    write_result(Table({{"source": [str(n) * 40 for n in range(3000)]}}), output=path)
except OSError:
    print(path.read_bytes() == old, sorted(file.name for file in path.parent.iterdir()))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.split("\n")[0] == f"True ['labels.{suffix}']", done.stderr
