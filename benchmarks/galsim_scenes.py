"""Raw frames of scenes that another renderer drew: galaxies and star clusters by GalSim, on our detectors.

Needs ``pip install galsim`` (BSD). Optics, profiles and stars are GalSim's: a telescope's pupil with small
random aberrations; discs and bulges of Sersic with knots along the disc, ellipticals; globular clusters of
Plummer's profile and open clusters. Foreground stars and background galaxies know nothing of the class.
Brightness, sky, bands, times and places are drawn before the body is. Light then goes through the chips of
the simulator, to a window of 2048 pixels a side of ACS/WFC, WFC3/UVIS or CSST's camera.
"""

import functools
from dataclasses import asdict, dataclass
from pathlib import Path

import galsim
import numpy as np
import torch

from astroclassify.photometry import BANDS, sky_rate, zero_point
from astroclassify.simulate import (
    ChipWindow,
    FieldOfView,
    RandomStreams,
    RawExposure,
    SimulationConfig,
    collect_electrons,
    read_out,
)
from astroclassify.simulate.sets._plan import rootname_of, setting_of

#: What everything but the body is drawn from; the surface brightness is AB, the body's mean over the frame.
CONFIG = SimulationConfig.read(Path(__file__).parent / "galsim_scenes.toml")
#: Kinds and their labels; half of the scenes are galaxies.
KINDS = {"disc": "galaxy", "elliptical": "galaxy", "globular": "nsc", "open": "nsc"}
_PHASES = 4  # places within a pixel, in each axis, at which stars are drawn
_KNOTS = (0.5, 1.2, 2.5, 5.0)  # sigmas of knots, pixels
_STAMPS = ((64, 1e-4), (230, 1.0))  # sides of a star's stamp; up to which part of all its field's light
#: How much light may be lost in the wings: of what is convolved, and of stars, whose wings are seen.
_CORE = galsim.GSParams(folding_threshold=0.01, maximum_fft_size=8192)
_WIDE = galsim.GSParams(folding_threshold=0.003, maximum_fft_size=8192)


@dataclass(frozen=True)
class GalSimPlans:
    """Plans of a set of scenes, as `~astroclassify.simulate.simulate_plans` takes them."""

    seed: int
    count: int

    def __len__(self):
        return self.count

    def described(self):
        """Say what the set is."""
        return CONFIG.values() | {"set": {"seed": self.seed, "renderer": f"GalSim {galsim.__version__}"}}

    def plan(self, index):
        """Draw a scene's circumstances."""
        return GalSimPlan(self.seed, index)

    def rootname(self, index):
        """Name the file of a scene."""
        return self.plan(index).rootname

    def body(self, index):
        """Name the body of a scene: each has its own."""
        return f"GAL-{index:06d}"


