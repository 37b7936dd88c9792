"""Which image of a FITS file is what: the science images, and the companions of each."""

import math
import re
from collections import Counter
from dataclasses import dataclass, field

from astropy.io import fits

from astroclassify.io._headers import header_int, header_text

SCIENCE, SIGMA, VARIANCE, INVERSE_VARIANCE = "science", "sigma", "variance", "inverse variance"
WEIGHT, FLAGS, OTHER, UNKNOWN = "weight", "flags", "other", ""
#: What goes with a science image.
COMPANIONS = (SIGMA, VARIANCE, INVERSE_VARIANCE, WEIGHT, FLAGS)

#: What an extension holds, by the word in its EXTNAME (or DES_EXT).
_WORDS = {
    SCIENCE: "SCI SCIENCE IMAGE IMG DATA",
    SIGMA: "ERR ERROR ERRORS SIGMA NOISE RMS STD STDDEV UNCERT UNCERTAINTY",
    VARIANCE: "VAR VARIANCE",
    INVERSE_VARIANCE: "IVAR INVVAR INVVARIANCE",
    WEIGHT: "WHT WEIGHT WEIGHTS WGT",
    FLAGS: "MASK MSK DQ DQM DQMASK FLAG FLAGS FLG BPM",
    OTHER: "PSF BKG BACKGROUND SKY CTX CON CONTEXT COV COVERAGE EXP EXPOSURE EXPMAP MODEL RESIDUAL CHI CHI2 "
    "SEG SEGMENTATION SEGMAP AREA THUMB THUMBNAIL PREVIEW D2IMARR WCSDVARR WCSCORR SAMP TIME "
    "VAR_POISSON VAR_RNOISE VAR_FLAT",
}
ROLE_OF = {word: role for role, words in _WORDS.items() for word in words.split()}
_NAME = re.compile(
    rf"(?:(?P<chip>.+?)[._ -])?(?P<word>{'|'.join(sorted(ROLE_OF, key=len, reverse=True))})"
    r"(?:[._ -]?(?P<number>\d+))?"
)
#: ESO's convention (VLT data interface): HDUCLAS2 says what an extension holds.
_CLASSES = {"DATA": SCIENCE, "ERROR": SIGMA, "QUALITY": FLAGS}
#: Cards that say which detector, or part of one, an image is of.
CHIP_CARDS = ("CCDCHIP", "CCDNUM", "CHIPID", "CCDID", "CCD_ID", "CHIP", "QUADID", "IMAGEID")
_PART_CARDS = (*CHIP_CARDS, "CCDNAME", "DETSEC", "DETPOS", "EXTCHIP")
_PART_NAME = re.compile(r"(?:CCD|CHIP|DETECTOR|DET|SCA|AMP|IM|QUAD|WF|PC|[NSQ])[._ -]?\d+(?:[._-]\w+)?")
#: An image of fewer pixels than this share of another's is a small copy of it.
_THUMBNAIL = 1 / 16


@dataclass(frozen=True)
class ImageRole:
    """One image HDU, and what it is taken to be."""

    hdu: object
    number: int  # of the HDU in its file
    role: str
    chip: str = ""  # what EXTNAME says besides the role, such as "1-1" in "1-1.SCI"

    @property
    def shape(self):
        """Rows and columns, axes of length 1 left out (tuple of int)."""
        return picture_shape(self.hdu.header)


@dataclass
class Science:
    """A science image with the companions that were found for it, by role."""

    image: ImageRole
    companions: dict = field(default_factory=dict)


def axes_of(header):
    """Give the lengths of the axes (list of int)."""
    return [header_int(header, f"NAXIS{i + 1}", 0) for i in range(min(header_int(header, "NAXIS", 0), 999))]


def picture_axes(header):
    """Give the FITS axes (1-based) that are left when those of length 1 are dropped beyond two (tuple)."""
    axes = axes_of(header)
    kept = list(range(1, len(axes) + 1))
    for axis in reversed(range(1, len(axes) + 1)):
        if len(kept) > 2 and axes[axis - 1] == 1:
            kept.remove(axis)
    return tuple(kept)


def picture_shape(header):
    """Give the shape of those axes, the last FITS axis first (tuple of int)."""
    axes = axes_of(header)
    return tuple(axes[axis - 1] for axis in reversed(picture_axes(header)))


def holds_pixels(hdu):
    """Tell whether an HDU is an image with any pixels (bool)."""
    if not hdu.is_image or isinstance(hdu, fits.GroupsHDU):
        return False
    axes = axes_of(hdu.header)
    return bool(axes) and math.prod(axes) != 0


def roles_in(hdulist):
    """
    Say of every image with pixels what it is.

    Parameters
    ----------
    hdulist : sequence of HDUs
        The opened file.

    Returns
    -------
    list of ImageRole
        In the file's order; the role is empty where neither its name nor a card tells.
    """
    found = []
    for number, hdu in enumerate(hdulist):
        if holds_pixels(hdu):
            role, chip = role_of(hdu.header)
            found.append(ImageRole(hdu, number, role, chip))
    return found


def role_of(header):
    """Give the role that a header names, and what else its EXTNAME says (tuple of str)."""
    name = header_text(header, "EXTNAME").upper()
    match = _NAME.fullmatch(name)
    if match:
        return ROLE_OF[match["word"]], match["chip"] or match["number"] or ""
    listed = ROLE_OF.get(header_text(header, "DES_EXT").upper())
    eso = _CLASSES.get(header_text(header, "HDUCLAS2").upper())
    return listed or eso or UNKNOWN, name


