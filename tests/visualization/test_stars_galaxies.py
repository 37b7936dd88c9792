"""Figures of stars and galaxies."""

import numpy as np
import pytest
from astropy import units as u
from astropy.table import QTable
from matplotlib import pyplot as plt

from astroclassify.core import ParameterError
from astroclassify.visualization import plot_probability_magnitude, plot_size_magnitude, plot_sources


@pytest.fixture(autouse=True)
def close():
    yield
    plt.close("all")


@pytest.fixture
def sources():
    return QTable(
        {
            "x": [5.0, 20.0, 30.0],
            "y": [4.0, 10.0, 15.0],
            "label": ["star", "galaxy", "uncertain"],
            "p_class_galaxy": [0.0, 0.97, 0.5],
            "mag_i": [20.0, 22.0, 25.0] * u.mag,
            "half_light_radius": [0.06, 0.3, 0.1] * u.arcsec,
        }
    )


def test_size_lies_against_magnitude_with_doubtful_sources_on_top(sources):
    points = plot_size_magnitude(sources).collections[0]
    assert points.get_offsets().tolist() == [[20.0, 0.06], [22.0, 0.3], [25.0, 0.1]]


def test_probabilities_are_cut_at_the_edge_of_the_scale(sources):
    ax = plot_probability_magnitude(sources)
    heights = np.concatenate([one.get_offsets()[:, 1] for one in ax.collections])
    assert heights.min() == pytest.approx(np.log10(0.001 / 0.999))


def test_the_truth_colours_simulated_sources(sources):
    sources["true_class"] = ["star", "galaxy", "quasar"]
    legend = plot_probability_magnitude(sources).get_legend()
    assert [text.get_text() for text in legend.get_texts()] == ["star", "galaxy", "quasar"]


def test_sources_are_marked_where_they_are(sources):
    ax = plot_sources(np.ones((20, 40)), sources)
    rings = {one.get_label(): one.get_offsets().tolist() for one in ax.collections}
    assert rings["galaxy: 1"] == [[20.0, 10.0]]


def test_a_missing_column_is_told(sources):
    sources.remove_column("half_light_radius")
    with pytest.raises(ParameterError, match="expected half_light_radius"):
        plot_size_magnitude(sources)