@dataclass(frozen=True)
class GalSimPlan:
    """One scene: what it is taken with and what it shows, from the set's seed and its number alone."""

    seed: int
    index: int

    def rng(self, purpose):
        """Give a source of randomness."""
        return np.random.default_rng([self.seed, self.index, purpose])

    @functools.cached_property
    def setting(self):
        """Camera, band, window, time, date, sky and detector; nothing is known of the body."""
        return setting_of(CONFIG, self.seed, self.index)

    @property
    def field(self):
        """What the window sees."""
        return FieldOfView.of(self.setting["instrument"], self.setting["aperture"])

    @property
    def kind(self):
        """What is seen: galaxies and clusters in turn."""
        kinds = [kind for kind, label in KINDS.items() if (label == "galaxy") == (self.index % 2 == 0)]
        return str(self.rng(1).choice(kinds))

    @property
    def rootname(self):
        """Name of the file."""
        return rootname_of(CONFIG, self.seed, self.index)

    def header(self):
        """Give further cards of the file."""
        return {"TARGNAME": f"GAL-{self.index:06d}", "EXPSTART": self.setting["expstart"]}

    def truth(self):
        """Give a row of the table of truth."""
        names = {
            "OBSID": self.rootname,
            "index": self.index,
            "seed": self.seed,
            "ID": f"GAL-{self.index:06d}",
        }
        told = {key: self.setting[key] for key in ("exptime", "aperture")}
        return {**names, "label": KINDS[self.kind], "kind": self.kind, **told}

    def expose(self):
        """Draw the scene, and read the chip's window."""
        told, field, streams = self.setting, self.field, RandomStreams(self.rng(2))
        ((chip, layout),) = field.layouts.items()
        bandpass = BANDS[told["instrument"], told["band"]]
        light = torch.from_numpy(self.light()).float()
        window = ChipWindow.of(field.camera, layout, bandpass=bandpass, date=told["expstart"])
        settings = {"effects": told["effects"], "streams": streams}
        electrons = collect_electrons(light, field.camera, told["exptime"], window=window, **settings)
        raw = {chip: read_out(electrons, layout, field.camera, **settings)}
        world = field.world(*streams.rng.uniform((0, -70, -180), (360, 70, 180)))
        truth = self.truth() | {"effects": asdict(told["effects"])}
        times = (told["exptime"], world, field.layouts, truth, told["expstart"])
        return RawExposure(raw, field.camera, told["band"], *times)

    def light(self):
        """Give electrons per second of every pixel of the window: sky, field and body."""
        told, field, rng = self.setting, self.field, self.rng(3)
        bandpass, scale = BANDS[told["instrument"], told["band"]], field.camera.pixel_scale
        spreads = optics(told["instrument"], bandpass.pivot.value, scale, rng)
        around, body = Sheet(field.shape, *spreads), Sheet(field.shape, *spreads)
        magnitude = rng.uniform(*CONFIG.surface_brightness) - float(zero_point(bandpass).value)
        surroundings(around, rng)
        _DRAWERS[self.kind](body, rng)
        share = 10 ** (-0.4 * magnitude) * scale**2 / body.image.array.mean()
        zodiacal, earth = told["sky"]
        sky = float(sky_rate(bandpass, zodiacal=zodiacal, earth=earth).value)
        # Fourier transforms ring: beside a peak of millions of counts there may be some below zero.
        return np.maximum(sky + around.image.array + share * body.image.array, 0.0)


# The telescope --------------------------------------------------------------------------------


def optics(camera, wavelength, pixel_scale, rng):
    """Make point-spread functions in pixels, core and wide: Hubble's obscured pupil, or CSST's clear one."""
    pupil = {"diam": 2.0} if camera == "csst-msc" else {"diam": 2.4, "obscuration": 0.33, "nstruts": 4}
    errors = dict(zip(("defocus", "astig1", "astig2", "coma1", "coma2"), rng.normal(0, 0.03, 5), strict=True))
    jitter = galsim.Gaussian(sigma=rng.uniform(*((0.005, 0.02) if "obscuration" in pupil else (0.02, 0.04))))
    airy = [
        galsim.OpticalPSF(lam=wavelength, gsparams=parameters, suppress_warning=True, **pupil, **errors)
        for parameters in (_CORE, _WIDE)
    ]
    return [galsim.Convolve(each, jitter).dilate(1 / pixel_scale).withFlux(1) for each in airy]


