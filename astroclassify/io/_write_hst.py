"""Raw files of Hubble's ACS/WFC and WFC3/UVIS: imsets, and the cards that real ones have."""

import numpy as np
from astropy.io import fits

from astroclassify.io import _hst_cards as cards_of
from astroclassify.io._raw_cards import name_card, orientation, time_cards, wcs_cards

#: Cards of a user's header that belong into the SCI extensions.
SCI_KEYS = frozenset(
    (
        *("EXPNAME", "SDQFLAGS", "NCOMBINE", "VAFACTOR", "PA_APER", "RA_APER", "DEC_APER"),
        *("PHOTMODE", "PHOTFLAM", "PHOTZPT", "PHOTPLAM", "PHOTBW"),
    )
)


def hst_hdus(contents):
    """
    Lay out a raw file.

    Parameters
    ----------
    contents : RawContents
        What to write.

    Returns
    -------
    list of fits.PrimaryHDU and fits.ImageHDU
        The primary HDU, and SCI, ERR and DQ of every chip.
    """
    header = _primary_header(contents)
    header.update({key: value for key, value in contents.extra.items() if key not in SCI_KEYS})
    hdus = [_without_pixels(fits.PrimaryHDU, header)]
    for version, (chip, image) in enumerate(contents.images.items(), start=1):
        cards = _sci_cards(contents, chip, header["ROOTNAME"])
        cards |= {key: value for key, value in contents.extra.items() if key in SCI_KEYS}
        hdus += _imset(version, image, cards)
    return hdus


def _without_pixels(kind, header):
    """Make an HDU of a header alone; otherwise astropy sets BITPIX to 8 where there are no pixels."""
    return kind.fromstring(header.tostring().encode("ascii"))


# Primary HDU ---------------------------------------------------------------------------------


def _primary_header(contents):
    header = fits.Header(
        [
            ("SIMPLE", True, "data conform to FITS standard"),
            ("BITPIX", 16, "bits per data value"),
            ("NAXIS", 0, "number of data axes"),
            ("EXTEND", True, "File may contain standard extensions"),
        ]
    )
    for title, cards in _primary_groups(contents).items():
        if title:
            header.extend([("", ""), ("", f"      / {title}"), ("", "")], bottom=True)
        header.extend(cards, bottom=True)
    return header


def _primary_groups(contents):
    """Give titles and cards, in the order of a real header."""
    flashed = float(contents.extra.get("FLASHDUR", 0.0)) > 0
    common = cards_of.camera_groups(contents.camera.instrume, flashed=flashed)
    return {
        "": _file_cards(contents),
        "DATA DESCRIPTION KEYWORDS": (
            ("ROOTNAME", _rootname(contents), "rootname of the observation set"),
            ("IMAGETYP", "EXT", "type of exposure identifier"),
            ("PRIMESI", contents.camera.instrume, "instrument designated as prime"),
        ),
        "TARGET INFORMATION": (
            ("TARGNAME", "NONE", "proposer's target name"),
            ("RA_TARG", contents.pointing[0], "right ascension of the target (deg) (J2000)"),
            ("DEC_TARG", contents.pointing[1], "declination of the target (deg) (J2000)"),
        ),
        "PROPOSAL INFORMATION": (
            ("PROPOSID", 0, "PEP proposal identifier"),
            ("LINENUM", "01.001", "proposal logsheet line number"),
            *cards_of.INVESTIGATOR,
        ),
        "EXPOSURE INFORMATION": (
            *cards_of.POINTING,
            *time_cards(contents),
            *cards_of.QUALITY,
            ("DARKTIME", contents.seconds + 4.0, "fiducial pixel dark time (secs)"),
        ),
        "POINTING INFORMATION": (("PA_V3", _pa_v3(contents), "position angle of V3-axis of HST (deg)"),),
        "TARGET OFFSETS (POSTARGS)": cards_of.TARGET_OFFSETS,
        "DIAGNOSTIC KEYWORDS": cards_of.DIAGNOSTICS,
        "SCIENCE INSTRUMENT CONFIGURATION": _configuration_cards(contents),
        **common,
        "ENGINEERING PARAMETERS": _engineering_cards(contents),
        "ASSOCIATION KEYWORDS": cards_of.ASSOCIATION,
    }


