"""A whole exposure: both chips of a camera, from a body on the sky to a raw file."""

from dataclasses import dataclass

import numpy as np
from astropy.wcs import WCS

from astroclassify.core import ParameterError
from astroclassify.instruments import INSTRUMENTS, Instrument
from astroclassify.io import write_raw
from astroclassify.simulate._bodies import body_kind, random_view
from astroclassify.simulate._clusters import add_foreground
from astroclassify.simulate._detector import expose, read_out, sky_rate
from astroclassify.simulate._optics import moffat_kernel, observe
from astroclassify.simulate._textures import enlarge, log_uniform
from astroclassify.simulate._view import Scene

#: Diffuse light is drawn on pixels this many times larger than the detector's.
_COARSE = 4


@dataclass(frozen=True)
class RawExposure:
    """
    Raw images of one exposure, and the truth about them.

    Parameters
    ----------
    raw : dict of int to numpy.ndarray
        For each chip its raw image in ADU, uint16, overscan included.
    instrument : Instrument
        The camera.
    band : str
        Filter.
    exptime : float
        Seconds.
    wcs : dict of int to astropy.wcs.WCS
        Linear world coordinates of each chip's science pixels.
    truth : dict
        Kind of body, class, scene parameters, seed. Never written where a model could read it.
    """

    raw: dict
    instrument: Instrument
    band: str
    exptime: float
    wcs: dict
    truth: dict

    def write(self, path, *, overwrite=False):
        """
        Write the exposure as a raw FITS file.

        Parameters
        ----------
        path : path-like
            File name, by convention ``*_raw.fits``.
        overwrite : bool, default False
            Replace an existing file.
        """
        write_raw(
            path,
            self.raw,
            instrument=self.instrument,
            band=self.band,
            exptime=self.exptime,
            wcs=self.wcs,
            overwrite=overwrite,
        )


def simulate_exposure(body, *, instrument="acs-wfc", band="F606W", exptime=500.0, rng=None, view=None):
    """
    Expose a random body of one kind on every chip of a camera.

    Parameters
    ----------
    body : str
        Kind of body, a key of ``KINDS``.
    instrument : str or Instrument, default "acs-wfc"
        A camera with two chips.
    band : str, default "F606W"
        Filter, as the header will say; this first simulator has no colours.
    exptime : float, default 500
        Seconds, 0.5 to 3600.
    rng : numpy.random.Generator or int, optional
        Source of randomness or its seed; same seed, same bytes.
    view : View, optional
        Where the camera looks, on pixels four times larger than the detector's; random by
        default, a piece of the body.

    Returns
    -------
    RawExposure
        Raw images, world coordinates and truth.

    Raises
    ------
    ParameterError
        If the exposure time is out of range, or the camera cannot be simulated.
    UnknownNameError
        If there is no such kind of body or instrument.
    """
    if not 0.5 <= exptime <= 3600:
        raise ParameterError(f"exptime is {exptime} s; expected 0.5 to 3600")
    kind, seed = body_kind(body), rng if isinstance(rng, int) else None
    rng = np.random.default_rng(rng)
    camera = instrument if isinstance(instrument, Instrument) else INSTRUMENTS[instrument]
    layouts = _full_frames(camera)
    mosaic, origins = _mosaic(layouts, camera.chip_gap)
    view = view or random_view(rng, tuple(-(-n // _COARSE) for n in mosaic), partial=True)
    brightness = log_uniform(rng, 0.05, 1.0)
    rate = _rate_on_mosaic(kind, view, mosaic, brightness, rng)
    raw = {}
    for chip, layout in layouts.items():
        rows, columns = layout.science_shape
        part = rate[origins[chip] : origins[chip] + rows, :columns]
        raw[chip] = read_out(expose(part, camera, exptime, rng), layout, camera, rng)
    truth = {
        "kind": kind.name,
        "label": kind.label,
        "seed": seed,
        "view": view,
        "electrons_per_second": float(brightness),
    }
    return RawExposure(raw, camera, band, float(exptime), _world(mosaic, origins, camera, rng), truth)


def _full_frames(camera):
    layouts = {}
    for layout in camera.layouts:
        layouts.setdefault(layout.chip, layout)
    if set(layouts) != {1, 2}:
        raise ParameterError(f"{camera.name} has the chips {sorted(layouts)}; this simulator needs 1 and 2")
    return layouts


def _mosaic(layouts, gap):
    """Shape of the field that both chips cover, and each chip's first row; chip 2 lies below."""
    (rows2, columns), (rows1, _) = layouts[2].science_shape, layouts[1].science_shape
    return (rows2 + gap + rows1, columns), {2: 0, 1: rows2 + gap}


def _rate_on_mosaic(kind, view, mosaic, brightness, rng):
    """Electrons per second and pixel after the optics."""
    scene = kind.draw(view, rng)
    add_foreground(scene, rng, log_uniform(rng, 1e-4, 3e-3))
    coarse_shape = tuple(n * _COARSE for n in scene.diffuse.shape)
    fine = Scene(enlarge(scene.diffuse, coarse_shape)[: mosaic[0], : mosaic[1]])
    y, x, flux = scene.points
    fine.add_points((y + 0.5) * _COARSE - 0.5, (x + 0.5) * _COARSE - 0.5, flux * _COARSE**2)
    angle = rng.uniform(0, np.pi / 2)
    light = observe(
        fine, lambda box: moffat_kernel(box, 2.0, beta=2.5, spikes=0.03, spike_angle=angle), pad=32
    )
    return np.float32(brightness) * light + np.float32(sky_rate(rng))


def _world(mosaic, origins, camera, rng):
    ra, dec, angle = rng.uniform(0, 360), rng.uniform(-60, 60), rng.uniform(0, 2 * np.pi)
    scale = camera.pixel_scale / 3600
    worlds = {}
    for chip, first_row in origins.items():
        wcs = WCS(naxis=2)
        wcs.wcs.ctype = ["RA---TAN", "DEC--TAN"]
        wcs.wcs.radesys = "ICRS"
        wcs.wcs.crval = [ra, dec]
        wcs.wcs.crpix = [(mosaic[1] + 1) / 2, (mosaic[0] + 1) / 2 - first_row]
        wcs.wcs.cd = scale * np.array([[-np.cos(angle), np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        wcs.wcs.set()
        worlds[chip] = wcs
    return worlds
