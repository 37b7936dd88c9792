"""Sets on disk: the same pixels as the files', whatever happened while they were built."""

import json
import pickle
import signal
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from astropy.io import fits
from astropy.table import Table
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from astroclassify.core import ParameterError, ReadError, RunFolder
from astroclassify.datasets import _building, _sets, build_set, labelled_frames, open_set
from astroclassify.datasets._cache import decoded, encoded
from astroclassify.io import read_frames, write_raw
from astroclassify.models import MODELS
from astroclassify.preprocess import counts_planes
from astroclassify.training import PlaneStore, Recipe, fit
from tests.training.conftest import small_spec

COLUMNS = ("ID", "OBSID", "HDU Index", "Label")


@pytest.fixture
def small_list(tmp_path):
    """Six small images of six bodies, and a list of them."""
    rng, rows, folder = np.random.default_rng(0), [], tmp_path / "files"
    folder.mkdir()
    for number in range(6):
        image = rng.normal(100 * (1 + number), 5, (64, 96)).astype("f4")
        fits.PrimaryHDU(image).writeto(folder / f"frame{number}.fits")
        rows.append((f"body {number}", f"frame{number}", ("galaxy", "NSC")[number % 2]))
    Table(rows=rows, names=("ID", "OBSID", "Label")).write(folder / "list.csv")
    return folder / "list.csv"


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


# The pixels ----------------------------------------------------------------------------------


@settings(max_examples=40, deadline=None)
@given(
    counts=hnp.arrays(np.uint16, (5, 8), elements=st.integers(0, 65534)),
    bias=hnp.arrays(np.int32, (5, 2), elements=st.integers(0, 2**20)),
    unusable=hnp.arrays(bool, (5, 8)),
)
def test_whole_counts_above_the_bias_of_their_half_row_come_back_bit_for_bit(counts, bias, unusable):
    frame = counts.astype(np.float32) - np.repeat(bias / np.float32(256), 4, axis=1).astype(np.float32)
    frame[unusable] = np.nan
    np.testing.assert_array_equal(decoded(*encoded(frame)), frame)


@settings(max_examples=40, deadline=None)
@given(hnp.arrays(np.float32, (4, 8), elements=st.floats(-1e6, 1e6, width=32) | st.just(np.nan)))
def test_anything_else_comes_back_to_a_fraction_of_what_its_half_row_spans(frame):
    found = decoded(*encoded(frame))
    halves = np.where(np.isnan(frame), np.nan_to_num(frame).min(), frame).reshape(4, 2, 4)
    allowed = (
        np.ptp(halves, axis=2).repeat(4, axis=1) / 65534 * 0.51 + 1e-6 * np.abs(np.nan_to_num(frame)) + 1e-37
    )
    np.testing.assert_array_equal(np.isnan(found), np.isnan(frame))
    assert (np.abs(found - frame) <= allowed)[~np.isnan(frame)].all()


@pytest.fixture(scope="module")
def raw_list(tmp_path_factory):
    """Both chips of a raw file of each camera, as in the paper's lists, one of them a subarray."""
    folder, rng, rows = tmp_path_factory.mktemp("raw"), np.random.default_rng(0), []
    for name, camera, shape in (
        ("jacsfullq", "acs-wfc", (2068, 4144)),
        ("iuvisfulq", "wfc3-uvis", (2070, 4206)),
    ):
        raw = {
            chip: (2000 + 60 * chip + rng.exponential(900, shape)).clip(0, 65535).astype("u2")
            for chip in (1, 2)
        }
        write_raw(folder / f"{name}_raw.fits", raw, instrument=camera, band="F606W", exptime=100.0)
        rows += [("M 1", name, hdu, "NSC") for hdu in (1, 4)]
    Table(rows=[*rows, ("M 31", "iabsentq", 1, "galaxy")], names=COLUMNS).write(folder / "list.csv")
    Table({"OBSID": ["jacsfullq"], "class": ["nebula"]}).write(folder / "truth.ecsv")
    return folder / "list.csv"


