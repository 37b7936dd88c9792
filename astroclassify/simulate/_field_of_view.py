"""Where the chips of a camera lie in its field, and which part of the sky an aperture takes."""

from dataclasses import dataclass
from math import prod

import numpy as np
from astropy.wcs import WCS

from astroclassify.core import ParameterError, UnknownNameError
from astroclassify.instruments import ANY_CHIP, INSTRUMENTS, Instrument


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
    """

    camera: Instrument
    layouts: dict
    shape: tuple[int, int]
    corners: dict

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
        return cls(camera, layouts, (max(e[0] for e in ends), max(e[1] for e in ends)), corners)

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

    def world(self, ra, dec, orientation):
        """
        Give each chip's linear world coordinates.

        Parameters
        ----------
        ra, dec : float
            Degrees (ICRS) of the middle of the field.
        orientation : float
            Position angle of the detector's y axis, degrees east of north.

        Returns
        -------
        dict of int to astropy.wcs.WCS
            Of the science pixels of each chip.
        """
        angle, worlds = np.radians(orientation), {}
        for chip, (y, x) in self.corners.items():
            binning = self.layouts[chip].binning
            wcs = WCS(naxis=2)
            wcs.wcs.ctype = ["RA---TAN", "DEC--TAN"]
            wcs.wcs.radesys = "ICRS"
            wcs.wcs.crval = [ra, dec]
            middle = (self.shape[1] + 1) / 2 - x, (self.shape[0] + 1) / 2 - y
            wcs.wcs.crpix = [(p - 0.5) / binning + 0.5 for p in middle]
            scale = self.camera.pixel_scale * binning / 3600
            wcs.wcs.cd = scale * np.array([[-np.cos(angle), np.sin(angle)], [np.sin(angle), np.cos(angle)]])
            wcs.wcs.set()
            worlds[chip] = wcs
        return worlds


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
