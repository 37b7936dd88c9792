"""Raw frames unlike those of bodies: calibration, exposures gone wrong, the Solar System, empty sky."""

from dataclasses import asdict, replace
from functools import partial
from types import MappingProxyType

import numpy as np
import torch

from astroclassify.core import UnknownNameError, checked, rules
from astroclassify.simulate._exposure import RawExposure, read_chips
from astroclassify.simulate._field_of_view import FieldOfView
from astroclassify.simulate._light import (
    SCENE_FACTOR,
    light_on_field,
    on_detector,
    random_pointing,
    random_sky,
)
from astroclassify.simulate._random_streams import RandomStreams
from astroclassify.simulate._raster import blur, splat
from astroclassify.simulate._rules import CAMERA
from astroclassify.simulate._solar_system import comet, planet
from astroclassify.simulate.detector._effects import Effects, random_effects
from astroclassify.simulate.optics._observe import observe_scene
from astroclassify.simulate.optics._psf import point_spread
from astroclassify.simulate.optics._telescopes import Optics
from astroclassify.simulate.scenes._bodies import CLASSES, random_body, random_view

# How long a lost guide star lets the field run, pixels.
_TRAIL_LENGTHS = (100.0, 1000.0)
# The part of a saturated frame's pixels that are full.
_SATURATED = (0.6, 1.0)


@checked(
    kind=rules.text,
    instrument=CAMERA,
    rng=rules.randomness,
    aperture=rules.optional(rules.text),
    band=rules.text,
)
def simulate_outlier(kind, instrument="acs-wfc", *, rng=None, aperture=None, band="F606W"):
    """
    Make a raw frame that shows none of the bodies a classifier knows.

    Parameters
    ----------
    kind : str
        One of ``OUTLIERS``.
    instrument : str or Instrument, default "acs-wfc"
        The camera.
    rng : numpy.random.Generator or int, optional
        Source of randomness or its seed; same seed, same bytes.
    aperture : str, optional
        Name of one of the camera's layouts; by default the whole of its first chip.
    band : str, default "F606W"
        Filter.

    Returns
    -------
    RawExposure
        Raw image and truth: ``kind``, ``label`` (``"outlier"``; ``"field"`` for empty sky) and effects.

    Raises
    ------
    UnknownNameError
        If there is no such kind, instrument, aperture or filter.

    Notes
    -----
    ``bias``, ``dark`` and ``flat`` are what calibration programmes take; ``noise`` is nothing but noise,
    white or correlated. In ``trailed`` frames guiding was lost, so that a field or a body is smeared over 100
    to 1000 pixels; in ``saturated`` ones most pixels are full. ``planet`` and ``comet`` are resolved, and
    stars run past them, as the telescope follows. ``field`` is sky without any body.

    Examples
    --------
    >>> from astroclassify.simulate import simulate_outlier
    >>> simulate_outlier("bias", rng=1, aperture="WFC1A-512").raw[1].shape
    (512, 2072)
    """
    if kind not in OUTLIERS:
        raise UnknownNameError(f"no outlier is named {kind!r}; there are: {', '.join(OUTLIERS)}")
    field = FieldOfView.of(instrument, aperture or FieldOfView.of(instrument).layouts[1].name)
    streams = RandomStreams(rng)
    rate, exptime, effects = OUTLIERS[kind](field, band, streams)
    raw = read_chips(field, rate, exptime, effects, streams)
    truth = {"kind": kind, "label": "field" if kind == "field" else "outlier", "effects": asdict(effects)}
    world = field.world(*random_pointing(streams.rng))
    return RawExposure(raw, field.camera, band, float(exptime), world, field.layouts, truth)


# Calibration frames --------------------------------------------------------------------------


def _effects(field, streams):
    return random_effects(streams.rng, field.camera)


def _bias(field, band, streams):
    effects = replace(_effects(field, streams), post_flash=0.0, satellite_trails=0)
    return torch.zeros(field.shape), 0.0, effects


def _dark(field, band, streams):
    effects = replace(_effects(field, streams), post_flash=0.0, satellite_trails=0)
    return torch.zeros(field.shape), round(float(streams.log_uniform(200, 1500)), 1), effects


def _flat(field, band, streams):
    """A lamp: a smooth slope, vignetting, shadows of dust."""
    y, x = (torch.linspace(-1, 1, n) for n in field.shape)
    y, x = y[:, None], x[None, :]
    slope = streams.rng.normal(0, 0.03, 2)
    # Vignetting takes light off with the square of the distance from the axis.
    light = 1 + slope[0] * y + slope[1] * x - streams.rng.uniform(0, 0.05) * (y * y + x * x)
    for _ in range(streams.rng.integers(0, 10)):
        middle, radius = streams.rng.uniform(-1, 1, 2), streams.rng.uniform(0.01, 0.08)
        # Dust on a window some way before the detector is out of focus: its shadow is an image of the
        # pupil, a ring where a secondary mirror stands in it.
        ring = torch.hypot(y - middle[0], (x - middle[1]) * field.shape[1] / field.shape[0]) / radius
        light = light - streams.rng.uniform(0.003, 0.03) * torch.exp(-((ring - 1) ** 2) / 0.1)
    exptime, level = streams.log_uniform(1, 30), streams.log_uniform(1e3, 0.6 * field.camera.full_well)
    effects = replace(_effects(field, streams), pixel_response=0.01, satellite_trails=0)
    return light.float() * float(level / exptime), round(float(exptime), 1), effects


