"""
Every kind of body in three bands, sharp and blurred
====================================================

One frame of every kind of object that the simulator knows: the raw image as the detector writes it, the
frames that the reader gives in three bands, and the middle band as a poorer exposure would have shown it.
"""

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from matplotlib import pyplot as plt

from astroclassify import read_frames
from astroclassify.degrade import degrade
from astroclassify.simulate import KINDS, View, random_body, simulate_exposure
from astroclassify.visualization import plot_frame

folder = TemporaryDirectory()
APERTURE = "UVIS2-C1K1C-SUB"

# %%
# Each row is one body, looked at through WFC3/UVIS on a subarray of 1024 x 1024 pixels (40 arcseconds): old
# stars dominate F814W, hot ones F336W; gas shines in the narrow bands. The last column is the middle band
# with a tenth of the exposure time and 0.25 arcseconds of blur.


def expose(body, band, view, seed):
    """Simulate, write, and read one exposure; give raw image and frame."""
    exposure = simulate_exposure(
        body, "wfc3-uvis", band, 800.0, view=view, aperture=APERTURE, sky=(22.8, None), rng=seed
    )
    path = Path(folder.name) / f"{body.kind}_{band}_raw.fits"
    exposure.write(path, overwrite=True)
    (frame,) = read_frames(path)
    (raw,) = exposure.raw.values()
    return raw, frame


def show(label, bands, *, angular_radius, seed=1):
    """Draw a figure with a row for each kind of body of one class."""
    kinds = [kind for kind in KINDS if KINDS[kind].label == label]
    figure, axes = plt.subplots(
        len(kinds), 5, figsize=(13, 2.75 * len(kinds)), layout="constrained", squeeze=False
    )
    for number, (row, kind) in enumerate(zip(axes, kinds, strict=True)):
        rng = np.random.default_rng([seed, number])
        body = random_body(kind, rng, angular_radius=angular_radius)
        bright, faint = KINDS[kind].brightness
        body = replace(body, brightness=bright + 0.3 * (faint - bright))
        view = View((1, 1), 1.0, centre=tuple(rng.uniform(-0.4, 0.4, 2)), angle=rng.uniform(0, 6))
        shown = [expose(body, band, view, number) for band in bands]
        blurred = degrade(shown[1][1], exptime_factor=0.1, psf_fwhm=0.25, rng=1)
        plot_frame(shown[1][0], ax=row[0])
        for ax, (_, frame) in zip(row[1:4], shown, strict=True):
            plot_frame(frame, ax=ax)
        plot_frame(blurred, ax=row[4])
        for ax, title in zip(row, (f"{kind}, raw {bands[1]}", *bands, f"{bands[1]}, blurred"), strict=True):
            ax.set(title=title, xlabel="", ylabel="", xticks=[], yticks=[])
    return figure


# %%
# Galaxies: arms and knots of young stars in F336W, the old disk and bulge in F814W.

show("galaxy", ("F336W", "F606W", "F814W"), angular_radius=25.0)

# %%
# Nebulae: [O III] in F502N, Halpha and [N II] in F657N, little but stars and scattered light in F814W.

show("nebula", ("F502N", "F657N", "F814W"), angular_radius=25.0)

# %%
# Star clusters: the red giants fade and blue stragglers and the horizontal branch stay in F336W.

show("star cluster", ("F336W", "F606W", "F814W"), angular_radius=60.0)

# %%
# A field that holds no body: foreground stars and background galaxies, cosmic rays, hot pixels.

show("field", ("F336W", "F606W", "F814W"), angular_radius=25.0)
