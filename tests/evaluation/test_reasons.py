"""What pixels are like, and which of the paper's reasons that speaks for."""

import numpy as np
import pytest
from astropy.table import Table

from astroclassify.evaluation._baselines import STATISTICS, frame_statistics
from astroclassify.evaluation._reasons import INSUFFICIENT, NOISE, SIMILAR, misclassified, reason_for

from .conftest import made_answers

SHAPE = (512, 1024)


def noise(seed=0, sigma=3.0, level=100.0):
    return np.random.default_rng(seed).normal(level, sigma, SHAPE).astype("float32")


def bright_body():
    y, x = np.mgrid[-1 : 1 : SHAPE[0] * 1j, -1 : 1 : SHAPE[1] * 1j]
    return noise() + (400 * np.exp(-5 * (x**2 + y**2))).astype("float32")


def with_cosmic_rays(array, share=0.02):
    hit = np.random.default_rng(7).random(array.shape) < share
    return np.where(hit, array + 500, array)


def test_statistics_of_noise_are_those_of_noise():
    found = frame_statistics(noise())
    assert set(found) == set(STATISTICS)
    assert found["level"] == pytest.approx(100, abs=0.05)
    assert found["noise"] == pytest.approx(3, rel=0.02)
    assert abs(found["skewness"]) < 0.02
    assert abs(found["kurtosis"]) < 0.05
    assert found["block_snr"] == pytest.approx(1, abs=0.15)
    assert found["signal_share"] == found["narrow_share"] == 0
    assert found["bright_share"] < 1e-5


def test_noise_of_whole_counts_is_measured_between_the_counts():
    rounded = np.round(noise(sigma=2.3))
    assert frame_statistics(rounded)["noise"] == pytest.approx(np.hypot(2.3, 12**-0.5), rel=0.03)


def test_gain_and_level_change_only_level_and_noise():
    plain, changed = frame_statistics(bright_body()), frame_statistics(3 * bright_body() + 1000)
    for name in set(STATISTICS) - {"level", "noise"}:
        assert changed[name] == pytest.approx(plain[name], rel=1e-3, abs=1e-6)
    assert changed["noise"] == pytest.approx(3 * plain["noise"], rel=1e-3)


def test_unusable_pixels_tell_nothing():
    array = bright_body()
    masked = array.copy()
    masked[::7, ::5] = np.nan
    plain, found = frame_statistics(array), frame_statistics(masked)
    assert found["level"] == pytest.approx(plain["level"], rel=0.01)
    assert found["block_snr"] == pytest.approx(plain["block_snr"], rel=0.1)


def test_a_flat_frame_has_statistics_too():
    found = frame_statistics(np.full((64, 96), 5, "float32"))
    assert found["level"] == 5
    assert np.isnan(found["block_snr"])


def test_cosmic_rays_are_narrow_and_stars_are_not():
    rays = frame_statistics(with_cosmic_rays(noise()))
    y, x = np.mgrid[: SHAPE[0], : SHAPE[1]]
    stars = noise()
    for top, left in np.random.default_rng(1).integers(8, 500, (200, 2)):
        cut = np.s_[top - 6 : top + 7, left - 6 : left + 7]
        stars[cut] += 3000 * np.exp(-((y[cut] - top) ** 2 + (x[cut] - left) ** 2) / (2 * 0.8**2)).astype("f4")
    assert rays["narrow_share"] == pytest.approx(0.02, rel=0.3)
    assert frame_statistics(stars)["narrow_share"] < 1e-4


@pytest.mark.parametrize(
    ("array", "reason"),
    [(bright_body(), SIMILAR), (noise(), INSUFFICIENT), (with_cosmic_rays(bright_body()), NOISE)],
)
def test_each_reason_is_proposed_for_what_shows_it(array, reason):
    usual = 0.001
    found, evidence = reason_for(frame_statistics(array), usual)
    assert found == reason
    assert evidence


def test_an_edge_of_a_body_is_insufficient():
    array = noise()
    array[:40, :200] += 100
    reason, evidence = reason_for(frame_statistics(array), 0.001)
    assert reason == INSUFFICIENT
    assert "of the frame only" in evidence


def test_what_a_simulation_knows_counts():
    pixels = frame_statistics(bright_body())
    known = Table({"snr": [0.3, 9.0, 9.0], "effect_satellite_trails": [0, 1, 0]})
    assert [reason_for(pixels, 0.001, row)[0] for row in known] == [INSUFFICIENT, NOISE, SIMILAR]


def test_mistakes_are_listed_for_each_model_the_surest_first():
    answers = made_answers([0.9, 0.6, 0.99, 0.2, 0.1], [False, False, False, True, False])
    answers["truth"] = answers["truth"].astype("U6")
    frames = answers["name", "OBSID", "Instrument"].copy()
    statistics = frame_statistics(bright_body())
    for name in STATISTICS:
        frames[name] = statistics[name]
    table = misclassified(answers, frames)
    assert table["name"].tolist() == ["frame 2", "frame 0", "frame 3", "frame 1"]
    assert table["confident"].tolist() == [True, True, False, False]
    assert set(table["reason"]) == {SIMILAR}
    none = misclassified(answers[4:], frames)
    assert len(none) == 0
    assert none.colnames == table.colnames