def _noise(field, band, streams):
    """White or correlated noise of any strength, and nothing that a detector adds but its read noise."""
    image = streams.normal(field.shape)
    if streams.chance(0.5):
        image = blur(image, streams.rng.uniform(0.5, 3.0))
    strength = float(streams.log_uniform(5, 3000))
    # Six standard deviations above zero, so that no light is negative.
    image = (image / image.std() + 6).clamp_(min=0) * strength
    return image, 1.0, replace(Effects.none(), read_noise=1.0)


# Exposures gone wrong ------------------------------------------------------------------------


def _sky_of(field, body, band, streams):
    """What the camera sees where the body is, electrons per second and pixel."""
    view = random_view(streams.rng, body, field.shape, pixel_scale=field.camera.pixel_scale)
    return light_on_field(field, body, view, band, random_sky(streams.rng), device=streams.device)


def _exptime(streams):
    return round(float(streams.log_uniform(30, 1200)), 1)


def _trailed(field, band, streams):
    """Guiding was lost: everything runs along an arc."""
    body = random_body(None, streams.rng, label=str(streams.rng.choice(CLASSES)))
    rate = _sky_of(field, body, band, streams)
    length = min(float(streams.log_uniform(*_TRAIL_LENGTHS)), min(field.shape) / 2)
    return smear(rate, length, streams), _exptime(streams), _effects(field, streams)


def smear(image, length, streams):
    """
    Let an image run along a random arc; what leaves it on one side comes back on the other.

    Parameters
    ----------
    image : torch.Tensor
        Light per pixel.
    length : float
        Of the arc, pixels.
    streams : RandomStreams
        Source of randomness.

    Returns
    -------
    torch.Tensor
        Of the same shape and sum, zero or more.
    """
    along = np.linspace(0, 1, 4 * int(np.ceil(length)) + 1)
    # The direction turns evenly along the path: an arc of a circle.
    angle = streams.rng.uniform(0, 2 * np.pi) + streams.rng.normal(0, 0.4) * along
    y, x = (np.cumsum(wave(angle)) * length / along.size for wave in (np.sin, np.cos))
    rows, columns = image.shape
    path = splat([y % rows, x % columns, np.full(along.size, 1 / along.size)], image.shape)
    # A convolution with the path, by the product of the transforms; the box is periodic, so that no light
    # is lost.
    kernel = torch.fft.rfft2(path / path.sum())
    return torch.fft.irfft2(torch.fft.rfft2(image) * kernel, s=image.shape).clamp_(min=0)


def _saturated(field, band, streams):
    """So bright, or exposed so long, that most pixels are full."""
    body = random_body(None, streams.rng, label=str(streams.rng.choice(CLASSES)))
    rate, exptime = _sky_of(field, body, band, streams), _exptime(streams)
    # The light is scaled so that this pixel is just full: all that are brighter are.
    faintest_full = np.quantile(rate.numpy()[::8, ::8], 1 - streams.rng.uniform(*_SATURATED))
    return rate * float(field.camera.full_well / exptime / faintest_full), exptime, _effects(field, streams)


# The Solar System, and nothing ---------------------------------------------------------------


def _empty(field, band, streams):
    return _sky_of(field, random_body("field", streams.rng), band, streams)


def _field(field, band, streams):
    return _empty(field, band, streams), _exptime(streams), _effects(field, streams)


def _solar_system(field, band, streams, *, draw, brightest, exptimes, runs):
    """A body of the Solar System, which the telescope follows; the stars run."""
    exptime = round(float(streams.log_uniform(*exptimes)), 1)
    shape = tuple(-(-n // SCENE_FACTOR) for n in field.shape)
    # Drawn for a brightest pixel of 1, so that nothing but the exposure decides how much of it is full.
    diffuse, points = draw(shape, field.camera.pixel_scale * SCENE_FACTOR, streams)
    scale = float(streams.log_uniform(*brightest)) / exptime
    points[:2] = on_detector(points[:2])
    points[2] *= scale
    spread = point_spread(field.camera.name, band, optics=Optics.of(field.camera.name))
    light = observe_scene(diffuse * scale, points, spread, shape=field.shape, factor=SCENE_FACTOR)
    stars = smear(_empty(field, band, streams), float(streams.log_uniform(*runs)), streams)
    return light + stars, exptime, _effects(field, streams)


#: Functions that give light (electrons per second and pixel of the field), time and effects, by kind.
OUTLIERS = MappingProxyType(
    {
        "bias": _bias,
        "dark": _dark,
        "flat": _flat,
        "noise": _noise,
        "trailed": _trailed,
        "saturated": _saturated,
        "planet": partial(
            _solar_system, draw=planet, brightest=(300, 60_000), exptimes=(0.5, 60), runs=(1, 20)
        ),
        "comet": partial(
            _solar_system, draw=comet, brightest=(100, 20_000), exptimes=(30, 600), runs=(5, 200)
        ),
        "field": _field,
    }
)
