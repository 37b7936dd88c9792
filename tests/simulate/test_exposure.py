"""Whole exposures: detector physics, raw files, world coordinates."""

import numpy as np
import pytest

from astroclassify.core import ParameterError
from astroclassify.instruments import ACS_WFC, SCIENCE
from astroclassify.io import read_frames
from astroclassify.simulate import simulate_exposure
from astroclassify.simulate._detector import add_cosmic_rays, bleed, expose, read_out


@pytest.fixture(scope="module")
def exposure():
    return simulate_exposure("globular", band="F814W", exptime=300.0, rng=12)


def test_both_chips_have_the_raw_shape(exposure):
    assert {chip: raw.shape for chip, raw in exposure.raw.items()} == {1: (2068, 4144), 2: (2068, 4144)}
    assert all(raw.dtype == np.uint16 for raw in exposure.raw.values())


def test_the_reader_finds_the_chips_band_and_sky_again(exposure, tmp_path):
    path = tmp_path / "jsim00abq_raw.fits"
    exposure.write(path)
    frames = read_frames(path)
    assert [frame.shape for frame in frames] == [(2048, 4096)] * 2
    for frame, chip in zip(frames, (1, 2), strict=True):
        assert frame.meta["FILTER2"].strip() == "F814W"
        assert frame.meta["EXPTIME"] == 300.0
        there = frame.wcs.pixel_to_world(100, 1900)
        assert there.separation(exposure.wcs[chip].pixel_to_world(100, 1900)).arcsec < 0.0005


def test_the_chips_lie_beside_each_other_on_the_sky(exposure):
    top_of_chip2 = exposure.wcs[2].pixel_to_world(2000, 2047)
    bottom_of_chip1 = exposure.wcs[1].pixel_to_world(2000, 0)
    assert top_of_chip2.separation(bottom_of_chip1).arcsec == pytest.approx(51 * 0.0495, rel=1e-3)


def test_the_truth_is_not_in_the_file(exposure, tmp_path):
    path = tmp_path / "truth_raw.fits"
    exposure.write(path)
    assert b"globular" not in path.read_bytes()


@pytest.mark.parametrize("exptime", [0.0, 1e5])
def test_impossible_exposure_times_are_refused(exptime):
    with pytest.raises(ParameterError, match=r"0\.5 to 3600"):
        simulate_exposure("spiral", exptime=exptime, rng=1)


def test_the_variance_of_the_sky_is_its_mean_without_cosmic_rays(monkeypatch):
    monkeypatch.setattr("astroclassify.simulate._detector.COSMIC_RAY_RATE", 0.0)
    electrons = expose(np.full((500, 500), 0.2, np.float32), ACS_WFC, 400.0, np.random.default_rng(2))
    expected = 400 * (0.2 + ACS_WFC.dark_current)
    assert electrons.mean() == pytest.approx(expected, rel=0.01)
    assert electrons.var() == pytest.approx(expected, rel=0.02)


def test_cosmic_rays_touch_the_known_fraction_of_pixels():
    electrons = np.zeros((2048, 2048), np.float32)
    add_cosmic_rays(electrons, 1000.0, np.random.default_rng(3))
    assert (electrons > 0).mean() == pytest.approx(0.0135, abs=0.003)  # instruments.md H6
    assert 100 < np.median(electrons[electrons > 0]) < 1000


def test_bleeding_conserves_charge_and_respects_the_full_well():
    electrons = np.zeros((400, 5), np.float32)
    electrons[200, 2] = 1.0e6
    bleed(electrons, 77_400.0)
    assert electrons.sum() == pytest.approx(1.0e6, rel=1e-4)
    assert electrons.max() <= 77_400.0
    assert (electrons[:, [0, 1, 3, 4]] == 0).all()
    rows = np.flatnonzero(electrons[:, 2])
    assert rows.mean() == pytest.approx(200, abs=1)


def test_read_out_gives_each_amplifier_its_bias_and_noise():
    layout = next(layout for layout in ACS_WFC.layouts if layout.chip == 2)
    raw = read_out(np.zeros(layout.science_shape, np.float32), layout, ACS_WFC, np.random.default_rng(1))
    for section in layout.of_kind(SCIENCE):
        amplifier = ACS_WFC.amplifiers[section.amplifier]
        part = raw[section.slices].astype(float)
        assert part.mean() == pytest.approx(amplifier.bias_level, abs=0.01)
        assert part.std() == pytest.approx(
            np.hypot(amplifier.read_noise / amplifier.gain, 12**-0.5), rel=0.01
        )
