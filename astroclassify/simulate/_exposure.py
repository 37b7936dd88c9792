"""A whole exposure: from a body on the sky, through the telescope and the detector, to a raw file."""

import json
from dataclasses import asdict, dataclass

import numpy as np
import torch

from astroclassify.core import ParameterError, open_executor
from astroclassify.instruments import Instrument
from astroclassify.io import write_raw
from astroclassify.photometry import Bandpass, sky_rate
from astroclassify.simulate._dice import Dice
from astroclassify.simulate._field_of_view import FieldOfView
from astroclassify.simulate.detector._collect import collect, satellite_trail
from astroclassify.simulate.detector._effects import Effects
from astroclassify.simulate.detector._readout import read_out
from astroclassify.simulate.optics._observe import observe
from astroclassify.simulate.optics._psf import Optics, PointSpread, point_spread
from astroclassify.simulate.scenes._bodies import random_body, random_view
from astroclassify.simulate.scenes._fields import add_background, add_foreground
from astroclassify.simulate.scenes._palette import response
from astroclassify.simulate.scenes._view import View

#: Scenes are drawn on pixels this many times larger than the detector's.
SCENE_FACTOR = 2


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
    layouts : dict of int to ChipLayout
        What was read of each chip.
    truth : dict
        Body, class, view, sky, effects. In a file it stands in HISTORY, where no model looks.
    """

    raw: dict
    instrument: Instrument
    band: str
    exptime: float
    wcs: dict
    layouts: dict
    truth: dict

    def write(self, path, *, header=None, history=None, overwrite=False):
        """
        Write the exposure as a raw FITS file.

        Parameters
        ----------
        path : path-like
            File name, by convention ``*_raw.fits``.
        header : mapping, optional
            Further cards, for example EXPSTART.
        history : sequence of str, optional
            HISTORY cards; by default the truth, as JSON.
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
            header=_subarray_cards(self.layouts) | _flash_cards(self.truth) | dict(header or {}),
            history=[f"simulated by astroclassify: {json.dumps(self.truth)}"] if history is None else history,
            overwrite=overwrite,
        )


def _subarray_cards(layouts):
    """Say which amplifier reads a subarray, and where on the chip it lies."""
    if len(layouts) > 1:
        return {}
    (layout,) = layouts.values()
    return {"CCDAMP": "".join(layout.amplifiers), "LTV1": layout.ltv[0], "LTV2": layout.ltv[1]}


def _flash_cards(truth):
    """Say how long the lamp shone; how bright it is, is not confirmed in a source."""
    electrons = truth["effects"]["post_flash"]
    if not electrons:
        return {}
    return {"FLASHDUR": round(electrons / 10, 1), "FLASHCUR": "LOW", "FLASHSTA": "SUCCESSFUL"}


def simulate_exposure(
    body,
    instrument="acs-wfc",
    band="F606W",
    exptime=500.0,
    *,
    rng=None,
    device="cpu",
    effects=None,
    optics=None,
    view=None,
    pointing=None,
    aperture=None,
    sky=None,
    foreground=1.0,
    background=1.0,
):
    """
    Expose a body on every chip of a camera.

    Parameters
    ----------
    body : Body or str
        What to look at; of a kind's name a random body is made.
    instrument : str or Instrument, default "acs-wfc"
        The camera.
    band : str or Bandpass, default "F606W"
        One of the camera's filters, or a throughput of one's own.
    exptime : float, default 500
        Seconds, 0.5 to 3600.
    rng : numpy.random.Generator or int, optional
        Source of randomness or its seed; same seed, same bytes (on one kind of device).
    device : str or torch.device, default "cpu"
        Where to compute.
    effects : Effects, optional
        What the detector adds and loses; by default what is typical of the camera.
    optics : Optics or PointSpread, optional
        Aberrations and jitter, or a point-spread function of one's own; by default those of the camera.
    view : View, optional
        Where the middle of the field looks: its ``centre`` and ``angle`` count, size and scale follow from
        camera and body. Random by default, a piece of the body.
    pointing : tuple of float, optional
        RA and Dec of the middle of the field and position angle of the y axis, degrees; random by default.
    aperture : str, optional
        Name of one of the camera's layouts, for a subarray; full frames by default.
    sky : tuple of float, optional
        Zodiacal light and earthshine, V mag per square arcsecond; random by default.
    foreground, background : float, default 1
        Numbers of foreground stars and of background galaxies, relative to what is usual at the body's
        Galactic latitude.

    Returns
    -------
    RawExposure
        Raw images, world coordinates and truth.

    Raises
    ------
    ParameterError
        If the exposure time is out of range, or the camera cannot be simulated.
    UnknownNameError
        If there is no such kind of body, instrument, filter or aperture.

    Notes
    -----
    The scene is drawn on pixels twice as large as the detector's; stars are placed exactly. Light becomes
    electrons by Eq. (1), see `response`.
    """
    if not 0.5 <= exptime <= 3600:
        raise ParameterError(f"exptime is {exptime} s; expected 0.5 to 3600")
    dice = Dice(rng, device=device)
    body = random_body(body, dice.rng) if isinstance(body, str) else body
    field = FieldOfView.of(instrument, aperture)
    view = _view_of_field(field, body, view, dice.rng)
    pointing = pointing or _random_pointing(dice.rng)
    sky = sky or _random_sky(dice.rng)
    effects = Effects.typical(field.camera) if effects is None else effects
    rate = _rate(field, body, view, band, sky, optics, (foreground, background), device)
    raw = _chips(field, rate, exptime, effects, dice)
    truth = _truth(body, view, sky, effects, optics, (foreground, background))
    name = band.name if isinstance(band, Bandpass) else band
    return RawExposure(raw, field.camera, name, float(exptime), field.world(*pointing), field.layouts, truth)


