"""
Name the objects in a frame
===========================

A simulated exposure at the position of M 51. The pixels tell what kind of object it is, and the catalogue
tells which one.
"""

from pathlib import Path
from tempfile import TemporaryDirectory

from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.wcs import WCS

from astroclassify import classify, read_frames
from astroclassify.datasets import resolve_body
from astroclassify.identify import identify
from astroclassify.simulate import Body, View, simulate_exposure

# %%
# A simulated spiral of the size and distance of M 51, exposed by ACS/WFC at its position. The arms are not
# those of M 51.

known = resolve_body("M 51")
body = Body(known.kind, known.distance, known.radius, brightness=21.0, seed=4)
middle = (known.ra, known.dec, 40.0)
centred = View((1, 1), 1.0, centre=(0.0, 0.0), angle=0.6)
exposure = simulate_exposure(body, "acs-wfc", "F606W", 700.0, view=centred, pointing=middle, rng=7)
folder = TemporaryDirectory()
exposure.write(Path(folder.name) / "simulated_raw.fits")
frame = read_frames(Path(folder.name) / "simulated_raw.fits")[0]

# %%
# The answers of the pixels and of the catalogue are independent of each other.

answer = classify(frame, identify=True)
print(answer)
print(answer.body, answer.agrees)
bodies = identify(frame)
bodies["name", "type", "separation", "body_in_frame", "frame_in_body"].pprint()

# %%
# An object that covers the whole frame is named in the corner. The others are outlined at their catalogued
# position and size.

bodies.plot(frame=frame)

# %%
# A field of three degrees has several objects: M 31, and what lies on it. A world coordinate system is
# enough.

wcs = WCS(naxis=2)
wcs.wcs.ctype, wcs.wcs.crval, wcs.wcs.crpix = ["RA---TAN", "DEC--TAN"], [10.6, 41.2], [500.5, 500.5]
wcs.wcs.cdelt = [-0.003, 0.003]
ax = identify(wcs, shape=(1000, 1000)).plot()
ax.set_facecolor("#101018")

# %%
# A position is enough, and so is a name.

identify(SkyCoord("01h34m33.2s +30d47m06s"), radius=2 * u.arcmin)["name", "class", "frame_in_body"].pprint()
