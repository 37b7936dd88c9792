"""A field of the survey: exposures in many bands, added up, and the truth about every object in them."""

from dataclasses import dataclass, field
from functools import cache

import numpy as np
from astropy import units as u
from astropy.table import QTable

from astroclassify.core import ParameterError, check_memory, checked, package_version, rules
from astroclassify.instruments import INSTRUMENTS
from astroclassify.photometry import BANDS, sky_rate
from astroclassify.simulate._rules import STRENGTH
from astroclassify.simulate._threads import one_thread
from astroclassify.simulate.survey._draw import draw
from astroclassify.simulate.survey._galaxies import draw_galaxies
from astroclassify.simulate.survey._magnitudes import CAMERA, zero_points
from astroclassify.simulate.survey._milky_way import Direction, draw_stars
from astroclassify.simulate.survey._objects import Objects, galaxy_objects, quasar_objects, star_objects
from astroclassify.simulate.survey._quasars import draw_quasars
from astroclassify.simulate.survey._spread import FieldSpread

#: Bands of the survey, blue to red (tuple of str).
SURVEY_BANDS = ("NUV", "u", "g", "r", "i", "z", "y")
#: Exposures of 150 s in each (parameters of the survey, see docs/sources.rst).
_EXPOSURES, _SECONDS = {"NUV": 4, "y": 4}, 150.0
_USUAL_EXPOSURES = 2
#: The focal plane reaches from -1 to 1 over so many pixels: 1.1 degrees are 53,500 pixels.
_PIXELS_PER_PLACE = 26_750.0
_MARGIN = 48  # pixels around a field that have objects too
_TILE = 1024  # pixels over which the point-spread function is the same
_PSF_SIZE = 64
#: Memory that a band takes for each pixel of a field, at least: 18 bytes were measured for 1800 x 1800.
_BYTES = 16


@dataclass(frozen=True, eq=False)
class SurveyField:
    """
    A field in many bands with its truth.

    Parameters
    ----------
    images : dict of str to astropy.nddata.CCDData
        For each band the sum of its exposures, electrons, the sky in it; masked where saturated. ``meta`` has
        ``PHOTZP`` (AB magnitude of one electron), ``EXPTIME`` (s, of all exposures), ``NCOMBINE``,
        ``RDNOISE``, ``SATURATE``; ``psf`` is the image of a point at the field's centre.
    truth : astropy.table.QTable
        A row for each object: ``class`` ("star", "galaxy", "quasar"), ``kind``, ``x``, ``y`` (pixels),
        ``inside`` (False for those up to 48 pixels beyond the edge, whose light may reach into the field),
        ``sky_centroid``, ``mag_B`` of each band (AB), ``redshift``, ``half_light_radius`` (arcsec, of
        galaxies and hosts), ``separation`` (arcsec, of binaries).
    latitude, longitude : float
        Galactic, degrees.

    Examples
    --------
    >>> from astroclassify.simulate import survey_field
    >>> field = survey_field(1, bands=("g", "i"), shape=(128, 128), latitude=25)
    >>> field.bands, field.images["i"].unit, "mag_i" in field.truth.colnames
    (('g', 'i'), Unit("electron"), True)
    """

    images: dict
    truth: QTable = field(repr=False)
    latitude: float
    longitude: float

    @property
    def bands(self):
        """The bands (tuple of str)."""
        return tuple(self.images)


def _bands(name, value):
    found = rules.several(rules.one_of(*SURVEY_BANDS))(name, value)
    if not found or len(set(found)) < len(found):
        raise rules.wrong(name, value, f"different bands of {', '.join(SURVEY_BANDS)}, one at least")
    return found


