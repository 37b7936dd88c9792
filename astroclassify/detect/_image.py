"""An image to be searched: any file or array as one finite array, grey or in colours."""

import os
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

import numpy as np
from astropy import units as u
from astropy.nddata import NDData
from astropy.table import Table
from astropy.wcs import WCS
from PIL import Image

from astroclassify.core import FrameError, FrameWarning, ParameterError, ReadError
from astroclassify.io import check_chip, is_picture, is_stream, luminance, read_colours, read_frame
from astroclassify.preprocess import MINIMUM_SIDE, FrameRows, filled_by_reflection

#: Bytes that tell a picture from a FITS file (int).
_START = 12
#: The reader of raw exposures, in which cosmic rays have not been found (str).
_RAW = "hst-raw"
#: Modes of Pillow whose pixels are numbers of light; others are made red, green and blue first.
_PLAIN_MODES = frozenset(("L", "I", "F", "I;16", "I;16L", "I;16B", "RGB"))


@dataclass(frozen=True, eq=False)
class SearchImage:
    """
    An image as detectors take it.

    Parameters
    ----------
    values : numpy.ndarray
        Float32 ``[y, x]``, or ``[y, x, 3]`` of red, green and blue; finite.
    usable : numpy.ndarray of bool
        ``[y, x]``: where it was observed. Other pixels have the values of observed ones, mirrored.
    wcs : astropy.wcs.WCS or None
        Its celestial WCS.
    unit : astropy.units.UnitBase
        Of the values.
    name : str
        Its file.
    from_top : bool
        Whether it comes from a picture, whose first line is on top: row 0 here is its last.
    meta : mapping of str to object
        Its header.
    scale : float
        What differences of values are to be multiplied by to be in the unit: 1, unless the image's are beyond
        the range in which float32 is safe (`~astroclassify.preprocess.frame_array`).
    """

    values: np.ndarray
    usable: np.ndarray
    wcs: WCS | None = None
    unit: u.UnitBase = u.dimensionless_unscaled
    name: str = ""
    from_top: bool = False
    meta: Mapping[str, Any] = field(default_factory=dict)
    scale: float = 1.0

    @property
    def shape(self):
        """Rows and columns (tuple of int)."""
        return self.values.shape[:2]

    @property
    def grey(self):
        """Luminance (Rec. 709) of colours, or the values themselves: float32 ``[y, x]``."""
        return luminance(self.values)


def load_image(image, *, chip=None, instrument=None):
    """
    Load an image of any kind in the form that detectors take.

    Parameters
    ----------
    image : path, bytes, binary file object, array, `~astropy.nddata.CCDData` or `PIL.Image.Image`
        A FITS file of any mission, or a picture (PNG, JPEG, TIFF, WebP, AVIF) in grey or colours; or pixels
        of any real type: ``[y, x]``, ``[y, x, 3]`` or ``[3, y, x]``, and with transparency as a fourth
        plane. At least 16 x 16 pixels, masked or NaN where they are unusable.
    chip : int, optional
        Which chip of a file; needed where it has more than one.
    instrument : str, optional
        Name of the instrument of a file whose header does not say.

    Returns
    -------
    SearchImage
        Its pixels, and what is known of it. All levels of the file's type are kept.

    Raises
    ------
    FrameError
        If the image has other axes, is too small, holds no real numbers, or has no usable pixel.
    ParameterError
        If a chip is asked for of a picture, or of a frame in memory that is not of it.
    ReadError
        If the file cannot be read, or may be a decompression bomb.

    Warns
    -----
    FrameWarning
        If it is a raw exposure, whose cosmic rays look like small objects.

    Examples
    --------
    >>> import numpy as np
    >>> from astroclassify.detect import load_image
    >>> load_image(np.ones((20, 30, 3), dtype=np.uint8)).values.shape
    (20, 30, 3)
    """
    if isinstance(image, SearchImage):
        return image
    if isinstance(image, Table):
        raise FrameError("a table is not an image; give the pixels as an array, or a file")
    image = _seekable(image)
    if _is_file(image) and not _is_picture(image):
        image = read_frame(image, chip=chip, instrument=instrument)
    elif chip is not None and _is_file(image):
        told = _name_of(image) or "this picture"
        raise ParameterError(f"{told}: there is no chip {chip}; a picture has no chip number: leave it out")
    else:
        check_chip(image, chip)
    if isinstance(image, Image.Image):
        return _of_pillow(image)
    if _is_file(image):
        return _of_picture(image)
    if isinstance(image, NDData):
        _warn_if_raw(image.meta)
        wcs = image.wcs if getattr(image.wcs, "has_celestial", False) else None
        known = {"wcs": wcs, "unit": image.unit or u.dimensionless_unscaled, "meta": image.meta}
        return _finished(image.data, image.mask, name=str(image.meta.get("ACSOURCE", "")), **known)
    return _finished(image, getattr(image, "mask", None), unit=getattr(image, "unit", None))


