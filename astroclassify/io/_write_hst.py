"""Raw files of Hubble's ACS/WFC and WFC3/UVIS: imsets, and the cards that real ones have.

The keywords, their order and comments are those of real raw headers (j6gp01lzq and the lists of acsql);
what depends on the telescope's operations, not on the exposure, is the same in every file.
"""

from astropy.io import fits

from astroclassify.io._raw_cards import name_card, orientation, time_cards, wcs_cards

#: Cards of a user's header that belong into the SCI extensions.
SCI_KEYS = frozenset(
    (
        *("EXPNAME", "SDQFLAGS", "NCOMBINE", "VAFACTOR", "PA_APER", "RA_APER", "DEC_APER"),
        *("PHOTMODE", "PHOTFLAM", "PHOTZPT", "PHOTPLAM", "PHOTBW"),
    )
)
_SWITCHES = (
    ("STATFLAG", False, "Calculate statistics?"),
    ("WRTERR", True, "write out error array extension"),
    ("DQICORR", "PERFORM", "data quality initialization"),
    ("ATODCORR", "OMIT", "correct for A to D conversion errors"),
    ("BLEVCORR", "PERFORM", "subtract bias level computed from overscan img"),
    ("BIASCORR", "PERFORM", "Subtract bias image"),
    ("FLSHCORR", "OMIT", "post flash correction"),
    ("CRCORR", "OMIT", "combine observations to reject cosmic rays"),
    ("EXPSCORR", "PERFORM", "process individual observations after cr-reject"),
    ("SHADCORR", "OMIT", "apply shutter shading correction"),
    ("PCTECORR", "PERFORM", "cte correction"),
    ("DARKCORR", "PERFORM", "Subtract dark image"),
    ("FLATCORR", "PERFORM", "flat field data"),
    ("PHOTCORR", "PERFORM", "populate photometric header keywords"),
    ("RPTCORR", "OMIT", "add individual repeat observations"),
    ("DRIZCORR", "PERFORM", "drizzle processing"),
)
_REFERENCE_FILES = (
    ("BPIXTAB", "bad pixel table"),
    ("CCDTAB", "CCD calibration parameters"),
    ("ATODTAB", "analog to digital correction file"),
    ("OSCNTAB", "CCD overscan table"),
    ("BIASFILE", "bias image file name"),
    ("FLSHFILE", "post flash correction file name"),
    ("CRREJTAB", "cosmic ray rejection parameters"),
    ("SHADFILE", "shutter shading correction file"),
    ("PCTETAB", "CTE Correction Table"),
    ("DRKCFILE", "De-trailed Dark Reference File"),
    ("DARKFILE", "dark image file name"),
    ("PFLTFILE", "pixel to pixel flat field file name"),
    ("DFLTFILE", "delta flat field file name"),
    ("LFLTFILE", "low order flat"),
    ("GRAPHTAB", "the HST graph table"),
    ("COMPTAB", "the HST components table"),
    ("IDCTAB", "image distortion correction table"),
    ("DGEOFILE", "Distortion correction image"),
    ("MDRIZTAB", "MultiDrizzle parameter table"),
    ("IMPHTTAB", "Image Photometry Table"),
    ("D2IMFILE", "Column Correction Reference File"),
    ("NPOLFILE", "Non-polynomial Offsets Reference File"),
    ("SNKCFILE", "Map of sink pixels"),
)
_PATTERN = (
    ("PATTERN1", "NONE", "primary pattern type"),
    ("P1_SHAPE", "", "primary pattern shape"),
    ("P1_PURPS", "", "primary pattern purpose"),
    ("P1_NPTS", 0, "number of points in primary pattern"),
    ("P1_PSPAC", 0.0, "point spacing for primary pattern (arc-sec)"),
    ("P1_LSPAC", 0.0, "line spacing for primary pattern (arc-sec)"),
    ("P1_ANGLE", 0.0, "angle between sides of parallelogram patt (deg)"),
    ("P1_FRAME", "", "coordinate frame of primary pattern"),
    ("P1_ORINT", 0.0, "orientation of pattern to coordinate frame"),
    ("P1_CENTR", "", "center pattern relative to pointing (yes/no)"),
    ("PATTSTEP", 0, "position number of this point in the pattern"),
)
_FLASH = (
    ("FLASHDUR", 0.0, "Exposure time in seconds: 0.1 to 409.5"),
    ("FLASHCUR", "OFF", "Post flash current: OFF, LOW, MED, HIGH"),
    ("FLASHSTA", "NOT PERFORMED", "Status: SUCCESSFUL, ABORTED, NOT PERFORMED"),
    ("SHUTRPOS", "A", "Shutter position: A or B"),
)
_ASSOCIATION = (
    ("ASN_ID", "NONE", "unique identifier assigned to association"),
    ("ASN_TAB", "NONE", "name of the association table"),
    ("ASN_MTYP", "", "Role of the Member in the Association"),
    ("CRDS_CTX", "N/A", "CRDS context of the reference files"),
)
_TELEMETRY = {
    "FILLCNT": (0, "number of segments containing fill"),
    "ERRCNT": (0, "number of segments containing errors"),
    "PODPSFF": (False, "podps fill present (T/F)"),
    "STDCFFF": (False, "science telemetry fill data present (T=1/F=0)"),
    "STDCFFP": ("0x5569", "science telemetry fill pattern (hex)"),
}


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
    hdus = [fits.PrimaryHDU(header=header)]
    for version, (chip, image) in enumerate(contents.images.items(), start=1):
        cards = _sci_cards(contents, chip, header["ROOTNAME"])
        cards |= {key: value for key, value in contents.extra.items() if key in SCI_KEYS}
        hdus += _imset(version, image, cards)
    return hdus


