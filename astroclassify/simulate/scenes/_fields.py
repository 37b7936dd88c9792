"""What lies before and behind a body: stars of the Milky Way, and faint galaxies."""

import numpy as np
import torch
from astropy import units as u

from astroclassify.core import ParameterError, checked, rules
from astroclassify.simulate._random_streams import RandomStreams
from astroclassify.simulate._rules import STRENGTH
from astroclassify.simulate.scenes._scene import MARGIN, Scene

#: Cumulative star counts towards the Galactic pole in V: log10 per square arcminute. They flatten where the
#: disk's main sequence ends. Textbook values (docs/sources.rst); so is the rise to low latitude.
_STAR_MAGNITUDES = np.array([11.0, 20.0, 27.0])
_STAR_COUNTS = np.array([-2.64, -0.48, 0.64])
_LATITUDE_POWER, _LATITUDE_SOFTENING = 1.7, 4.0  # 1 / sin(|b| + 4 deg) ** 1.7
_FIELD_TO_FIELD = 0.2  # scatter of the logarithm of star counts between fields of one latitude
#: Temperatures of the stars of the disk at magnitudes: Sun-like in front, red dwarfs behind.
_COLOUR_MAGNITUDES, _COLOURS = (12.0, 16.0, 19.0, 22.0, 25.0), (6000.0, 5600.0, 4600.0, 3700.0, 3400.0)
_HALO = 0.15  # part of the stars beyond V = 17 that are of the halo, near its turn-off
#: Cumulative galaxy counts, log10 per square arcminute; 30 to V = 25. Textbook knowledge as well.
_GALAXY_MAGNITUDES = np.array([16.0, 24.0, 26.5])
_GALAXY_COUNTS = np.array([-2.0, 1.17, 1.92])
#: No more objects are drawn than one for so many pixels; the faintest are left out.
_PIXELS_PER_STAR, _PIXELS_PER_GALAXY = 40, 400
_STAMP_REACHES = (3, 6, 11, 20, 36, 64, 128)  # pixels
_SMALLEST = 0.3  # pixels; smaller ones are points
#: Disks whose half-light radius is more pixels than this show arms, so many of them.
_SHOWS_ARMS, _ARMED = 2.0, 0.7
_WINDING = 3.0  # radians of azimuth per e-folding of the radius: a pitch of 18 degrees
#: Central brightness of the bulge of a disk with arms relative to the disk's, and its e-folding radius
#: relative to the half-light radius: a seventh of the light.
_BULGE, _BULGE_RADIUS = 4.0, 0.12
_STAMP_PIXELS = 4_000_000  # of the stamps that are made at a time


def star_density(latitude, magnitude=25.0):
    """
    Say how many stars of the Milky Way there are.

    Parameters
    ----------
    latitude : float
        Galactic latitude, degrees.
    magnitude : float, default 25
        Down to which V magnitude.

    Returns
    -------
    float
        Stars per square arcminute, on average over longitudes.
    """
    at_pole = 10 ** np.interp(magnitude, _STAR_MAGNITUDES, _STAR_COUNTS)
    sine = np.sin(np.radians(min(abs(latitude) + _LATITUDE_SOFTENING, 90.0)))
    return float(at_pole * sine**-_LATITUDE_POWER)


@checked(
    scene=rules.instance(Scene),
    latitude=rules.quantity(u.deg, -90, 90),
    streams=rules.instance(RandomStreams),
    density=STRENGTH,
    pixels_each=STRENGTH,
)
def add_foreground(scene, latitude, streams, *, density=1.0, pixels_each=_PIXELS_PER_STAR):
    """
    Add stars of the Milky Way.

    Parameters
    ----------
    scene : Scene
        Changed in place.
    latitude : float
        Galactic latitude, degrees.
    streams : RandomStreams
        Source of randomness.
    density : float, default 1
        Multiplies their number.
    pixels_each : float, default 40
        No more stars are drawn than one for so many pixels; the faintest are left out.

    Raises
    ------
    ParameterError
        If the density is negative.
    """
    rng = streams.rng
    of_latitude = star_density(latitude, 25.0) / star_density(90.0, 25.0) * rng.lognormal(0, _FIELD_TO_FIELD)
    expected, limit = _counts(scene, density * of_latitude, _STAR_MAGNITUDES, _STAR_COUNTS, pixels_each)
    number = rng.poisson(expected)
    magnitude = _magnitudes(rng, number, _STAR_MAGNITUDES, _STAR_COUNTS, limit)
    temperature = np.interp(magnitude, _COLOUR_MAGNITUDES, _COLOURS) * rng.lognormal(0, 0.1, number)
    halo = (rng.random(number) < _HALO) & (magnitude > 17)
    temperature[halo] = rng.uniform(5500, 6600, halo.sum())
    scene.add_stars(*_positions(rng, scene.view, number), magnitude, temperature)


