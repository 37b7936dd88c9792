"""Cards that every raw file of ACS/WFC or WFC3/UVIS has, whatever it shows.

The keywords, their order and comments are those of real headers: the raw files j6gp01lzq and jbz504eoq
(ACS), the calibrated file of ib4606c6q (WFC3; its pipeline adds cards and removes none), and the list of
keywords of raw WFC files in ``acsql``. What depends on the telescope's operations, not on the exposure, is
the same in every file: blank, zero or "N/A".
"""

#: Position angle of HST's V3 axis minus that of the aperture's y axis (PA_APER), degrees: of j94f05bgq
#: (337.125 - 154.533) and of ib4606c6q (194.955 + 120.208).
V3_FROM_Y_AXIS = {"ACS": 182.592, "WFC3": 315.163}

INVESTIGATOR = (
    ("PR_INV_L", "", "last name of principal investigator"),
    ("PR_INV_F", "", "first name of principal investigator"),
    ("PR_INV_M", "", "middle name / initial of principal investigat"),
)
POINTING = (
    ("SUNANGLE", 0.0, "angle between sun and V1 axis"),
    ("MOONANGL", 0.0, "angle between moon and V1 axis"),
    ("SUN_ALT", 0.0, "altitude of the sun above Earth's limb"),
    ("FGSLOCK", "FINE", "commanded FGS lock (FINE,COARSE,GYROS,UNKNOWN)"),
    ("GYROMODE", "3", "number of gyros scheduled, T=3+OBAD"),
    ("REFFRAME", "ICRS", "guide star catalog version"),
    ("MTFLAG", "", "moving target flag; T if it is a moving target"),
)
QUALITY = (
    ("EXPFLAG", "NORMAL", "Exposure interruption indicator"),
    ("QUALCOM1", "", ""),
    ("QUALCOM2", "", ""),
    ("QUALCOM3", "", ""),
    ("QUALITY", "", ""),
)
TARGET_OFFSETS = (
    ("POSTARG1", 0.0, "POSTARG in axis 1 direction"),
    ("POSTARG2", 0.0, "POSTARG in axis 2 direction"),
)
DIAGNOSTICS = (
    ("OPUS_VER", "", "data processing software system version"),
    ("CSYS_VER", "", "calibration software system version id"),
    ("CAL_VER", "", "code version"),
    ("PROCTIME", 0.0, "Pipeline processing time (MJD)"),
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
_ACS_SWITCHES = (("SINKCORR", "PERFORM", "flag sink pixels"),)
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
    ("SATUFILE", "CCD pixel saturation onset map"),
)
_REJECTION = (
    ("MEANEXP", 0.0, "reference exposure time for parameters"),
    ("SCALENSE", 0.0, "multiplicative scale factor applied to noise"),
    ("INITGUES", "", "initial guess method (MIN or MED)"),
    ("SKYSUB", "", "sky value subtracted (MODE or NONE)"),
    ("SKYSUM", 0.0, "sky level from the sum of all constituent image"),
    ("CRSIGMAS", "", "statistical rejection criteria"),
    ("CRRADIUS", 0.0, "rejection propagation radius (pixels)"),
    ("CRTHRESH", 0.0, "rejection propagation threshold"),
    ("BADINPDQ", 0, "data quality flag bits to reject"),
    ("REJ_RATE", 0.0, "rate at which pixels are affected by cosmic ray"),
    ("CRMASK", False, "flag CR-rejected pixels in input files (T/F)"),
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
    ("NSHUTOPN", 1, "Number of times shutter opened"),
)
_GUIDING = (("T_SGSTAR", "", "OMS calculated guide star control"),)
ASSOCIATION = (
    ("ASN_ID", "NONE", "unique identifier assigned to association"),
    ("ASN_TAB", "NONE", "name of the association table"),
    ("ASN_MTYP", "", "Role of the Member in the Association"),
    ("CRDS_CTX", "N/A", "CRDS context of the reference files"),
    ("CRDS_VER", "N/A", "CRDS version"),
)
_ACS_REFERENCE_FILES = (
    ("PHOTTAB", "Photometric throughput table"),
    ("CFLTFILE", "Coronagraphic spot image"),
    ("SPOTTAB", "Coronagraphic spot offset table"),
    ("MLINTAB", ""),
)
_WFC3_REFERENCE_FILES = (("BIACFILE", "Average bias frame used in CTE Correction"),)
_WFC3_CTE = (
    ("CTE_NAME", "", "Name of the CTE algorithm"),
    ("CTE_VER", "", "Version number of the CTE algorithm"),
    ("CTEDATE0", 0.0, "Date of WFC3/UVIS installation in HST (MJD)"),
    ("CTEDATE1", 0.0, "Reference date of CTE model pinning (MJD)"),
    ("PCTETLEN", 0, "Maximum length of CTE trail"),
    ("PCTERNOI", 0.0, "Read noise amplitude"),
    ("PCTENFOR", 0, "Number iterations used in CTE forward modeling"),
    ("PCTENPAR", 0, "Number of iterations used in parallel transfer"),
    ("PCTEFRAC", 0.0, "Scaling of CTE model (relative to CTEDATE1)"),
    ("PCTENSMD", 0, "Read noise mitigation algorithm"),
    ("PCTETRSH", 0.0, "Over-subtraction threshold"),
    ("FIXROCR", 0, "Fix readout cosmic rays"),
)
_WFC3_SCAN = (
    ("SCAN_TYP", "N", "C:bostrophidon; D:C with dwell; N:N/A"),
    ("SCAN_WID", 0.0, "scan width (arcsec)"),
    ("ANG_SIDE", 0.0, "angle between sides of parallelogram (deg)"),
    ("DWELL_LN", 0, "dwell pts/line for scan pointing (1-99,0 if NA)"),
    ("DWELL_TM", 0.0, "wait time (duration) at each dwell point (sec)"),
    ("SCAN_ANG", 0.0, "position angle of scan line (deg)"),
    ("SCAN_RAT", 0.0, "commanded rate of the line scan (arcsec/sec)"),
    ("NO_LINES", 0, "number of lines per scan (1-99,0 if NA)"),
    ("SCAN_LEN", 0.0, "scan length (arcsec)"),
    ("SCAN_COR", "C", "scan coordinate frame of ref: celestial,vehicle"),
    ("CSMID", "UVIS", "Channel Select Mechanism ID"),
)


