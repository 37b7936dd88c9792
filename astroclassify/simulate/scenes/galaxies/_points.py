"""The small bodies of galaxies: H II regions, star clusters, supergiants, giants, globular clusters.

Numbers of luminosity functions are textbook values (``docs/sources.rst``), unless a source is named.
"""

import numpy as np

from astroclassify.simulate._textures import power_law
from astroclassify.simulate.scenes._palette import GAS_UNIT
from astroclassify.simulate.scenes.galaxies._canvas import FAINTEST
from astroclassify.simulate.scenes.galaxies._light import lognormal

_CM_PER_PARSEC = 3.0857e18
#: Luminosities of H II regions in Halpha, erg / s, and the slope of their numbers, dN/dL ~ L**-slope.
HII_LUMINOSITY = (1e36, 1e39)
HII_SLOPE = 1.9
#: Halpha of a young population's H II regions for its V light, 1e-15 erg / s / cm2 per V = 0: with the
#: lines that the spectrum "starburst" has of its own, an equivalent width of about 15 nm.
HALPHA_PER_LIGHT = 1.5e8
#: Globular clusters: mean and width of their luminosity function, M_V.
GLOBULAR_PEAK, GLOBULAR_WIDTH = -7.4, 1.2
_SUN = 4.81  # M_V


class Sites:
    """
    Where a map is bright: positions for objects.

    Parameters
    ----------
    canvas : Canvas
        Where they are.
    density : torch.Tensor
        Relative numbers on the structure's grid, 0 or more.
    """

    def __init__(self, canvas, density):
        self.canvas = canvas
        self._columns = density.shape[1]
        self._total = np.cumsum(density.cpu().numpy().ravel(), dtype=np.float64)

    def draw(self, number):
        """
        Place objects.

        Parameters
        ----------
        number : int
            How many.

        Returns
        -------
        tuple of numpy.ndarray
            y and x, pixels of the view; none if all of the map is dark.
        """
        rng, total = self.canvas.catalogue.rng, self._total
        if number == 0 or not total[-1] > 0:
            return np.zeros(0), np.zeros(0)
        # Sorted, for searches that stay in the cache: luminosities are drawn apart from positions.
        chosen = np.searchsorted(total, np.sort(rng.random(number)) * total[-1], side="right")
        y, x = np.divmod(np.minimum(chosen, total.size - 1), self._columns)
        return tuple((p + rng.random(number)) * self.canvas.step - 0.5 for p in (y, x))


def luminosities(rng, light, index, faintest, brightest, *, cut, most):
    """
    Draw fluxes from a power law that give a total on average, leaving out the faint.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of randomness.
    light : float
        Total flux of all objects from the faintest to the brightest.
    index : float
        Of dN/dF ~ F**-index, not 1 or 2.
    faintest, brightest : float
        Ends of the function.
    cut : float
        Objects below it are not drawn.
    most : int
        If more would be drawn, the cut is moved up.

    Returns
    -------
    numpy.ndarray
        Fluxes.
    """
    if not light > 0 or most < 1:
        return np.zeros(0)
    ratio, p, q = brightest / faintest, 1.0 - index, 2.0 - index
    # With F between F1 and F2 the mean of dN/dF ~ F**-a is the integral of F**(1-a) over that of F**-a:
    # F1 (R**q - 1) / q over (R**p - 1) / p, with R = F2 / F1, p = 1 - a, q = 2 - a.
    mean = faintest * (ratio**q - 1) / q / ((ratio**p - 1) / p)
    all_of_them = light / mean
    drawn = min(1.0, most / all_of_them)
    if cut > faintest:
        drawn = min(drawn, max(((cut / faintest) ** p - ratio**p) / (1 - ratio**p), 0.0))
    lowest = faintest * (drawn * (1 - ratio**p) + ratio**p) ** (1 / p)
    number = min(rng.poisson(all_of_them * drawn), most)
    return lowest * power_law(rng, number, index, ratio=max(brightest / lowest, 1.0 + 1e-9))


def light_in_view(canvas, light):
    """
    Add up a map.

    Parameters
    ----------
    canvas : Canvas
        Where it is.
    light : torch.Tensor
        Surface brightness on the structure's grid.

    Returns
    -------
    float
        Flux.
    """
    return float(light.double().sum()) * canvas.view.pixel_area * canvas.step**2


