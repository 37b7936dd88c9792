"""``info`` shows what the readers see, and goes on after a file that they cannot read."""

import json


def test_a_row_says_what_the_reader_sees(command, frame_file):
    status, out, err = command("info", frame_file("one.fits"), "--format", "json")
    assert (status, err) == (0, "")
    (row,) = json.loads(out)
    assert row["file"] == "one.fits"
    assert row["shape"] == "64x96"
    assert row["unit"] == "electron"
    assert row["filter"] == "F814W"
    assert row["exptime"] == 600.0
    assert row["ra"] is None


def test_a_bad_file_is_reported_and_the_others_are_done(command, frame_file, tmp_path):
    bad = tmp_path / "bad.fits"
    bad.write_bytes(b"not a FITS file")
    status, out, err = command("info", bad, frame_file("good.fits"), tmp_path / "missing.fits")
    assert status == 1
    assert "good.fits" in out
    assert "bad.fits" not in out
    assert "bad.fits" in err
    assert "missing.fits" in err


def test_real_files_are_described(command, shared):
    status, out, err = command("info", shared / "fits", "--format", "json")
    rows = {row["file"]: row for row in json.loads(out)}
    assert status == 1
    assert "HRC" in err
    assert rows["m13.fits"]["instrument"] == "generic"
    assert rows["sample_svm_flc.fits"]["instrument"] == "wfc3-uvis"
