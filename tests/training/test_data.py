"""Planes that are kept, batches that depend on nothing but their number."""

from dataclasses import replace

import numpy as np
import pytest
from astropy.io import fits
from astropy.nddata import CCDData

from astroclassify.core import ParameterError
from astroclassify.datasets import LabelledFrame
from astroclassify.io import read_frames
from astroclassify.models import MODELS
from astroclassify.preprocess import frame_array
from astroclassify.simulate import SimulationConfig, plan_exposure
from astroclassify.training import (
    Augmentation,
    FrameSet,
    PlaneStore,
    PoolStream,
    SimulatedStream,
    fit,
    read_log,
)
from astroclassify.training._pool import PLANES
from tests.training.conftest import made_frames, small_spec


def test_planes_of_files_are_made_once(tmp_path, monkeypatch):
    path = tmp_path / "one.fits"
    fits.PrimaryHDU(np.random.default_rng(0).normal(size=(64, 96)).astype("f4")).writeto(path)
    frame, store = (
        LabelledFrame(path, "galaxy", "M31"),
        PlaneStore(small_spec("resnet18-resize"), tmp_path / "kept"),
    )
    first = store.planes(frame)
    monkeypatch.setattr(LabelledFrame, "array", lambda self: pytest.fail("read again"))
    np.testing.assert_array_equal(store.planes(frame), first)
    other = PlaneStore(MODELS["patchnet"], tmp_path / "kept")
    with pytest.raises(pytest.fail.Exception):
        other.planes(frame)


def test_planes_in_memory_are_kept_until_it_is_full(frames, monkeypatch):
    store = PlaneStore(small_spec("resnet18-resize"))
    kept = store.planes(frames[0])
    assert store.planes(frames[0]) is kept
    monkeypatch.setattr(store, "_free", kept.nbytes - 1)
    first, again = store.planes(frames[1]), store.planes(frames[1])
    assert first is not again
    np.testing.assert_array_equal(first, again)
    store.forget(frames[:1])
    assert store.planes(frames[1]) is store.planes(frames[1])


def test_changes_of_the_array_pass_the_preprocessing(frames):
    store = PlaneStore(small_spec("resnet18-resize"))
    lost = Augmentation(flips=0.0, dropped_amplifier=1.0)
    planes = store.planes(frames[0], augmentation=lost, rng=np.random.default_rng(0))
    assert np.isfinite(planes).all()  # NaN has become the median, as for any frame
    assert not np.array_equal(planes, store.planes(frames[0]))


# Batches -------------------------------------------------------------------------------------


def test_an_epoch_shows_every_frame_once_and_the_next_in_another_order(frames):
    source = FrameSet(frames, PlaneStore(small_spec("resnet18-resize")), seed=3)
    epochs = [[name for n in range(4) for name in source.batch(n + 4 * e, 3).names] for e in range(2)]
    assert sorted(epochs[0]) == sorted(epochs[1]) == sorted(map(str, frames))
    assert epochs[0] != epochs[1]


def test_a_batch_depends_on_its_number_alone(frames):
    store, changes = PlaneStore(small_spec("resnet18-resize")), Augmentation.of("all")
    first, second = (FrameSet(frames, store, augmentation=changes, seed=3) for _ in range(2))
    wanted = first.batch(5, 3)
    for number in (0, 9, 5):
        found = second.batch(number, 3)
    for one, other in zip(wanted.planes, found.planes, strict=True):
        np.testing.assert_array_equal(one, other)
    assert wanted.names == found.names


def test_sets_of_other_pixels_labels_bodies_or_names_are_told_apart(frames):
    store = PlaneStore(small_spec("resnet18-resize"))

    def told(first):
        return FrameSet([first, *frames[1:]], store).described()["sha256"]

    one, other = frames[0], {"galaxy": "nsc", "nsc": "galaxy"}[frames[0].label]
    changes = [{"frame": one.frame + 1}, {"label": other}, {"body": "another"}, {"name": "one"}]
    changes += [{"frame": CCDData(one.frame + 2, unit="adu")}]
    assert told(one) == told(replace(one, frame=one.frame.copy()))
    assert len({told(one), *(told(replace(one, **change)) for change in changes)}) == 6


