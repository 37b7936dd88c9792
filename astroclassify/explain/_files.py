"""Explanations as files: pictures, FITS maps, regions, tables."""

from pathlib import Path

import numpy as np
from astropy.io import fits
from astropy.table import Table

from astroclassify.core import FrameError, ParameterError, atomic_path, render_png

#: Width of a picture, in inches, and its resolution in pixels to the inch.
_WIDTH, _RESOLUTION = 8.0, 120


def write_explanation(explanation, path, *, overwrite=False):
    """
    Write an explanation into a file.

    Parameters
    ----------
    explanation : Explanation
        The explanation.
    path : str or path-like
        Its suffix says what.
    overwrite : bool, default False
        Replace a file that exists.

    Raises
    ------
    ParameterError
        If the suffix is another, or the file exists.
    FrameError
        If it is for CASA and the frame has no celestial WCS.
    """
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix not in _WRITERS:
        raise ParameterError(
            f"{path}: the suffix is {path.suffix!r}; an explanation is written to one of "
            f"{', '.join(_WRITERS)}"
        )
    if path.exists() and not overwrite:
        raise ParameterError(f"{path}: the file exists; give overwrite=True to replace it")
    with atomic_path(path) as unfinished:
        _WRITERS[suffix](explanation, unfinished, suffix[1:])


def _write_fits(explanation, path, kind):
    (heat,) = explanation.map.to_hdu()
    header = explanation.answer.to_header()
    header["ACMETHOD"] = (explanation.method, "explained by")
    header["ACTARGET"] = (explanation.target, "what the map speaks for")
    hdus = [
        fits.PrimaryHDU(header=header),
        fits.ImageHDU(heat.data, heat.header, name="MAP"),
        fits.ImageHDU(explanation.labels.astype(np.int16), heat.header, name="LABELS"),
        fits.table_to_hdu(_flat(explanation.regions)),
    ]
    hdus[2].header["BUNIT"] = ("", "rank of the region, 0 for none")
    hdus[3].name = "REGIONS"
    fits.HDUList(hdus).writeto(path, overwrite=True)


def _flat(table):
    """Give a table of plain numbers: positions as degrees."""
    flat = Table(table["rank",])
    for name in table.colnames[1:]:
        if name in ("position", "centre"):
            for axis in ("ra", "dec"):
                flat[f"{name}_{axis}"] = getattr(table[name].icrs, axis).deg
                flat[f"{name}_{axis}"].unit = "deg"
        else:
            flat[name] = table[name]
    return flat


def _write_regions(explanation, path, kind):
    if kind == "crtf" and not getattr(explanation.wcs, "has_celestial", False):
        raise FrameError(
            "a file of regions for CASA holds positions on the sky, and the frame has no celestial WCS; "
            "write .reg or .ecsv, which hold pixels too"
        )
    explanation.to_regions().write(path, format={"reg": "ds9"}.get(kind, kind), overwrite=True)


def _write_table(explanation, path, kind):
    explanation.regions.write(path, format="ascii.ecsv", overwrite=True)


def _write_picture(explanation, path, kind):
    rows, columns = explanation.shape
    size = _WIDTH, _WIDTH * min(1.2, rows / columns) + 0.8
    path.write_bytes(render_png("explanation", explanation, size=size, format=kind, resolution=_RESOLUTION))


_WRITERS = {
    ".fits": _write_fits,
    ".reg": _write_regions,
    ".crtf": _write_regions,
    ".ecsv": _write_table,
    ".png": _write_picture,
    ".pdf": _write_picture,
    ".svg": _write_picture,
}
