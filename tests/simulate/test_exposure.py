"""Whole exposures: fields of view, raw files, world coordinates, truth, pictures."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from astropy.coordinates import SkyCoord
from astropy.io import fits

from astroclassify.core import ParameterError, UnknownNameError
from astroclassify.instruments import ACS_WFC
from astroclassify.io import read_frames
from astroclassify.simulate import (
    Body,
    Effects,
    FieldOfView,
    RawExposure,
    SimulationConfig,
    View,
    plan_exposure,
    preview,
    simulate_exposure,
)
from astroclassify.simulate.sets._manifest import read_exposure, table_rows, truth_card

GLOBULAR = Body("globular", distance=9e3, radius=20.0, brightness=-7.5, seed=4)


@pytest.fixture(scope="module")
def exposure():
    return simulate_exposure(GLOBULAR, band="F814W", exptime=300.0, rng=12)


@pytest.fixture(scope="module")
def raw_file(exposure, tmp_path_factory):
    path = tmp_path_factory.mktemp("exposure") / "jsim00abq_raw.fits"
    exposure.write(path)
    return path


def small(body="globular", **options):
    options = {"aperture": "WFC1-512 (A, before 2016)", "exptime": 100.0, "rng": 3} | options
    return simulate_exposure(body, **options)


def test_both_chips_have_the_raw_shape(exposure):
    assert {chip: raw.shape for chip, raw in exposure.raw.items()} == {1: (2068, 4144), 2: (2068, 4144)}
    assert all(raw.dtype == np.uint16 for raw in exposure.raw.values())


def test_the_reader_finds_the_chips_band_and_sky_again(exposure, raw_file):
    frames = read_frames(raw_file)
    assert [frame.shape for frame in frames] == [(2048, 4096)] * 2
    for frame, chip in zip(frames, (1, 2), strict=True):
        assert frame.meta["FILTER2"].strip() == "F814W"
        assert frame.meta["EXPTIME"] == 300.0
        there = frame.wcs.pixel_to_world(100, 1900)
        assert there.separation(exposure.wcs[chip].pixel_to_world(100, 1900)).arcsec < 0.0005


def test_the_chips_lie_beside_each_other_on_the_sky(exposure):
    top_of_chip2 = exposure.wcs[2].pixel_to_world(2000, 2047)
    bottom_of_chip1 = exposure.wcs[1].pixel_to_world(2000, 0)
    # The linear coordinates of a chip, those at its middle, are some pixels wrong at its edge.
    assert top_of_chip2.separation(bottom_of_chip1).arcsec == pytest.approx(51 * 0.0495, abs=0.5)


def test_with_their_distortion_the_gap_is_as_wide_as_its_pixels(exposure):
    worlds = exposure.distorted_wcs
    sides = [worlds[2].all_pix2world([[2000, 2047]], 0)[0], worlds[1].all_pix2world([[2000, 0]], 0)[0]]
    first, second = (SkyCoord(*side, unit="deg") for side in sides)
    scale = np.sqrt(np.abs(np.linalg.det(worlds[1].wcs.cd))) * 3600
    assert first.separation(second).arcsec == pytest.approx(51 * scale, rel=0.02)


def test_a_calibrated_frame_is_flat(tmp_path):
    effects = replace(Effects.none(), read_noise=1.0, pixel_response=0.01, flat_field=1.0)
    exposure = small("field", effects=effects, sky=(18.0, None), exptime=1000.0)
    (frame,) = exposure.calibrated()
    sky = frame.data[100:400, 100:400]
    (raw,) = (image[100:400, 122:422].astype(float) for image in exposure.raw.values())
    assert frame.unit == "electron"
    assert np.std(sky) / np.mean(sky) < 0.5 * np.std(raw - 2090) / np.mean(raw - 2090)
    assert frame.wcs.sip is not None
    # Real flats are of uniform light: they take the pixels' areas out with their sensitivity.
    blocks = np.median(sky.reshape(10, 30, 10, 30), axis=(1, 3))
    assert np.ptp(blocks) / np.mean(blocks) < 0.01


def test_the_truth_stands_in_history_and_nowhere_else(exposure, raw_file):
    with fits.open(raw_file) as hdus:
        history = "".join(hdus[0].header["HISTORY"])
        told = json.loads(history.split(": ", 1)[1])
        assert told["kind"] == "globular"
        assert told["body"]["seed"] == 4
        cards = [str(card.value) for hdu in hdus for card in hdu.header.cards if card.keyword != "HISTORY"]
    assert not any(word in card.lower() for card in cards for word in ("globular", "cluster", "nsc"))


@pytest.mark.parametrize("exptime", [0.0, 1e5])
def test_impossible_exposure_times_are_refused(exptime):
    with pytest.raises(ParameterError, match=r"0\.5 to 3600"):
        simulate_exposure("spiral", exptime=exptime, rng=1)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *[("pointing", (10.0, 100.0, 0.0)), ("expstart", -1.0), ("expstart", 2_457_677.0)],
        *[("foreground", 1e9), ("background", 1e9), ("device", "nowhere"), ("device", "meta")],
    ],
)
def test_what_would_fail_or_never_end_is_refused_at_once(name, value):
    with pytest.raises(ParameterError, match=rf"^{name}\b.* is .*expected"):
        simulate_exposure(GLOBULAR, "acs-wfc", "F606W", 100.0, aperture="WFC1A-512", **{name: value})


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is one")
def test_a_device_that_is_not_there_is_told():
    with pytest.raises(ParameterError, match=r"device is 'cuda'; expected .* that is here"):
        simulate_exposure(GLOBULAR, "acs-wfc", "F606W", 100.0, device="cuda")


@pytest.mark.parametrize("size", [{"scale": 0.0}, {"scale": 10.0, "pixel_scale": 0.0}])
def test_a_view_without_a_size_is_refused(size):
    with pytest.raises(ParameterError, match=r"scale is 0.0; expected a number, more than 0"):
        View((20, 20), **size)


def test_an_unknown_aperture_is_named_with_the_known_ones():
    with pytest.raises(UnknownNameError, match=r"WFC9.*WFC1A-512"):
        simulate_exposure("spiral", aperture="WFC9", rng=1)


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others():
    one, again, other = small(), small(), small(rng=4)
    np.testing.assert_array_equal(one.raw[1], again.raw[1])
    assert not np.array_equal(one.raw[1], other.raw[1])


def test_the_same_body_and_view_in_another_band_has_its_light_in_the_same_places():
    view = View((1, 1), 1.0)
    body = Body("elliptical", distance=20e6, radius=8e3, brightness=20.0, seed=2)
    near, far = (small(body, band=band, view=view).raw[1].astype(float) for band in ("F606W", "F814W"))
    smooth = [
        np.median(image[:512, 22:].reshape(32, 16, 32, 16), axis=(1, 3)).ravel() for image in (near, far)
    ]
    assert np.corrcoef(np.log(smooth[0]), np.log(smooth[1]))[0, 1] > 0.98


@pytest.mark.parametrize(
    ("instrument", "aperture", "shape"),
    [
        ("wfc3-uvis", "UVIS2-C512C-SUB", (512, 538)),
        ("wfc3-uvis", "UVIS1 binned 3 x 3", (690, 1402)),
        ("acs-wfc", "WFC1B-512", (512, 2072)),
    ],
)
def test_apertures_have_their_raw_shapes(instrument, aperture, shape):
    exposure = simulate_exposure("spiral", instrument, band="F606W", exptime=50.0, aperture=aperture, rng=1)
    assert [raw.shape for raw in exposure.raw.values()] == [shape]


def test_a_subarray_lies_at_its_corner_of_the_chip():
    field = FieldOfView.of(ACS_WFC)
    assert field.corners == {1: (2098, 0), 2: (0, 0)}
    assert FieldOfView.of("wfc3-uvis").shape == (2051 * 2 + 31, 4096)


def test_a_coarser_view_looks_at_the_same_sky():
    view = View((101, 64), 20.0, (0.2, -0.1), 0.6, 0.05)
    coarse = view.coarser(2)
    assert coarse.shape == (51, 32)
    assert coarse.pixel_scale == 0.1
    # Pixel 0 of the coarse view covers the first two of the fine one.
    np.testing.assert_allclose(coarse.to_body(0, 0), view.to_body(0.5, 0.5), atol=1e-12)
    np.testing.assert_allclose(view.to_pixels(*view.to_body(7.0, 9.0)), (7.0, 9.0), atol=1e-9)


def test_a_preview_shows_both_chips_and_the_gap(exposure, tmp_path):
    picture = preview(exposure, side=400, path=tmp_path / "preview.png")
    pixels = np.asarray(picture)
    assert max(picture.size) <= 400
    assert (tmp_path / "preview.png").exists()
    gap = pixels.shape[0] // 2
    assert pixels[gap - 2 : gap + 3].min(axis=0).mean() == 0
    assert pixels.std() > 5


def test_a_post_flash_stands_in_the_header_and_in_the_sky(tmp_path):
    levels = {}
    for flash in (0.0, 40.0):
        exposure = small("field", effects=replace(Effects.none(), post_flash=flash), sky=(23.0, None))
        exposure.write(tmp_path / "flash_raw.fits", overwrite=True)
        levels[flash] = np.median(read_frames(tmp_path / "flash_raw.fits")[0].data)
        assert fits.getheader(tmp_path / "flash_raw.fits")["FLASHSTA"].startswith(
            "SUCCESSFUL" if flash else "NOT PERFORMED"
        )
    assert levels[40.0] - levels[0.0] == pytest.approx(40 / ACS_WFC.amplifiers["A"].gain, abs=1)


def test_csst_frames_are_read_with_their_overscan():
    field = FieldOfView.of("csst-msc")
    assert field.shape == (9232, 9216)
    assert field.layouts[0].name == "with overscan"


# Through memory ------------------------------------------------------------------------------


def exposed_noise(plan):
    """Give an exposure at once: readers and tables do not care what the pixels show."""
    field = FieldOfView.of(plan.instrument, plan.aperture)
    noise = np.random.default_rng(1).integers(1900, 2900, 99_991, dtype=np.uint16)
    raw = {chip: np.resize(noise, layout.shape) for chip, layout in field.layouts.items()}
    world, truth = field.world(*plan.pointing), {"effects": {"post_flash": 12.0}}
    return RawExposure(raw, field.camera, plan.band, plan.exptime, world, field.layouts, truth)


EXPOSED = {
    "acs full": {"instruments": {"acs-wfc": 1}},
    "uvis full": {"instruments": {"wfc3-uvis": 1}},
    "csst full": {"instruments": {"csst-msc": 1}},
    "acs subarray": {"instruments": {"acs-wfc": 1}, "apertures": {"acs-wfc": ["WFC1A-512"]}},
    "uvis subarray": {"instruments": {"wfc3-uvis": 1}, "apertures": {"wfc3-uvis": ["UVIS2-C512C-SUB"]}},
    "csst window": {
        "instruments": {"csst-msc": 1},
        "apertures": {"csst-msc": ["2K window (row 3592, column 7168)"]},
    },
}


@pytest.mark.parametrize("settings", EXPOSED.values(), ids=EXPOSED)
def test_frames_through_memory_are_those_of_the_file(settings, tmp_path):
    plan = plan_exposure(SimulationConfig(**settings), 12, 0)
    exposure, cards = exposed_noise(plan), plan.header()
    path = tmp_path / f"{plan.rootname}.fits"
    exposure.write(path, header=cards)
    pairs = zip(exposure.frames(name=path.name, header=cards), read_frames(path), strict=True)
    for frame, file in pairs:
        np.testing.assert_array_equal(frame.data, file.data)
        assert frame.uncertainty.amplifiers == file.uncertainty.amplifiers  # noise follows from these
        assert (frame.unit, frame.mask) == (file.unit, file.mask)
        assert [tuple(card) for card in frame.meta.cards] == [tuple(card) for card in file.meta.cards]
        for numbers in ("crpix", "crval", "cd"):
            np.testing.assert_array_equal(getattr(frame.wcs.wcs, numbers), getattr(file.wcs.wcs, numbers))
        assert frame.wcs.array_shape == file.wcs.array_shape


@pytest.mark.parametrize("settings", EXPOSED.values(), ids=EXPOSED)
def test_tables_of_a_set_say_the_same_from_memory_and_from_the_file(settings, tmp_path):
    plan = plan_exposure(SimulationConfig(**settings), 12, 0)
    exposure, path = exposed_noise(plan), tmp_path / f"{plan.rootname}.fits"
    cards = {"header": plan.header(), "history": [truth_card(plan.truth())]}
    exposure.write(path, **cards)
    assert table_rows(exposure.hdus(path.name, **cards)) == read_exposure(path)


def test_frames_through_memory_leave_no_file(monkeypatch):
    exposure = small()
    exposure.frames()  # the list of readers is read from disk, once in a session
    monkeypatch.setattr("pathlib.Path.open", lambda *_, **__: pytest.fail("a file was opened"))
    monkeypatch.setattr("tempfile.mkdtemp", lambda *_, **__: pytest.fail("a folder was made"))
    (frame,) = exposure.frames()
    assert frame.meta["ACSOURCE"] == "simulated_raw.fits"


def test_a_body_can_be_centred():
    settings = {"aperture": "WFC1A-512", "rng": 1, "centred": True}
    exposure = simulate_exposure(GLOBULAR, **settings)
    assert exposure.truth["view"]["centre"] == [0.0, 0.0]
    with pytest.raises(ParameterError, match="both a view and centred"):
        simulate_exposure(GLOBULAR, view=View((512, 2048), 100.0), **settings)