def _rootname(contents):
    return contents.target.name.split("_")[0].split(".")[0][:9].lower()


def _file_cards(contents):
    camera = contents.camera
    day, *_ = (value for key, value, _ in time_cards(contents) if key == "DATE-OBS")
    return (
        ("NEXTEND", 3 * len(contents.layouts), "Number of standard extensions"),
        ("DATE", day, "date this file was written (yyyy-mm-dd)"),  # of the exposure: same frame, same bytes
        name_card(contents),
        ("FILETYPE", "SCI", "type of data found in data file"),
        ("TELESCOP", camera.telescope, "telescope used to acquire data"),
        ("INSTRUME", camera.instrume, "identifier for instrument used to acquire data"),
        ("EQUINOX", 2000.0, "equinox of celestial coord. system"),
    )


def _pa_aper(contents):
    """Give the position angle of the aperture's y axis: the mean of the chips' (degrees), 0 without any."""
    angles = np.radians([orientation(world) for world in contents.worlds.values()])
    return float(np.degrees(np.arctan2(np.sin(angles).sum(), np.cos(angles).sum()))) if angles.size else 0.0


def _pa_v3(contents):
    return (_pa_aper(contents) + cards_of.V3_FROM_Y_AXIS[contents.camera.instrume]) % 360


def _configuration_cards(contents):
    camera, layouts = contents.camera, contents.layouts
    full = all(_is_full(layout, camera) for layout in layouts.values())
    aperture = camera.detector if full else next(iter(layouts.values())).name
    return (
        ("OBSTYPE", "IMAGING", "observation type - imaging or spectroscopic"),
        ("OBSMODE", "ACCUM", "operating mode"),
        ("CTEIMAGE", "NONE", "type of Charge Transfer Image, if applicable"),
        ("SCLAMP", "NONE", "lamp status, NONE or name of lamp which is on"),
        ("NRPTEXP", 1, "number of repeat exposures in set: default 1"),
        ("SUBARRAY", not full, "data from a subarray (T) or full frame (F)"),
        ("DETECTOR", camera.detector, "detector in use"),
        *_filter_cards(camera, contents.band),
        ("APERTURE", aperture, "aperture name"),
        ("PROPAPER", aperture, "proposed aperture name"),
        ("DIRIMAGE", "NONE", "direct image for grism or prism exposure"),
        ("CTEDIR", "NONE", "CTE measurement direction: serial or parallel"),
        ("CRSPLIT", 1, "number of cosmic ray split exposures"),
    )


def _is_full(layout, camera):
    first = next(full for full in camera.layouts if full.chip == layout.chip)
    return layout.binning > 1 or layout.shape == first.shape


def _filter_cards(camera, band):
    """Give the filter cards: one on WFC3; on ACS two wheels, of which the other one is clear."""
    if camera.instrume != "ACS":
        return (("FILTER", band, "element selected from filter wheel"),)
    second_wheel = ("F435W", "F660N", "F814W")
    first, second = ("CLEAR1L", band) if band in second_wheel else (band, "CLEAR2L")
    return (
        ("FILTER1", first, "element selected from filter wheel 1"),
        ("FILTER2", second, "element selected from filter wheel 2"),
        ("FW1OFFST", 0, "computed filter wheel offset"),
        ("FW1ERROR", False, "filter wheel position error flag"),
        ("FW2OFFST", 0, "computed filter wheel offset"),
        ("FW2ERROR", False, "filter wheel position error flag"),
        ("FWSOFFST", 0, "computed filter wheel offset"),
        ("FWSERROR", False, "filter wheel position error flag"),
        ("LRFWAVE", 0.0, "proposed linear ramp filter wavelength"),
    )


