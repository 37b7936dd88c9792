"""The objects of an image: a table that can be drawn, turned into regions, and written in many forms."""

import numpy as np
from astropy.io.registry import IORegistryError
from astropy.table import QTable
from astropy.wcs import WCS

from astroclassify.core import FrameError, ParameterError, optional_import, render
from astroclassify.detect._files import SUFFIXES, knows, write_detections
from astroclassify.detect._spec import DETECTION_COLUMNS


class Detections(QTable):
    """
    Table of the objects that were detected in an image, the highest score first.

    Its ``meta`` has ``source`` (the file), ``shape``, ``wcs`` (as FITS cards), ``from_top`` (whether it was a
    picture, the last line of which is row 0 here), ``classes`` (what could be found) and the provenance.

    Parameters
    ----------
    *args, **kwargs
        As for `~astropy.table.QTable`; `detect` makes such a table.

    Examples
    --------
    >>> from astroclassify.detect import detect
    >>> from astroclassify.simulate import wide_field
    >>> field = wide_field(5, shape=(256, 256), telescope="amateur-250", style="photograph")
    >>> found = detect(field.image)
    >>> print(found.shape, found["class"][0])
    (256, 256) galaxy
    """

    #: The image, small, to be drawn (numpy.ndarray or None).
    picture = None

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.picture = getattr(args[0] if args else None, "picture", None)

    def __getstate__(self):
        return super().__getstate__(), self.picture

    def __setstate__(self, state):
        super().__setstate__(state[0])
        self.picture = state[1]

    def __getitem__(self, item):
        found = super().__getitem__(item)
        if isinstance(found, Detections):
            found.picture = self.picture
        return found

    @property
    def shape(self):
        """Rows and columns of the image (tuple of int)."""
        told = self.meta.get("shape", ())
        shapes = {tuple(told[n : n + 2]) for n in range(0, len(told), 2)}  # of tables that were stacked
        if len(shapes) != 1:
            raise FrameError(
                f"the table says {sorted(shapes) or 'nothing'} of the size of its image; expected a "
                "table that detect made, of one image, with meta['shape']"
            )
        return shapes.pop()

    @property
    def wcs(self):
        """World coordinates of the image, without tables of distortion (astropy.wcs.WCS or None)."""
        shape = self.shape
        if not self.meta.get("wcs"):
            return None
        wcs = WCS(self.meta["wcs"])
        wcs.array_shape = shape
        return wcs

    def boxes(self):
        """
        Give class, score, edges and name of each box, as they are drawn and written.

        Returns
        -------
        astropy.table.QTable
            ``class``, ``score``, edges and ``name``.

        Raises
        ------
        FrameError
            If another of these columns is missing.
        """
        missing = [name for name in DETECTION_COLUMNS if name not in self.colnames]
        if missing:
            raise FrameError(
                f"the table has no column {missing[0]!r}; expected {', '.join(DETECTION_COLUMNS)}: take rows "
                "of it, or these columns too"
            )
        table = QTable([self[name] for name in DETECTION_COLUMNS], names=DETECTION_COLUMNS, copy=False)
        names = self["name"] if "name" in self.colnames else np.full(len(self), "")
        table["name"] = np.ma.filled(names, "")  # tables that are read have masked values for empty ones
        return table

    def plot(self, ax=None):
        """
        Draw the image, small, with a box about each object, its class and score; see `plot_detections`.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Where to draw, in the image's pixels; by default in a new figure.

        Returns
        -------
        matplotlib.axes.Axes
            The axes drawn on.

        Raises
        ------
        OptionalDependencyError
            If matplotlib is not installed.
        """
        return render("detections", self, ax=ax)

    def to_regions(self, *, sky=None):
        """
        Give the boxes as regions for DS9, CASA and others.

        Parameters
        ----------
        sky : bool, optional
            On the sky, or in pixels of the image; by default on the sky where it has a celestial WCS.

        Returns
        -------
        regions.Regions
            A rectangle for each row, with its name, or else its class, as text.

        Raises
        ------
        OptionalDependencyError
            If the package regions, of the extra ``detect``, is not installed.
        FrameError
            If ``sky`` is True and the image has no celestial WCS.

        Examples
        --------
        >>> from astroclassify.detect import detect
        >>> from astroclassify.simulate import wide_field
        >>> field = wide_field(5, shape=(256, 256), telescope="amateur-250", style="photograph")
        >>> type(detect(field.image).to_regions()[0]).__name__
        'RectanglePixelRegion'
        """
        regions = optional_import("regions", needed_for="making regions", extra="detect")
        wcs = self.wcs
        if sky and wcs is None:
            raise FrameError("the image has no celestial WCS; give sky=False, for regions in pixels")
        boxes = [_rectangle(row, regions) for row in self.boxes()]
        on_sky = wcs is not None if sky is None else sky
        return regions.Regions([box.to_sky(wcs) if on_sky else box for box in boxes])

    def write(self, path, *args, format=None, overwrite=False, **kwargs):
        """
        Write the objects into a file; there is never half of it.

        Parameters
        ----------
        path : str or path-like
            Without ``format`` its suffix says what: ``.ecsv`` or ``.csv`` for the table in plain columns,
            ``.reg`` (DS9) or ``.crtf`` (CASA) for regions, ``.json`` for annotations as COCO has them,
            ``.txt`` as YOLO has them (numbers of classes are their places in ``meta["classes"]``), ``.png``,
            ``.pdf`` or ``.svg`` for the picture.
        *args
            With ``format``, or another suffix, as for `astropy.table.Table.write`.
        format : str, optional
            A format of `astropy.table.Table.write`.
        overwrite : bool, default False
            Replace a file that exists.
        **kwargs
            As for ``args``.

        Raises
        ------
        ParameterError
            If the file exists, or nothing is known by its suffix, or by the format.
        FrameError
            If it is for CASA and the image has no celestial WCS.
        OptionalDependencyError
            If a package is not installed that this needs.
        """
        if format is None and knows(path):
            write_detections(self, path, overwrite=overwrite)
            return
        try:
            QTable(self, copy=False).write(path, *args, format=format, overwrite=overwrite, **kwargs)
        except IORegistryError as error:
            known = ", ".join(SUFFIXES)
            raise ParameterError(
                f"{path}: nothing is written as this; end it in one of {known}, or give a format of astropy"
            ) from error


def _rectangle(row, regions):
    x, y = ((row[f"{axis}_min"] + row[f"{axis}_max"]) / 2 for axis in "xy")
    sides = (row[f"{axis}_max"] - row[f"{axis}_min"] for axis in "xy")
    said = str(row["name"]) or str(row["class"])
    meta = regions.RegionMeta({"text": said, "label": said})  # DS9 shows the one, CASA the other
    return regions.RectanglePixelRegion(regions.PixCoord(x, y), *sides, meta=meta)