def _hii_flux(luminosity, distance):
    # Luminosity spread over a sphere of the distance's radius.
    return luminosity / (4 * np.pi * (distance * _CM_PER_PARSEC) ** 2) / GAS_UNIT


def _hii_diameter(rng, luminosity):
    # At a given density the ionised volume goes with the luminosity (Stromgren 1939, ApJ 89, 526), and
    # the diameter with its third root. 60 pc at 1e37 erg / s is our choice.
    size = 60 * (luminosity / 1e37) ** (1 / 3) * rng.lognormal(0, 0.25, luminosity.shape)
    return np.clip(size, 15, 350)


def add_hii_regions(canvas, sites, light, *, share=1.0, texture=None):
    """
    Add the H II regions of a young population.

    Parameters
    ----------
    canvas : Canvas
        Takes them.
    sites : Sites
        Where the youngest stars are.
    light : float
        V flux of the young population in view.
    share : float, default 1
        Multiplies their light.
    texture : torch.Tensor, optional
        Multiplies the light of those that the view resolves.
    """
    rng = canvas.catalogue.rng
    faintest, brightest = (_hii_flux(end, canvas.body.distance) for end in HII_LUMINOSITY)
    flux = luminosities(
        rng,
        light * HALPHA_PER_LIGHT * share,
        HII_SLOPE,
        faintest,
        brightest,
        cut=1e-2,
        most=canvas.most_points // 6,
    )
    diameter = _hii_diameter(rng, flux / faintest * HII_LUMINOSITY[0])
    hollow = np.clip(rng.uniform(-0.6, 0.95, len(flux)), 0, None)
    positions = sites.draw(len(flux))
    canvas.add_points("hii", *positions, flux, diameter=diameter, hollow=hollow, texture=texture)


