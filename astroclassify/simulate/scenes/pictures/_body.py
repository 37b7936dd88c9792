"""A picture as a body: any image of the sky, seen by any camera as if it were the sky itself."""

from dataclasses import dataclass, field, replace
from functools import lru_cache, partial

import numpy as np
import torch
from astropy import units as u
from astropy.nddata import CCDData

from astroclassify.core import ParameterError, UnknownNameError, checked, rules
from astroclassify.simulate._rules import NUMBER
from astroclassify.simulate.scenes._bodies import CLASSES
from astroclassify.simulate.scenes._palette import _GAS, SPECTRA, response
from astroclassify.simulate.scenes._scene import MAGNITUDES_PER_DEPTH, Scene
from astroclassify.simulate.scenes.pictures._detail import Detail, measured_detail, texture
from astroclassify.simulate.scenes.pictures._light import faded_edges, light_at_edges, light_of
from astroclassify.simulate.scenes.pictures._source import block_mean, open_picture
from astroclassify.simulate.scenes.pictures._stars import PictureStars, nearest_pixels, no_stars, separated

#: Spectra of the red, green and blue planes of pictures, by class; grey pictures have the middle one.
SPECTRA_OF_CLASS = {
    "galaxy": ("old", "star-forming", "starburst"),
    "nebula": ("hii", "planetary", "blue reflection"),
    "star cluster": ("old", "star-forming", "starburst"),
}
#: Labels of pictures: the classes, the paper's ``nsc``, and what is not said.
_LABELS = (*CLASSES, "nsc", "unknown")
#: A V magnitude of gas counts what ACS sees of it in its V, which has [O III] and Hbeta in it.
_V = ("acs-wfc", "F555W")
#: Separated stars thin out towards the edges over so many times the width that light does.
_WIDER = 3.5
#: Sizes on the sky, arcseconds: from less than any camera resolves to all of it; and how bright a picture is.
_SIZES, _MAGNITUDES = (1e-3, 1_296_000.0), (-40, 100)
#: Surface brightness is that of the diffuse light, if it is more than this part of all.
_DIFFUSE = 0.01
#: Temperatures of a picture's stars: of the Sun where red and blue are alike. Of our own choice; a picture's
#: colours are not calibrated.
_SOLAR, _PER_DEX, _COOLEST, _HOTTEST = 5800.0, 0.35, 3000.0, 30_000.0


@dataclass(frozen=True, eq=False)
class CleanPicture:
    """
    Light of a picture, without sky and stretch, in parts of the whole.

    Parameters
    ----------
    planes : numpy.ndarray
        Diffuse light, float32, ``[n, y, x]``. All planes and stars together sum up to 1.
    stars : PictureStars
        Stars, their light in the same unit.
    detail : Detail
        How it goes on below its pixels.
    stretch : float
        Steepness of the asinh stretch that was undone.
    at_edges : float
        How bright it is along its brightest edge, over the mean of its brighter half: more than about 0.3
        where it shows a piece of something larger.
    area_with_stars : float, default 0
        Area of the brightest pixels that send half of all the light, stars included, pixels; 0 where
        diffuse light is left, which is then measured.
    """

    planes: np.ndarray = field(repr=False)
    stars: PictureStars = field(repr=False)
    detail: Detail = field(repr=False)
    stretch: float
    at_edges: float
    area_with_stars: float = 0.0

    @property
    def shape(self):
        """Rows and columns (tuple of int)."""
        return self.planes.shape[1:]

    @property
    def half_light(self):
        """Half of the diffuse light, or of all where hardly any is diffuse; a part of the whole (float)."""
        return (1.0 if self.area_with_stars else float(self.planes.sum(dtype=np.float64))) / 2

    @property
    def half_light_area(self):
        """Area of the brightest pixels that send this light, pixels (float)."""
        return self.area_with_stars or _half_light_area(self.planes)


