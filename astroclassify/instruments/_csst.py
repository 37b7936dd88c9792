"""The survey camera of the Chinese Space Station Telescope: 9216 x 9232 pixels, 16 channels per CCD.

Sources: csst-doc-msc, csster/csst (NAXIS of level 1), the CSST parameters in galaxyGenius and
sim_csst_lens. Overscan sizes, gain, bias and full well are recalled from defaults of the mission's simulator,
for which no document could be checked: see ``docs/sources.rst``.
"""

from types import MappingProxyType

from astroclassify.instruments._description import (
    ANY_CHIP,
    PARALLEL_OVERSCAN,
    PHYSICAL_PRESCAN,
    SCIENCE,
    SERIAL_OVERSCAN,
    Amplifier,
    ChipLayout,
    Instrument,
)
from astroclassify.instruments._tiling import bands_of, tile

_COLUMNS, _ROWS = 1152, 4616  # science pixels of a channel: 8 x 1152 = 9216, 2 x 4616 = 9232
_CHANNELS_IN_A_ROW = 8


#: Side of the windows, and their first rows and columns on the chip: corners, edges and the middle.
_SIDE, _FIRST_ROWS, _FIRST_COLUMNS = 2048, (0, 3592, 7184), (0, 3584, 7168)


def _channel_columns(names, columns, prescan, overscan):
    """
    Lay out one row of channels: the four on the left are read to the left, the others to the right.

    ``columns`` are the science columns of each; a channel without any is not read.
    """
    middle, parts = len(names) // 2, []
    for index, (name, width) in enumerate(zip(names, columns, strict=True)):
        channel = (
            ((PHYSICAL_PRESCAN, prescan), (SCIENCE, width), (SERIAL_OVERSCAN, overscan)) if width else ()
        )
        parts += [(*part, name) for part in channel[:: 1 if index < middle else -1]]
    return bands_of(*parts)


def _rows_of_channels(columns, prescan, overscan):
    """Lay out the columns of the lower and of the upper row of channels."""
    names = tuple(str(i) for i in range(1, 2 * _CHANNELS_IN_A_ROW + 1))
    rows = names[:_CHANNELS_IN_A_ROW], names[_CHANNELS_IN_A_ROW:]
    return [_channel_columns(row, columns, prescan, overscan) for row in rows]


def _layout(name, *, prescan=(0, 0), overscan=(0, 0)):
    """Lay out a CCD; ``prescan`` and ``overscan`` are columns and rows of each channel."""
    below, above = _rows_of_channels((_COLUMNS,) * _CHANNELS_IN_A_ROW, prescan[0], overscan[0])
    # The few rows before the image count as parallel overscan: no light, no serial meaning.
    parts = ((PARALLEL_OVERSCAN, prescan[1], ""), (SCIENCE, _ROWS, ""), (PARALLEL_OVERSCAN, overscan[1], ""))
    lower_rows = bands_of(*parts)
    upper_rows = bands_of(*parts[::-1], start=lower_rows[-1].stop)
    shape = (upper_rows[-1].stop, below[-1].stop)
    return ChipLayout(ANY_CHIP, shape, (*tile(below, lower_rows), *tile(above, upper_rows)), name=name)


def _window(row, column, *, overscan=71):
    """
    Lay out a window: of each channel the rows and columns in it, and its serial overscan.

    No document says that the camera can read one. A piece cut out of a full frame that keeps the overscan of
    its channels looks the same.
    """
    columns = [_common(column, i * _COLUMNS, _COLUMNS) for i in range(_CHANNELS_IN_A_ROW)]
    below, above = _rows_of_channels(columns, 0, overscan)
    rows = bands_of(*((SCIENCE, _common(row, half * _ROWS, _ROWS), str(half)) for half in (0, 1)))
    sections = [part for band in rows for part in tile((below, above)[int(band.amplifier)], (band,))]
    name, shape = f"2K window (row {row}, column {column})", (_SIDE, below[-1].stop)
    return ChipLayout(ANY_CHIP, shape, tuple(sections), name=name, origin=(row, column))


def _common(first, start, length):
    """Count the pixels that a window from ``first`` on has in common with a run of pixels."""
    return max(0, min(first + _SIDE, start + length) - max(first, start))


def _amplifier(number):
    side = "bottom" if number <= _CHANNELS_IN_A_ROW else "top"
    column = (number - 1) % _CHANNELS_IN_A_ROW
    corner = (side, "left" if column < _CHANNELS_IN_A_ROW // 2 else "right")
    # Read noise: public CSST parameters. Gain and bias: recalled. One set for all channels: what differs from
    # channel to channel is not published.
    return Amplifier(str(number), gain=1.1, read_noise=5.0, bias_level=500.0, corner=corner)


CSST_MSC = Instrument(
    name="csst-msc",
    telescope="CSST",
    instrume="MSC",
    detector="",
    pixel_scale=0.074,  # arcseconds: 10 micrometres at the focal length of 28 m
    full_well=90_000.0,  # recalled; 81,800 ADU at a gain of 1.1, so that the 16-bit converter clips first
    adc_max=65_535,
    dark_current=0.02,  # electrons per second and pixel, public CSST parameters
    bias_section=SERIAL_OVERSCAN,
    bias_columns=MappingProxyType({SERIAL_OVERSCAN: (2, -1)}),
    amplifiers=MappingProxyType({str(number): _amplifier(number) for number in range(1, 17)}),
    layouts=(
        _layout("without overscan"),
        # pre1, pre2 = 27, 4 and over1, over2 = 71, 80: 8 x 1250 = 10000 columns, 2 x 4700 = 9400 rows.
        _layout("with overscan", prescan=(27, 4), overscan=(71, 80)),
        *(_window(row, column) for row in _FIRST_ROWS for column in _FIRST_COLUMNS),
    ),
    bands=("NUV", "u", "g", "r", "i", "z", "y"),
)