@checked(
    rng=rules.randomness,
    bands=_bands,
    shape=rules.shape,
    latitude=rules.quantity(u.deg, -90, 90),
    longitude=rules.quantity(u.deg),
    place=rules.numbers(u.dimensionless_unscaled, 2),
    limit=rules.quantity(u.mag, 15, 29),
    sky=rules.surface_brightness,
    stars=STRENGTH,
    galaxies=STRENGTH,
    quasars=STRENGTH,
    blur=STRENGTH,
)
@one_thread()
def survey_field(
    rng=None,
    *,
    bands=SURVEY_BANDS,
    shape=(1024, 1024),
    latitude=60.0,
    longitude=90.0,
    place=(0.0, 0.0),
    limit=27.0,
    sky=22.4,
    stars=1.0,
    galaxies=1.0,
    quasars=1.0,
    blur=0.0,
):
    """
    Simulate a field of the CSST survey.

    Parameters
    ----------
    rng : numpy.random.Generator or int, optional
        Source of randomness.
    bands : sequence of str, default all seven
        Of NUV, u, g, r, i, z, y.
    shape : tuple of int, default (1024, 1024)
        Rows and columns; a whole chip has (9232, 9216).
    latitude, longitude : float, default 60, 90
        Galactic, degrees: how many stars there are, and how red.
    place : tuple of float, default (0, 0)
        Centre of the field on the focal plane, y and x from -1 to 1: the point-spread function.
    limit : float, default 27
        Faintest i magnitude (AB) of the objects.
    sky : float, default 22.4
        Zodiacal light, V magnitudes for each square arcsecond.
    stars, galaxies, quasars : float, default 1
        Multiply the numbers of objects.
    blur : float, default 0
        A further blur, pixels rms: unsteady pointing.

    Returns
    -------
    SurveyField
        Images and truth.

    Raises
    ------
    ParameterError
        If a parameter is out of range, or the machine has not enough memory for the field.

    Notes
    -----
    Objects are drawn as their Fourier transforms times that of the point-spread function, at exact places.
    Noise is that of the light, the sky, the dark current and the readouts. Cosmic rays, and pixels lost to
    them, are taken to be removed; there is no distortion. Charge of saturated pixels bleeds along columns.

    Examples
    --------
    >>> from astroclassify.simulate import survey_field
    >>> found = survey_field(1, bands=("r", "i"), shape=(128, 128))
    >>> found.images["r"].shape, found.bands
    ((128, 128), ('r', 'i'))
    """
    if max(map(abs, place)) > 1:
        raise ParameterError(f"place is {place}; expected -1 to 1 on both axes of the focal plane")
    check_memory("shape", shape, each=_BYTES * len(bands))
    rng, direction = np.random.default_rng(rng), Direction(longitude, latitude)
    zero = zero_points(bands) + 2.5 * np.log10(_seconds(bands))
    objects = _objects(rng, direction, bands, shape, limit, (stars, galaxies, quasars), zero)
    noise = _noise(bands, sky)
    images = np.zeros((len(bands), *shape), np.float32)
    for window, spreads in _tiles(bands, shape, place, blur):
        _draw_tile(images, objects.parts, window, spreads, noise)
    wcs = _wcs(rng, direction, shape)
    frames = {
        band: _exposed(rng, images[number], band, sky, wcs, FieldSpread(band, place, blur=blur), zero[number])
        for number, band in enumerate(bands)
    }
    return SurveyField(frames, _truth_table(objects, bands, shape, wcs), latitude, longitude)


def _seconds(bands):
    return np.array([_SECONDS * _EXPOSURES.get(band, _USUAL_EXPOSURES) for band in bands])


def _objects(rng, direction, bands, shape, limit, densities, zero):
    """Draw all objects; their light is drawn in i too, if that is not among the bands."""
    scale = INSTRUMENTS[CAMERA].pixel_scale
    area = np.prod([side + 2 * _MARGIN for side in shape]) * scale**2 / 3600
    drawn_bands = bands if "i" in bands else (*bands, "i")
    keep = slice(0, len(bands))
    drawn = (
        (star_objects, draw_stars(rng, direction, area * densities[0], drawn_bands, ("i", limit))),
        (galaxy_objects, draw_galaxies(rng, area * densities[1], drawn_bands, limit)),
        (quasar_objects, draw_quasars(rng, area * densities[2], drawn_bands, limit)),
    )
    found = []
    for number, (place, objects) in enumerate(drawn):
        only = {n: v[:, keep] if n.endswith("mags") or n == "companion" else v for n, v in objects.items()}
        if number:  # what lies behind the Galaxy is seen through all of its dust
            only = _dimmed(only, direction, bands)
        found.append(place(rng, only, shape, _MARGIN, scale, zero))
    return Objects.joined(found)


def _dimmed(objects, direction, bands):
    from astroclassify.simulate.survey._sequences import dwarfs

    # Extinction over that in V hardly depends on the spectrum: that of a star like the Sun.
    dust = dwarfs(bands).at(np.array([4.8]))[1] * direction.dust(np.inf)
    return {name: v + dust if name.endswith("mags") else v for name, v in objects.items()}


def _background(band, sky):
    """Electrons per pixel of sky and dark current, of all exposures."""
    rate = _sky_at_zero(band) * 10 ** (-0.4 * sky) + INSTRUMENTS[CAMERA].dark_current
    return rate * float(_seconds((band,))[0])


@cache
def _sky_at_zero(band):
    """Electrons per second and pixel of a sky of V = 0 per square arcsecond."""
    return float(sky_rate(BANDS[CAMERA, band], zodiacal=20.0).value) * 10 ** (0.4 * 20.0)


def _read_noise(band):
    """Rms electrons of the readouts of all exposures together."""
    amplifiers = INSTRUMENTS[CAMERA].amplifiers.values()
    return np.mean([a.read_noise for a in amplifiers]) * np.sqrt(_EXPOSURES.get(band, _USUAL_EXPOSURES))