@dataclass(frozen=True, eq=False)
class PictureBody:
    """
    A body on the sky that looks as a picture does; `from_image` makes it.

    It can stand wherever a `Body` can: `simulate_exposure` exposes it, an `ExposurePlan` holds it.
    Its body unit is half the picture's shorter side.

    Parameters
    ----------
    picture : CleanPicture
        What it looks like.
    name, sha256 : str
        File of the picture (or ``"array"``) and its checksum: they stand in the truth of every exposure.
    label : str
        One of ``CLASSES``, ``"nsc"`` or ``"unknown"``.
    angular_size : float
        Arcseconds along the picture's longer side.
    magnitude : float
        V (AB) of all the light, before extinction.
    spectra : tuple of str
        One of ``SPECTRA`` for each plane.
    extinction : float, default 0
        Galactic A_V in front of it, mag.
    latitude : float, default 60
        Galactic latitude, degrees; it sets how many foreground stars are added.
    redshift : float, default 0
        Of the diffuse light.
    seed : int, default 0
        Of the structure below the picture's pixels, of the outline along which it fades, and of what is
        around.
    """

    picture: CleanPicture = field(repr=False)
    name: str
    sha256: str
    label: str
    angular_size: float
    magnitude: float
    spectra: tuple[str, ...]
    extinction: float = 0.0
    latitude: float = 60.0
    redshift: float = 0.0
    seed: int = 0

    @property
    def kind(self):
        """``"picture"`` (str)."""
        return "picture"

    @property
    def angular_radius(self):
        """Arcseconds that the body unit, half the shorter side, subtends (float)."""
        return self.picture_scale * min(self.picture.shape) / 2

    @property
    def picture_scale(self):
        """Arcseconds of a pixel of the picture (float)."""
        return self.angular_size / max(self.picture.shape)

    @property
    def surface_brightness(self):
        """Mean V mag (AB) / arcsec2 within the isophote of half the light; see `from_image` (float)."""
        area = self.picture.half_light_area * self.picture_scale**2
        return self.magnitude - 2.5 * float(np.log10(self.picture.half_light / area))

    def described(self):
        """
        Say what the body is in plain values.

        Returns
        -------
        dict
            Of numbers and texts, for the truth of an exposure.
        """
        names = ("kind", "name", "sha256", "label", "angular_size", "magnitude")
        names += ("extinction", "latitude", "redshift", "seed")
        spectra = "+".join(self.spectra)
        return {name: getattr(self, name) for name in names} | {
            "spectra": spectra,
            "stretch": round(self.picture.stretch, 4),
            "stars": int(self.picture.stars.y.size),
        }

    def brightened(self, factor):
        """
        Give the same body with more, or less, light.

        Parameters
        ----------
        factor : float
            Above 0.

        Returns
        -------
        PictureBody
            The body.
        """
        return replace(self, magnitude=self.magnitude - 2.5 * float(np.log10(factor)))

    def scene(self, view, *, device="cpu"):
        """
        See the body through a window.

        Parameters
        ----------
        view : View
            The window.
        device : str or torch.device, default "cpu"
            Where maps are made.

        Returns
        -------
        Scene
            What the window shows of the body, behind its extinction; the same each time.
        """
        scene = Scene(view, device=device)
        whole = 10 ** (-0.4 * self.magnitude)
        sampled = _sampled(self.picture, view, self.seed, device)
        for spectrum, light in zip(self.spectra, sampled, strict=True):
            scene.add(spectrum, light * (whole * _unit_of(spectrum) / self.picture_scale**2))
        self._add_stars(scene, whole)
        if self.extinction > 0:
            scene.screen(self.extinction / MAGNITUDES_PER_DEPTH)
        return scene

    def _add_stars(self, scene, whole):
        stars = self.picture.stars
        flux = stars.flux.sum(axis=0)
        seen = flux > 0
        half = min(self.picture.shape) / 2
        v, u_ = (
            (position[seen] - (n - 1) / 2) / half
            for position, n in zip((stars.y, stars.x), self.picture.shape, strict=True)
        )
        magnitude = -2.5 * np.log10(np.maximum(flux[seen] * whole, 1e-30))
        scene.add_stars(*scene.view.to_pixels(v, u_), magnitude, _temperatures(stars.flux[:, seen]))


