"""FITS images in colour: three planes, and mosaics of filters as smart telescopes write them."""

import numpy as np

from astroclassify.io._images import LUMINANCE

from .case import IMAGE, Case, Right
from .make import SKY, encoded, primary

KIND = "colour FITS"
_PLANES = np.stack([IMAGE, IMAGE * 0.5, IMAGE * 2]).astype("float32")
_GREY = sum(weight * plane for weight, plane in zip(LUMINANCE, _PLANES, strict=True))


def mosaic(pattern):
    """Give a mosaic of filters over the planes, and the luminance of its cells where each plane is flat."""
    levels = {"R": 100.0, "G": 200.0, "B": 50.0}
    cell = np.array([levels[letter] for letter in pattern], "float32").reshape(2, 2)
    return np.tile(cell, (12, 16)), np.full(
        (12, 16), sum(w * levels[c] for w, c in zip(LUMINANCE, "RGB", strict=True))
    )


def cases(kind):
    """Give the cases."""
    for name, hdu, right in (*_planes(), *_mosaics()):
        content = encoded(hdu)
        yield Case(kind, name, lambda _, content=content: content, right)


def _planes():
    grey = Right(_GREY, close=0.01)
    yield "three planes (Siril)", primary(_PLANES), grey
    yield "three planes, CTYPE3 = RGB", primary(_PLANES, CTYPE3="RGB"), grey
    yield (
        "three planes with world coordinates",
        primary(_PLANES, **SKY),
        Right(_GREY, close=0.01, sky=(150.1, -2.5)),
    )
    whole = np.rint(_PLANES).astype("uint16")
    luminance = sum(weight * plane for weight, plane in zip(LUMINANCE, whole, strict=True))
    yield "three planes of 16 bits", primary(whole), Right(luminance, close=0.01)


def _mosaics():
    for pattern in ("RGGB", "BGGR", "GRBG", "GBRG"):
        stored, grey = mosaic(pattern)
        yield (
            f"BAYERPAT = {pattern}, TOP-DOWN",
            primary(stored, BAYERPAT=pattern, ROWORDER="TOP-DOWN"),
            Right(grey, close=0.01),
        )
    stored, grey = mosaic("GBRG")  # the picture's lowest rows come first
    bottom = primary(stored, BAYERPAT="RGGB", ROWORDER="BOTTOM-UP")
    yield "BAYERPAT = RGGB, BOTTOM-UP", bottom, Right(grey, close=0.01)
    stored, grey = mosaic("GRBG")
    yield "XBAYROFF = 1", primary(stored, BAYERPAT="RGGB", XBAYROFF=1), Right(grey, close=0.01)
    stored, grey = mosaic("GBRG")
    yield "YBAYROFF = 1", primary(stored, BAYERPAT="RGGB", YBAYROFF=1), Right(grey, close=0.01)
    stored, grey = mosaic("RGGB")
    yield "COLORTYP (ASCOM)", primary(stored, COLORTYP="RGGB"), Right(grey, close=0.01)
    yield (
        "an odd number of rows and columns",
        primary(stored[:23, :31], BAYERPAT="RGGB"),
        Right(grey[:11, :15], close=0.01),
    )
    sky = primary(stored.astype("uint16"), BAYERPAT="RGGB", **SKY)
    yield "with world coordinates", sky, Right(grey, close=0.01, sky=(150.1, -2.5))
    told = Right(IMAGE, warns="pattern of filters 'XYZW' is not known.*taken as grey")
    yield "BAYERPAT that nobody knows", primary(IMAGE, BAYERPAT="XYZW"), told
    yield "BAYERPAT of a monochrome camera", primary(IMAGE, BAYERPAT="MONO"), Right(IMAGE)
