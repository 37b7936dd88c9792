"""Geometric distortion of ACS/WFC and WFC3/UVIS: ``python benchmarks/distortion.py FOLDER``.

The folder holds the calibrated files j94f05bgq_flt.fits (ACS/WFC) and sample_svm_flc.fits (WFC3/UVIS), whose
headers hold the polynomials of both chips (SIP). Fits one polynomial of the fourth degree to the field of
both, on the grid on which frames are simulated; prints it, how far it is from the headers', and scales and
angles of the chips.
"""

import argparse
import warnings
from pathlib import Path

import numpy as np
from astropy.io import fits
from astropy.wcs import WCS

from astroclassify.simulate import DISTORTIONS, FieldOfView

FILES = {"acs-wfc": "j94f05bgq_flt.fits", "wfc3-uvis": "sample_svm_flc.fits"}
DEGREE = 4
LOOKUP = ("CPDIS", "D2IMDIS", "DP1", "DP2", "D2IM", "CPERR", "D2IMERR")


def worlds(path):
    """Give the polynomial WCS of both chips, without look-up tables."""
    found = {}
    with fits.open(path) as hdus:
        for version in (1, 2):
            header = hdus["SCI", version].header.copy()
            for key in [key for key in header if key.startswith(LOOKUP)]:
                header.remove(key, remove_all=True)
            found[header["CCDCHIP"]] = WCS(header)
    return found


def samples(camera, chips, field):
    """Give offsets from the field's middle (pixels), and on the sky (ideal pixels, y up), shape (2, N)."""
    middle, pixels, sky = (np.array(field.shape) - 1) / 2, [], []
    for chip, world in chips.items():
        rows, columns = field.layouts[chip].science_shape
        y, x = np.meshgrid(np.linspace(0, rows - 1, 25), np.linspace(0, columns - 1, 49), indexing="ij")
        pixels.append(np.stack([y.ravel(), x.ravel()]) + (np.array(field.corners[chip]) - middle)[:, None])
        sky.append(np.radians(world.all_pix2world(x.ravel(), y.ravel(), 0)))
    pixels, sky = np.concatenate(pixels, axis=1), np.concatenate(sky, axis=1)
    east, north = on_plane(pixels, *sky)
    angle = np.arctan2(slope(pixels, east), slope(pixels, north))  # of the y axis, east of north
    scale = np.radians(camera.pixel_scale / 3600)
    up = (np.sin(angle) * east + np.cos(angle) * north) / scale
    right = (-np.cos(angle) * east + np.sin(angle) * north) / scale
    return pixels, np.stack([up, right])


def on_plane(pixels, ra, dec):
    """Project onto the plane that touches the sky at the field's middle."""
    ra0, dec0 = ra.mean(), dec.mean()
    design = np.polynomial.polynomial.polyvander2d(*pixels / 2048, (2, 2))
    for _ in range(3):
        cosine = np.sin(dec0) * np.sin(dec) + np.cos(dec0) * np.cos(dec) * np.cos(ra - ra0)
        east = np.cos(dec) * np.sin(ra - ra0) / cosine
        north = (np.cos(dec0) * np.sin(dec) - np.sin(dec0) * np.cos(dec) * np.cos(ra - ra0)) / cosine
        shift = [np.linalg.lstsq(design, each, rcond=None)[0][0] for each in (east, north)]
        ra0, dec0 = ra0 + shift[0] / np.cos(dec0), dec0 + shift[1]
    return east, north


def slope(pixels, values):
    """Give the mean slope along y."""
    design = np.stack([*pixels, np.ones(pixels.shape[1])], 1)
    return np.linalg.lstsq(design, values, rcond=None)[0][0]


def fitted(pixels, ideal):
    """Fit the polynomial; give coefficients of y**i x**j, shape (2, 5, 5), without the constant."""
    powers = [(i, j) for i in range(DEGREE + 1) for j in range(DEGREE + 1 - i) if i + j]
    design = np.stack([(pixels[0] / 2048) ** i * (pixels[1] / 2048) ** j for i, j in powers], 1)
    design = np.concatenate([design, np.ones((len(design), 1))], 1)
    solution = [np.linalg.lstsq(design, each, rcond=None)[0] for each in ideal]
    residual = np.hypot(*(design @ s - each for s, each in zip(solution, ideal, strict=True)))
    coefficients = np.zeros((2, DEGREE + 1, DEGREE + 1))
    for k, one in enumerate(solution):
        for (i, j), value in zip(powers, one, strict=False):
            coefficients[k, i, j] = value / 2048 ** (i + j)
    return coefficients, residual


def main():
    """Print everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    warnings.simplefilter("ignore")
    for name, file in FILES.items():
        field, chips = FieldOfView.of(name), worlds(folder / file)
        coefficients, residual = fitted(*samples(field.camera, chips, field))
        rms, largest = np.sqrt((residual**2).mean()), residual.max()
        print(f"{name}: fit to both chips, residual rms {rms:.2f}, largest {largest:.2f} pixels")
        for k, axis in enumerate("yx"):
            for i in range(DEGREE + 1):
                row = ", ".join(f"{value:.6e}" for value in coefficients[k, i, : DEGREE + 1 - i])
                print(f"  {axis} y**{i}: ({row}),")
        if name in DISTORTIONS:
            shipped = np.abs(np.array(DISTORTIONS[name].coefficients) - coefficients)
            print(f"  shipped coefficients differ by {shipped.max():.1e}")
            for chip, world in field.world(10.0, 20.0, 30.0).items():
                print(f"  chip {chip}: ours {described(world)}; header {described(chips[chip])}")


def described(world):
    """Describe the linear part of a WCS: scales in arcseconds, angle between the axes in degrees."""
    matrix = world.pixel_scale_matrix * 3600
    x, y = np.hypot(*matrix)
    angle = np.degrees(np.arccos(matrix[:, 0] @ matrix[:, 1] / x / y))
    return f"{x:.4f} x {y:.4f} arcsec, {angle:.2f} degrees"


if __name__ == "__main__":
    main()
