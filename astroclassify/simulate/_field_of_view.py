"""Where the chips of a camera lie in its field, and which part of the sky an aperture takes."""

from dataclasses import dataclass
from functools import lru_cache
from math import prod

import numpy as np
from astropy.wcs import WCS, Sip

from astroclassify.core import ParameterError, UnknownNameError
from astroclassify.instruments import ANY_CHIP, INSTRUMENTS, Instrument
from astroclassify.simulate._distortion import DISTORTIONS, Distortion


@dataclass(frozen=True)
class FieldOfView:
    """
    The detector pixels that one exposure reads, on one grid with the chips' gap in it.

    Parameters
    ----------
    camera : Instrument
        The camera.
    layouts : dict of int to ChipLayout
        What is read of each chip.
    shape : tuple of int
        Rows and columns of the grid, unbinned pixels.
    corners : dict of int to tuple of int
        Row and column of each chip's first science pixel on the grid.
    distortion : Distortion, optional
        Where on the sky its pixels look, from offsets from the grid's middle; none if it is not known.
    """

    camera: Instrument
    layouts: dict
    shape: tuple[int, int]
    corners: dict
    distortion: Distortion | None = None

    @classmethod
    def of(cls, camera, aperture=None):
        """
        Lay out an aperture.

        Parameters
        ----------
        camera : str or Instrument
            The camera or its registry name.
        aperture : str, optional
            Name of a layout, for example ``"WFC1A-512"``; by default full frames of all chips.

        Returns
        -------
        FieldOfView
            The field.

        Raises
        ------
        UnknownNameError
            If the camera has no such aperture.
        ParameterError
            If the camera has no known chips.

        Examples
        --------
        >>> from astroclassify.simulate import FieldOfView
        >>> FieldOfView.of("acs-wfc").shape
        (4146, 4096)
        """
        camera = camera if isinstance(camera, Instrument) else INSTRUMENTS[camera]
        layouts = _layouts(camera, aperture)
        corners = {}
        for chip, layout in layouts.items():
            rows = layout.origin[0] + _first_row_of_chip(camera, chip)
            corners[chip] = (rows, layout.origin[1])
        first = tuple(min(corner[axis] for corner in corners.values()) for axis in (0, 1))
        corners = {chip: (y - first[0], x - first[1]) for chip, (y, x) in corners.items()}
        ends = [
            tuple(
                c + n * layouts[chip].binning
                for c, n in zip(corner, layouts[chip].science_shape, strict=True)
            )
            for chip, corner in corners.items()
        ]
        shape = (max(e[0] for e in ends), max(e[1] for e in ends))
        return cls(camera, layouts, shape, corners, _distortion_of(camera, first, shape))

    def cut(self, image, chip):
        """
        Cut a chip's science pixels out of a map on the grid.

        Parameters
        ----------
        image : torch.Tensor
            Flux per unbinned pixel, of the field's shape.
        chip : int
            Which chip.

        Returns
        -------
        torch.Tensor
            Flux per (binned) pixel, shape ``layouts[chip].science_shape``.
        """
        layout = self.layouts[chip]
        (y, x), (rows, columns), binning = self.corners[chip], layout.science_shape, layout.binning
        part = image[y : y + rows * binning, x : x + columns * binning]
        if binning == 1:
            return part
        return part.reshape(rows, binning, columns, binning).sum(dim=(1, 3))

    def world(self, ra, dec, orientation, *, distorted=False):
        """
        Give each chip's world coordinates: linear ones as in a raw file, or with the field's distortion.

        Parameters
        ----------
        ra, dec : float
            Degrees (ICRS) of the middle of the field.
        orientation : float
            Position angle of the detector's y axis (the mean over the field), degrees east of north.
        distorted : bool, default False
            Whether to give the distortion as well (SIP), as calibrated files do.

        Returns
        -------
        dict of int to astropy.wcs.WCS
            Of the science pixels of each chip.

        Notes
        -----
        With a known distortion the linear coordinates are those at the middle of each whole chip: the axes of
        ACS/WFC are then 84.9 and 86.1 degrees apart, and towards a chip's corners raw coordinates are wrong
        by some tens of pixels, as real ones are.
        """
        if self.distortion is None:
            middle = (self.shape[0] - 1) / 2, (self.shape[1] - 1) / 2
            return {chip: self._linear(chip, middle, ra, dec, orientation) for chip in self.corners}
        return {chip: self._of_chip(chip, ra, dec, orientation, distorted) for chip in self.corners}

    def _linear(self, chip, reference, ra, dec, orientation):
        """Square pixels; the reference is in unbinned pixels of the grid (y, x)."""
        binning, angle = self.layouts[chip].binning, np.radians(orientation)
        # Of the columns of the matrix the first is a step along x: east is to the left where north is up,
        # so that RA falls with x. Turned by the position angle of y, east of north.
        scale = self.camera.pixel_scale * binning / 3600
        matrix = scale * np.array([[-np.cos(angle), np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        return _tangential((ra, dec), self._crpix(chip, reference), matrix)

    def _crpix(self, chip, reference):
        """Turn a position on the grid into CRPIX: x, y, 1-based, in the chip's (binned) science pixels."""
        binning, corner = self.layouts[chip].binning, self.corners[chip]
        positions = [position - first + 1 for position, first in zip(reference, corner, strict=True)]
        # FITS pixels begin at 0.5: binned by b, the position p is (p - 0.5) / b + 0.5.
        return [(position - 0.5) / binning + 0.5 for position in positions[::-1]]

    def _of_chip(self, chip, ra, dec, orientation, distorted):
        middle = np.array([(n - 1) / 2 for n in self.shape])
        reference = self._reference(chip)
        # The plane that touches the sky at the middle of the field is not the one at this chip's
        # reference: the linear part is measured on the latter, over half a pixel to either side.
        local = self.distortion.about(*(reference - middle))
        ideal = _tangential((ra, dec), (1, 1), self._linear(chip, middle, ra, dec, orientation).wcs.cd)
        binning = self.layouts[chip].binning
        there = self.distortion(*(reference - middle))[::-1] / binning
        sky = ideal.wcs_pix2world([there], 0)[0]
        around = _tangential(sky, (1, 1), np.eye(2))
        # Columns: a step along x and along y, on the plane that touches the sky at this chip's reference.
        steps = there + 0.5 * np.array([local.linear[::-1, ::-1][:, k] * s for k in (0, 1) for s in (1, -1)])
        ends = around.wcs_world2pix(ideal.wcs_pix2world(steps, 0), 0)
        matrix = np.stack([ends[0] - ends[1], ends[2] - ends[3]], axis=1)
        world = _tangential(sky, self._crpix(chip, reference), matrix)
        return _with_sip(world, local.scaled(binning)) if distorted else world

    def _reference(self, chip):
        """The middle of the whole chip, on this grid: where the reference pixels of real files lie."""
        whole, layout = self.camera.geometry[chip].shape, self.layouts[chip]
        centre = np.array([whole[0] // 2 - 1, whole[1] // 2 - 1])
        return centre - np.array(layout.origin) + np.array(self.corners[chip])

    def areas(self, factor=1):
        """
        Give the area on the sky that the pixels of the grid see.

        Parameters
        ----------
        factor : int, default 1
            Pixels on a side of a coarse one; the last row and column may reach beyond the field.

        Returns
        -------
        torch.Tensor or float
            Relative to square pixels of the nominal scale; of the (coarse) grid's shape, or 1.
        """
        return 1.0 if self.distortion is None else _areas(self.distortion, self.shape, factor)


def _tangential(crval, crpix, matrix):
    world = WCS(naxis=2)
    world.wcs.ctype = ["RA---TAN", "DEC--TAN"]
    world.wcs.radesys = "ICRS"
    world.wcs.crval, world.wcs.crpix, world.wcs.cd = crval, crpix, matrix
    world.wcs.set()
    return world


def _with_sip(world, local):
    """Add the distortion that is left beside the linear part: CD (u + A) is what the polynomial says."""
    # SIP (Shupe et al. 2005, ASPC 347, 491) adds its polynomial to the pixels before the matrix: rest =
    # CD**-1 times all, less the pixels themselves. Its coefficients are by powers of x first.
    rest = np.einsum("ab,bij->aij", np.linalg.inv(local.linear), local.array)
    rest[:, 1, 0] = rest[:, 0, 1] = 0
    by_x_then_y = rest.transpose(0, 2, 1)
    world.sip = Sip(by_x_then_y[1].copy(), by_x_then_y[0].copy(), None, None, world.wcs.crpix)
    world.wcs.ctype = ["RA---TAN-SIP", "DEC--TAN-SIP"]
    world.wcs.set()
    return world


@lru_cache(maxsize=8)
def _areas(distortion, shape, factor):
    import torch

    coarse = [-(-n // factor) for n in shape]
    # Areas change smoothly, by some per cent over a field: 65 knots a side are enough.
    knots = [
        np.linspace(-0.5, n * factor - 0.5, 65) - (full - 1) / 2
        for n, full in zip(coarse, shape, strict=True)
    ]
    area = torch.from_numpy(distortion.area(knots[0][:, None], knots[1])).float()[None, None]
    return torch.nn.functional.interpolate(area, coarse, mode="bilinear", align_corners=True)[0, 0]


def _distortion_of(camera, first, shape):
    """The distortion of a part of a camera's field, from the part's middle."""
    whole = DISTORTIONS.get(camera.name)
    if whole is None:
        return None
    rows, columns = camera.geometry[1].shape
    size = _first_row_of_chip(camera, 1) + rows, columns
    return whole.about(*(f + (n - 1) / 2 - (m - 1) / 2 for f, n, m in zip(first, shape, size, strict=True)))


def _layouts(camera, aperture):
    if aperture is not None:
        for layout in camera.layouts:
            if layout.name == aperture:
                return {layout.chip: layout}
        names = ", ".join(repr(layout.name) for layout in camera.layouts)
        raise UnknownNameError(f"{camera.name} has no aperture {aperture!r}; there are: {names}")
    full = {}
    for layout in sorted(camera.layouts, key=lambda each: prod(each.shape), reverse=True):
        full.setdefault(layout.chip, layout)
    full = dict(sorted(full.items()))
    if not full or set(full) not in ({1, 2}, {ANY_CHIP}):
        raise ParameterError(f"{camera.name} has the chips {sorted(full)}; expected one chip, or 1 and 2")
    return full


def _first_row_of_chip(camera, chip):
    """Chip 1 lies above chip 2 and the gap."""
    if chip != 1:
        return 0
    below = camera.geometry[2].shape[0] if camera.geometry else _layouts(camera, None)[2].science_shape[0]
    return below + camera.chip_gap
