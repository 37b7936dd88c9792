"""Random frames with known truth: what a detector, or a photograph, makes of a scene.

Two ways of showing a scene, drawn independently of its class: *linear* frames (noise,
cosmic rays, saturation, amplifier steps, gradients) and *photographs* (stretched, clipped,
vignetted, sharpened, in 8 bits). The scene is that of a physical body, seen by any telescope: whole or in
part, on pixels of any size, in a broad, narrow or ultraviolet band.
"""

from dataclasses import dataclass
from functools import lru_cache, partial

import numpy as np
from astropy.nddata import block_reduce
from scipy import ndimage

from astroclassify.core import checked, rules
from astroclassify.photometry import sky_rate
from astroclassify.simulate._random_streams import RandomStreams
from astroclassify.simulate._raster import splat
from astroclassify.simulate._rules import FRAME_SHAPE, image
from astroclassify.simulate._textures import fractal
from astroclassify.simulate.optics._observe import blur_scene, moffat_kernel
from astroclassify.simulate.scenes._bodies import CLASSES, random_body
from astroclassify.simulate.scenes._fields import add_background, add_foreground
from astroclassify.simulate.scenes._palette import response
from astroclassify.simulate.scenes._view import View

CLASS_FRACTIONS = (0.38, 0.30, 0.25, 0.07)
_BROAD = (
    ("acs-wfc", "F435W"),
    ("acs-wfc", "F555W"),
    ("acs-wfc", "F606W"),
    ("acs-wfc", "F814W"),
    ("csst-msc", "g"),
    ("csst-msc", "r"),
    ("csst-msc", "i"),
    ("wfc3-uvis", "F350LP"),
)
_NARROW = (("acs-wfc", "F502N"), ("acs-wfc", "F658N"), ("wfc3-uvis", "F656N"), ("wfc3-uvis", "F673N"))
_ULTRAVIOLET = (("wfc3-uvis", "F275W"), ("wfc3-uvis", "F336W"), ("csst-msc", "NUV"))
_WEIGHTS = (0.76, 0.16, 0.08)
#: Radius of a body over the side of the frame: of which a piece is seen, that is all on it, or in its middle.
_PIECE, _WHOLE, _CENTRED = (0.8, 3.0), (0.07, 0.75), (0.25, 0.75)
_REDSHIFT_STEP = 0.01  # fewer responses to work out
#: Light that an exposure would show at all, in units of the dark sky.
_FAINTEST_OF_SKY = 0.01
#: And in units of the brightest pixel: below, rounding errors of the blur would show.
_LARGEST_CONTRAST = 1e-4
#: The isophote that a frame is exposed for holds so much of the body's diffuse light, if this is so much of
#: all its light; or so much of the light of its stars, of which a few are the brightest by far.
_LIGHT_ABOVE, _DIFFUSE, _STARLIGHT_ABOVE = (0.1, 0.8), 0.01, (0.5, 0.97)
#: One star of the foreground for so many pixels at most: behind a denser screen a body is not seen.
_PIXELS_EACH = (80, 1000)
#: Brightest star of a frame, for all the light of the body in it.
_BRIGHTEST_STAR = (0.005, 0.5)
#: A cluster is often exposed for fainter stars than the isophote's, by this factor; and in a photograph its
#: bright ones are burnt out, above so many times the level of exposure: they are disks.
_DEEPER, _FULL_WELL = (0.01, 1.0), (1.0, 1000.0)
#: Light is added up on no more pixels than this a side, by about.
_CROWDING_SIDE = 96
#: How often the white of a photograph is chosen by its brightest pixels, and what part of it is burnt out
#: then (of 133 pictures of real bodies, stretched alike, 90% less than 1%); white is never darker than this,
#: for the level of exposure: noise is not stretched to white.
_WHITE_BY_PICTURE, _BURNT_OUT, _DARKEST_WHITE = 0.75, (1e-4, 2e-2), 0.5
#: Root of the largest part of a photograph that is clipped to black: mostly little is.
_CLIPPED = 0.7
#: The sky of a picture, for its white, that is at least so bright before it is made grey.
_DARKEST_SKY = 2e-3
#: How often a photograph fades to black at its edges.
_VIGNETTED = 0.35
#: Stars that are brighter, for the level of exposure, scatter no more light: they have been clipped by then.
_GLOWS_BELOW = 4.0
#: Scattered light is smooth: it is worked out on no more pixels than this a side, by about.
_GLOW_SIDE = 96
#: Memory that a frame takes for each of its pixels, at least: 72 to 85 bytes were measured for 1800 x 1800.
_BYTES = 60


