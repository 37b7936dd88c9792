"""Convolution of a scene with the point-spread function: diffuse light on a coarse grid, points exactly.

A point's core is drawn on detector pixels wherever within a pixel it falls; what of the point-spread
function lies outside the core goes, with the diffuse light, through one Fourier transform on the coarse grid.
"""

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
import torch
from scipy.fft import next_fast_len

from astroclassify.core import ParameterError, checked, rules
from astroclassify.simulate._raster import splat
from astroclassify.simulate._rules import tensor
from astroclassify.simulate._textures import enlarge
from astroclassify.simulate.optics._ghosts import GHOST_LIMIT, stray_light
from astroclassify.simulate.optics._wings import REACH, wing_limit, wings

#: Sides of the cores that are drawn on detector pixels, and up to which flux (electrons per second) each
#: serves. Outside its core a point is as sharp as the coarse grid: at these limits, that changes no pixel by
#: more than about the read noise of a 1000 s exposure, and second moments by 1% (2% for the faintest).
CORES = ((13, 1.0), (17, 20.0), (25, 200.0), (65, 2e3), (129, 2e4), (255, np.inf))
#: Chebyshev polynomials that a core's dependence on the phase within a pixel is written in, per axis, and
#: their largest total degree.
_DEGREES, _TOTAL_DEGREE = 10, 9
#: Elements that are worked on at a time.
_CHUNK = 2**22


def _catalogue(name, value):
    """Ask for point sources: numbers of shape (3, N)."""
    try:
        found = np.asarray(value, float)
    except (TypeError, ValueError) as error:
        raise rules.wrong(name, value, "numbers of shape (3, N): y, x, flux") from error
    if hasattr(value, "unit") or found.ndim != 2 or found.shape[0] != 3:
        raise ParameterError(f"points have the shape {found.shape}; expected (3, N): y, x, flux")
    return found


