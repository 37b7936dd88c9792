"""Pictures of every depth, colour and order that cameras and programs write."""

import io
import struct
import zlib

import numpy as np
import tifffile
from PIL import Image

from astroclassify.io._images import LUMINANCE

from .case import Case, Right

KIND = "pictures"
_RNG = np.random.default_rng(2026)
_GREY8, _GREY16 = (_RNG.integers(0, 2**bits, (24, 32), dtype=f"uint{bits}") for bits in (8, 16))
_RGB8, _RGB16 = (_RNG.integers(0, 2**bits, (24, 32, 3), dtype=f"uint{bits}") for bits in (8, 16))
_RGBF = _RNG.uniform(0, 1, (24, 32, 3)).astype("float32")
_ALPHA = np.full((24, 32), 255, "uint8")
_ALPHA[3, 4] = 0


def grey_of(colours):
    """Give the luminance."""
    return sum(weight * colours[..., i].astype("float64") for i, weight in enumerate(LUMINANCE))


def _right(values, mask=0, close=0.02, **facts):
    grey = values if values.ndim == 2 else grey_of(values)
    flipped = mask[::-1] if isinstance(mask, np.ndarray) else mask
    return Right(grey[::-1], mask=flipped, close=close, reader="picture", **facts)


def cases(kind):
    """Give the cases."""
    for name, content, right in (*_png(), *_tiff(), *_turned(), *_others(), *_refused()):
        yield Case(kind, name, lambda _, content=content: content, right)


