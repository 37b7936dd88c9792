"""The light of a wide field on its way to the pixels: stars, small galaxies, air, optics, and noise."""

from dataclasses import dataclass

import numpy as np
import torch
from scipy import ndimage
from scipy.fft import next_fast_len

from astroclassify.simulate._raster import splat
from astroclassify.simulate._textures import enlarge, fractal
from astroclassify.simulate.optics._observe import moffat_kernel
from astroclassify.simulate.scenes._fields import add_foreground, render_galaxies
from astroclassify.simulate.scenes._palette import STAR_TYPES
from astroclassify.simulate.scenes._scene import Scene
from astroclassify.simulate.scenes._view import View

#: Pixels of air about the field: light from there reaches into it.
_PAD = 24
#: One star for so many pixels at most; fainter ones are the sky's.
_PIXELS_EACH = (60, 2000)
#: Stars that an observer sees with the naked eye and the hard negatives among them: how often a field has
#: some, how many, and of which V magnitude.
_BRIGHT, _MOST_BRIGHT, _BRIGHT_MAGNITUDES = 0.3, 3, (3.0, 8.5)
#: Small galaxies behind: half-light radii in pixels, below what is listed as a body.
_SMALL_GALAXIES = (0.4, 1.6)
#: Size of the maps on which clouds are drawn: they have no small structure.
_CLOUD_SIDE = 48
#: Spectra of the sky: a star like the Sun's for zodiacal light and moonlight, old stars' for lamps.
_SUN = "G2" if "G2" in STAR_TYPES else next(each for each in STAR_TYPES if each.startswith("G"))


@dataclass(frozen=True, eq=False)
class Night:
    """
    The circumstances of an exposure.

    Parameters
    ----------
    pixel_scale : float
        Arcseconds per pixel.
    latitude : float
        Galactic latitude, degrees.
    seconds : float
        Total exposure time.
    sky : numpy.ndarray
        Electrons per second and pixel from the sky, in each band; shape (3,).
    read_noise : float
        Electrons of all single exposures together.
    fwhm : float
        Of a star, pixels.
    """

    pixel_scale: float
    latitude: float
    seconds: float
    sky: np.ndarray
    read_noise: float
    fwhm: float

    @property
    def pixel_noise(self):
        """Standard deviation of a pixel, all bands together, electrons per second (float)."""
        electrons = float(self.sky.sum()) * self.seconds + len(self.sky) * self.read_noise**2
        return np.sqrt(electrons) / self.seconds


def random_night(streams, camera):
    """
    Draw the circumstances of an exposure.

    Parameters
    ----------
    streams : RandomStreams
        Source of randomness.
    camera : WideCamera
        The camera.

    Returns
    -------
    Night
        The circumstances.
    """
    rng = streams.rng
    # Drizzled, binned, cropped and enlarged: what is shown seldom has the sensor's own pixels.
    zoom = float(rng.choice([1.0, 1.0, 2.0, streams.log_uniform(0.6, 4.0)]))
    scale = camera.pixel_scale * zoom
    seconds = streams.log_uniform(*camera.exposure)
    magnitude = rng.uniform(*camera.sky)
    sun = STAR_TYPES.index(_SUN)
    rates = [
        response.star_rates[sun] if camera.in_space else response.rates["old"]
        for response in camera.responses()
    ]
    return Night(
        scale,
        float(np.degrees(np.arcsin(rng.uniform(0.0, 1.0)))),
        seconds,
        10 ** (-0.4 * magnitude) * scale**2 * np.array(rates),
        camera.read_noise * np.sqrt(max(1.0, seconds / camera.sub)),
        float(np.hypot(streams.log_uniform(*camera.seeing) / scale, 0.9)),
    )


# Stars and small galaxies ----------------------------------------------------------------------------


