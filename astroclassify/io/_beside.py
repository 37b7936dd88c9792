"""Files that lie beside that of an image: its weight map, its noise, its mask."""

import re
import warnings
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
from astropy.io import fits

from astroclassify.core import FrameWarning, ReadError
from astroclassify.io._headers import header_text
from astroclassify.io._image_roles import picture_shape, roles_in
from astroclassify.io._open import open_fits

#: Ends of the names of files that hold what goes with an image, with what that is.
_COMPANION = re.compile(
    r"[_-](?P<kind>wht|weight|ctx|rms|flg|flag|msk|mask|dqmask|mskimg|c1m|c1f)\.(?:fits|fit|fts)(?:\.(?:gz|bz2|xz|fz|zip))?$",
    re.IGNORECASE,
)
_SPOKEN = {"wht": "weight map", "weight": "weight map", "ctx": "context map", "rms": "noise map"}


def companion_kind(name):
    """
    Say what goes with an image a file holds, by its name.

    Parameters
    ----------
    name : str
        The file's name.

    Returns
    -------
    str
        Such as ``"weight map"``; empty for every other file.
    """
    match = _COMPANION.search(name)
    return _SPOKEN.get(match["kind"].lower(), "mask") if match else ""


def refuse_companion(headers, options):
    """
    Refuse a file that holds no image but what goes with one.

    Raises
    ------
    ReadError
        If its name says so, nobody chose an extension of it, and no extension is named SCI.
    """
    kind = companion_kind(options.source)
    if (
        kind
        and options.extension is None
        and not any(header_text(h, "EXTNAME").upper() == "SCI" for h in headers)
    ):
        raise ReadError(
            f"{options.source}: this is the {kind} of an image, not one; read the image, with which it "
            "goes, or choose extension=0 to read it as one"
        )


def add_companions_beside(science, hdulist, names, ends, options, *, unfold=None):
    """
    Add to an image the companions that lie beside its file.

    Parameters
    ----------
    science : Science
        The image; what it has a companion for is left alone.
    hdulist : fits.HDUList
        Its file, whose name ends in one of ``ends``.
    names : mapping of str to tuple of str
        By role, what stands for that end in the names of the files beside it.
    ends : tuple of str
        Ends of the file's name, without its suffix.
    options : ReadOptions
        ``source`` is for messages.
    unfold : callable, optional
        As for `astroclassify.io.Mission`.
    """
    for role, candidates in names.items():
        if role not in science.companions:
            image = image_beside(hdulist, science.image, candidates, ends, options, unfold=unfold)
            if image is not None:
                science.companions[role] = replace(image, role=role)


def image_beside(hdulist, image, names, ends, options, *, unfold=None):
    """
    Read the image of a file that lies beside another.

    Parameters
    ----------
    hdulist : fits.HDUList
        The other, opened; its name ends in one of ``ends``.
    image : ImageRole
        The image of it that the one looked for goes with.
    names : tuple of str
        What stands for that end in the name of the file looked for, in order of preference.
    ends : tuple of str
        Ends of the other's name, without its suffix.
    options : ReadOptions
        ``source`` is for messages.
    unfold : callable, optional
        As for `astroclassify.io.Mission`.

    Returns
    -------
    ImageRole or None
        With its pixels in memory; `None` where there is no such file, or none that fits (with a
        `FrameWarning`).
    """
    path = next((p for name in names for p in _paths(hdulist.filename(), ends, name)), None)
    return None if path is None else _image_in(path, image, options, unfold or list)


def _paths(filename, ends, name):
    """Give the files beside one, whose name has ``name`` where that of the image has one of ``ends``."""
    if not isinstance(filename, str) or not filename:
        return
    path = Path(filename)
    stem, dot, suffix = path.name.partition(".fits")
    for end in ends:
        if dot and end in stem:
            before, _, after = stem.rpartition(end)
            for kind in dict.fromkeys((suffix, "", ".gz", ".fz")):
                beside = path.with_name(f"{before}{name}{after}.fits{kind}")
                if beside.is_file():
                    yield beside


def _image_in(path, image, options, unfold):
    """Read the image of a file beside that fits; a broken one must not cost the image itself."""
    try:
        with warnings.catch_warnings(), closing(open_fits(path, path.name)) as hdulist:
            warnings.simplefilter("ignore")
            found = _fitting(roles_in(unfold(hdulist)), image)
            if found is not None:
                kept = fits.ImageHDU(np.array(found.hdu.data), header=found.hdu.header.copy())
                return replace(found, hdu=kept)
    except Exception as error:
        return _say(options, path, f"cannot be read ({error})")
    return _say(options, path, f"has no image of the shape {image.shape}")


def _fitting(images, image):
    """Choose the image of the same name, else of the same number among those of the shape."""
    fitting = [other for other in images if picture_shape(other.hdu.header) == image.shape]
    named = [
        other for other in fitting if other.hdu.name == image.hdu.name and other.hdu.ver == image.hdu.ver
    ]
    same_number = [other for other in fitting if other.number == image.number]
    return next(iter(named or same_number or fitting), None)


def _say(options, path, what):
    warnings.warn(
        f"{options.source}: {path.name} beside it {what}; it is left out", FrameWarning, stacklevel=2
    )
