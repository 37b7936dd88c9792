"""classify() and classify_many(): anything in, an answer or a clear error out."""

import dataclasses
import hashlib
import os
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from astropy import units as u
from astropy.io import fits
from astropy.nddata import CCDData, NDData

import astroclassify
from astroclassify import _work, classify, classify_many, conf
from astroclassify.core import FrameError, MissingWeightsError, ParameterError, ReadError, UnknownNameError
from astroclassify.models import _ready, build_model

PLUGIN = Path(__file__).parent / "plugin_package" / "src"
BRIGHT, DARK = 3000, 10


@pytest.fixture(scope="module")
def brightness():
    """Give the example plug-in's spec: bright frames are galaxies (ModelSpec)."""
    sys.path.insert(0, str(PLUGIN))
    try:
        from astroclassify_example_plugin import BRIGHTNESS

        yield BRIGHTNESS
    finally:
        sys.path.remove(str(PLUGIN))


@pytest.fixture
def fake_files(monkeypatch):
    """Let files named NxLEVEL hold N chips of that level, whatever the readers do."""

    def read(source, *, instrument=None, chip=None, extension=None, mask_bits=None):
        name = os.path.basename(source) if isinstance(source, str | os.PathLike) else "2x3000"
        if name == "broken":
            raise ReadError(f"{source}: truncated")
        number, level = (int(part) for part in name.split("x"))
        headers = [fits.Header([("ACCHIP", i + 1), ("ACINSTR", "acs-wfc")]) for i in range(number)]
        headers = [header for header in headers if chip is None or header["ACCHIP"] == chip]
        return [CCDData(np.full((64, 64), level, "f4"), unit="adu", meta=header) for header in headers]

    monkeypatch.setattr(_work, "read_frames", read)


def level(value, shape=(64, 64), dtype="f4"):
    return np.full(shape, value, dtype=dtype)


@pytest.mark.parametrize(
    "wrap",
    [
        lambda data: data,
        lambda data: data.astype(">i2"),
        lambda data: np.ma.masked_array(data, mask=data * 0),
        lambda data: u.Quantity(data, "electron"),
        lambda data: NDData(data),
        lambda data: CCDData(data, unit="adu"),
        lambda data: CCDData(data, unit="electron / s", mask=np.eye(64, dtype=bool)),
    ],
)
@pytest.mark.parametrize(("value", "label"), [(BRIGHT, "galaxy"), (DARK, "nsc")])
def test_every_kind_of_frame_gets_its_label(brightness, wrap, value, label):
    answer = classify(wrap(level(value)), model=brightness)
    assert answer.label == label
    assert answer.probability > 0.9


@pytest.mark.parametrize("shape", [(64, 64), (65, 1000), (3000, 70), (2051, 4096)])
def test_any_shape_is_taken(brightness, shape):
    assert classify(level(BRIGHT, shape), model=brightness).label == "galaxy"


def test_provenance_says_what_made_the_answer(brightness):
    meta = {"ACINSTR": "wfc3-uvis", "ACCHIP": 2, "ACSOURCE": "x_raw.fits", "ACBAND": "F814W"}
    answer = classify(CCDData(level(BRIGHT), unit="adu", meta=meta), model=brightness, device="cpu")
    weights = PLUGIN / "astroclassify_example_plugin" / "data" / "brightness.safetensors"
    expected = {
        "model": "example-brightness",
        "weights_sha256": hashlib.sha256(weights.read_bytes()).hexdigest(),
        "instrument": "wfc3-uvis",
        "chip": 2,
        "source": "x_raw.fits",
        "band": "F814W",
        "device": "cpu",
        "shape": (64, 64),
        "reason": "",
    }
    assert {key: answer.meta[key] for key in expected} == expected
    assert {"astroclassify", "astropy", "numpy", "torch"} <= answer.meta["versions"].keys()
    assert answer.meta["created"].endswith("+00:00")


@pytest.mark.parametrize("kind", [str, Path])
def test_a_file_with_one_chip_is_classified(brightness, fake_files, kind):
    answer = classify(kind("1x3000"), model=brightness)
    assert (answer.label, answer.meta["source"], answer.meta["chip"]) == ("galaxy", "1x3000", 1)