@dataclass(frozen=True)
class SimulatedFrame:
    """
    A frame and its truth.

    Parameters
    ----------
    array : numpy.ndarray
        The frame, float32, NaN where masked.
    label : str
        One of ``CLASSES``.
    kind : str
        Kind of body.
    """

    array: np.ndarray
    label: str
    kind: str


@checked(
    rng=rules.randomness,
    shape=partial(FRAME_SHAPE, each=_BYTES),
    label=rules.optional(rules.one_of(*CLASSES)),
    kind=rules.optional(rules.text),
    renderings=rules.whole(),
    shown=rules.optional(rules.one_of("linear", "photograph")),
    centred=rules.flag,
)
def random_frames(rng, *, shape=(192, 192), label=None, kind=None, renderings=1, shown=None, centred=False):
    """
    Simulate one random body, as one or several frames.

    Parameters
    ----------
    rng : numpy.random.Generator or int
        Source of randomness or its seed; same seed, same frames.
    shape : tuple of int, default (192, 192)
        Rows and columns, 8 or more.
    label : str, optional
        One of ``CLASSES``; random by default.
    kind : str, optional
        Kind of body; random by default.
    renderings : int, default 1
        How many frames of the same body.
    shown : {"linear", "photograph"}, optional
        As what a detector counts, or as a photograph; by default either, at random.
    centred : bool, default False
        Show the whole body, in the middle of the frame; by default the whole or a piece, at random.

    Returns
    -------
    list of SimulatedFrame
        The frames.

    Raises
    ------
    UnknownNameError
        If there is no such kind.
    ParameterError
        If ``shown`` is something else, or the shape too small, or too large for the machine's memory.

    Examples
    --------
    >>> from astroclassify.simulate import random_frames
    >>> frame, = random_frames(7, kind="spiral")
    >>> frame.label, frame.array.shape
    ('galaxy', (192, 192))
    """
    streams = RandomStreams(rng)
    body = random_body(kind, streams.rng, label=label or streams.rng.choice(CLASSES, p=CLASS_FRACTIONS))
    alone = body.scene(_view_of_any_telescope(streams, body, shape, centred=centred))
    scene = alone.scaled(1.0)
    add_background(scene, streams, density=streams.log_uniform(0.1, 3))
    crowding = {"density": streams.log_uniform(0.1, 20), "pixels_each": streams.log_uniform(*_PIXELS_EACH)}
    add_foreground(scene, body.latitude, streams, **crowding)
    # Where there is no body, what the sky holds is what is looked at.
    subject = scene if body.label == "field" else alone
    frames = [_show(scene, subject, body, streams, shown) for _ in range(renderings)]
    return [SimulatedFrame(frame, body.label, body.kind) for frame in frames]


def _view_of_any_telescope(streams, body, shape, *, centred=False):
    """The whole of a body, or a piece of it, on pixels as large as that takes."""
    rng, partial = streams.rng, streams.chance(0.4) and not centred
    # Radius of the body over the side of the frame: either the frame lies within the body, or all of the
    # body on the frame.
    reach = streams.log_uniform(*(_PIECE if partial else _CENTRED if centred else _WHOLE))
    distance = rng.uniform(0.1, 0.75) if partial else abs(rng.normal(0, 0.06)) / reach
    distance = 0.0 if centred else distance
    direction = rng.uniform(0, 2 * np.pi)
    centre = (float(distance * np.sin(direction)), float(distance * np.cos(direction)))
    scale = float(np.sqrt(shape[0] * shape[1]) * reach)
    return View(tuple(shape), scale, centre, float(rng.uniform(0, 2 * np.pi)), body.angular_radius / scale)


