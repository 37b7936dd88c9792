"""Drawings of raw layouts show what the descriptions say."""

import numpy as np
import pytest

from astroclassify.core import ParameterError, UnknownNameError
from astroclassify.instruments import INSTRUMENTS
from astroclassify.visualization import plot_detector, plot_layout
from astroclassify.visualization._stretched_axis import StretchedAxis

DRAWABLE = [name for name in INSTRUMENTS if INSTRUMENTS[name].layouts]
LAYOUTS = [(name, layout) for name in DRAWABLE for layout in INSTRUMENTS[name].layouts]


@pytest.mark.parametrize(
    ("name", "layout"), LAYOUTS, ids=[f"{name}-{layout.name}-{layout.chip}" for name, layout in LAYOUTS]
)
def test_the_rectangles_of_every_layout_fill_the_drawing(name, layout):
    ax = plot_layout(name, layout)
    areas = [patch.get_width() * patch.get_height() for patch in ax.patches]
    assert len(areas) == len(layout.sections)
    assert sum(areas) == pytest.approx(1.0)


@pytest.mark.parametrize("name", DRAWABLE)
def test_every_section_is_wide_enough_to_be_seen(name):
    for ax in plot_detector(name).axes:
        assert min(min(patch.get_width(), patch.get_height()) for patch in ax.patches) > 0.02


@pytest.mark.parametrize("name", DRAWABLE)
def test_a_detector_has_one_panel_for_each_chip(name):
    chips = {layout.chip for layout in INSTRUMENTS[name].layouts}
    assert len(plot_detector(name).axes) == len(chips)


def test_the_ticks_are_the_true_pixel_edges():
    ax = plot_layout("acs-wfc", 1)
    assert [label.get_text() for label in ax.get_xticklabels()] == ["0", "24", "2072", "4120", "4144"]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["0", "20", "2068"]


def test_each_amplifier_is_marked_at_the_corner_where_it_reads():
    ax = plot_layout("acs-wfc", 1)
    marks = {text.get_text(): text.get_position() for text in ax.texts if text.get_text() in {"A", "B"}}
    assert marks["A"][0] < 0.1
    assert marks["B"][0] > 0.9
    assert min(marks["A"][1], marks["B"][1]) > 0.9


def test_a_chip_number_means_its_largest_unbinned_layout():
    assert "2070 rows x 4206 columns" in plot_layout("wfc3-uvis", 2).get_title()


def test_a_layout_is_found_by_its_name():
    assert "1024 rows x 2072 columns" in plot_layout("acs-wfc", "WFC1A-1K").get_title()


def test_an_unknown_layout_is_refused_with_the_known_ones():
    with pytest.raises(ParameterError, match="WFC1A-1K"):
        plot_layout("acs-wfc", "WFC3A")


def test_an_instrument_without_layouts_is_refused():
    with pytest.raises(ParameterError, match="no layout"):
        plot_detector("generic")


def test_an_unknown_instrument_is_refused():
    with pytest.raises(UnknownNameError):
        plot_layout("acs-hrx")


@pytest.mark.parametrize("narrowest", [0.01, 0.05, 0.2])
def test_a_stretched_axis_keeps_order_and_the_ratios_of_wide_intervals(narrowest):
    axis = StretchedAxis.from_intervals([(0, 25), (25, 1025), (1025, 3025)], narrowest=narrowest)
    widths = np.diff(axis.positions)
    assert axis.positions[[0, -1]] == pytest.approx([0, 1])
    assert widths.min() >= narrowest - 1e-12
    assert widths[2] == pytest.approx(2 * widths[1])


def test_a_stretched_axis_of_equal_intervals_is_linear():
    axis = StretchedAxis.from_intervals([(0, 10), (10, 20)], narrowest=0.05)
    assert axis(5) == pytest.approx(0.25)


@pytest.mark.parametrize(
    ("name", "layout", "kind"),
    [
        ("acs-wfc", 1, "physical prescan"),
        ("wfc3-uvis", 1, "serial virtual overscan"),
        ("wfc3-uvis", "UVIS1-C512A-SUB", "physical prescan"),
        ("wfc3-uvis", "UVIS2-M512C-SUB", None),
    ],
)
def test_the_sections_that_the_bias_comes_from_are_hatched(name, layout, kind):
    legend = plot_layout(name, layout).get_legend().get_texts()
    marked = [text.get_text() for text in legend if text.get_text().endswith("(bias)")]
    assert marked == ([f"{kind} (bias)"] if kind else [])
