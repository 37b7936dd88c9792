"""Where the headers and layouts of cases are published: standards, documents of projects, reports of bugs.

A case whose name and kind match a line is made after that source; the others were thought of here. The
reports to astropy and the pages of NOAO, SDSS, LSST, DECam and ACS were read for these cases; other documents
are named from memory of them, and their sections may differ between editions.
"""

import re

_STANDARD = "FITS Standard 4.0, section "
_ASTROPY = "github.com/astropy/astropy/issues/"
_NOAO = "NOAO Mosaic keyword dictionary (iraf.noao.edu/projects/mosaic/imagedef/mosaic/MosaicV1.dic)"
_REGISTRY = "fits.gsfc.nasa.gov/registry/"
_ACS = "ACS Data Handbook "
_TIFF = "TIFF 6.0 (Adobe, 1992), section "
_PNG = "PNG Specification (W3C), "

#: Kind, pattern of the whole name, source.
_SOURCES = (
    ("headers", "a text without its second quote|a tabulator.*|no value", _STANDARD + "4.2.1"),
    ("headers", "a keyword in lower case|a blank within a keyword|no blank after.*", _STANDARD + "4.1.2"),
    ("headers", "a value that begins in column 10", _STANDARD + "4.2 (free format)"),
    ("headers", "a value without quotes.*", _ASTROPY + "5909"),
    ("headers", "a decimal comma", _ASTROPY + "3829"),
    ("headers", "a letter with an accent|a degree sign.*|letters of Unicode.*", _ASTROPY + "6074"),
    ("headers", "a line feed in a text.*", _ASTROPY + "5396"),
    ("headers", "a card without an equals sign", _ASTROPY + "6780"),
    ("headers", "a galactic map of IDL", _ASTROPY + "882"),
    ("headers", "an undefined value", _STANDARD + "4.1.2.3"),
    (
        "headers",
        "ESO's hierarchical keyword|a long hier.*",
        _REGISTRY + "hierarch_keyword.html",
    ),
    ("headers", "COMMENT with.*|HISTORY with.*|300 lines of HISTORY", _STANDARD + "4.4.2.4"),
    ("headers", "a complex number", _STANDARD + "4.2.6"),
    ("headers", r"an exponent D \(Fortran\)", _STANDARD + "4.2.4"),
    ("headers", "an integer of 30 digits", _STANDARD + "4.2.3"),
    ("headers", "a text with doubled quotes|a text that would go on.*", _STANDARD + "4.2.1"),
    ("headers", "an INHERIT card.*|the WCS in the primary.*", _REGISTRY + "inherit.html"),
    ("headers", "a card of blanks", _STANDARD + "4.1.2.3"),
    (
        "headers",
        "BUNIT = '(COUNTS|ELECTRONS).*'",
        _ACS + "2.2, raw and calibrated files",
    ),
    ("headers", "BUNIT = 'UNITLESS'", _ACS + "2.2, null images"),
    ("headers", "BUNIT = 'MJy/sr'", "jwst-pipeline.readthedocs.io, science products"),
    ("headers", "BUNIT = 'nJy'", "dp1.lsst.io, visit images"),
    ("headers", "BUNIT = 'nanomaggy'", "data.sdss.org/datamodel, frame files"),
    ("headers", "BUNIT = '(Jy/beam|adu|electron|e-|electron/s)'", _STANDARD + "4.3 and tables 3 to 5"),
    ("headers", "BUNIT = 'DN.*'", "jwst-pipeline.readthedocs.io, data units of uncal and rate"),
    ("headers", "WCSAXES = 3.*|a CD matrix", "Greisen & Calabretta 2002 (WCS Paper I), section 2"),
    ("headers", r"CDELT and CROTA2 \(AIPS\)", "Calabretta & Greisen 2002 (WCS Paper II), section 6.1"),
    ("headers", "a mosaic of WFPC2.*", "WFPC2 Data Handbook, 2.2; headers of the archive's c0f and mosaics"),
    (
        "headers",
        "a cube of one plane|radio: frequency.*",
        "Greisen et al. 2006 (WCS Paper III)",
    ),
    ("headers", "a third axis left over|NAXIS3 left over", _ASTROPY + "177"),
    ("headers", "a stray CONTINUE.*", _STANDARD + "4.2.1.2"),
    ("headers", "TPV distortion.*", _REGISTRY + "tpvwcs.html"),
    ("headers", "SIP distortion.*", _REGISTRY + "sip.html"),
    ("headers", "galactic coordinates", "Calabretta & Greisen 2002 (WCS Paper II), section 3.1"),
    ("headers", "IRAF's WAT and LTV cards", "IRAF, images.imcoords and mwcs, header keywords"),
    (
        "headers",
        "a mosaic of NOAO.*",
        "iraf.noao.edu, web/projects/ccdmosaic/imagedef/mosaic/example.html",
    ),
    ("headers", "BSCALE and BZERO|BLANK|pixels of u?int.*|pixels of float.*", _STANDARD + "4.4.2.5 and 5.2"),
    ("headers", "DATASUM.*", _STANDARD + "4.4.2.7"),
    ("masks", "LSST .*|mask_bits='DETECTED'|mask_bits=.*SAT.*", "dp1.lsst.io, mask planes of visit images"),
    ("masks", "JWST.*", "jwst-pipeline.readthedocs.io, data quality flags"),
    ("masks", "HST bit.*", "hstcal, acsdq.h and wf3dq.h; ACS Data Handbook, table 3.3"),
    ("masks", "SDSS .*", "classic.sdss.org/dr3/glossary/edr.tb8.php"),
    ("masks", "Pan-STARRS.*", "ippconfig, masks.16bit.config; PS1 DR2, image masks"),
    ("masks", "a bad pixel mask of IRAF.*", "IRAF, ccdproc and mscred, BPM"),
    ("masks", "inverse variance|variance", "ESO-044286, Science Data Products Standard"),
    ("masks", "what CCDData wrote.*", "docs.astropy.org, CCDData.to_hdu"),
    ("masks", "NaN", _STANDARD + "5.3"),
    ("masks", "no weight", "DrizzlePac Handbook, weight images"),
    ("extensions", "ESO's HDUCLAS2", "VLT-SPE-ESO-19500-5667, data, error and data quality in FITS"),
    ("extensions", "DETSEC in each.*|IMAGEID in each|extensions im1.*|extensions amp01.*", _NOAO),
    ("extensions", "CCDNUM in each|extensions N4.*", "decaps.skymaps.info, data model of ooi and ood"),
    ("extensions", "CCDCHIP in each|SCI, ERR, DQ.*|a mask of EXTVER.*", _ACS + "2.2, extensions"),
    ("extensions", "extensions WF2.*", "WFPC2 Data Handbook, chapter 2"),
    ("extensions", "extensions 1-1.SCI.*|a mask of the second only.*", "Euclid DPDD, VIS calibrated frames"),
    ("extensions", "a ramp of JWST.*", "jwst-pipeline.readthedocs.io, uncal product"),
    (
        "extensions",
        "_wht beside.*|_ctx.*|a weight map|a context map",
        "DrizzlePac Handbook",
    ),
    ("extensions", "_rms beside.*|_flg beside.*", "SExtractor manual, weight, rms and flag maps"),
    (
        "extensions",
        "a raw file of.*|raw, SCI in.*|calibrated, of integers",
        _ACS + "2.2, raw and flt",
    ),
    ("missions", "JWST.*", "jwst-pipeline.readthedocs.io, science products: cal, i2d"),
    ("missions", "Euclid.*", "euclid.esac.esa.int, DPDD: VIS calibrated quad frame"),
    ("missions", "LSST.*", "dp1.lsst.io, visit images"),
    ("missions", "DECam.*|DES.*", "community.lsst.org/t/133; decaps.skymaps.info, data model of ooi and ood"),
    ("missions", "ZTF.*", "ztfimg, science.py; ZTF Science Data System, science image products"),
    ("missions", "WFPC2.*", "WFPC2 Data Handbook, 2.2"),
    ("missions", "ACS/.*", _ACS + "2.2; raw file j6gp01lzq"),
    ("missions", "Roman.*|an ASDF file.*", "roman-pipeline docs, roman_datamodels: level 2"),
    ("colour FITS", "three planes.*", "siril.readthedocs.io, file formats, FITS"),
    (
        "colour FITS",
        ".*ROWORDER.*|BAYERPAT.*|an odd number.*|with world.*",
        "siril.readthedocs.io, file formats, FITS",
    ),
    ("colour FITS", "[XY]BAYROFF = 1|COLORTYP.*", "SBIG and MaxIm DL FITS keywords; N.I.N.A. issue 125"),
    ("pictures", "PNG, .*transparent", _PNG + "section 6.1, colour types 4 and 6"),
    ("pictures", "PNG.*", _PNG + "section 6.1"),
    ("pictures", "TIFF, .*planes.*", _TIFF + "8, PlanarConfiguration"),
    ("pictures", "TIFF, .*predictor", _TIFF + "14"),
    ("pictures", "TIFF, .*LZW", _TIFF + "13"),
    ("pictures", "TIFF, white is zero.*", _TIFF + "4, PhotometricInterpretation"),
    ("pictures", "TIFF, float.*|TIFF, signed.*|TIFF, 32-bit.*", _TIFF + "19, SampleFormat"),
    ("pictures", "TIFF, .*transparent", _TIFF + "18, ExtraSamples"),
    ("pictures", "TIFF, in tiles", _TIFF + "15"),
    ("pictures", "TIFF, orientation.*", _TIFF + "8, Orientation"),
    ("pictures", "TIFF, two pages|TIFF, 16-bit.*", _TIFF + "2 and 8"),
    ("pictures", "BigTIFF", "BigTIFF design (libtiff)"),
    ("pictures", "WebP.*", "developers.google.com/speed/webp, container specification"),
    ("pictures", "AVIF", "aomediacodec.github.io/av1-avif"),
    ("pictures", "JPEG.*", "ITU-T T.81; T.872 (CMYK)"),
    ("pictures", "XISF.*", "pixinsight.com/doc/docs/XISF-1.0-spec, file header"),
    ("pictures", "SER.*", "SER format description, version 3 (H. Wilkens)"),
    ("pictures", r"a camera's raw file \(DNG\)", "DNG 1.4 specification (Adobe), DNGVersion"),
    ("containers", "tiles: .*", _STANDARD + "10"),
    ("containers", "an HDUList with (BSCALE|scale_back).*", "docs.astropy.org, io.fits, scaled data"),
)


def source_of(case):
    """
    Say after whose documents a case is made.

    Parameters
    ----------
    case : Case
        The case.

    Returns
    -------
    str
        The source; empty for a case that was thought of here.
    """
    for kind, pattern, source in _SOURCES:
        if kind == case.kind and re.fullmatch(pattern, case.name):
            return source
    return ""