def _show(scene, subject, body, streams, shown):
    rng = streams.rng
    band_response = _any_band(rng, body)
    observed = subject.observed(band_response)
    level, total = _level(observed, rng)
    diffuse, points = scene.observed(band_response)
    # Pictures of a body are seldom of a star that outshines it, nor are they exposed for one; but a cluster's
    # own stars are what it is.
    brightest = streams.log_uniform(*_BRIGHTEST_STAR) * total
    if body.label == "star cluster":
        brightest = max(brightest, float(observed[1][2].max(initial=0.0)))
        level *= _deeper(streams)
    brightest = min(brightest, level / _LARGEST_CONTRAST)
    points[2] = np.minimum(points[2], brightest)
    # Seeing has wings like Moffat's profile (1969, A&A 3, 455), with beta of 2.5 to 4.5; four vanes of a
    # spider give spikes.
    fwhm, spikes = streams.log_uniform(0.5, 3.5), rng.choice([0, 0, rng.uniform(0, 0.08)])
    beta, angle = rng.uniform(2.5, 4.5), rng.choice([0, np.pi / 4, rng.uniform(0, np.pi)])
    image = blur_scene(
        diffuse, points, lambda box: moffat_kernel(box, fwhm, beta=beta, spikes=spikes, spike_angle=angle)
    ).numpy()
    faintest = _FAINTEST_OF_SKY * _sky_of(band_response.bandpass) * scene.view.pixel_area
    image = image / max(level, faintest, _LARGEST_CONTRAST * float(image.max()))
    is_linear = rng.random() < 0.5 if shown is None else shown == "linear"
    if body.label == "star cluster" and not is_linear:
        image = np.minimum(image, streams.log_uniform(*_FULL_WELL))
    return linear_frame(image, streams) if is_linear else photograph(image, streams)


def _deeper(streams):
    """Fainter than the isophote, half of the time: an exposure for a cluster's many faint stars."""
    return streams.log_uniform(*_DEEPER) if streams.chance(0.5) else 1.0


@lru_cache(maxsize=64)
def _sky_of(bandpass):
    """Electrons per second from a dark sky, for each square arcsecond."""
    return float(sky_rate(bandpass, zodiacal=23.3, pixel_scale=1.0).value)


def _any_band(rng, body):
    bands = (_BROAD, _NARROW, _ULTRAVIOLET)[rng.choice(3, p=_WEIGHTS)]
    # Only lines notice that they are shifted by a per cent.
    redshift = round(body.redshift / _REDSHIFT_STEP) * _REDSHIFT_STEP if bands is _NARROW else 0.0
    return response(*bands[rng.integers(len(bands))], redshift=redshift)


