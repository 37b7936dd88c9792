"""Galaxies: spirals, ellipticals, edge-on disks, irregulars, mergers, groups.

Each function draws one galaxy and returns the `Scene` that a view shows. Ranges follow
the usual structure parameters: Sersic index 1 to 6, arm pitch 8 to 35 degrees, disk
flattening 0.1 to 0.25, dust optical depth up to 2.
"""

import numpy as np
from scipy import ndimage, special

from astroclassify.simulate._textures import fractal, log_uniform, power_law, ridges, sigmoid
from astroclassify.simulate._view import Scene


def sersic(r, effective_radius, index):
    """
    Evaluate a Sersic profile normalised to one at the effective radius.

    Parameters
    ----------
    r : numpy.ndarray
        Elliptical radius.
    effective_radius : float
        Radius of half the light, same unit.
    index : float
        Sersic index n.

    Returns
    -------
    numpy.ndarray
        Surface brightness.
    """
    b = special.gammaincinv(2 * index, 0.5)
    return np.exp(-b * ((r / effective_radius) ** (1 / index) - 1))


def _ellipse(v, u, axis_ratio, angle):
    c, s = np.cos(angle), np.sin(angle)
    return np.hypot(c * u + s * v, (-s * u + c * v) / axis_ratio)


def _softened(brightness, limit):
    return brightness * limit / (brightness + limit)


def spiral(view, rng):
    """
    Draw a spiral: bulge, bar, arms with H II regions, dust, inter-arm disk.

    Parameters
    ----------
    view : View
        The window.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    Scene
        What the window shows.
    """
    v, u = view.grid()
    cos_i = rng.uniform(0.25, 1.0)
    plane_v = v / cos_i
    r = np.hypot(plane_v, u) + 1e-4
    length = rng.uniform(0.22, 0.4)
    arms = _ArmPattern(rng, length)
    disk = np.exp(-r / length) * sigmoid((rng.uniform(1.0, 1.3) - r) / 0.08)
    pattern, dust = arms.brightness_and_dust(plane_v, u, r, view, rng)
    light = disk * pattern
    light += _bulge_and_bar(v, u, r, plane_v, arms.start, rng) * rng.uniform(0.5, 1.0)
    light *= np.exp(-dust * rng.uniform(0.0, 1.3))
    if rng.random() < 0.25:
        radius = rng.uniform(0.3, 0.8)
        light += rng.uniform(0.1, 0.4) * np.exp(-(((r - radius) / rng.uniform(0.03, 0.09)) ** 2)) * pattern
    scene = Scene(light.astype(np.float32))
    _knots_on_arms(scene, view, arms, cos_i, rng)
    return scene


class _ArmPattern:
    """Logarithmic arms: number, pitch, contrast, patchiness of one spiral."""

    def __init__(self, rng, length):
        self.number = int(rng.choice([2, 2, 2, 3, 4, 5]))
        self.pitch = np.tan(np.radians(rng.uniform(8, 35)))
        self.phase = rng.uniform(0, 2 * np.pi)
        self.sharpness = rng.uniform(0.6, 4.0)
        self.contrast = rng.uniform(0.3, 0.95)
        self.patchiness = rng.uniform(0.1, 0.9)
        self.start = rng.uniform(0.05, 0.3)
        self.length = length
        self.flocculent = rng.random() < 0.35

    def angle_of(self, r, arm):
        """Azimuth of an arm's crest at a radius."""
        return np.log(r) / self.pitch + (self.phase + 2 * np.pi * arm) / self.number

    def brightness_and_dust(self, plane_v, u, r, view, rng):
        """Relative arm brightness and dust optical depth in the plane."""
        theta = np.arctan2(plane_v, u)
        wobble = fractal(view.shape, rng, slope=3.2, outer_scale=view.scale * 0.6)
        winding = theta - np.log(r) / self.pitch
        phase = self.number * winding - self.phase + wobble * rng.uniform(0.1, 0.7)
        crest = np.exp(self.sharpness * (np.cos(phase) - 1))
        lane = np.exp(6.0 * (np.cos(phase - 0.6) - 1))
        patches = self._sheared_patches(winding, r, rng)
        clumps = np.exp(self.patchiness * patches - self.patchiness**2 / 2)
        grown = sigmoid((r - self.start) / 0.06)
        if self.flocculent:
            crest = 0.5 + 0.2 * crest
        pattern = 1 - self.contrast * grown + self.contrast * grown * crest * clumps * 1.6
        return pattern, (lane * grown + 0.5 * np.clip(-patches, 0, None)) * (r < 1.2)

    @staticmethod
    def _sheared_patches(winding, r, rng):
        size = 128
        texture = fractal((size, size), rng, slope=2.6, outer_scale=rng.uniform(8, 30))
        rows = np.mod(winding / (2 * np.pi), 1) * (size - 1)
        columns = np.mod(np.log(r) * rng.uniform(0.2, 0.5), 1) * (size - 1)
        return ndimage.map_coordinates(texture, [rows, columns], order=1, mode="nearest")


