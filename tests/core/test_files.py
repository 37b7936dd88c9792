"""Files are whole or as they were; what a killed writer left of a journal does not count."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from astroclassify.core import (
    Journal,
    ParameterError,
    RunFolder,
    atomic_path,
    file_stamp,
    fingerprint,
    is_unchanged,
    write_text,
)

COLUMNS = {"name": str, "p_galaxy": float}
ROW = {"name": "one", "p_galaxy": 0.1}


# Whole files ---------------------------------------------------------------------------------


def test_an_error_leaves_the_older_file_and_nothing_else(tmp_path):
    path = tmp_path / "card.json"
    write_text("whole", path)
    with pytest.raises(OSError, match="full"), atomic_path(path) as unfinished:  # noqa: PT012
        unfinished.write_text("ha")
        raise OSError("the disk is full")
    assert [(file.name, file.read_text()) for file in tmp_path.iterdir()] == [("card.json", "whole")]


def test_two_writers_of_a_file_never_share_what_is_unfinished(tmp_path):
    path = tmp_path / "log.fits.gz"
    with atomic_path(path) as one, atomic_path(path) as other:
        assert one != other
        assert {file.suffixes[-2:] == [".fits", ".gz"] for file in (one, other)} == {True}
        one.write_text("one")
        other.write_text("other")
    assert path.read_text() == "one"  # the last to be finished


def test_a_link_stays_and_what_it_points_to_is_replaced(tmp_path):
    write_text("old", tmp_path / "there" / "file")
    (tmp_path / "link").symlink_to(tmp_path / "there" / "file")
    write_text("new", tmp_path / "link")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "there" / "file").read_text() == "new"


def test_the_permissions_of_a_file_stay(tmp_path):
    path = tmp_path / "private"
    write_text("old", path)
    path.chmod(0o600)
    write_text("new", path)
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_new_file_has_the_permissions_of_any_other(tmp_path):
    (tmp_path / "usual").touch()
    with atomic_path(tmp_path / "new") as unfinished:
        unfinished.touch(mode=0o600)
    assert (tmp_path / "new").stat().st_mode == (tmp_path / "usual").stat().st_mode


def test_a_device_is_written_to_and_not_replaced():
    write_text("nothing", "/dev/null")
    assert not os.path.isfile("/dev/null")


def test_a_long_name_of_many_bytes_can_be_written(tmp_path):
    path = tmp_path / ("é" * 120 + ".txt")
    write_text("whole", path)
    assert path.read_text() == "whole"


def test_a_name_that_is_no_text_stops_no_file(tmp_path):
    write_text("\udcff.fits", tmp_path / "table")
    assert (tmp_path / "table").read_text() == r"\udcff.fits"


# Journals ------------------------------------------------------------------------------------


@pytest.mark.parametrize("columns", [COLUMNS, tuple(COLUMNS)], ids=["csv", "json"])
def test_a_line_that_was_cut_short_is_dropped_and_the_next_is_whole(tmp_path, columns):
    path = tmp_path / "answers"
    journal = Journal(path, columns)
    journal.add(ROW)
    journal.add(ROW)
    path.write_bytes(path.read_bytes()[:-3])
    again = Journal(path, columns)
    assert again.rows() == [ROW]
    again.add({"name": "two", "p_galaxy": 0.2})
    assert Journal(path, columns).rows() == [ROW, {"name": "two", "p_galaxy": 0.2}]


@pytest.mark.parametrize("columns", [COLUMNS, tuple(COLUMNS)], ids=["csv", "json"])
def test_rows_of_another_version_are_neither_read_nor_added_to(tmp_path, columns):
    kind = dict if isinstance(columns, dict) else tuple
    other = kind({"name": str, "old": str})
    Journal(tmp_path / "answers", other).add({"name": "one", "old": ""})
    for use in (lambda journal: journal.rows(), lambda journal: journal.add(ROW)):
        with pytest.raises(ParameterError, match="has the columns name, old; expected name, p_galaxy"):
            use(Journal(tmp_path / "answers", columns))


def test_a_text_of_several_lines_is_one_line_of_csv(tmp_path):
    journal = Journal(tmp_path / "answers.csv", COLUMNS)
    journal.add({"name": "two\n lines", "p_galaxy": 0.5})
    assert (tmp_path / "answers.csv").read_text() == "name,p_galaxy\ntwo\\n lines,0.5\n"


NAMES = [
    "a  b.fits",
    " a\tb ",
    "two\nlines",
    "a\r\nb",
    r"back\slash\n\u0041",
    "'\",",
    "\udcff.fits",
    "\u2028\x85\x1c\0",
    "é",
]


@pytest.mark.parametrize("name", NAMES, ids=ascii)
@pytest.mark.parametrize("columns", [COLUMNS, tuple(COLUMNS)], ids=["csv", "json"])
def test_a_journal_gives_back_what_was_added(tmp_path, columns, name):
    row = {"name": name, "p_galaxy": 0.5}
    assert Journal(tmp_path / "answers", columns).add(row) == row
    assert Journal(tmp_path / "answers", columns).rows() == [row]
    assert (tmp_path / "answers").read_bytes().count(b"\n") == 1 + isinstance(columns, dict)


@pytest.mark.parametrize("columns", [COLUMNS, tuple(COLUMNS)], ids=["csv", "json"])
@pytest.mark.parametrize("line", [b"garbled", b"one,much", b"\xff,0.5", b'"one', b"[1]"])
def test_a_garbled_line_is_named(tmp_path, columns, line):
    path = tmp_path / "answers"
    Journal(path, columns).add(ROW)
    path.write_bytes(path.read_bytes() + line + b"\n")
    with pytest.raises(ParameterError, match=r"answers.* (is garbled|has the columns)"):
        Journal(path, columns).rows()


# Run folders ---------------------------------------------------------------------------------

WORK = """
import sys
from astroclassify.core import RunFolder
with RunFolder(sys.argv[1]):
    print("open", flush=True)
    sys.stdin.read()