def test_a_set_is_the_same_wherever_its_files_lie(tmp_path):
    store = PlaneStore(small_spec("resnet18-resize"))
    sets = [FrameSet([LabelledFrame(tmp_path / place / "m.fits", "nsc", "M13")], store) for place in "ab"]
    assert sets[0].described() == sets[1].described()


def test_frames_without_a_class_of_the_model_are_left_out_and_counted(frames):
    fields = [LabelledFrame(frames[0].frame, "field", "nothing")]
    source = FrameSet(frames + fields, PlaneStore(small_spec("resnet18-resize")))
    assert len(source) == len(frames)
    assert source.described()["left_out"] == 1
    with pytest.raises(ParameterError, match="galaxy, nsc"):
        FrameSet(fields, PlaneStore(small_spec("resnet18-resize")))


def test_frames_of_several_sizes_pass_in_parts():
    frames = made_frames(3) + made_frames(3, shape=(64, 64))
    batch = FrameSet(frames, PlaneStore(MODELS["patchnet"])).batch(0, 6)
    parts = list(batch.parts(2))
    assert sorted(len(planes) for planes, _ in parts) == [1, 1, 2, 2]
    assert sum(len(allowed) for _, allowed in parts) == 6


# Simulated as they are needed ----------------------------------------------------------------

CONFIG = SimulationConfig(
    classes={"galaxy": 1, "star cluster": 1},
    kinds={"elliptical": 1, "globular": 1},
    instruments={"wfc3-uvis": 1},
    bands={"wfc3-uvis": {"F606W": 1}},
    apertures={"wfc3-uvis": ["UVIS1-C512A-SUB"]},
    optics="typical",
)


def test_simulated_frames_are_those_of_the_exposures_file(tmp_path):
    stream = SimulatedStream(CONFIG, PlaneStore(small_spec("resnet18-resize")), seed=4)
    plan = plan_exposure(CONFIG, 4, 2)
    plan.expose().write(tmp_path / "one_raw.fits", header=plan.header())
    (expected,) = read_frames(tmp_path / "one_raw.fits")
    frame = stream.frame(1)  # the second exposure is the first of the second body
    np.testing.assert_array_equal(frame.array(), frame_array(expected))
    assert frame.label == plan.body.label


def test_a_class_that_the_model_does_not_have_cannot_be_simulated_for_it():
    config = SimulationConfig(classes={"galaxy": 1, "field": 1})
    with pytest.raises(ParameterError, match="'field'"):
        SimulatedStream(config, PlaneStore(small_spec("resnet18-resize")))


def test_full_frames_give_both_chips_and_subarrays_one():
    store = PlaneStore(MODELS["patchnet"])
    assert SimulatedStream(SimulationConfig(), store).chips == 2
    assert SimulatedStream(CONFIG, store).chips == 1


# Pools ---------------------------------------------------------------------------------------


class Pool:
    """Six frames of every class and of nothing, as 8-bit planes."""

    filled = 30

    def described(self):
        return {"pool": "greys"}

    def draw(self, rng, size):
        labels = rng.integers(0, 5, size)
        planes = (
            np.zeros((size, PLANES, 32, 32), dtype=np.uint8) + labels[:, None, None, None].astype("u1") * 50
        )
        return planes, labels


def test_a_pool_is_one_more_source(quick, tmp_path):
    recipe = replace(quick, seconds=0.5, batch_size=4)
    spec = MODELS["patchnet"]
    stream = PoolStream(Pool(), spec, minimum=30)
    batch = stream.batch(3, 50)
    assert set(batch.allowed.sum(axis=1)) == {0, 1}
    done = fit(spec, stream, folder=tmp_path, preset=recipe)
    assert done.steps >= 1
    assert float(read_log(done.log)[-1]["seconds"]) >= 0.5
    assert done.card["metrics"] == {}
    assert done.weights.is_file()
