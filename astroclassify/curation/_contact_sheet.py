"""A contact sheet: a page of thumbnails on which a person overrules a screening."""

import base64
import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from astroclassify.core import AstroclassifyError, ParameterError, check_whole, progress_bar, write_page
from astroclassify.curation._screening import read_overrules
from astroclassify.datasets import listed_frames
from astroclassify.metrics import confidence
from astroclassify.preprocess import asinh_stretched, counts_planes

_QUALITY = 75  # of the thumbnails
#: What a saved decision names its frame by: the column, and the key of the page's data.
_NAMED_BY = {"OBSID": "obsid", "HDU Index": "hdu"}


def contact_sheet(screened, path, *, frame_dir, overrules=None, width=256, progress=None):
    """
    Write a web page with a thumbnail of every frame, on which a person can correct a screening.

    The page is one file: it loads nothing, so that it works without a network and wherever it is sent. A
    button on it saves the person's decisions as a CSV file, which `apply_overrules` takes.

    Parameters
    ----------
    screened : astropy.table.Table
        From `screen_frames`.
    path : path-like
        The HTML file to write.
    frame_dir : path-like
        Folder of the frames' files.
    overrules : path-like, optional
        Decisions that were saved before; the page starts from them.
    width : int, default 256
        Of a thumbnail, pixels, 64 to 2048. At 256 a frame takes 10 to 20 kB of the page.
    progress : bool, optional
        Show a progress bar; `None` shows it only on a terminal.

    Returns
    -------
    pathlib.Path
        The file.

    Raises
    ------
    ParameterError
        If the table does not come from `screen_frames`, or the width is out of range.
    ReadError
        If the decisions cannot be read, or are not on this list. A frame that cannot be read is shown without
        a picture.

    Examples
    --------
    A list of two simulated frames:

    >>> from astropy.io import fits
    >>> from astropy.table import Table
    >>> from astroclassify.curation import contact_sheet, screen_frames
    >>> from astroclassify.simulate import random_frames
    >>> folder = getfixture("tmp_path")
    >>> for kind in ("spiral", "globular"):
    ...     (one,) = random_frames(3, kind=kind, shape=(96, 96))
    ...     fits.writeto(folder / f"{kind}_raw.fits", one.array)
    >>> listed = Table({"ID": ["a", "b"], "OBSID": ["spiral", "globular"], "Label": ["galaxy", "nsc"]})
    >>> screened = screen_frames(listed, frame_dir=folder, progress=False)
    >>> contact_sheet(screened, folder / "sheet.html", frame_dir=folder, progress=False).name
    'sheet.html'
    """
    if "Keep" not in screened.colnames:
        raise ParameterError("the table has no column 'Keep'; expected one that screen_frames() gave")
    check_whole("width", width, least=64, most=2048)
    decided = {} if overrules is None else read_overrules(overrules, screened)
    _, listed = listed_frames(screened, frame_dir=frame_dir)
    path = Path(path)
    order = np.argsort(-np.nan_to_num(np.asarray(screened["p_class_field"], float), nan=2), kind="stable")
    numbers = progress_bar(order, progress=progress, description="contact sheet")
    write_page(
        path,
        "astroclassify.curation",
        "contact_sheet.html",
        title=path.stem,
        about=_summary(screened),
        width=width,
        frames=(_shown(screened[n], n, listed[n], decided.get(n), width) for n in numbers),
        columns=[{"name": name, "key": key} for name, key in _NAMED_BY.items() if name in screened.colnames],
        file=f"{path.stem}.overrules.csv",
    )
    return path


def _summary(screened):
    run = screened.meta.get("screening", {})
    return (
        f"{len(screened)} frames, of which {int(np.sum(screened['Keep']))} are kept by the model "
        f"{run.get('model', '')} (weights {str(run.get('weights', ''))[:12]}): those with a probability of "
        f"field up to {run.get('limit', 0.5):g} and a novelty up to {run.get('novelty_above', np.inf):.3g}."
    )


# One frame -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Picture:
    """A thumbnail as the page holds it: a JPEG file in base 64, and its size in pixels."""

    data: str
    width: int
    height: int


def _shown(row, number, frame, decided, width):
    """Give what the template shows of a frame; without a picture there is a problem that says why."""
    picture, problem = _picture(frame, width)
    model = "keep" if row["Keep"] else "drop"
    data = {"body": row["ID"], "model": model, "obsid": row["OBSID"], "hdu": frame.hdu}
    return {
        "number": number,
        "data": {key: value for key, value in data.items() if value is not None},
        "model": model,
        "chosen": {None: "", True: "keep", False: "drop"}[decided],
        "described": _described(row),
        "name": _name(row),
        "scores": _scores(row),
        "reason": row["Reason"],
        "picture": picture,
        "problem": problem,
    }


def _described(row):
    parts = [f"{row['ID']}, {row['Label']}"]
    parts += [str(row[name]) for name in ("Instrument", "Filter") if name in row.colnames]
    if np.isfinite(row["Exposure"]):
        parts.append(f"{row['Exposure']:g} s")
    return ", ".join(parts)


def _name(row):
    return f"{row['OBSID']}[{row['HDU Index']}]" if "HDU Index" in row.colnames else str(row["OBSID"])


def _scores(row):
    if not np.isfinite(row["p_class_field"]):
        return "not looked at"
    leaning = f"{row['Leaning']} {confidence(row['p_galaxy']):.3f}"
    return f"field {row['p_class_field']:.3f}, novelty {row['novelty']:.2f}, {leaning}"


def _picture(frame, width):
    try:
        image = thumbnail(frame.array(), width)
    except AstroclassifyError as error:
        return None, str(error)
    file = io.BytesIO()
    image.save(file, "JPEG", quality=_QUALITY, optimize=True)
    return _Picture(base64.b64encode(file.getvalue()).decode(), image.width, image.height), ""


def thumbnail(array, width):
    """
    Make a small picture of a frame.

    Parameters
    ----------
    array : numpy.ndarray
        Float32 ``[y, x]``, NaN on unusable pixels.
    width : int
        Of the longer side of the picture, pixels, at most; no frame is enlarged.

    Returns
    -------
    PIL.Image.Image
        Grey, 8 bits; y runs upwards. From black, two standard deviations of the noise below the sky, to
        white, the 99.8th percentile or ten of them above, it is stretched by asinh.
    """
    scale = min(1, width / max(array.shape))
    height, width = (max(1, round(side * scale)) for side in array.shape)
    (small,) = counts_planes(array, height=height, width=width)
    return Image.fromarray(asinh_stretched(small)[::-1])
