"""Throughput curves of files: texts and FITS tables."""

import numpy as np
import pytest
from astropy import units as u
from astropy.io import fits
from astropy.table import Table

from astroclassify.core import ReadError
from astroclassify.photometry import as_bandpass

WAVES = np.array([5000.0, 5010.0, 6000.0, 6010.0])
THROUGHPUT = np.array([0.0, 0.5, 0.5, 0.0])


@pytest.mark.parametrize("unit", [None, u.AA, u.nm, u.um])
def test_a_fits_table_is_read_in_its_unit(unit, tmp_path):
    waves = WAVES if unit is None else (WAVES * u.AA).to(unit)
    table = Table({"THROUGHPUT": THROUGHPUT, "WAVELENGTH": waves})  # as in the HST archive, in any order
    table.write(tmp_path / "band.fits")
    band = as_bandpass(tmp_path / "band.fits")
    assert np.allclose(band.wavelength, WAVES / 10)
    assert np.allclose(band.throughput, THROUGHPUT)


def test_a_file_that_is_no_curve_is_an_error_of_ours(tmp_path):
    fits.PrimaryHDU(np.ones((4, 4))).writeto(tmp_path / "image.fits")
    (tmp_path / "binary.dat").write_bytes(bytes(range(256)))
    for name in ("image.fits", "binary.dat", "none.dat"):
        with pytest.raises(ReadError, match=f"{name} cannot be read as a throughput curve"):
            as_bandpass(tmp_path / name)