def _counts(scene, density, magnitudes, logs, pixels_each):
    """Expected number in the window and its margin, and the faintest magnitude to be drawn."""
    if not 0 <= density < np.inf:
        raise ParameterError(f"density is {density}; expected zero or more")
    rows, columns = scene.view.shape
    margin = 2 * _margin(scene.view)
    pixels = (rows + margin) * (columns + margin)
    area = pixels * scene.view.pixel_area / 3600
    most = max(pixels / pixels_each / max(area * density, 1e-12), 1e-12)
    limit = float(np.interp(np.log10(most), logs, magnitudes))
    return area * density * 10 ** float(np.interp(limit, magnitudes, logs)), limit


def _margin(view):
    """Pixels around the window: what lies there has spikes, wings or edges that reach into it."""
    return min(MARGIN / view.pixel_scale, 8 + 0.1 * max(view.shape))


def _magnitudes(rng, number, magnitudes, logs, limit):
    """Draw from cumulative counts, down to a limit."""
    faintest = np.interp(limit, magnitudes, logs)
    return np.interp(faintest + np.log10(1 - rng.random(number)), logs, magnitudes)


def _positions(rng, view, number):
    margin = _margin(view)
    return (rng.uniform(-0.5 - margin, side - 0.5 + margin, number) for side in view.shape)


@checked(scene=rules.instance(Scene), streams=rules.instance(RandomStreams), density=STRENGTH)
def add_background(scene, streams, *, density=1.0):
    """
    Add faint galaxies behind the body.

    Parameters
    ----------
    scene : Scene
        Changed in place.
    streams : RandomStreams
        Source of randomness.
    density : float, default 1
        Multiplies their number.

    Raises
    ------
    ParameterError
        If the density is negative.

    Notes
    -----
    Bright ones are larger, and more often old; Sersic profiles of index 1 and 4. Most disks that are large
    enough to show it have a bulge and two arms.
    """
    rng = streams.rng
    expected, limit = _counts(scene, density, _GALAXY_MAGNITUDES, _GALAXY_COUNTS, _PIXELS_PER_GALAXY)
    number = rng.poisson(expected)
    magnitude = _magnitudes(rng, number, _GALAXY_MAGNITUDES, _GALAXY_COUNTS, limit)
    arcsec = np.clip(0.3 * 10 ** (-0.12 * (magnitude - 24)) * rng.lognormal(0, 0.45, number), 0.08, 4.0)
    index = np.where(rng.random(number) < 0.25, 4, 1)
    old = rng.random(number) < np.where(index == 4, 0.8, np.interp(magnitude, (18, 24), (0.4, 0.05)))
    galaxies = np.stack(
        [
            *_positions(rng, scene.view, number),
            10 ** (-0.4 * magnitude) / scene.view.pixel_area,
            np.maximum(arcsec / scene.view.pixel_scale, _SMALLEST),
            np.where(index == 4, rng.uniform(0.6, 1.0, number), rng.uniform(0.2, 1.0, number)),
            rng.uniform(0, np.pi, number),
            index,
        ]
    )
    large = (index == 1) & (galaxies[3] > _SHOWS_ARMS) & (rng.random(number) < _ARMED)
    arms = np.where(large, rng.uniform(0.3, 0.8, number) * rng.choice([-1.0, 1.0], number), 0.0)
    if number:
        settings = {"planes": old.astype(int), "arms": arms, "device": streams.device}
        planes = render_galaxies(galaxies, scene.view.shape, **settings)
        for spectrum, light in zip(("star-forming", "old"), planes, strict=True):
            scene.add(spectrum, light)