@checked(
    picture=rules.either(rules.path, rules.instance(np.ndarray, CCDData)),
    angular_size=rules.quantity(u.arcsec, *_SIZES),
    surface_brightness=rules.optional(
        partial(rules.surface_brightness, low=_MAGNITUDES[0], high=_MAGNITUDES[1])
    ),
    magnitude=rules.optional(rules.quantity(u.mag, *_MAGNITUDES)),
    spectrum=rules.optional(rules.either(rules.text, rules.several(rules.text))),
    label=rules.one_of(*_LABELS),
    stars=rules.one_of("keep", "separate"),
    stretch=rules.either(rules.one_of("auto", "linear", "srgb"), NUMBER),
    sky=rules.either(rules.one_of("auto"), NUMBER),
    invert=rules.flag,
    fade=rules.quantity(u.dimensionless_unscaled, 0, 1),
    extinction=rules.quantity(u.mag, 0),
    latitude=rules.quantity(u.deg, -90, 90),
    redshift=rules.quantity(u.dimensionless_unscaled, -0.1),
    seed=rules.whole(0),
)
def from_image(
    picture,
    *,
    angular_size,
    surface_brightness=None,
    magnitude=None,
    spectrum=None,
    label="unknown",
    stars="keep",
    stretch="auto",
    sky="auto",
    invert=False,
    fade=0.2,
    extinction=0.0,
    latitude=60.0,
    redshift=0.0,
    seed=0,
):
    """
    Make a body from a picture, to simulate how another telescope would see it.

    Parameters
    ----------
    picture : path-like, numpy.ndarray or CCDData
        A FITS image (the first frame of the file), a photograph (PNG, JPEG, TIFF), or an array ``[y, x]`` or
        with three planes, red, green and blue. Row 0 is the bottom.
    angular_size : float or Quantity
        Of the picture's longer side, arcseconds; at most 360 degrees.
    surface_brightness : float or Quantity, optional
        Mean V mag (AB) / arcsec2 within the isophote that holds half of the diffuse light, before extinction;
        of all the light, as the picture shows it, where stars took 99% of it (resolved clusters).
    magnitude : float or Quantity, optional
        V mag (AB) of all the light, stars included. Give this or the surface brightness.
    spectrum : str or tuple of str, optional
        Of ``SPECTRA``: one for all light, or three for that of the red, green and blue planes. By default
        those of ``SPECTRA_OF_CLASS`` for the label, a galaxy's if there is none.
    label : str, default "unknown"
        One of ``CLASSES``, or ``"nsc"``.
    stars : {"keep", "separate"}, default "keep"
        Leave stars in the picture, as wide as they are there, or take them out and make points of them, as
        sharp as the other telescope sees them. See Notes.
    stretch : {"auto", "linear", "srgb"} or float, default "auto"
        How the values follow from the light: proportional, by the code of sRGB, or
        ``asinh(stretch * light) / asinh(stretch)``. ``"auto"`` is an estimate for picture files of 8 or 16
        bits and arrays of 8 bits, and linear for all else.
    sky : {"auto"} or float, default "auto"
        Value of the empty sky; by default that of the darkest 3% of the smoothed picture.
    invert : bool, default False
        Whether it is a negative.
    fade : float, default 0.2
        Part of half the shorter side over which the picture fades out along a ragged outline, and
        separated stars thin out over 3.5 times as much; 0 keeps its edges.
    extinction : float, default 0
        Galactic A_V in front of it, mag; 0 or more.
    latitude : float, default 60
        Galactic latitude, degrees.
    redshift : float, default 0
        Of the diffuse light, -0.1 or more.
    seed : int, default 0
        Of the structure below the picture's pixels, of the outline along which it fades, and of what is
        around.

    Returns
    -------
    PictureBody
        The body; ``body.scene(view)`` is its `Scene`.

    Raises
    ------
    ParameterError
        If not one of brightness and magnitude is given, or an argument is out of range.
    UnknownNameError
        If there is no such spectrum.
    FrameError
        If the picture is too small, of a wrong shape, or shows nothing.
    ReadError
        If the file cannot be read.

    Notes
    -----
    What is done, and how far it can be trusted:

    * Missing corners, frames and insets at the edge (flat regions) and lettering near the edges are masked.
    * The sky is subtracted, and what is not above its noise is faded out. Light that fills the whole picture
      cannot be told from sky: give ``sky`` if you know it. Gradients stay.
    * A stretch cannot be known from a picture. The estimate is that asinh with which the median of the light
      is 8% of its brightest parts; the order of brightnesses is kept, their ratios are a guess. What was
      clipped to white stays flat.
    * Below its pixels the picture goes on by the power law of its own small scales (waves of 4 to 16 pixels),
      as positive factors with a mean of 1, drawn from the seed. Structure that JPEG or denoising took away is
      not known, only replaced by what is likely.
    * Separated stars are round maxima that stand out 6 times of what is around; spikes and haloes stay in the
      diffuse light, stars clipped to white are too faint, and temperatures follow from uncalibrated colours.
      The light between the stars of a star cluster is that of its fainter stars, blurred by the telescope
      that took the picture: with that label it becomes stars as well, so that a globular is resolved to its
      core.
    * For gas a V magnitude counts what ACS sees in F555W.

    Examples
    --------
    >>> import numpy as np
    >>> from astroclassify.simulate import View, from_image
    >>> y, x = np.mgrid[-1:1:64j, -1:1:64j]
    >>> body = from_image(np.exp(-8 * np.hypot(y, x)), angular_size=60, magnitude=14, spectrum="old", fade=0)
    >>> body.angular_radius, round(body.surface_brightness, 1)
    (30.0, 19.9)
    >>> body.scene(View((20, 20), 10.0, pixel_scale=3.0)).layers[0][1].shape
    torch.Size([20, 20])
    """
    if (surface_brightness is None) == (magnitude is None):
        raise ParameterError(
            f"surface_brightness is {surface_brightness}, magnitude {magnitude}; expected one of them"
        )
    source = open_picture(picture)
    options = {"stretch": stretch, "sky": sky, "invert": invert, "fade": fade, "seed": seed}
    clean = _cleaned(source, stars=stars, of_stars=label == "star cluster", **options)
    body = PictureBody(
        clean,
        source.name,
        source.sha256,
        label,
        angular_size,
        0.0 if magnitude is None else magnitude,
        _spectra(spectrum, label, len(clean.planes)),
        extinction,
        latitude,
        redshift,
        seed,
    )
    if surface_brightness is None:
        return body
    return replace(body, magnitude=surface_brightness - body.surface_brightness)


