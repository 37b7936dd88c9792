"""A wide field: an image as an observer has it, the same without stars, and the bodies in it."""

from dataclasses import dataclass, field
from functools import partial

import numpy as np
from astropy import units as u
from astropy.table import QTable

from astroclassify.core import checked, rules
from astroclassify.simulate._random_streams import RandomStreams
from astroclassify.simulate._rules import FRAME_SHAPE
from astroclassify.simulate._threads import one_thread
from astroclassify.simulate.scenes.pictures._body import PictureBody
from astroclassify.simulate.wide._cameras import wide_camera
from astroclassify.simulate.wide._develop import as_counts, developed
from astroclassify.simulate.wide._light import (
    exposed,
    point_spread,
    random_air,
    random_night,
    random_noise,
    small_galaxies,
    stars_of,
    through_optics,
)
from astroclassify.simulate.wide._objects import LIMIT_MAGNITUDE, Noise, place_bodies, table_of, without_stars

#: How often each camera takes a field where none is named.
_SHARES = {
    "smart-30": 0.15,
    "smart-50": 0.25,
    "smart-80": 0.15,
    "amateur-250": 0.25,
    "acs-wfc": 0.1,
    "csst-msc": 0.1,
}
#: How often a field is shown as counts where nothing is said.
_LINEAR = 0.25
#: A point is a star, and no part of a glow, if its peak stands out of the noise by so many times.
_STAR = 5.0
#: Memory that a field takes for each of its pixels, at least: 149 bytes were measured for a grey one of
#: 1800 x 1800 without bodies, 201 in colours.
_BYTES = 120


@dataclass(frozen=True, eq=False)
class WideField:
    """
    An image of a part of the sky, and its truth.

    Parameters
    ----------
    image : numpy.ndarray
        What the observer has, float32, ``[y, x]`` or ``[y, x, 3]`` (red, green, blue): photograph, 0 to 1, or
        counts.
    starless : numpy.ndarray or None
        The same, with the same noise, without the stars of the Milky Way and those of nebulae and clusters
        that stand out of the noise.
    objects : astropy.table.QTable
        The bodies that are seen: ``class``, ``x_min``, ``x_max``, ``y_min``, ``y_max`` (pixels, whose centres
        are at integers: the whole image reaches from -0.5 to its size less 0.5), ``snr``, ``size``
        (geometric mean of the sides, pixels), ``kind`` and ``body``.
    camera : str
        Key of ``WIDE_CAMERAS``.
    style : {"photograph", "linear"}
        What the values are.
    pixel_scale : float
        Arcseconds per pixel.

    Examples
    --------
    >>> from astroclassify.simulate import wide_field
    >>> field = wide_field(5, shape=(256, 256), telescope="amateur-250", style="photograph")
    >>> print(field.image.shape, field.objects["class"][0])
    (256, 256) galaxy
    """

    image: np.ndarray = field(repr=False)
    starless: np.ndarray | None = field(repr=False)
    objects: QTable = field(repr=False)
    camera: str
    style: str
    pixel_scale: float


