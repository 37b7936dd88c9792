"""Files in ASDF (Roman) as HDUs, so that what reads FITS reads them."""

import warnings

import numpy as np
from astropy import units as u
from astropy.io import fits

from astroclassify.core import ReadError, optional_import

#: How such a file begins.
START = b"#ASDF"
_IMAGES = {"data": "SCI", "err": "ERR", "dq": "DQ", "weight": "WHT"}
_CARDS = {
    "telescope": "TELESCOP",
    "instrument.name": "INSTRUME",
    "instrument.detector": "DETECTOR",
    "instrument.optical_element": "FILTER",
    "exposure.exposure_time": "EXPTIME",
    "exposure.effective_exposure_time": "EXPTIME",
    "filename": "FILENAME",
    "target.catalog_name": "OBJECT",
}
_DEEPEST = 4


def asdf_hdus(file, source):
    """
    Give the images of an ASDF file as HDUs.

    Parameters
    ----------
    file : path-like or seekable binary file object
        Whose tree has a node with ``data`` of two axes and ``meta``, as those of romancal have.
    source : str
        Its name, for messages.

    Returns
    -------
    fits.HDUList
        SCI, and ERR, DQ and WHT where there are any, in memory; the sky coordinates, as a polynomial, in
        cards.

    Raises
    ------
    OptionalDependencyError
        If asdf is not installed.
    ReadError
        If no node of the tree is an image.
    """
    asdf = optional_import("asdf", needed_for="reading files of Roman (ASDF)", extra="roman")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with asdf.open(file, memmap=False) as opened:
            node = _image_node(opened.tree)
            if node is None:
                raise ReadError(
                    f"{source}: the ASDF file has no two-dimensional image: no node with data and meta"
                )
            return _hdus(node)


def _image_node(tree, depth=0):
    """Find the first node that holds an image, from the top down."""
    if not hasattr(tree, "items") or depth > _DEEPEST:
        return None
    if getattr(tree.get("data"), "ndim", 0) == 2 and hasattr(tree.get("meta"), "get"):
        return tree
    return next(
        (found for _, child in tree.items() if (found := _image_node(child, depth + 1)) is not None), None
    )


def _hdus(node):
    header = fits.Header(
        {card: value for key, card in _CARDS.items() if _plain(value := _at(node["meta"], key))}
    )
    hdus = [fits.PrimaryHDU(header=header)]
    for key, name in _IMAGES.items():
        if getattr(node.get(key), "ndim", 0) == 2:
            hdus.append(_image_hdu(node[key], name))
    hdus[1].header.update(_sky_cards(_at(node["meta"], "wcs"), hdus[1].data.shape))
    return fits.HDUList(hdus)


def _image_hdu(values, name):
    hdu = fits.ImageHDU(np.array(getattr(values, "value", values)), name=name)
    unit = getattr(values, "unit", None)
    if unit is not None:
        hdu.header["BUNIT"] = u.Unit(unit).to_string("fits")
    return hdu


def _at(tree, key):
    for part in key.split("."):
        tree = tree.get(part) if hasattr(tree, "get") else None
    return tree


def _plain(value):
    return isinstance(value, str | int | float) and not isinstance(value, bool)


def _sky_cards(wcs, shape):
    """Fit a tangent plane with a polynomial to a generalised WCS; nothing where gwcs did not make one."""
    if not hasattr(wcs, "to_fits_sip"):
        return {}
    height, width = shape
    try:
        return wcs.to_fits_sip(bounding_box=((-0.5, width - 0.5), (-0.5, height - 0.5)))
    except Exception as error:  # gwcs and astropy raise many types on what they cannot fit
        warnings.warn(f"the sky coordinates cannot be written as a polynomial ({error})", stacklevel=2)
        return {}