def test_lcid_holds_the_paper_s_rows_of_raw_frames_bit_for_bit_and_tells_what_it_lacks(raw_list, tmp_path):
    cache = build_set(raw_list, tmp_path / "lcid", variant="lcid")
    assert (len(cache), cache.shape, cache.variant) == (4, (2048, 4096), "lcid")
    assert cache.manifest["Largest Error"].tolist() == [0.0] * 4
    assert cache.manifest["Class"].tolist() == ["nebula", "nebula", "nsc", "nsc"]
    frames = labelled_frames(tmp_path / "lcid")
    assert [str(frame) for frame in frames][:2] == ["jacsfullq_raw.fits[1]", "jacsfullq_raw.fits[4]"]
    for frame, chip in zip(frames, (2, 1, 2, 1), strict=True):
        (wanted,) = read_frames(raw_list.with_name(str(frame)[:-3]), chip=chip, rows="paper")
        found = pickle.loads(pickle.dumps(frame)).array()
        np.testing.assert_array_equal(found, wanted.data)
        assert (found.dtype, frame.body) == (np.float32, "M 1")
    (failure,) = cache.failures
    assert (failure["Row"], failure["OBSID"]) == (4, "iabsentq")
    assert "no such file; fetch it" in failure["Error"]


@pytest.mark.parametrize("resampling", ["area", "bilinear"])
def test_lcid_resize_shows_models_what_they_would_make_of_the_file(small_list, tmp_path, resampling):
    cache = build_set(small_list, tmp_path / "set", variant="lcid-resize", resampling=resampling)
    for made, file in zip(cache.frames(), labelled_frames(small_list), strict=True):
        wanted = counts_planes(file.array(), height=224, width=448, resampling=resampling)
        found = counts_planes(made.array(), height=224, width=448, resampling=resampling)
        np.testing.assert_allclose(found, wanted, atol=float(cache.manifest["Largest Error"].max()))
    assert 0 < cache.manifest["Largest Error"].max() < 1e-3  # of frames whose pixels scatter by 5


def test_frames_that_are_no_whole_chips_are_failures_of_lcid(small_list, tmp_path):
    cache = build_set(small_list, tmp_path / "set", variant="lcid")
    assert len(cache) == 0
    assert "(64, 96)" in cache.failures["Error"][0]
    assert "lcid-resize" in cache.failures["Error"][0]


# Building ------------------------------------------------------------------------------------


@pytest.fixture
def built_at_once(small_list, tmp_path):
    build_set(small_list, tmp_path / "at once", variant="lcid-resize")
    return contents(tmp_path / "at once")


def test_a_build_that_was_killed_while_writing_goes_on_and_ends_in_the_same_bytes(
    small_list, tmp_path, built_at_once
):
    folder = tmp_path / "killed"
    program = f"""
import os, signal
from astroclassify.datasets import _building, build_set
write, left = _building._write_row, [7]
def dying(path, row, values):
    left[0] -= 1
    if not left[0]:
        write(path, row, values[: values.shape[0] // 2])
        os.kill(os.getpid(), signal.SIGKILL)
    write(path, row, values)
_building._write_row = dying
build_set({str(small_list)!r}, {str(folder)!r}, variant="lcid-resize")
"""
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == -signal.SIGKILL
    with pytest.raises(ReadError, match="not built to its end"):
        labelled_frames(folder)
    with (folder / "done.jsonl").open("a") as journal:
        journal.write('{"row": 4, "sou')  # a line that a kill cut short
    made = []
    built = _sets.built
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_sets, "built", lambda jobs, processes: made.extend(jobs) or built(jobs, processes))
        build_set(small_list, folder, variant="lcid-resize")
    assert [job.rows[0][0] for job in made] == [3, 4, 5]
    assert contents(folder) == built_at_once


def test_processes_do_not_change_a_byte(small_list, tmp_path, built_at_once):
    build_set(small_list, tmp_path / "two", variant="lcid-resize", processes=2)
    assert contents(tmp_path / "two") == built_at_once