def test_a_file_with_several_chips_needs_the_chip(brightness, fake_files):
    with pytest.raises(FrameError, match=r"chips 1, 2.*chip=.*classify_many"):
        classify("2x3000", model=brightness)
    assert classify("2x3000", chip=2, model=brightness).meta["chip"] == 2


def test_one_chip_of_many_files_is_classified_and_the_others_are_not_even_read(
    brightness, fake_files, monkeypatch
):
    read, frames = _work.read_frames, []
    monkeypatch.setattr(_work, "read_frames", lambda *a, **k: frames.extend(new := read(*a, **k)) or new)
    table = classify_many(["2x3000", "1x10", level(BRIGHT)], chip=2, model=brightness)
    assert len(frames) == 1
    assert table["source"].tolist() == ["2x3000", "1x10", "<ndarray 2>"]
    assert table["label"].tolist() == ["galaxy", "", ""]
    assert table["chip"].tolist() == [2, 2, 2]


@pytest.mark.parametrize("frames", [None, 3])
def test_what_cannot_be_many_frames_is_refused(brightness, frames):
    with pytest.raises(ParameterError, match="expected frames or files"):
        classify_many(frames, model=brightness)


def test_an_opened_file_is_classified(brightness, fake_files):
    with fits.HDUList([fits.PrimaryHDU()]) as hdulist:
        assert classify(hdulist, chip=1, model=brightness).label == "galaxy"


def test_an_array_has_no_chip(brightness):
    with pytest.raises(FrameError, match="no chip 1"):
        classify(level(BRIGHT), chip=1, model=brightness)


def test_a_built_model_is_used_as_it_is(brightness):
    model = build_model(brightness)
    assert classify(level(BRIGHT), model=model).label == "galaxy"
    with pytest.raises(ParameterError, match="leave weights and device out"):
        classify(level(BRIGHT), model=model, device="cpu")


def test_a_model_is_loaded_once(brightness, monkeypatch):
    _ready._cached_model.cache_clear()
    for _ in range(3):
        classify(level(BRIGHT), model=brightness)
    assert _ready._cached_model.cache_info().misses == 1


def test_weights_that_change_on_disk_are_loaded_again(brightness, tmp_path):
    import torch
    from safetensors.torch import save_file

    path = tmp_path / "own.safetensors"
    for threshold, label in [(1.0, "galaxy"), (50.0, "nsc")]:
        save_file({"threshold": torch.tensor(threshold), "steepness": torch.tensor(2.0)}, path)
        os.utime(path, ns=(0, int(threshold) * 10**9))
        assert classify(level(BRIGHT), model=brightness, weights=path).label == label


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"model": "no-such-model"}, UnknownNameError),
        ({"model": "hr-celestialnet"}, MissingWeightsError),
        ({"device": "toaster"}, ParameterError),
        ({"weights": "nowhere.safetensors"}, MissingWeightsError),
        ({"precision": "float12"}, ParameterError),
        ({"batch_size": 0}, ParameterError),
        ({"prior": {"galaxy": 0.9, "nsc": 0.2}}, ParameterError),
    ],
)
def test_a_wrong_choice_is_an_error_before_any_frame_is_looked_at(brightness, options, error):
    for function in (classify, classify_many):
        with pytest.raises(error):
            function([None], **{"model": brightness, **options})


def test_a_model_for_another_task_is_refused_in_words_before_its_weights_are_looked_for(brightness):
    spec = dataclasses.replace(brightness, task="source", classes=("star", "galaxy"), weights=None)
    for function in (classify, classify_many):
        with pytest.raises(ParameterError, match=r"task 'source' \(what each source of an image is\)"):
            function([level(BRIGHT)], model=spec)