def _engineering_cards(contents):
    """Describe the amplifiers; gains, noise and levels are 0 until the pipeline fills them in."""
    camera = contents.camera
    amplifiers = sorted({name for layout in contents.layouts.values() for name in layout.amplifiers})
    cards = [
        ("CCDAMP", "".join(amplifiers), "CCD amplifier readout configuration"),
        ("CCDGAIN", camera.gain_setting, "commanded gain of CCD"),
        *((f"CCDOFST{name}", 3, f"commanded CCD bias offset for amplifier {name}") for name in "ABCD"),
    ]
    if camera.instrume == "ACS":
        read_out = "DS_INT" if contents.start >= camera.epochs.get("SM4", 0.0) else ""
        cards.append(("JWROTYPE", read_out, "asic Wfc RdOut TYP"))
    for keyword, what in (("ATODGN", "gain"), ("READNSE", "read noise"), ("BIASLEV", "bias level")):
        kind = what if keyword == "BIASLEV" else f"calibrated {what}"
        cards += [(f"{keyword}{name}", 0.0, f"{kind} for amplifier {name}") for name in "ABCD"]
    return cards


# Extensions ----------------------------------------------------------------------------------


def _sci_cards(contents, chip, rootname):
    layout, image, world = contents.layouts[chip], contents.images[chip], contents.worlds.get(chip)
    return {
        "ROOTNAME": (rootname, "rootname of the observation set"),
        "EXPNAME": (rootname, "exposure identifier"),
        "DATAMIN": (float(image.min()), "the minimum value of the data"),
        "DATAMAX": (float(image.max()), "the maximum value of the data"),
        "BUNIT": ("COUNTS", "brightness units"),
        "CCDCHIP": (chip, "CCD chip (1 or 2)"),
        **_sky_cards(contents, world, layout),
        **_readout_cards(contents.camera, layout),
        **cards_of.PHOTOMETRY,
        "NCOMBINE": (1, "number of image sets combined during CR rejecti"),
        **cards_of.TELEMETRY,
        **(cards_of.COMPRESSION if contents.camera.instrume == "ACS" else {}),
        **_statistics_cards(image),
    }


def _sky_cards(contents, world, layout):
    """Say where on the sky and on the chip the image lies; without a WCS only the latter."""
    if world is None:
        return _offset_cards(layout)
    linear = wcs_cards(world, layout.science_start)
    ra, dec = contents.pointing
    return {
        **{key: card for key, card in linear.items() if not key.startswith("CUNIT")},  # raw headers have none
        **_offset_cards(layout),
        "ORIENTAT": (orientation(world), "position angle of image y axis (deg. e of n)"),
        "RA_APER": (ra, "RA of aperture reference position"),
        "DEC_APER": (dec, "Declination of aperture reference position"),
        "PA_APER": (_pa_aper(contents), "Position Angle of reference aperture center (de"),
        "VAFACTOR": (1.0, "velocity aberration plate scale factor"),
    }


def _statistics_cards(image):
    """Give what the archive counts in every raw image; the rest is 0 until the pipeline fills it in."""
    return {
        "NGOODPIX": (image.size, "number of good pixels"),
        "SDQFLAGS": (31743, "serious data quality flags"),
        "GOODMIN": (float(image.min()), "minimum value of good pixels"),
        "GOODMAX": (float(image.max()), "maximum value of good pixels"),
        "GOODMEAN": (float(image.mean(dtype=float)), "mean value of good pixels"),
        "SOFTERRS": (0, "number of soft error pixels (DQF=1)"),
        "SNRMIN": (0.0, "minimum signal to noise of good pixels"),
        "SNRMAX": (0.0, "maximum signal to noise of good pixels"),
        "SNRMEAN": (0.0, "mean value of signal to noise of good pixels"),
        "MEANDARK": (0.0, "average of the dark values subtracted"),
        "MEANBLEV": (0.0, "average of all bias levels subtracted"),
        "MEANFLSH": (0.0, "Mean number of counts in post flash exposure"),
    }


