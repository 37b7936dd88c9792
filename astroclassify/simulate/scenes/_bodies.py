"""The kinds of body that can be drawn, and bodies: one of a kind, at a distance, of a size and brightness.

Ranges of the kinds are physical: distance and radius in parsecs, brightness in the unit that each kind says.
"""

from dataclasses import asdict, dataclass
from types import MappingProxyType

import numpy as np
from astropy import units as u

from astroclassify.core import ParameterError, UnknownNameError, checked, import_string, rules
from astroclassify.simulate._rules import ARCSEC, BODY, NUMBER, STRENGTH
from astroclassify.simulate.scenes._view import View

CLASSES = ("galaxy", "nebula", "star cluster", "field")
#: What a body's ``brightness`` is, by kind.
SURFACE_BRIGHTNESS = "V mag (AB) / arcsec2"
HALPHA_BRIGHTNESS = "log10 of erg / s / cm2 / arcsec2 in Halpha"
ABSOLUTE_MAGNITUDE = "absolute V mag (AB)"
#: What it may be in any case: beyond it numbers overflow, or nothing is seen.
_BRIGHTNESSES = {SURFACE_BRIGHTNESS: (-10, 60), HALPHA_BRIGHTNESS: (-30, 0), ABSOLUTE_MAGNITUDE: (-40, 40)}
#: Radii on the sky that a body may have, arcseconds: to half of the sky.
_SMALLEST, _LARGEST = 1e-6, 648_000
_ARCSEC_PER_RADIAN = (1 * u.rad).to_value(u.arcsec)
#: Angular radii that bodies are drawn with, arcseconds; and those of the bodies that are small in any field.
_SIZES, _SMALL_SIZES, _SMALL_SHARE = (20, 900), (6, 20), 0.2
_HUBBLE = 70.0e-6  # km / s / pc
_LIGHT_KM_S = 299_792.458


@checked(
    name=rules.text,
    label=rules.text,
    draw=rules.text,
    weight=STRENGTH,
    distance=rules.numbers(u.pc, 2),
    radius=rules.numbers(u.pc, 2),
    brightness=rules.numbers(u.dimensionless_unscaled, 2),
    brightness_unit=rules.text,
)
@dataclass(frozen=True)
class BodyKind:
    """
    One kind of body and the ranges its properties are drawn from.

    Parameters
    ----------
    name : str
        For example ``"spiral"``.
    label : str
        One of ``CLASSES``.
    draw : str
        Where ``draw(body, view, streams) -> Scene`` is: module below this room, colon, name.
    weight : float
        How often it is drawn within its class.
    distance, radius : tuple of float
        Ranges in pc; the radius is that of the body unit.
    brightness : tuple of float
        Range, brightest first.
    brightness_unit : str
        ``SURFACE_BRIGHTNESS``, ``HALPHA_BRIGHTNESS`` or ``ABSOLUTE_MAGNITUDE``.
    """

    name: str
    label: str
    draw: str
    weight: float
    distance: tuple[float, float]
    radius: tuple[float, float]
    brightness: tuple[float, float]
    brightness_unit: str = SURFACE_BRIGHTNESS

    @property
    def angular_radii(self):
        """Smallest and largest angular radius in arcseconds (tuple of float)."""
        small, large = (
            _ARCSEC_PER_RADIAN * r / d for r, d in zip(self.radius, self.distance[::-1], strict=True)
        )
        return small, large

    def brightness_step(self, factor):
        """
        Give the change of brightness that makes a body shine `factor` times as bright.

        Parameters
        ----------
        factor : float
            Above 0.

        Returns
        -------
        float
            To be added to ``brightness``.
        """
        return float(np.log10(factor)) * (1.0 if self.brightness_unit == HALPHA_BRIGHTNESS else -2.5)


