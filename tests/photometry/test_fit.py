"""The fitting script: it finds what it is given, and regenerates the shipped rows."""

import numpy as np
import pytest
from astropy.table import Table
from scipy.special import erfc

from astroclassify.core import ReadError
from astroclassify.photometry import BANDS, fit
from astroclassify.photometry._curves import published_curves


def curve(leak=0.0):
    wavelength = np.arange(200.0, 1000.0, 0.25)
    inside = 0.4 * 0.25 * erfc((500 - wavelength) / 4) * erfc((wavelength - 600) / 6)
    return wavelength, inside * (wavelength / 550) ** 0.5 + leak * (wavelength > 700)


def test_a_smooth_band_is_fitted_to_a_thousandth():
    found = fit.residuals(fit.fit_shape(*curve()), *curve())
    assert abs(found["zp_residual"]) < 1e-4
    assert abs(found["pivot_residual"]) < 1e-4
    assert found["shape_residual"] < 5e-3
    assert abs(found["star_residual"]) < 1e-3


def test_a_leak_is_found():
    shape = fit.fit_shape(*curve(leak=2e-3))
    assert shape.leak_start == pytest.approx(700, abs=10)
    assert abs(fit.residuals(shape, *curve(leak=2e-3))["star_residual"]) < 0.01
    assert fit.fit_shape(*curve()).leak == 0


def test_fitting_again_gives_the_shipped_row(shared, tmp_path):
    folder = tmp_path / "curves"
    folder.mkdir()
    name = "acs_wfc_f775w.par"
    (folder / name).write_bytes((shared / "throughput/acs_wfc" / name).read_bytes())
    fit.fit_tables([folder], tmp_path)
    (row,) = Table.read(tmp_path / "bands.ecsv", format="ascii.ecsv")
    shipped = BANDS.facts()
    (known,) = shipped[(shipped["instrument"] == "acs-wfc") & (shipped["band"] == "F775W")]
    assert row["zero_point"] == known["zero_point"]
    assert row["red_edge"] == pytest.approx(known["red_edge"], abs=0.5)


def test_rows_without_a_curve_are_kept(shared, tmp_path):
    rows = [dict(row) for row in BANDS.facts()[:2]]
    fit.write_bands(rows[:1], [[200.0, 0.1], [300.0, 0.2]], tmp_path / "bands.ecsv")
    fit.write_bands(rows[1:], None, tmp_path / "bands.ecsv")
    table = Table.read(tmp_path / "bands.ecsv", format="ascii.ecsv")
    assert list(table["band"]) == [row["band"] for row in rows]
    assert "wfc3-uvis response [nm, fraction]" in table.meta


def test_a_folder_without_curves_is_an_error(tmp_path):
    with pytest.raises(ReadError, match="no curve with a known name"):
        fit.fit_tables([tmp_path])


def test_filter_curves_are_told_from_total_ones(tmp_path):
    rows = "# x\nWAVELENGTH,THROUGHPUT\n5000,0\n5010,0.9\n5020,0\n"
    (tmp_path / "hst_wfc3_f502n.csv").write_text(rows, encoding="utf-8")
    (tmp_path / "hst_wfc3_f160w.csv").write_text(rows.replace("50", "160"), encoding="utf-8")
    assert list(published_curves([tmp_path])) == [("wfc3-uvis", "F502N", "filter")]
