"""Small FITS files in memory, and headers of the sky."""

import io
import warnings

from astropy.io import fits

SKY = {
    **{"CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN", "CRPIX1": 5.0, "CRPIX2": 7.0},
    **{"CRVAL1": 150.1, "CRVAL2": -2.5, "CDELT1": -1e-5, "CDELT2": 1e-5},
}


def primary(pixels=None, **cards):
    """Make a primary HDU with cards."""
    hdu = fits.PrimaryHDU(pixels)
    hdu.header.update(cards)
    return hdu


def image(pixels, name="", ver=None, kind=fits.ImageHDU, **cards):
    """Make an image extension; without a name or version it says none."""
    hdu = kind(pixels)
    hdu.header.update(({"EXTNAME": name} if name else {}) | ({"EXTVER": ver} if ver else {}) | cards)
    return hdu


def encoded(*hdus):
    """Write HDUs into bytes."""
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fits.HDUList(list(hdus)).writeto(buffer, output_verify="ignore")
    return buffer.getvalue()


def in_file(folder, name, *hdus):
    """Write HDUs into a file of a folder, and give its path."""
    path = folder / name
    path.write_bytes(encoded(*hdus))
    return path


def with_cards(content, *cards):
    """Put cards, as they are written, before the END of the first header, of one block."""
    end = next(i for i in range(0, 2880, 80) if content[i : i + 80].rstrip() == b"END")
    block = content[:end] + b"".join(card.encode("latin1").ljust(80) for card in cards) + b"END".ljust(80)
    assert len(block) <= 2880
    return block.ljust(2880) + content[2880:]
