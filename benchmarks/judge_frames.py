"""The frames that models are judged on, one dataclass for all: simulated sets, photographs, outliers."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.io import fits
from astropy.table import Table

from astroclassify.datasets import LabelledFrame, labelled_frames
from astroclassify.instruments import ANY_CHIP, INSTRUMENTS
from astroclassify.simulate import OUTLIERS, FieldOfView, View, simulate_outlier
from astroclassify.simulate.sets._clear import parts_seen

CAMERAS = ("acs-wfc", "wfc3-uvis")
_NAMES = {"ACS/WFC": "acs-wfc", "WFC3/UVIS": "wfc3-uvis", "CSST/MSC": "csst-msc"}
#: Kinds of which something alike (made with numpy, not these frames) is in the default model's training.
TRAINED_OUTLIERS = ("bias", "dark", "flat", "noise")
#: Apertures of outliers: whole chips in turn, and cut-outs of 512 pixels.
_APERTURES = {
    ("acs-wfc", "full"): ("WFC1 full frame", "WFC2 full frame"),
    ("wfc3-uvis", "full"): ("UVIS1 full frame", "UVIS2 full frame"),
    ("acs-wfc", "cut-out"): ("WFC1-512 (A, before 2016)", "WFC2-512 (D, before 2016)"),
    ("wfc3-uvis", "cut-out"): ("UVIS1-C512B-SUB", "UVIS2-C512C-SUB"),
}
_BANDS = ("F606W", "F814W")
_SAME_BODY = 0.25 * u.deg
_OUTLIER_SEED = 77


@dataclass(frozen=True, eq=False)
class JudgedFrame:
    """One frame, with all that it can be told apart by."""

    set: str
    name: str
    frame: LabelledFrame
    body: str
    truth: str  # galaxy, nsc, field or outlier
    kind: str
    instrument: str = ""
    band: str = ""
    exptime: float = np.nan
    snr: float = np.nan
    part: float = np.nan


def simulated(folder):
    """List the frames of a set that `astroclassify simulate` made, or `examinations.py`."""
    folder = Path(folder)
    truth = {str(row["OBSID"]): row for row in Table.read(folder / "truth.ecsv")}
    rows, frames = Table.read(folder / "manifest.ecsv"), labelled_frames(folder / "manifest.ecsv")
    return [
        _judged(folder.name, row, truth[str(row["OBSID"])], frame)
        for row, frame in zip(rows, frames, strict=True)
    ]


def _judged(name, row, about, frame):
    camera = _NAMES[row["Instrument"]]
    snr = about["snr"] if "snr" in about.colnames else np.nan
    return JudgedFrame(
        set=name,
        name=str(frame),
        frame=frame,
        body=f"{name} {row['ID']}",
        truth=str(row["Label"]),
        kind=str(about["kind"]),
        instrument=camera,
        band=str(row["Filter"]),
        exptime=float(about["exptime"]),
        snr=np.nan if np.ma.is_masked(snr) else float(snr),
        part=_part(about, camera, frame),
    )


def _part(about, camera, frame):
    """The part of the body that is seen; not known of pictures and of others' renderings."""
    if "body_radius" not in about.colnames:
        return np.nan
    chip = ANY_CHIP if camera == "csst-msc" else fits.getval(frame.frame, "CCDCHIP", frame.hdu)
    return parts_seen(_view(about, camera), instrument=camera, aperture=_aperture(about))[chip]


def _aperture(about):
    return None if about["aperture"] == "full" else str(about["aperture"])


def _view(about, camera):
    pixel_scale = INSTRUMENTS[camera].pixel_scale
    radius = (about["body_radius"] / about["body_distance"] * u.rad).to_value(u.arcsec)
    shape = FieldOfView.of(camera, _aperture(about)).shape
    centre = (float(about["view_v"]), float(about["view_u"]))
    return View(shape, float(radius) / pixel_scale, centre, float(about["view_angle"]), pixel_scale)


def photographs(folder):
    """List labelled photographs: ``labels.csv`` has file, label, subclass, object, ra_deg and dec_deg."""
    folder = Path(folder)
    table = Table.read(folder / "labels.csv", format="ascii.csv")
    return [
        JudgedFrame(
            set=folder.name,
            name=str(row["file"]),
            frame=LabelledFrame(folder / row["file"], str(row["label"]), str(body)),
            body=f"{folder.name} {body}",
            truth=str(row["label"]),
            kind=str(row["subclass"]),
            instrument="photograph",
        )
        for row, body in zip(table, bodies_on_the_sky(table), strict=True)
    ]


def bodies_on_the_sky(table):
    """Number the bodies: pictures closer than a quarter of a degree show the same one."""
    place = SkyCoord(table["ra_deg"] * u.deg, table["dec_deg"] * u.deg)
    body = np.arange(len(table))
    for one, other in zip(*place.search_around_sky(place, _SAME_BODY)[:2], strict=True):
        body[body == body[other]] = body[one]
    return body


def outliers(folder, *, count=10):
    """List frames of each kind of outlier, camera and size; those that are not in the folder are made."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    each = [
        (index, number, kind, *place)
        for index in range(count)  # first, so that fewer frames are the first of more
        for number, kind in enumerate(OUTLIERS)
        for place in _APERTURES
    ]
    return [_outlier(folder, *one) for one in each]


def _outlier(folder, index, number, kind, camera, size):
    name, band = f"{kind}-{camera}-{size}-{index:03d}_raw.fits", _BANDS[index // 2 % 2]
    if not (folder / name).exists():
        seed = [_OUTLIER_SEED, number, CAMERAS.index(camera), size == "full", index]
        aperture = _APERTURES[camera, size][index % 2]
        exposure = simulate_outlier(kind, camera, rng=seed, aperture=aperture, band=band)
        exposure.write(folder / name)
    return JudgedFrame(
        set="outliers",
        name=name,
        frame=LabelledFrame(folder / name, kind, name),
        body=name,
        truth="field" if kind == "field" else "outlier",
        kind=kind,
        instrument=camera,
        band=f"{band} {size}",
    )
