"""Pictures decoded as they are stored: every grey level, float colours, planes apart or together.

Pillow keeps 8 bits of every colour; a 16-bit picture would lose all but 256 of its levels. TIFF files are
therefore read by tifffile, where it has the codec, and 16-bit colours of the rest in two passes of Pillow:
one for the high bytes, one for the low ones.
"""

import io
import math
import os
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageOps

from astroclassify.io._bounds import check_picture

#: Formats that are read.
FORMATS = ("PNG", "JPEG", "TIFF", "WEBP", "AVIF")
_TIFF = (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+")
_MAGIC = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", *_TIFF)
_GREY = frozenset(("1", "L", "I", "F", "I;16", "I;16L", "I;16B", "I;16N"))
#: Bytes of a number in each of Pillow's modes, where they are not one.
_SAMPLE_BYTES = {"I": 4, "F": 4, "I;16": 2, "I;16L": 2, "I;16B": 2, "I;16N": 2}
#: Raw modes of 16-bit colours, with those that take the other byte of each number instead.
_LOW_BYTES = {
    "RGB;16B": "RGB;16L",
    "RGBA;16B": "RGBA;16L",
    "RGB;16L": "RGB;16B",
    "RGBA;16L": "RGBA;16B",
    "RGB;16N": "RGB;16B" if np.little_endian else "RGB;16L",
    "RGBA;16N": "RGBA;16B" if np.little_endian else "RGBA;16L",
}
#: What undoes the orientation of a TIFF file (tag 274).
_UPRIGHT = {
    2: lambda image: image[:, ::-1],
    3: lambda image: image[::-1, ::-1],
    4: lambda image: image[::-1],
    5: lambda image: image.swapaxes(0, 1),
    6: lambda image: np.rot90(image, -1),
    7: lambda image: image[::-1, ::-1].swapaxes(0, 1),
    8: np.rot90,
}


@dataclass(frozen=True)
class Picture:
    """
    A picture as stored, upright, its first line on top.

    Parameters
    ----------
    values : numpy.ndarray
        ``[y, x]`` of grey, or ``[y, x, 3]`` of red, green and blue, in the file's own type.
    transparent : numpy.ndarray or None
        Where it is wholly transparent (bool, ``[y, x]``).
    pages : int
        How many pictures the file holds; this is the first.
    """

    values: np.ndarray
    transparent: np.ndarray | None = None
    pages: int = 1


def is_picture(start):
    """
    Tell from its first bytes whether a file is a picture of one of the `FORMATS`.

    Parameters
    ----------
    start : bytes
        At least the first 12 bytes of the file.

    Returns
    -------
    bool
        Whether `decode` is the function to read it.
    """
    webp = start[:4] == b"RIFF" and start[8:12] == b"WEBP"
    return start.startswith(_MAGIC) or webp or start[4:12] in (b"ftypavif", b"ftypavis")


def decode(file):
    """
    Decode a picture.

    Parameters
    ----------
    file : path-like or seekable binary file object
        A picture of one of the `FORMATS`. A file object is left where it was.

    Returns
    -------
    Picture
        Its first page.

    Raises
    ------
    Exception
        Whatever Pillow or tifffile raise on a damaged file.
    """
    with _stream(file) as stream:
        start = stream.read(4)
        stream.seek(0)
        if start in _TIFF:
            found = _tiff(stream)
            if found is not None:
                return found
            stream.seek(0)
        return _by_pillow(stream)


@contextmanager
def _stream(file):
    if isinstance(file, str | os.PathLike):
        with open(file, "rb") as stream:
            yield stream
        return
    position = file.tell()
    try:
        yield file if position == 0 else io.BytesIO(file.read())
    finally:
        file.seek(position)


def _checked_size(pixels):
    """Refuse what may be a decompression bomb, as Pillow does."""
    limit = 2 * (Image.MAX_IMAGE_PIXELS or math.inf)
    if pixels > limit:
        raise ValueError(f"it declares {pixels} pixels")


# TIFF ----------------------------------------------------------------------------------------


def _tiff(stream):
    """Give what tifffile can decode; `None` where that is no grey or colours, or it lacks the codec."""
    import tifffile

    with tifffile.TiffFile(stream) as file:
        page = file.pages[0]
        _check_developed(page, stream)
        if not _is_plain(page):
            return None
        _check_strips(page, stream)
        try:
            pixels = page.asarray()
        except (KeyError, ValueError) as error:
            if "imagecodecs" in str(error):
                return None
            raise
        values, transparent = _samples(pixels, page)
        upright = _UPRIGHT.get(_orientation(page), lambda image: image)
        return Picture(
            upright(values), None if transparent is None else upright(transparent), len(file.pages)
        )


def _is_plain(page):
    """Tell whether a page is for tifffile: grey, colours, or 16 bits of CMYK, of which Pillow keeps 8."""
    kind = getattr(page.photometric, "name", "")
    return page.axes in ("YX", "YXS", "SYX") and (
        kind in ("MINISWHITE", "MINISBLACK", "RGB") or (kind == "SEPARATED" and _is_deep_cmyk(page))
    )


def _is_deep_cmyk(page):
    inks = page.tags.get("InkSet")  # 1 is CMYK, also where the tag is missing
    is_cmyk = page.samplesperpixel == 4 and not page.extrasamples and (inks is None or inks.value == 1)
    return is_cmyk and page.dtype == np.uint16


def _check_developed(page, stream):
    """Refuse a camera's raw file (DNG, NEF, ARW, CR2): its first image is a preview, small and processed."""
    stream.seek(8)
    if page.is_reduced or "DNGVersion" in page.tags or stream.read(2) == b"CR":
        raise ValueError("it is a camera's raw file; develop it, and save it as TIFF of 16 bits, or as FITS")


def _check_strips(page, stream):
    """Refuse a file without pixels, or cut short: of a strip that is not there tifffile would make zeros."""
    pixels = page.imagewidth * page.imagelength
    if not pixels:  # what some versions of tifffile make of damaged tags
        raise ValueError("it declares no pixels")
    _checked_size(pixels)
    check_picture(pixels, page.samplesperpixel, -(-page.bitspersample // 8))
    size = stream.seek(0, os.SEEK_END)
    ends = [a + b for a, b in zip(page.dataoffsets, page.databytecounts, strict=True)]
    if not ends or max(ends) > size:
        raise ValueError(f"its pixels go on to byte {max(ends, default=0)}, the file ends at {size}")


def _orientation(page):
    tag = page.tags.get("Orientation")
    return int(tag.value) if tag is not None else 1


def _samples(pixels, page):
    """Part the samples of a page: grey or colours, and where it is transparent."""
    pixels = np.moveaxis(pixels, 0, -1) if page.axes == "SYX" else pixels
    if page.photometric.name == "MINISWHITE":
        # The standard (TIFF 6.0, section 4): 0 is white, the largest number black.
        largest = 2**page.bitspersample - 1 if pixels.dtype.kind in "ub" else np.nanmax(pixels)
        pixels = (largest - pixels).astype(pixels.dtype)
    if pixels.ndim == 2:
        return pixels, None
    if page.photometric.name == "SEPARATED":
        return _from_cmyk(pixels), None
    extra = [int(kind) for kind in page.extrasamples]
    count = pixels.shape[-1]
    # Of extra samples, 1 is associated and 2 unassociated alpha; 0 may be anything.
    alpha = next((count - len(extra) + i for i, kind in enumerate(extra) if kind in (1, 2)), None)
    transparent = None if alpha is None else pixels[..., alpha] == 0
    return (pixels[..., :3] if count - len(extra) >= 3 else pixels[..., 0]), transparent


def _from_cmyk(pixels):
    """Give red, green and blue of 16-bit CMYK: what an ink lets through, times what black does, as Pillow."""
    light = 1 - pixels.astype(np.float64) / 65535
    return np.rint(65535 * light[..., :3] * light[..., 3:]).astype(np.uint16)


# Pillow --------------------------------------------------------------------------------------


def _by_pillow(stream):
    with Image.open(stream, formats=FORMATS) as picture:
        check_picture(math.prod(picture.size), len(picture.getbands()), _SAMPLE_BYTES.get(picture.mode, 1))
        pages, raw = getattr(picture, "n_frames", 1), _raw_mode(picture)
        if raw == "LA;16B":
            return _deep_grey(picture, pages)
        if ";16" in raw and picture.mode in ("RGB", "RGBA"):
            return _deep_colours(stream, picture, raw, pages)
        if ";16" in raw and picture.mode not in _GREY:
            raise ValueError(f"16-bit colours stored as {raw!r} would lose levels; save it as 16-bit RGB")
        picture.load()
        upright = ImageOps.exif_transpose(picture)
    return Picture(*_shallow(upright), pages)


def _raw_mode(picture):
    """Say how the decoder unpacks a picture's numbers; empty where it does so by itself."""
    args = picture.tile[0].args if picture.tile else ""
    return str(args[0] if isinstance(args, tuple) and args else args or "")


def _as_raw(picture, raw):
    tiles = [
        tile._replace(args=(raw, *tile.args[1:]) if isinstance(tile.args, tuple) else raw)
        for tile in picture.tile
    ]
    picture.tile = tiles
    picture.load()
    return np.asarray(ImageOps.exif_transpose(picture)).astype(np.uint16)


def _deep_colours(stream, picture, raw, pages):
    """Read a picture twice: the decoder keeps the high 8 of 16 bits, or (told another byte order) the low."""
    if raw not in _LOW_BYTES or (picture.format == "TIFF" and picture.tag_v2.get(284, 1) != 1):
        raise ValueError(
            f"16-bit colours stored as {raw!r}, compressed, need a package: pip install imagecodecs"
        )
    high = _as_raw(picture, raw)
    stream.seek(0)
    with Image.open(stream, formats=FORMATS) as again:
        values = high * 256 + _as_raw(again, _LOW_BYTES[raw])
    return Picture(values[..., :3], values[..., 3] == 0 if values.shape[-1] == 4 else None, pages)


def _deep_grey(picture, pages):
    """Give 16-bit grey with transparency: two numbers of two bytes are unpacked as four of one."""
    high, low, alpha_high, alpha_low = np.moveaxis(_as_raw(picture, "RGBA"), -1, 0)
    return Picture(high * 256 + low, (alpha_high | alpha_low) == 0, pages)


def _shallow(picture):
    """Give grey or colours, and where they are transparent, of what Pillow has decoded in full."""
    if picture.mode in _GREY:
        return np.asarray(picture), None
    if picture.mode == "LA":
        grey, alpha = picture.split()
        return np.asarray(grey), np.asarray(alpha) == 0
    transparent = ("A" in picture.mode.upper() and picture.mode != "LAB") or "transparency" in picture.info
    colours = np.asarray(picture.convert("RGBA" if transparent else "RGB"))
    return colours[..., :3], colours[..., 3] == 0 if transparent else None