def _warn_if_raw(meta):
    if str(meta.get("ACREADER", "")) == _RAW:
        warnings.warn(
            f"{meta.get('ACSOURCE') or 'the frame'}: a raw exposure; cosmic rays look like small objects. "
            "Search a drizzled image, or remove them first, for example with ccdproc.cosmicray_lacosmic",
            FrameWarning,
            stacklevel=3,
        )


def _is_file(image):
    return isinstance(image, str | os.PathLike | bytes) or is_stream(image)


def _seekable(image):
    """A file object that can be looked at before it is read: a copy of a pipe, or of a download."""
    if not is_stream(image) or (callable(getattr(image, "seekable", None)) and image.seekable()):
        return image
    return BytesIO(image.read())


def _is_picture(file):
    if isinstance(file, bytes):
        return is_picture(file[:_START])
    if is_stream(file):
        position = file.tell()
        start = file.read(_START)
        file.seek(position)
        return isinstance(start, bytes) and is_picture(start)
    try:
        with open(file, "rb") as stream:
            return is_picture(stream.read(_START))
    except OSError:
        return False  # the reader of frames says what is wrong with it


def _of_picture(file):
    planes, usable, _ = read_colours(BytesIO(file) if isinstance(file, bytes) else file)
    return _finished(np.moveaxis(planes, 0, -1), ~usable, name=_name_of(file), from_top=True)


def _name_of(file):
    return os.path.basename(os.fspath(file)) if isinstance(file, str | os.PathLike) else ""


def _of_pillow(picture):
    if getattr(picture, "n_frames", 1) > 1:
        warnings.warn("the picture has several pages; only the present one is used", FrameWarning, 3)
    try:
        picture.load()
    except (OSError, ValueError, SyntaxError) as error:
        raise ReadError(f"the picture is damaged: {error}") from error
    transparent = None
    if ("A" in picture.getbands() and picture.mode != "LAB") or "transparency" in picture.info:
        transparent = np.asarray(picture.convert("RGBA"))[::-1, :, 3] == 0
    picture = picture if picture.mode in _PLAIN_MODES else picture.convert("RGB")
    return _finished(np.asarray(picture)[::-1], transparent, from_top=True)


def _finished(values, mask, **known):
    values = np.asarray(getattr(values, "value", values)) if hasattr(values, "unit") else values
    values, mask = _as_planes(values, mask)
    known = {name: value for name, value in known.items() if value is not None}
    if getattr(values, "ndim", 2) != 3:
        rows = FrameRows(np.ma.masked_array(values, mask=mask) if mask is not None else values)
        array = rows[:]
    else:
        rows = _colours(values, mask)
        array = rows[:].reshape(values.shape)
    usable = np.isfinite(array) if array.ndim == 2 else np.isfinite(array).all(axis=-1)
    return SearchImage(_filled(array, usable), usable, scale=rows.scale, **known)


def _as_planes(values, mask):
    """Give ``[y, x]`` or ``[y, x, 3]`` and the mask, without transparency."""
    values = _array_of(values) if isinstance(values, list | tuple) else values
    if getattr(values, "ndim", 2) != 3:
        return values, mask
    if values.shape[0] in (1, 3, 4) and values.shape[-1] not in (1, 3, 4):
        values = np.moveaxis(np.asarray(values), 0, -1)
    planes = values.shape[-1]
    if planes not in (1, 3, 4):
        raise FrameError(
            f"the image has the shape {values.shape}; expected (y, x), (y, x, 3) or (3, y, x)"
        ).with_facts(found=tuple(values.shape), expected="(y, x), (y, x, 3) or (3, y, x)")
    if planes == 4:
        transparent = np.asarray(values[..., 3]) == 0
        mask = transparent if mask is None else np.asarray(mask, dtype=bool) | transparent
    return (values[..., 0] if planes == 1 else values[..., :3]), mask


def _array_of(rows):
    try:
        return np.asarray(rows)
    except ValueError as error:
        raise FrameError(
            f"the image is a list whose rows are not alike; expected equal ones: {error}"
        ) from error


def _colours(values, mask):
    """Give the rows of colours side by side, checked as a frame's are, with one scale for all of them."""
    rows, columns, _ = values.shape
    if min(rows, columns) < MINIMUM_SIDE:
        raise FrameError(
            f"this image has the shape {values.shape[:2]}; "
            f"at least {MINIMUM_SIDE} x {MINIMUM_SIDE} pixels are needed"
        )
    flat = np.asarray(values).reshape(rows, columns * 3)
    if mask is not None:
        mask = np.asarray(mask, dtype=bool)
        mask = np.repeat(mask, 3, axis=1) if mask.ndim == 2 else mask.reshape(flat.shape)
        flat = np.ma.masked_array(flat, mask=mask)
    return FrameRows(flat)


def _filled(array, usable):
    if usable.all():
        return array
    planes = [array] if array.ndim == 2 else list(np.moveaxis(array, -1, 0))
    filled = filled_by_reflection(planes, usable)
    return filled[0] if array.ndim == 2 else np.stack(filled, axis=-1)