def _files(entries):
    return tuple((keyword, "N/A", comment) for keyword, comment in entries)


def camera_groups(instrume, *, flashed):
    """
    Give the groups of cards that only the camera decides.

    Parameters
    ----------
    instrume : str
        ``"ACS"`` or ``"WFC3"``.
    flashed : bool
        Whether a lamp shone: then its light is to be subtracted.

    Returns
    -------
    dict of str to tuple
        Titles and cards (keyword, value, comment), in the order of a real header.
    """
    wfc3 = instrume == "WFC3"
    flash = ("FLSHCORR", "PERFORM" if flashed else "OMIT", "post flash correction")
    switches = tuple(flash if card[0] == "FLSHCORR" else card for card in _SWITCHES)
    if wfc3:
        switches = tuple(card for card in switches if card[0] not in ("STATFLAG", "RPTCORR"))
        switches += (("FLUXCORR", "PERFORM", "Scale UVIS2 to match UVIS1 using PHTRATIO"),)
    else:
        switches += _ACS_SWITCHES
    own_files = _WFC3_REFERENCE_FILES if wfc3 else _ACS_REFERENCE_FILES
    extra = {"CTE CORRECTION PARAMETERS": _WFC3_CTE, "SCAN KEYWORDS": _WFC3_SCAN} if wfc3 else {}
    level = (("FLASHLVL", 0, "Post flash requested flash level"),) if wfc3 else ()
    injection = (("CHINJECT", "NONE", "Charge Injection Mode"),) if wfc3 else ()
    return extra | {
        "CALIBRATION SWITCHES: PERFORM, OMIT, COMPLETE": switches,
        "CALIBRATION REFERENCE FILES": _files(_REFERENCE_FILES + own_files),
        "COSMIC RAY REJECTION ALGORITHM PARAMETERS": _REJECTION,
        "OTFR KEYWORDS": _GUIDING,
        "PATTERN KEYWORDS": _PATTERN,
        "POST FLASH  PARAMETERS": _FLASH[:2] + level + _FLASH[2:] + injection,
    }


TELEMETRY = {
    "FILLCNT": (0, "number of segments containing fill"),
    "ERRCNT": (0, "number of segments containing errors"),
    "PODPSFF": (False, "podps fill present (T/F)"),
    "STDCFFF": (False, "science telemetry fill data present (T=1/F=0)"),
    "STDCFFP": ("0x5569", "science telemetry fill pattern (hex)"),
}
#: On-board compression of a chip of ACS/WFC (acsql: raw WFC files have these four).
COMPRESSION = {
    "WFCMPRSD": (False, "was WFC data compressed? (T/F)"),
    "CBLKSIZ": (0, "size of compression block in 2-byte words"),
    "LOSTPIX": (0, "#pixels lost due to buffer overflow"),
    "COMPTYP": ("NONE", "compression type performed (Partial/Full/None)"),
}
PHOTOMETRY = {
    "PHOTMODE": ("", "observation con"),
    "PHOTFLAM": (0.0, "inverse sensitivity, ergs/cm2/Ang/electron"),
    "PHOTZPT": (0.0, "ST magnitude zero point"),
    "PHOTPLAM": (0.0, "Pivot wavelength (Angstroms)"),
    "PHOTBW": (0.0, "RMS bandwidth of filter plus detector"),
}