def render_galaxies(galaxies, shape, *, planes, arms=0.0, device="cpu"):
    """
    Draw many small galaxies at once.

    Parameters
    ----------
    galaxies : numpy.ndarray
        Rows y, x, flux, half-light radius (pixels), axis ratio, position angle (radians), Sersic index 1 or
        4; shape (7, N).
    shape : tuple of int
        Rows and columns.
    planes : numpy.ndarray of int
        On which of two images each is drawn, 0 or 1.
    arms : array_like, default 0
        Contrast of two arms, up to 1; the sign says which way they wind. Those with arms have a bulge too.
    device : str or torch.device, default "cpu"
        Where to draw.

    Returns
    -------
    torch.Tensor
        Two images, float32; of a galaxy wholly inside they hold the whole flux.
    """
    size = shape[0] * shape[1]
    images = torch.zeros(2 * size + 1, device=device)  # the last one takes what falls outside
    reach = galaxies[3] * np.where(galaxies[6] == 4, 6.0, 4.5)
    group = np.searchsorted(_STAMP_REACHES[:-1], reach)
    numbered = np.concatenate([galaxies, planes[None] * size, np.broadcast_to(arms, planes.shape)[None]])
    for number in np.unique(group):
        members = _near(numbered[:, group == number], _STAMP_REACHES[number], shape)
        most = max(_STAMP_PIXELS // (2 * _STAMP_REACHES[number] + 1) ** 2, 1)
        for start in range(0, members.shape[1], most):
            _add_stamps(images, members[:, start : start + most], _STAMP_REACHES[number], shape)
    return images[:-1].reshape(2, *shape)


def _near(galaxies, reach, shape):
    sides = np.array(shape)[:, None]
    return galaxies[:, ((galaxies[:2] > -reach) & (galaxies[:2] < sides - 1 + reach)).all(axis=0)]


def _add_stamps(images, galaxies, reach, shape):
    own = torch.as_tensor(galaxies, device=images.device)[:, :, None, None]
    offset = torch.arange(-reach, reach + 1, device=images.device)
    row, column = torch.round(own[0]).long() + offset[:, None], torch.round(own[1]).long() + offset
    dy, dx = (row - own[0]).float(), (column - own[1]).float()
    # A soft round edge, for a square one is seen in deep pictures.
    edge = (1 - (dy * dy + dx * dx) / (reach + 0.5) ** 2).clamp_(min=0.0).square_()
    stamps = _sersic_stamps(dy, dx, own[3:7].float(), own[8].float()).mul_(edge)
    stamps *= own[2].float() / stamps.sum((1, 2), keepdim=True)
    inside = (row >= 0) & (row < shape[0]) & (column >= 0) & (column < shape[1])
    index = torch.where(inside, own[7].long() + row * shape[1] + column, images.numel() - 1)
    images.index_add_(0, index.reshape(-1), stamps.reshape(-1))


def _sersic_stamps(dy, dx, own, arms):
    size, ratio, angle, index = own
    c, s = torch.cos(angle), torch.sin(angle)
    along, across = c * dx + s * dy, (c * dy - s * dx) / ratio
    # Softened by a third of a pixel: what averaging over pixels does to a cusp.
    r = torch.sqrt(along * along + across * across + 0.1) / size
    disk = index == 1
    b = torch.where(disk, 1.678, 7.669)
    light = torch.exp(-b * (torch.where(disk, r, r**0.25) - 1))
    return _with_arms(light, r, torch.atan2(across, along), arms) if arms.any() else light


def _with_arms(disk, r, azimuth, arms):
    """Two logarithmic arms over a disk, and a bulge; disks without arms stay as they are."""
    crest = torch.cos(2 * (azimuth - torch.sign(arms) * _WINDING * torch.log(r)))
    grown = 1 - torch.exp(-((r / 0.4) ** 2))
    bulge = _BULGE * float(np.exp(1.678)) * torch.exp(r * (-1 / _BULGE_RADIUS)) * (arms != 0)
    return disk * (1 + arms.abs() * grown * crest) + bulge