def _level(observed, rng):
    """Choose an isophote of a body: of its diffuse light, if there is enough, or of that of its stars."""
    diffuse, points = observed
    stars, diffuse = splat(points, diffuse.shape).numpy(), diffuse.numpy()
    total = float(diffuse.sum(dtype=np.float64) + stars.sum(dtype=np.float64))
    is_diffuse = diffuse.sum(dtype=np.float64) > _DIFFUSE * total
    part = rng.uniform(*(_LIGHT_ABOVE if is_diffuse else _STARLIGHT_ABOVE))
    light = diffuse if is_diffuse else diffuse + stars
    # On pixels as large as stars, so that a cluster is crowded light.
    light = block_reduce(light, max(1, min(light.shape) // _CROWDING_SIDE), func=np.mean)
    return _isophote(light, part), total


def _isophote(light, part):
    """Exposure and stretch are chosen for a brightness: this part of the body's light lies above it."""
    ordered = np.sort(light, axis=None)[::-1]
    # Pixels by brightness: the isophote that encloses a part of the light is the level at which the
    # running sum reaches it.
    enclosed = np.cumsum(ordered, dtype=np.float64)
    return float(ordered[min(np.searchsorted(enclosed, part * enclosed[-1]), ordered.size - 1)])


@checked(image=image, streams=rules.instance(RandomStreams))
def linear_frame(image, streams):
    """
    Expose an image on a detector of random properties.

    Parameters
    ----------
    image : numpy.ndarray
        Light, bright parts about 1.
    streams : RandomStreams
        Source of randomness.

    Returns
    -------
    numpy.ndarray
        Frame in arbitrary units, float32, NaN where masked.
    """
    rng = streams.rng
    signal = image * streams.log_uniform(4, 1500)
    shot = streams.log_uniform(1e-3, 0.5)
    noise = rng.standard_normal(image.shape, dtype=np.float32)
    if rng.random() < 0.2:  # drizzled: correlated noise
        noise = ndimage.gaussian_filter(noise, rng.uniform(0.4, 0.8))
        noise /= noise.std()
    # Of N electrons the variance is N (Poisson), and read noise and sky add theirs: in units of the
    # latter it is 1 + shot * signal.
    frame = signal + noise * np.sqrt(1 + shot * signal) + _structure_of_the_sky(image.shape, streams)
    if rng.random() < 0.5:
        _add_cosmic_rays(frame, streams)
    if rng.random() < 0.5:
        _saturate(frame, rng)
    frame = frame * np.float32(streams.log_uniform(1e-3, 1e3)) + np.float32(rng.normal(0, 1e3))
    return _with_missing_pixels(frame, rng).astype(np.float32)


def _structure_of_the_sky(shape, streams):
    """Gradients, amplifier steps, bad columns and stripes, in units of the noise."""
    y, x = np.mgrid[-0.5 : 0.5 : shape[0] * 1j, -0.5 : 0.5 : shape[1] * 1j].astype(np.float32)
    rng, strength = streams.rng, streams.log_uniform(0.02, 2.0)
    sky = strength * (rng.normal() * y + rng.normal() * x)
    if rng.random() < 0.3:
        sky = sky + (x > 0) * rng.normal(0, 1.5) + (y > 0) * rng.normal(0, 0.5)
    if rng.random() < 0.2:
        sky = sky + rng.normal(0, rng.uniform(0, 0.5), (shape[0], 1))
    if rng.random() < 0.08:
        sky[:, rng.integers(0, shape[1], rng.integers(1, 4))] += rng.normal(0, 20)
    return sky


def _add_cosmic_rays(frame, streams):
    rng, number = streams.rng, int(streams.log_uniform(1, 0.02 * frame.size))
    y, x = rng.integers(0, frame.shape[0], number), rng.integers(0, frame.shape[1], number)
    charge = streams.log_uniform(3, 30) * np.exp(rng.normal(0, 1.0, number))
    dy, dx = rng.integers(-1, 2, number), rng.integers(-1, 2, number)
    for step in range(rng.integers(1, 5)):
        rows = np.clip(y + step * dy, 0, frame.shape[0] - 1)
        columns = np.clip(x + step * dx, 0, frame.shape[1] - 1)
        frame[rows, columns] += charge * rng.uniform(0.3, 1)


def _saturate(frame, rng):
    limit = np.quantile(frame[::2, ::2], rng.choice([0.97, 0.99, 0.999]))
    if rng.random() < 0.4:  # bleeding along the columns
        excess = np.clip(frame - limit, 0, None)
        frame += 0.3 * ndimage.uniform_filter1d(excess, int(rng.integers(5, 40)), axis=0)
    np.minimum(frame, limit, out=frame)


def _with_missing_pixels(frame, rng):
    if rng.random() < 0.1:  # a chip's edge, a gap, a rotated footprint
        y, x = np.mgrid[-1 : 1 : frame.shape[0] * 1j, -1 : 1 : frame.shape[1] * 1j]
        angle = rng.choice([0, np.pi / 2, rng.uniform(0, 6.3)])
        cut = np.cos(angle) * x + np.sin(angle) * y
        frame[cut > rng.uniform(0.4, 1.2)] = np.nan if rng.random() < 0.6 else 0
    if rng.random() < 0.1:
        frame[rng.random(frame.shape) < rng.uniform(0, 0.05)] = np.nan
    return frame


@checked(image=image, streams=rules.instance(RandomStreams))
def photograph(image, streams):
    """
    Turn an image into a photograph: stretch, clip, vignette, sharpen, 8 bits.

    Parameters
    ----------
    image : numpy.ndarray
        Light, bright parts about 1.
    streams : RandomStreams
        Source of randomness.

    Returns
    -------
    numpy.ndarray
        Picture, float32, 0 to 255.

    Examples
    --------
    >>> import numpy as np
    >>> from astroclassify.simulate import RandomStreams, photograph
    >>> y, x = np.mgrid[-32:32, -32:32].astype(np.float32)
    >>> picture = photograph(np.exp(-np.hypot(y, x) / 8), RandomStreams(3))
    >>> picture.shape, bool(picture[32, 32] > picture[0, 0])
    ((64, 64), True)
    """
    rng = streams.rng
    image = image + rng.standard_normal(image.shape, dtype=np.float32) * streams.log_uniform(1e-4, 0.04)
    if rng.random() < 0.3:
        image = ndimage.gaussian_filter(image, rng.uniform(0.3, 1.0))
    if rng.random() < 0.5:
        scattered = _glow(np.minimum(image, _GLOWS_BELOW), streams.log_uniform(0.015, 0.15))
        image = image + rng.uniform(0.1, 1.0) * scattered
    black = np.quantile(image[::2, ::2], rng.uniform(0.0, _CLIPPED) ** 2) + rng.normal(0, 0.01)
    light = np.clip(image - black, 0, None)
    light /= _white_point(light, streams)
    picture = _stretch(light, streams)
    if rng.random() < 0.3:
        picture = picture + rng.uniform(0.3, 1.5) * (
            picture - ndimage.gaussian_filter(picture, rng.uniform(1, 3))
        )
    picture = picture + rng.uniform(0, 0.15) * (rng.random() < 0.3)
    if rng.random() < _VIGNETTED:
        picture = picture * _vignette(image.shape, streams)
    return np.round(np.clip(picture, 0, 1) * 255).astype(np.float32)


def _white_point(light, streams):
    """As bright as the brightest few per cent of the picture, so that little is burnt out; or anything."""
    if not streams.chance(_WHITE_BY_PICTURE):
        return streams.log_uniform(0.6, 8)
    burnt = streams.log_uniform(*_BURNT_OUT)
    return max(float(np.quantile(light[::2, ::2], 1 - burnt)), _DARKEST_WHITE)


def _glow(image, reach):
    """Light scattered over a part of the picture's side, in the air, the optics or the film."""
    step = max(1, min(image.shape) // _GLOW_SIDE)
    coarse = block_reduce(image, step, func=np.mean)
    smooth = ndimage.gaussian_filter(coarse, reach * min(coarse.shape), truncate=4)
    return ndimage.zoom(smooth, np.divide(image.shape, smooth.shape), order=1, mode="nearest", grid_mode=True)


def _stretch(light, streams):
    way = streams.rng.integers(4)
    if way == 3:
        return _with_grey_sky(light, streams.log_uniform(0.03, 0.25))
    if way == 0:
        beta = streams.log_uniform(3, 1000)
        return np.arcsinh(beta * light) / np.arcsinh(beta)
    if way == 1:
        return light ** streams.rng.uniform(0.25, 0.9)
    return 1 - np.exp(-light * streams.log_uniform(1, 8))


def _with_grey_sky(light, grey):
    """Stretch so that half of the picture is darker than a grey, as programs for stacking do."""
    light = np.minimum(light, 1)
    middle = max(float(np.median(light[::2, ::2])), _DARKEST_SKY)
    balance = _midtones(grey, middle)  # which takes the middle to the grey
    return _midtones(balance, light) if balance < 0.5 else light


def _midtones(balance, x):
    """The hyperbola from 0 to 1 that takes `balance` to a half."""
    return (balance - 1) * x / ((2 * balance - 1) * x - balance)


def _vignette(shape, streams):
    """Fade to black towards the edge: round, rectangular, or along a ragged outline."""
    y, x = np.mgrid[-1 : 1 : shape[0] * 1j, -1 : 1 : shape[1] * 1j].astype(np.float32)
    rng = streams.rng
    way = rng.integers(3)
    ry, rx = rng.uniform(0.75, 1.2, 2)
    if way == 0:
        r = np.maximum(np.abs(y) / ry, np.abs(x) / rx)
    elif way == 1:
        r = np.hypot(y / ry, x / rx)
    else:
        r = np.hypot(y / ry, x / rx) + 0.1 * fractal(shape, streams, slope=5.0).cpu().numpy()
        return np.clip((1 - r) / rng.uniform(0.2, 0.5), 0, 1)
    return np.clip((1 - r) / rng.uniform(0.02, 0.3), 0, 1)
