"""What the bits of a mask image mean, and which of them make a pixel unusable.

A mask image of bits says many things of a pixel; "a source was detected here" is one of them. Only what is
known to make a pixel unusable masks it: no data, dead, hot or unstable, a cosmic ray, a satellite. A
saturated pixel is bright and says so; an interpolated one has a value; ghosts and haloes are light. These,
and every bit that nobody explains, mask nothing: to mask the body itself changes the answer, a few bad pixels
do not.
"""

import re
import warnings
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from astroclassify.core import FrameWarning, ParameterError
from astroclassify.io._headers import first_text, header_int, header_text, header_value

#: Bits of HST's cameras: lost or bad, hot, bad reference, cosmic ray (``acsdq.h`` and ``wf3dq.h`` of hstcal).
HST_BITS = 1 | 2 | 4 | 8 | 16 | 512 | 4096 | 8192


@dataclass(frozen=True)
class BitPlanes:
    """
    What one observatory means by the bits of its mask images.

    Parameters
    ----------
    name : str
        Whose they are.
    bad : int
        The bits that make a pixel unusable, or-ed.
    source : str
        Where that is written.
    codes : tuple of int, default ()
        Values that make a pixel unusable, where the image holds one code for each pixel instead of bits.
    """

    name: str
    bad: int
    source: str
    codes: tuple[int, ...] = ()


JWST = BitPlanes("JWST", 1, "jwst data products, data quality flags: DO_NOT_USE is bit 0")
ROMAN = BitPlanes("Roman", 1, "romancal, lib/dqflags.py: DO_NOT_USE is bit 0")
HST = BitPlanes("HST", HST_BITS, "hstcal, acsdq.h and wf3dq.h")
WFPC2 = BitPlanes("HST/WFPC2", 1 | 2 | 4 | 16 | 32 | 2048, "WFPC2 Data Handbook, table 3.4")
# classic.sdss.org/dr3/glossary/edr.tb8.php
SDSS = BitPlanes("SDSS", 0x4 | 0x200, "SDSS EDR paper, table 8: NOTCHECKED and CR")
DES = BitPlanes("DES", 1 | 8 | 16 | 512 | 1024, "DarkEnergySurvey/pixcorrect, mask_bits.h")
# Both kinds of the community pipeline's masks, and those of DES: community.lsst.org/t/133, after page 97 of
# the NOAO Data Handbook. The codes: 1 bad, 2 no value, 3 saturated, 4 bleeding, 5 cosmic ray, 6 low weight,
# 7 a difference from other exposures.
DECAM_BITS = BitPlanes("DECam community pipeline", 1 | 16 | 128, "NOAO data handbook; legacypipe, bits.py")
DECAM_CODES = BitPlanes(
    "DECam community pipeline, version 3.5 and later",
    0,
    "NOAO data handbook; legacypipe, decam.py: 1 bad, 2 no value, 5 cosmic ray",
    codes=(1, 2, 5),
)
# In the order of ``BITMASK_KEY`` in science.py of ztfimg; bits 0, 4, 7, 9, 10 are a satellite's track, noisy,
# a spike of radiation, dead, not a number.
ZTF = BitPlanes("ZTF", 1 | 0x10 | 0x80 | 0x200 | 0x400, "ZTF science data system, mask bits 0, 4, 7, 9, 10")
EUCLID_VIS = BitPlanes("Euclid VIS", 1 | 16, "Euclid DPDD, VIS flag map: INVALID and COSMIC")
CSST = BitPlanes("CSST", 1 | 2 | 16 | 32, "CSST level 1: bad, hot, cosmic ray, satellite")

#: Planes whose name says that a pixel is unusable, as LSST (``MP_``), Pan-STARRS (``MSKNAM``) and ZTF
#: (``BIT``) spell them.
BAD_NAMES = frozenset(
    (
        "BAD",
        "BADPIX",
        "BAD_PIXEL",
        "BLANK",
        "BPM",
        "CR",
        "COSMIC",
        "COSMIC_RAY",
        "DARK",
        "DEAD",
        "DETECTOR",
        "DO_NOT_USE",
    )
) | frozenset(
    (
        "FLAT",
        "HOT",
        "INVALID",
        "LOW",
        "NAN",
        "NOISY",
        "NOTCHECKED",
        "NO_DATA",
        "NODATA",
        "STREAK",
        "UNMASKEDNAN",
    )
)
#: The same in words, as comments of cards have them.
_BAD_WORDS = re.compile(
    r"\b(AIRCRAFT|SATELLITE|NOISY|RAD HIT|COSMIC|DEAD|UNRESPONSIVE|NAN|NO DATA|BAD PIXEL|HOT PIXEL)\b"
)
_OF_TELESCOPE = MappingProxyType({"JWST": JWST, "ROMAN": ROMAN, "HST": HST})


def named_bits(header):
    """
    Read the names that a mask image's own header gives to its bits.

    Parameters
    ----------
    header : fits.Header
        Of the mask image: ``MP_NAME = bit`` (LSST), ``MSKNAMnn`` with ``MSKVALnn`` (Pan-STARRS), or
        ``BITnn = bit / what it means`` (ZTF).

    Returns
    -------
    dict of str to int
        The value of each bit by name or words; empty where the header says none.
    """
    found = {}
    for card in header.cards:
        key = card.keyword
        if key.startswith("MP_") and header_int(header, key, -1) in range(64):
            found[key[3:].upper()] = 1 << header_int(header, key)
        elif re.fullmatch(r"MSKNAM\d+", key):
            value = header_int(header, key.replace("NAM", "VAL"), 0)
            found |= {header_text(header, key).upper(): value} if value > 0 else {}
        elif re.fullmatch(r"BIT\d+", key) and header_int(header, key, -1) in range(64):
            found[str(card.comment).strip().upper() or key] = 1 << header_int(header, key)
    return found