_MPC = 1e6
_KINDS = (
    BodyKind(
        "spiral", "galaxy", "galaxies._draw:spiral", 3.0, (1 * _MPC, 140 * _MPC), (4e3, 25e3), (18.5, 22.5)
    ),
    BodyKind(
        "elliptical",
        "galaxy",
        "galaxies._draw:elliptical",
        2.0,
        (1 * _MPC, 90 * _MPC),
        (2e3, 30e3),
        (19.0, 23.0),
    ),
    BodyKind(
        "edge-on", "galaxy", "galaxies._draw:edge_on", 1.5, (1 * _MPC, 140 * _MPC), (4e3, 25e3), (18.5, 22.5)
    ),
    BodyKind(
        "irregular",
        "galaxy",
        "galaxies._draw:irregular",
        1.1,
        (0.5 * _MPC, 30 * _MPC),
        (0.5e3, 6e3),
        (20.0, 24.0),
    ),
    BodyKind(
        "dwarf", "galaxy", "galaxies._draw:dwarf", 0.8, (0.4 * _MPC, 9 * _MPC), (0.4e3, 2.5e3), (21.5, 25.5)
    ),
    BodyKind(
        "merger", "galaxy", "galaxies._draw:merger", 2.2, (5 * _MPC, 280 * _MPC), (8e3, 50e3), (18.5, 22.5)
    ),
    BodyKind(
        "group", "galaxy", "galaxies._draw:group", 1.8, (10 * _MPC, 400 * _MPC), (20e3, 100e3), (19.0, 22.5)
    ),
    BodyKind(
        "emission",
        "nebula",
        "gas._nebulae:emission",
        4.0,
        (500, 900e3),
        (1, 150),
        (-12.0, -15.0),
        HALPHA_BRIGHTNESS,
    ),
    BodyKind("reflection", "nebula", "gas._nebulae:reflection", 1.5, (100, 2e3), (0.05, 2), (18.0, 23.5)),
    BodyKind(
        "planetary",
        "nebula",
        "gas._nebulae:planetary",
        3.0,
        (300, 8e3),
        (0.03, 0.6),
        (-12.0, -14.7),
        HALPHA_BRIGHTNESS,
    ),
    BodyKind(
        "remnant",
        "nebula",
        "gas._nebulae:remnant",
        1.0,
        (700, 60e3),
        (1, 25),
        (-13.3, -15.3),
        HALPHA_BRIGHTNESS,
    ),
    BodyKind(
        "bubble",
        "nebula",
        "gas._nebulae:bubble",
        0.8,
        (1e3, 60e3),
        (1, 20),
        (-13.0, -15.0),
        HALPHA_BRIGHTNESS,
    ),
    BodyKind("dark", "nebula", "gas._nebulae:dark", 0.8, (150, 3e3), (0.05, 3), (20.0, 24.0)),
    BodyKind(
        "globular",
        "star cluster",
        "stars._clusters:globular",
        3.0,
        (3e3, 900e3),
        (8, 60),
        (-10.2, -5.0),
        ABSOLUTE_MAGNITUDE,
    ),
    BodyKind(
        "open",
        "star cluster",
        "stars._clusters:open_cluster",
        1.5,
        (0.5e3, 60e3),
        (1.5, 12),
        (-8.0, -1.5),
        ABSOLUTE_MAGNITUDE,
    ),
    BodyKind(
        "young",
        "star cluster",
        "stars._clusters:young_cluster",
        1.0,
        (4e3, 900e3),
        (2, 40),
        (-12.0, -6.0),
        ABSOLUTE_MAGNITUDE,
    ),
    BodyKind("field", "field", "stars._clusters:empty_field", 1.0, (1.0, 1.0), (1e-4, 1e-2), (23.0, 23.0)),
)
KINDS = MappingProxyType({kind.name: kind for kind in _KINDS})


def body_kind(name):
    """
    Look up a kind of body.

    Parameters
    ----------
    name : str
        Key of ``KINDS``.

    Returns
    -------
    BodyKind
        The kind.

    Raises
    ------
    UnknownNameError
        If there is no such kind.
    """
    if name not in KINDS:
        raise UnknownNameError(f"no kind of body is named {name!r}; there are: {', '.join(KINDS)}")
    return KINDS[name]


def random_kind(rng, label):
    """
    Draw a kind of body of one class.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of randomness.
    label : str
        One of ``CLASSES``.

    Returns
    -------
    BodyKind
        The kind.
    """
    kinds = [kind for kind in _KINDS if kind.label == label]
    weights = np.array([kind.weight for kind in kinds])
    return kinds[rng.choice(len(kinds), p=weights / weights.sum())]


