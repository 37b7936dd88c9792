"""Sections of raw chip images, from the geometry of a CCD."""

from dataclasses import dataclass

from astroclassify.core import UnsupportedInstrumentError
from astroclassify.instruments._description import (
    PARALLEL_OVERSCAN,
    PHYSICAL_PRESCAN,
    SCIENCE,
    SERIAL_OVERSCAN,
    ChipLayout,
    Section,
)


@dataclass(frozen=True)
class Band:
    """A run of rows or columns of one kind; for columns, with the amplifier that reads them."""

    kind: str
    start: int
    stop: int
    amplifier: str = ""

    @property
    def span(self):
        return self.start, self.stop


def bands_of(*parts, start=0):
    """Lay ``(kind, length, amplifier)`` parts end to end; parts without length are left out."""
    bands = []
    for kind, length, amplifier in parts:
        if length:
            bands.append(Band(kind, start, start + length, amplifier))
            start += length
    return tuple(bands)


def tile(columns, rows):
    """
    Make the sections of a block of columns and rows.

    Rows that are not science keep their kind over an amplifier's whole width, so that every
    prescan or overscan column section has exactly the rows of the science section beside it.
    """
    sections = []
    for row in rows:
        bands = columns if row.kind == SCIENCE else _amplifier_widths(columns, row.kind)
        sections += [Section(band.kind, band.amplifier, row.span, band.span) for band in bands]
    return tuple(sections)


def _amplifier_widths(columns, kind):
    names = dict.fromkeys(band.amplifier for band in columns)
    mine = {name: [band for band in columns if band.amplifier == name] for name in names}
    return tuple(Band(kind, own[0].start, own[-1].stop, name) for name, own in mine.items())


def full_frame(geometry, chip, *, binning=1, name=""):
    """
    Lay out the full frame of a two-amplifier chip, binned on the chip or not.

    Each half is ``physical | science | serial virtual`` from its outer edge inwards. On-chip
    binning starts at the outer edge of each half and at the amplifier's row, and drops what
    does not fill a bin. A bin that straddles two kinds counts as prescan at the outer edge
    and as parallel overscan at the gap, but as science at the inner edge, as in calwf3
    (whose binned images are 2048 x 1025 and 1364 x 683).
    """
    rows, width = geometry.shape
    physical = -(-geometry.physical_columns // binning)
    virtual_from = -(-(geometry.physical_columns + width // 2) // binning)
    half = (geometry.physical_columns + width // 2 + geometry.virtual_columns) // binning
    left, right = geometry.amplifiers
    outer = (
        (PHYSICAL_PRESCAN, physical),
        (SCIENCE, virtual_from - physical),
        (SERIAL_OVERSCAN, half - virtual_from),
    )
    columns = bands_of(*((*part, left) for part in outer), *((*part, right) for part in outer[::-1]))
    row_bands, first_row = _full_rows(geometry, rows, binning)
    return ChipLayout(
        chip=chip,
        shape=(row_bands[-1].stop, columns[-1].stop),
        sections=tile(columns, row_bands),
        binning=binning,
        name=name,
        origin=(first_row, physical * binning - geometry.physical_columns),
    )


def _full_rows(geometry, rows, binning):
    total = (rows + geometry.virtual_rows) // binning
    if geometry.virtual_rows_at == "top":
        science = rows // binning
        return bands_of((SCIENCE, science, ""), (PARALLEL_OVERSCAN, total - science, "")), 0
    virtual = -(-geometry.virtual_rows // binning)
    bands = bands_of((PARALLEL_OVERSCAN, virtual, ""), (SCIENCE, total - virtual, ""))
    return bands, virtual * binning - geometry.virtual_rows


def window(geometry, chip, shape, *, start, amplifiers, name=""):
    """
    Lay out an unbinned window of a chip, as hstcal does from ``LTV``.

    Parameters
    ----------
    geometry : ChipGeometry
        The whole chip.
    chip : int
        Its number.
    shape : tuple of int
        Rows and columns of the window.
    start : tuple of int
        Science row and column of the window's first pixel: ``(-LTV2, -LTV1)``. Pixels before
        0 or beyond the last science pixel are prescan columns or virtual rows.
    amplifiers : sequence of str
        Who reads it: both amplifiers (each its half) or one (all of it).
    name : str, default ""
        What the layout is called.

    Returns
    -------
    ChipLayout
        The layout.

    Raises
    ------
    UnsupportedInstrumentError
        If the window is not on the chip.
    """
    columns = _window_columns(geometry, start[1], start[1] + shape[1], amplifiers)
    rows = _window_rows(geometry, start[0], start[0] + shape[0])
    layout = ChipLayout(
        chip=chip,
        shape=tuple(shape),
        sections=tile(columns, rows) if columns and rows else (),
        name=name,
        origin=(max(start[0], 0), max(start[1], 0)),
    )
    if not layout.of_kind(SCIENCE):
        raise UnsupportedInstrumentError(
            f"a window of {shape[1]} x {shape[0]} pixels that starts at science column {start[1]}, "
            f"row {start[0]} is not on chip {chip} of {geometry.shape[1]} x {geometry.shape[0]} pixels"
        )
    return layout


def _window_columns(geometry, first, last, amplifiers):
    width, physical = geometry.shape[1], geometry.physical_columns
    left, right = amplifiers[0], amplifiers[-1]
    halves = ((0, width, left),) if left == right else ((0, width // 2, left), (width // 2, width, right))
    bounds = (
        (PHYSICAL_PRESCAN, -physical, 0, left),
        *((SCIENCE, a, b, amplifier) for a, b, amplifier in halves),
        (PHYSICAL_PRESCAN, width, width + physical, right),
    )
    return _clipped(bounds, first, last)


def _window_rows(geometry, first, last):
    rows, virtual = geometry.shape[0], geometry.virtual_rows
    science = (SCIENCE, 0, rows, "")
    if geometry.virtual_rows_at == "top":
        return _clipped((science, (PARALLEL_OVERSCAN, rows, rows + virtual, "")), first, last)
    return _clipped(((PARALLEL_OVERSCAN, -virtual, 0, ""), science), first, last)


def _clipped(bounds, first, last):
    if first < bounds[0][1] or last > bounds[-1][2]:
        return ()
    parts = ((kind, max(0, min(stop, last) - max(start, first)), name) for kind, start, stop, name in bounds)
    return bands_of(*parts)
