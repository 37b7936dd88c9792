"""The picture of an answer shows the evidence where it is, and the probabilities."""

import numpy as np
import pytest

from astroclassify import Classification
from astroclassify.core import FrameError, ParameterError
from astroclassify.visualization import plot_classification, save_classifications


def answer(evidence=None, **changes):
    values = {
        "label": "nsc",
        "probability": 0.8,
        "leaning": "nsc",
        "probabilities": {"galaxy": 0.2, "nebula": 0.5, "star cluster": 0.3},
        "evidence": evidence,
    }
    return Classification(**{**values, **changes})


def contour_centres(ax):
    """Centre (x, y) of the box around each set of contours."""
    vertices = [np.concatenate([path.vertices for path in sets.get_paths()]) for sets in ax.collections]
    return [(v.min(axis=0) + v.max(axis=0)) / 2 for v in vertices]


@pytest.fixture
def frame():
    return np.random.default_rng(3).normal(100, 5, (80, 160)).astype("float32")


def test_contours_surround_the_place_of_the_evidence(frame):
    evidence = np.zeros((8, 16), dtype="float32")
    evidence[2, 11] = 1.0  # the cell of rows 20-29 and columns 110-119
    (centre,) = contour_centres(plot_classification(frame, answer(evidence)).axes[0])
    np.testing.assert_allclose(centre, [114.5, 24.5], atol=0.5)


def test_evidence_against_the_leaning_has_contours_of_its_own(frame):
    evidence = np.zeros((8, 16), dtype="float32")
    evidence[2, 3], evidence[5, 12] = 1.0, -1.0
    assert len(plot_classification(frame, answer(evidence)).axes[0].collections) == 2


@pytest.mark.parametrize("evidence", [None, np.zeros((8, 16)), np.ones((1, 1))])
def test_without_evidence_there_are_no_contours(frame, evidence):
    assert not plot_classification(frame, answer(evidence)).axes[0].collections


def test_an_evidence_map_with_three_axes_is_refused(frame):
    with pytest.raises(FrameError, match=r"\(4, 8, 16\)"):
        plot_classification(frame, answer(np.ones((4, 8, 16))))


def test_the_bars_are_the_probabilities(frame):
    bars = plot_classification(frame, answer()).axes[1].patches
    assert [bar.get_width() for bar in bars] == [0.2, 0.5, 0.3]


def test_an_uncertain_answer_still_says_where_it_leans(frame):
    figure = plot_classification(frame, answer(label="uncertain", probability=0.55))
    assert figure.axes[1].get_title() == "uncertain\n(nebula / star cluster 0.550)"


def test_the_title_fits_into_the_figure(frame):
    figure = plot_classification(frame, answer())
    figure.canvas.draw()
    assert figure.axes[1].title.get_window_extent().x1 <= figure.bbox.x1


def test_it_draws_into_a_part_of_a_larger_figure(frame):
    from matplotlib import pyplot as plt

    figure = plt.figure(layout="constrained")
    for part in figure.subfigures(2):
        plot_classification(frame, answer(), figure=part)
    assert len(figure.axes) == 4


def test_several_answers_are_saved_into_one_picture(frame, tmp_path):
    from PIL import Image

    save_classifications(tmp_path / "two.png", [frame, frame], [answer(), answer()], title="two chips")
    with Image.open(tmp_path / "two.png") as picture:
        assert picture.size[1] > picture.size[0] * 0.8


@pytest.mark.parametrize("number", [0, 1])
def test_an_answer_for_each_frame_is_needed(frame, number, tmp_path):
    with pytest.raises(ParameterError, match="one for each"):
        save_classifications(tmp_path / "none.png", [frame] * number, [])
