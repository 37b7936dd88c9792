"""Star clusters: globular, open, young with gas; and fields that hold no body.

Stars are drawn from a population and a profile. Those that can be told apart are points of the
catalogue; the rest is a smooth layer with the graininess that its stars would give it.
"""

from dataclasses import dataclass

import numpy as np

from astroclassify.simulate._textures import enlarge, fractal
from astroclassify.simulate.scenes._scene import MARGIN, Scene
from astroclassify.simulate.scenes._view import turned
from astroclassify.simulate.scenes.gas import _nebulae
from astroclassify.simulate.scenes.stars._populations import (
    TURN_OFF_MASS,
    Population,
    draw_counts,
    old_stars,
    young_stars,
)
from astroclassify.simulate.scenes.stars._profiles import King, PowerLaw

#: Stars in view that are drawn one by one: at most so many, and so many for each pixel.
MOST_STARS, MOST_PER_PIXEL = 150_000, 0.4
#: V magnitude below which stars are left to the smooth layer: far below the noise of any exposure.
FAINTEST = 29.0
_LARGEST_FINE_GAS = 1000  # pixels on a side
_LEAST_GLOW = 0.002  # of the light; less of it is left out
_SCATTER = 0.05  # mag, of stars of one kind: fills the steps of the sequences
#: V light of a binary star relative to the primary's: q**4 on average 0.2 for mass ratios from 0 to 1.
_COMPANION = 0.2
#: Halpha flux over V flux (in the scene's units) of newborn stars: 2.2e37 erg/s for the M_V = -5.3 of an
#: O5 star, whose 10**49.2 ionising photons per second are a textbook value (docs/sources.rst).
_HALPHA_OF_NEWBORN = 1.4e10


@dataclass(frozen=True)
class Swarm:
    """
    Stars of one population around one position.

    Parameters
    ----------
    population : Population
        Kinds of star.
    number : float
        Stars.
    profile : King or PowerLaw
        How they are spread.
    centre : tuple of float, default (0, 0)
        Body coordinates (v, u).
    flattening : float, default 1
        Axis ratio.
    angle : float, default 0
        Direction of the long axis, radians.
    segregation : float, default 0
        Distances from the centre go with mass**-segregation.
    binaries : float, default 0
        Part of the stars that are binaries.
    """

    population: Population
    number: float
    profile: object
    centre: tuple[float, float] = (0.0, 0.0)
    flattening: float = 1.0
    angle: float = 0.0
    segregation: float = 0.0
    binaries: float = 0.0

    @property
    def expected(self):
        """Stars of each kind; fewer where binaries make up the light (numpy.ndarray)."""
        return self.population.number * (self.number / (1 + _COMPANION * self.binaries))

    @property
    def light(self):
        """V flux of all stars of each kind at 10 pc, in units of magnitude 0 (numpy.ndarray)."""
        return self.population.number * self.population.flux * self.number

    @property
    def sizes(self):
        """What mass segregation multiplies the distances of each kind of star by (numpy.ndarray)."""
        return (self.population.mass / TURN_OFF_MASS) ** -self.segregation

    def to_own(self, v, u):
        """
        Turn body coordinates into those in which the swarm is round.

        Parameters
        ----------
        v, u : array_like or torch.Tensor
            Body coordinates.

        Returns
        -------
        tuple
            Along the short and the long axis.
        """
        short, long = turned(v - self.centre[0], u - self.centre[1], self.angle)
        return short / self.flattening, long

    def to_body(self, short, long):
        """
        Undo `to_own`.

        Parameters
        ----------
        short, long : numpy.ndarray
            Coordinates in which the swarm is round.

        Returns
        -------
        tuple of numpy.ndarray
            Body coordinates v, u.
        """
        v, u = turned(short * self.flattening, long, -self.angle)
        return v + self.centre[0], u + self.centre[1]

    def sector(self, view):
        """
        Find the radii and directions between which the window lies, with a margin for the spikes of stars.

        Parameters
        ----------
        view : View
            The window.

        Returns
        -------
        tuple of float
            Smallest and largest radius, smallest direction and range of directions (radians).
        """
        rows, columns = view.shape
        margin = min(MARGIN / view.pixel_scale, 8 + 0.1 * max(rows, columns))
        low, high, right = -margin, rows + margin, columns + margin
        corners = np.array([(low, low), (low, right), (high, right), (high, low)])
        y, x = self.to_own(*view.to_body(*corners.T))
        after_y, after_x = np.roll(y, -1), np.roll(x, -1)
        edge_y, edge_x = after_y - y, after_x - x
        cross = x * edge_y - y * edge_x
        if (cross > 0).all() or (cross < 0).all():  # the centre lies within
            return 0.0, float(np.hypot(y, x).max()), 0.0, 2 * np.pi
        along = np.clip(-(y * edge_y + x * edge_x) / (edge_y**2 + edge_x**2), 0, 1)
        nearest = np.hypot(y + along * edge_y, x + along * edge_x).min()
        middle = np.arctan2(y.mean(), x.mean())
        turned = (np.arctan2(y, x) - middle + np.pi) % (2 * np.pi) - np.pi
        return (
            float(nearest),
            float(np.hypot(y, x).max()),
            float(middle + turned.min()),
            float(np.ptp(turned)),
        )