def add_young_stars(canvas, sites, light, *, clusters=0.12, supergiants=0.25, brightest_cluster=-12.0):
    """
    Add young clusters and, when near enough, supergiants.

    Parameters
    ----------
    canvas : Canvas
        Takes them.
    sites : Sites
        Where the youngest stars are.
    light : float
        V flux of the young population in view.
    clusters, supergiants : float
        Parts of that flux.
    brightest_cluster : float, default -12
        M_V.

    Returns
    -------
    float
        Flux of all that was added, no more than half of the light.
    """
    rng, cut = canvas.catalogue.rng, 10 ** (-0.4 * FAINTEST)
    ends = canvas.flux(-3.5), canvas.flux(brightest_cluster)
    # dN/dM ~ M**-2 and one age give dN/dF ~ F**-2.
    flux = luminosities(rng, clusters * light, 2.001, *ends, cut=cut, most=canvas.most_points // 8)
    size = np.clip(rng.lognormal(np.log(4.0), 0.5, len(flux)), 1, 20)
    canvas.add_points("starburst", *sites.draw(len(flux)), flux, diameter=size)
    ends = canvas.flux(-3.5), canvas.flux(-9.0)
    stars = luminosities(rng, supergiants * light, 2.6, *ends, cut=cut, most=canvas.most_points * 2 // 5)
    _add_supergiants(canvas, sites, stars)
    return min(flux.sum() + stars.sum(), 0.5 * light)


def add_young(
    canvas,
    young,
    texture,
    *,
    behind=0.5,
    share=1.0,
    clusters=0.12,
    supergiants=0.25,
    brightest_cluster=-12.0,
):
    """
    Add young light with its clusters, stars and H II regions.

    Parameters
    ----------
    canvas : Canvas
        Takes it.
    young : torch.Tensor
        Surface brightness on the view's pixels.
    texture : torch.Tensor
        Unit normal field of the view's shape, for gas that the view resolves.
    behind : float, default 0.5
        Part of it that lies behind the dust.
    share : float, default 1
        Multiplies the light of the H II regions.
    clusters, supergiants, brightest_cluster : float
        As for `add_young_stars`.
    """
    density = canvas.coarse(young)
    light = light_in_view(canvas, density)
    sites = Sites(canvas, density)
    taken = add_young_stars(
        canvas,
        sites,
        light,
        clusters=clusters,
        supergiants=supergiants,
        brightest_cluster=brightest_cluster,
    )
    add_hii_regions(canvas, sites, light, share=share, texture=lognormal(texture, 0.7))
    canvas.add("starburst", young * (1 - taken / max(light, 1e-30)), behind=behind)


def _add_supergiants(canvas, sites, flux):
    """Three in four are blue, one in six red."""
    rng, number = canvas.catalogue.rng, len(flux)
    blue = np.exp(rng.uniform(np.log(14000), np.log(32000), number))
    kind = rng.random(number)
    temperature = np.where(kind < 0.75, blue, np.where(kind < 0.92, 3600.0, rng.uniform(5500, 10000, number)))
    magnitude = -2.5 * np.log10(flux) - canvas.body.distance_modulus
    canvas.add_stars(*sites.draw(number), magnitude, temperature)


def add_giants(canvas, light):
    """
    Add the brightest red giants of an old population, where a view can tell them apart.

    Parameters
    ----------
    canvas : Canvas
        Takes them.
    light : torch.Tensor
        Surface brightness of the old population on the view's pixels.

    Returns
    -------
    torch.Tensor
        The light that remains.
    """
    depth = min(FAINTEST - canvas.body.distance_modulus, 0.0)
    if depth < -2.3:
        return light
    density = canvas.coarse(light)
    total = light_in_view(canvas, density)
    rng = canvas.catalogue.rng
    # The fuel of the last two million years on the giant branch: 1.2e-4 stars of its upper magnitude for
    # each sun in V; 0.3 dex more for each magnitude below.
    suns = total / canvas.flux(_SUN)
    upper = 1.2e-4 * suns / (10**0.3 - 1)
    expected = upper * (10 ** (0.3 * (depth + 2.5)) - 1)
    number = min(rng.poisson(min(expected, 1e9)), canvas.most_points // 4)
    rank = rng.random(number) * (10 ** (0.3 * (depth + 2.5)) - 1)
    magnitude = -2.5 + np.log10(1 + rank) / 0.3
    temperature = 3700 + 300 * (magnitude + 2.5) + rng.normal(0, 150, number)
    canvas.add_stars(*Sites(canvas, density).draw(number), magnitude, temperature)
    return light * (1 - min(float(np.sum(canvas.flux(magnitude))) / max(total, 1e-30), 0.5))


def globular_magnitudes(rng, number):
    """
    Draw globular clusters.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of randomness.
    number : int
        How many.

    Returns
    -------
    numpy.ndarray
        M_V, from -11.5 to -3.
    """
    return np.clip(rng.normal(GLOBULAR_PEAK, GLOBULAR_WIDTH, number), -11.5, -3.0)


def add_globular_system(canvas, *, frequency, effective_radius, axis_ratio, absolute_magnitude):
    """
    Add the globular clusters of a galaxy, 1 to 10,000 of them.

    Parameters
    ----------
    canvas : Canvas
        Takes those in view.
    frequency : float
        Clusters for each M_V = -15 of the galaxy.
    effective_radius : float
        Of the galaxy's light, body units; the system is twice as wide.
    axis_ratio : float
        Minor over major axis of the galaxy; the system is rounder.
    absolute_magnitude : float
        M_V of the galaxy.
    """
    rng = canvas.catalogue.rng
    number = int(np.clip(rng.poisson(min(frequency * 10 ** (-0.4 * (absolute_magnitude + 15)), 1e4)), 1, 1e4))
    # The fraction inside r of a profile of slope -2.5 at large radii: (r / (r + a))**1.5.
    # To 12 effective radii, ten times the scale a.
    fraction = (rng.random(number) * (10 / 11) ** 1.5) ** (1 / 1.5)
    r = effective_radius * 1.2 * fraction / (1 - fraction)
    angle = rng.uniform(0, 2 * np.pi, number)
    y, x = canvas.view.to_pixels(r * np.sin(angle) * np.sqrt(axis_ratio), r * np.cos(angle))
    flux = canvas.flux(globular_magnitudes(rng, number))
    size = rng.lognormal(np.log(5.0), 0.4, number)
    rows, columns = canvas.view.shape
    seen = (y > -20) & (y < rows + 20) & (x > -20) & (x < columns + 20) & (flux > 10 ** (-0.4 * FAINTEST))
    canvas.add_points("old", y[seen], x[seen], flux[seen], diameter=size[seen])
