"""The canvas that galaxies are painted on: the part of a view they cover, their light and their dust.

Several galaxies may share one sheet. Light is kept by spectrum, apart for what lies before the dust
and what lies behind it.
"""

from dataclasses import replace
from functools import cached_property

import numpy as np
import torch

from astroclassify.simulate._textures import enlarge, fractal
from astroclassify.simulate.scenes._scene import MAGNITUDES_PER_DEPTH, Scene

_ARCSEC_PER_RADIAN = 206_264.806
#: Views with more pixels on a side than this have their structure worked out on coarser pixels.
LARGEST_FINE = 700
MOST_POINTS = 60_000
#: Points fainter than this are left in the diffuse light, V mag: an orbit of Hubble hardly shows them.
FAINTEST = 28.0
_NARROWEST = 0.45  # standard deviation, pixels, of a blob whose position pixels still tell
_GRAIN_TILE = 512
#: Pixels within so many of a cusp are means of so many samples along each axis.
_CUSP_REACH, _CUSP_SAMPLES = 4.0, 5
_GRAIN_FROM = 0.2  # cycles per pixel: what half as many pixels cannot hold


class Sheet:
    """
    All layers of a view while galaxies are painted on it.

    Parameters
    ----------
    view : View
        The window.
    device : str or torch.device
        Where the maps are.
    """

    def __init__(self, view, device):
        self.scene = Scene(view, device=device)
        self.view = view
        self._before = {}
        self._behind = {}
        self._dust = None

    def paint(self, painter, body, view, streams, *, reach, disturbance=0.0, points=1.0):
        """
        Paint one galaxy on the part of the view that it covers.

        Parameters
        ----------
        painter : callable
            ``painter(canvas)``.
        body : Body
            The galaxy.
        view : View
            The window in the galaxy's coordinates.
        streams : RandomStreams
            Source of randomness.
        reach : float
            Body units beyond which the galaxy is dark.
        disturbance : float, default 0
            How far another galaxy has pulled its parts about, body units.
        points : float, default 1
            Its part of the points that the whole view may have.
        """
        box = _box(view, reach + 5 * disturbance)
        if box is None:
            return
        canvas = Canvas(self.scene, body, view, streams, box, disturbance=disturbance)
        canvas.most_points = int(points * canvas.most_points)
        painter(canvas)
        for spectrum, light in canvas.before.items():
            self._add(self._before, spectrum, light, box)
        for spectrum, light in canvas.behind.items():
            self._add(self._behind, spectrum, light, box)
        if canvas.dust is not None:
            depths = {} if self._dust is None else {"dust": self._dust}
            self._add(depths, "dust", canvas.dust, box)
            self._dust = depths["dust"]

    def _add(self, layers, name, light, box):
        if light.shape == self.view.shape and name not in layers:
            layers[name] = light
            return
        if name not in layers:
            layers[name] = torch.zeros(self.view.shape, device=light.device)
        top, bottom, left, right = box
        layers[name][top:bottom, left:right] += light

    def finished(self):
        """
        Give the scene.

        Returns
        -------
        Scene
            With everything painted so far. Where galaxies overlap, the dust of each lies before both.
        """
        for spectrum, light in self._before.items():
            self.scene.add(spectrum, light)
        for spectrum, light in self._behind.items():
            self.scene.add(spectrum, light, dust=self._dust)
        return self.scene


def _box(view, reach):
    """Rows and columns that a disk of a radius covers, or None if it is out of sight."""
    y, x = (float(p) for p in view.to_pixels(0.0, 0.0))
    half = reach * view.scale
    rows, columns = view.shape
    top, bottom = max(int(y - half), 0), min(int(np.ceil(y + half)) + 1, rows)
    left, right = max(int(x - half), 0), min(int(np.ceil(x + half)) + 1, columns)
    return (top, bottom, left, right) if bottom > top and right > left else None