class Sheet:
    """
    An image that stars and galaxies are added to; places are (y, x) in pixels from its middle.

    Parameters
    ----------
    shape : tuple of int
        Rows and columns.
    core, wide : galsim.GSObject
        The point-spread function in pixels, without and with its wings.
    """

    def __init__(self, shape, core, wide):
        self.shape, self.core, self.wide = shape, core, wide
        self.image = galsim.ImageD(shape[1], shape[0], scale=1.0)

    def add(self, profile, place=(0.0, 0.0), *, side=None):
        """Draw a profile, on all of the image or on a stamp."""
        y, x = (middle + (n + 1) / 2 for middle, n in zip(place, self.shape, strict=True))
        bounds = self.image.bounds
        if side is not None:
            left, low = round(x) - side // 2, round(y) - side // 2
            bounds = galsim.BoundsI(left, left + side, low, low + side) & bounds
        if bounds.isDefined():
            profile = galsim.Convolve(profile.withGSParams(_CORE), self.core, propagate_gsparams=False)
            profile.drawImage(image=self.image[bounds], center=(x, y), add_to_image=True)

    def add_stars(self, places, fluxes, *, blur=None):
        """Add stars (or knots, Gaussians of a sigma), each at the nearest of 4 x 4 places within a pixel."""
        small = self.core if blur is None else galsim.Convolve(self.core, galsim.Gaussian(sigma=blur))
        middles = places + np.reshape([(n - 1) / 2 for n in self.shape], (2, 1))
        for (y, x), flux in zip(middles.T, fluxes, strict=True):
            side = next(side for side, part in _STAMPS if blur or flux <= part * fluxes.sum())
            (row, down), (column, right) = (_nearest(value) for value in (y, x))
            stamp = _star(self.wide if side > 64 else small, side, down, right)
            self._paste(flux * stamp, row - side // 2, column - side // 2)

    def _paste(self, stamp, top, left):
        """Add what of a stamp lies on the image."""
        on_image, on_stamp = [], []
        for start, n, m in zip((top, left), self.shape, stamp.shape, strict=True):
            first, last = max(start, 0), min(start + m, n)
            on_image.append(slice(first, max(last, first)))
            on_stamp.append(slice(first - start, max(last, first) - start))
        self.image.array[tuple(on_image)] += stamp[tuple(on_stamp)]


def _nearest(value):
    """Split a place into a pixel and the nearest of the places within it."""
    steps = round(value * _PHASES)
    pixel = (steps + _PHASES // 2) // _PHASES
    return pixel, steps - pixel * _PHASES


@functools.lru_cache(maxsize=2 * _PHASES**2)
def _star(spread, side, down, right):
    """Draw a star of unit flux near the middle pixel of a stamp, [side // 2, side // 2]."""
    centre = (side // 2 + 1 + right / _PHASES, side // 2 + 1 + down / _PHASES)
    # Of an image that it makes itself, GalSim moves the middle to the pixel that suits it.
    return spread.drawImage(
        image=galsim.ImageD(side, side, scale=1.0), center=galsim.PositionD(*centre)
    ).array


# What is seen ---------------------------------------------------------------------------------


def surroundings(sheet, rng):
    """Add foreground stars and background galaxies, electrons per second."""
    number = int(np.exp(rng.uniform(np.log(10), np.log(400))))
    sheet.add_stars(_anywhere(sheet, rng, number), pareto(rng, number, 0.5, spread=1e4) * 3)
    for y, x in _anywhere(sheet, rng, int(rng.uniform(15, 60))).T:
        radius = float(np.exp(rng.uniform(np.log(1.5), np.log(8))))
        profile = galsim.Sersic(float(rng.choice((1.0, 2.5))), half_light_radius=radius, trunc=6 * radius)
        flux = float(pareto(rng, 1, 0.8, spread=100)[0] * 4)
        sheet.add(_tilted(profile, rng, 0.3).withFlux(flux), (y, x), side=2 * int(8 * radius) + 16)


def _anywhere(sheet, rng, number):
    return np.stack([rng.uniform(-n / 2, n / 2, number) for n in sheet.shape])


def pareto(rng, number, slope, *, spread):
    """Draw fluxes from 1 to ``spread``, of which those above f are as f**-slope."""
    least = spread**-slope
    return (least + (1 - least) * rng.random(number)) ** (-1 / slope)


def _tilted(profile, rng, least):
    return profile.shear(q=rng.uniform(least, 1.0), beta=rng.uniform(0, np.pi) * galsim.radians)


def _centre(sheet, rng):
    """Where the body's middle lies: within the middle two thirds of the window."""
    return rng.uniform(-1, 1, 2) * np.array(sheet.shape) / 3


def disc(sheet, rng):
    """A disc with a bulge, and knots along the disc."""
    place, radius = _centre(sheet, rng), float(np.exp(rng.uniform(np.log(80), np.log(300))))
    bulge, knots = rng.uniform(0.03, 0.4), rng.uniform(0.05, 0.3)
    shape = galsim.Shear(q=rng.uniform(0.15, 1.0), beta=rng.uniform(0, np.pi) * galsim.radians)
    flat = galsim.Sersic(1.0, half_light_radius=radius, trunc=6 * radius).shear(shape)
    sheet.add(flat.withFlux(1 - bulge - knots), place)
    small = radius * rng.uniform(0.08, 0.3)
    round_part = galsim.Sersic(rng.uniform(1.5, 4.0), half_light_radius=small, trunc=15 * small)
    sheet.add(_tilted(round_part, rng, 0.7).withFlux(bulge), place)
    _add_knots(sheet, rng, place, shape, radius=1.2 * radius, light=knots)


def _add_knots(sheet, rng, place, shape, *, radius, light):
    """Add knots that follow an exponential disc."""
    number = int(np.exp(rng.uniform(np.log(30), np.log(400))))
    along, seed = galsim.Exponential(half_light_radius=radius), int(rng.integers(1, 2**31))
    walk = galsim.RandomKnots(number, profile=along, rng=galsim.BaseDeviate(seed))
    places = np.reshape(place, (2, 1)) + (walk.points @ shape.getMatrix().T).T[::-1]
    fluxes, sizes = pareto(rng, number, 1.0, spread=50), rng.choice(len(_KNOTS), number)
    for size, sigma in enumerate(_KNOTS):
        chosen = sizes == size
        sheet.add_stars(places[:, chosen], light * fluxes[chosen] / fluxes.sum(), blur=sigma)


def elliptical(sheet, rng):
    """One Sersic profile."""
    radius = float(np.exp(rng.uniform(np.log(50), np.log(150))))
    profile = galsim.Sersic(rng.uniform(2.5, 5.0), half_light_radius=radius, trunc=12 * radius)
    sheet.add(_tilted(profile, rng, 0.45).withFlux(1.0), _centre(sheet, rng))


def globular(sheet, rng):
    """Thousands of stars of Plummer's profile, and the light of those too faint to be seen."""
    place, radius = _centre(sheet, rng), float(np.exp(rng.uniform(np.log(60), np.log(400))))
    number, unseen = int(np.exp(rng.uniform(np.log(2000), np.log(15_000)))), rng.uniform(0.1, 0.4)
    # In projection the share u of all stars lies within radius * sqrt(u / (1 - u)).
    u = rng.random(number) * 0.98
    distance, angle = radius * np.sqrt(u / (1 - u)), rng.uniform(0, 2 * np.pi, number)
    places = np.reshape(place, (2, 1)) + distance * np.stack([np.sin(angle), np.cos(angle)])
    fluxes = pareto(rng, number, rng.uniform(0.8, 1.2), spread=1e3)
    sheet.add_stars(places, (1 - unseen) * fluxes / fluxes.sum())
    # Plummer's surface density is (1 + r^2 / a^2)^-2: Moffat's profile of beta = 2.
    sheet.add(galsim.Moffat(2.0, scale_radius=radius, trunc=7 * radius).withFlux(unseen), place)


def open_cluster(sheet, rng):
    """Tens to hundreds of stars, loosely together; the brightest make most of the light."""
    number, radius = (
        int(np.exp(rng.uniform(np.log(40), np.log(500)))),
        rng.uniform(0.15, 0.4) * min(sheet.shape),
    )
    places = np.reshape(_centre(sheet, rng) / 2, (2, 1)) + rng.normal(0, radius, (2, number))
    fluxes = pareto(rng, number, rng.uniform(0.5, 0.8), spread=1e3)
    sheet.add_stars(places, fluxes / fluxes.sum())


_DRAWERS = {"disc": disc, "elliptical": elliptical, "globular": globular, "open": open_cluster}
