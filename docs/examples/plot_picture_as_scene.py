"""
A picture as a scene
====================

How would ACS and CSST see the object in a picture? Any FITS image or photograph can be exposed as if it
were the sky. The picture here is simulated, so that the truth is known.
"""

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from matplotlib import pyplot as plt
from PIL import Image

from astroclassify import read_frames
from astroclassify.simulate import Body, View, from_image, response, simulate_exposure
from astroclassify.visualization import plot_frame

# %%
# A photograph
# ------------
# A spiral galaxy in three filters, stretched and saved as a photograph in red, green and blue, 8 bits, JPEG.

spiral = Body("spiral", distance=25e6, radius=9e3, brightness=20.5, seed=8)
view = View((500, 700), 230.0, pixel_scale=spiral.angular_radius / 230)
scene = spiral.scene(view)
planes = [scene.observed(response("acs-wfc", band))[0].numpy() for band in ("F814W", "F606W", "F435W")]
planes = [plane / np.quantile(plane, 0.998) for plane in planes]
colours = np.clip(np.arcsinh(30 * np.stack(planes, axis=-1)) / np.arcsinh(30), 0, 1)
folder = TemporaryDirectory()
photograph = Path(folder.name) / "spiral.jpg"
Image.fromarray(np.round(255 * colours[::-1]).astype(np.uint8)).save(photograph, quality=90)

figure, ax = plt.subplots(figsize=(6, 4.4), layout="constrained")
ax.imshow(colours, origin="lower")
ax.set_axis_off()
_ = ax.set_title(f"{photograph.name}, {photograph.stat().st_size / 1024:.0f} kB")

# %%
# The body on it
# --------------
# Its longer side is given in arcseconds, and how bright it is: here 20 mag (V, AB) per square arcsecond
# within the isophote of half the light. The three colours become light of three spectra.

body = from_image(photograph, angular_size=170, surface_brightness=20.0, label="galaxy", stars="separate")
print(f"V = {body.magnitude:.2f}, {body.picture.stars.y.size} points, spectra: {', '.join(body.spectra)}")

# %%
# The stretch that was undone is an estimate, because a picture does not tell how it was stretched. The
# profile along the row through the nucleus compares it with what the picture was made of.

row = np.stack([plane[250] for plane in planes]).mean(axis=0)
found = body.picture.planes.sum(axis=0)[250]
figure, ax = plt.subplots(figsize=(6, 3.4), layout="constrained")
for profile, name in (
    (row, "light of the spiral"),
    (colours[250].mean(axis=-1), "picture"),
    (found, "scene"),
):
    ax.semilogy(profile / np.quantile(profile, 0.99), label=name, lw=1)
ax.set(xlabel="column", ylabel="relative brightness", ylim=(1e-3, 3))
_ = ax.legend()

# %%
# Raw frames
# ----------
# The scene is exposed like every simulated object (`~astroclassify.simulate.simulate_exposure`): by one chip
# of ACS/WFC, and by a window of 2048 x 2048 pixels in the middle of a chip of CSST's survey camera. CSST's
# pixels are 1.5 times as large on the sky.

cameras = {
    "acs-wfc": ("F814W", "WFC1 full frame"),
    "csst-msc": ("r", "2K window (row 3592, column 3584)"),
}
figure, axes = plt.subplots(1, 2, figsize=(11, 4), layout="constrained", width_ratios=(2, 1))
exposures = {}
for ax, (camera, (band, aperture)) in zip(axes, cameras.items(), strict=True):
    exposures[camera] = simulate_exposure(
        body, camera, band, 600, rng=3, view=View((1, 1), 1.0), aperture=aperture
    )
    path = Path(folder.name) / ("csst.fits" if camera == "csst-msc" else f"{camera}_raw.fits")
    exposures[camera].write(path)
    plot_frame(read_frames(path)[0], ax=ax)
    ax.set_title(f"{camera} {band}, 600 s")

# %%
# The table of the truth names the picture, with its checksum. The headers do not, so that a model cannot read
# the answer in them.

print({key: exposures["acs-wfc"].truth["body"][key] for key in ("kind", "magnitude", "spectra", "stretch")})
