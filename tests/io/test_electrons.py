"""In electrons a flat sky has no step between amplifiers, and the noise is that of electrons."""

import numpy as np
import pytest
from astropy import units as u
from astropy.nddata import CCDData

from astroclassify.core import FrameError
from astroclassify.instruments import INSTRUMENTS
from astroclassify.io import in_electrons, read_frames, write_raw

CAMERA = INSTRUMENTS["acs-wfc"]
SKY, BIAS = 300, 2000


@pytest.fixture(scope="module")
def frame(tmp_path_factory):
    """Give chip 1 of a raw ACS frame of a flat sky of 300 electrons, as read (CCDData)."""
    whole = {layout.chip: layout for layout in CAMERA.layouts if len(layout.amplifiers) == 2}
    layout = whole[1]
    raw = np.full(layout.shape, BIAS, dtype=float)
    for section in layout.of_kind("science"):
        raw[section.slices] += SKY / CAMERA.amplifiers[section.amplifier].gain
    path = tmp_path_factory.mktemp("raw") / "j_raw.fits"
    images = {1: np.rint(raw).astype("u2"), 2: np.full(whole[2].shape, BIAS, dtype="u2")}
    write_raw(path, images, instrument="acs-wfc", band="F606W", exptime=100.0)
    return read_frames(path, chip=1)[0]


def test_the_step_between_amplifiers_vanishes(frame):
    assert np.ptp(np.median(frame.data, axis=0)) > 1
    electrons = in_electrons(frame)
    assert electrons.unit == u.electron
    assert np.abs(electrons.data - SKY).max() < 1.5  # rounding to whole ADU
    assert frame.unit == u.adu


def test_the_noise_is_that_of_electrons(frame):
    electrons = in_electrons(frame)
    for one in frame.uncertainty.amplifiers:
        expected = np.sqrt(electrons.data[one.region] + one.read_noise**2)
        np.testing.assert_allclose(electrons.uncertainty.array[one.region], expected, rtol=1e-5)
    assert electrons.meta["ACCHIP"] == frame.meta["ACCHIP"]


def test_what_is_in_electrons_already_is_left_alone(frame):
    electrons = in_electrons(frame)
    assert in_electrons(electrons) is electrons


@pytest.mark.parametrize("change", [lambda f: CCDData(f.data, unit="adu"), lambda f: f.data])
def test_without_known_gains_it_is_an_error(frame, change):
    with pytest.raises(FrameError, match="gains"):
        in_electrons(change(frame))
