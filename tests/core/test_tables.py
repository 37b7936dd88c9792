"""Tables that users give are read, whatever wrote them."""

import numpy as np
import pytest
from astropy import units as u
from astropy.table import Table

from astroclassify.core import ReadError, read_table


@pytest.mark.parametrize("suffix", ["ecsv", "fits", "vot", "parquet"])
def test_values_texts_and_units_come_back(tmp_path, suffix):
    path = tmp_path / f"stars.{suffix}"
    Table({"mag": [20.0, np.nan] * u.mag, "name": ["a", "bc"], "id": [1, 2]}).write(
        path, format="votable" if suffix == "vot" else None
    )
    table = read_table(path)
    assert np.array_equal(np.ma.filled(np.ma.asarray(table["mag"]), np.nan), [20, np.nan], equal_nan=True)
    assert table["mag"].unit == u.mag
    assert list(table["name"]) == ["a", "bc"]
    assert list(table["id"]) == [1, 2]


def test_parquet_of_others_is_read(tmp_path):
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    columns = {"ra": [1.0, None], "name": ["a", None]}
    parquet.write_table(pyarrow.table(columns), tmp_path / "stars.pq")
    table = read_table(tmp_path / "stars.pq")
    assert np.isnan(table["ra"][1])
    assert list(table["name"]) == ["a", ""]


@pytest.mark.parametrize("name", ["stars.parquet", "stars.ecsv", "stars"])
def test_what_is_no_table_is_told_with_its_file(tmp_path, name):
    path = tmp_path / name
    with pytest.raises(ReadError, match="expected stars"):
        read_table(path, expected="stars")
    path.write_bytes(b"\x00\x01")
    with pytest.raises(ReadError, match=name) as told:
        read_table(path)
    assert told.value.file == str(path)
