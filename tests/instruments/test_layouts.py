"""The layouts tile every raw image, and agree with the handbooks' numbers."""

from dataclasses import FrozenInstanceError

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from astroclassify.core import ParameterError, UnsupportedInstrumentError
from astroclassify.instruments import (
    ACS_WFC,
    CSST_MSC,
    GENERIC,
    INSTRUMENTS,
    PARALLEL_OVERSCAN,
    PHYSICAL_PRESCAN,
    SCIENCE,
    SECTION_KINDS,
    SERIAL_OVERSCAN,
    WFC3_UVIS,
    find_layout,
)

ALL_LAYOUTS = [
    pytest.param(instrument, layout, id=f"{instrument.name}: {layout.name}")
    for instrument in (ACS_WFC, WFC3_UVIS, CSST_MSC)
    for layout in instrument.layouts
]


def covered_once(layout):
    """Say whether the sections tile the raw image: no overlap, and the areas add up."""
    spans = [(s.y, s.x) for s in layout.sections]
    area = sum((y[1] - y[0]) * (x[1] - x[0]) for y, x in spans)
    inside = all(
        0 <= y[0] < y[1] <= layout.shape[0] and 0 <= x[0] < x[1] <= layout.shape[1] for y, x in spans
    )
    disjoint = not any(
        a[0][0] < b[0][1] and b[0][0] < a[0][1] and a[1][0] < b[1][1] and b[1][0] < a[1][1]
        for i, a in enumerate(spans)
        for b in spans[:i]
    )
    return inside and disjoint and area == layout.shape[0] * layout.shape[1]


@pytest.mark.parametrize(("instrument", "layout"), ALL_LAYOUTS)
def test_sections_tile_the_raw_image_exactly(instrument, layout):
    assert covered_once(layout)
    assert {s.kind for s in layout.sections} <= set(SECTION_KINDS)


@pytest.mark.parametrize(("instrument", "layout"), ALL_LAYOUTS)
def test_every_section_belongs_to_an_amplifier_of_the_instrument(instrument, layout):
    assert {s.amplifier for s in layout.sections} <= set(instrument.amplifiers)
    assert set(layout.amplifiers) == {s.amplifier for s in layout.sections}


@pytest.mark.parametrize(("instrument", "layout"), ALL_LAYOUTS)
def test_bias_sections_have_the_rows_of_the_science_section(instrument, layout):
    for section in layout.of_kind(SCIENCE):
        for bias in layout.of_kind(instrument.bias_section, section.amplifier):
            assert bias.y == section.y


@pytest.mark.parametrize(("instrument", "layout"), ALL_LAYOUTS)
def test_a_layout_is_found_from_what_its_header_would_say(instrument, layout):
    amplifiers = "".join(layout.amplifiers)
    chip = layout.chip or 7
    found = find_layout(
        instrument, chip, layout.shape, binning=layout.binning, amplifiers=amplifiers, offset=layout.ltv
    )
    assert found.sections == layout.sections
    assert found.name == layout.name
    assert found.chip == chip


def test_binned_uvis_has_the_middle_overscan_of_calwf3():
    # dofwsat.c: zero-based columns 2073-2132 unbinned, 1037-1064 at 2x2, 691-710 at 3x3
    spans = {}
    for layout in WFC3_UVIS.layouts[:6]:
        virtual = layout.of_kind(SERIAL_OVERSCAN)
        spans[layout.binning] = (min(s.x[0] for s in virtual), max(s.x[1] for s in virtual) - 1)
    assert spans == {1: (2073, 2132), 2: (1037, 1064), 3: (691, 710)}


@pytest.mark.parametrize(
    ("instrument", "amplifier", "y", "x"),
    [  # facts A3 and B1
        (ACS_WFC, "A", (20, 2068), (24, 2072)),
        (ACS_WFC, "B", (20, 2068), (2072, 4120)),
        (ACS_WFC, "C", (0, 2048), (24, 2072)),
        (ACS_WFC, "D", (0, 2048), (2072, 4120)),
        (WFC3_UVIS, "A", (19, 2070), (25, 2073)),
        (WFC3_UVIS, "B", (19, 2070), (2133, 4181)),
        (WFC3_UVIS, "C", (0, 2051), (25, 2073)),
        (WFC3_UVIS, "D", (0, 2051), (2133, 4181)),
    ],
)
def test_full_frame_quadrants_lie_where_the_handbooks_say(instrument, amplifier, y, x):
    chip = 1 if amplifier in "AB" else 2
    layout = next(layout for layout in instrument.layouts if layout.chip == chip)
    (science,) = layout.of_kind(SCIENCE, amplifier)
    assert (science.y, science.x) == (y, x)


@pytest.mark.parametrize("instrument", [ACS_WFC, WFC3_UVIS])
def test_virtual_rows_are_on_the_side_of_the_gap(instrument):
    for layout in instrument.layouts:
        for section in layout.of_kind(PARALLEL_OVERSCAN):
            assert (section.y[0] == 0) == (layout.chip == 1)


@pytest.mark.parametrize("instrument", [ACS_WFC, WFC3_UVIS])
def test_prescan_is_on_the_amplifiers_own_side(instrument):
    for layout in instrument.layouts:
        for section in layout.of_kind(PHYSICAL_PRESCAN):
            left = instrument.amplifiers[section.amplifier].corner[1] == "left"
            assert (section.x[0] == 0) == left


