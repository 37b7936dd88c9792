"""Reader of plain FITS images: cut-outs, stamps and frames of any telescope without a reader of its own.

Which images are the frames: those that EXTNAME, or another card, calls science images; else all that say
which detector they are of, or that have names of their own; else the first, or the larger image that it is a
small copy of. Companions (error, variance, weight, mask) are found by their names, and in the files beside
one that is called ``..._sci``. Whatever is left out is in the frame's ``HISTORY``.
"""

import warnings

from astroclassify.core import FrameWarning, ParameterError, ReadError
from astroclassify.io._beside import add_companions_beside
from astroclassify.io._identify import product_of
from astroclassify.io._image_frame import Meaning, chip_numbers, chosen_chips, image_frame
from astroclassify.io._image_roles import (
    COMPANIONS,
    FLAGS,
    OTHER,
    SCIENCE,
    SIGMA,
    UNKNOWN,
    WEIGHT,
    axes_of,
    roles_in,
    science_images,
    with_companions,
)
from astroclassify.io._pixels import hdu_label
from astroclassify.io._reader import Reader

_MEANING = Meaning("fits-image")
#: How the files are called that lie beside one of a science image: what stands for its ``_sci``.
_BESIDE = {
    WEIGHT: ("_wht", "_weight", "_wt"),
    SIGMA: ("_rms", "_err", "_noise", "_sigma"),
    FLAGS: ("_flg", "_flag", "_msk", "_mask", "_dq"),
}


def identify(headers):
    """Match every file that is no product of ACS, WFC3 or CSST."""
    return product_of(headers).kind == ""


def read(hdulist, options):
    """
    Read the frame, or the frames, of a FITS file.

    Parameters
    ----------
    hdulist : fits.HDUList
        The opened file.
    options : ReadOptions
        ``dtype``, ``chips``, ``extension``, ``mask_bits`` and ``source`` are used.

    Returns
    -------
    list of CCDData
        One frame for each science image.

    Raises
    ------
    ReadError
        If there is no image, or it does not have two axes.
    ParameterError
        If a chip or an extension was asked for that is not there.
    """
    return frames_of(hdulist, _MEANING, options, beside=_BESIDE, ends=("_sci",))


FITS_IMAGE = Reader(
    name="fits-image",
    description="Plain FITS images and cut-outs of any telescope, also in colour",
    identify=identify,
    read=read,
)


def frames_of(hdulist, meaning, options, *, beside, ends, unfold=None):
    """
    Make the frames of a file's science images.

    Parameters
    ----------
    hdulist : fits.HDUList
        The opened file.
    meaning : Meaning
        What the reader knows of it.
    options : ReadOptions
        As for `read`.
    beside, ends
        As for `astroclassify.io.Mission`.
    unfold : callable, optional
        As for `astroclassify.io.Mission`.

    Returns
    -------
    list of CCDData
        One frame for each science image.
    """
    hdus = unfold(hdulist) if unfold else hdulist
    images = roles_in(hdus)
    chosen = _chosen(images, hdus, options)
    sciences = with_companions(chosen, images)
    for science in sciences:
        add_companions_beside(science, hdulist, beside, ends, options, unfold=unfold)
    _warn_of_other_shapes(sciences, images, options)
    alone = len(sciences) == 1
    return [
        image_frame(
            science, number, hdus, meaning, options, notes=_left_out(science, sciences, images), alone=alone
        )
        for science, number in chosen_chips(sciences, chip_numbers(chosen, meaning.chip_cards), options)
    ]


def _warn_of_other_shapes(sciences, images, options):
    """Say which masks and errors are of no image of the file, by their shape."""
    shapes = {image.shape for image in images if image.role in (SCIENCE, UNKNOWN)}
    shapes |= {science.image.shape for science in sciences}
    for image in images:
        if image.role in COMPANIONS and image.shape not in shapes:
            warnings.warn(
                f"{options.source}: {_label(image)} is left out: it has the shape {image.shape}, and no "
                "image of the file has",
                FrameWarning,
                stacklevel=2,
            )


def _chosen(images, hdulist, options):
    if options.extension is not None:
        return asked_images(images, hdulist, options)
    chosen, doubtful = science_images(images)
    if not chosen and len(images) == 1 and images[0].role == OTHER:
        return images
    if not chosen:
        chosen = _not_two_axes(images, hdulist, options)
    if doubtful:
        warnings.warn(
            f"{options.source}: the frame is {_label(chosen[0])}; {len(doubtful)} more images do not say "
            f"what they are, and are left out: {', '.join(map(_label, doubtful))}. Choose with extension=",
            FrameWarning,
            stacklevel=2,
        )
    return chosen


def _not_two_axes(images, hdulist, options):
    """Give the image whose axes are to be complained about; raise where there is none."""
    unlike = [image for image in images if len(image.shape) != 2]
    if unlike:
        return unlike[:1]
    held = f"the file holds {_listing(hdulist)}"
    if images:
        raise ReadError(
            f"{options.source}: there is no science image, only what goes with one; {held}. "
            "Choose with extension="
        )
    raise ReadError(f"{options.source}: there is no image with pixels; {held}")


def asked_images(images, hdulist, options):
    """
    Give the images that a caller chose.

    Parameters
    ----------
    images : list of ImageRole
        The file's images.
    hdulist : sequence of HDUs
        The opened file.
    options : ReadOptions
        ``extension`` and ``source`` are used.

    Returns
    -------
    list of ImageRole
        In the order of the choice.

    Raises
    ------
    ParameterError
        If one is not there, or holds no pixels.
    """
    found = []
    for wanted in options.extension:
        fitting = [image for image in images if _is(image, wanted)]
        if not fitting:
            raise ParameterError(
                f"{options.source}: there is no image {wanted!r}; the file holds {_listing(hdulist)}"
            )
        found += [image for image in fitting if image not in found]
    return found


def _is(image, wanted):
    if isinstance(wanted, int):
        return image.number == wanted
    name, version = wanted if isinstance(wanted, tuple) else (wanted, None)
    label, own = image.hdu.name, image.hdu.ver
    return label.upper() == str(name).strip().upper() and version in (None, own)


def _label(image):
    return f"{image.number} {hdu_label(image.hdu)}"


def _listing(hdulist):
    parts = [f"{hdu_label(hdu)} {type(hdu).__name__} with axes {axes_of(hdu.header)}" for hdu in hdulist[:6]]
    more = len(hdulist) - len(parts)
    return "; ".join(parts) + (f"; and {more} more" if more > 0 else "")


def _left_out(science, sciences, images):
    used = {id(image) for one in sciences for image in (one.image, *one.companions.values())}
    return [
        f"Frame is {hdu_label(science.image.hdu)}; image left out: {hdu_label(image.hdu)}"
        for image in images
        if id(image) not in used
    ]
