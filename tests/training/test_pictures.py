"""Sources of real bodies: raw frames and photographs, by body, with labels."""

import numpy as np
import pytest
from PIL import Image

from astroclassify.core import ParameterError
from astroclassify.simulate import CLASSES, LabelledPicture, SimulationConfig
from astroclassify.training._pictures import _planes, real_photographs, real_scenes, real_sources

CONFIG = SimulationConfig(
    instruments={"wfc3-uvis": 1}, apertures={"wfc3-uvis": ["UVIS1-C512A-SUB"]}, optics="typical"
)


@pytest.fixture
def pictures(tmp_path):
    y, x = np.mgrid[-1:1:120j, -1:1:160j]
    listed = []
    for label, width in (("galaxy", 0.2), ("nebula", 0.4)):
        path = tmp_path / f"{label}.png"
        Image.fromarray(np.round(255 * np.exp(-np.hypot(y, x) / width)).astype(np.uint8)).save(path)
        listed.append(LabelledPicture(str(path), label, label, "a"))
    return tuple(listed)


def test_raw_frames_of_one_body_follow_each_other(pictures):
    frames = real_scenes(np.random.default_rng(1), pictures=pictures, config=CONFIG)
    assert 1 <= len(frames) <= 3
    assert len({label for _, label, _ in frames}) == 1
    assert all(array.shape == (512, 513) and array.dtype == np.float32 for array, *_ in frames)


def test_photographs_are_pieces_of_both_classes(pictures):
    rng = np.random.default_rng(2)
    frames = [frame for _ in range(20) for frame in real_photographs(rng, pictures=pictures)]
    labels = [label for _, label, _ in frames]
    assert set(labels) == {CLASSES.index("galaxy"), CLASSES.index("nebula")}
    assert all(96 <= array.shape[0] == array.shape[1] <= 120 for array, *_ in frames)


@pytest.mark.parametrize("source", [real_scenes, real_photographs])
def test_the_same_numbers_give_the_same_frames(pictures, source):
    more = {"config": CONFIG} if source is real_scenes else {}
    one, again = (source(np.random.default_rng(3), pictures=pictures, **more) for _ in range(2))
    for (a, label, _), (b, same, _) in zip(one, again, strict=True):
        np.testing.assert_array_equal(a, b)
        assert label == same


def test_a_picture_of_no_known_class_is_refused(pictures):
    unknown = (LabelledPicture(pictures[0].path, "x", "nsc"),)
    with pytest.raises(ParameterError, match="the label is 'nsc'"):
        real_photographs(np.random.default_rng(0), pictures=unknown)


def test_a_fifth_of_each_class_is_held_out_and_shown_to_no_training(tmp_path):
    rows = ["file,body,label,kind,source"]
    rows += [f"{n}.png,body{n // 2},{'galaxy' if n % 4 < 2 else 'nsc'},nebula,a" for n in range(40)]
    (tmp_path / "labels.csv").write_text("\n".join(rows))
    shown, kept = (
        real_sources(tmp_path, held=held)["photographs"][0].keywords["pictures"] for held in (False, True)
    )
    bodies = [{picture.body for picture in each} for each in (shown, kept)]
    assert [len(each) for each in bodies] == [16, 4]
    assert not bodies[0] & bodies[1]
    assert {picture.label for picture in kept} == {"galaxy", "nebula"}


def test_a_style_can_be_asked_for(pictures):
    frames = real_photographs(np.random.default_rng(4), pictures=pictures, style="chart")
    assert all(array.mean() > 128 for array, *_ in frames)


def test_a_picture_of_16_bits_keeps_its_grey_levels(tmp_path):
    path, ramp = tmp_path / "ramp.png", np.linspace(0, 65535, 128).astype(np.uint16)
    Image.fromarray(np.tile(ramp, (128, 1))).save(path)
    (plane,) = _planes(str(path))
    np.testing.assert_array_equal(plane[0], np.round(ramp / 257).astype(np.uint8))