def test_full_frame_offsets_are_those_of_hstcal():
    # wf3 CreateEmptyChip: 25 and 0 / 19; ACS by its 24 columns and 20 rows
    offsets = {(i.name, layout.chip): layout.ltv for i in (ACS_WFC, WFC3_UVIS) for layout in i.layouts[:2]}
    assert offsets == {
        ("acs-wfc", 1): (24, 20),
        ("acs-wfc", 2): (24, 0),
        ("wfc3-uvis", 1): (25, 19),
        ("wfc3-uvis", 2): (25, 0),
    }


def test_csst_channels_are_8_by_2():
    for layout in CSST_MSC.layouts[:2]:
        assert {s.shape for s in layout.of_kind(SCIENCE)} == {(4616, 1152)}
        assert len(layout.amplifiers) == 16
        assert layout.science_shape == (9232, 9216)


def test_a_csst_window_is_read_by_the_channels_it_lies_on():
    windows = {layout.origin: layout for layout in CSST_MSC.layouts[2:]}
    assert {layout.science_shape for layout in windows.values()} == {(2048, 2048)}
    assert windows[0, 0].amplifiers == ("1", "2")
    assert windows[7184, 7168].amplifiers == ("15", "16")  # up to the last row and column
    assert windows[3592, 3584].amplifiers == ("4", "5", "12", "13")
    regions = windows[3592, 3584].science_regions
    # Channels meet at row 4616 and column 4608 of the chip.
    assert regions["12"] == (slice(1024, 2048), slice(0, 1024))


def test_each_channel_of_a_csst_window_has_its_overscan_where_it_is_read_last():
    middle = next(layout for layout in CSST_MSC.layouts if layout.origin == (3592, 3584))
    (left,), (right,) = (middle.of_kind(SERIAL_OVERSCAN, name) for name in ("4", "5"))
    assert (left.x, right.x) == ((1024, 1095), (1095, 1166))


def test_paper_crop_drops_the_three_rows_at_the_gap():
    assert WFC3_UVIS.paper_rows == {1: (3, 2051), 2: (0, 2048)}


@given(
    instrument=st.sampled_from([ACS_WFC, WFC3_UVIS]),
    chip=st.sampled_from([1, 2]),
    first=st.tuples(st.integers(0, 2000), st.integers(-24, 4000)),
    shape=st.tuples(st.integers(1, 2048), st.integers(1, 4000)),
    single=st.booleans(),
)
def test_derived_windows_tile_or_are_refused(instrument, chip, first, shape, single):
    amplifiers = "AC" if single else "ABCD"
    try:
        layout = find_layout(instrument, chip, shape, amplifiers=amplifiers, offset=(-first[1], -first[0]))
    except UnsupportedInstrumentError:
        geometry = instrument.geometry[chip]
        assert (
            first[0] + shape[0] > geometry.shape[0] + geometry.virtual_rows * (chip == 2)
            or first[1] + shape[1] > 4096 + geometry.physical_columns
            or first[1] + shape[1] <= 0
        )
    else:
        assert covered_once(layout)


def test_a_derived_window_keeps_the_position_of_its_science_pixels():
    layout = find_layout(ACS_WFC, 1, (300, 400), amplifiers="B", offset=(-3720, -100))
    (science,) = layout.of_kind(SCIENCE)
    (prescan,) = layout.of_kind(PHYSICAL_PRESCAN)
    assert science.x == (0, 376)
    assert prescan.x == (376, 400)
    assert layout.origin == (100, 3720)
    assert layout.ltv == (-3720, -100)


def test_an_unknown_size_is_refused_with_the_known_sizes():
    with pytest.raises(UnsupportedInstrumentError, match=r"123 x 456 .* 4144 x 2068"):
        find_layout(ACS_WFC, 1, (456, 123))


def test_an_unknown_chip_is_refused():
    with pytest.raises(UnsupportedInstrumentError, match="no chip 5"):
        find_layout(WFC3_UVIS, 5, (2070, 4206))


def test_a_subarray_of_unknown_amplifier_is_not_guessed():
    with pytest.raises(ParameterError, match=r"WFC1A-2K.*WFC1B-2K"):
        find_layout(ACS_WFC, 1, (2068, 2072))


@given(shape=st.tuples(st.integers(1, 9000), st.integers(1, 9000)))
def test_the_generic_instrument_takes_any_shape_as_science(shape):
    layout = find_layout(GENERIC, 1, shape)
    assert layout.science_shape == shape
    assert covered_once(layout)


def test_descriptions_are_registered_and_frozen():
    assert INSTRUMENTS["acs-wfc"] is ACS_WFC
    assert {"acs-wfc", "wfc3-uvis", "csst-msc", "generic"} <= set(INSTRUMENTS)
    with pytest.raises(FrozenInstanceError):
        ACS_WFC.full_well = 1.0
    with pytest.raises(TypeError):
        ACS_WFC.amplifiers["A"] = None


def test_every_band_of_the_published_frames_is_known(shared):
    for table in (shared / "lcid").glob("*.csv"):
        rows = np.loadtxt(table, dtype=str, delimiter=",", skiprows=1, usecols=(2, 4), quotechar='"')
        for camera, band in {(camera, band) for camera, band in rows if "/" in camera}:
            assert band in {"ACS/WFC": ACS_WFC, "WFC3/UVIS": WFC3_UVIS}[camera].bands


@pytest.mark.parametrize("name", ["acs-wfc", "ACS/WFC", " acs/wfc"])
def test_an_instrument_is_found_as_headers_write_it(name):
    assert INSTRUMENTS[name] is ACS_WFC
    assert name in INSTRUMENTS
    assert "acs/nothing" not in INSTRUMENTS
