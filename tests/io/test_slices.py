"""Where a slice lies on its chip follows it: gains and noise are those of the amplifiers that read it."""

import numpy as np
import pytest
from astropy import units as u
from astropy.nddata import CCDData, Cutout2D

from astroclassify.core import FrameError
from astroclassify.degrade import degrade
from astroclassify.io import ReadoutNoise, amplifiers_of, in_electrons, read_frames, slice_start
from astroclassify.simulate import Body, simulate_exposure

CAMERAS = ("acs-wfc", "wfc3-uvis", "csst-msc")


@pytest.fixture(scope="module", params=CAMERAS)
def frame(request, tmp_path_factory):
    """Give a chip of each camera, as read from a raw file (CCDData)."""
    path = tmp_path_factory.mktemp("raw") / "chip_raw.fits"
    if request.param == "csst-msc":
        path = path.with_name("csst.fits")
    band = "r" if request.param == "csst-msc" else "F606W"
    # Small and in the middle: of a cut-out inside a body, its structure would pass for noise.
    galaxy = Body("spiral", distance=80e6, radius=6e3, brightness=20.5, seed=3)
    exposure = simulate_exposure(galaxy, request.param, band, 300.0, centred=True, rng=7)
    exposure.write(path)
    return read_frames(path)[0]


def boundaries(frame):
    """Give a slice about each place where the amplifier changes, along either axis."""
    found = set()
    for one in frame.uncertainty.amplifiers:
        (y, x) = one.region
        found.add((max(y.start - 9, 0), y.start + 20, max(x.start - 11, 0), x.start + 23))
    return [(slice(a, b), slice(c, d)) for a, b, c, d in sorted(found)]


def as_slice(frame, cut):
    """Slice the CCDData."""
    return frame[cut]


def as_cutout(frame, cut):
    """Cut out by Cutout2D, and put together by hand."""
    (y, x) = cut
    middle = (x.start + x.stop - 1) / 2, (y.start + y.stop - 1) / 2
    found = Cutout2D(frame.data, middle, (y.stop - y.start, x.stop - x.start), wcs=frame.wcs, copy=True)
    assert np.array_equal(found.data, frame.data[cut])
    return CCDData(found.data, unit="adu", meta=frame.meta, wcs=found.wcs)


@pytest.mark.parametrize("cut_by", [as_slice, as_cutout])
def test_in_electrons_a_slice_is_the_slice_of_the_frame_in_electrons(frame, cut_by):
    whole = in_electrons(frame)
    for cut in boundaries(frame):
        part = in_electrons(cut_by(frame, cut))
        np.testing.assert_array_equal(part.data, whole.data[cut])
        np.testing.assert_allclose(part.uncertainty.array, whole.uncertainty.array[cut], rtol=1e-6)


@pytest.mark.parametrize("cut_by", [as_slice, as_cutout])
def test_every_amplifier_is_found_in_its_own_pixels(frame, cut_by):
    for one in frame.uncertainty.amplifiers:
        (y, x) = one.region
        cut = slice(y.start, y.start + 30), slice(x.start, x.start + 40)
        (found,) = amplifiers_of(cut_by(frame, cut))
        assert found[1:] == pytest.approx(one[1:])
        assert found.region == (slice(0, 30), slice(0, 40))


def test_a_slice_of_a_slice_is_followed(frame):
    whole = in_electrons(frame).data
    cut = in_electrons(frame[5:400, 3:][10:, 7:])
    np.testing.assert_array_equal(cut.data, whole[15:400, 10:])


def test_noise_in_steps_is_that_of_the_same_pixels(frame):
    whole = frame.uncertainty.array
    for item in [(slice(10, None, 5), slice(3, None, 2)), slice(7, 90), (slice(None, None, -1),) * 2]:
        np.testing.assert_array_equal(in_parts(frame)[item].array, whole[item])


def in_parts(frame):
    """Give the frame's noise before anything asked for it."""
    return ReadoutNoise(pixels=frame.data, amplifiers=frame.uncertainty.amplifiers)


def test_the_noise_of_a_slice_is_not_computed_before_it_is_asked_for(frame):
    noise = in_parts(frame)
    part = noise[:64, :64]
    assert noise._array is None
    assert part._array is None
    np.testing.assert_array_equal(part.array, frame.uncertainty.array[:64, :64])


@pytest.mark.parametrize("cut_by", [as_slice, as_cutout])
def test_degrade_gives_a_slice_the_noise_of_its_own_amplifier(frame, cut_by):
    for one in frame.uncertainty.amplifiers[::5]:
        (y, x) = one.region
        cut = slice(y.start, y.start + 96), slice(x.start, x.start + 96)
        short = degrade(cut_by(frame, cut), exptime_factor=0.05, rng=1)
        light = np.maximum(frame.data[cut], 0) * 0.05 / one.gain
        floor = (one.read_noise / one.gain) ** 2
        assert np.median(short.uncertainty.array**2) == pytest.approx(np.median(light) + floor, rel=0.05)


def _binned(world):
    coarse = world.deepcopy()
    coarse.wcs.cd, coarse.wcs.crpix = world.wcs.cd * 2, world.wcs.crpix / 2
    return coarse


@pytest.mark.parametrize(
    "spoil",
    [
        lambda f: CCDData(f.data[50:90, 20:70], unit="adu", meta=f.meta),  # no WCS
        lambda f: CCDData(f.data[50:90, 20:70], unit="adu", meta=f.meta, wcs=f.wcs),  # that of the whole
        lambda f: CCDData(f.data[50:90, 20:70], unit="adu", meta=f.meta, wcs=_binned(f.wcs)),
        lambda f: CCDData(f.data[50:90, 20:70], unit="adu", meta=f.meta, wcs=f.wcs[10**5 :, :]),  # beyond
    ],
)
@pytest.mark.parametrize("use", [in_electrons, lambda f: degrade(f, exptime_factor=0.5, rng=1)])
def test_where_it_cannot_be_known_it_is_an_error(frame, spoil, use):
    with pytest.raises(FrameError, match=r"frame\[y0:y1, x0:x1\]"):
        use(spoil(frame))


def test_a_whole_copy_still_knows_its_gains(frame):
    np.testing.assert_array_equal(in_electrons(frame.copy()).data, in_electrons(frame).data)


def test_the_place_of_a_slice_is_that_of_its_wcs(frame):
    assert slice_start(frame) == (0, 0)
    assert slice_start(frame[17:90, 230:300]) == (17, 230)
    assert slice_start(CCDData(frame.data, unit=u.adu)) is None