@checked(
    kind=rules.text,
    distance=rules.quantity(u.pc, positive=True),
    radius=rules.quantity(u.pc, positive=True),
    brightness=NUMBER,
    extinction=rules.quantity(u.mag, 0),
    latitude=rules.quantity(u.deg, -90, 90),
    seed=rules.whole(0),
)
@dataclass(frozen=True)
class Body:
    """
    One body on the sky.

    Parameters
    ----------
    kind : str
        Key of ``KINDS``.
    distance : float or astropy.units.Quantity
        Parsecs.
    radius : float or astropy.units.Quantity
        Parsecs that the body unit stands for.
    brightness : float
        In the kind's ``brightness_unit``; before extinction.
    extinction : float or astropy.units.Quantity, default 0
        Galactic A_V in front of it, mag.
    latitude : float or astropy.units.Quantity, default 60
        Galactic latitude, degrees; it sets how many foreground stars there are.
    seed : int, default 0
        Of everything about it that is drawn: arms, turbulence, stars.

    Raises
    ------
    UnknownNameError
        If there is no such kind.
    ParameterError
        If a number is out of its range, or the radius subtends less than 1e-6 arcsec, or above 180 degrees.

    Examples
    --------
    >>> from astroclassify.simulate import Body
    >>> galaxy = Body("spiral", distance=10e6, radius=10e3, brightness=20.5)
    >>> galaxy.label, round(galaxy.angular_radius)
    ('galaxy', 206)
    """

    kind: str
    distance: float
    radius: float
    brightness: float
    extinction: float = 0.0
    latitude: float = 60.0
    seed: int = 0

    def __post_init__(self):
        unit = body_kind(self.kind).brightness_unit
        low, high = _BRIGHTNESSES[unit]
        if not low <= self.brightness <= high:
            raise rules.wrong("brightness", self.brightness, f"{low} to {high}, {unit}")
        if not _SMALLEST <= self.angular_radius <= _LARGEST:
            raise ParameterError(
                f"a radius of {self.radius:g} pc at a distance of {self.distance:g} pc subtends "
                f"{self.angular_radius:.3g} arcsec; expected {_SMALLEST:g} to {_LARGEST:g}"
            )

    @property
    def label(self):
        """The class, one of ``CLASSES`` (str)."""
        return KINDS[self.kind].label

    @property
    def angular_radius(self):
        """Arcseconds that the body unit subtends (float)."""
        return _ARCSEC_PER_RADIAN * self.radius / self.distance

    @property
    def distance_modulus(self):
        """Apparent minus absolute magnitude, without extinction (float)."""
        return 5 * np.log10(self.distance) - 5

    @property
    def redshift(self):
        """By Hubble's law beyond a megaparsec (70 km/s/Mpc), else zero (float)."""
        return _HUBBLE * self.distance / _LIGHT_KM_S if self.distance > 1e6 else 0.0

    @property
    def unit_brightness(self):
        """
        What the light of the reference level is in a scene's units, per square arcsecond (float).

        Raises
        ------
        ParameterError
            If the kind's brightness is an absolute magnitude.
        """
        unit = KINDS[self.kind].brightness_unit
        if unit == HALPHA_BRIGHTNESS:
            return 10**self.brightness / 1e-15
        if unit == SURFACE_BRIGHTNESS:
            return 10 ** (-0.4 * self.brightness)
        raise ParameterError(f"the brightness of a {self.kind} is an {unit}, not a surface brightness")

    def described(self):
        """
        Say what the body is in plain values.

        Returns
        -------
        dict
            Of numbers and texts, for the truth of an exposure.
        """
        return asdict(self)

    def scene(self, view, *, device="cpu"):
        """
        Draw the body.

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
        # Imported here: drawing needs torch, saying what there is to draw does not.
        from astroclassify.simulate._random_streams import RandomStreams
        from astroclassify.simulate.scenes._scene import MAGNITUDES_PER_DEPTH

        draw = import_string(f"{__package__}.{KINDS[self.kind].draw}")
        scene = draw(self, view, RandomStreams(self.seed, device=device))
        if self.extinction > 0:
            scene.screen(self.extinction / MAGNITUDES_PER_DEPTH)
        return scene


@checked(
    kind=rules.optional(rules.text),
    rng=rules.randomness,
    label=rules.optional(rules.one_of(*CLASSES)),
    angular_radius=rules.optional(ARCSEC),
)
def random_body(kind=None, rng=None, *, label=None, angular_radius=None):
    """
    Draw a body.

    Parameters
    ----------
    kind : str, optional
        Key of ``KINDS``; by default any of the label's.
    rng : numpy.random.Generator or int, optional
        Source of randomness or its seed.
    label : str, optional
        One of ``CLASSES``, if no kind is given; by default any, evenly.
    angular_radius : float, optional
        Wanted, in arcseconds; moved into what the kind's distances and radii allow. By default
        log-uniform, for all kinds alike, so that a body's size on the sky says little about its class: one in
        five from 6 to 20, the others from 20 to 900.

    Returns
    -------
    Body
        The body.

    Examples
    --------
    >>> from astroclassify.simulate import random_body
    >>> random_body("globular", 3).label
    'star cluster'
    """
    rng = np.random.default_rng(rng)
    chosen = random_kind(rng, label or rng.choice(CLASSES)) if kind is None else body_kind(kind)
    small, large = chosen.angular_radii
    sizes = _SMALL_SIZES if rng.random() < _SMALL_SHARE else _SIZES
    target = angular_radius or np.exp(rng.uniform(*np.log(sizes)))
    angle = float(np.clip(target, small, large))
    distance, radius = _distance_and_radius(chosen, angle / _ARCSEC_PER_RADIAN, rng)
    latitude = float(np.degrees(np.arcsin(rng.uniform(0.02, 1.0))))
    return Body(
        chosen.name,
        distance,
        radius,
        float(rng.uniform(*sorted(chosen.brightness))),
        float(min(0.05 / np.sin(np.radians(latitude)) * rng.lognormal(0, 0.5), 3.0)),
        latitude,
        int(rng.integers(2**31)),
    )


def _distance_and_radius(kind, angle, rng):
    """Draw a distance at which some radius of the kind subtends the angle (radians)."""
    nearest = max(kind.distance[0], kind.radius[0] / angle)
    farthest = min(kind.distance[1], kind.radius[1] / angle)
    distance = float(np.exp(rng.uniform(np.log(nearest), np.log(max(farthest, nearest)))))
    return distance, angle * distance


@checked(
    rng=rules.randomness,
    body=BODY,
    shape=rules.shape,
    pixel_scale=rules.quantity(u.arcsec, 1e-6),
    centred=rules.flag,
)
def random_view(rng, body, shape, *, pixel_scale=0.05, centred=False):
    """
    Draw a random view of a body: its centre, its edge, its inside, or all of it.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of randomness.
    body : Body
        The body; its true angular size decides how much of it fits.
    shape : tuple of int
        Rows and columns.
    pixel_scale : float, default 0.05
        Arcseconds per pixel.
    centred : bool, default False
        Look at the body's centre; only the window's angle is drawn.

    Returns
    -------
    View
        The window.

    Examples
    --------
    >>> import numpy as np
    >>> from astroclassify.simulate import random_body, random_view
    >>> rng = np.random.default_rng(1)
    >>> random_view(rng, random_body("spiral", rng), (512, 512)).shape
    (512, 512)
    """
    scale = body.angular_radius / pixel_scale
    if centred:
        return View(tuple(shape), scale, angle=float(rng.uniform(0, 2 * np.pi)), pixel_scale=pixel_scale)
    half = min(shape) / 2 / scale  # half of the frame's side in body units
    farthest = max(0.75, half - 0.5)  # some of the body stays in the frame
    offset = farthest * np.sqrt(rng.random()) if rng.random() < 0.7 else 0.15 * half * rng.random()
    direction = rng.uniform(0, 2 * np.pi)
    centre = (float(offset * np.sin(direction)), float(offset * np.cos(direction)))
    return View(tuple(shape), scale, centre, float(rng.uniform(0, 2 * np.pi)), pixel_scale)
