"""A quick picture of a simulated exposure: both chips as they lie on the sky."""

import numpy as np
from astropy.nddata import block_reduce
from PIL import Image

from astroclassify.core import atomic_path, checked, rules
from astroclassify.instruments import SCIENCE
from astroclassify.preprocess import asinh_stretched
from astroclassify.simulate._field_of_view import FieldOfView


@checked(
    exposure=rules.having("a RawExposure", "raw", "layouts"),
    side=rules.whole(),
    path=rules.optional(rules.path),
)
def preview(exposure, *, side=1000, path=None):
    """
    Make a picture of a raw exposure, without reading it back.

    Parameters
    ----------
    exposure : RawExposure
        What `simulate_exposure` gave.
    side : int, default 1000
        Pixels of the picture's longer side, at most.
    path : path-like, optional
        Where to save it as well.

    Returns
    -------
    PIL.Image.Image
        Grey-scale, 8 bits, stretched by asinh; y runs upwards, black where there is no chip.

    Examples
    --------
    >>> from astroclassify.simulate import preview, simulate_exposure
    >>> exposure = simulate_exposure("globular", aperture="WFC1A-512", rng=1)
    >>> preview(exposure, side=512).size
    (512, 128)
    """
    images = {chip: _without_bias(raw, exposure, chip) for chip, raw in exposure.raw.items()}
    names = [layout.name for layout in exposure.layouts.values()]
    field = FieldOfView.of(exposure.instrument, names[0] if len(names) == 1 else None)
    step = max(1, -(-max(field.shape) // side))
    canvas = np.full(tuple(-(-n // step) for n in field.shape), np.nan, np.float32)
    for chip, image in images.items():
        binning = field.layouts[chip].binning
        small = block_reduce(image, max(1, step // binning), func=np.mean)
        y, x = (c // step for c in field.corners[chip])
        rows, columns = (
            min(n, m) for n, m in zip(small.shape, (canvas.shape[0] - y, canvas.shape[1] - x), strict=True)
        )
        canvas[y : y + rows, x : x + columns] = small[:rows, :columns]
    picture = Image.fromarray(asinh_stretched(canvas)[::-1])
    if path is not None:
        with atomic_path(path) as unfinished:
            picture.save(unfinished)
    return picture


def _without_bias(raw, exposure, chip):
    """Science pixels in electrons above each amplifier's median overscan, or its nominal bias."""
    layout = exposure.layouts[chip]
    regions = layout.science_regions
    image = np.empty(layout.science_shape, np.float32)
    for section in layout.of_kind(SCIENCE):
        amplifier = exposure.instrument.amplifiers[section.amplifier]
        own = [s for s in layout.sections if s.amplifier == section.amplifier and s.kind != SCIENCE]
        dark = [raw[s.slices].ravel() for s in own]
        level = np.median(np.concatenate(dark)) if dark else amplifier.bias_level
        image[regions[section.amplifier]] = (raw[section.slices] - np.float32(level)) * amplifier.gain
    return image
