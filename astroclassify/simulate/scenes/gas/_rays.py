"""Light that leaves a star and meets gas: maps in polar coordinates about it, fronts, shadows."""

import numpy as np
import torch

_RAY_STEP = 1.5  # pixels between samples along a ray, and between rays at the far side
_MOST_SAMPLES = (2600, 1500)  # rays, samples on each
_BLOCK = 16  # samples along a ray between which light spreads across the rays
_DARKEST = 30.0  # optical depth
_NEAREST_FRONT = 1e-3  # of the mean density: keeps distances from a front finite where there is no gas


class Rays:
    """
    Straight rays from a point through a window.

    Parameters
    ----------
    view : View
        The window.
    centre : tuple of float
        Body coordinates (v, u) of the source; it may lie outside the window.
    device : str or torch.device, default "cpu"
        Where maps are.
    bend : tuple of torch.Tensor, optional
        Shifts in y and x, pixels, of the view's shape: flows that have bent everything since.
    """

    def __init__(self, view, centre, *, device="cpu", bend=None):
        rows, columns = view.shape
        y0, x0 = (float(c) for c in view.to_pixels(*centre))
        y = torch.arange(rows, dtype=torch.float32, device=device)[:, None]
        x = torch.arange(columns, dtype=torch.float32, device=device)[None, :]
        self._unbent = None
        if bend is not None:
            y, x = y + bend[0], x + bend[1]
            self._unbent = torch.stack(
                [x * (2 / max(columns - 1, 1)) - 1, y * (2 / max(rows - 1, 1)) - 1], -1
            )
        y, x = y - y0, x - x0
        towards = float(np.arctan2((rows - 1) / 2 - y0, (columns - 1) / 2 - x0))
        c, s = np.cos(towards), np.sin(towards)
        along, across = c * x + s * y, c * y - s * x
        #: Distance of each pixel from the source, pixels.
        self.distance = torch.hypot(along, across)
        #: Direction of each pixel from the source, radians; zero towards the middle of the window.
        self.direction = torch.atan2(across, along)
        inside = -0.5 <= y0 <= rows - 0.5 and -0.5 <= x0 <= columns - 0.5
        self._nearest = 0.0 if inside else float(self.distance.min())
        self._farthest = float(self.distance.max()) + 1.0
        self._half_angle = float(np.pi) if inside else float(self.direction.abs().max()) + 1e-6
        self._frame = (towards, y0, x0, view.shape)
        self._on_view = None  # made when first needed

    def _make_samples(self):
        device, reach = self.distance.device, self._farthest - self._nearest
        arc = 2 * self._half_angle * self._farthest
        rays, samples = (
            int(np.clip(length / _RAY_STEP, 24, most))
            for length, most in zip((arc, reach), _MOST_SAMPLES, strict=True)
        )
        self.step = reach / (samples - 1)
        self._r = torch.linspace(self._nearest, self._farthest, samples, device=device)
        angle = torch.linspace(-self._half_angle, self._half_angle, rays, device=device)
        towards, y0, x0, (rows, columns) = self._frame
        angle = (angle + towards)[:, None]
        y, x = y0 + self._r * torch.sin(angle), x0 + self._r * torch.cos(angle)
        self._on_view = torch.stack([x * (2 / max(columns - 1, 1)) - 1, y * (2 / max(rows - 1, 1)) - 1], -1)
        r = (self.distance - self._nearest) * (2 / reach) - 1
        self._on_rays = torch.stack([r, self.direction / self._half_angle], -1)

    def bent(self, image):
        """
        Bend a map as the rays are bent.

        Parameters
        ----------
        image : torch.Tensor
            Of the view's shape.

        Returns
        -------
        torch.Tensor
            The same if the rays are straight.
        """
        return image if self._unbent is None else _sample(image, self._unbent)

    def along(self, density, *, power=0.0):
        """
        Sample a map along the rays.

        Parameters
        ----------
        density : torch.Tensor
            Map of the view's shape, per pixel of length; nothing is taken to lie outside the window.
        power : float, default 0
            Weights what lies at the distance r from the source by r to this power, relative to the
            farthest corner of the window.

        Returns
        -------
        torch.Tensor
            Column density of each step; shape (rays, samples).
        """
        if self._on_view is None:
            self._make_samples()
        polar = _sample(density, self._on_view)
        if power:
            polar = polar * (self._r / self._farthest) ** power
        return polar.mul_(self.step)

    def on_view(self, polar):
        """
        Bring a map from the rays back to the window.

        Parameters
        ----------
        polar : torch.Tensor
            Shape (rays, samples).

        Returns
        -------
        torch.Tensor
            Of the view's shape.
        """
        return _sample(polar, self._on_rays)

    def column(self, steps, *, penumbra=0.0):
        """
        Add up along the rays, from the source outwards.

        Parameters
        ----------
        steps : torch.Tensor
            Optical depth of each step, from `along`.
        penumbra : float, default 0
            Angle, radians, by which light creeps into shadows: their tips close.

        Returns
        -------
        torch.Tensor
            Optical depth from the source to the end of each step, like `steps`.
        """
        if not penumbra:
            return steps.cumsum(1)
        depth = torch.empty_like(steps)
        before = torch.zeros(len(steps), device=steps.device)
        for first in range(0, steps.shape[1], _BLOCK):
            block = depth[:, first : first + _BLOCK]
            torch.cumsum(steps[:, first : first + _BLOCK], 1, out=block)
            block += before[:, None]
            spacing = 2 * self._half_angle / (len(steps) - 1) * max(float(self._r[first]), self.step * _BLOCK)
            before = self._spread(block[:, -1], penumbra * self.step * _BLOCK / spacing)
        return depth

    def _spread(self, depth, sigma):
        """Blur light, not optical depth, across the rays."""
        reach = int(np.clip(np.ceil(2.5 * sigma), 1, min(60, len(depth) - 1)))
        x = torch.arange(-reach, reach + 1, device=depth.device, dtype=torch.float32)
        kernel = torch.exp(-0.5 * (x / sigma) ** 2)
        around = "circular" if self._half_angle > 3.1415 else "replicate"
        light = torch.nn.functional.pad(
            torch.exp(-depth.clamp_max(_DARKEST))[None, None], (reach, reach), around
        )
        light = torch.nn.functional.conv1d(light, (kernel / kernel.sum())[None, None])[0, 0]
        return -torch.log(light)

    def weight(self, power):
        """
        Give the weight that `column` uses.

        Parameters
        ----------
        power : float
            Exponent of the distance.

        Returns
        -------
        torch.Tensor
            Of the view's shape, one at the farthest corner.
        """
        return (self.distance / self._farthest) ** power