class Canvas:
    """
    The part of a view that one galaxy covers.

    Structure is worked out on the grid ``v``, ``u``, whose pixels are ``step`` times larger than the view's
    on large views, and brought to the view's by `fine`.

    Parameters
    ----------
    scene : Scene
        Takes the point sources.
    body : Body
        The galaxy.
    view : View
        The whole window in the galaxy's coordinates.
    streams : RandomStreams
        Source of randomness: its ``rng`` draws what all views of the galaxy have in common.
    box : tuple of int
        First and last row, first and last column (exclusive) of the part.
    disturbance : float, default 0
        How far another galaxy has pulled its parts about, body units.
    """

    def __init__(self, scene, body, view, streams, box, *, disturbance=0.0):
        self.scene, self.body, self.corner = scene, body, (box[0], box[2])
        self.view = part_of(view, box)
        self.streams_of_shape = streams
        # What depends on the view has a random stream of its own, so that it never shifts what does not.
        self.streams, self.catalogue, of_waves = streams.spawn(3)
        # Displacements along v and u: strength, wave numbers, phase of two long waves each.
        self._waves = of_waves.rng.normal(0, 1, (2, 2, 4)) * [disturbance, 1.6, 1.6, 3.0]
        self._disturbed = disturbance > 0
        self.unit = body.unit_brightness
        self.before, self.behind, self.dust = {}, {}, None
        self.step = 1 if max(self.view.shape) <= LARGEST_FINE else 2
        self.most_points = min(MOST_POINTS, self.view.shape[0] * self.view.shape[1] // 12)

    @property
    def device(self):
        """Where the maps are (torch.device)."""
        return self.streams.device

    @cached_property
    def grid(self):
        """Body coordinates v and u on the grid of the structure (tuple of torch.Tensor)."""
        return self.coordinates(self.view.coarser(self.step) if self.step > 1 else self.view)

    def coordinates(self, view):
        """
        Give body coordinates, bent if the galaxy is disturbed; the centre stays in its place.

        Parameters
        ----------
        view : View
            Window in the galaxy's coordinates.

        Returns
        -------
        tuple of torch.Tensor
            v and u.
        """
        v, u = view.grid(self.device)
        if not self._disturbed:
            return v, u
        bent = []
        for along, waves in zip((v, u), self._waves.tolist(), strict=True):
            for strength, of_v, of_u, phase in waves:
                wave = torch.sin(of_v * v + of_u * u + phase) - float(np.sin(phase))
                along = along.add(wave, alpha=strength)
            bent.append(along)
        return tuple(bent)

    @property
    def softening(self):
        """Radius that keeps cusps finite: a fraction of a pixel, body units (float)."""
        return 0.25 / _CUSP_SAMPLES / self.view.scale

    @property
    def parsecs_per_pixel(self):
        """Parsecs that a pixel of the view subtends (float)."""
        return self.body.distance * self.view.pixel_scale / _ARCSEC_PER_RADIAN

    def absolute_magnitude(self, light):
        """
        Give the magnitude of light of the body.

        Parameters
        ----------
        light : float
            V light, reference level times square body units.

        Returns
        -------
        float
            M_V.
        """
        # Brightness is flux per square arcsecond; a body unit is the angular radius in arcseconds. A flux
        # of 1 is magnitude 0.
        flux = light * self.unit * self.body.angular_radius**2
        return -2.5 * np.log10(flux) - self.body.distance_modulus

    def flux(self, absolute_magnitude):
        """
        Turn absolute into apparent brightness.

        Parameters
        ----------
        absolute_magnitude : array_like
            M_V.

        Returns
        -------
        array_like
            Flux, V = 0 units.
        """
        return 10 ** (-0.4 * (absolute_magnitude + self.body.distance_modulus))

    def fine(self, image):
        """
        Bring a map from the structure's grid to the view's pixels.

        Parameters
        ----------
        image : torch.Tensor
            On the grid of `grid`.

        Returns
        -------
        torch.Tensor
            Of the view's shape.
        """
        return image if self.step == 1 else enlarged(image, self.step, self.view.shape)

    def coarse(self, image):
        """
        Bring a map from the view's pixels to the structure's grid.

        Parameters
        ----------
        image : torch.Tensor
            Of the view's shape.

        Returns
        -------
        torch.Tensor
            One of each ``step`` pixels.
        """
        return image[:: self.step, :: self.step]

    def texture(self, *, slope=3.0, outer_scale=0.3):
        """
        Draw a turbulent field on the view's pixels.

        Parameters
        ----------
        slope : float, default 3
            Of the power spectrum.
        outer_scale : float, default 0.3
            Largest structures, body units.

        Returns
        -------
        torch.Tensor
            Zero mean, unit variance.
        """
        shape, outer = self.view.shape, max(outer_scale * self.view.scale, 3.0)
        if self.step == 1:
            return fractal(shape, self.streams, slope=slope, outer_scale=outer)
        half = tuple(-(-n // 2) for n in shape)
        field = enlarged(fractal(half, self.streams, slope=slope, outer_scale=outer / 2), 2, shape)
        return field.addcmul_(*_grain(shape, self.streams, slope, min(outer, max(shape))))

    def coarse_texture(self, *, slope=3.0, outer_scale=0.3):
        """
        Draw a turbulent field on the structure's grid.

        Parameters
        ----------
        slope : float, default 3
            Of the power spectrum.
        outer_scale : float, default 0.3
            Largest structures, body units.

        Returns
        -------
        torch.Tensor
            Zero mean, unit variance.
        """
        outer = max(outer_scale * self.view.scale / self.step, 3.0)
        return fractal(self.grid[0].shape, self.streams, slope=slope, outer_scale=outer)

    def smooth(self, profile, *, scale=1.0):
        """
        Evaluate light that has a cusp at the galaxy's centre and is smooth elsewhere.

        Parameters
        ----------
        profile : callable
            ``profile(v, u)`` gives the light.
        scale : float, default 1
            Thickness of the body in body units; the smaller, the finer the pixels.

        Returns
        -------
        torch.Tensor
            Light on the view's pixels.
        """
        step = 4 if self.step > 1 and scale * self.view.scale > 60 else self.step
        if step == 1:
            light = profile(*self.grid)
        else:
            light = enlarged(profile(*self.coordinates(self.view.coarser(step))), step, self.view.shape)
            self._resample(light, profile, 128.0, 1)
        self._resample(light, profile, _CUSP_REACH, _CUSP_SAMPLES)
        return light

    def _resample(self, light, profile, reach, samples):
        """Put means of samples in the pixels around the galaxy's centre."""
        box = _box(self.view, reach / self.view.scale)
        if box is None:
            return
        top, bottom, left, right = box
        part = part_of(self.view, box)
        shape = part.shape
        if samples > 1:
            fine = tuple(n * samples for n in shape)
            part = replace(part, shape=fine, scale=part.scale * samples)
        values = profile(*self.coordinates(part))
        means = values.reshape(shape[0], samples, shape[1], samples).mean(dim=(1, 3))
        light[top:bottom, left:right] = means

    def add(self, spectrum, light, *, behind=0.0):
        """
        Add diffuse light.

        Parameters
        ----------
        spectrum : str
            One of ``SPECTRA``.
        light : torch.Tensor
            Surface brightness on the view's pixels.
        behind : float or torch.Tensor, default 0
            Part of it that lies behind the dust.
        """
        if isinstance(behind, torch.Tensor) or behind > 0:
            _accumulate(self.behind, spectrum, light * behind)
            light = light * (1 - behind)
        _accumulate(self.before, spectrum, light)

    def add_small(self, spectrum, profile, *, centre, size, angle, reach):
        """
        Add light that covers a small part only.

        Parameters
        ----------
        spectrum : str
            One of ``SPECTRA``.
        profile : callable
            ``profile(v, u)`` gives the light from its own coordinates.
        centre : sequence of float
            Where it is, body units.
        size : float
            Its unit in body units.
        angle : float
            Rotation of its coordinates.
        reach : float
            Beyond which it is dark, its own units.
        """
        moved = self.view.moved(centre=tuple(map(float, centre)), size=size, angle=angle)
        box = _box(moved, reach)
        if box is None:
            return
        top, bottom, left, right = box
        light = torch.zeros(self.view.shape, device=self.device)
        light[top:bottom, left:right] = profile(*part_of(moved, box).grid(self.device))
        _accumulate(self.before, spectrum, light)

    def add_points(self, spectrum, y, x, flux, *, diameter=0.0, hollow=0.0, texture=None):
        """
        Add small bodies: as points, or as blurred light where the view resolves them.

        Parameters
        ----------
        spectrum : str
            One of ``SPECTRA``.
        y, x : numpy.ndarray
            Pixels of the view.
        flux : numpy.ndarray
            V = 0 units or, for gas, 1e-15 erg / s / cm2.
        diameter : array_like, default 0
            Parsecs of the full width at half maximum.
        hollow : array_like, default 0
            From 0 for filled to 0.95 for shells.
        texture : torch.Tensor, optional
            Multiplies the blurred light.
        """
        # Full width at half maximum over standard deviation of a normal distribution: 2 sqrt(2 ln 2) =
        # 2.35.
        sigma = np.broadcast_to(diameter, y.shape) / 2.35 / self.parsecs_per_pixel
        small = sigma < 0.35
        top, left = self.corner
        depth = self._extinction(y[small], x[small])
        self.scene.add_points(spectrum, y[small] + top, x[small] + left, flux[small], extinction=depth)
        if not small.all():
            columns = np.broadcast_arrays(y, x, flux, sigma, hollow)
            blobs = np.stack(columns).astype(np.float64)[:, ~small]
            light = blob_map(blobs, self.view.shape, self.catalogue.rng, device=self.device)
            light = light.mul_(1 / self.view.pixel_area)
            self.add(spectrum, light if texture is None else light * texture, behind=0.5)

    def add_stars(self, y, x, absolute_magnitude, temperature):
        """
        Add single stars.

        Parameters
        ----------
        y, x : numpy.ndarray
            Pixels of the view.
        absolute_magnitude : numpy.ndarray
            M_V.
        temperature : numpy.ndarray
            K.
        """
        top, left = self.corner
        magnitude = absolute_magnitude + self.body.distance_modulus
        self.scene.add_stars(y + top, x + left, magnitude, temperature, extinction=self._extinction(y, x))

    def _extinction(self, y, x):
        """A_V of points: half of them lie behind the dust."""
        if self.dust is None or not len(y):
            return 0.0
        rows, columns = self.view.shape
        row = np.clip(np.round(y), 0, rows - 1).astype(int)
        column = np.clip(np.round(x), 0, columns - 1).astype(int)
        index = torch.as_tensor(row * columns + column, device=self.device)
        depth = self.dust.reshape(-1)[index].cpu().numpy()
        return MAGNITUDES_PER_DEPTH * depth * self.catalogue.rng.integers(0, 2, len(y))


def _accumulate(layers, name, light):
    layers[name] = layers[name] + light if name in layers else light


def part_of(view, box):
    """
    Give a part of a window.

    Parameters
    ----------
    view : View
        The window.
    box : tuple of int
        First and last row, first and last column (exclusive).

    Returns
    -------
    View
        The window of those pixels.
    """
    top, bottom, left, right = box
    middle = view.to_body((top + bottom - 1) / 2, (left + right - 1) / 2)
    return replace(view, shape=(bottom - top, right - left), centre=middle)


def blob_map(blobs, shape, rng, *, device="cpu"):
    """
    Put fuzzy blobs and shells on a map.

    Parameters
    ----------
    blobs : numpy.ndarray
        Rows y, x, flux, standard deviation (pixels, 0.35 or more) and hollowness; shape (5, N).
    shape : tuple of int
        Rows and columns.
    rng : numpy.random.Generator
        Draws how flattened each is, and in which direction.
    device : str or torch.device, default "cpu"
        Where to make the map.

    Returns
    -------
    torch.Tensor
        Flux in each pixel, float32.

    Notes
    -----
    Large blobs are drawn on larger pixels, so that each takes a stamp of a few pixels only.
    """
    blobs = blobs[:, (blobs[0] > -4 * blobs[3]) & (blobs[0] < shape[0] + 4 * blobs[3])]
    blobs = blobs[:, (blobs[1] > -4 * blobs[3]) & (blobs[1] < shape[1] + 4 * blobs[3])]
    ratio, angle = rng.uniform(0.6, 1.0, blobs.shape[1]), rng.uniform(0, np.pi, blobs.shape[1])
    level = np.maximum(np.floor(np.log2(blobs[3] / 0.7)), 0).astype(int)
    total, above = None, int(level.max(initial=0))
    for one in range(above, -1, -1):
        size = tuple(-(-n // 2**one) for n in shape)
        if total is not None:
            total = enlarged(total, 2, size).mul_(0.25)
        chosen = level == one
        if chosen.any() or total is None:
            stamps = _stamps(blobs[:, chosen], 2.0**one, ratio[chosen], angle[chosen], size, device)
            total = stamps if total is None else total.add_(stamps)
    return total


def _stamps(blobs, factor, ratio, angle, shape, device):
    sigma = np.maximum(blobs[3] / factor, _NARROWEST)
    ratio = np.maximum(ratio, _NARROWEST / sigma)
    columns = (*((blobs[:2] + 0.5) / factor - 0.5), blobs[2], sigma, blobs[4], ratio)
    columns = (*columns, np.cos(angle), np.sin(angle))
    numbers = torch.as_tensor(np.stack(columns), dtype=torch.float32, device=device)
    y, x, flux, sigma, hollow, ratio, c, s = numbers[:, :, None]
    reach = torch.arange(-4, 5, device=device, dtype=torch.float32)
    dy, dx = (d.reshape(1, -1) for d in torch.meshgrid(reach, reach, indexing="ij"))
    row, column = y.round() + dy, x.round() + dx
    dy, dx = row - y, column - x
    r2 = ((c * dx + s * dy).square() + ((c * dy - s * dx) / ratio).square()) / sigma.square()
    # A Gaussian less a narrower one: for a hollowness near 1 a ring, as a shell of thin gas looks, bright
    # where the line of sight runs along it.
    light = torch.exp(-0.5 * r2) - hollow * torch.exp(-1.4 * r2)
    light = light * (flux / light.sum(dim=1, keepdim=True))
    inside = (row >= 0) & (row < shape[0]) & (column >= 0) & (column < shape[1])
    index = torch.where(inside, row * shape[1] + column, 0).long()
    image = torch.zeros(shape[0] * shape[1], device=device)
    return image.index_add_(0, index.reshape(-1), (light * inside).reshape(-1)).reshape(shape)


def enlarged(image, factor, shape):
    """
    Enlarge a map by a whole factor and cut it to a shape.

    Parameters
    ----------
    image : torch.Tensor
        Map whose first pixel covers the first ``factor`` rows and columns.
    factor : int
        How many pixels each becomes along an axis.
    shape : tuple of int
        Rows and columns to keep.

    Returns
    -------
    torch.Tensor
        Of the shape.
    """
    whole = enlarge(image, tuple(n * factor for n in image.shape))
    return whole[: shape[0], : shape[1]].contiguous()


def _grain(shape, streams, slope, outer):
    """Structure too small for half as many pixels, repeated where nobody sees it; and its strength."""
    n = _GRAIN_TILE
    ky = torch.fft.fftfreq(n, device=streams.device)[:, None]
    kx = torch.fft.rfftfreq(n, device=streams.device)[None, :]
    k2 = ky**2 + kx**2
    noise = torch.view_as_complex(streams.normal((n, n // 2 + 1, 2)))
    tile = torch.fft.irfft2(noise * k2.clamp(min=1e-6) ** (-slope / 4) * (k2 > _GRAIN_FROM**2), s=(n, n))
    tile = tile / tile.std()
    # The variance of a field is the integral of k**-slope 2 pi k dk, which goes with k**(2 - slope), from
    # the outer scale to the finest waves: the part beyond those that the coarse grid holds is the
    # fluctuations'.
    power = 2 - slope
    below, above, all_of_it = (k**power for k in (_GRAIN_FROM, 0.6, 1.0 / outer))
    strength = float(np.sqrt((below - above) / (all_of_it - above)))
    repeats = tuple(-(-size // n) for size in shape)
    return tile.repeat(*repeats)[: shape[0], : shape[1]], torch.tensor(strength, device=streams.device)
