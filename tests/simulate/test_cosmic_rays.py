"""Cosmic rays: how many, how much charge, how long; satellites' trails."""

import numpy as np
import pytest
import torch

from astroclassify.instruments import ACS_WFC, CSST_MSC, WFC3_UVIS
from astroclassify.simulate import RandomStreams
from astroclassify.simulate.detector._collect import collect_electrons, satellite_trail
from astroclassify.simulate.detector._cosmic_rays import add_cosmic_rays, pixel_size
from astroclassify.simulate.detector._effects import Effects

HST_SIZE = 15.0
RATE = 1.2


def exposed(shape=(1024, 2048), exptime=1000.0, *, rate=RATE, size=HST_SIZE, seed=1):
    electrons = torch.zeros(shape)
    add_cosmic_rays(electrons, exptime, rate=rate, size=size, streams=RandomStreams(seed))
    return electrons


def hits(electrons, threshold=20):
    ndimage = pytest.importorskip("scipy.ndimage")
    image = electrons.numpy()
    labels, number = ndimage.label(image > threshold, structure=np.ones((3, 3)))
    pixels = np.bincount(labels.ravel())[1:]
    charge = ndimage.sum_labels(image, labels, np.arange(1, number + 1))
    return pixels, charge


def test_in_1000_seconds_one_and_a_half_to_three_percent_of_pixels_are_hit():
    # ACS Instrument Handbook 4.3; 5 sigma of a read noise of 4
    assert 0.015 < (exposed() > 20).float().mean().item() < 0.03


def test_charge_has_the_median_and_the_cutoff_of_hubbles_cosmic_rays():
    _, charge = hits(exposed(exptime=100.0))
    assert np.median(charge) == pytest.approx(1000, rel=0.3)
    assert np.quantile(charge, 0.03) > 400  # all but what falls over the chip's edge
    assert np.quantile(charge, 0.999) > 10_000


def test_footprints_are_mostly_of_three_to_six_pixels():
    pixels, _ = hits(exposed(exptime=100.0))
    assert np.bincount(pixels).argmax() in (4, 5)
    assert np.mean((pixels >= 3) & (pixels <= 6)) > 0.5
    assert np.mean(pixels > 10) > 0.1


def test_some_tracks_are_straight_and_some_wander():
    ndimage = pytest.importorskip("scipy.ndimage")
    labels, _ = ndimage.label(exposed(exptime=60.0).numpy() > 20, structure=np.ones((3, 3)))
    bent = []
    for part in ndimage.find_objects(labels):
        y, x = np.nonzero(labels[part])
        if y.size >= 16:
            cloud = np.stack([y, x]) - np.mean([y, x], axis=1, keepdims=True)
            bent.append(np.linalg.svd(cloud, compute_uv=False)[1] / np.sqrt(y.size))
    assert len(bent) > 30
    assert (
        0.1 < np.mean(np.array(bent) < 0.85) < 0.9
    )  # the rms width of a straight stick is that of its pixels
    assert np.max(bent) > 1.5


def test_tracks_are_of_different_widths():
    ndimage = pytest.importorskip("scipy.ndimage")
    image = exposed(exptime=60.0).numpy()
    labels, number = ndimage.label(image > 5, structure=np.ones((3, 3)))
    index = np.arange(1, number + 1)
    sharpness = ndimage.maximum(image, labels, index) / ndimage.sum_labels(image, labels, index)
    small = np.bincount(labels.ravel())[1:] < 10
    assert np.quantile(sharpness[small], 0.9) > 2 * np.quantile(sharpness[small], 0.1)


def test_tracks_point_everywhere():
    image = exposed(exptime=200.0).double()
    y = ((image[1:] > 20) & (image[:-1] > 20)).sum()
    x = ((image[:, 1:] > 20) & (image[:, :-1] > 20)).sum()
    assert float(y / x) == pytest.approx(1, abs=0.05)


@pytest.mark.parametrize("factor", [2, 5])
def test_their_number_follows_time_rate_and_area(factor):
    base = exposed(exptime=200.0).sum()
    for more in (
        exposed(exptime=200.0 * factor),
        exposed(exptime=200.0, rate=RATE * factor),
        exposed((1024 * factor, 2048), 200.0),
    ):
        assert float(more.sum() / base) == pytest.approx(factor, rel=0.15)


def test_smaller_pixels_have_fewer_and_longer_tracks():
    large, small = exposed(), exposed(size=10.0)
    ratio = float((small > 20).sum() / (large > 20).sum())
    assert (10 / 15) ** 2 < ratio < 0.8


@pytest.mark.parametrize(("camera", "size"), [(ACS_WFC, 15.0), (WFC3_UVIS, 15.0), (CSST_MSC, 10.0)])
def test_every_camera_has_its_pixels(camera, size):
    assert pixel_size(camera) == size


def test_no_exposure_no_cosmic_rays():
    assert not exposed(exptime=0.0).any()


def test_collect_adds_them():
    dark = torch.zeros((512, 512))
    effects = Effects(dark=0.0, hot_pixels=0.0, warm_pixels=0.0)
    electrons = collect_electrons(dark, ACS_WFC, 1000.0, effects=effects, streams=RandomStreams(3))
    assert 0.015 < (electrons > 20).float().mean() < 0.03


# Satellites -----------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(6))
def test_a_trail_is_straight_from_edge_to_edge(seed):
    image = satellite_trail((300, 200), RandomStreams(seed), width=4.0, peak=100.0).numpy()
    assert image.max() == pytest.approx(100, rel=0.05)
    y, x = np.nonzero(image > 40)
    assert min(y.min(), x.min(), 299 - y.max(), 199 - x.max()) == 0
    cloud = np.stack([y, x]) - np.mean([y, x], axis=1, keepdims=True)
    spread = np.linalg.svd(cloud, compute_uv=False) / np.sqrt(y.size)
    assert spread[1] < 1.7  # a band 5 pixels wide has 1.5


def test_a_trail_has_the_width_asked_for():
    image = satellite_trail((2000, 2000), RandomStreams(8), width=6.0, peak=10.0).double()
    y, x = np.nonzero(image.numpy() > 9)
    length = np.hypot(np.ptp(y), np.ptp(x))
    # The integral across a Gaussian of unit height is 1.0645 FWHM.
    assert float(image.sum()) == pytest.approx(10 * 1.0645 * 6.0 * length, rel=0.02)


def test_random_trails_are_of_2_to_10_pixels_and_10_to_1000_electrons():
    peaks = [float(satellite_trail((64, 64), RandomStreams(seed)).max()) for seed in range(40)]
    assert 5 < min(peaks) < 40
    assert 400 < max(peaks) <= 1000