def _sample(image, positions):
    return torch.nn.functional.grid_sample(
        image[None, None], positions[None], padding_mode="border", align_corners=True
    )[0, 0]


def _quantile(image, share):
    step = max(1, min(image.shape) // 64)
    return torch.quantile(image[::step, ::step].flatten(), share).clamp_min_(1e-12)


class Front:
    """
    How far a star has ionised the gas around it.

    Along each ray gas is ionised until recombinations use up the star's photons; the front is
    where that happens.

    Parameters
    ----------
    rays : Rays
        From the star.
    density : torch.Tensor
        Gas density of the view's shape, about 1.
    share : float
        Part of the window that is ionised, 0 to 1.
    power : float, default 1
        How the photons thin out with distance: 2 for a star in the middle of the gas, 0 far from it.
    penumbra : float, default 0.1
        Angle, radians, by which light creeps into shadows.
    """

    def __init__(self, rays, density, share, *, power=1.0, penumbra=0.1):
        # In ionisation balance each ray's photons equal the recombinations along it, alpha n**2 per
        # volume (Stromgren 1939, ApJ 89, 526). Columns of the squared density are thus columns of photons
        # used up; the budget is such that the wanted share of the window is ionised.
        steps = rays.along(density * density, power=power)
        budget = _quantile(rays.on_view(steps.cumsum(1)), share)
        used = rays.column(steps.div_(budget), penumbra=penumbra)
        #: Part of the photons used up between the star and each pixel.
        self.used = rays.on_view(used)
        #: Gas density where the rays have brought it.
        self.density = rays.bent(density)
        local = self.density.square().mul_(rays.weight(power)).div_(budget)
        # Of the densest neighbour, lest the front of a sharp clump falls between two pixels.
        local = torch.nn.functional.max_pool2d(local[None, None], 3, stride=1, padding=1)[0, 0]
        local = local.clamp_min_(_NEAREST_FRONT * float(local.mean()) + 1e-12)
        #: Distance along the ray to the front, pixels: positive where gas is ionised.
        self.depth = (1 - self.used).div_(local)

    def ionised(self, width=0.7):
        """
        Give the ionised part of the gas.

        Parameters
        ----------
        width : float, default 0.7
            Thickness of the front, pixels.

        Returns
        -------
        torch.Tensor
            0 to 1.
        """
        return torch.sigmoid(self.depth / width)

    def rim(self, thickness, *, width=0.7):
        """
        Give the bright skin on the star's side of the front.

        Parameters
        ----------
        thickness : float
            Pixels in which it fades away from the front.
        width : float, default 0.7
            Thickness of the front itself, pixels.

        Returns
        -------
        torch.Tensor
            0 to about 1.
        """
        return torch.exp(self.depth.clamp_min(0) / -thickness).mul_(self.ionised(width))