def planes_of(headers):
    """
    Tell whose bits the mask images of a file have.

    Parameters
    ----------
    headers : sequence of fits.Header
        The file's headers, primary first.

    Returns
    -------
    BitPlanes or None
        By telescope and camera; `None` where that is not known, and of a frame that this package read and
        wrote again: its mask is one of good and bad.
    """
    if any(header_value(header, "ACREADER") is not None for header in headers[:1]):
        return None
    if first_text(headers, "INSTRUME").startswith("WFPC2"):
        return WFPC2
    if first_text(headers, "ORIGIN").startswith("SDSS"):
        return SDSS
    return _OF_TELESCOPE.get(first_text(headers, "TELESCOP"))


def chosen_bits(mask_bits, header):
    """
    Turn what a caller gave as ``mask_bits`` into one number.

    Parameters
    ----------
    mask_bits : int or tuple of str
        Bits, or-ed; or names that the header gives to bits.
    header : fits.Header
        Of the mask image.

    Returns
    -------
    int
        The bits.

    Raises
    ------
    ParameterError
        If a name is not one of the header's.
    """
    if isinstance(mask_bits, int):
        return mask_bits
    known, bits = named_bits(header), 0
    for name in mask_bits:
        if name.upper() not in known:
            there = ", ".join(known) or "none"
            raise ParameterError(f"mask_bits: the header has no bit named {name!r}; its names: {there}")
        bits |= known[name.upper()]
    return bits


def unusable_by(flags, header, headers, options, *, planes=None, name="the mask image"):
    """
    Say which pixels a mask image makes unusable.

    Parameters
    ----------
    flags : numpy.ndarray
        Integers ``[y, x]``.
    header : fits.Header
        Of the mask image.
    headers : sequence of fits.Header
        The file's headers.
    options : ReadOptions
        ``mask_bits`` goes before all that is known; ``source`` is for messages.
    planes : BitPlanes, optional
        What the reader knows the bits to mean.
    name : str
        The mask image's name, for messages.

    Returns
    -------
    mask : numpy.ndarray or None
        True where a pixel is unusable (bool, ``[y, x]``); `None` where none is.
    note : str
        What was done, for ``HISTORY``.

    Warns
    -----
    FrameWarning
        If it holds bits of unknown meaning; they mask nothing.
    """
    if options.mask_bits is not None:
        bits = chosen_bits(options.mask_bits, header)
        return _masked(flags & _as(flags, bits)), f"Masked by {name}: bits {bits}, as asked"
    names = named_bits(header)
    if not names and _is_of_ccddata(flags, header, headers):
        return _masked(flags), f"Masked by {name}: every value but 0, as CCDData writes it"
    planes = planes or (None if names else planes_of(headers))
    if planes is not None:
        chosen = np.isin(flags, planes.codes) if planes.codes else flags & _as(flags, planes.bad)
        return _masked(chosen), f"Masked by {name}: {planes.codes or planes.bad} ({planes.name})"
    if bad := sorted(key for key in names if key in BAD_NAMES or _BAD_WORDS.search(key)):
        bits = int(np.bitwise_or.reduce([names[key] for key in bad]))
        return _masked(flags & _as(flags, bits)), f"Masked by {name}: {', '.join(bad)}"
    return _of_unknown_meaning(flags, header, names, options, name)


def _is_of_ccddata(flags, header, headers):
    """Say whether ``CCDData.write`` made a mask: bytes of 0 and 1 in MASK, the image before it."""
    return (
        flags.dtype.itemsize == 1
        and int(flags.max(initial=0)) <= 1
        and header_text(header, "EXTNAME").upper() == "MASK"
        and header_int(headers[0], "NAXIS", 0) == 2
    )


def _of_unknown_meaning(flags, header, names, options, name):
    """Take a plane of two values as one of good and bad; mask nothing by bits that nobody explains.

    Where the header names bits, none of the names is a bad one by now: two values of "detected" mask nothing.
    """
    largest, smallest = int(flags.max(initial=0)), int(flags.min(initial=0))
    two_values = {smallest, largest} <= {0, 1, 255, -1} and bool(np.isin(flags, (0, smallest, largest)).all())
    if not names and (two_values or header_text(header, "EXTNAME").upper() == "BPM"):
        return _masked(flags), f"Masked by {name}: every value but 0"
    seen = int(np.bitwise_or.reduce(flags, axis=None)) & (2**64 - 1)
    share = np.count_nonzero(flags) / flags.size
    bits = ", ".join(str(1 << bit) for bit in range(flags.dtype.itemsize * 8) if seen >> bit & 1)
    why = f"is not said to be bad (its header names {', '.join(names)})" if names else "is not known"
    warnings.warn(
        f"{options.source}: what the bits {bits} of {name} mean {why}; {share:.0%} of its "
        "pixels are not 0, and none is masked for that. Say which bits make a pixel unusable: mask_bits=",
        FrameWarning,
        stacklevel=2,
    )
    return None, f"Nothing masked by {name}: the meaning of its bits is not known"


def _as(flags, bits):
    """Give bits in the type of the flags: of narrow ones the higher bits are not there."""
    width = flags.dtype.itemsize * 8
    return np.array(bits & (2**width - 1), np.uint64).astype(flags.dtype)


def _masked(chosen):
    mask = chosen != 0
    return mask if mask.any() else None