@checked(
    rng=rules.randomness,
    shape=partial(FRAME_SHAPE, each=_BYTES),
    telescope=rules.optional(rules.text),
    colour=rules.optional(rules.flag),
    style=rules.optional(rules.one_of("photograph", "linear")),
    objects=rules.optional(rules.whole(0)),
    pictures=rules.several(rules.instance(PictureBody)),
    real=rules.quantity(u.dimensionless_unscaled, 0, 1),
    starless=rules.flag,
)
def wide_field(
    rng,
    *,
    shape=(608, 608),
    telescope=None,
    colour=None,
    style=None,
    objects=None,
    pictures=(),
    real=0.5,
    starless=True,
):
    """
    Simulate a wide field with several bodies, or none.

    Parameters
    ----------
    rng : numpy.random.Generator or int
        Source of randomness or its seed; same seed, same field.
    shape : tuple of int, default (608, 608)
        Rows and columns, 8 or more.
    telescope : str, optional
        Key of ``WIDE_CAMERAS``; random by default.
    colour : bool, optional
        Whether the image has three planes; random by default.
    style : {"photograph", "linear"}, optional
        A stretched picture, or counts; random by default.
    objects : int, optional
        How many bodies are tried; random by default, none in one field of eight.
    pictures : sequence of PictureBody, default ()
        Real bodies to show beside drawn ones; sizes and brightness are drawn anew.
    real : float, default 0.5
        How often a body is a real one, where there are any of its class.
    starless : bool, default True
        Whether the image without stars is made too.

    Returns
    -------
    WideField
        The field.

    Raises
    ------
    UnknownNameError
        If there is no such camera.
    ParameterError
        If the shape is too small, or too large for the machine's memory, or something is not what it should
        be.

    Notes
    -----
    A body's edge is the isophote of 25 V mag per square arcsecond, or of three times the noise on the scale
    at which it is seen, whichever is brighter; bodies with S/N of 5 and sides of 4 pixels are listed. Bodies
    are as bright as those are that people take pictures of: the isophote of half of the light lies at 0.9 to
    25 times the limit, for nine in ten.

    Examples
    --------
    >>> from astroclassify.simulate import wide_field
    >>> seen = wide_field(3, shape=(128, 160), telescope="smart-50", colour=True)
    >>> seen.image.shape, seen.objects.colnames[:3]
    ((128, 160, 3), ['class', 'x_min', 'x_max'])
    """
    streams = RandomStreams(rng)
    name = telescope or str(streams.rng.choice(list(_SHARES), p=list(_SHARES.values())))
    camera = wide_camera(name)
    colour = streams.chance(0.7) if colour is None else colour
    style = style or ("linear" if streams.chance(_LINEAR) else "photograph")
    with one_thread():
        bodies = {"number": objects, "pictures": pictures, "shown": real}
        night, placed, counted = _taken(streams, camera, shape, bodies, starless)
    develop = developed if style == "photograph" else as_counts
    image, *without = develop(counted, streams, colour=colour)
    return WideField(image, without[0] if without else None, table_of(placed), name, style, night.pixel_scale)


def _taken(streams, camera, shape, bodies, starless):
    """Expose a field: circumstances, bodies, and electrons with and, if asked for, without stars."""
    night, responses = random_night(streams, camera), camera.responses()
    stars = stars_of(streams, night, shape, responses)
    noise = _noise(night, stars, shape, responses)
    placed = place_bodies(streams, shape, night.pixel_scale, responses, noise, **bodies)
    background = small_galaxies(streams, night, shape, responses)
    optics, air = point_spread(streams, camera, night), random_air(streams, camera, night, shape)
    unit_noise = random_noise(streams, shape)

    def electrons(bodies, stars):
        diffuse, points = _together(background, bodies, stars)
        return exposed(through_optics(diffuse, points, optics), air, night, unit_noise)

    counted = [electrons(placed, stars)]
    if starless:
        # A Gaussian of this width has its peak at 0.88 of the flux over the width squared.
        brightest = _STAR * night.pixel_noise * night.fwhm**2 / 0.88
        glow = [without_stars(body, brightest) for body in placed]
        counted.append(electrons(glow, stars[:, :0]))
    return night, placed, counted


def _together(background, bodies, stars):
    diffuse = background.clone()
    for body in bodies:
        rows, columns = body.diffuse.shape[1:]
        diffuse[:, body.top : body.top + rows, body.left : body.left + columns] += body.diffuse
    return diffuse, np.concatenate([stars, *(body.points for body in bodies)], axis=1)


def _noise(night, stars, shape, responses):
    flux = np.sort(stars[2:].sum(axis=0))
    faint = flux[: int(0.98 * flux.size)]  # single bright stars do not hide a cluster
    confusion = float(np.sqrt((faint**2).sum() / (shape[0] * shape[1])))
    unit = sum(response.rates["old"] for response in responses) * night.pixel_scale**2
    return Noise(night.pixel_noise, confusion, 10 ** (-0.4 * LIMIT_MAGNITUDE) * unit, night.fwhm)
