"""What `degrade` does to a real file: ``python benchmarks/degrade.py FILE --folder OUT``.

Prints, for the frame and for what poorer circumstances make of it: the noise per pixel (stated by the
uncertainty, and measured where the frame is faint), the noise summed over 5 x 5 pixels, the signal-to-noise
ratio of the brightest body in the frame as predicted from the frame before (with its counts, noise and the
circumstances) and as measured, the sharpness of point-like sources, the time. Saves a picture of all of them.

What a header does not say can be given: ``--exptime``, ``--unit``, ``--instrument``, ``--band``, ``--gain``,
``--scale``. For example, a drizzled image of 4056 s whose BUNIT lacks the "per second"::

    python benchmarks/degrade.py cosmos_100610_f814w.fits --unit electron/s --folder OUT
"""

import argparse
import time
import warnings
from pathlib import Path

import numpy as np
from astropy import units as u
from astropy.nddata import CCDData
from astropy.wcs import WCS
from PIL import Image, ImageDraw
from scipy import ndimage

from astroclassify import read_frames
from astroclassify.core import AstroclassifyError, robust_sigma
from astroclassify.degrade import count_electrons, degrade
from astroclassify.degrade._noise import FaintNoise, filled, scale_of

_SIDE = 5  # of the boxes that noise is summed in
_PANEL = 360  # pixels of a picture's panel


def circumstances(frame):
    """List what to do to a frame: name and keywords of `degrade`."""
    scale = scale_of(frame)
    yield "a tenth of the time", {"exptime_factor": 0.1}
    yield "a hundredth", {"exptime_factor": 0.01}
    if scale is not None:
        yield "FWHM + 4 pixels", {"exptime_factor": 0.5, "psf_fwhm": 4 * scale}
        yield "pixels x 2.5", {"pixel_scale": 2.5 * scale, "exptime_factor": 0.3}
    if frame.meta.get("ACINSTR") not in (None, "", "generic"):
        yield "aberrations, 100 nm", {"exptime_factor": 0.5, "zernike_rms": 100 * u.nm}
        yield "CSST", {"instrument": "csst-msc", "exptime_factor": 0.05, "sed": "old"}


def known(frame, chosen):
    """Give a frame with what the command line says about it."""
    data = frame.data if chosen.unit is None else np.array(frame.data)
    changed = CCDData(
        data, unit=chosen.unit or frame.unit, mask=frame.mask, wcs=frame.wcs, meta=frame.meta.copy()
    )
    changed.uncertainty = frame.uncertainty if chosen.unit is None else None
    cards = {"EXPTIME": chosen.exptime, "ACINSTR": chosen.instrument, "ACBAND": chosen.band}
    changed.meta.update({key: value for key, value in cards.items() if value is not None})
    if chosen.scale is not None:
        wcs = WCS(naxis=2)
        wcs.wcs.ctype = "RA---TAN", "DEC--TAN"
        wcs.wcs.cdelt = -chosen.scale / 3600, chosen.scale / 3600
        wcs.wcs.crpix = np.array(frame.shape[::-1]) / 2
        changed.wcs = wcs
    return changed