"""


def test_two_processes_never_work_in_one_folder_and_a_killed_one_leaves_it(tmp_path):
    command = [sys.executable, "-c", WORK, tmp_path / "run"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout.readline() == b"open\n"
        write_text("half", tmp_path / "run" / ".unfinished" / "left")
        with pytest.raises(ParameterError, match="another process is at work"), RunFolder(tmp_path / "run"):
            pass
        other.kill()
    with RunFolder(tmp_path / "run") as run:
        assert not list((run.folder / ".unfinished").iterdir())
        assert run.is_new()


def test_works_on_different_files_of_a_folder_go_on_side_by_side(tmp_path):
    again = RunFolder(tmp_path, name="one.ecsv")
    one, two = (RunFolder(tmp_path, name=name) for name in ("one.ecsv", "two.ecsv"))
    with one, two, pytest.raises(ParameterError, match="another process"), again:
        pass
    with again:
        pass


def test_files_of_a_run_folder_are_not_seen_in_it_before_they_are_whole(tmp_path):
    with RunFolder(tmp_path) as run, atomic_path(tmp_path / "one_raw.fits") as unfinished:
        unfinished.write_text("half")
        assert not list(run.folder.glob("*.fits"))
    assert [file.name for file in tmp_path.glob("*.fits")] == ["one_raw.fits"]
    assert not (tmp_path / ".unfinished").exists()


def test_another_run_is_refused_by_the_key_that_differs(tmp_path):
    asked = {"seed": 5, "bands": {"f606w": 1.0, "f814w": 1.0}, "shape": (1, 2)}
    with RunFolder(tmp_path) as run:
        run.same_run("about.json", asked, notes={"version": "1"})
        run.same_run("about.json", asked, notes={"version": "2"})
        for other in ({"bands": {"f606w": 1.0, "f814w": 2.0}}, {"more": 1}):
            key = "its bands.f814w is 1.0, not 2.0" if "bands" in other else "its more is None, not 1"
            with pytest.raises(ParameterError, match=key):
                run.same_run("about.json", asked | other, notes={"version": "1"})
        with pytest.raises(ParameterError, match=r"its shape is \[1, 2\], not None"):
            run.same_run("about.json", {k: asked[k] for k in ("seed", "bands")}, notes={"version": "1"})


# Fingerprints --------------------------------------------------------------------------------


@pytest.mark.parametrize("sampled", [False, True])
def test_other_pixels_have_another_fingerprint(tmp_path, sampled):
    first, second = np.random.default_rng(1).normal(size=(2, 200, 300))
    arrays = first, second, first[:100], first.astype("f4")
    assert len({fingerprint(array, sampled=sampled) for array in arrays}) == 4
    assert fingerprint(first.copy(), sampled=sampled) == fingerprint(first, sampled=sampled)
    for name, array in (("one", first), ("two", second)):
        (tmp_path / name).write_bytes(array.tobytes())
    assert fingerprint(tmp_path / "one", sampled=sampled) != fingerprint(tmp_path / "two", sampled=sampled)


@pytest.mark.parametrize("sampled", [False, True])
def test_a_number_and_an_array_of_no_rows_have_a_fingerprint(sampled):
    arrays = np.array(1.0), np.array(2.0), np.empty((0, 3)), np.empty((3, 0))
    assert len({fingerprint(array, sampled=sampled) for array in arrays}) == 4


def test_a_file_s_checksum_is_that_of_its_bytes(tmp_path):
    # sha256sum and md5sum of "abc": FIPS 180-2, appendix B.1; RFC 1321, appendix A.5.
    write_text("abc", tmp_path / "abc")
    sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert fingerprint(tmp_path / "abc") == fingerprint("abc") == fingerprint(b"abc") == sha256
    assert fingerprint(tmp_path / "abc", algorithm="md5") == "900150983cd24fb0d6963f7d28e17f72"


def test_a_file_that_was_written_again_is_changed_and_one_that_is_gone_is_not(tmp_path):
    path = Path(tmp_path / "file")
    write_text("one", path)
    facts = file_stamp(path)._asdict()
    assert is_unchanged(path, facts)
    os.utime(path, ns=(0, 1))
    assert not is_unchanged(path, facts)
    path.unlink()
    assert is_unchanged(path, facts)
    assert file_stamp(path) is None