def stars_of(streams, night, shape, responses):
    """
    Draw the stars of a field.

    Parameters
    ----------
    streams : RandomStreams
        Source of randomness.
    night : Night
        The circumstances.
    shape : tuple of int
        Rows and columns.
    responses : sequence of Response
        Three bands.

    Returns
    -------
    numpy.ndarray
        Rows y, x (pixels) and electrons per second in the bands; shape (5, N).
    """
    rng = streams.rng
    scene = Scene(View(tuple(shape), 1.0, pixel_scale=night.pixel_scale))
    density = streams.log_uniform(0.3, 3.0)
    add_foreground(
        scene, night.latitude, streams, density=density, pixels_each=streams.log_uniform(*_PIXELS_EACH)
    )
    if streams.chance(_BRIGHT):
        number = int(rng.integers(1, _MOST_BRIGHT + 1))
        y, x = (rng.uniform(-0.05, 1.05, number) * n for n in shape)
        magnitude = rng.uniform(*_BRIGHT_MAGNITUDES, number)
        if night.pixel_scale < 1:  # narrow fields are pointed where such stars are not
            magnitude = magnitude + rng.uniform(4, 9)
        scene.add_stars(y, x, magnitude, streams.log_uniform(3500, 15_000, number))
    observed = [scene.observed(response)[1] for response in responses]
    return np.concatenate([observed[0][:2], [points[2] for points in observed]])


def small_galaxies(streams, night, shape, responses):
    """
    Draw galaxies too small to be listed.

    Parameters
    ----------
    streams : RandomStreams
        Source of randomness.
    night : Night
        The circumstances.
    shape : tuple of int
        Rows and columns.
    responses : sequence of Response
        Three bands.

    Returns
    -------
    torch.Tensor
        Electrons per second, ``[3, y, x]``.
    """
    rng, number = streams.rng, int(streams.log_uniform(1, 400))
    noise = night.pixel_noise
    radius = streams.log_uniform(*_SMALL_GALAXIES, number)
    flux = noise * radius * streams.log_uniform(0.5, 40, number)
    galaxies = np.stack(
        [
            *(rng.uniform(0, n, number) for n in shape),
            flux / len(responses),
            radius,
            rng.uniform(0.3, 1.0, number),
            rng.uniform(0, np.pi, number),
            np.where(rng.random(number) < 0.3, 4, 1),
        ]
    )
    planes = render_galaxies(galaxies, shape, planes=(rng.random(number) < 0.4).astype(int))
    rates = np.array([[response.rates[name] for response in responses] for name in ("star-forming", "old")])
    shares = rates / rates.mean(axis=1, keepdims=True)
    return torch.einsum("pyx,pb->byx", planes, torch.from_numpy(shares).float())


# Optics ----------------------------------------------------------------------------------------------


def point_spread(streams, camera, night):
    """
    Draw how a star looks: seeing, halo, spikes, guiding.

    Parameters
    ----------
    streams : RandomStreams
        Source of randomness.
    camera : WideCamera
        The camera.
    night : Night
        The circumstances.

    Returns
    -------
    callable
        ``transfer_of(box)`` gives the Fourier transform of the point-spread function in a periodic box.
    """
    rng = streams.rng
    beta, angle = rng.uniform(2.3, 4.0), rng.uniform(0, np.pi)
    spikes = streams.log_uniform(0.005, 0.06) if camera.in_space or streams.chance(0.25) else 0.0
    halo, reach = streams.log_uniform(0.003, 0.06), streams.log_uniform(8, 60)
    trail = 0.0 if camera.in_space or not streams.chance(0.2) else streams.log_uniform(1, 10)
    direction = rng.uniform(0, np.pi)

    def transfer_of(box):
        kernel = moffat_kernel(box, night.fwhm, beta=beta, spikes=spikes, spike_angle=angle)
        kernel = (1 - halo) * kernel + halo * moffat_kernel(box, reach, beta=1.6)
        transfer = torch.fft.rfft2(kernel)
        if trail:
            transfer = transfer * _line(box, trail, direction)
        return transfer

    return transfer_of


def _line(box, length, direction):
    """The transform of a line of a length in pixels, with ends as soft as a pixel."""
    y, x = (torch.fft.fftfreq(n, d=1 / n) for n in box)
    c, s = float(np.cos(direction)), float(np.sin(direction))
    along, across = c * x + s * y[:, None], c * y[:, None] - s * x
    line = torch.sigmoid(4 * (length / 2 - along.abs())) * torch.exp(-2 * across**2)
    return torch.fft.rfft2(line / line.sum())