def _offset_cards(layout):
    """Say where the image starts on the chip."""
    values = {
        "LTV": (layout.ltv, "offset in {} to subsection start"),
        "RAW_LTV": (layout.ltv, "original offset in {} to subsection start"),
        "LTM": ((1.0 / layout.binning,) * 2, "reciprocal of sampling rate in {}"),
    }
    names = {"LTM": ("LTM1_1", "LTM2_2")}
    return {
        key: (float(value), comment.format(axis))
        for name, (pair, comment) in values.items()
        for key, value, axis in zip(names.get(name, (f"{name}1", f"{name}2")), pair, "XY", strict=True)
    }


def _readout_cards(camera, layout):
    """Say which part of the chip was read, in unbinned pixels."""
    whole = next(full for full in camera.layouts if full.chip == layout.chip)
    sizes = [pixels * layout.binning for pixels in layout.shape[::-1]]
    starts = [0 if layout.binning > 1 else round(b - a) for a, b in zip(layout.ltv, whole.ltv, strict=True)]
    centres = [start + size // 2 + 1 for start, size in zip(starts, sizes, strict=True)]
    values = {
        "CENTERA": (centres, "subarray axis{} center pt in unbinned dect. pix"),
        "SIZAXIS": (sizes, "subarray axis{} size in unbinned detector pixels"),
        "BINAXIS": ((layout.binning,) * 2, "axis{} data bin size in unbinned detector pixels"),
    }
    return {
        f"{name}{axis}": (value, comment.format(axis))
        for name, (pair, comment) in values.items()
        for axis, value in zip("12", pair, strict=True)
    }


def _imset(version, image, cards):
    header = fits.Header([("INHERIT", True, "inherit the primary header"), *_named("SCI", version)])
    header.update(cards)
    return [
        fits.ImageHDU(image, header=header),
        _null_hdu("ERR", version, image, cards),
        _null_hdu("DQ", version, image, cards),
    ]


def _named(name, version):
    return ("EXTNAME", name, "extension name"), ("EXTVER", version, "extension version number")


#: What an extension of a constant shares with SCI: its name, and where it lies on chip and sky.
_SHARED = ("WCSAXES", "CRPIX", "CRVAL", "CTYPE", "CD1_", "CD2_", "LTV", "RAW_LTV", "LTM", "ORIENTAT")
_SHARED += ("RA_APER", "DEC_APER", "PA_APER", "VAFACTOR")


def _null_hdu(name, version, image, cards):
    """Describe a constant as hstio does: no pixels, but how many there would be, and of which value."""
    error = name == "ERR"
    value, unit = (0.0, "COUNTS") if error else (0, "UNITLESS")
    header = fits.Header(
        [
            ("XTENSION", "IMAGE", "extension type"),
            ("BITPIX", 16, "bits per data value"),
            ("NAXIS", 0, "number of data axes"),
            ("PCOUNT", 0, "number of group parameters"),
            ("GCOUNT", 1, "number of groups"),
            ("INHERIT", True, "inherit the primary header"),
            *_named(name, version),
        ]
    )
    header.update({key: cards[key] for key in ("ROOTNAME", "EXPNAME")})
    header.update(
        {
            "DATAMIN": (0.0, "the minimum value of the data"),
            "DATAMAX": (0.0, "the maximum value of the data"),
            "BUNIT": (unit, "brightness units"),
            "NPIX1": (image.shape[1], "length of constant array axis 1"),
            "NPIX2": (image.shape[0], "length of constant array axis 2"),
            "PIXVALUE": (value, "values of pixels in constant array"),
        }
    )
    header.update({key: card for key, card in cards.items() if key.startswith(_SHARED)})
    if error:
        header.update(_GOOD_OF_A_CONSTANT | {"SDQFLAGS": cards["SDQFLAGS"]})
    return _without_pixels(fits.ImageHDU, header)


_GOOD_OF_A_CONSTANT = {
    "NGOODPIX": (0, "number of good pixels"),
    "SDQFLAGS": (31743, "serious data quality flags"),
    "GOODMIN": (0.0, "minimum value of good pixels"),
    "GOODMAX": (0.0, "maximum value of good pixels"),
    "GOODMEAN": (0.0, "mean value of good pixels"),
}