def _spectra(spectrum, label, planes):
    if spectrum is not None and not len(spectrum):
        raise ParameterError(f"spectrum is {spectrum!r}; expected names of {', '.join(SPECTRA)}")
    chosen = spectrum or SPECTRA_OF_CLASS.get(label, SPECTRA_OF_CLASS["galaxy"])
    chosen = (chosen,) * planes if isinstance(chosen, str) else tuple(chosen)
    for name in chosen:
        if name not in SPECTRA:
            raise UnknownNameError(f"no spectrum is named {name!r}; there are: {', '.join(SPECTRA)}")
    if len(chosen) == 3 and planes == 1:
        return (chosen[1],)
    if len(chosen) != planes:
        raise ParameterError(
            f"spectrum has {len(chosen)} names; expected one, or {planes} for the picture's planes"
        )
    return chosen


def _with_stars(planes, stars):
    """All light on one map, single stars no brighter than most: as an eye sees how far it reaches."""
    image, flux = planes.sum(axis=0, dtype=np.float64), stars.flux.sum(axis=0)
    if flux.size:
        np.add.at(image, nearest_pixels(image, stars.y, stars.x), np.minimum(flux, 3 * np.median(flux)))
    return image


def _cleaned(source, *, stars, of_stars, stretch, sky, invert, fade, seed):
    light = light_of(source, stretch=stretch, sky=sky, invert=invert)
    rng = np.random.default_rng(np.random.SeedSequence([int(seed), 0xFADE]))
    planes, points = light.planes, no_stars(len(light.planes))
    if stars == "separate":
        planes, points = separated(planes, rng, all_light=of_stars)
    weight = faded_edges(light.usable, rng, width=fade)
    # Stars thin out over a wider rim: where a field of stars ends at once, an eye sees it.
    thinned = faded_edges(light.usable, rng, width=min(1.0, _WIDER * fade))
    at = thinned[nearest_pixels(thinned, points.y, points.x)]
    kept = rng.random(points.y.size) < at
    at_edges = light_at_edges(_with_stars(planes, points), light.usable)
    planes, flux = planes * weight, points.flux[:, kept]
    diffuse = float(planes.sum(dtype=np.float64))
    whole = float(diffuse + flux.sum())
    if not whole > 0:
        raise ParameterError(
            f"{source.name}: no light is left of the picture; expected a smaller fade, or sky"
        )
    planes = (planes / whole).astype(np.float32)
    points = PictureStars(points.y[kept], points.x[kept], flux / whole)
    area = 0.0 if diffuse > _DIFFUSE * whole else _half_light_area(light.planes * weight)
    return CleanPicture(planes, points, measured_detail(planes), light.steepness, at_edges, area)