class Measured:
    """What can be measured in a frame, in its own unit."""

    def __init__(self, frame, centre=None, radius=None):
        bad = ~np.isfinite(frame.data)
        if frame.mask is not None:
            bad |= frame.mask
        self.image = filled(frame.data, bad).astype(np.float32) if bad.any() else frame.data
        faint = FaintNoise.of(frame, self.image.astype(np.float32), bad)
        self.noise, self.sky = np.sqrt(faint.variance), faint.level
        self.correlation, self.grain = faint.correlation, faint.grain
        smooth = ndimage.gaussian_filter(self.image, 2)
        self.centre = centre or np.unravel_index(np.argmax(smooth), smooth.shape)
        self.radius = radius or self._half_light_radius()
        y, x = np.ogrid[: frame.shape[0], : frame.shape[1]]
        self.aperture = np.hypot(y - self.centre[0], x - self.centre[1]) < self.radius
        self.flux = float((self.image - self.sky)[self.aperture].sum())

    def _half_light_radius(self):
        light = np.clip(self.image - self.sky - 3 * self.noise, 0, None)
        return max(3.0, np.sqrt((light > light[self.centre] / 10).sum() / np.pi))

    def box_noise(self):
        """Standard deviation of sums over boxes in faint parts, robustly, without gradients."""
        sums = ndimage.uniform_filter(self.image.astype(float), _SIDE)[2::_SIDE, 2::_SIDE] * _SIDE**2
        level = ndimage.median_filter(sums, 7)
        rest = (sums - level)[level <= np.quantile(level, 0.4)]
        return float(robust_sigma(rest)) * 1.02  # the median's own scatter

    def sharpness(self):
        """FWHM in pixels of the most compact bright source, from its light above half of its peak."""
        smooth = ndimage.gaussian_filter(self.image, 0.7)
        peaks = (smooth == ndimage.maximum_filter(smooth, 11)) & (smooth > self.sky + 15 * self.noise)
        peaks[:8], peaks[-8:], peaks[:, :8], peaks[:, -8:] = False, False, False, False
        widths = [self._width(y, x) for y, x in zip(*np.nonzero(peaks), strict=True)]
        return float(np.quantile(widths, 0.2)) if widths else np.nan

    def _width(self, y, x):
        cut = ndimage.zoom(self.image[y - 8 : y + 9, x - 8 : x + 9].astype(float), 6, order=3)
        edge = np.median(np.concatenate([cut[0], cut[-1], cut[:, 0], cut[:, -1]]))
        middle = cut[40:62, 40:62].max()
        labels, _ = ndimage.label(cut > edge + (middle - edge) / 2)
        area = (labels == labels[cut.shape[0] // 2, cut.shape[1] // 2]).sum() / (cut.shape[0] / 17) ** 2
        return 2 * np.sqrt(area / np.pi)


def aperture_noise(frame, measured):
    """What the stated uncertainties add up to in the aperture."""
    # Correlated noise adds up to more.
    return float(
        np.sqrt(measured.grain * np.square(frame.uncertainty.array[measured.aperture], dtype=float).sum())
    )


def report(name, frame, before, seconds, electrons):
    """Print one line."""
    ratio = before.image.shape[0] / frame.shape[0]
    centre = tuple((c + 0.5) / ratio - 0.5 for c in before.centre)
    now = Measured(frame, centre=centre, radius=before.radius / ratio)
    stated = float(np.median(frame.uncertainty.array[frame.data < np.quantile(now.image, 0.4)]))
    scatter = now.box_noise() / _SIDE * np.sqrt(now.aperture.sum())
    # The light's own noise comes on top of that of faint parts.
    shot = max(now.flux, 0) / electrons(frame)
    predicted = now.flux / aperture_noise(frame, now)
    seen = now.flux / np.hypot(scatter, np.sqrt(shot))
    sharp = now.sharpness()
    scale = scale_of(frame)
    width = f"{sharp * scale:.3f} arcsec" if scale else f"{sharp:.2f} pixels"
    print(
        f"{name:22s} {frame.shape[1]:5d} x {frame.shape[0]:<5d} noise stated {stated:9.4g} measured "
        f"{now.noise:9.4g}; 5 x 5: {now.box_noise():9.4g}; lag-1 {now.correlation:5.2f}; S/N predicted "
        f"{predicted:7.1f} measured {seen:7.1f}; "
        f"FWHM {width}; {seconds:.2f} s",
        flush=True,
    )


def panel(frame, name):
    """A grey panel: asinh from the faint level to the brightest."""
    image = Measured(frame).image
    low, noise, high = np.median(image), np.std(image[image < np.median(image)]), np.quantile(image, 0.998)
    step = max((high - low) / 30, noise, 1e-30)
    grey = np.arcsinh((image - low + noise) / step) / np.arcsinh((high - low + noise) / step)
    picture = Image.fromarray((255 * np.clip(grey, 0, 1)).astype(np.uint8)[::-1])
    side = _PANEL / max(picture.size)
    way = Image.Resampling.BOX if side < 1 else Image.Resampling.NEAREST
    picture = picture.resize([max(1, round(n * side)) for n in picture.size], way)
    canvas = Image.new("L", (_PANEL, _PANEL + 20))
    canvas.paste(picture, (0, 20))
    ImageDraw.Draw(canvas).text((4, 4), name, fill=255)
    return canvas


def main():
    """Run the benchmark."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("file", type=Path)
    for name in ("unit", "instrument", "band"):
        parser.add_argument(f"--{name}")
    for name in ("exptime", "gain", "scale"):
        parser.add_argument(f"--{name}", type=float)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        frame = known(read_frames(chosen.file)[0], chosen)

    def electrons(some):
        """Electrons for one unit of a frame, for the noise of its light."""
        return 1 / float(np.mean(count_electrons(some, gain=chosen.gain).per_electron))

    # The frame itself, with the uncertainty that degrade() works out for it.
    start = time.perf_counter()
    same = degrade(frame, gain=chosen.gain, rng=chosen.seed)
    before = Measured(same)
    report("as it is", same, before, time.perf_counter() - start, electrons)
    panels = [panel(same, f"{chosen.file.name[:40]}: as it is")]
    for name, parameters in circumstances(frame):
        start = time.perf_counter()
        try:
            made = degrade(frame, gain=chosen.gain, rng=chosen.seed, **parameters)
        except AstroclassifyError as error:
            print(f"{name:22s} {error}")
            continue
        report(name, made, before, time.perf_counter() - start, electrons)
        panels.append(panel(made, name))
    if chosen.folder:
        chosen.folder.mkdir(parents=True, exist_ok=True)
        columns = 4
        sheet = Image.new("L", (columns * (_PANEL + 4), -(-len(panels) // columns) * (_PANEL + 24)))
        for number, picture in enumerate(panels):
            sheet.paste(picture, (number % columns * (_PANEL + 4), number // columns * (_PANEL + 24)))
        sheet.save(chosen.folder / f"degrade_{chosen.file.name.split('.')[0]}.png")


if __name__ == "__main__":
    main()
