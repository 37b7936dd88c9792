"""``datasets build`` makes a set that ``train`` takes, and says what is missing."""

import numpy as np
from astropy.io import fits
from astropy.table import Table


def test_it_builds_what_there_is_says_what_failed_and_completes_it(command, tmp_path):
    rows = [(f"body {n}", f"frame{n}", "galaxy") for n in range(2)]
    Table(rows=rows, names=("ID", "OBSID", "Label")).write(tmp_path / "list.csv")
    image = np.random.default_rng(0).normal(100, 5, (64, 96)).astype("f4")
    fits.PrimaryHDU(image).writeto(tmp_path / "frame0.fits")
    asked = (
        "datasets",
        "build",
        tmp_path / "list.csv",
        "--variant",
        "lcid-resize",
        "--output",
        tmp_path / "set",
    )
    status, out, err = command(*asked)
    assert status == 1
    assert "lcid-resize, 1 frames of 1 bodies, 1 failed" in out
    assert "row 1 (frame1)" in err
    fits.PrimaryHDU(image).writeto(tmp_path / "frame1.fits")
    status, out, err = command(*asked)
    assert (status, err) == (0, "")
    assert "2 frames of 2 bodies; pixels differ by at most" in out
