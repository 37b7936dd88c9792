"""Point-spread functions against published models: ``python benchmarks/psf.py FOLDER``.

The folder holds ``psf/*.fits`` (Tiny Tim) and ``csst/psf/*.npy``. For each, prints the encircled energy of
the model at several radii and how far ours is from it, measured alike: on detector pixels, within the
model's box, about its centroid. The models turn out to be sampled at one detector pixel (the dark rings
of Tiny Tim's lie where the pixel scale of the header puts them; CSST's transfer functions end at the mirror's
cut-off for 0.074"). Three headers of Tiny Tim's say that charge diffusion is not in the file; wfc3_uvis_f814w
says nothing, and is taken to have it, as its core is that wide. Roughness of the mirrors (one number and one
length for both cameras) and the state of CSST were fitted to these very models: the table shows how well so
few numbers do, not a prediction.
"""

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np
from astropy import units as u
from astropy.io import fits

from astroclassify.photometry import BANDS, as_bandpass
from astroclassify.simulate.optics._psf import point_spread, width_before_pixels
from astroclassify.simulate.optics._telescopes import Optics

RADII = (1, 1.5, 2, 3, 4, 6, 8, 10, 15, 20, 40)
WITH_DIFFUSION = ("wfc3_uvis_f814w",)
#: Full width at half maximum in pixels, before pixelation, by nm: WFC3 Instrument Handbook, Table 6.7.
HANDBOOK = {200: 2.069, 300: 1.870, 400: 1.738, 500: 1.675, 600: 1.681, 700: 1.746, 800: 1.844, 900: 1.960}
BANDS_OF_UVIS = ("F225W", "F275W", "F336W", "F438W", "F606W", "F814W")


def models(folder):
    """Yield camera, band, image of unit sum, and whether charge diffusion is in it."""
    for path in sorted((folder / "psf").glob("*.fits")):
        camera, band = path.stem.rsplit("_", 1)
        image = fits.getdata(path).astype(float)
        yield camera.replace("_", "-"), band.upper(), image / image.sum(), path.stem in WITH_DIFFUSION
    for path in sorted((folder / "csst" / "psf").glob("*.npy")):
        image = np.load(path)
        yield "csst-msc", path.stem, image / image.sum(), True


def centroid(image):
    """Give the centroid of the middle of an image."""
    peak = np.unravel_index(image.argmax(), image.shape)
    y, x = np.indices(image.shape)
    light = image * (np.hypot(y - peak[0], x - peak[1]) < 5)
    return np.array([(light * y).sum(), (light * x).sum()]) / light.sum()


def same_pixels(spread, image):
    """Draw ours on the model's pixels, with the same centroid."""
    n, half = image.shape[0], spread.pixels // 2
    offset, aim = np.zeros(2), centroid(image) - n // 2
    for _ in range(4):
        ours = spread.image(dy=offset[0], dx=offset[1]).double().numpy()
        offset += aim - (centroid(ours) - half)
    first = half - n // 2
    ours = ours[first : first + n, first : first + n]
    return ours / ours.sum()


def energy(image, centre):
    """Give the light within each radius."""
    y, x = np.indices(image.shape)
    r = np.hypot(y - centre[0], x - centre[1])
    return np.array([image[r <= radius].sum() for radius in RADII])


def widths():
    """Print widths of UVIS before pixels, next to the handbook's."""
    print("WFC3/UVIS, FWHM in pixels before pixelation: handbook (Table 6.7), ours")
    for nanometres, published in HANDBOOK.items():
        narrow = (nanometres + np.array([-2.0, 0.0, 2.0])) * u.nm, np.array([0.5, 1.0, 0.5])
        print(
            f"{nanometres} nm   {published:.3f} {width_before_pixels('wfc3-uvis', as_bandpass(narrow)):7.3f}"
        )
    for band in BANDS_OF_UVIS:
        published = np.interp(BANDS["wfc3-uvis", band].pivot.value, *zip(*HANDBOOK.items(), strict=True))
        print(f"{band}    {published:.3f} {width_before_pixels('wfc3-uvis', band):7.3f}")


def main():
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    print("encircled energy of the model, and ours minus it, by radius in detector pixels")
    print(f"{'':18s}" + "".join(f"{radius:7g}" for radius in RADII) + "  largest  R_EE80")
    worst = 0.0
    for camera, band, image, diffused in models(parser.parse_args().folder):
        optics = Optics.of(camera)
        spread = point_spread(camera, band, optics=optics)
        bare = spread if diffused else point_spread(camera, band, optics=replace(optics, diffusion=0.0))
        centre = centroid(image)
        theirs, ours = energy(image, centre), energy(same_pixels(bare, image), centre)
        largest = np.abs(ours - theirs).max()
        worst = max(worst, largest)
        print(f"{camera + ' ' + band:18s}" + "".join(f"{value:7.3f}" for value in theirs))
        row = "".join(f"{value:+7.3f}" for value in ours - theirs)
        print(f"{'':18s}{row}  {largest:7.3f}  {spread.radius_of(0.8):.3f}")
    print(f"largest difference {worst:.3f}")
    widths()


if __name__ == "__main__":
    main()