def add_swarm(scene, swarm, body, streams, *, spectrum="old"):
    """
    Add a swarm's stars to a scene: points where they can be told apart, a grainy glow for the rest.

    Parameters
    ----------
    scene : Scene
        Changed in place.
    swarm : Swarm
        The stars.
    body : Body
        Whose distance and size they have.
    streams : RandomStreams
        Source of randomness.
    spectrum : str, default "old"
        One of ``SPECTRA``: colour of the glow.
    """
    view = scene.view
    sector = swarm.sector(view)
    nearest, farthest, _, directions = sector
    sizes, stars = swarm.sizes, swarm.population
    inner, outer = swarm.profile.enclosed(nearest / sizes), swarm.profile.enclosed(farthest / sizes)
    # The profile has no preferred direction: of the stars between two radii, those in a range of
    # directions are its part of 2 pi.
    in_sector = swarm.expected * (outer - inner) * directions / (2 * np.pi)
    most = min(MOST_STARS, MOST_PER_PIXEL * view.shape[0] * view.shape[1])
    # Kinds are in order of their brightness: the brightest are drawn one by one, until there are too many
    # for the window.
    single = (np.cumsum(in_sector) < most) & (stars.magnitude + body.distance_modulus < FAINTEST)
    kind = np.repeat(np.arange(single.sum()), draw_counts(streams.rng, in_sector[single]))
    _add_single_stars(scene, swarm, body, streams.rng, kind, (inner, outer, sector))
    if swarm.light[~single].sum() > _LEAST_GLOW * swarm.light.sum():
        _add_glow(scene, swarm, body, streams, ~single, spectrum)


def _add_single_stars(scene, swarm, body, rng, kind, where):
    inner, outer, (_, _, start, directions) = where
    fraction = inner[kind] + rng.random(kind.size) * (outer - inner)[kind]
    radius = swarm.profile.radii(fraction) * swarm.sizes[kind]
    direction = start + directions * rng.random(kind.size)
    position = swarm.to_body(radius * np.sin(direction), radius * np.cos(direction))
    magnitude = swarm.population.magnitude[kind] + body.distance_modulus
    magnitude += rng.normal(0, _SCATTER, kind.size)
    # The fluxes of two stars add up: L ~ M**4, so that a companion of mass ratio q adds q**4, -2.5 lg(1 +
    # q**4) mag.
    double = rng.random(kind.size) < swarm.binaries
    magnitude[double] -= 2.5 * np.log10(1 + rng.random(double.sum()) ** 4)
    scene.add_stars(*scene.view.to_pixels(*position), magnitude, swarm.population.temperature[kind])