def _half_light_area(planes):
    """Area of the brightest pixels that send half of the light, pixels."""
    light = np.sort(planes.sum(axis=0, dtype=np.float64).ravel())[::-1]
    return float(np.searchsorted(np.cumsum(light), light.sum() / 2) + 1)


@lru_cache(maxsize=1)
def _gas_units():
    """Units of gas (in Halpha) whose light makes as many electrons in V as a magnitude 0."""
    band_response = response(*_V)
    return {name: 10 ** (0.4 * band_response.zero_point) / rate for name, rate in band_response.rates.items()}


def _unit_of(spectrum):
    return _gas_units()[spectrum] if spectrum in _GAS else 1.0


def _temperatures(flux):
    """From the ratio of blue to red."""
    if len(flux) == 1:
        return np.full(flux.shape[1], _SOLAR)
    least = 1e-3 * np.maximum(flux.max(axis=0), 1e-30)
    ratio = np.log10(np.maximum(flux[-1], least) / np.maximum(flux[0], least))
    return np.clip(_SOLAR * 10 ** (_PER_DEX * ratio), _COOLEST, _HOTTEST)


# Sampling -------------------------------------------------------------------------------------


def _sampled(picture, view, seed, device):
    """Light at the pixels of a view, parts of the whole for each pixel of the picture; a map a plane."""
    half = min(picture.shape) / 2
    step = half / view.scale  # picture's pixels from one pixel of the view to the next
    factor = max(1, int(step))
    v, u_ = view.grid(device)
    rows, columns = (c * half + (n - 1) / 2 for c, n in zip((v, u_), picture.shape, strict=True))
    stack = np.concatenate([picture.planes, picture.detail.roughness[None]])
    stack = torch.from_numpy(_thinned(stack, factor)).to(device)
    maps = _interpolated(stack, rows, columns, factor)
    light = maps[:-1].clamp_min(0)
    if step >= 1:
        return light
    return light * texture(picture.detail, maps[-1].clamp_min(0), rows, columns, step, seed)


def _thinned(stack, factor):
    """Average blocks; the picture is padded by nothing so that none is lost."""
    if factor == 1:
        return stack
    pad = [(0, -n % factor) for n in stack.shape[1:]]
    return block_mean(np.pad(stack, [(0, 0), *pad]), factor).astype(np.float32)


def _interpolated(stack, rows, columns, factor):
    """Bicubic interpolation; nothing beyond the picture."""
    positions = []
    for position, n in zip((columns, rows), stack.shape[:0:-1], strict=True):
        on_grid = (position + 0.5) / factor - 0.5
        positions.append((2 * on_grid + 1) / n - 1)
    grid = torch.stack(positions, dim=-1)[None]
    return torch.nn.functional.grid_sample(
        stack[None], grid, mode="bicubic", padding_mode="zeros", align_corners=False
    )[0]
