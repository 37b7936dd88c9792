"""No shortcut: neither headers nor one-number statistics tell the class of a simulated frame.

A smaller version of ``benchmarks/shortcuts.py``, with its models and its statistics.
"""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from astroclassify.metrics import balanced_accuracy
from astroclassify.simulate import SimulationConfig, plan_exposure, simulate_set
from astroclassify.simulate.sets import _levels, _plan

roc_auc_score = pytest.importorskip("sklearn.metrics").roc_auc_score

_PATH = Path(__file__).resolve().parents[2] / "benchmarks" / "shortcuts.py"
_SPEC = importlib.util.spec_from_file_location("benchmark_of_shortcuts", _PATH)
shortcuts = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(shortcuts)


def header_of(plan):
    """Everything that a plan puts into a header, as numbers and words."""
    cards = {key: value for key, value in plan.header().items() if isinstance(value, float)}
    ra, dec, angle = plan.pointing
    return cards | {
        "EXPTIME": plan.exptime,
        "RA": ra,
        "DEC": dec,
        "ORIENTAT": angle,
        "latitude": plan.body.latitude,
        "extinction": plan.body.extinction,
        f"INSTRUME={plan.instrument}": 1.0,
        f"FILTER={plan.band}": 1.0,
        f"APERTURE={plan.aperture}": 1.0,
    }


@pytest.fixture(scope="module")
def plans():
    """Plan a thousand exposures, without the maps that only the bodies' brightness needs."""
    config = SimulationConfig(apertures=shortcuts.SMALL)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_plan, "scaled_to", lambda body, view, setup, wished: body)
        patch.setattr(_levels.Setup, "level", lambda self, body, view: 1.0)
        patch.setattr(_levels.Setup, "rate", lambda self, surface_brightness: 1.0)
        yield [plan_exposure(config, 20, index) for index in range(1000)]
    _plan._first_frame_at_level.cache_clear()


def test_headers_alone_do_not_tell_the_class(plans):
    features, _ = shortcuts.as_matrix([header_of(plan) for plan in plans])
    labels, bodies = np.array([plan.label for plan in plans]), np.array([plan.name for plan in plans])
    for model in shortcuts.models().values():
        guessed = shortcuts.guesses(model, features, labels, bodies)
        # 500 bodies: chance has a standard deviation of 2.2%.
        assert abs(balanced_accuracy(guessed == "galaxy", labels == "galaxy") - 0.5) < 0.055


def test_the_measure_sees_a_planted_shortcut(plans):
    labels, bodies = np.array([plan.label for plan in plans]), np.array([plan.name for plan in plans])
    rows = [header_of(plan) for plan in plans]
    for row, label in zip(rows, labels, strict=True):
        row["EXPTIME"] *= 4.0 if label == "galaxy" else 1.0
    features, _ = shortcuts.as_matrix(rows)
    guessed = shortcuts.guesses(shortcuts.models()["logistic regression"], features, labels, bodies)
    assert balanced_accuracy(guessed == "galaxy", labels == "galaxy") > 0.6


FEW_BANDS = SimulationConfig(
    frames_per_body=1,
    instruments={"wfc3-uvis": 1},
    apertures={"wfc3-uvis": shortcuts.SMALL["wfc3-uvis"]},
    bands={"wfc3-uvis": {"F438W": 1, "F658N": 1, "F814W": 1}},
    optics="typical",
)


def test_the_mean_light_of_bodies_does_not_tell_their_class():
    levels, galaxies = [], []
    for index in range(60):
        plan = plan_exposure(FEW_BANDS, 4, index)
        setup = _levels.Setup(plan.instrument, plan.band, plan.aperture, plan.effects.flat_field)
        levels.append(setup.level(plan.body, plan.view))
        galaxies.append(plan.label == "galaxy")
    # Chance has a standard deviation of 0.075.
    assert abs(roc_auc_score(galaxies, levels) - 0.5) < 0.16


def test_the_power_ratio_is_that_of_the_spectrum():
    y = np.arange(512)
    long, short = np.cos(2 * np.pi * y / 256), np.cos(2 * np.pi * y / 4)
    assert shortcuts.power_ratio(np.tile(10 * long + short, (512, 1))) > 3
    assert shortcuts.power_ratio(np.tile(long + 10 * short, (512, 1))) < 1.5


def test_one_number_statistics_tell_little(tmp_path):
    made = simulate_set(tmp_path, count=96, seed=4, config=FEW_BANDS)
    _, pixels, labels, bodies = shortcuts.read_set(made.folder, made.manifest)
    features, _ = shortcuts.as_matrix(pixels)
    for model in shortcuts.models().values():
        guessed = shortcuts.guesses(model, features, labels, bodies)
        # The aim is 70%; 96 bodies have a standard deviation of 5%.
        assert balanced_accuracy(guessed == "galaxy", labels == "galaxy") < 0.75
