"""Results as text: plain, JSON, CSV, ECSV."""

import json
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
