"""Frozen descriptions of detectors: amplifiers, sections, chip layouts, instruments.

Conventions: arrays are ``[y, x]``, indices 0-based, slices half-open. A layout is the
geometry of one *raw* chip image as the detector writes it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

SCIENCE = "science"
PHYSICAL_PRESCAN = "physical prescan"
SERIAL_OVERSCAN = "serial virtual overscan"
PARALLEL_OVERSCAN = "parallel virtual overscan"
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
        Chip number as ``CCDCHIP`` gives it.
    shape : tuple of int
        Raw shape, (rows, columns).
    sections : tuple of Section
        They tile the raw image exactly, without overlap.
    binning : int, default 1
        On-chip binning factor in both axes.
    """

    chip: int
    shape: tuple[int, int]
    sections: tuple[Section, ...]
    binning: int = 1

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
        """Names of the amplifiers that read science pixels, left to right, bottom to top (tuple of str)."""
        return tuple(dict.fromkeys(s.amplifier for s in self.of_kind(SCIENCE)))

    @property
    def science_shape(self):
        """Shape of the trimmed image (tuple of int)."""
        science = self.of_kind(SCIENCE)
        rows = {s.y for s in science}
        columns = {s.x for s in science}
        return sum(b - a for a, b in rows), sum(b - a for a, b in columns)


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