def test_many_frames_give_one_row_each(brightness, fake_files):
    frames = ["2x3000", level(DARK), Path("1x10"), CCDData(level(BRIGHT), unit="adu")]
    table = classify_many(frames, model=brightness)
    assert table["label"].tolist() == ["galaxy", "galaxy", "nsc", "nsc", "galaxy"]
    assert table["chip"].tolist() == [1, 2, 0, 1, 0]
    assert table["source"].tolist() == ["2x3000", "2x3000", "<ndarray 1>", "1x10", "<CCDData 3>"]
    assert set(table["error"]) == {""}
    assert set(table["model"]) == {"example-brightness"}
    assert np.allclose(table["p_class_galaxy"] + table["p_class_nsc"], 1)
    assert table.meta["weights_sha256"]


def test_a_bad_input_never_stops_the_batch(brightness, fake_files):
    frames = [level(BRIGHT), "broken", np.ones(5), None, level(np.nan), level(DARK), 3 + 4j]
    table = classify_many(iter(frames), model=brightness)
    assert table["label"].tolist() == ["galaxy", "", "", "", "", "nsc", ""]
    assert [bool(text) for text in table["error"]] == [False, True, True, True, True, False, True]
    assert np.isnan(table["probability"]).tolist() == [bool(text) for text in table["error"]]
    assert table["source"][1] == "broken"
    assert "ReadError: broken: truncated" in table["error"][1]


def test_on_request_an_error_is_raised(brightness):
    with pytest.raises(FrameError):
        classify_many([level(BRIGHT), None], model=brightness, on_error="raise")
    with pytest.raises(ParameterError, match="on_error"):
        classify_many([], model=brightness, on_error="ignore")


@pytest.mark.parametrize("single", [level(BRIGHT), CCDData(level(BRIGHT), unit="adu"), "1x3000"])
def test_a_single_frame_is_a_batch_of_one(brightness, fake_files, single):
    assert classify_many(single, model=brightness)["label"].tolist() == ["galaxy"]


def test_a_stack_of_frames_is_a_batch(brightness):
    stack = np.stack([level(BRIGHT), level(DARK)])
    assert classify_many(stack, model=brightness)["label"].tolist() == ["galaxy", "nsc"]


def test_no_frames_give_an_empty_table_with_the_same_columns(brightness):
    empty, full = (classify_many(frames, model=brightness) for frames in ([], [level(BRIGHT)]))
    assert len(empty) == 0
    assert empty.colnames == full.colnames
    assert [c.dtype.kind for c in empty.itercols()] == [c.dtype.kind for c in full.itercols()]


def test_a_table_survives_ecsv(brightness, tmp_path):
    from astropy.table import QTable

    table = classify_many([level(BRIGHT), None], model=brightness)
    table.write(tmp_path / "t.ecsv")
    again = QTable.read(tmp_path / "t.ecsv")
    assert again.meta["model"] == "example-brightness"
    assert again.colnames == table.colnames


def test_fine_classes_become_column_names():
    from astroclassify.inference import answers_table
    from astroclassify.models import PATCHNET

    names = ["p_galaxy", "p_class_galaxy", "p_class_nebula", "p_class_star_cluster", "p_class_field"]
    assert answers_table([], PATCHNET.classes).colnames[4:9] == names


def test_the_company_in_a_batch_never_changes_a_result(brightness):
    rng = np.random.default_rng(0)
    frames = [rng.normal(900, 300, shape).astype("f4") for shape in [(64, 64), (90, 70), (64, 64)]]
    together = classify_many(frames, model=brightness)["p_galaxy"]
    alone = [classify(frame, model=brightness).p_galaxy for frame in frames]
    assert np.array_equal(together, alone)


def test_the_table_says_how_galaxy_stands_against_nsc_and_how_novel_a_frame_is(brightness):
    frames = [level(BRIGHT), level(DARK)]
    table = classify_many(frames, model=brightness)
    answers = [classify(frame, model=brightness) for frame in frames]
    assert np.allclose(table["p_galaxy"], table["p_class_galaxy"])  # a model without field
    assert table["p_galaxy"].tolist() == [answer.p_galaxy for answer in answers]
    assert table["novelty"].tolist() == [answer.novelty for answer in answers]
    assert np.isnan(classify_many([None], model=brightness)["novelty"][0])


