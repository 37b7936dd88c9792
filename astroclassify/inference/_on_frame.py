"""Coarse maps over a frame, and where their cells lie on the sky."""

import warnings

import numpy as np
from astropy.io import fits
from astropy.nddata import CCDData
from astropy.wcs import WCS

from astroclassify.core import FrameError, FrameWarning
from astroclassify.preprocess import FrameRows, covered_part, overlaps

_SIP = ("A", "B", "AP", "BP")


def map_on_frame(values, frame=None):
    """
    Put a coarse map on the frame that it covers, and so on the sky.

    Parameters
    ----------
    values : numpy.ndarray
        ``[y, x]``, the values of equal cells that cover the frame: cell ``i`` of ``n`` along an axis of ``N``
        pixels is centred at pixel ``(i + 0.5) * N / n - 0.5``.
    frame : `~astropy.nddata.CCDData`, `~astropy.nddata.NDData` or array, optional
        What the map is of; without one, or without a FITS WCS of two axes, the map has none,
        nor with a broken one (with a `~astroclassify.core.FrameWarning`).

    Returns
    -------
    astropy.nddata.CCDData
        Float32, read-only and dimensionless (natural log-odds), with the frame's WCS scaled to the cells.

    Raises
    ------
    FrameError
        If the map does not have two axes.

    Notes
    -----
    Reference pixel, matrix and SIP polynomials are scaled, which is exact. Look-up tables of distortion are
    left out: they move light by a pixel or two, less than a cell.

    Examples
    --------
    >>> import numpy as np
    >>> from astroclassify.inference import map_on_frame
    >>> map_on_frame(np.zeros((8, 16))).wcs is None
    True
    """
    values = np.array(values, dtype=np.float32)
    if values.ndim != 2:
        raise FrameError(f"a map over a frame has two axes, (y, x); this one has the shape {values.shape}")
    values.flags.writeable = False
    wcs = _wcs_of_cells(frame, values.shape)
    # Without a BUNIT astropy writes a dimensionless image that it cannot read again.
    meta = fits.Header([("BUNIT", "1", "natural log-odds")])
    return CCDData(values, unit="", wcs=wcs, meta=meta)


def _wcs_of_cells(frame, cells):
    """The scaled WCS; None where the frame has none of two axes, or a broken one, which is message."""
    wcs = getattr(frame, "wcs", None)
    if not isinstance(wcs, WCS) or wcs.naxis != 2:
        return None
    try:
        scaled = scaled_wcs(wcs, np.shape(getattr(frame, "data", frame)), cells)
        if not np.isfinite([*wcs.wcs.crval, *scaled.wcs_pix2world([scaled.wcs.crpix], 1)[0]]).all():
            raise ValueError("the reference pixel has no position")
    except Exception as error:  # wcslib and astropy raise a dozen types on broken cards
        reason = " ".join(str(error).split())
        message = f"the WCS is broken ({type(error).__name__}: {reason}); the evidence has none"
        warnings.warn(message, FrameWarning, stacklevel=3)
        return None
    return scaled


def evidence_on_frame(values, frame=None):
    """
    Put the evidence of a frame's covered part on the whole frame.

    Parameters
    ----------
    values : numpy.ndarray
        ``[y, x]``, log-odds of equal cells that cover the frame's part that the network saw,
        `~astroclassify.preprocess.covered_part`.
    frame : `~astropy.nddata.CCDData`, `~astropy.nddata.NDData` or array, optional
        What was classified.

    Returns
    -------
    astropy.nddata.CCDData
        As `map_on_frame`. Cells beyond the part are 0, which speaks for nothing; the sum stays what it was.
    """
    if frame is None:
        return map_on_frame(values)
    rows = FrameRows(frame)
    window = tuple((cut.start, cut.stop) for cut in covered_part(rows))
    return map_on_frame(on_cells(values, window, rows.shape), frame)


def on_cells(values, window, pixels, *, cells=None):
    """
    Share what equal cells of a window add among equal cells of a whole frame.

    Parameters
    ----------
    values : numpy.ndarray
        ``[y, x]``, what each cell of the window adds, such as log-odds.
    window : tuple of tuple of float
        First and last edge of the window's rows, and of its columns, in pixels: pixel ``i`` lies from ``i``
        to ``i + 1``. What lies beyond the frame is left out.
    pixels : tuple of int
        Rows and columns of the frame.
    cells : tuple of int, optional
        Rows and columns of the result; by default as many as leaves the cells their size, at most the
        frame's pixels.

    Returns
    -------
    numpy.ndarray
        Float32 ``[y, x]``, with the sum of the values within the frame. Beyond the window it is 0.

    Examples
    --------
    >>> import numpy as np
    >>> from astroclassify.inference import on_cells
    >>> on_cells(np.array([[1.0, 2.0]]), ((0, 4), (2, 4)), (4, 4), cells=(1, 4))
    array([[0., 0., 1., 2.]], dtype=float32)
    """
    for axis, (edges, number) in enumerate(zip(window, pixels, strict=True)):
        wanted = None if cells is None else cells[axis]
        if tuple(edges) != (0, number) or wanted not in (None, values.shape[axis]):
            values = np.moveaxis(_shared(np.moveaxis(values, axis, 0), edges, number, wanted), 0, axis)
    return np.asarray(values, dtype=np.float32)


def _shared(values, window, pixels, cells):
    """Share the cells of a window, along the first axis, among equal cells of all pixels."""
    number, size = len(values), window[1] - window[0]
    cells = cells or min(pixels, max(1, round(pixels * number / size)))
    edges = np.clip(np.linspace(*window, number + 1), 0, pixels)
    before, after = int(edges[0] > 0), int(edges[-1] < pixels)
    edges = np.concatenate([[0] * before, edges, [pixels] * after])
    shares = overlaps(edges, np.linspace(0, pixels, cells + 1), scale=number / size)
    return shares[:, before : before + number] @ values


def scaled_wcs(wcs, pixels, cells):
    """
    Give the WCS of a map of equal cells that cover a frame.

    Parameters
    ----------
    wcs : astropy.wcs.WCS
        The frame's, of two axes.
    pixels, cells : tuple of int
        Rows and columns of the frame, and of the map.

    Returns
    -------
    astropy.wcs.WCS
        Without look-up tables of distortion.
    """
    header = wcs.to_header(relax=True)
    size = {axis: n / m for axis, n, m in zip((2, 1), pixels, cells, strict=True)}  # pixels of a cell
    for axis in (1, 2):
        header[f"CRPIX{axis}"] = (header.get(f"CRPIX{axis}", 0.0) - 0.5) / size[axis] + 0.5
        for world in (1, 2):
            element = header.get(f"PC{world}_{axis}", float(world == axis))
            header[f"PC{world}_{axis}"] = element * size[axis]
    _scale_sip(header, size)
    return WCS(header, fix=False)


def _scale_sip(header, size):
    """Rewrite polynomials in pixels, u and v, that give pixels, as polynomials in cells that give cells."""
    for name in _SIP:
        result = size[1 if name.startswith("A") else 2]
        order = int(header.get(f"{name}_ORDER", 0))
        for p in range(order + 1):
            for q in range(order + 1 - p):
                if f"{name}_{p}_{q}" in header:
                    header[f"{name}_{p}_{q}"] *= size[1] ** p * size[2] ** q / result