def _png_16(values, colour):
    """Write a 16-bit PNG (Pillow writes none in colour); ``colour`` is its type in the standard."""
    height, width = values.shape[:2]
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)

    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", width, height, 16, colour, 0, 0, 0)
    parts = chunk(b"IHDR", head), chunk(b"IDAT", zlib.compress(rows)), chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def _saved(picture, kind, **options):
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def _png():
    alpha = (_ALPHA.astype("uint16") * 257)[..., None]
    yield "PNG, 8-bit grey", _saved(Image.fromarray(_GREY8), "PNG"), _right(_GREY8, close=0)
    yield "PNG, 16-bit grey", _saved(Image.fromarray(_GREY16), "PNG"), _right(_GREY16, close=0)
    yield "PNG, 8-bit colours", _saved(Image.fromarray(_RGB8), "PNG"), _right(_RGB8)
    yield "PNG, 16-bit colours", _png_16(_RGB16, 2), _right(_RGB16)
    rgba = np.concatenate([_RGB16, alpha], axis=2)
    yield "PNG, 16-bit colours, transparent", _png_16(rgba, 6), _right(_RGB16, _ALPHA == 0)
    la = np.dstack([_GREY16, alpha])
    yield "PNG, 16-bit grey, transparent", _png_16(la, 4), _right(_GREY16, _ALPHA == 0, close=0)
    bits = _GREY8 > 127
    yield "PNG, 1 bit", _saved(Image.fromarray(bits), "PNG"), _right(bits.astype("float32"), close=0)
    palette = Image.fromarray(_GREY8 // 32 * 32).convert("P")
    yield "PNG, a palette", _saved(palette, "PNG"), _right(_GREY8 // 32 * 32)


def _written(values, **options):
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, values, **options)
    return buffer.getvalue()


def _tiff():
    separate = np.moveaxis(_RGB16, -1, 0)
    for packed in (None, "zlib", "lzma"):
        name = f"compressed by {packed}" if packed else "not compressed"
        together = _written(_RGB16, photometric="rgb", compression=packed)
        yield f"TIFF, 16-bit colours, {name}", together, _right(_RGB16)
        planes = _written(separate, photometric="rgb", planarconfig="separate", compression=packed)
        yield f"TIFF, 16-bit colours in planes, {name}", planes, _right(_RGB16)
    yield (
        "TIFF, 16-bit colours, predictor",
        _written(_RGB16, photometric="rgb", compression="zlib", predictor=True),
        _right(_RGB16),
    )
    yield "TIFF, 16-bit grey", _written(_GREY16), _right(_GREY16, close=0)
    yield (
        "TIFF, 16-bit grey, big-endian",
        _written(_GREY16.astype(">u2"), byteorder=">"),
        _right(_GREY16, close=0),
    )
    lzw = _saved(Image.fromarray(_GREY16), "TIFF", compression="tiff_lzw")
    yield "TIFF, 16-bit grey, LZW", lzw, _right(_GREY16, close=0)
    yield (
        "TIFF, 8-bit colours, LZW",
        _saved(Image.fromarray(_RGB8), "TIFF", compression="tiff_lzw"),
        _right(_RGB8),
    )
    for values in (_GREY8, _GREY16):
        white = _written(values, photometric="miniswhite")
        yield (
            f"TIFF, white is zero, {values.dtype}",
            white,
            _right(np.iinfo(values.dtype).max - values, close=0),
        )
    yield "TIFF, float colours", _written(_RGBF, photometric="rgb"), _right(_RGBF, close=1e-6)
    yield "TIFF, float grey", _written(_RGBF[..., 0]), _right(_RGBF[..., 0], close=0)
    yield "TIFF, float64 grey", _written(_RGBF[..., 0].astype("f8")), _right(_RGBF[..., 0], close=0)
    yield "TIFF, 32-bit integers", _written(_GREY16.astype("uint32")), _right(_GREY16, close=0)
    yield "TIFF, signed 16-bit grey", _written((_GREY16 // 2).astype("int16")), _right(_GREY16 // 2, close=0)
    yield "TIFF, in tiles", _written(_RGB16, photometric="rgb", tile=(16, 16)), _right(_RGB16)
    yield "BigTIFF", _written(_RGB16, photometric="rgb", bigtiff=True), _right(_RGB16)
    alpha = np.dstack([_RGB16, _ALPHA.astype("uint16") * 257])
    transparent = _written(alpha, photometric="rgb", extrasamples=["unassalpha"])
    yield "TIFF, 16-bit colours, transparent", transparent, _right(_RGB16, _ALPHA == 0)
    grey = _written(np.dstack([_GREY16, _ALPHA]), photometric="minisblack", extrasamples=["unassalpha"])
    yield "TIFF, 16-bit grey, transparent", grey, _right(_GREY16, _ALPHA == 0, close=0)
    inks = np.dstack([65535 - _RGB16, np.zeros_like(_GREY16)])
    yield "TIFF, 16-bit CMYK", _written(inks, photometric="separated"), _right(_RGB16)
    spot = np.dstack([inks, _GREY16])
    more = _written(spot, photometric="separated", extrasamples=["unspecified"])
    yield "TIFF, 16-bit CMYK and a spot colour", more, Right(refused="save it as 16-bit RGB|cannot be read")
    two = _right(_GREY16, close=0, warns="the file has 2 pages")
    yield "TIFF, two pages", _written(np.stack([_GREY16, _GREY16]), photometric="minisblack"), two


def _turned():
    """Orientation, tag 274 of TIFF and of EXIF: how the stored picture is to be turned."""
    stored = {
        2: _GREY16[:, ::-1],
        3: _GREY16[::-1, ::-1],
        4: _GREY16[::-1],
        5: _GREY16.T,
        6: np.rot90(_GREY16),
        7: _GREY16[::-1, ::-1].T,
        8: np.rot90(_GREY16, -1),
    }
    for tag, values in stored.items():
        content = _written(np.ascontiguousarray(values), extratags=[(274, "H", 1, tag, True)])
        yield f"TIFF, orientation {tag}", content, _right(_GREY16, close=0)


def _others():
    yield "WebP without loss", _saved(Image.fromarray(_RGB8), "WEBP", lossless=True), _right(_RGB8)
    rgba = Image.fromarray(np.dstack([_RGB8, _ALPHA]))
    webp = _saved(rgba, "WEBP", lossless=True, exact=True)
    yield "WebP, transparent", webp, _right(_RGB8, _ALPHA == 0)
    flat = np.full((24, 32, 3), 90, "uint8")
    yield "AVIF", _saved(Image.fromarray(flat), "AVIF"), _right(flat, close=2)
    yield "JPEG", _saved(Image.fromarray(flat), "JPEG"), _right(flat, close=2)
    cmyk = _saved(Image.fromarray(flat).convert("CMYK"), "JPEG")
    yield "JPEG, CMYK", cmyk, _right(flat, close=3)


def _refused():
    gif = _saved(Image.fromarray(_GREY8), "GIF")
    yield "GIF", gif, Right(refused="a GIF picture .* take a PNG")
    xisf = b"XISF0100" + bytes(8) + b'<?xml version="1.0"?><xisf version="1.0"></xisf>'
    yield "XISF (PixInsight)", xisf, Right(refused="PixInsight image .* save it as FITS")
    yield "SER, a film", b"LUCAM-RECORDER" + bytes(164), Right(refused="a film .* stack its pictures")
    preview = _written(_RGB8, photometric="rgb", subfiletype=1)
    yield "a camera's raw file (NEF)", preview, Right(refused="camera's raw file; develop it")
    version = [(50706, "B", 4, bytes((1, 4, 0, 0)), True)]
    yield (
        "a camera's raw file (DNG)",
        _written(_GREY16, photometric="minisblack", extratags=version),
        Right(refused="camera's raw file; develop it"),
    )
    yield "half a PNG", _png_16(_RGB16, 2)[:2000], Right(refused="picture cannot be read")
    yield "half a TIFF", _written(_RGB16, photometric="rgb")[:2000], Right(refused="picture cannot be read")
    yield (
        "half a WebP",
        _saved(Image.fromarray(_RGB8), "WEBP", lossless=True)[:900],
        Right(refused="picture cannot be read"),
    )