def _add_glow(scene, swarm, body, streams, faint_kinds, spectrum):
    """The light of stars too faint or too many: smooth, with the shot noise of their number."""
    dimming = 10 ** (-0.4 * body.distance_modulus)
    flux, of_kind = (one[faint_kinds] * dimming for one in (swarm.population.flux, swarm.light))
    light = of_kind.sum()
    size = float((of_kind * swarm.sizes[faint_kinds]).sum() / light)
    short, long = swarm.to_own(*scene.view.grid(streams.device))
    squared = short.square_().add_(long.square_())
    density = swarm.profile.density(squared.div_(size**2))
    area = body.angular_radius**2 * size**2 * swarm.flattening  # arcsec2
    # Of Poisson numbers n of stars of flux f (n f is ``of_kind``) the light has mean sum(n f) and variance
    # sum(n f**2). Stars of one flux sum(n f**2) / sum(n f), as many as give the mean, have both.
    typical_star = (of_kind * flux).sum() / light / scene.view.pixel_area
    number = density.mul_(float(light / area / typical_star))
    scene.add(spectrum, streams.poisson(number).mul_(float(typical_star)))


def globular(body, view, streams):
    """
    Draw a globular cluster, from resolved to its core to a smooth glow with a grainy edge.

    Parameters
    ----------
    body : Body
        The body; its unit is the tidal radius.
    view : View
        The window.
    streams : RandomStreams
        Source of randomness.

    Returns
    -------
    Scene
        What the window shows.
    """
    rng = streams.rng
    metals = rng.random()
    stars = old_stars(
        blue_fraction=float(np.clip(rng.normal(1 - metals, 0.2), 0.05, 0.95)),
        mass_slope=rng.uniform(0.3, 1.6),
        stragglers=streams.log_uniform(0.05, 0.6),
        coolness=1 + 0.08 * (metals - 0.4),
    )
    scene = Scene(view, device=streams.device)
    swarm = Swarm(
        stars,
        stars.number_of_stars(body.brightness),
        _globular_profile(body, rng),
        flattening=1 - 0.18 * rng.random() ** 2,
        angle=rng.uniform(0, np.pi),
        segregation=rng.uniform(0.05, 0.35),
    )
    add_swarm(scene, swarm, body, streams)
    return scene


def _globular_profile(body, rng):
    """King's profile, from loose to core-collapsed; sometimes one without an edge."""
    # Half-light radii of Galactic globulars are about 3 pc (Harris 1996, AJ 112, 1487), whatever their
    # light.
    half_light = float(np.clip(3.0 * rng.lognormal(0, 0.42), 1.5, 10)) / body.radius
    if rng.random() < 0.65:
        return King.of_half_light(half_light)
    slope = rng.uniform(2.6, 4.0)
    unit = PowerLaw(1.0, slope, 30.0)
    return PowerLaw(half_light / unit.half_light, slope, 30.0 * half_light / unit.half_light)


def open_cluster(body, view, streams):
    """
    Draw an open cluster: tens to thousands of stars over the field.

    Parameters
    ----------
    body : Body
        The body.
    view : View
        The window.
    streams : RandomStreams
        Source of randomness.

    Returns
    -------
    Scene
        What the window shows.
    """
    scene = Scene(view, device=streams.device)
    # Bright clusters are young ones: an old one as bright would be a globular's match in stars.
    oldest = min(9.2 + 0.3 * (body.brightness + 3), 9.45)
    age = 10 ** streams.rng.uniform(min(6.7, oldest - 0.5), oldest)
    _add_loose_stars(scene, body, age, streams)
    if age < 1e8 and streams.chance(0.25):
        _add_reflection(scene, body, streams)
    return scene


def _add_loose_stars(scene, body, age, streams):
    """Stars around one centre, often with clumps of their own, or strewn over the field."""
    rng = streams.rng
    stars = young_stars(age, brightest=body.brightness + rng.uniform(0.4, 2.0))
    number = stars.number_of_stars(body.brightness)
    core, clumps = rng.uniform(0.1, 0.35), int(rng.integers(1, 5)) if streams.chance(0.4) else 0
    if streams.chance(0.45):
        core = streams.log_uniform(0.35, 1.2)
    shares = np.array([1.0, *streams.log_uniform(0.1, 1.0, clumps)])
    segregation = rng.uniform(0.0, 0.4)
    for index, share in enumerate(shares / shares.sum()):
        size = core if index == 0 else core * streams.log_uniform(0.3, 1.0)
        swarm = Swarm(
            stars,
            number * share,
            PowerLaw(size, rng.uniform(3.0, 6.0), 2.0),
            centre=(0.0, 0.0) if index == 0 else tuple(rng.normal(0, 1.2 * core, 2)),
            flattening=rng.uniform(0.6, 1.0),
            angle=rng.uniform(0, np.pi),
            segregation=segregation,
            binaries=0.4,
        )
        add_swarm(scene, swarm, body, streams, spectrum="star-forming")