def _bulge_and_bar(v, u, r, plane_v, start, rng):
    re, n = log_uniform(rng, 0.03, 0.18), rng.uniform(1, 4)
    bulge = _softened(sersic(np.hypot(v / rng.uniform(0.7, 1.0), u), re, n), rng.uniform(2, 40))
    bulge *= log_uniform(rng, 0.1, 1.5)
    if rng.random() < 0.5:
        bar = _ellipse(plane_v, u, rng.uniform(0.2, 0.4), rng.uniform(0, np.pi))
        bulge = bulge + rng.uniform(0.3, 0.9) * np.exp(-((bar / (start + 0.1)) ** 2))
    return bulge


def _knots_on_arms(scene, view, arms, cos_i, rng):
    number = int(log_uniform(rng, 10, 500))
    r = np.clip(rng.gamma(2.0, arms.length, number), 0.05, 1.3)
    theta = arms.angle_of(r, rng.integers(0, arms.number, number))
    spread = np.pi if arms.flocculent else rng.uniform(0.1, 0.4)
    theta = theta + rng.normal(0, spread, number)
    y, x = view.to_pixels(r * np.sin(theta) * cos_i, r * np.cos(theta))
    flux = power_law(rng, number, rng.uniform(1.5, 2.1), ratio=300) * np.exp(-r / (2 * arms.length))
    scene.add_points(y, x, flux * log_uniform(rng, 0.02, 0.5) * _knot_area(view))
    _blur_points(scene, view, rng, number)


def _knot_area(view):
    return (view.scale / 90) ** 2


def _blur_points(scene, view, rng, number):
    """Give the newest points a size: H II regions and associations are resolved when near."""
    size = view.scale * rng.uniform(0.005, 0.02)
    if size < 0.7 or scene.points.shape[1] == 0 or number == 0:
        return
    layer = splat(scene.points, scene.diffuse.shape)
    scene.diffuse += ndimage.gaussian_filter(layer, size, truncate=3)
    scene.points = scene.points[:, :0]


def splat(points, shape):
    """
    Share each point's flux between its four neighbouring pixels.

    Parameters
    ----------
    points : numpy.ndarray
        Rows y, x, flux; shape (3, N).
    shape : tuple of int
        Rows and columns of the image.

    Returns
    -------
    numpy.ndarray
        Image, float32; points outside are dropped.
    """
    y, x, flux = points
    y0, x0 = np.floor(y).astype(np.int64), np.floor(x).astype(np.int64)
    fy, fx = y - y0, x - x0
    image = np.zeros(shape[0] * shape[1], dtype=np.float64)
    for dy, wy in ((0, 1 - fy), (1, fy)):
        for dx, wx in ((0, 1 - fx), (1, fx)):
            row, column = y0 + dy, x0 + dx
            inside = (row >= 0) & (row < shape[0]) & (column >= 0) & (column < shape[1])
            index = row[inside] * shape[1] + column[inside]
            image += np.bincount(index, (flux * wy * wx)[inside], minlength=image.size)
    return image.reshape(shape).astype(np.float32)


def elliptical(view, rng):
    """
    Draw an elliptical or lenticular with globular clusters and satellites.

    Parameters
    ----------
    view : View
        The window.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    Scene
        What the window shows.
    """
    v, u = view.grid()
    ratio, index = rng.uniform(0.35, 1.0), rng.uniform(1.5, 6.0)
    re = log_uniform(rng, 0.12, 0.5)
    r = _ellipse(v, u, ratio, 0.0) + 1e-3
    light = _softened(sersic(r, re, index), log_uniform(rng, 3, 100))
    if rng.random() < 0.3:  # a lenticular's disk
        light += rng.uniform(0.2, 1.0) * np.exp(-_ellipse(v, u, ratio * 0.6, 0.0) / rng.uniform(0.2, 0.4))
    if rng.random() < 0.2:  # a dust lane or disk
        lane = np.exp(-((v / rng.uniform(0.02, 0.08)) ** 2) - (u / rng.uniform(0.1, 0.5)) ** 2)
        light *= np.exp(-rng.uniform(0.5, 2.5) * lane * (1 + 0.4 * fractal(view.shape, rng, slope=2.8)))
    if rng.random() < 0.2:  # shells of a past merger
        shells = np.cos(r * rng.uniform(20, 50)) > 0.5
        light *= 1 + rng.uniform(0.03, 0.15) * shells * np.cos(np.arctan2(v, u)) ** 2
    scene = Scene(light.astype(np.float32))
    _globular_system(scene, view, re, rng)
    _satellites(scene, view, rng, rng.poisson(0.8))
    return scene


