"""
How long to expose?
===================

The signal-to-noise of one galaxy against the exposure time, in three bands of the CSST survey camera, and
the time that a given signal-to-noise needs. The frames at the end show what such times look like.
"""

# sphinx_gallery_thumbnail_number = 2
import numpy as np
from astropy import units as u
from matplotlib import pyplot as plt

from astroclassify.photometry import BANDS, count_rate, normalise, sky_rate, star_forming_population
from astroclassify.simulate import Body, View, simulate_exposure
from astroclassify.visualization import plot_frame

# %%
# The galaxy is a disk of 22.5 AB magnitudes for each square arcsecond in *r*. In a pixel, after the time
# :math:`t`, it gives :math:`S = C_\mathrm{disk}\,t` electrons, the sky :math:`B = C_\mathrm{sky}\,t`, and
# the read noise is :math:`R`, so that
#
# .. math:: \mathrm{S/N} = \frac{S}{\sqrt{S + B + R^2}} .

PIXEL = (0.074 * u.arcsec) ** 2
READ_NOISE = 5.0  # electrons
disk = normalise(star_forming_population(), 22.5 * u.mag(u.AB / u.arcsec**2), BANDS["csst-msc", "r"])
times = np.geomspace(10, 5000, 100)


def signal_to_noise(band, seconds):
    """Give the signal-to-noise of the disk in one pixel."""
    signal = count_rate(disk, band, solid_angle=PIXEL).to_value("electron / s") * seconds
    sky = sky_rate(band).to_value("electron / s") * seconds
    return signal / np.sqrt(signal + sky + READ_NOISE**2)


figure, ax = plt.subplots(figsize=(7, 4.5), layout="constrained")
for name, colour in (("NUV", "tab:purple"), ("g", "tab:green"), ("r", "tab:red")):
    reached = signal_to_noise(BANDS["csst-msc", name], times)
    ax.loglog(times, reached, color=colour, label=name)
    needed = np.interp(1.0, reached, times, right=np.nan)
    after = np.interp(150, times, reached)
    print(f"{name:3}: S/N {after:.2f} per pixel after 150 s; S/N 1 needs {needed:.0f} s")
ax.axvline(150, color="0.6", linestyle=":", label="one exposure of the survey")
ax.set(
    xlabel="exposure time (s)", ylabel="S/N per pixel", title="A disk of 22.5 mag / arcsec² in CSST's bands"
)
ax.legend()

# %%
# The dotted line is the survey's exposure time of 150 s. Below is what a tenth of it, that time, and ten
# times as long look like, for a galaxy seen by WFC3/UVIS. The longer the exposure, the more cosmic rays.


galaxy = Body("spiral", distance=40e6, radius=8e3, brightness=22.0, seed=3)  # pc, pc, V mag / arcsec2
centred = View((1, 1), 1.0, centre=(0.0, 0.0), angle=0.4)
figure, axes = plt.subplots(1, 3, figsize=(12, 4.2), layout="constrained")
for ax, seconds in zip(axes, (15, 150, 1500), strict=True):
    exposure = simulate_exposure(
        galaxy, "wfc3-uvis", "F606W", seconds, aperture="UVIS2-C512C-SUB", view=centred, rng=2
    )
    (frame,) = exposure.frames()
    plot_frame(frame, ax=ax)
    ax.set(title=f"{seconds} s", xlabel="", ylabel="")