# Primary HDU ---------------------------------------------------------------------------------


def _primary_header(contents):
    camera = contents.camera
    rootname = contents.target.name.split("_")[0].split(".")[0][:9].lower()
    groups = {
        "": (
            ("NEXTEND", 3 * len(contents.layouts), "Number of standard extensions"),
            name_card(contents),
            ("FILETYPE", "SCI", "type of data found in data file"),
            ("TELESCOP", camera.telescope, "telescope used to acquire data"),
            ("INSTRUME", camera.instrume, "identifier for instrument used to acquire data"),
            ("EQUINOX", 2000.0, "equinox of celestial coord. system"),
        ),
        "DATA DESCRIPTION KEYWORDS": (
            ("ROOTNAME", rootname, "rootname of the observation set"),
            ("IMAGETYP", "EXT", "type of exposure identifier"),
            ("PRIMESI", camera.instrume, "instrument designated as prime"),
        ),
        "TARGET INFORMATION": (
            ("TARGNAME", "NONE", "proposer's target name"),
            ("RA_TARG", contents.pointing[0], "right ascension of the target (deg) (J2000)"),
            ("DEC_TARG", contents.pointing[1], "declination of the target (deg) (J2000)"),
        ),
        "PROPOSAL INFORMATION": (
            ("PROPOSID", 0, "PEP proposal identifier"),
            ("LINENUM", "01.001", "proposal logsheet line number"),
        ),
        "EXPOSURE INFORMATION": _exposure_cards(contents),
        "SCIENCE INSTRUMENT CONFIGURATION": _configuration_cards(contents),
        "CALIBRATION SWITCHES: PERFORM, OMIT, COMPLETE": _SWITCHES,
        "CALIBRATION REFERENCE FILES": tuple((key, "N/A", comment) for key, comment in _REFERENCE_FILES),
        "PATTERN KEYWORDS": _PATTERN,
        "POST FLASH  PARAMETERS": _FLASH,
        "ENGINEERING PARAMETERS": _engineering_cards(contents),
        "ASSOCIATION KEYWORDS": _ASSOCIATION,
    }
    header = fits.Header()
    for title, cards in groups.items():
        if title:
            header.extend([("", ""), ("", f"      / {title}"), ("", "")], bottom=True)
        header.extend(cards, bottom=True)
    return header