def _globular_system(scene, view, re, rng):
    number = int(log_uniform(rng, 1, 250))
    r = re * rng.gamma(2.0, 0.8, number)
    theta = rng.uniform(0, 2 * np.pi, number)
    flux = 10 ** (0.4 * rng.normal(0, 1.2, number))
    y, x = view.to_pixels(r * np.sin(theta), r * np.cos(theta))
    scene.add_points(y, x, flux * log_uniform(rng, 0.001, 0.03) * _knot_area(view))


def _satellites(scene, view, rng, number):
    for _ in range(number):
        place = rng.normal(0, 0.7, 2)
        sub = view.moved(centre=place, size=log_uniform(rng, 0.04, 0.2), angle=rng.uniform(0, 6.3))
        v, u = sub.grid()
        r = _ellipse(v, u, rng.uniform(0.3, 1), 0.0) + 1e-3
        scene.diffuse += rng.uniform(0.05, 0.8) * _softened(sersic(r, 0.4, rng.uniform(1, 3)), 5)


def edge_on(view, rng):
    """
    Draw a disk seen from the side, with its dust lane and bulge.

    Parameters
    ----------
    view : View
        The window.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    Scene
        What the window shows.
    """
    v, u = view.grid()
    warp = rng.normal(0, 0.03)
    z = v - warp * u * np.abs(u) * np.sign(u)
    length, height = rng.uniform(0.2, 0.4), rng.uniform(0.025, 0.1)
    clumps = np.exp(
        rng.uniform(0.05, 0.5) * fractal(view.shape, rng, slope=2.8, outer_scale=view.scale * 0.2)
    )
    x = np.abs(u) / length
    light = (1 + x) * np.exp(-x) / np.cosh(np.clip(z / height, -40, 40)) ** 2 * clumps
    light *= sigmoid((rng.uniform(0.9, 1.2) - np.abs(u)) / 0.06)
    if rng.random() < 0.8:
        r = _ellipse(v, u, rng.uniform(0.5, 1.0), 0.0) + 1e-3
        bulge = _softened(sersic(r, log_uniform(rng, 0.04, 0.2), rng.uniform(1, 4)), rng.uniform(2, 10))
        light += log_uniform(rng, 0.1, 1.5) * bulge
    if rng.random() < 0.75:
        texture = fractal(view.shape, rng, slope=2.9, outer_scale=view.scale * 0.3)
        offset = rng.normal(0, 0.3) * height
        lane = np.exp(-(((z - offset) / (height * rng.uniform(0.15, 0.5))) ** 2)) * np.exp(-x * 0.4)
        light *= np.exp(-rng.uniform(0.3, 2.2) * lane * np.clip(1 + 0.5 * texture, 0, None))
    scene = Scene(light.astype(np.float32))
    _knots_in_disk(scene, view, length, height * 0.4, rng)
    return scene


def _knots_in_disk(scene, view, length, height, rng):
    number = int(log_uniform(rng, 1, 200))
    y, x = view.to_pixels(rng.normal(0, height, number), rng.laplace(0, length, number))
    flux = power_law(rng, number, rng.uniform(1.6, 2.1), ratio=100)
    scene.add_points(y, x, flux * log_uniform(rng, 0.02, 0.3) * _knot_area(view))
    _blur_points(scene, view, rng, number)


