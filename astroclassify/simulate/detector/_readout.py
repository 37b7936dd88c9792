"""From electrons on a chip to its raw image: transfers, cross-talk, amplifiers, bias, converter."""

import numpy as np
import torch

from astroclassify.core import ParameterError, checked, rules
from astroclassify.instruments import PHYSICAL_PRESCAN, SCIENCE, SERIAL_OVERSCAN, ChipLayout, Instrument
from astroclassify.simulate._random_streams import RandomStreams
from astroclassify.simulate._rules import tensor
from astroclassify.simulate.detector._charge import defer
from astroclassify.simulate.detector._effects import Effects

# Serial transfers defer this much of what parallel ones do, into two virtual columns (the ones that calwf3
# leaves out). Losses of ACS along rows are 0.005 to 0.02 mag (arXiv:2602.02844), far below those along
# columns; the shares are chosen by us.
_SERIAL_SHARE = 0.02
_SERIAL_TRAIL = (0.7, 0.3)
# The first columns of the raw HRC frame j6gp01mkq are 24, 6, 4 and 1 ADU above the bias: exp(-1.2 n) of the
# first, about.
_RAMP_DECAY = 1.2
# How much of the bias gradient runs along the columns. Overscan columns measure a level for each row, which
# takes out what runs along the rows; this part stays, 0.3 to 1 ADU (recalled, docs/sources.rst).
_GRADIENT_ALONG_COLUMNS = 0.1


@checked(
    electrons=tensor,
    layout=rules.instance(ChipLayout),
    camera=rules.instance(Instrument),
    effects=rules.instance(Effects),
    streams=rules.instance(RandomStreams),
)
def read_out(electrons, layout, camera, *, effects, streams):
    """
    Read a chip through its amplifiers.

    Parameters
    ----------
    electrons : torch.Tensor
        The science area, float32, shape ``layout.science_shape``, on the device of ``streams``.
    layout : ChipLayout
        Where everything lies in the raw image.
    camera : Instrument
        For its amplifiers, geometry and converter.
    effects : Effects
        Strengths of the detector's effects.
    streams : RandomStreams
        Source of randomness.

    Returns
    -------
    numpy.ndarray
        Raw image in ADU, uint16, shape ``layout.shape``.

    Raises
    ------
    ParameterError
        If the electrons have not the shape of the layout's science area.

    Notes
    -----
    In the order of the hardware: parallel and serial transfers leave charge behind, amplifiers see each
    other (a fraction of the mirrored column is missing, as hstcal adds it again), then
    ADU = (electrons + read noise + stripe) / gain + bias, rounded and clipped to what the converter gives.
    """
    signal = _placed(electrons, layout)
    if effects.cte:
        _transfer(signal, layout, camera, effects.cte)
    if effects.crosstalk and len(layout.amplifiers) > 1:
        signal -= signal.flip(1).mul_(effects.crosstalk)
    stripes = torch.from_numpy(_stripes(layout.shape[0], streams.rng)).to(signal) * effects.striping
    for name in dict.fromkeys(section.amplifier for section in layout.sections):
        _amplify(signal, stripes, layout, camera.amplifiers[name], effects, streams)
    counts = signal.round_().clamp_(0, camera.adc_max).to(torch.int32)
    return counts.cpu().numpy().astype(np.uint16)


def _placed(electrons, layout):
    """Put the science area where it lies in the raw image; everything else is empty."""
    if tuple(electrons.shape) != layout.science_shape:
        raise ParameterError(
            f"the electrons have the shape {tuple(electrons.shape)}; {layout.name} has {layout.science_shape}"
        )
    signal = electrons.new_zeros(layout.shape, dtype=torch.float32)
    regions = layout.science_regions
    for section in layout.of_kind(SCIENCE):
        signal[section.slices] = electrons[regions[section.amplifier]]
    return signal


def _box(sections):
    """Give the raw rows and columns that sections fill together."""
    rows, columns = np.array([(section.y, section.x) for section in sections]).swapaxes(0, 1)
    return slice(*_span(rows)), slice(*_span(columns))


def _span(ranges):
    return int(ranges[:, 0].min()), int(ranges[:, 1].max())


def _read_by(layout, amplifier):
    return [section for section in layout.sections if section.amplifier == amplifier]


# Charge transfer ------------------------------------------------------------------------------