def through_optics(diffuse, points, transfer_of):
    """
    Blur diffuse light and points in three bands.

    Parameters
    ----------
    diffuse : torch.Tensor
        Electrons per second, ``[3, y, x]``.
    points : numpy.ndarray
        Rows y, x and electrons per second in the bands; shape (5, N).
    transfer_of : callable
        From `point_spread`.

    Returns
    -------
    torch.Tensor
        Electrons per second, zero or more, ``[3, y, x]``.
    """
    rows, columns = diffuse.shape[1:]
    box = tuple(next_fast_len(n + 2 * _PAD, real=True) for n in (rows, columns))
    down, right = box[0] - rows - _PAD, box[1] - columns - _PAD
    light = torch.nn.functional.pad(diffuse[None], (_PAD, right, _PAD, down), mode="replicate")[0]
    place = points[:2] + _PAD
    light = light + torch.stack([splat(np.stack([*place, flux]), box) for flux in points[2:]])
    blurred = torch.fft.irfft2(torch.fft.rfft2(light) * transfer_of(box), s=box)
    return blurred[:, _PAD : _PAD + rows, _PAD : _PAD + columns].clamp_min(0)


# Air, sensor -----------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Air:
    """
    What air and tube make of the light.

    Parameters
    ----------
    passed : torch.Tensor
        Part of the light that comes through, ``[y, x]``.
    sky : torch.Tensor
        Electrons per second from the sky, ``[3, y, x]``.
    """

    passed: torch.Tensor
    sky: torch.Tensor


def random_air(streams, camera, night, shape):
    """
    Draw light pollution, vignetting and clouds.

    Parameters
    ----------
    streams : RandomStreams
        Source of randomness.
    camera : WideCamera
        The camera.
    night : Night
        The circumstances.
    shape : tuple of int
        Rows and columns.

    Returns
    -------
    Air
        What they do.
    """
    y, x = (torch.linspace(-1, 1, n) for n in shape)
    y, x = y[:, None], x[None, :]
    rng, plane = streams.rng, torch.ones(shape)
    if not camera.in_space:
        tilt = streams.log_uniform(0.002, 0.04) if streams.chance(0.75) else streams.log_uniform(0.04, 0.2)
        angle = rng.uniform(0, 2 * np.pi)
        plane = plane + tilt * (float(np.sin(angle)) * y + float(np.cos(angle)) * x)
    fall = rng.uniform(0, 0.25) if streams.chance(0.5) and not camera.in_space else 0.0
    passed = 1 - fall * (y * y + x * x) / 2
    if not camera.in_space and streams.chance(0.08):
        cloud = _clouds(streams, shape)
        passed, plane = passed * (1 - 0.5 * cloud), plane * (1 + streams.log_uniform(0.01, 0.3) * cloud)
    sky = torch.from_numpy(night.sky).float()[:, None, None] * (plane * (1 - fall * (y * y + x * x) / 2))
    return Air(passed, sky)


def _clouds(streams, shape):
    small = tuple(min(_CLOUD_SIDE, n) for n in shape)
    field = fractal(small, streams, slope=3.6)
    return enlarge(torch.sigmoid(2 * field + float(streams.rng.normal(-1, 1))), shape)


def exposed(light, air, night, unit_noise):
    """
    Count electrons.

    Parameters
    ----------
    light : torch.Tensor
        Electrons per second, ``[3, y, x]``.
    air : Air
        What air and tube make of it.
    night : Night
        The circumstances.
    unit_noise : numpy.ndarray
        Noise of unit variance, ``[3, y, x]``.

    Returns
    -------
    numpy.ndarray
        Electrons, float32, ``[3, y, x]``, sky included.
    """
    expected = ((light * air.passed + air.sky) * night.seconds).numpy()
    return expected + unit_noise * np.sqrt(expected + np.float32(night.read_noise**2))


def random_noise(streams, shape):
    """
    Draw noise of unit variance: independent, or as demosaicking and stacking correlate it.

    Parameters
    ----------
    streams : RandomStreams
        Source of randomness.
    shape : tuple of int
        Rows and columns.

    Returns
    -------
    numpy.ndarray
        float32, ``[3, y, x]``.
    """
    noise = streams.rng.standard_normal((3, *shape), dtype=np.float32)
    if streams.chance(0.5):
        width = streams.rng.uniform(0.35, 0.8)
        noise = ndimage.gaussian_filter(noise, (0, width, width), truncate=3)
        noise /= noise[:, ::4, ::4].std()
    return noise
