"""classify() on files, through the real readers and the default network with random weights."""

import gzip
import io
from pathlib import Path

import numpy as np
import pytest
import torch
from astropy.io import fits
from astropy.nddata import Cutout2D
from PIL import Image

from astroclassify import classify, classify_many
from astroclassify.core import AstroclassifyError, FrameError, ReadError
from astroclassify.models import PATCHNET, built_module
from astroclassify.testing import difficult_frames

LABELS = {"galaxy", "nsc", "uncertain"}


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    """Give random weights of the default network, so that no test depends on its training (Path)."""
    from safetensors.torch import save_file

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(4)
        network = built_module(PATCHNET)
    path = tmp_path_factory.mktemp("weights") / "random.safetensors"
    save_file(network.state_dict(), path)
    return path


@pytest.fixture(scope="module")
def sky():
    return difficult_frames((80, 120))["ordinary"]


@pytest.fixture
def image(tmp_path, sky):
    path = tmp_path / "image.fits"
    fits.PrimaryHDU(sky).writeto(path)
    return path


def test_path_open_file_hdulist_bytes_and_array_give_one_answer(weights, image, sky):
    with fits.open(image) as hdulist, image.open("rb") as stream:
        content = image.read_bytes()
        buffers = content, bytearray(content), memoryview(content), io.BytesIO(content)
        sources = [image, str(image), stream, stream, hdulist, *buffers, sky]
        answers = [classify(source, weights=weights).probabilities for source in sources]
    assert all(answer == answers[0] for answer in answers)


@pytest.mark.parametrize("suffix", ["png", "tiff", "jpg"])
def test_a_picture_is_classified(weights, tmp_path, sky, suffix):
    path = tmp_path / f"picture.{suffix}"
    Image.fromarray(np.clip(sky / 20, 0, 255).astype("u1")).save(path)
    answer = classify(path, weights=weights)
    assert answer.label in LABELS
    assert answer.meta["source"] == str(path)


@pytest.mark.parametrize("shape", [(64, 64), (64, 900), (501, 333)])
@pytest.mark.parametrize("kind", sorted(difficult_frames((16, 16))))
def test_difficult_frames_of_any_shape_get_an_answer(weights, shape, kind):
    answer = classify(difficult_frames(shape)[kind], weights=weights)
    assert answer.label in LABELS
    assert 0.5 <= answer.probability <= 1
    assert sum(answer.probabilities.values()) == pytest.approx(1)
    assert np.isfinite(answer.evidence.data).all()


@pytest.mark.parametrize("shape", [(64, 9232), (2051, 4096), (9216, 9232)])
def test_whole_chips_are_classified(weights, shape):
    frame = np.full(shape, 500, dtype="u2")
    frame[::3, ::7] = np.random.default_rng(0).integers(400, 600, frame[::3, ::7].shape)
    assert classify(frame, weights=weights).label in LABELS


@pytest.mark.parametrize("shape", [(15, 100), (16, 500_000)])
def test_too_narrow_a_frame_is_a_frame_error(weights, shape):
    with pytest.raises(FrameError, match="at least 16"):
        classify(np.random.default_rng(0).random(shape, dtype="f4"), weights=weights)


def test_a_unit_or_a_zero_level_never_changes_the_default_models_answer(weights, sky):
    settings = {"weights": weights, "precision": "float32"}  # a last bit of bfloat16 may move it by 0.003
    expected = classify(sky, **settings).probabilities
    for other in (sky * np.float32(1024), sky * np.float32(2.0**-60), sky + np.float32(512)):
        assert classify(other, **settings).probabilities == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize("content", [b"", b"not a fits file", b"SIMPLE  =                    T"])
def test_a_file_that_is_no_image_is_a_read_error(weights, tmp_path, content):
    path = tmp_path / "broken.fits"
    path.write_bytes(content)
    with pytest.raises(ReadError, match=r"broken\.fits"):
        classify(path, weights=weights)


def test_a_file_that_is_not_there_is_a_read_error(weights, tmp_path):
    with pytest.raises(ReadError, match="nowhere"):
        classify(tmp_path / "nowhere.fits", weights=weights)


@pytest.mark.filterwarnings("ignore:slacs.*do not say what they are")
def test_every_real_file_gives_a_label_or_a_stated_error(weights, shared):
    files = sorted((shared / "fits").glob("*.fits*"))
    table = classify_many(files, weights=weights)
    assert {str(path) for path in files} == set(table["source"])
    for row in table:
        assert (row["label"] in LABELS) != bool(row["error"])
        if row["error"]:
            assert issubclass(getattr(astroclassify_errors(), row["error"].split(":")[0]), AstroclassifyError)


def astroclassify_errors():
    from astroclassify import core

    return core


def test_a_detector_that_is_not_supported_is_named(weights, shared):
    table = classify_many([shared / "fits" / "jbz504eoq_raw.fits"], weights=weights)
    assert "ACS/SBC" in table["error"][0]


@pytest.fixture
def night(tmp_path):
    pixels = np.random.default_rng(5).normal(100, 5, (64, 64)).astype("float32")
    for name in ("b.fits", "a.fits", "._a.fits", "a_wht.fits", "notes.txt"):
        fits.PrimaryHDU(pixels).writeto(tmp_path / name)
    (tmp_path / "c.fts.gz").write_bytes(gzip.compress((tmp_path / "a.fits").read_bytes()))
    return tmp_path


@pytest.mark.parametrize("as_given", [Path, str, lambda folder: [folder], lambda folder: iter([folder])])
def test_a_folder_stands_for_its_images(night, as_given):
    table = classify_many(as_given(night))
    assert [Path(name).name for name in table["source"]] == ["a.fits", "b.fits", "c.fts.gz"]
    assert not any(table["error"])


def test_a_pattern_and_files_of_a_list_stand_side_by_side(night):
    table = classify_many([f"{night}/[ab].fits", night / "c.fts.gz", f"{night}/*.none"])
    assert [Path(name).name for name in table["source"]] == ["a.fits", "b.fits", "c.fts.gz", "*.none"]
    assert [bool(error) for error in table["error"]] == [False, False, False, True]
    assert "no file matches this pattern" in table["error"][3]


def test_one_of_several_images_is_chosen(tmp_path):
    pixels = np.random.default_rng(5).normal(100, 5, (64, 64)).astype("float32")
    images = [fits.ImageHDU(pixels, name=name) for name in ("FIRST", "SECOND")]
    fits.HDUList([fits.PrimaryHDU(), *images]).writeto(tmp_path / "two.fits")
    assert len(classify_many(tmp_path / "two.fits")) == 2
    assert classify(tmp_path / "two.fits", extension="second").label
    with pytest.raises(FrameError, match="holds 2 frames"):
        classify(tmp_path / "two.fits")


def test_hdus_cut_outs_and_tensors_are_frames():
    pixels = np.random.default_rng(5).normal(100, 5, (96, 96)).astype("float32")
    answers = [
        classify(given, return_evidence=False)
        for given in (
            pixels,
            fits.PrimaryHDU(pixels),
            Cutout2D(pixels, (47.5, 47.5), 96),
            torch.tensor(pixels, requires_grad=True),
        )
    ]
    assert len({answer.probability for answer in answers}) == 1