def _transfer(signal, layout, camera, fraction):
    """Defer charge: along columns in rows of amplifiers that read side by side, then at the ends of rows."""
    groups = {}
    for name in layout.amplifiers:
        side = camera.amplifiers[name].corner[0]
        rows = _box(_read_by(layout, name))[0]
        groups.setdefault((side, rows.start, rows.stop), name)
    for (side, start, stop), name in groups.items():
        block = signal[start:stop]
        ordered = block.flip(0) if side == "top" else block
        first = _transfers_of_first_row(layout, camera, name, side)
        defer(ordered, fraction, transfers=first, per_row=layout.binning)
        if side == "top":
            block.copy_(ordered.flip(0))
    for name in layout.amplifiers:
        _defer_serially(signal, layout, camera.amplifiers[name], fraction * _SERIAL_SHARE)


def _transfers_of_first_row(layout, camera, name, side):
    """Count the transfers of the row that is read first; rows before the image count down from 0."""
    whole, light = _box(_read_by(layout, name))[0], _box(layout.of_kind(SCIENCE, name))[0]
    first, binned = layout.origin[0], layout.science_shape[0] * layout.binning
    skipped = first if side == "bottom" else camera.chip_shape(layout.chip)[0] - first - binned
    dark = light.start - whole.start if side == "bottom" else whole.stop - light.stop
    return 1 + skipped - dark * layout.binning


def _defer_serially(signal, layout, amplifier, fraction):
    """Move charge of the last column that is read into the virtual columns after it."""
    for overscan in layout.of_kind(SERIAL_OVERSCAN, amplifier.name):
        rows, step = slice(*overscan.y), 1 if amplifier.corner[1] == "left" else -1
        first = overscan.x[0] if step == 1 else overscan.x[1] - 1
        lost = signal[rows, first - step] * fraction
        signal[rows, first - step] -= lost
        for i, share in enumerate(_SERIAL_TRAIL):
            signal[rows, first + i * step] += lost * share


# Amplifiers -----------------------------------------------------------------------------------


def _stripes(rows, rng):
    """Draw noise of unit rms whose power falls as 1/f along the rows."""
    # Power that falls as 1 / f: amplitudes as 1 / sqrt(f), with random phases; no power at f = 0, as a
    # constant is part of the bias level.
    frequency = np.fft.rfftfreq(rows)
    frequency[0] = np.inf
    spectrum = rng.standard_normal((2, frequency.size)) / np.sqrt(frequency)
    stripes = np.fft.irfft(spectrum[0] + 1j * spectrum[1], rows)
    return stripes / stripes.std()


def _amplify(signal, stripes, layout, amplifier, effects, streams):
    """Turn the electrons of one amplifier's part of the raw image into ADU, in place."""
    rows, columns = _box(_read_by(layout, amplifier.name))
    part = signal[rows, columns]
    if effects.read_noise:
        part += streams.normal(tuple(part.shape)).mul_(amplifier.read_noise * effects.read_noise)
    if effects.striping:
        part += stripes[rows, None]
    part /= amplifier.gain
    along_rows, along_columns = _bias(part.shape, layout, amplifier, effects, streams.rng)
    part += torch.from_numpy(along_rows).to(part)[:, None]
    part += torch.from_numpy(along_columns).to(part)


def _bias(shape, layout, amplifier, effects, rng):
    """Give the bias in ADU as a sum of a level per row and one per column."""
    jitter, size, sign = rng.standard_normal(), rng.uniform(0.5, 1.5), rng.choice([-1, 1])
    gradient = effects.bias_gradient * size * sign
    rows, columns = (np.arange(n) / n for n in shape)
    level = amplifier.bias_level + effects.bias_jitter * jitter
    along_rows = level + (1 - _GRADIENT_ALONG_COLUMNS) * gradient * rows
    along_columns = _GRADIENT_ALONG_COLUMNS * gradient * columns
    if layout.of_kind(PHYSICAL_PRESCAN, amplifier.name):
        along_columns += effects.startup_ramp * np.exp(-_RAMP_DECAY * np.arange(shape[1]))
    top, right = amplifier.corner[0] == "top", amplifier.corner[1] == "right"
    return along_rows[:: -1 if top else 1].copy(), along_columns[:: -1 if right else 1].copy()
