"""Manifests: what is read, what is refused and how it is said, and nothing lost on the way to disk."""

import hashlib
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
from astropy.table import Table
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from astroclassify.core import AstroclassifyWarning, ParameterError, ReadError
from astroclassify.datasets import MANIFEST_COLUMNS, check_manifest, read_manifest, write_manifest

ROWS = [
    ("NGC346", "ACS/WFC", "j92f01kwq", "F555W", 14.77, -72.18, 1, "NSC"),
    ("NGC346", "ACS/WFC", "j92f01kwq", "F555W", 14.71, -72.17, 4, "NSC"),
    ("NGC1559", "WFC3/UVIS", "idxr11e0q", "F275W", 64.41, -62.80, 4, "galaxy"),
]


@pytest.fixture
def table():
    return Table(rows=ROWS, names=MANIFEST_COLUMNS)


@pytest.mark.parametrize(
    ("file", "frames", "galaxies"), [("LCID_test.csv", 1595, 852), ("blurry_validation.csv", 116, 73)]
)
def test_the_published_lists_load_as_they_are(shared, file, frames, galaxies):
    listed = read_manifest(shared / "lcid" / file)
    assert tuple(listed.colnames) == MANIFEST_COLUMNS
    assert len(listed) == frames
    assert np.sum(listed["Label"] == "galaxy") == galaxies
    assert set(listed["Label"]) == {"galaxy", "nsc"}
    assert listed["HDU Index"].dtype.kind == "i"
    assert listed.meta["source"] == file


@pytest.mark.parametrize("suffix", [".csv", ".ecsv"])
def test_a_manifest_comes_back_as_it_was_written(table, tmp_path, suffix):
    table["exptime"] = [100.0, 100.0, 2200.0]
    path = tmp_path / f"list{suffix}"
    digest = write_manifest(table, path, checksum=True)
    assert digest == hashlib.sha256(path.read_bytes()).hexdigest()
    assert (tmp_path / f"list{suffix}.sha256").read_text() == f"{digest}  {path.name}\n"
    back = read_manifest(path, sha256=digest.upper())
    assert back.colnames == [*MANIFEST_COLUMNS, "exptime"]
    for name in back.colnames:
        expected = np.char.lower(table[name].astype(str)) if name == "Label" else table[name]
        np.testing.assert_array_equal(back[name], expected)
    assert sorted(file.name for file in tmp_path.iterdir()) == [path.name, f"{path.name}.sha256"]


text = st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1, max_size=8)


@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    names=st.lists(text, min_size=1, max_size=6),
    ra=st.floats(0, 360),
    dec=st.floats(-90, 90),
    suffix=st.sampled_from([".csv", ".ecsv"]),
)
def test_no_name_and_no_digit_is_lost(tmp_path, names, ra, dec, suffix):
    """Not a name that looks like a number, such as ``1E0102`` or ``007``."""
    count = len(names)
    rows = {"ID": names, "Instrument": ["ACS/WFC"] * count, "OBSID": [f"j{n:08d}" for n in range(count)]}
    rows |= {"Filter": names, "RA": [ra] * count, "DEC": [dec] * count}
    rows |= {"HDU Index": [1] * count, "Label": ["field"] * count}
    path = tmp_path / f"list{suffix}"
    write_manifest(Table(rows), path)
    back = read_manifest(path)
    assert list(back["ID"]) == names
    assert list(back["Filter"]) == names
    assert list(back["OBSID"]) == rows["OBSID"]
    assert (back["RA"][0], back["DEC"][0]) == (ra, dec)


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("Label", "star", "row 2: the label is 'star'; expected one of galaxy, nsc"),
        ("Instrument", "WFPC2", "row 2: the instrument is 'WFPC2'; expected one of ACS/HRC, ACS/WFC"),
        ("OBSID", "../secret", "row 2: the OBSID is '../secret'"),
        ("OBSID", "idxr11e0q", "row 2: the OBSID is 'idxr11e0q'; expected a rootname of ACS/WFC: 'j'"),
        ("OBSID", "j92f01kwqq", "row 2: the OBSID is 'j92f01kwqq'; expected a rootname"),
        ("RA", "12h", "row 2: RA is '12h'; expected a number"),
        ("RA", "nan", "row 2: RA is 'nan'; expected a number"),
        ("RA", 360.5, "row 2: RA is '360.5'; expected 0 to 360 degrees"),
        ("DEC", -91.0, "row 2: DEC is '-91.0'; expected -90 to 90 degrees"),
        ("HDU Index", -1, "row 2: the HDU Index is '-1'; expected 0 or more"),
        ("HDU Index", 2, "row 2: the HDU Index is '2'; the frames of a raw file of Hubble are in 1 and 4"),
        ("HDU Index", 1.5, "row 2: HDU Index is '1.5'; expected a whole number"),
        ("ID", "", "row 2: there is no ID; fill it in"),
    ],
)
@pytest.mark.parametrize("suffix", [".csv", ".ecsv"])
def test_a_wrong_row_is_named_with_its_value(table, tmp_path, column, value, message, suffix):
    values = list(table[column])
    values[1] = value
    table[column] = values
    path = tmp_path / f"list{suffix}"
    table.write(path, format="ascii" + suffix)
    with pytest.raises(ReadError, match=message) as error:
        read_manifest(path)
    assert str(error.value).startswith(f"{path}, row 2")


