"""Frozen descriptions of detectors: amplifiers, sections, chip layouts, instruments.

Conventions: arrays are ``[y, x]``, indices 0-based, slices half-open. A layout is the
geometry of one *raw* chip image as the detector writes it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import prod
from types import MappingProxyType

SCIENCE = "science"
PHYSICAL_PRESCAN = "physical prescan"
SERIAL_OVERSCAN = "serial virtual overscan"
PARALLEL_OVERSCAN = "parallel virtual overscan"
#: The chip number of a layout that holds for every chip of its instrument.
ANY_CHIP = 0
SECTION_KINDS = (SCIENCE, PHYSICAL_PRESCAN, SERIAL_OVERSCAN, PARALLEL_OVERSCAN)


@dataclass(frozen=True)
class Amplifier:
    """
    One read-out amplifier.

    Parameters
    ----------
    name : str
        The amplifier's letter or number, as headers give it.
    gain : float
        Electrons per ADU.
    read_noise : float
        Electrons, rms.
    bias_level : float
        Typical bias level in ADU.
    corner : tuple of str
        Where it reads, ``("top" | "bottom", "left" | "right")`` of its chip's raw image.

    Examples
    --------
    >>> from astroclassify.instruments import INSTRUMENTS
    >>> amplifier = next(iter(INSTRUMENTS["acs-wfc"].amplifiers.values()))
    >>> amplifier.name, amplifier.gain
    ('A', 2.02)
    """

    name: str
    gain: float
    read_noise: float
    bias_level: float
    corner: tuple[str, str]


@dataclass(frozen=True)
class Section:
    """
    A rectangle of a raw image that one amplifier reads.

    Parameters
    ----------
    kind : str
        One of ``SECTION_KINDS``.
    amplifier : str
        Name of the amplifier.
    y, x : tuple of int
        Half-open pixel ranges ``(start, stop)``.

    Examples
    --------
    >>> from astroclassify.instruments import SCIENCE, Section
    >>> Section(SCIENCE, "C", y=(0, 2048), x=(24, 2072)).shape
    (2048, 2048)
    """

    kind: str
    amplifier: str
    y: tuple[int, int]
    x: tuple[int, int]

    @property
    def slices(self):
        """Index of the section in the raw array (tuple of slice)."""
        return slice(*self.y), slice(*self.x)

    @property
    def shape(self):
        """Rows and columns (tuple of int)."""
        return self.y[1] - self.y[0], self.x[1] - self.x[0]


@dataclass(frozen=True)
class ChipLayout:
    """
    The geometry of one raw chip image.

    Parameters
    ----------
    chip : int
        Chip number as ``CCDCHIP`` gives it; ``ANY_CHIP`` (0) where every chip is alike.
    shape : tuple of int
        Raw shape, (rows, columns).
    sections : tuple of Section
        They tile the raw image exactly, without overlap.
    binning : int, default 1
        On-chip binning factor in both axes.
    name : str, default ""
        What the layout is called, for example ``"WFC1A-1K"``.
    origin : tuple of int, default (0, 0)
        Row and column, in unbinned science pixels of the whole chip, of the first science pixel.

    Examples
    --------
    >>> from astroclassify.instruments import PHYSICAL_PRESCAN, WFC3_UVIS, find_layout
    >>> layout = find_layout(WFC3_UVIS, 1, (2070, 4206))
    >>> layout.science_shape, layout.science_start, layout.ltv
    ((2051, 4096), (19, 25), (25.0, 19.0))
    >>> [section.x for section in layout.of_kind(PHYSICAL_PRESCAN)]
    [(0, 25), (4181, 4206)]
    """

    chip: int
    shape: tuple[int, int]
    sections: tuple[Section, ...]
    binning: int = 1
    name: str = ""
    origin: tuple[int, int] = (0, 0)

    def of_kind(self, kind, amplifier=None):
        """
        Select sections.

        Parameters
        ----------
        kind : str
            One of ``SECTION_KINDS``.
        amplifier : str, optional
            Only sections that this amplifier reads.

        Returns
        -------
        tuple of Section
            The sections, in the layout's order (left to right).
        """
        return tuple(
            s for s in self.sections if s.kind == kind and (amplifier is None or s.amplifier == amplifier)
        )

    @property
    def amplifiers(self):
        """Names of the amplifiers that read science pixels, bottom to top, left to right (tuple of str)."""
        return tuple(dict.fromkeys(s.amplifier for s in self.of_kind(SCIENCE)))

    @property
    def science_start(self):
        """Row and column of the first science pixel in the raw array (tuple of int)."""
        science = self.of_kind(SCIENCE)
        return min(s.y[0] for s in science), min(s.x[0] for s in science)

    @property
    def ltv(self):
        """
        ``(LTV1, LTV2)`` of the raw image (tuple of float, pixels).

        By the IRAF convention a 1-based science pixel ``p`` of the whole chip lies at the
        1-based raw pixel ``p / binning + LTV``.
        """
        half = (self.binning + 1) / 2
        y, x = (
            start + 1 - (first + half) / self.binning
            for start, first in zip(self.science_start, self.origin, strict=True)
        )
        return x, y

    @property
    def science_regions(self):
        """Rows and columns of the trimmed image that each amplifier read (dict of str to tuple of slice)."""
        science = self.of_kind(SCIENCE)
        rows, columns = _without_gaps({s.y for s in science}), _without_gaps({s.x for s in science})
        return {s.amplifier: (rows[s.y], columns[s.x]) for s in science}

    @property
    def science_shape(self):
        """Shape of the trimmed image (tuple of int)."""
        science = self.of_kind(SCIENCE)
        rows = {s.y for s in science}
        columns = {s.x for s in science}
        return sum(b - a for a, b in rows), sum(b - a for a, b in columns)


def _without_gaps(ranges):
    """Give the slice of the trimmed image that each raw range of rows or columns becomes."""
    slices, position = {}, 0
    for start, stop in sorted(ranges):
        slices[start, stop] = slice(position, position + stop - start)
        position += stop - start
    return slices


@dataclass(frozen=True)
class ChipGeometry:
    """
    One whole CCD, unbinned, before any window is cut out of it.

    Parameters
    ----------
    shape : tuple of int
        Science rows and columns.
    amplifiers : tuple of str
        The amplifiers of the left and of the right half.
    physical_columns : int
        Physical prescan columns beyond each outer edge.
    virtual_columns : int
        Serial virtual overscan columns of each half, in the middle of a full frame.
    virtual_rows : int
        Parallel virtual overscan rows.
    virtual_rows_at : {"bottom", "top"}
        Where they are: on the side of the chip gap.
    """

    shape: tuple[int, int]
    amplifiers: tuple[str, str]
    physical_columns: int
    virtual_columns: int
    virtual_rows: int
    virtual_rows_at: str


@dataclass(frozen=True)
class Instrument:
    """
    A camera, as far as its frames need to be understood.

    Parameters
    ----------
    name : str
        Registry name, for example ``"acs-wfc"``.
    telescope, instrume, detector : str
        What ``TELESCOP``, ``INSTRUME`` and ``DETECTOR`` say.
    pixel_scale : float
        Arcseconds per (unbinned) pixel.
    full_well : float
        Electrons.
    adc_max : int
        Largest ADU value.
    dark_current : float
        Electrons per second and pixel.
    bias_section : str
        The section kind that the instrument's own pipeline takes the bias from.
    amplifiers : mapping of str to Amplifier
        By name.
    layouts : tuple of ChipLayout
        Every known raw geometry.
    bands : tuple of str
        Filter names.
    chip_gap : int, default 0
        Unbinned pixels between the chips.
    paper_rows : mapping of int to tuple of int, default empty
        Rows of the *trimmed* image of each chip that the paper's crop keeps.
    epochs : mapping of str to float, default empty
        Dates (MJD) at which something changed.
    geometry : mapping of int to ChipGeometry, default empty
        The whole CCD of each chip; with it, windows that are not in ``layouts`` are derived.
    bias_columns : mapping of str to tuple of (int or None), default empty
        For each kind of section that can hold the bias, in order of preference: which of its
        columns do, ``(start, stop)`` counted from the science side as in a slice.
    gain_setting : float, default 1.0
        The ``CCDGAIN`` for which the amplifiers' gains hold; they scale with it.

    Examples
    --------
    >>> from astroclassify.instruments import INSTRUMENTS
    >>> camera = INSTRUMENTS["acs-wfc"]
    >>> camera.amplifiers["B"].gain, camera.bias_section
    (1.886, 'physical prescan')
    """

    name: str
    telescope: str
    instrume: str
    detector: str
    pixel_scale: float
    full_well: float
    adc_max: int
    dark_current: float
    bias_section: str
    amplifiers: Mapping[str, Amplifier]
    layouts: tuple[ChipLayout, ...]
    bands: tuple[str, ...]
    chip_gap: int = 0
    paper_rows: Mapping[int, tuple[int, int]] = field(default_factory=lambda: MappingProxyType({}))
    epochs: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    geometry: Mapping[int, ChipGeometry] = field(default_factory=lambda: MappingProxyType({}))
    bias_columns: Mapping[str, tuple[int | None, int | None]] = field(
        default_factory=lambda: MappingProxyType({})
    )
    gain_setting: float = 1.0

    def chip_shape(self, chip):
        """
        Give the size of a whole chip.

        Parameters
        ----------
        chip : int
            Its number; ``ANY_CHIP`` (0) where every chip is alike.

        Returns
        -------
        tuple of int
            Science rows and columns, unbinned: those of its geometry, else of its largest layout.

        Examples
        --------
        >>> from astroclassify.instruments import ACS_WFC, ANY_CHIP, CSST_MSC
        >>> ACS_WFC.chip_shape(1), CSST_MSC.chip_shape(ANY_CHIP)
        ((2048, 4096), (9232, 9216))
        """
        if chip in self.geometry:
            return self.geometry[chip].shape
        layouts = (layout for layout in self.layouts if layout.chip in (ANY_CHIP, chip))
        return max((tuple(n * a.binning for n in a.science_shape) for a in layouts), key=prod)
