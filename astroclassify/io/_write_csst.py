"""Raw (L0) files of the CSST survey camera: one detector, 16 channels in one image."""

from astropy.io import fits

from astroclassify.io._csst import parse_csst_name
from astroclassify.io._raw_cards import name_card, time_cards, wcs_cards


def csst_hdus(contents):
    """
    Lay out a raw file.

    Parameters
    ----------
    contents : RawContents
        What to write; of one detector. Detector 0 has the number that the file's name gives.

    Returns
    -------
    list of fits.PrimaryHDU and fits.ImageHDU
        The primary HDU and the image.

    Notes
    -----
    Gains and read noise are those of the channels' description. Sky coordinates are those of the trimmed
    image, as our reader takes them: with overscan between the channels none is linear in raw pixels.
    """
    ((chip, image),) = contents.images.items()
    primary = fits.PrimaryHDU()
    primary.header.extend(_primary_cards(contents, _detector(chip, contents.target)), bottom=True)
    primary.header.update(contents.extra)
    science = fits.ImageHDU(image, name="IMAGE", ver=1)
    science.header.update({"BUNIT": ("ADU", "unit of the pixels"), **_channel_cards(contents.camera)})
    layout = contents.layouts[chip]
    if layout.science_shape != contents.camera.chip_shape(chip):
        science.header.update(_window_cards(layout))
    if chip in contents.worlds:
        science.header.update(wcs_cards(contents.worlds[chip]))
    return [primary, science]


def _detector(chip, target):
    name = parse_csst_name(target)
    return name.detector if chip == 0 and name is not None else chip


def _primary_cards(contents, detector):
    camera, name = contents.camera, parse_csst_name(contents.target)
    cards = [
        ("NEXTEND", 1, "number of extensions"),
        name_card(contents),
        ("FILETYPE", "SCI", "type of data found in data file"),
        ("TELESCOP", camera.telescope, "telescope"),
        ("INSTRUME", camera.instrume, "instrument"),
        ("EQUINOX", 2000.0, "equinox of celestial coordinates"),
        ("OBS_ID", name.obs_id if name else "", "observation number"),
        ("TARGET", "NONE", "name of the target"),
        ("RA_OBJ", contents.pointing[0], "[deg] right ascension of the target"),
        ("DEC_OBJ", contents.pointing[1], "[deg] declination of the target"),
        *time_cards(contents),
        ("FILTER", contents.band, "filter over the detector"),
    ]
    if detector:
        cards += [
            ("DETECTOR", f"CHIP-{detector:02d}", "name of the detector"),
            ("CHIPID", f"{detector:02d}", "number of the detector"),
        ]
    return cards


def _window_cards(layout):
    """Say where on the chip a window lies: a science pixel p of the chip is at p + LTV."""
    axes = enumerate(layout.ltv, start=1)
    return {f"LTV{n}": (offset, f"offset in {'XY'[n - 1]} to subsection start") for n, offset in axes}


def _channel_cards(camera):
    cards = {}
    for name, amplifier in camera.amplifiers.items():
        cards[f"GAIN{name}"] = amplifier.gain, f"[electron/ADU] gain of channel {name}"
    for name, amplifier in camera.amplifiers.items():
        # Of RDNOISE10 and above, a keyword has room for eight letters.
        cards[f"RDNOISE{name}" if len(name) == 1 else f"RDNOIS{name}"] = (
            amplifier.read_noise,
            f"[electron] read noise of channel {name}",
        )
    return cards