def _exposure_cards(contents):
    world = next(iter(contents.worlds.values()), None)
    return (
        ("FGSLOCK", "FINE", "commanded FGS lock (FINE,COARSE,GYROS,UNKNOWN)"),
        ("GYROMODE", "3", "number of gyros scheduled, T=3+OBAD"),
        ("MTFLAG", "", "moving target flag; T if it is a moving target"),
        *time_cards(contents),
        ("EXPFLAG", "NORMAL", "Exposure interruption indicator"),
        ("DARKTIME", contents.seconds + 4.0, "fiducial pixel dark time (secs)"),
        ("QUALITY", "", ""),
        (
            "PA_V3",
            0.0 if world is None else orientation(world) % 360,
            "position angle of V3-axis of HST (deg)",
        ),
        ("POSTARG1", 0.0, "POSTARG in axis 1 direction"),
        ("POSTARG2", 0.0, "POSTARG in axis 2 direction"),
    )


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
        **({} if world is None else _sky_cards(world, layout)),
        **_position_cards(contents.camera, layout),
        "CCDCHIP": (chip, "CCD chip (1 or 2)"),
        "PHOTMODE": ("", "observation con"),
        "PHOTFLAM": (0.0, "inverse sensitivity, ergs/cm2/Ang/electron"),
        "PHOTZPT": (0.0, "ST magnitude zero point"),
        "PHOTPLAM": (0.0, "Pivot wavelength (Angstroms)"),
        "PHOTBW": (0.0, "RMS bandwidth of filter plus detector"),
        "NCOMBINE": (1, "number of image sets combined"),
        **_TELEMETRY,
        **_statistics_cards(image),
    }


def _sky_cards(world, layout):
    angle = orientation(world)
    return {
        **wcs_cards(world, layout.science_start),
        "ORIENTAT": (angle, "position angle of image y axis (deg. e of n)"),
        "RA_APER": (float(world.wcs.crval[0]), "RA of aperture reference position"),
        "DEC_APER": (float(world.wcs.crval[1]), "Declination of aperture reference position"),
        "PA_APER": (angle, "Position Angle of reference aperture center"),
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


def _position_cards(camera, layout):
    whole = next(full for full in camera.layouts if full.chip == layout.chip)
    cards = {}
    for axis, ltv, whole_ltv, pixels in zip("12", layout.ltv, whole.ltv, layout.shape[::-1], strict=True):
        size = pixels * layout.binning
        start = 0 if layout.binning > 1 else round(whole_ltv - ltv)
        cards |= {
            f"LTV{axis}": (float(ltv), f"offset in axis {axis} to subsection start"),
            f"RAW_LTV{axis}": (float(ltv), f"original offset in axis {axis} to subsection start"),
            f"LTM{axis}_{axis}": (1.0 / layout.binning, f"reciprocal of sampling rate in axis {axis}"),
            f"CENTERA{axis}": (start + size // 2 + 1, f"subarray axis{axis} center pt in unbinned dect. pix"),
            f"SIZAXIS{axis}": (size, f"subarray axis{axis} size in unbinned detector pixels"),
            f"BINAXIS{axis}": (layout.binning, f"axis{axis} data bin size in unbinned detector pixels"),
        }
    return cards


def _imset(version, image, cards):
    science = fits.ImageHDU(image, name="SCI", ver=version)
    science.header.update(cards)
    null = {"NPIX1": (image.shape[1], "length of constant array axis 1")}
    null["NPIX2"] = (image.shape[0], "length of constant array axis 2")
    kept = {
        key: cards[key] for key in cards if key.startswith(("ROOTNAME", "EXPNAME", "CRPIX", "CRVAL", "CTYPE"))
    }
    kept |= {key: cards[key] for key in cards if key.startswith(("CD1", "CD2", "LTV", "LTM", "RAW_LTV"))}
    error = {"BUNIT": ("COUNTS", "brightness units"), **null, "PIXVALUE": (0.0, "values of pixels"), **kept}
    quality = {"BUNIT": ("UNITLESS", "brightness units"), **null, "PIXVALUE": (0, "values of pixels"), **kept}
    return [science, _null_hdu("ERR", version, error), _null_hdu("DQ", version, quality)]


def _null_hdu(name, version, cards):
    hdu = fits.ImageHDU(name=name, ver=version)
    hdu.header["BITPIX"] = 16
    hdu.header.update(cards)
    return hdu