@checked(
    diffuse=tensor,
    points=_catalogue,
    psf=rules.having("a PointSpread", "array", "oversampling"),
    shape=rules.shape,
    factor=rules.whole(),
)
def observe_scene(diffuse, points, psf, *, shape, factor=2):
    """
    Convolve a scene with the point-spread function.

    Parameters
    ----------
    diffuse : torch.Tensor
        Surface brightness at the centres of coarse pixels, electrons per second and *detector* pixel. Each
        is `factor` detector pixels wide; the grid starts where the detector does and may reach beyond it.
    points : array_like
        Rows y, x (detector pixels, 0-based, centres at integers) and electrons per second, zero or more;
        shape (3, N). Those outside the detector put in what of their wings reaches it.
    psf : PointSpread
        The point-spread function, on the same device.
    shape : tuple of int
        Rows and columns of the detector.
    factor : int, default 2
        Detector pixels on a side of a coarse one: 1, 2, 4 or 8.

    Returns
    -------
    torch.Tensor
        Electrons per second in each detector pixel, float32, of the shape asked for.

    Raises
    ------
    ParameterError
        If the coarse grid does not cover the detector, the catalogue has no three rows, or the factor does
        not divide the box of the point-spread function.

    Notes
    -----
    Flux is conserved to 1e-4 for points whose light falls on the detector, and for diffuse light but at its
    edges; beyond them it goes on as at the edge. Only stars bright enough for it to matter spread light
    further than the box of the point-spread function; it is taken from what they have inside.
    """
    if any(n * factor < side for n, side in zip(diffuse.shape, shape, strict=True)):
        raise ParameterError(
            f"{tuple(diffuse.shape)} coarse pixels of {factor} do not cover a detector of {tuple(shape)}"
        )
    if factor < 1 or psf.pixels % (2 * factor):
        raise ParameterError(f"factor is {factor}; expected a divisor of {psf.pixels // 2}, as 1, 2, 4 or 8")
    far, points = _far_light(points, psf, shape=shape, factor=factor)
    grid = _CoarseGrid(tuple(diffuse.shape), factor, psf)
    grid.add_map(diffuse)
    canvas = _Canvas(shape, psf)
    for core, chosen in _by_core(_near(points, shape, psf), psf):
        rest = canvas.add_cores(chosen, core)
        grid.add_points(np.stack([chosen[0], chosen[1], rest]), _surroundings(psf, core.side, factor))
    bright = points[:, points[2] > GHOST_LIMIT]
    for ghost in psf.ghosts:
        moved = bright + np.array([*ghost.offset, 0.0])[:, None] / psf.pixel_scale * [[1], [1], [0]]
        kernel = ghost.kernel(psf.pixels // factor, psf.pixel_scale * factor, device=psf.device)
        grid.add_points(_near(moved, shape, psf), kernel)
    image = grid.on_detector(shape)
    if canvas.light is not None:
        image = image + canvas.on_detector()
    if far is not None:
        image = image + far
    if psf.stray_light:
        image = image + stray_light(shape, psf.stray_light, psf.stray_angle, device=psf.device)
    return image.clamp_min(0)


def _far_light(points, psf, *, shape, factor):
    """Draw the wings of bright stars; give them (or None), and the points with what the box is left."""
    bright = points[2] > wing_limit(psf)
    if not bright.any():
        return None, points
    kernel = wings(psf, factor)
    share = float(kernel.double().sum()) * factor**2
    left = points.copy()
    left[2, bright] /= 1 + share
    reach = int(REACH / psf.pixel_scale / factor)
    grid = [-(-n // factor) for n in shape]
    shifted = left[:, bright]
    shifted[:2] = (shifted[:2] + 0.5) / factor - 0.5 + reach
    box = tuple(next_fast_len(n + 2 * reach, real=True) for n in grid)
    light = splat(shifted, box, device=psf.device)
    spectrum = torch.fft.rfft2(light) * torch.fft.rfft2(_wrapped(kernel, box))
    far = torch.fft.irfft2(spectrum, s=box)[reach : reach + grid[0], reach : reach + grid[1]]
    return enlarge(far, [n * factor for n in grid])[: shape[0], : shape[1]], left


def _wrapped(kernel, box):
    """Put a kernel whose centre is at [0, 0] into a larger box."""
    half = kernel.shape[0] // 2
    large = torch.zeros(box, device=kernel.device)
    large[: 2 * half, : 2 * half] = torch.roll(kernel, (half, half), dims=(0, 1))
    return torch.roll(large, (-half, -half), dims=(0, 1))


def _near(points, shape, psf):
    """Leave out points whose box does not reach the detector."""
    reach = psf.pixels // 2
    y, x, flux = points
    inside = (y > -reach) & (y < shape[0] - 1 + reach) & (x > -reach) & (x < shape[1] - 1 + reach)
    return points[:, inside & (flux > 0)]


def _by_core(points, psf):
    """Sort points into those that the same size of core serves."""
    largest = psf.pixels - 1
    limits = [0.0, *(limit for _, limit in CORES)]
    for (side, _), (low, high) in zip(CORES, pairwise(limits), strict=True):
        chosen = points[:, (points[2] > low) & (points[2] <= high)]
        if chosen.shape[1]:
            yield _core(psf, min(side, largest)), chosen


class _CoarseGrid:
    """Light on coarse pixels, padded, that still has to be convolved."""

    def __init__(self, shape, factor, psf):
        self.shape, self.factor, self.psf = shape, factor, psf
        self.pad = psf.pixels // (2 * factor)
        self.box = tuple(next_fast_len(n + 2 * self.pad + 1, real=True) for n in shape)
        self.spectrum = None

    def _add(self, light, kernel):
        # The kernel starts at [0, 0], so that few of its rows are not empty; its centre, and with it all
        # light, is `pad` pixels further.
        start = torch.roll(kernel, (self.pad, self.pad), dims=(0, 1))
        transfer = torch.fft.fft(torch.fft.rfft(start, n=self.box[1], dim=1), n=self.box[0], dim=0)
        term = torch.fft.rfft2(light).mul_(transfer)
        self.spectrum = term if self.spectrum is None else self.spectrum.add_(term)

    def add_map(self, light):
        """Add diffuse light, which goes on beyond the edges as it is there."""
        down, right = (b - n - self.pad for n, b in zip(self.shape, self.box, strict=True))
        margins = (self.pad, right, self.pad, down)
        padded = torch.nn.functional.pad(light[None, None].float(), margins, mode="replicate")[0, 0]
        self._add(padded, diffuse_kernel(self.psf, self.factor))

    def add_points(self, points, kernel):
        """Add points (detector pixels) as a kernel on the coarse grid shows them."""
        if points.shape[1] == 0:
            return
        shifted = points.copy()
        shifted[:2] = (shifted[:2] + 0.5) / self.factor - 0.5 + self.pad
        light = splat(shifted, self.box, device=self.psf.device) / self.factor**2
        self._add(light, kernel)

    def on_detector(self, shape):
        """Convolve, and enlarge to detector pixels."""
        light = torch.fft.irfft2(self.spectrum, s=self.box)
        rows, columns = self.shape
        first = 2 * self.pad - 1  # one pixel more on each side to interpolate from
        light = light[first : first + rows + 2, first : first + columns + 2]
        if self.factor > 1:
            light = torch.nn.functional.interpolate(
                light[None, None], scale_factor=self.factor, mode="bilinear", align_corners=False
            )[0, 0]
        return light[self.factor : self.factor + shape[0], self.factor : self.factor + shape[1]]


def diffuse_kernel(psf, factor):
    """
    Give the kernel that diffuse light on coarse pixels is convolved with.

    Parameters
    ----------
    psf : PointSpread
        The point-spread function.
    factor : int
        Detector pixels on a side of a coarse one.

    Returns
    -------
    torch.Tensor
        Its centre at [0, 0] with wrap-around, unit sum. Sharper than the point-spread function by what
        bilinear enlargement blurs afterwards; around light that fills a single coarse pixel it rings.
    """
    return psf.kept(("diffuse", factor), lambda: _make_diffuse_kernel(psf, factor))


def _make_diffuse_kernel(psf, factor):
    n = psf.pixels // factor
    transfer = torch.fft.fft2(psf.array.double())
    if factor == 1:  # all frequencies there are, folded
        transfer = transfer.reshape(psf.oversampling, n, psf.oversampling, n).sum(dim=(0, 2))
    else:  # those that the coarse grid has, over what the enlargement leaves of them
        k = torch.fft.fftfreq(n, d=1 / n, device=psf.device).long()
        enlarged = _enlargement(n, factor).to(psf.device)
        transfer = transfer[k[:, None], k] / (enlarged[:, None] * enlarged)
    # Never amplify: where the coarse grid is too coarse for the point-spread function, it would ring.
    transfer = transfer / transfer[0, 0].real
    transfer = transfer / transfer.abs().clamp_min(1)
    return torch.fft.ifft2(transfer).real.float()


def _enlargement(n, factor):
    """Transfer function of bilinear enlargement, by frequencies of the coarse grid."""
    offset = (torch.arange(-2 * factor, 2 * factor, dtype=torch.float64) + 0.5) / factor - 0.5
    weight = (1 - offset.abs()).clamp_min(0) / factor
    return torch.cos(2 * torch.pi * torch.fft.fftfreq(n, dtype=torch.float64)[:, None] * offset) @ weight


@dataclass(frozen=True)
class _Core:
    """The middle of a point-spread function, as polynomials in the phase within a pixel."""

    side: int
    polynomials: torch.Tensor  # (terms, side * side)

    @property
    def sums(self):
        return self.polynomials.sum(dim=1)


def _surroundings(psf, side, factor):
    """The point-spread function outside a core, on coarse pixels, of unit sum."""

    def make():
        # Samples rather than frequencies: they are never negative.
        step = psf.oversampling * factor
        kernel = (psf.array * (1 - _window(psf, side)))[::step, ::step].float()
        return kernel / kernel.sum()

    return psf.kept(("around", side, factor), make)


def _core(psf, side):
    return psf.kept(("core", side), lambda: _make_core(psf, side))


def _make_core(psf, side):
    inside = psf.array.double() * _window(psf, side)
    reach = (side // 2 + 1) * psf.oversampling
    around = torch.roll(inside, (reach, reach), dims=(0, 1))[: 2 * reach, : 2 * reach]
    shift = _phase_polynomials(side, reach, psf.oversampling).to(psf.device)
    table = torch.einsum("aim,mn,bjn->abij", shift, around, shift)
    degree = torch.arange(_DEGREES, device=psf.device)
    table = table[degree[:, None] + degree <= _TOTAL_DEGREE].reshape(-1, side * side)
    return _Core(side, table.float().contiguous())


def _window(psf, side):
    """Window of a core: one in the middle, falling smoothly to zero at its end."""
    size, step = psf.array.shape[0], psf.oversampling
    x = torch.fft.fftfreq(size, d=step / size, dtype=torch.float64, device=psf.device)
    r = torch.hypot(x[:, None], x)
    outer = side / 2 - 1
    inner = max(0.6 * outer, outer - 20)
    fall = ((r - inner) / (outer - inner)).clamp(0, 1)
    return (1 + torch.cos(torch.pi * fall)) / 2


@lru_cache(maxsize=32)
def _phase_polynomials(side, reach, step):
    """Matrices from samples of a row to its pixels, one for each Chebyshev polynomial of the phase."""
    nodes = np.cos(np.pi * (np.arange(_DEGREES) + 0.5) / _DEGREES)  # from -1 to 1: phases -1/2 to 1/2
    pixel = np.arange(side) - side // 2
    sample = np.arange(2 * reach) - reach
    # Band-limited: at each node the rows are interpolated with sinc.
    rows = np.sinc((pixel[:, None] - nodes[:, None, None] / 2) * step - sample)
    to_coefficients = np.polynomial.chebyshev.chebvander(nodes, _DEGREES - 1).T * (2 / _DEGREES)
    to_coefficients[0] /= 2
    return torch.as_tensor(np.einsum("kp,pim->kim", to_coefficients, rows))


class _Canvas:
    """The detector with a margin, on which cores are drawn."""

    def __init__(self, shape, psf):
        self.shape, self.device = shape, psf.device
        self.margin = min(CORES[-1][0], psf.pixels - 1)
        self.light = None

    def on_detector(self):
        """Give the part without the margin."""
        return self.light[tuple(slice(self.margin, self.margin + n) for n in self.shape)]

    def add_cores(self, points, core):
        """Draw the points' cores; give the flux that each has outside of them."""
        if self.light is None:
            self.light = torch.zeros([n + 2 * self.margin for n in self.shape], device=self.device)
        rest = np.empty(points.shape[1])
        order = np.lexsort((np.round(points[1]), np.round(points[0])))  # memory is written in order
        size = max(_CHUNK // core.side**2, 1)
        for start in range(0, points.shape[1], size):
            part = order[start : start + size]
            rest[part] = self._add_chunk(points[:, part], core)
        return rest

    def _add_chunk(self, points, core):
        width = self.light.shape[1]
        whole = np.round(points[:2])
        terms = _phase_terms(points[:2] - whole, points[2], self.device)
        rest = points[2] - (terms @ core.sums).double().cpu().numpy()
        corner = whole.astype(np.int64) + self.margin - core.side // 2
        limits = np.array(self.light.shape)[:, None] - core.side
        seen = ((corner >= 0) & (corner <= limits)).all(axis=0)
        if not seen.any():
            return rest
        terms = terms[torch.as_tensor(seen, device=self.device)]
        start = torch.as_tensor(corner[0, seen] * width + corner[1, seen], device=self.device)
        step = torch.arange(core.side, device=self.device)
        index = start[:, None] + (step[:, None] * width + step).reshape(-1)
        self.light.view(-1).index_add_(0, index.view(-1), (terms @ core.polynomials).view(-1))
        return rest


def _phase_terms(phase, flux, device):
    """Products of Chebyshev polynomials of the phases in y and x, times the flux."""
    y, x = (np.polynomial.chebyshev.chebvander(2 * p, _DEGREES - 1) for p in phase)
    degree = np.arange(_DEGREES)
    low = degree[:, None] + degree <= _TOTAL_DEGREE
    terms = (y[:, :, None] * x[:, None, :])[:, low] * flux[:, None]
    return torch.as_tensor(terms, dtype=torch.float32, device=device)


def moffat_kernel(shape, fwhm, *, beta=3.0, spikes=0.0, spike_angle=np.pi / 4, device="cpu"):
    """
    Make a simple point-spread function, centred on pixel (0, 0) with wrap-around.

    Parameters
    ----------
    shape : tuple of int
        Rows and columns of the periodic box.
    fwhm : float
        Full width at half maximum, pixels.
    beta : float, default 3
        Moffat exponent.
    spikes : float, default 0
        Fraction of the flux in four diffraction spikes, 0 to 1.
    spike_angle : float, default pi/4
        Direction of the first spike, radians.
    device : str or torch.device, default "cpu"
        Where to make it.

    Returns
    -------
    torch.Tensor
        Kernel of unit sum, float32.
    """
    y, x = (torch.fft.fftfreq(n, d=1 / n, device=device) for n in shape)
    y = y[:, None]
    r2 = x * x + y * y
    kernel = (1 + r2 * (2 ** (1 / beta) - 1) / (fwhm / 2) ** 2) ** -beta
    kernel = kernel / kernel.sum()
    if spikes > 0:
        c, s = float(np.cos(spike_angle)), float(np.sin(spike_angle))
        along, across = c * x + s * y, c * y - s * x
        cross = torch.exp(-((across / fwhm * 2) ** 2)) + torch.exp(-((along / fwhm * 2) ** 2))
        cross = cross * torch.exp(-torch.sqrt(r2) / (8 * fwhm))
        kernel = (1 - spikes) * kernel + spikes * cross / cross.sum()
    return kernel


def blur_scene(diffuse, points, kernel_of, *, pad=16):
    """
    Blur diffuse light and points on one grid: quick, and as sharp as the grid.

    Parameters
    ----------
    diffuse : torch.Tensor
        Flux per pixel.
    points : array_like
        Rows y, x (pixels, centres at integers) and flux, shape (3, N).
    kernel_of : callable
        ``kernel_of(shape)`` gives the wrap-around kernel of that shape.
    pad : int, default 16
        Pixels added on each side against wrap-around.

    Returns
    -------
    torch.Tensor
        Image, float32, zero or more, of the shape of `diffuse`.
    """
    rows, columns = diffuse.shape
    box = tuple(next_fast_len(n + 2 * pad, real=True) for n in (rows, columns))
    down, right = box[0] - rows - pad, box[1] - columns - pad
    image = torch.nn.functional.pad(diffuse[None, None], (pad, right, pad, down), mode="replicate")[0, 0]
    shifted = np.asarray(points, float) + np.array([[pad], [pad], [0]])
    image = image + splat(shifted, box, device=diffuse.device)
    kernel = kernel_of(box).to(diffuse.device)
    blurred = torch.fft.irfft2(torch.fft.rfft2(image) * torch.fft.rfft2(kernel), s=box)
    return blurred[pad : pad + rows, pad : pad + columns].clamp_min(0)
