"""`simulate_outlier`: each kind is what its name says, on small apertures of both cameras."""

import numpy as np
import pytest
import torch

from astroclassify import read_frames
from astroclassify.core import UnknownNameError
from astroclassify.instruments import INSTRUMENTS
from astroclassify.simulate import OUTLIERS, RandomStreams, simulate_outlier
from astroclassify.simulate._outliers import smear
from astroclassify.simulate._solar_system import comet, planet

ACS, UVIS = ("acs-wfc", "WFC1-512 (A, before 2016)"), ("wfc3-uvis", "UVIS1-C512A-SUB")


def electrons(exposure):
    """Give science pixels in electrons above the first amplifier's bias level."""
    (chip, layout), camera = *exposure.layouts.items(), exposure.instrument
    amplifier = camera.amplifiers[layout.amplifiers[0]]
    (start, shape) = layout.science_start, layout.science_shape
    image = exposure.raw[chip][start[0] : start[0] + shape[0], start[1] : start[1] + shape[1]]
    return (image.astype(float) - amplifier.bias_level) * amplifier.gain


def made(kind, camera, seed=3):
    return simulate_outlier(kind, camera[0], rng=seed, aperture=camera[1])


@pytest.mark.parametrize("kind", OUTLIERS)
def test_every_kind_is_written_and_read_as_any_other_frame(kind, tmp_path):
    exposure = made(kind, UVIS)
    path = tmp_path / "outlier_raw.fits"
    exposure.write(path)
    (frame,) = read_frames(path)
    assert frame.shape == (512, 513)
    assert frame.data.std() > 0
    assert exposure.truth["label"] == ("field" if kind == "field" else "outlier")


@pytest.mark.parametrize("kind", ["bias", "comet"])
def test_the_same_seed_gives_the_same_bytes(kind):
    first, again, other = (made(kind, ACS, seed).raw[1] for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_a_whole_chip_is_read_by_default():
    assert simulate_outlier("bias", "acs-wfc", rng=1).raw[1].shape == (2068, 4144)


@pytest.mark.parametrize("camera", [ACS, UVIS], ids=lambda pair: pair[0])
def test_a_bias_frame_has_the_noise_of_its_amplifier_and_nothing_else(camera):
    pixels = electrons(made("bias", camera))
    read_noise = INSTRUMENTS[camera[0]].amplifiers["A"].read_noise
    # Differences of neighbours along a row have neither stripes nor levels in them.
    noise = 1.4826 * np.median(np.abs(np.diff(pixels, axis=1))) / np.sqrt(2)
    assert noise == pytest.approx(read_noise, rel=0.2)
    assert (pixels > pixels.mean() + 8 * read_noise).mean() < 1e-4


@pytest.mark.parametrize("camera", [ACS, UVIS], ids=lambda pair: pair[0])
def test_a_dark_frame_is_a_bias_frame_with_hot_pixels_and_cosmic_rays(camera):
    pixels = electrons(made("dark", camera))
    hit = (pixels > np.median(pixels) + 100).mean()
    assert 0.002 < hit < 0.2


def test_a_flat_field_is_even_and_has_photon_noise():
    exposure = made("flat", UVIS)
    pixels = electrons(exposure)
    smooth = pixels[:512, :512].reshape(8, 64, 8, 64).mean(axis=(1, 3))
    assert smooth.std() / smooth.mean() < 0.1
    assert np.median(pixels) > 500
    neighbours = np.diff(pixels, axis=1).std() / np.sqrt(2)
    assert neighbours > 0.8 * np.sqrt(np.median(pixels))


def test_most_of_a_saturated_frame_is_full():
    exposure = made("saturated", ACS)
    full = 0.97 * exposure.instrument.full_well
    assert (electrons(exposure) > full).mean() > 0.5


def test_a_smeared_star_is_as_long_as_the_trail_and_keeps_its_light():
    image = torch.zeros(200, 300)
    image[100, 150] = 1000.0
    trail = smear(image, 80.0, RandomStreams(4))
    assert float(trail.sum()) == pytest.approx(1000.0, rel=1e-4)
    y, x = np.nonzero(trail.numpy() > 1.0)
    assert np.hypot(np.ptp(y), np.ptp(x)) == pytest.approx(80, rel=0.1)


def test_a_trail_that_leaves_the_frame_comes_back_on_the_other_side():
    image = torch.zeros(64, 64)
    image[0, 0] = 1.0
    assert float(smear(image, 30.0, RandomStreams(1)).sum()) == pytest.approx(1.0, rel=1e-4)


@pytest.mark.parametrize("seed", range(6))
def test_a_planet_has_an_edge_and_its_light_inside(seed):
    diffuse, moons = planet((300, 300), 0.1, RandomStreams(seed))
    lit = diffuse > 0
    assert 0 < float(lit.float().mean()) < 0.8
    assert float(diffuse.max()) == 1.0
    assert float(diffuse.min()) >= 0
    assert (moons[2] > 0).all()


def test_a_comets_light_falls_off_from_its_nucleus_and_reaches_farther_on_one_side():
    diffuse, nucleus = comet((400, 400), 0.1, RandomStreams(2))
    y, x = (round(float(value)) for value in nucleus[:2, 0])
    peak = np.unravel_index(int(diffuse.argmax()), diffuse.shape)
    assert np.hypot(peak[0] - y, peak[1] - x) < 25
    rows, columns = np.mgrid[:400, :400]
    ring = np.abs(np.hypot(rows - y, columns - x) - 80) < 2
    around = diffuse.numpy()[ring]
    assert around.max() > 2 * np.median(around)
    assert np.median(around) < 0.2


def test_an_unknown_kind_is_named():
    with pytest.raises(UnknownNameError, match="no outlier is named 'asteroid'; there are: bias, dark"):
        simulate_outlier("asteroid")