def test_how_many_rows_are_wrong_is_said(table):
    table["Label"] = ["galaxy", "moon", "sun"]
    with pytest.raises(ReadError, match=r"the manifest, row 2: .*'moon'.* \(and so in 1 more rows\)"):
        check_manifest(table)


def test_a_frame_with_two_labels_is_refused_and_one_listed_twice_is_warned_of(table):
    table.add_row(ROWS[0])
    with pytest.warns(AstroclassifyWarning, match="1 rows list a frame again: row 4 first, as row 1"):
        assert len(check_manifest(table)) == 4
    table["Label"][3] = "galaxy"
    with pytest.raises(ReadError, match="row 4: j92f01kwq HDU 1 is 'galaxy', but 'nsc' in row 1"):
        check_manifest(table)


def test_a_missing_column_is_named_unless_it_is_not_required(table):
    table.remove_column("Filter")
    with pytest.raises(ReadError, match="there is no column 'Filter'; found ID, Instrument"):
        check_manifest(table, source="list.csv")
    assert check_manifest(table, required=("ID", "OBSID")).colnames == table.colnames


@pytest.mark.parametrize(
    "content", [b"\xff\xfe\x00", b"", b"<html>no</html>", b"ID,OBSID\n1,2,3,4\n", b"# %ECSV 1.0\nbroken\n"]
)
def test_what_is_no_table_is_said(tmp_path, content):
    path = tmp_path / "list.csv"
    path.write_bytes(content)
    with pytest.raises(ReadError, match=r"list\.csv: (expected a CSV or ECSV table|there is no column)"):
        read_manifest(path)


def test_a_file_that_is_not_there_is_named(tmp_path):
    for source in (tmp_path / "none.csv", (tmp_path / "none.csv").as_uri()):
        with pytest.raises(ReadError, match=r"none\.csv"):
            read_manifest(source)


@pytest.fixture
def address(tmp_path, table):
    """A list behind HTTP, served from this machine."""
    table.write(tmp_path / "list.csv", format="ascii.csv")

    class Quiet(SimpleHTTPRequestHandler):
        def __init__(self, *arguments):
            super().__init__(*arguments, directory=tmp_path)

        def log_message(self, *arguments):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Quiet) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/list.csv"
        server.shutdown()
        thread.join()


def test_a_manifest_is_read_from_an_address_and_its_checksum_is_checked(address, tmp_path):
    digest = hashlib.sha256((tmp_path / "list.csv").read_bytes()).hexdigest()
    for source in (address, (tmp_path / "list.csv").as_uri()):
        listed = read_manifest(source, sha256=digest)
        assert (len(listed), listed.meta) == (3, {"source": source, "sha256": digest})
    with pytest.raises(ParameterError, match=f"list.csv: its SHA-256 is {digest}, not {'0' * 64}"):
        read_manifest(address, sha256="0" * 64)
    with pytest.raises(ReadError, match=r"other\.csv: the manifest cannot be read: .*404"):
        read_manifest(address.replace("list", "other"))
