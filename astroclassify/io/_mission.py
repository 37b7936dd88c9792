"""A reader from a description: which files are a mission's, what is in them, what bits mean."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from astropy import units as u
from astropy.io import fits

from astroclassify.core import ReadError
from astroclassify.io._fits_image import frames_of
from astroclassify.io._headers import first_text
from astroclassify.io._identify import product_of
from astroclassify.io._image_frame import Meaning
from astroclassify.io._image_roles import CHIP_CARDS
from astroclassify.io._mask_bits import BitPlanes
from astroclassify.io._reader import Reader


@dataclass(frozen=True)
class Mission:
    """
    Description of the image files of a mission, for a reader of them.

    Extensions say what they hold by EXTNAME: a word such as SCI, IMAGE, ERR, VAR, WHT, MASK, DQ or FLG, alone
    or with a chip's name before or a number behind it. Companions go with the image of the same name, EXTVER,
    or place.

    Parameters
    ----------
    name : str
        Registry name of the reader, and the frames' ``ACREADER``.
    description : str
        One line for listings.
    cards : mapping of str to str
        Patterns that cards of the file's headers match, all of them, in upper case: what makes a file this
        mission's.
    unit : astropy.units.UnitBase, default dimensionless
        Of images without BUNIT.
    planes : BitPlanes or callable, optional
        What the bits of mask images mean; or a function of the file's headers that gives it. By default what
        the mask's own header says.
    chip_cards : tuple of str
        Cards of an image's header that may hold the number of its chip.
    beside : mapping of str to tuple of str
        Companions in files of their own: by role (``"flags"``, ``"weight"``, ``"sigma"``, ``"variance"``),
        what stands in their names where the image's has one of ``ends``.
    ends : tuple of str
        See ``beside``.
    unfold : callable, optional
        ``unfold(hdulist) -> sequence of HDUs``, primary first: of files that keep several images in one HDU.
    refuse : callable, optional
        ``refuse(headers) -> str``: why a file of the mission is not read; empty where it is.

    Examples
    --------
    >>> from astropy.io import fits
    >>> from astroclassify.io import Mission, mission_reader
    >>> reader = mission_reader(Mission("mine", "My telescope", {"TELESCOP": "MINE"}))
    >>> reader.identify([fits.Header({"TELESCOP": "Mine"})])
    True
    """

    name: str
    description: str
    cards: Mapping[str, str]
    unit: u.UnitBase = u.dimensionless_unscaled
    planes: BitPlanes | Callable[[Sequence[fits.Header]], BitPlanes | None] | None = None
    chip_cards: tuple[str, ...] = CHIP_CARDS
    beside: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    ends: tuple[str, ...] = ()
    unfold: Callable[[fits.HDUList], Sequence] | None = None
    refuse: Callable[[Sequence[fits.Header]], str] | None = None

    def owns(self, headers):
        """
        Tell whether a file is this mission's.

        Parameters
        ----------
        headers : sequence of fits.Header
            Of all its HDUs, primary first.

        Returns
        -------
        bool
            Never for a frame that this package read and wrote again: that is a plain image.
        """
        product = product_of(headers)
        return (
            not product.ours
            and product.kind == ""
            and all(re.fullmatch(pattern, first_text(headers, key)) for key, pattern in self.cards.items())
        )


def mission_reader(mission):
    """
    Make the reader of a mission's files.

    Parameters
    ----------
    mission : Mission
        Their description.

    Returns
    -------
    Reader
        To be declared in the group ``astroclassify.readers``, or registered with ``READERS.register``.

    Examples
    --------
    >>> from astroclassify.io import READERS
    >>> READERS["jwst"].description
    'JWST images (cal, i2d): MIRI, NIRCam, NIRISS'
    """

    def read(hdulist, options):
        headers = [hdu.header for hdu in hdulist]
        reason = mission.refuse(headers) if mission.refuse else ""
        if reason:
            raise ReadError(f"{options.source}: {reason}")
        planes = mission.planes(headers) if callable(mission.planes) else mission.planes
        meaning = Meaning(mission.name, mission.name, mission.unit, planes, mission.chip_cards)
        return frames_of(
            hdulist, meaning, options, beside=mission.beside, ends=mission.ends, unfold=mission.unfold
        )

    return Reader(name=mission.name, description=mission.description, identify=mission.owns, read=read)
