"""What a file is: the product of an instrument, told from the headers of all its HDUs."""

from dataclasses import dataclass
from functools import cached_property

from astroclassify.core import UnsupportedInstrumentError
from astroclassify.instruments import INSTRUMENTS
from astroclassify.io._headers import first_text, header_int, header_text, header_value

#: Detectors whose frames are read, with the registry names of their instruments.
SUPPORTED_DETECTORS = {("ACS", "WFC"): "acs-wfc", ("ACS", "HRC"): "acs-hrc", ("WFC3", "UVIS"): "wfc3-uvis"}

#: Steps of calibration after which no overscan is left.
_DONE = ("BLEVCORR", "FLATCORR")
#: What drizzling writes as CCDCHIP.
_DRIZZLED_CHIP = -999


@dataclass(frozen=True)
class Product:
    """
    What a file's headers say it is.

    Parameters
    ----------
    camera, detector : str
        ``INSTRUME`` and ``DETECTOR`` in upper case; empty where no header has them.
    kind : {"hst-raw", "hst-calibrated", "hst-drizzled", "csst", ""}
        Which product it is; empty for everything else, and for a frame of ours that
        ``CCDData.write`` wrote: a plain image by now.
    ours : bool
        Whether it is such a frame.
    """

    camera: str = ""
    detector: str = ""
    kind: str = ""
    ours: bool = False


class FileHeaders(tuple):
    """
    The headers of a file's HDUs, primary first: what identifiers of readers are given.

    Every reader asks the same question, so the answer is kept.
    """

    @cached_property
    def product(self):
        """What the file is (Product)."""
        return _product(self)


def product_of(headers):
    """
    Tell what a file is, from its headers only.

    Parameters
    ----------
    headers : sequence of fits.Header
        The headers of all HDUs, primary first.

    Returns
    -------
    Product
        Worked out once for `FileHeaders`.
    """
    return headers.product if isinstance(headers, FileHeaders) else _product(headers)


def hst_instrument(headers, source):
    """
    Give the registry name of the HST instrument that a file comes from.

    Raises
    ------
    UnsupportedInstrumentError
        If it is another detector of ACS or WFC3 (SBC, IR).
    """
    pair = first_text(headers, "INSTRUME"), first_text(headers, "DETECTOR")
    if pair not in SUPPORTED_DETECTORS:
        supported = " and ".join("/".join(known) for known in SUPPORTED_DETECTORS)
        raise UnsupportedInstrumentError(
            f"{source}: the detector is {pair[0]}/{pair[1] or '(no DETECTOR card)'}, which is not supported; "
            f"of these instruments, {supported} are"
        )
    return SUPPORTED_DETECTORS[pair]


def _product(headers):
    camera, detector = first_text(headers, "INSTRUME"), first_text(headers, "DETECTOR")
    if any(header_value(header, "ACREADER") is not None for header in headers[:1]):
        return Product(camera, detector, ours=True)
    if _is_csst(camera, headers):
        return Product(camera, detector, "csst")
    stage = _hst_stage((camera, detector), headers) if camera in ("ACS", "WFC3") else ""
    return Product(camera, detector, stage and f"hst-{stage}")


def _is_csst(camera, headers):
    """Tell whether a file is of the CSST survey camera, as its pipeline writes it."""
    return camera in ("MSC", "CSST_MSC", "CSST-MSC") or first_text(headers, "TELESCOP").startswith("CSST")


def _hst_stage(pair, headers):
    """
    Tell which product of ACS or WFC3 a file is.

    Drizzled files have a WHT or CTX extension, list their inputs (NDRIZIM, D001DATA) or are of
    chip -999. A raw file is of integers, or of raw pixels that a program wrote as floats: then it has the
    size of a raw image, and its header does not say that the bias was subtracted. The rest is calibrated. A
    cut-out that does not say its chip and a calibrated image in the primary HDU are none of these.
    """
    names = [header_text(header, "EXTNAME").upper() for header in headers]
    if "WHT" in names or "CTX" in names or any(map(_lists_inputs, headers)):
        return "drizzled"
    if "SCI" not in names:
        return ""
    science = headers[names.index("SCI")]
    calibrated = any(
        header_text(h, key).upper() == "COMPLETE" for h in (headers[0], science) for key in _DONE
    )
    if not calibrated and (header_int(science, "BITPIX", 0) > 0 or _has_overscan(pair, science)):
        return "raw"
    chip = header_int(science, "CCDCHIP")
    if chip == _DRIZZLED_CHIP:
        return "drizzled"
    cut_out = pair in SUPPORTED_DETECTORS and (chip is None or science is headers[0])
    return "" if cut_out else "calibrated"


def _has_overscan(pair, science):
    """Tell whether an image has the size of a raw one, which no trimmed image has."""
    camera = SUPPORTED_DETECTORS.get(pair)
    if camera is None:
        return False
    shape = header_int(science, "NAXIS2", 0), header_int(science, "NAXIS1", 0)
    layouts = [layout for layout in INSTRUMENTS[camera].layouts if layout.shape == shape]
    return any(layout.shape != layout.science_shape for layout in layouts)


def _lists_inputs(header):
    return any(header_value(header, key) is not None for key in ("NDRIZIM", "D001DATA"))
