"""Small fields of Gaussian sources whose fluxes, places and noise are known."""

import numpy as np
import pytest
from astropy import units as u
from astropy.io import fits
from astropy.nddata import CCDData
from astropy.wcs import WCS

SHAPE = (220, 260)
ZERO = 30.0  # AB magnitude of one electron


def wcs_of(shape):
    wcs = WCS(naxis=2)
    wcs.wcs.ctype = ["RA---TAN", "DEC--TAN"]
    wcs.wcs.crpix, wcs.wcs.crval = [(side + 1) / 2 for side in shape[::-1]], [150.0, 2.0]
    wcs.wcs.cd = np.diag([-0.074, 0.074]) / 3600
    return wcs


def gaussians(sources, shape=SHAPE):
    """Draw sources (y, x, electrons, rms in pixels)."""
    rows, columns = np.indices(shape)
    image = np.zeros(shape)
    for y, x, electrons, sigma in sources:
        square = (rows - y) ** 2 + (columns - x) ** 2
        image += electrons / (2 * np.pi * sigma**2) * np.exp(-square / (2 * sigma**2))
    return image


def frame_of(image, seed, *, sky=60.0, **meta):
    """Expose an image: Poisson noise of light and sky, 7 electrons of read noise."""
    rng = np.random.default_rng(seed)
    data = (rng.poisson(image + sky) + rng.normal(0, 7, image.shape)).astype(np.float32)
    header = fits.Header({"PHOTZP": ZERO, "GAIN": 1.0} | meta)
    return CCDData(data, unit=u.electron, meta=header, wcs=wcs_of(image.shape))


@pytest.fixture
def grid():
    """Twenty sources, all of 8000 electrons, well apart: ten narrow, ten wide."""
    return [
        (30 + 40 * (n // 5) + 0.13 * n, 30 + 48 * (n % 5) + 0.21 * n, 8000.0, 0.9 if n < 10 else 2.2)
        for n in range(20)
    ]


@pytest.fixture
def field(grid):
    return {
        band: frame_of(factor * gaussians(grid), seed)
        for seed, (band, factor) in enumerate((("g", 0.5), ("r", 1.0), ("i", 0.02)))
    }