def test_only_files_that_changed_or_failed_are_read_again(small_list, tmp_path, monkeypatch):
    folder, lost = tmp_path / "set", small_list.with_name("frame2.fits")
    kept = lost.rename(lost.with_suffix(".away"))
    before = build_set(small_list, folder, variant="lcid-resize")
    assert before.failures["OBSID"].tolist() == ["frame2"]
    kept.rename(lost)
    fits.PrimaryHDU(np.full((64, 96), 7, "f4")).writeto(small_list.with_name("frame0.fits"), overwrite=True)
    small_list.with_name("frame5.fits").unlink()
    read = []
    monkeypatch.setattr(
        _building, "read_frame", lambda path, hdu, rows: read.append(path.name) or read_frames(path)[0]
    )
    after = build_set(small_list, folder, variant="lcid-resize")
    assert sorted(read) == ["frame0.fits", "frame2.fits"]
    assert (len(after), len(after.failures)) == (6, 0)
    assert after.frames()[0].array().max() == 7


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"variant": "lcid-tiny"}, "lcid, lcid-resize"),
        ({"resampling": "nearest"}, "area, bilinear"),
        ({"processes": 0}, "processes is 0"),
        ({"resampling": "bilinear"}, "its resampling is 'area', not 'bilinear'"),
    ],
)
def test_what_cannot_be_asked_for_is_refused(small_list, tmp_path, changes, message):
    asked = {"variant": "lcid-resize"}
    build_set(small_list, tmp_path / "set", **asked)
    with pytest.raises(ParameterError, match=message):
        build_set(small_list, tmp_path / "set", **asked | changes)


def test_a_folder_in_which_another_process_builds_is_refused(small_list, tmp_path):
    with RunFolder(tmp_path / "set"), pytest.raises(ParameterError, match="another process is at work"):
        build_set(small_list, tmp_path / "set", variant="lcid-resize")


def test_a_folder_of_other_files_and_a_full_disk_are_refused_before_anything_is_written(
    small_list, tmp_path, monkeypatch
):
    with pytest.raises(ParameterError, match="holds other files"):
        build_set(small_list, small_list.parent, variant="lcid-resize")
    monkeypatch.setattr(_sets.shutil, "disk_usage", lambda _: SimpleNamespace(free=10**6))
    with pytest.raises(ParameterError, match=r"needs 0.1 GB more, and the disk has 0.0 GB free"):
        build_set(small_list, tmp_path / "set", variant="lcid")
    assert not (tmp_path / "set" / "pixels.npy").exists()


def test_what_is_wrong_with_a_set_is_said(small_list, tmp_path):
    with pytest.raises(ReadError, match="there is no set here"):
        open_set(tmp_path)
    build_set(small_list, tmp_path / "set", variant="lcid-resize")
    about = tmp_path / "set" / "set.json"
    facts = json.loads(about.read_text())
    about.write_text(json.dumps(facts | {"shape": [7, 224, 448]}))
    with pytest.raises(ReadError, match=r"has the shape \(6, 224, 448\)"):
        open_set(tmp_path / "set")
    about.write_text(json.dumps(facts | {"format": 99}))
    with pytest.raises(ReadError, match="format 99"):
        open_set(tmp_path / "set")
    about.write_text(json.dumps(facts))
    frames = labelled_frames(tmp_path / "set")
    (tmp_path / "set" / "pixels.npy").write_bytes(b"not numpy's")
    with pytest.raises(ReadError, match=r"pixels.npy: an array of a set; it cannot be read"):
        frames[0].array()


# Using ---------------------------------------------------------------------------------------


def test_a_set_s_folder_is_data_to_learn_from_and_its_planes_are_not_held_in_memory(small_list, tmp_path):
    build_set(small_list, tmp_path / "set", variant="lcid-resize")
    recipe = Recipe(epochs=1, batch_size=2, precision="float32")
    done = fit(
        small_spec("resnet18-resize"), tmp_path / "set", folder=tmp_path / "run", preset=recipe,
        validation=0.34, progress=False,
    )  # fmt: skip
    assert done.steps == 2
    frames = labelled_frames(tmp_path / "set")
    store = PlaneStore(MODELS["resnet18-resize"], tmp_path / "kept")
    first = store.planes(frames[0])
    assert not store._in_memory
    assert not (tmp_path / "kept").exists()  # reading the plane again costs no less than making it
    np.testing.assert_array_equal(first, store.planes(frames[0]))


def test_planes_that_are_kept_are_those_of_the_frame_as_it_is_now(small_list, tmp_path):
    build_set(small_list, tmp_path / "set", variant="lcid-resize")
    store = PlaneStore(small_spec("resnet18-resize"), tmp_path / "kept")
    first = store.planes(labelled_frames(tmp_path / "set")[0])
    assert len(list((tmp_path / "kept").iterdir())) == 1
    fits.PrimaryHDU(np.eye(64, 96, dtype="f4")).writeto(
        Path(small_list.parent, "frame0.fits"), overwrite=True
    )
    build_set(small_list, tmp_path / "set", variant="lcid-resize")
    assert not np.array_equal(first, store.planes(labelled_frames(tmp_path / "set")[0]))