def young_cluster(body, view, streams):
    """
    Draw a young cluster with the gas it was born from, glowing or only reflecting, and dust.

    Parameters
    ----------
    body : Body
        The body.
    view : View
        The window.
    streams : RandomStreams
        Source of randomness.

    Returns
    -------
    Scene
        What the window shows.
    """
    scene = Scene(view, device=streams.device)
    age = streams.log_uniform(8e5, 1.2e7)
    if streams.chance(0.7):
        _add_loose_stars(scene, body, age, streams)
    else:
        _add_rich_stars(scene, body, age, streams)
    if streams.chance(0.7):
        _add_ionised_gas(scene, body, age, streams)
    else:
        _add_reflection(scene, body, streams)
    if streams.chance(0.6):
        scene.screen(_patchy_dust(view, streams))
    return scene


def _add_rich_stars(scene, body, age, streams):
    """A compact, massive cluster, such as those in starbursts."""
    rng = streams.rng
    stars = young_stars(age, brightest=body.brightness + rng.uniform(0.4, 1.2))
    slope = rng.uniform(2.2, 3.2)
    profile = PowerLaw(streams.log_uniform(0.02, 0.15), slope, rng.uniform(1.0, 3.0))
    swarm = Swarm(
        stars,
        stars.number_of_stars(body.brightness),
        profile,
        flattening=rng.uniform(0.75, 1.0),
        angle=rng.uniform(0, np.pi),
        segregation=rng.uniform(0.1, 0.4),
        binaries=0.4,
    )
    add_swarm(scene, swarm, body, streams, spectrum="star-forming")


def _mean_starlight(body):
    """V light of the cluster, spread over its disk: for each square arcsecond."""
    total = 10 ** (-0.4 * (body.brightness + body.distance_modulus))
    return float(total / (np.pi * body.angular_radius**2))


def _add_ionised_gas(scene, body, age, streams):
    """Gas as bright in Halpha as the cluster's O stars, the fewer the older it is, can make it."""
    # O stars live for 3 to 6 million years, and ionising photons end with them; B stars leave a little.
    ionising = _HALPHA_OF_NEWBORN * np.exp(-((age / 4e6) ** 2)) + 1e8
    kept = streams.log_uniform(0.03, 0.6)  # photons that do not leave, or find dust
    brightness = float(_mean_starlight(body) * ionising * kept)
    scene.add("hii", _gas(_nebulae.emission_gas, scene.view, streams) * (4.0 * brightness))


def _add_reflection(scene, body, streams):
    brightness = _mean_starlight(body) * streams.log_uniform(0.03, 0.5)
    gas = _gas(_nebulae.reflection_gas, scene.view, streams)
    scene.add("blue reflection", gas * (4.0 * float(brightness)))


def _gas(draw, view, streams):
    """Gas around a cluster; in large windows on a coarser grid, as it is not what they are about."""
    if max(view.shape) <= _LARGEST_FINE_GAS:
        return draw(view, streams)
    coarse = view.coarser(2)
    gas = enlarge(draw(coarse, streams), tuple(2 * n for n in coarse.shape))
    return gas[: view.shape[0], : view.shape[1]].contiguous()


def _patchy_dust(view, streams):
    """Optical depth in V; drawn on a coarser grid, for it has little fine structure."""
    small = view.coarser(4)
    clouds = fractal(small.shape, streams, slope=streams.rng.uniform(2.8, 3.4), outer_scale=small.scale)
    depth = (clouds * streams.rng.uniform(0.5, 1.0)).exp_() * streams.log_uniform(0.05, 1.0)
    return enlarge(depth, tuple(4 * n for n in small.shape))[: view.shape[0], : view.shape[1]].contiguous()


def empty_field(body, view, streams):
    """
    Draw sky without a body: what foreground and background add is all there is.

    Parameters
    ----------
    body : Body
        The body; it is nothing but a position.
    view : View
        The window.
    streams : RandomStreams
        Source of randomness.

    Returns
    -------
    Scene
        What the window shows.
    """
    return Scene(view, device=streams.device)
