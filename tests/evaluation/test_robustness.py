"""Robustness: what is changed is what is said, all models see the same, and a killed run goes on."""

from types import SimpleNamespace

import numpy as np
import pytest
from astropy import units as u
from astropy.io import fits
from astropy.nddata import CCDData

from astroclassify.core import FrameError, ParameterError
from astroclassify.datasets import LabelledFrame
from astroclassify.evaluation import measure_robustness
from astroclassify.evaluation._perturbations import PERTURBATIONS
from astroclassify.evaluation._robustness import _Figures, _judged
from astroclassify.metrics import ClusterBootstrap, accuracy, calibration_error
from astroclassify.models import build_model

NUMBERS = ("frames", "bodies", "refused", "accuracy", "low", "high", "ece", "ece_low", "ece_high", "change")


def raw_frame(seed, *, shape=(96, 128), band="F606W", **cards):
    """Make a raw frame of ACS, bias-subtracted: a blob of light on a flat sky."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[: shape[0], : shape[1]]
    light = 200 + 800 * np.exp(-((y - 40) ** 2 + (x - 70) ** 2) / 300)
    counts = (rng.poisson(light) + rng.normal(0, 4, shape)) / 2.0  # 2 electrons for each ADU
    about = {"ACREADER": "hst-raw", "ACINSTR": "acs-wfc", "ACBAND": band, "EXPTIME": 500.0, "ACGAIN": 2.0}
    about |= {"ACRDNOIS": 4.0} | cards
    return CCDData(np.round(counts).astype(np.float32), unit="adu", meta=fits.Header(about))


def some_frames(number=4, **cards):
    labels = ("galaxy", "nsc")
    return [
        LabelledFrame(
            raw_frame(i, **cards), labels[i % 2], body=f"body {i // 2}{labels[i % 2]}", name=f"f{i}"
        )
        for i in range(number)
    ]


@pytest.fixture(scope="module")
def model():
    return build_model("patchnet")


def changed(quantity, level, frame=None, seed=1):
    result = PERTURBATIONS[quantity].apply(frame or raw_frame(1), level, np.random.default_rng(seed))
    return np.asarray(result.data if isinstance(result, CCDData) else result)


# What the changes do -----------------------------------------------------------------------------


@pytest.mark.parametrize("quantity", PERTURBATIONS)
def test_a_change_leaves_the_frame_alone(quantity):
    frame, change = raw_frame(1), PERTURBATIONS[quantity]
    before = frame.data.copy()
    levels = {"cut-out": 64, "band": "F435W"}
    changed(quantity, levels.get(quantity, change.levels[-1]), frame)
    np.testing.assert_array_equal(frame.data, before)


def test_aberrations_blur_and_keep_the_light():
    sharp = raw_frame(1)
    sharp.data[40, 70] += 5e3
    blurred = changed("zernike", 200, sharp)
    assert blurred.max() < 0.5 * sharp.data.max()
    assert blurred.mean() == pytest.approx(sharp.data.mean(), rel=0.02)


def test_the_random_aberrations_grow_with_the_level():
    frame = raw_frame(1)
    frame.data[40, 70] += 2e4
    peaks = [changed("zernike", level, frame).max() for level in (25, 100, 400)]
    assert peaks[0] > peaks[1] > peaks[2]


def test_a_shorter_exposure_has_less_light():
    frame = raw_frame(1)
    assert changed("exptime", 0.1, frame).mean() == pytest.approx(0.1 * frame.data.mean(), rel=0.02)


def test_a_band_of_another_camera_stands_for_the_nearest_of_the_same_kind():
    np.testing.assert_array_equal(changed("band", "F438W"), changed("band", "F435W"))
    with pytest.raises(ParameterError, match="acs-wfc has no band like F336W"):
        changed("band", "F336W")
    with pytest.raises(ParameterError, match="no band 'F999W'"):
        changed("band", "F999W")


def test_the_reference_of_bands_is_the_own_band_at_a_quarter_of_the_time():
    frame = raw_frame(1)
    assert changed("band", "own", frame).mean() == pytest.approx(frame.data.mean() / 4, rel=0.02)
    assert changed("band", "F435W", frame).mean() < 0.8 * changed("band", "own", frame).mean()


def test_cosmic_rays_add_charge_in_proportion_to_their_rate():
    frame = raw_frame(1, shape=(512, 512))
    few, many = (changed("cosmic-rays", level, frame) - frame.data for level in (1, 10))
    assert few.min() >= 0
    assert np.count_nonzero(many > 50) == pytest.approx(10 * np.count_nonzero(few > 50), rel=0.2)
    expected = 1.0 * 500 * 512**2 * 15e-4**2  # hits
    assert 300 < few.sum() * 2.0 / expected < 5000  # electrons for each: at least 500 (ACS ISR 2002-07)


def test_a_gain_makes_fewer_whole_numbers_that_stay_within_sixteen_bits():
    frame = raw_frame(1)
    frame.data[0, 0] = 40_000
    coarse, fine = changed("gain", 4, frame), changed("gain", 0.25, frame)
    for result in (coarse, fine):
        np.testing.assert_array_equal(result, np.round(result))
    assert coarse[1:].mean() == pytest.approx(frame.data[1:].mean() / 4, rel=0.01)
    assert fine[1:].mean() == pytest.approx(frame.data[1:].mean() * 4, rel=0.01)
    assert fine[0, 0] == 65535
    assert np.unique(fine[1:] % 4).size == 4  # not only what the coarser converter could tell


def test_a_gain_needs_counts():
    frame = raw_frame(1)
    frame.unit = u.electron
    with pytest.raises(FrameError, match="in electron"):
        changed("gain", 2, frame)


def test_binning_sums_pixels_and_makes_up_for_masked_ones():
    frame = raw_frame(1, shape=(97, 130))
    frame.data[:4, :4] = np.arange(16).reshape(4, 4)
    frame.mask = np.zeros(frame.shape, bool)
    frame.mask[0, 0] = frame.mask[2:4, :2] = True
    binned = changed("binning", 2, frame)
    assert binned.shape == (48, 65)
    assert binned[0, 0] == pytest.approx(4 * np.mean([1, 4, 5]))
    assert np.isnan(binned[1, 0])
    assert binned[10:, 10:].sum() == pytest.approx(frame.data[20:96, 20:130].sum())


def test_cut_outs_lie_in_each_other_and_in_the_frame():
    frame = CCDData(np.arange(200.0 * 300).reshape(200, 300), unit="adu")
    large, small = (set(changed("cut-out", side, frame, seed=5).ravel()) for side in (128, 32))
    assert len(small) == 32**2
    assert small < large
    with pytest.raises(FrameError, match="no part of 256 x 256"):
        changed("cut-out", 256, frame)


@pytest.mark.parametrize(
    ("levels", "match"),
    [
        ({"zernike": [900]}, "900; expected 0 to 500 nm"),
        ({"band": [3]}, "name of a band"),
        ({"binning": [2.5]}, "whole number"),
        ({"gain": "2"}, "expected a list"),
        ({"dust": [1]}, "'dust'; expected of zernike"),
    ],
)
def test_levels_that_make_no_sense_are_refused_before_anything_is_done(levels, match, model, tmp_path):
    with pytest.raises(ParameterError, match=match):
        measure_robustness(model, some_frames(), tmp_path, levels=levels)
    assert not list(tmp_path.iterdir())


# The measurement ---------------------------------------------------------------------------------


def measured(model, folder, frames=None, **options):
    wishes = {"quantities": ["binning", "cut-out"], "levels": {"binning": [2], "cut-out": [64]}, "draws": 50}
    return measure_robustness(model, frames or some_frames(), folder, **wishes | options)


def test_every_quantity_and_level_has_a_row_the_reference_first(model, tmp_path):
    table = measured(model, tmp_path)
    assert list(zip(table["quantity"], table["level"], strict=True)) == [
        ("binning", "1"),
        ("binning", "2"),
        ("cut-out", "whole"),
        ("cut-out", "64"),
    ]
    assert list(table["reference"]) == [True, False, True, False]
    assert (table["frames"] == 4).all()
    assert table.meta["weights_sha256"] == {"patchnet": model.sha256}


def test_all_models_answer_the_same_pixels(model, tmp_path):
    table = measured(
        {"one": model, "other": model}, tmp_path, quantities=["zernike"], levels={"zernike": [50]}
    )
    one, other = (table[table["model"] == name] for name in ("one", "other"))
    for name in NUMBERS:
        np.testing.assert_array_equal(one[name], other[name])
    kept = [(tmp_path / "robustness" / f"{name}.csv").read_text() for name in ("one", "other")]
    assert kept[0] == kept[1]


def test_a_killed_run_goes_on_and_gives_the_same_table(model, tmp_path, monkeypatch):
    whole = measured(model, tmp_path / "whole")
    answers = (tmp_path / "whole/robustness/patchnet.csv").read_text()
    folder = tmp_path / "killed/robustness"
    folder.mkdir(parents=True)
    (folder / "patchnet.csv").write_text(answers[: answers.index("f2") + 20])  # in the middle of a line
    (folder / "patchnet.json").write_text((tmp_path / "whole/robustness/patchnet.json").read_text())
    resumed = measured(model, tmp_path / "killed")
    assert (folder / "patchnet.csv").read_text() == answers
    assert (resumed == whole).all()
    monkeypatch.setattr("astroclassify.evaluation._robustness._p_galaxy", None)  # nobody is asked again
    assert (measured(model, tmp_path / "killed") == whole).all()


def test_other_processes_change_nothing(model, tmp_path):
    options = {"quantities": ["zernike", "gain"], "levels": {"zernike": [50], "gain": [0.5]}}
    alone, together = (
        measured(model, tmp_path / str(number), some_frames(2), processes=number, **options)
        for number in (1, 2)
    )
    assert (alone == together).all()
    kept = [(tmp_path / number / "robustness/patchnet.csv").read_text() for number in ("1", "2")]
    assert kept[0] == kept[1]


def test_another_seed_needs_another_folder(model, tmp_path):
    measured(model, tmp_path)
    with pytest.raises(ParameterError, match="seed"):
        measured(model, tmp_path, rng=1)


def test_what_cannot_be_changed_is_counted_and_does_not_stop_the_others(model, tmp_path):
    frames = [*some_frames(3), LabelledFrame(raw_frame(9).data, "nsc", body="picture", name="picture")]
    table = measured(model, tmp_path, frames, quantities=["exptime"], levels={"exptime": [0.5]})
    assert list(table["frames"]) == [4, 3]
    assert list(table["refused"]) == [0, 1]
    assert "picture exptime 0.5" in (tmp_path / "robustness/patchnet.csv").read_text()


def test_frames_of_no_body_are_left_out(model, tmp_path):
    frames = [*some_frames(2), LabelledFrame(raw_frame(9), "field", body="sky", name="sky")]
    assert (measured(model, tmp_path, frames)["frames"] == 2).all()
    with pytest.raises(ParameterError, match="none of the 1 frames"):
        measured(model, tmp_path, frames[2:])


def test_a_limit_takes_as_many_bodies_as_there_are_the_classes_in_turn():
    frames = [
        LabelledFrame(np.ones((32, 32)), label, body=f"{label} {body}", name=f"{label}{body}{place}")
        for label, bodies in (("galaxy", 8), ("nsc", 2))
        for body in range(bodies)
        for place in range(5)
    ]
    chosen = [each.frame for each in _judged(frames, None, 6, 0)]
    assert [frame.label for frame in chosen].count("galaxy") == 3
    assert len({frame.body for frame in chosen if frame.label == "galaxy"}) == 3
    assert len({frame.body for frame in chosen if frame.label == "nsc"}) == 2


@pytest.fixture
def judged():
    """Random answers to 60 frames of 12 bodies."""
    rng = np.random.default_rng(4)
    bodies, truth = np.arange(60) // 5, rng.random(12) < 0.5
    frames = [
        SimpleNamespace(frame=SimpleNamespace(body=body), truth="galaxy" if truth[body] else "nsc")
        for body in bodies
    ]
    return _Figures(ClusterBootstrap(bodies, draws=500), frames), rng.random(60), truth[bodies], bodies


def test_figures_and_intervals_are_those_of_metrics(judged):
    judge, p_galaxy, is_galaxy, bodies = judged
    row = judge.row(p_galaxy, p_galaxy)
    for metric, names in (
        (accuracy, ("accuracy", "low", "high")),
        (calibration_error, ("ece", "ece_low", "ece_high")),
    ):
        score = ClusterBootstrap(bodies, draws=500).estimate(metric, p_galaxy, is_galaxy)
        np.testing.assert_allclose([row[name] for name in names], [score.value, score.low, score.high])


def test_the_change_is_that_of_the_frames_answered_twice(judged):
    judge, _, is_galaxy, _ = judged
    reference = np.where(is_galaxy, 0.9, 0.1)  # all right
    worse = np.where(np.arange(60) < 30, np.nan, np.where(np.arange(60) < 45, 1 - reference, reference))
    row = judge.row(worse, reference)
    assert (row["frames"], row["refused"], row["bodies"]) == (30, 30, 6)
    assert row["change"] == pytest.approx(-0.5)
    assert row["change_low"] < -0.5 < row["change_high"]


def test_one_body_has_no_interval(judged):
    judge, p_galaxy, *_ = judged
    row = judge.row(np.where(np.arange(60) < 5, p_galaxy, np.nan), p_galaxy)
    assert np.isfinite(row["accuracy"])
    assert np.isnan([row["low"], row["high"], row["change_low"]]).all()