def test_a_prior_moves_the_answers_of_one_frame_and_of_many_alike(brightness):
    frame = level(1000)
    usual = classify(frame, model=brightness)
    rare = classify(frame, model=brightness, prior={"galaxy": 0.01, "nsc": 0.99})
    expected = usual.probabilities["galaxy"] / usual.probabilities["nsc"] / 99
    assert rare.probabilities["galaxy"] / rare.probabilities["nsc"] == pytest.approx(expected)
    assert rare.meta["prior"] == {"galaxy": 0.01, "nsc": 0.99}
    table = classify_many([frame], model=brightness, prior=rare.meta["prior"])
    assert table["p_class_galaxy"][0] == pytest.approx(rare.probabilities["galaxy"])
    assert table.meta["prior"] == rare.meta["prior"]


@pytest.mark.parametrize("prefetch", [0, 1, 2, 7])
@pytest.mark.parametrize("batch_size", [1, 3])
def test_neither_prefetching_nor_batches_change_rows_or_their_order(
    brightness, fake_files, prefetch, batch_size
):
    frames = ["2x3000", "broken", level(1200), level(DARK), "3x10", None, level(900, (80, 70)), "1x800"]
    expected = classify_many(frames, model=brightness, prefetch=0)
    table = classify_many(iter(frames), model=brightness, prefetch=prefetch, batch_size=batch_size)
    for name in expected.colnames:
        if expected[name].dtype.kind == "f":
            assert np.allclose(table[name], expected[name], rtol=1e-5, equal_nan=True)
        else:
            assert table[name].tolist() == expected[name].tolist()


@pytest.mark.parametrize("prefetch", [0, 3])
def test_an_iterator_may_use_one_buffer_for_all_frames(brightness, prefetch):
    def frames():
        buffer = level(0)
        for value in (BRIGHT, DARK, BRIGHT, DARK):
            buffer[:] = value
            yield buffer

    table = classify_many(frames(), model=brightness, prefetch=prefetch, batch_size=4)
    assert table["label"].tolist() == ["galaxy", "nsc", "galaxy", "nsc"]


@pytest.mark.parametrize("error", [FrameError("a bad frame"), KeyboardInterrupt()])
def test_no_thread_is_left_when_the_work_stops(brightness, monkeypatch, error):
    def fail(*arguments, **options):
        raise error

    monkeypatch.setattr(_work, "predict_planes", fail)
    before = threading.active_count()
    with pytest.raises(type(error)):
        classify_many([level(BRIGHT)] * 20, model=brightness, on_error="raise")
    assert threading.active_count() == before


def test_one_frame_that_the_network_refuses_does_not_spoil_its_batch(brightness, monkeypatch):
    honest = _work.predict_planes

    def picky(model, planes, **options):
        if any(plane.max() < 0.02 for plane in planes):
            raise FrameError("too dark")
        return honest(model, planes, **options)

    monkeypatch.setattr(_work, "predict_planes", picky)
    frames = [level(BRIGHT), level(DARK), level(BRIGHT)]
    table = classify_many(frames, model=brightness, batch_size=3)
    assert table["label"].tolist() == ["galaxy", "", "galaxy"]
    assert "too dark" in table["error"][1]


@pytest.mark.parametrize("prefetch", [-1, 1.5, True])
def test_a_number_of_items_ahead_that_is_none_is_refused(brightness, prefetch):
    with pytest.raises(ParameterError, match="prefetch"):
        classify_many([], model=brightness, prefetch=prefetch)


def test_the_setting_chooses_the_default_model(brightness):
    from astroclassify.models import MODELS

    MODELS.register("example-brightness", brightness)
    try:
        with conf.set_temp("default_model", "example-brightness"):
            assert classify(level(BRIGHT)).meta["model"] == "example-brightness"
    finally:
        MODELS.unregister("example-brightness")


def test_the_public_names_resolve():
    for name in ("classify", "classify_many", "Classification", "conf", "__version__"):
        assert getattr(astroclassify, name) is not None