def _noise(bands, sky):
    return np.array([np.sqrt(_background(band, sky) + _read_noise(band) ** 2) for band in bands])


def _tiles(bands, shape, place, blur):
    """Windows (rows, columns) that have one point-spread function, and those of the bands."""
    for top in range(0, shape[0], _TILE):
        for left in range(0, shape[1], _TILE):
            window = slice(top, min(top + _TILE, shape[0])), slice(left, min(left + _TILE, shape[1]))
            middle = [(part.start + part.stop - 1) / 2 for part in window]
            here = [
                p + (m - (side - 1) / 2) / _PIXELS_PER_PLACE
                for p, m, side in zip(place, middle, shape, strict=True)
            ]
            yield window, [FieldSpread(band, here, blur=blur) for band in bands]


def _draw_tile(images, parts, window, spreads, noise):
    view = images[:, *window]
    sides = view.shape[1:]
    y, x = parts.y - window[0].start, parts.x - window[1].start
    reach = 192
    near = (y > -reach) & (y < sides[0] + reach) & (x > -reach) & (x < sides[1] + reach)
    here = parts[near]
    here.y[:], here.x[:] = y[near], x[near]
    draw(view, here, spreads, noise)


def _wcs(rng, direction, shape):
    from astropy.coordinates import SkyCoord
    from astropy.wcs import WCS

    centre = SkyCoord(direction.longitude, direction.latitude, unit="deg", frame="galactic").icrs
    wcs = WCS(naxis=2)
    wcs.wcs.ctype = ["RA---TAN", "DEC--TAN"]
    wcs.wcs.crpix = [(side + 1) / 2 for side in shape[::-1]]
    wcs.wcs.crval = [centre.ra.deg, centre.dec.deg]
    roll, step = rng.uniform(0, 2 * np.pi), INSTRUMENTS[CAMERA].pixel_scale / 3600
    c, s = np.cos(roll) * step, np.sin(roll) * step
    wcs.wcs.cd = [[-c, s], [s, c]]
    wcs.wcs.set()
    return wcs


def _exposed(rng, light, band, sky, wcs, spread, zero):
    """Turn expected electrons into an image; ``light`` is used up."""
    from astropy.nddata import CCDData

    exposures = _EXPOSURES.get(band, _USUAL_EXPOSURES)
    light += _background(band, sky)
    np.maximum(light, 0, out=light)
    for rows in range(0, light.shape[0], _TILE):  # in strips: numbers are drawn as 64-bit ones
        strip = light[rows : rows + _TILE]
        strip[...] = rng.poisson(strip)
        strip += rng.standard_normal(strip.shape, np.float32) * np.float32(_read_noise(band))
    clip = _saturated(light, exposures)
    header = _header(band, exposures, clip, zero)
    return CCDData(
        light, unit=u.electron, mask=light >= clip, meta=header, wcs=wcs, psf=spread.image(_PSF_SIZE)
    )


def _saturated(light, exposures):
    """Let full wells bleed, and clip where the converter ends; gives that level."""
    import torch

    from astroclassify.simulate.detector._charge import bleed

    camera = INSTRUMENTS[CAMERA]
    amplifier = next(iter(camera.amplifiers.values()))
    bleed(torch.from_numpy(light), camera.full_well * exposures)
    converter = (camera.adc_max - amplifier.bias_level) * amplifier.gain
    clip = np.float32(min(converter, camera.full_well) * exposures)
    np.minimum(light, clip, out=light)
    return clip


def _header(band, exposures, clip, zero):
    from astropy.io import fits

    camera = INSTRUMENTS[CAMERA]
    cards = {
        "TELESCOP": camera.telescope,
        "INSTRUME": camera.instrume,
        "FILTER": band,
        "EXPTIME": _SECONDS * exposures,
        "NCOMBINE": exposures,
        "GAIN": 1.0,
        "RDNOISE": float(_read_noise(band)),
        "SATURATE": float(clip),
        "PHOTZP": float(zero),
        "PIXSCALE": camera.pixel_scale,
    }
    header = fits.Header(list(cards.items()))
    header["HISTORY"] = f"simulated by astroclassify {package_version()}"
    return header


def _truth_table(objects, bands, shape, wcs):
    truth = objects.truth
    table = QTable({name: truth[name] for name in ("class", "kind", "x", "y", "redshift")})
    table["inside"] = (np.abs(truth["y"] - (shape[0] - 1) / 2) < shape[0] / 2) & (
        np.abs(truth["x"] - (shape[1] - 1) / 2) < shape[1] / 2
    )
    table["half_light_radius"] = truth["radius"] * u.arcsec
    table["separation"] = truth["separation"] * u.arcsec
    for number, band in enumerate(bands):
        table[f"mag_{band}"] = truth["mags"][:, number] * u.mag
    table["sky_centroid"] = wcs.pixel_to_world(table["x"], table["y"])
    return table
