"""What product of which instrument a file is: pure functions of the headers of all its HDUs."""

from astroclassify.core import UnsupportedInstrumentError
from astroclassify.io._headers import first_text, header_int, header_text, header_value

#: Detectors whose frames are read, with the registry names of their instruments.
SUPPORTED_DETECTORS = {("ACS", "WFC"): "acs-wfc", ("WFC3", "UVIS"): "wfc3-uvis"}

#: What drizzling writes as CCDCHIP.
_DRIZZLED_CHIP = -999


def hst_stage(headers):
    """
    Tell which product of ACS or WFC3 a file is, from its headers only.

    Returns
    -------
    str or None
        ``"raw"``, ``"calibrated"``, ``"drizzled"``, or `None` for anything else. Drizzled files
        have a WHT or CTX extension, list their inputs (NDRIZIM, D001DATA) or are of chip -999; the
        others have SCI extensions of integers (raw), or of a chip (calibrated). A cut-out that
        does not say its chip, a calibrated image in the primary HDU, and a frame that was written
        to a file again are none of these.
    """
    if first_text(headers, "INSTRUME") not in ("ACS", "WFC3") or is_csst(headers) or is_written(headers):
        return None
    names = [header_text(h, "EXTNAME").upper() for h in headers]
    drizzled_cards = any(header_value(h, key) is not None for h in headers for key in ("NDRIZIM", "D001DATA"))
    if drizzled_cards or "WHT" in names or "CTX" in names:
        return "drizzled"
    if "SCI" not in names:
        return None
    science = headers[names.index("SCI")]
    if header_int(science, "BITPIX", 0) > 0:
        return "raw"
    chip, detector = header_int(science, "CCDCHIP"), first_text(headers, "DETECTOR")
    if chip == _DRIZZLED_CHIP:
        return "drizzled"
    supported = (first_text(headers, "INSTRUME"), detector) in SUPPORTED_DETECTORS
    return None if supported and (chip is None or science is headers[0]) else "calibrated"


def is_csst(headers):
    """Tell from a file's headers whether it is of the CSST survey camera, as its pipeline writes it."""
    of_camera = first_text(headers, "INSTRUME") in ("MSC", "CSST_MSC", "CSST-MSC")
    return (of_camera or first_text(headers, "TELESCOP").startswith("CSST")) and not is_written(headers)


def is_written(headers):
    """Tell whether a file holds a frame of ours, written by ``CCDData.write``: a plain image by now."""
    return any(header_value(header, "ACREADER") is not None for header in headers[:1])


def hst_instrument(headers, source):
    """
    Give the registry name of the HST instrument that a file comes from.

    Raises
    ------
    UnsupportedInstrumentError
        If it is another detector of ACS or WFC3 (HRC, SBC, IR).
    """
    pair = first_text(headers, "INSTRUME"), first_text(headers, "DETECTOR")
    if pair not in SUPPORTED_DETECTORS:
        supported = " and ".join("/".join(known) for known in SUPPORTED_DETECTORS)
        raise UnsupportedInstrumentError(
            f"{source}: the detector is {pair[0]}/{pair[1] or '(no DETECTOR card)'}, which is not supported; "
            f"of these instruments, {supported} are"
        )
    return SUPPORTED_DETECTORS[pair]
