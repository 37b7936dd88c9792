"""``datasets screen`` writes what the model says, a page, and the list of what is kept."""

import numpy as np
import pytest
from astropy.io import fits
from astropy.table import Table


@pytest.fixture
def manifest(tmp_path):
    """Two frames of nothing but noise, and one that is not there."""
    for number in range(2):
        image = np.random.default_rng(number).normal(100, 5, (64, 96)).astype("f4")
        fits.PrimaryHDU(image).writeto(tmp_path / f"frame{number}.fits")
    rows = [(f"body {number}", f"frame{number}", "galaxy") for number in range(3)]
    Table(rows=rows, names=("ID", "OBSID", "Label")).write(tmp_path / "list.csv")
    return tmp_path / "list.csv"


def test_a_person_overrules_the_model_and_the_decision_is_kept_beside_the_list(command, manifest, tmp_path):
    sheet, decisions = tmp_path / "page" / "list.html", tmp_path / "downloaded.csv"
    status, out, err = command("datasets", "screen", manifest, "--threshold", 0, "--sheet", sheet)
    assert status == 1
    assert "0 of 3 frames are kept, 0 of them by a person; the model keeps 0" in out
    assert "error: frame2: cannot be read" in err
    assert sheet.read_text().count("<li ") == 3
    decisions.write_text("OBSID,Decision\nframe1,keep\n")
    status, out, err = command("datasets", "screen", manifest, "--threshold", 0, "--overrules", decisions)
    assert "1 of 3 frames are kept, 1 of them by a person" in out
    assert (tmp_path / "list.overrules.csv").read_text() == decisions.read_text()
    _, out, _ = command("datasets", "screen", manifest, "--threshold", 0)  # from beside the list
    assert "1 of 3 frames are kept" in out
    kept = Table.read(tmp_path / "list.kept.ecsv")
    assert kept["OBSID"].tolist() == ["frame1"]
    assert len(Table.read(tmp_path / "list.screened.ecsv")) == 3


def test_decisions_on_another_list_are_refused_and_not_kept(command, manifest, tmp_path):
    (tmp_path / "other.csv").write_text("OBSID,Decision\nanother,keep\n")
    status, out, err = command("datasets", "screen", manifest, "--overrules", tmp_path / "other.csv")
    assert (status, out) == (1, "")
    assert "row 1: another is not in the list" in err
    assert not (tmp_path / "list.overrules.csv").exists()