def irregular(view, rng):
    """
    Draw an irregular or dwarf: a lumpy disk, knots, resolved stars, H II shells.

    Parameters
    ----------
    view : View
        The window.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    Scene
        What the window shows.
    """
    v, u = view.grid()
    ratio = rng.uniform(0.3, 1.0)
    lumps = fractal(view.shape, rng, slope=3.0, outer_scale=view.scale * rng.uniform(0.2, 0.6))
    r = _ellipse(v + 0.1 * rng.normal(), u, ratio, 0.0)
    length = rng.uniform(0.2, 0.45)
    light = np.exp(-((r / length) ** rng.uniform(0.8, 1.6))) * np.exp(rng.uniform(0.05, 0.4) * lumps)
    if rng.random() < 0.4:  # an off-centre bar
        bar = _ellipse(v - rng.normal(0, 0.1), u - rng.normal(0, 0.1), 0.25, rng.uniform(0, np.pi))
        light += rng.uniform(0.3, 1.5) * np.exp(-((bar / rng.uniform(0.2, 0.5)) ** 2))
    if rng.random() < 0.3:
        filaments = ridges(fractal(view.shape, rng, outer_scale=view.scale * 0.3), 0.1)
        light += rng.uniform(0.1, 0.6) * filaments * np.exp(-((r / 0.3) ** 2))
    scene = Scene(light.astype(np.float32))
    _resolved_stars(scene, view, length, ratio, rng)
    _associations(scene, view, length, ratio, rng)
    return scene


def _resolved_stars(scene, view, length, ratio, rng):
    number = int(log_uniform(rng, 3, 800))
    r, theta = length * rng.gamma(2.0, 0.8, number), rng.uniform(0, 2 * np.pi, number)
    y, x = view.to_pixels(r * np.sin(theta) * ratio, r * np.cos(theta))
    flux = power_law(rng, number, rng.uniform(1.7, 2.4), ratio=60)
    scene.add_points(y, x, flux * log_uniform(rng, 0.01, 0.3) * _knot_area(view))


def _associations(scene, view, length, ratio, rng):
    for _ in range(rng.poisson(4)):
        number = int(log_uniform(rng, 3, 40))
        centre = rng.normal(0, length, 2) * (ratio, 1)
        place = centre[:, None] + rng.normal(0, 0.03, (2, number))
        y, x = view.to_pixels(*place)
        flux = power_law(rng, number, 1.8, ratio=60) * log_uniform(rng, 0.05, 1.0)
        scene.add_points(y, x, flux * _knot_area(view))


def merger(view, rng):
    """
    Draw two galaxies in interaction, with tidal tails and a bridge.

    Parameters
    ----------
    view : View
        The window.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    Scene
        What the window shows.
    """
    kinds = (spiral, elliptical, irregular, edge_on)
    separation, direction = rng.uniform(0.2, 0.7), rng.uniform(0, 2 * np.pi)
    place = np.array([np.sin(direction), np.cos(direction)]) * separation / 2
    scene = Scene(np.zeros(view.shape, np.float32))
    for sign in (-1, 1):
        sub = view.moved(centre=sign * place, size=rng.uniform(0.3, 0.6), angle=rng.uniform(0, 6.3))
        _add_member(scene, sub, kinds, rng, faintest=0.4)
    v, u = view.grid()
    for _ in range(rng.integers(1, 4)):
        scene.diffuse += rng.uniform(0.02, 0.25) * _tail(v, u, rng)
    return scene


def _add_member(scene, view, kinds, rng, *, faintest):
    """Add a galaxy of one of the kinds, dimmed by a random factor from `faintest` to 1."""
    member = kinds[rng.integers(len(kinds))](view, rng)
    weight = log_uniform(rng, faintest, 1.0)
    scene.diffuse += weight * member.diffuse
    dimmed = (member.points * [[1], [1], [weight]]).astype(np.float32)
    scene.points = np.concatenate([scene.points, dimmed], axis=1)


def _tail(v, u, rng):
    centre = rng.normal(0, 0.3, 2)
    r = np.hypot(v - centre[0], u - centre[1])
    theta = np.mod(np.arctan2(v - centre[0], u - centre[1]) - rng.uniform(0, 2 * np.pi), 2 * np.pi)
    crest = rng.uniform(0.1, 0.5) + theta * rng.uniform(0.1, 0.4) * rng.choice([-0.3, 1.0])
    width = rng.uniform(0.02, 0.08)
    along = np.clip(theta / 0.3, 0, 1) * np.exp(-theta / rng.uniform(0.5, 1.5))
    return np.exp(-(((r - crest) / width) ** 2)) * along


def group(view, rng):
    """
    Draw a few galaxies on one frame, none of which fills it.

    Parameters
    ----------
    view : View
        The window.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    Scene
        What the window shows.
    """
    kinds = (spiral, elliptical, edge_on, irregular, elliptical)
    scene = Scene(np.zeros(view.shape, np.float32))
    for _ in range(rng.integers(1, 6)):
        sub = view.moved(
            centre=rng.normal(0, 0.45, 2), size=log_uniform(rng, 0.06, 0.45), angle=rng.uniform(0, 6.3)
        )
        _add_member(scene, sub, kinds, rng, faintest=0.2)
    return scene
