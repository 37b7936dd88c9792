"""Cameras that take wide fields, as plain descriptions: smart telescopes, an amateur's, HST and CSST.

Numbers of the smart telescopes are those of classes of instruments on sale about 2025 (aperture, focal
length and pixels from their data sheets, rounded), not of one product.
"""

from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType

import numpy as np

from astroclassify.core import UnknownNameError
from astroclassify.photometry import Bandpass
from astroclassify.simulate.scenes._palette import response

#: Half-maximum edges of the colours of a sensor's Bayer mosaic, nm, and their peak efficiency with lenses,
#: infrared filter and sensor. Typical of back-illuminated sensors; of our own choice.
_BAYER = {"red": (585, 690, 0.45), "green": (490, 590, 0.55), "blue": (405, 510, 0.45)}
#: Over how many nm a colour's edge rises, from nothing to its peak.
_EDGE = 30.0


@dataclass(frozen=True)
class WideCamera:
    """
    A camera that takes wide fields.

    Parameters
    ----------
    name : str
        For example ``"smart-50"``.
    description : str
        One line for listings.
    pixel_scale : float
        Arcseconds per pixel.
    bands : tuple
        The three that stand for red, green and blue: names of the camera's bands, or empty for those of a
        Bayer mosaic.
    aperture : float
        Diameter, mm.
    seeing : tuple of float
        Range of the full width at half maximum of a star, arcseconds.
    sky : tuple of float
        Range of the brightness of the sky, V mag per square arcsecond, brightest first.
    exposure : tuple of float
        Range of the total exposure time, seconds.
    sub : float
        Seconds of a single exposure; each adds read noise.
    read_noise : float
        Electrons.
    in_space : bool, default False
        Whether there is no air: no clouds, and no guiding errors.
    """

    name: str
    description: str
    pixel_scale: float
    bands: tuple
    aperture: float
    seeing: tuple[float, float]
    sky: tuple[float, float]
    exposure: tuple[float, float]
    sub: float
    read_noise: float
    in_space: bool = False

    def responses(self):
        """
        Say how red, green and blue answer to the palette of scenes.

        Returns
        -------
        tuple of Response
            Three.
        """
        return _responses(self.name)


_CAMERAS = (
    WideCamera(
        "smart-30",
        "smart telescope of 35 mm, 2.8 arcsec a pixel",
        2.8,
        (),
        35.0,
        (4.0, 9.0),
        (17.5, 21.6),
        (120.0, 10_000.0),
        15.0,
        1.5,
    ),
    WideCamera(
        "smart-50",
        "smart telescope of 50 mm, 2.4 arcsec a pixel",
        2.4,
        (),
        50.0,
        (3.5, 7.5),
        (17.5, 21.6),
        (60.0, 10_000.0),
        10.0,
        1.5,
    ),
    WideCamera(
        "smart-80",
        "smart telescope of 80 mm, 1.25 arcsec a pixel",
        1.25,
        (),
        80.0,
        (2.5, 5.0),
        (17.5, 21.6),
        (60.0, 10_000.0),
        10.0,
        2.0,
    ),
    WideCamera(
        "amateur-250",
        "amateur's telescope of 250 mm, 0.8 arcsec a pixel",
        0.8,
        (),
        250.0,
        (1.6, 4.0),
        (18.5, 21.9),
        (1800.0, 60_000.0),
        180.0,
        2.5,
    ),
    WideCamera(
        "acs-wfc",
        "HST's ACS/WFC, drizzled",
        0.05,
        ("F814W", "F606W", "F435W"),
        2400.0,
        (0.09, 0.12),
        (22.1, 23.3),
        (300.0, 10_000.0),
        600.0,
        4.5,
        in_space=True,
    ),
    WideCamera(
        "csst-msc",
        "CSST's survey camera",
        0.074,
        ("i", "r", "g"),
        2000.0,
        (0.13, 0.19),
        (22.1, 23.3),
        (150.0, 3000.0),
        150.0,
        5.5,
        in_space=True,
    ),
)
#: Cameras by name (mapping of str to WideCamera).
WIDE_CAMERAS = MappingProxyType({camera.name: camera for camera in _CAMERAS})


def wide_camera(name):
    """
    Look up a camera.

    Parameters
    ----------
    name : str
        Key of ``WIDE_CAMERAS``.

    Returns
    -------
    WideCamera
        The camera.

    Raises
    ------
    UnknownNameError
        If there is no such camera.
    """
    if name not in WIDE_CAMERAS:
        raise UnknownNameError(f"no camera is named {name!r}; there are: {', '.join(WIDE_CAMERAS)}")
    return WIDE_CAMERAS[name]


@lru_cache(maxsize=16)
def _responses(name):
    camera = WIDE_CAMERAS[name]
    if camera.bands:
        return tuple(response(camera.name, band) for band in camera.bands)
    return tuple(response(camera.name, _colour(camera, *entry)) for entry in _BAYER.items())


def _colour(camera, name, shape):
    """A trapezium between the half-maximum edges; the lens catches pi / 4 of its diameter squared."""
    low, high, peak = shape
    half = _EDGE / 2
    wavelength = np.array([low - half, low + half, high - half, high + half])
    area = np.pi / 4 * (camera.aperture / 10) ** 2
    return Bandpass("", f"{camera.name} {name}", wavelength, np.array([0.0, peak, peak, 0.0]), area=area)