def is_part(image):
    """Tell whether an image says that it is a detector of several, or a part of one (bool)."""
    own = image.hdu.header
    by_card = any(header_text(own, key) for key in _PART_CARDS)
    return by_card or _PART_NAME.fullmatch(header_text(own, "EXTNAME").upper()) is not None


def science_images(images):
    """
    Choose the science images of a file.

    Parameters
    ----------
    images : list of ImageRole
        All of its images.

    Returns
    -------
    chosen : list of ImageRole
        Those named SCI; else those of another name for a science image; else those that say which detector
        they are of, or have names of their own; else the first that may be one, or what it is a
        small copy of.
    doubtful : list of ImageRole
        Images left out that may be science images too.
    """
    planes = [image for image in images if len(image.shape) == 2 or is_colour(image.hdu.header)]
    named = [image for image in planes if image.role == SCIENCE]
    first_choice = [image for image in named if "SCI" in header_text(image.hdu.header, "EXTNAME").upper()]
    if named:
        return _without_small_copies(first_choice or named), []
    unnamed = _without_small_copies([image for image in planes if image.role == UNKNOWN])
    if len(unnamed) < 2:
        return unnamed, []
    names = {header_text(image.hdu.header, "EXTNAME").upper() for image in unnamed}
    if all(map(is_part, unnamed)) or (len(names) == len(unnamed) and "" not in names):
        return unnamed, []
    parts = [image for image in unnamed if is_part(image)]
    if len(parts) > 1:
        return parts, []
    chosen = _original(unnamed[0], unnamed[1:])
    return [chosen], [image for image in unnamed if image is not chosen]


def _original(first, others):
    """Give the largest image that the first is a small copy of; the first where it is of none."""
    larger = [image for image in others if _is_copy(first.shape[-2:], image.shape[-2:])]
    return max(larger, key=lambda image: math.prod(image.shape), default=first)


def _is_copy(small, large):
    """Tell whether one shape is another's at half the size or less, to a pixel (bool)."""
    times = [b / a for a, b in zip(small, large, strict=True)]
    return min(times) >= 2 and max(times) - min(times) <= max(times) / min(small)


def _without_small_copies(images):
    """Leave out thumbnails: images far smaller than another, no detector's, and without an own EXTVER."""
    largest = max((math.prod(image.shape) for image in images), default=0)
    versions = Counter(map(_version, images))

    def is_one_of_several(image):
        own = _version(image)
        return is_part(image) or (image.role == SCIENCE and own[1] and versions[own] == 1)

    return [
        image
        for image in images
        if math.prod(image.shape) >= _THUMBNAIL * largest or is_one_of_several(image)
    ]


def _version(image):
    """Give the name of an image and what EXTVER says (tuple); 0 where there is no such card."""
    header = image.hdu.header
    return header_text(header, "EXTNAME").upper(), header_int(header, "EXTVER", 0)


def is_colour(header):
    """
    Tell whether an image is of three colours: three planes, whose axis is of nothing else.

    Amateurs' programs write NAXIS3 = 3 without a CTYPE3, or with one that says RGB or colour.
    """
    kept = picture_axes(header)
    if len(kept) != 3 or axes_of(header)[kept[2] - 1] != 3:
        return False
    kind = header_text(header, f"CTYPE{kept[2]}").upper()
    return kind in ("", "RGB", "RGB1", "COLOR", "COLOUR", "BAND", "FILTER")


def with_companions(sciences, images):
    """
    Give each science image its companions: of the same name beside the role, EXTVER, or index in the file.

    Parameters
    ----------
    sciences, images : list of ImageRole
        The chosen ones, and all.

    Returns
    -------
    list of Science
        One for each of ``sciences``.
    """
    found = [Science(image) for image in sciences]
    for role in COMPANIONS:
        fitting = [image for image in images if image.role == role]
        for index, science in enumerate(found):
            own = _companion(science.image, index, sciences, fitting)
            if own is not None:
                science.companions[role] = own
    return found


def _companion(image, index, sciences, fitting):
    """Find the one of ``fitting`` that belongs to an image, the ``index``-th of the science images."""
    fitting = [other for other in fitting if other.shape == image.shape]
    by_name = [other for other in fitting if other.chip and other.chip == image.chip]
    if len(sciences) > 1:  # that of another chip is not this one's
        fitting = [other for other in fitting if not (image.chip and other.chip)]
    if by_name or not fitting:
        return by_name[0] if by_name else None
    if len(sciences) == 1:
        # One without EXTVER is of the only image; one of another EXTVER is of an image that is not there.
        version = header_int(image.hdu.header, "EXTVER", 1)
        own = [other for other in fitting if header_int(other.hdu.header, "EXTVER", version) == version]
        return own[0] if own else None
    if _tells_versions(sciences):
        version = header_int(image.hdu.header, "EXTVER", 1)
        own = [other for other in fitting if header_int(other.hdu.header, "EXTVER", 1) == version]
        return own[0] if own else None
    return _by_index(image, index, sciences, fitting)


def _tells_versions(sciences):
    """Tell whether EXTVER tells the images apart (bool)."""
    return len({header_int(image.hdu.header, "EXTVER", 1) for image in sciences}) == len(sciences)


def _by_index(image, index, sciences, fitting):
    """Pair as many companions as images in order; else take the one between this image and the next."""
    if len(fitting) == len(sciences):
        return fitting[index]
    following = [other.number for other in sciences if other.number > image.number]
    end = min(following, default=math.inf)
    return next((other for other in fitting if image.number < other.number < end), None)
