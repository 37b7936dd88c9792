"""Finding the layout that fits a raw image, and the registry of instruments."""

from dataclasses import replace

from astroclassify.core import ParameterError, Registry, UnsupportedInstrumentError
from astroclassify.instruments._description import ANY_CHIP, SCIENCE, ChipLayout, Instrument, Section
from astroclassify.instruments._tiling import window


def registry_name(name):
    """
    Give the name of an instrument in the registry.

    Parameters
    ----------
    name : str
        The same, or as archives and headers write it: ``"ACS/WFC"``.

    Returns
    -------
    str
        In small letters, with hyphens: ``"acs-wfc"``.

    Examples
    --------
    >>> from astroclassify.instruments import registry_name
    >>> registry_name("WFC3/UVIS")
    'wfc3-uvis'
    """
    return name.strip().lower().replace("/", "-").replace(" ", "-")


#: Every known instrument by name (``"acs-wfc"`` or ``"ACS/WFC"``), from packages and from this session.
INSTRUMENTS = Registry(
    "astroclassify.instruments", kind="instrument", expected_type=Instrument, spelling=registry_name
)


def find_layout(instrument, chip, shape, *, binning=1, amplifiers="", offset=None):
    """
    Find the geometry of a raw chip image.

    Parameters
    ----------
    instrument : Instrument
        The camera. One without any layout (`GENERIC`) takes any shape as science pixels.
    chip : int
        Chip number as ``CCDCHIP`` gives it.
    shape : tuple of int
        Raw shape, (rows, columns).
    binning : int, default 1
        On-chip binning factor.
    amplifiers : str, default ""
        What ``CCDAMP`` says (``"ABCD"``, ``"C"``); empty where it is not known.
    offset : tuple of float, optional
        ``(LTV1, LTV2)`` in pixels: tells windows of one size apart, and lays out windows of a
        size that is not listed.

    Returns
    -------
    ChipLayout
        The layout; its sections tile the raw image.

    Raises
    ------
    UnsupportedInstrumentError
        If no layout fits; the message lists the known sizes.
    ParameterError
        If several layouts fit, and neither ``amplifiers`` nor ``offset`` tells which.

    Notes
    -----
    A listed layout of the same size, chip, binning and amplifiers wins, as the overscan table
    wins in calacs. Otherwise the window is derived from ``LTV``: science pixel ``p`` lies at raw
    pixel ``p + LTV``, so columns before the first or after the last science column are
    physical ones (the rule of ``findover.c`` in hstcal).

    Examples
    --------
    >>> from astroclassify.instruments import ACS_WFC, find_layout
    >>> find_layout(ACS_WFC, 1, (2068, 4144)).amplifiers
    ('A', 'B')
    """
    shape = (int(shape[0]), int(shape[1]))
    if not instrument.layouts:
        return _whole(instrument, chip, shape, binning)
    fitting = [
        layout
        for layout in instrument.layouts
        if layout.shape == shape
        and layout.chip in (ANY_CHIP, chip)
        and layout.binning == binning
        and (not amplifiers or layout.chip == ANY_CHIP or set(layout.amplifiers) <= set(amplifiers))
    ]
    if fitting:
        return replace(_nearest(fitting, offset, instrument), chip=chip)
    if binning == 1 and offset is not None and chip in instrument.geometry:
        return _derived(instrument, chip, shape, amplifiers, offset)
    raise _unknown(instrument, chip, shape, binning, amplifiers)


def _whole(instrument, chip, shape, binning):
    name = next(iter(instrument.amplifiers))
    section = Section(SCIENCE, name, (0, shape[0]), (0, shape[1]))
    return ChipLayout(chip=chip, shape=shape, sections=(section,), binning=binning, name="whole image")


def _nearest(fitting, offset, instrument):
    if len(fitting) > 1 and offset is None:
        names = ", ".join(f"{layout.name} (amplifiers {''.join(layout.amplifiers)})" for layout in fitting)
        raise ParameterError(
            f"several layouts of {instrument.name} have this size: {names}; give amplifiers= or offset="
        )
    if len(fitting) == 1:
        return fitting[0]
    return min(fitting, key=lambda layout: sum(abs(a - b) for a, b in zip(layout.ltv, offset, strict=True)))


def _derived(instrument, chip, shape, amplifiers, offset):
    geometry = instrument.geometry[chip]
    readers = [name for name in geometry.amplifiers if not amplifiers or name in amplifiers]
    start = (-round(offset[1]), -round(offset[0]))
    if not readers:
        raise _unknown(instrument, chip, shape, 1, amplifiers)
    try:
        return window(geometry, chip, shape, start=start, amplifiers=readers, name="window")
    except UnsupportedInstrumentError as error:
        raise _unknown(instrument, chip, shape, 1, amplifiers) from error


def _unknown(instrument, chip, shape, binning, amplifiers):
    sizes = sorted(
        {(a.shape[1], a.shape[0], a.binning) for a in instrument.layouts if a.chip in (ANY_CHIP, chip)}
    )
    known = ", ".join(f"{x} x {y}" + (f" (binned {b} x {b})" if b > 1 else "") for x, y, b in sizes)
    read = f" read by amplifiers {amplifiers}" if amplifiers else ""
    if not sizes:
        chips = sorted({layout.chip for layout in instrument.layouts})
        return UnsupportedInstrumentError(
            f"{instrument.name} has no chip {chip}; its chips are {chips}"
        ).with_facts(found=chip, expected=chips)
    return UnsupportedInstrumentError(
        f"no layout of {instrument.name} chip {chip} has {shape[1]} x {shape[0]} pixels{read} with binning "
        f"{binning}; known raw sizes (NAXIS1 x NAXIS2): {known}; other windows need LTV1 and LTV2"
    ).with_facts(found=tuple(shape), expected=[(y, x) for x, y, _ in sizes])
