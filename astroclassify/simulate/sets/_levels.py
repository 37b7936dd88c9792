"""How bright a body is in a frame, before the frame is made: small maps of it, and signal-to-noise."""

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from astroclassify.photometry import BANDS, sky_rate
from astroclassify.simulate._field_of_view import FieldOfView
from astroclassify.simulate._raster import splat
from astroclassify.simulate.detector._chip import ChipWindow, smooth_flat
from astroclassify.simulate.scenes._bodies import KINDS
from astroclassify.simulate.scenes._palette import response

#: Pixels of a small map's longer side, at most.
MAP_SIDE = 96
_LEVEL_STEPS, _LEVEL_TOLERANCE = 4, 0.05
#: Of the light that a surface brightness is given for, whatever the body is: between the colours of them all.
_REFERENCE_SPECTRUM = "star-forming"


def small_scene(body, view):
    """
    Draw a body coarsely.

    Parameters
    ----------
    body : Body
        The body.
    view : View
        Window on detector pixels.

    Returns
    -------
    Scene
        The same window on ``MAP_SIDE`` pixels or fewer.
    """
    return body.scene(view.coarser(coarse_factor(view)))


def coarse_factor(view):
    """
    Say how much larger the pixels of a coarse map are.

    Parameters
    ----------
    view : View
        Window on detector pixels.

    Returns
    -------
    int
        Detector pixels on a side of a coarse one.
    """
    return max(1, -(-max(view.shape) // MAP_SIDE))


def small_map(scene, band_response, pixel_scale, *, areas=1.0):
    """
    Give the light of a coarse scene in a band, stars included.

    Parameters
    ----------
    scene : Scene
        The scene.
    band_response : Response
        The band.
    pixel_scale : float
        Arcseconds per detector pixel.
    areas : numpy.ndarray or float, default 1
        Of the coarse pixels, relative to the nominal: diffuse light is in proportion.

    Returns
    -------
    numpy.ndarray
        Electrons per second and detector pixel, float64, of the scene's shape.
    """
    diffuse, points = scene.observed(band_response)
    electrons = diffuse.double().numpy() * areas + splat(points, scene.view.shape).double().numpy()
    return electrons * (pixel_scale / scene.view.pixel_scale) ** 2


@dataclass(frozen=True)
class Setup:
    """
    What a frame is taken with: all that decides how much of a body's light becomes electrons, and where.

    Parameters
    ----------
    instrument, band : str
        Camera and filter.
    aperture : str, optional
        Name of a subarray; full frames by default.
    flat_field : float, default 1
        Strength of the flat field, as in `Effects`.
    """

    instrument: str
    band: str
    aperture: str | None = None
    flat_field: float = 1.0

    @classmethod
    def of(cls, setting):
        """
        Take it from the setting of an exposure.

        Parameters
        ----------
        setting : dict
            As `setting_of` gives it.

        Returns
        -------
        Setup
            The setup.
        """
        names = ("instrument", "band", "aperture")
        return cls(*(setting[name] for name in names), setting["effects"].flat_field)

    @property
    def field(self):
        """Where the chips are (FieldOfView)."""
        return FieldOfView.of(self.instrument, self.aperture)

    def light(self, body, view):
        """
        Predict the light of a body on the field, coarsely.

        Parameters
        ----------
        body : Body
            The body.
        view : View
            Window of the whole field on detector pixels; it gets the distortion of the field.

        Returns
        -------
        numpy.ndarray
            Electrons per second and detector pixel, on ``MAP_SIDE`` pixels a side or fewer, with the areas
            of the pixels and the smooth part of the flat field; zero between the chips.
        """
        return self.seen(self.scene(body, view), body, view)

    def scene(self, body, view):
        """
        Draw a body coarsely; the same in all bands.

        Parameters
        ----------
        body, view
            As for `light`.

        Returns
        -------
        Scene
            On the distorted field.
        """
        return small_scene(body, replace(view, distortion=self.field.distortion))

    def seen(self, scene, body, view):
        """
        Predict the light of a coarse scene on the field.

        Parameters
        ----------
        scene : Scene
            As `scene` gives it.
        body, view
            As for `light`.

        Returns
        -------
        numpy.ndarray
            As `light` gives it.
        """
        band_response = response(self.instrument, self.band, redshift=body.redshift)
        factor = coarse_factor(view)
        areas = self.field.areas(factor)
        areas = areas if isinstance(areas, float) else areas.double().cpu().numpy()
        return small_map(scene, band_response, view.pixel_scale, areas=areas) * self.sensitivity(factor)

    def level(self, body, view):
        """
        Predict the mean light of a body over the chips.

        Parameters
        ----------
        body : Body
            The body.
        view : View
            Window of the whole field.

        Returns
        -------
        float
            Electrons per second and pixel.
        """
        light = self.light(body, view)
        return float(light[self.sensitivity(coarse_factor(view)) > 0].mean())

    def sensitivity(self, factor):
        """
        Give the smooth part of the flat field on coarse pixels.

        Parameters
        ----------
        factor : int
            Detector pixels on a side of a coarse one.

        Returns
        -------
        numpy.ndarray
            Relative to the mean of each chip; zero between the chips.
        """
        field = self.field
        centres = [(np.arange(-(-n // factor)) + 0.5) * factor - 0.5 for n in field.shape]
        seen = np.zeros([len(along) for along in centres])
        for chip, layout in field.layouts.items():
            window = ChipWindow.of(field.camera, layout, bandpass=BANDS[self.instrument, self.band])
            spans, on_chip = [], []
            sides = zip(centres, field.corners[chip], layout.science_shape, window.origin, strict=True)
            for along, corner, side, origin in sides:
                first, last = np.searchsorted(along, [corner, corner + side * layout.binning])
                spans.append(slice(first, last))
                on_chip.append(along[first:last] - corner + origin)
            seen[tuple(spans)] = smooth_flat(window, *on_chip, structure=self.flat_field)
        return seen

    def rate(self, surface_brightness):
        """
        Say how many electrons light of star-forming galaxies makes.

        Parameters
        ----------
        surface_brightness : float
            V mag (AB) / arcsec2.

        Returns
        -------
        float
            Electrons per second and pixel; the same for whatever body is looked at.
        """
        unit = response(self.instrument, self.band).rates[_REFERENCE_SPECTRUM]
        return float(unit * 10 ** (-0.4 * surface_brightness) * self.field.camera.pixel_scale**2)


def scaled_to(body, view, setup, target):
    """
    Choose the brightness at which a body has a mean level of light in a view, if its kind allows it.

    Parameters
    ----------
    body : Body
        The body.
    view : View
        Window of the whole field on detector pixels.
    setup : Setup
        What the frame is taken with.
    target : float
        Electrons per second and pixel.

    Returns
    -------
    Body or None
        The same with another brightness; None where the kind is never as bright, or as faint.
    """
    kind = KINDS[body.kind]
    # A brighter body also has other stars and clusters, so that its light is not just multiplied.
    for _ in range(_LEVEL_STEPS):
        level = setup.level(body, view)
        if level > 0 and abs(np.log(target / level)) < _LEVEL_TOLERANCE:
            return body
        body = kind_allows(kind, body, target / level) if level > 0 else None
        if body is None:
            return None
    return None


def kind_allows(kind, body, factor):
    """
    Make a body so many times as bright, if its kind allows it.

    Parameters
    ----------
    kind : BodyKind
        The kind.
    body : Body
        The body.
    factor : float
        Above 0.

    Returns
    -------
    Body or None
        The brighter body; None outside the kind's range.
    """
    # Rounded: the last bits of a sum may depend on the number of threads.
    brightness = round(body.brightness + kind.brightness_step(factor), 4)
    low, high = sorted(kind.brightness)
    return replace(body, brightness=brightness) if low <= brightness <= high else None


def signal_to_noise(signal, exptime, noise):
    """
    Predict a pixel's signal-to-noise ratio from the electrons of Eq. (1).

    Parameters
    ----------
    signal : float
        Electrons per second of the body.
    exptime : float
        Seconds.
    noise : tuple of float
        Electrons per second of sky and dark current, and variance that does not grow with time
        (electrons squared): read noise and post-flash.

    Returns
    -------
    float
        The ratio.

    Examples
    --------
    >>> round(signal_to_noise(0.1, 500.0, (0.1, 20.0)), 2)
    4.56
    """
    rate, fixed = noise
    return float(signal * exptime / np.sqrt((signal + rate) * exptime + fixed))


def signal_for(ratio, exptime, noise):
    """
    Give the signal that has a signal-to-noise ratio.

    Parameters
    ----------
    ratio : float
        Signal-to-noise ratio of a pixel.
    exptime, noise
        As for `signal_to_noise`.

    Returns
    -------
    float
        Electrons per second.
    """
    rate, fixed = noise
    return float(_positive_root(exptime**2, ratio**2 * exptime, ratio**2 * (rate * exptime + fixed)))


def exptime_for(ratio, signal, noise):
    """
    Give the exposure time that has a signal-to-noise ratio.

    Parameters
    ----------
    ratio : float
        Signal-to-noise ratio of a pixel.
    signal, noise
        As for `signal_to_noise`.

    Returns
    -------
    float
        Seconds; infinite without a signal.
    """
    rate, fixed = noise
    if not signal > 0:
        return float("inf")
    return float(_positive_root(signal**2, ratio**2 * (signal + rate), ratio**2 * fixed))


def _positive_root(a, b, c):
    """Solve a x^2 = b x + c."""
    return (b + np.sqrt(b * b + 4 * a * c)) / (2 * a)


@lru_cache(maxsize=64)
def _background(bandpass, zodiacal, earth):
    """One exposure's sky is asked for again for each view that is tried."""
    return float(sky_rate(bandpass, zodiacal=zodiacal, earth=earth).value)


def noise_terms(band_response, camera, sky, effects):
    """
    Say what a pixel holds besides the body's light.

    Parameters
    ----------
    band_response : Response
        The band.
    camera : Instrument
        The camera.
    sky : tuple
        Zodiacal light and earthshine (or None), V mag / arcsec2.
    effects : Effects
        Strengths of the detector's effects.

    Returns
    -------
    tuple of float
        As `signal_to_noise` takes them.
    """
    background = _background(band_response.bandpass, *sky)
    read_noise = np.mean([amplifier.read_noise for amplifier in camera.amplifiers.values()])
    return (
        background + camera.dark_current * effects.dark,
        float(read_noise * effects.read_noise) ** 2 + effects.post_flash,
    )
