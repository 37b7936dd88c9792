"""From electrons on the silicon to ADU in a raw image: what the detector adds and loses."""

import numpy as np

from astroclassify.instruments import SCIENCE
from astroclassify.simulate._textures import log_uniform

#: Cosmic rays per second and square centimetre, HST's orbit (ACS ISR 2002-07).
COSMIC_RAY_RATE = 1.2
_PIXEL_CM = 15e-4


def expose(rate, instrument, exptime, rng):
    """
    Collect electrons on one chip.

    Parameters
    ----------
    rate : numpy.ndarray
        Electrons per second and pixel from the sky, shape of the chip's science area.
    instrument : Instrument
        For its dark current and full well.
    exptime : float
        Seconds.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    numpy.ndarray
        Electrons, float32.
    """
    expected = (rate + np.float32(instrument.dark_current)) * np.float32(exptime)
    electrons = rng.poisson(expected).astype(np.float32)
    add_cosmic_rays(electrons, exptime, rng)
    bleed(electrons, instrument.full_well)
    return electrons


def add_cosmic_rays(electrons, exptime, rng):
    """
    Add cosmic-ray tracks: about five pixels long, a median of about 1000 electrons.

    Parameters
    ----------
    electrons : numpy.ndarray
        Changed in place.
    exptime : float
        Seconds.
    rng : numpy.random.Generator
        Source of randomness.
    """
    rows, columns = electrons.shape
    area = electrons.size * _PIXEL_CM**2
    number = rng.poisson(COSMIC_RAY_RATE * area * exptime)
    y, x = rng.uniform(0, rows, number), rng.uniform(0, columns, number)
    direction = rng.uniform(0, 2 * np.pi, number)
    length = np.clip(rng.lognormal(np.log(4.0), 0.6, number), 1, 60)
    charge = np.clip(rng.lognormal(np.log(1000.0), 0.8, number), 500, 1e5)
    for step in range(int(length.max(initial=0)) + 1):
        on = step < length
        row = (y[on] + step * np.sin(direction[on])).astype(np.int64)
        column = (x[on] + step * np.cos(direction[on])).astype(np.int64)
        inside = (row >= 0) & (row < rows) & (column >= 0) & (column < columns)
        np.add.at(electrons, (row[inside], column[inside]), (charge[on] / length[on])[inside])


def bleed(electrons, full_well):
    """
    Spread charge above the full well along its column, half of it each way.

    Parameters
    ----------
    electrons : numpy.ndarray
        Changed in place; charge is conserved but for what leaves the chip.
    full_well : float
        Electrons that a pixel holds.
    """
    affected = np.flatnonzero((electrons > full_well).any(axis=0))
    if affected.size == 0:
        return
    columns = electrons[:, affected]
    excess = np.clip(columns - full_well, 0, None)
    columns -= excess
    for rows in (range(len(columns)), range(len(columns) - 1, -1, -1)):
        carried = np.zeros(affected.size, np.float32)
        for row in rows:
            total = columns[row] + carried + excess[row] / 2
            columns[row] = np.minimum(total, full_well)
            carried = total - columns[row]
    electrons[:, affected] = columns


def read_out(electrons, layout, instrument, rng):
    """
    Read a chip through its amplifiers: gain, bias, read noise, overscan, 16 bits.

    Parameters
    ----------
    electrons : numpy.ndarray
        The science area, shape ``layout.science_shape``.
    layout : ChipLayout
        Where everything lies in the raw image.
    instrument : Instrument
        For its amplifiers and converter.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    numpy.ndarray
        Raw image in ADU, uint16, shape ``layout.shape``.
    """
    signal = np.zeros(layout.shape, np.float32)
    science = layout.of_kind(SCIENCE)
    first_row = min(section.y[0] for section in science)
    taken = 0
    for section in sorted(science, key=lambda s: s.x):
        rows, columns = section.shape
        top = section.y[0] - first_row
        signal[section.slices] = electrons[top : top + rows, taken : taken + columns]
        taken += columns
    noise = rng.standard_normal(layout.shape, dtype=np.float32)
    for section in layout.sections:
        amplifier = instrument.amplifiers[section.amplifier]
        part = signal[section.slices]
        part += noise[section.slices] * amplifier.read_noise
        part /= amplifier.gain
        part += amplifier.bias_level
    return np.clip(np.round(signal), 0, instrument.adc_max).astype(np.uint16)


def sky_rate(rng):
    """
    Draw a sky background.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    float
        Electrons per second and pixel: 0.03 to 0.15, broad optical bands of HST.
    """
    return float(log_uniform(rng, 0.03, 0.15))