def _view_of_field(field, body, view, rng):
    """The window of the whole field on detector pixels."""
    pixel_scale = field.camera.pixel_scale
    if view is None:
        return random_view(rng, body, field.shape, pixel_scale=pixel_scale)
    return View(field.shape, body.angular_radius / pixel_scale, view.centre, view.angle, pixel_scale)


def _random_pointing(rng):
    return (
        float(rng.uniform(0, 360)),
        float(np.degrees(np.arcsin(rng.uniform(-0.95, 0.95)))),
        float(rng.uniform(-180, 180)),
    )


def _random_sky(rng):
    """From the ecliptic to its poles; half of the time with some earthshine (dossier E)."""
    earth = float(rng.uniform(22.5, 25.5)) if rng.random() < 0.5 else None
    return float(rng.uniform(22.1, 23.3)), earth


def _rate(field, body, view, band, sky, optics, densities, device):
    """Electrons per second and detector pixel on the whole field, after the optics."""
    camera = field.camera
    answer = response(camera.name, band, redshift=body.redshift)
    coarse = view.coarser(SCENE_FACTOR)
    scene = body.scene(coarse, device=device)
    around = Dice(_seed_of_surroundings(body, view), device=device)
    add_background(scene, around, density=densities[1])
    add_foreground(scene, body.latitude, around, density=densities[0])
    diffuse, points = scene.observed(answer)
    points[:2] = (points[:2] + 0.5) * SCENE_FACTOR - 0.5
    if not isinstance(optics, PointSpread):
        optics = point_spread(camera.name, band, optics=optics or Optics.of(camera.name), device=device)
    rate = observe(diffuse / SCENE_FACTOR**2, points, optics, shape=field.shape, factor=SCENE_FACTOR)
    zodiacal, earth = sky
    return rate + float(sky_rate(answer.bandpass, zodiacal=zodiacal, earth=earth).value)


def _seed_of_surroundings(body, view):
    """The same view of a body has the same stars around it, in every band."""
    place = np.array([*view.centre, view.angle]).view(np.uint64)
    return [body.seed, *(int(number) for number in place)]


def _chips(field, rate, exptime, effects, dice):
    trails = _trails(field, effects, dice)

    def chip_image(chip, own):
        extra = None if trails is None else field.cut(trails, chip)
        layout, light = field.layouts[chip], field.cut(rate, chip)
        settings = {"effects": effects, "dice": own}
        electrons = collect(light, field.camera, exptime, extra=extra, binning=layout.binning, **settings)
        return read_out(electrons, layout, field.camera, **settings)

    chips = list(field.layouts)
    children = dice.spawn(len(chips))
    # One thread for each chip, but never more than torch itself may use: workers have one.
    threads = min(len(chips), torch.get_num_threads()) if dice.device.type == "cpu" else 1
    with open_executor(threads, "threads") as executor:
        images = [executor.submit(chip_image, *each) for each in zip(chips, children, strict=True)]
        return {chip: image.result() for chip, image in zip(chips, images, strict=True)}


def _trails(field, effects, dice):
    if not effects.satellite_trails:
        return None
    return sum(satellite_trail(field.shape, dice) for _ in range(int(effects.satellite_trails)))


def _truth(body, view, sky, effects, optics, densities):
    described = {} if isinstance(optics, PointSpread) or optics is None else asdict(optics)
    return {
        "kind": body.kind,
        "label": body.label,
        "body": asdict(body),
        "view": {"centre": list(view.centre), "angle": view.angle},
        "sky": list(sky),
        "effects": asdict(effects),
        "optics": described,
        "foreground": densities[0],
        "background": densities[1],
    }
