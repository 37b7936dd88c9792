"""A night's frames judged one by one: which show an object, and which are spoilt, by what."""

import os
import re
from dataclasses import dataclass, field

import numpy as np
from astropy.coordinates import SkyCoord
from astropy.io import fits
from astropy.table import QTable

from astroclassify.core import USAGE_ERRORS, AstroclassifyError, ParameterError, checked, progress_bar, rules
from astroclassify.detect._aligned import fields_of, light_of_the_same
from astroclassify.detect._find import detect
from astroclassify.detect._image import load_image
from astroclassify.detect._moving import moving_in, new_in
from astroclassify.detect._spec import SHARE
from astroclassify.detect._stars import Stars, stars_of
from astroclassify.detect._trails import is_trail, lines_of, trails_of
from astroclassify.io import told_apart

#: What may be said of a frame: the first that holds (tuple of str).
VERDICTS = ("unreadable", "clouded", "trailed", "satellite", "moving", "has object", "empty")
#: Stars are trailed where they are so long, and their axes so much in one direction, if there are so many.
_LONG, _ALIGNED, _LEAST_STARS = 1.5, 0.7, 5
#: A frame is clouded where its stars have less than this of the usual light of the night's, or are so few.
_TRANSPARENT, _FEW = 0.5, 0.4
#: A frame that cannot be laid upon others is compared with the nearest field of so many frames (int).
_LEAST_FRAMES = 3
_COLUMNS = (
    "source",
    "verdict",
    "objects",
    "best",
    "score",
    "stars",
    "fwhm",
    "elongation",
    "sky",
    "transparency",
)
_COLUMNS += ("trail", "moving", "note")


@dataclass(eq=False)
class FrameVerdict:
    """
    Verdict on one frame of a night, with the measurements it is based on.

    Parameters
    ----------
    source : str
        Its file.
    verdict : str
        One of `VERDICTS`.
    objects : int
        How many objects it shows.
    best, score : str, float
        Class and score of the best.
    stars : int
        How many stars.
    fwhm, elongation : float
        Their full width at half maximum, pixels, and longer over shorter axis.
    sky : float
        Level of the frame, its own unit.
    transparency : float
        Light of its stars, in units of that of the night's stars; NaN where it cannot be compared.
    trail : float
        Along how much of its way a straight trail is seen that other frames do not have.
    moving : int
        How many sources move, or are not in the catalogue.
    note : str
        Why it cannot be read, or where what moves is.
    measured : Stars, optional
        Its stars; `None` where it cannot be read.
    lines : numpy.ndarray, optional
        Straight lines that are seen in it.
    group : tuple
        What it has in common with frames that it is compared with.
    wcs : astropy.wcs.WCS, optional
        Its own.

    Examples
    --------
    >>> from astroclassify.detect import judge_frames
    >>> from astroclassify.simulate import wide_field
    >>> field = wide_field(5, shape=(256, 256), telescope="amateur-250", style="photograph")
    >>> (judged,) = judge_frames([field.image])
    >>> judged.verdict
    'has object'
    """

    source: str
    verdict: str = "empty"
    objects: int = 0
    best: str = ""
    score: float = np.nan
    stars: int = 0
    fwhm: float = np.nan
    elongation: float = np.nan
    sky: float = np.nan
    transparency: float = np.nan
    trail: float = 0.0
    moving: int = 0
    note: str = ""
    measured: Stars | None = field(default=None, repr=False)
    lines: np.ndarray | None = field(default=None, repr=False)
    group: tuple = field(default=(), repr=False)
    wcs: object = field(default=None, repr=False)

    def to_header(self):
        """
        Give the verdict as cards of a FITS header.

        Returns
        -------
        astropy.io.fits.Header
            ``ACNIGHT`` and what it rests on.
        """
        cards = fits.Header()
        cards["ACNIGHT"] = (self.verdict, "verdict on the frame")
        cards["ACOBJS"] = (self.objects, "objects found")
        cards["ACSTARS"] = (self.stars, "stars found")
        cards["ACMOVING"] = (self.moving, "sources that move, or are not catalogued")
        for key, value, comment in (
            ("ACFWHM", self.fwhm, "[pix] of stars"),
            ("ACELONG", self.elongation, "longer over shorter axis of stars"),
            ("ACTRANSP", self.transparency, "light of stars, 1 is usual"),
        ):
            if np.isfinite(value):
                cards[key] = (round(float(value), 4), comment)
        return cards


@checked(images=rules.several(rules.anything), least_score=rules.optional(SHARE))
def judge_frames(images, *, method="yolo", least_score=None, known_stars=None, progress=None, **options):
    """
    Give a verdict on each frame of a night, to choose those worth stacking.

    Parameters
    ----------
    images : sequence of path-like
        Files of one frame each, FITS or pictures, in the order in which they were taken.
    method : str or DetectorSpec, default "yolo"
        Who looks for objects, as for `detect`.
    least_score : float, optional
        As for `detect`.
    known_stars : astropy.table.Table, optional
        Stars of the field as faint as the frames', with ``ra`` and ``dec`` in degrees: a star that is in a
        frame with a WCS, and not among them, is new.
    progress : bool, optional
        Show a progress bar; `None` shows it only on a terminal.
    **options
        The method's own.

    Returns
    -------
    list of FrameVerdict
        One for each; `verdicts_table` makes a table of them.

    Raises
    ------
    ParameterError
        If there is no image, or the known stars have no positions.
    OptionalDependencyError
        If a package of the extra ``detect`` is not installed.

    Notes
    -----
    Frames are compared within groups of one size, band and exposure time, and of one field: those that can
    be laid upon each other by their stars, shifted but not turned. A frame is *clouded* where its stars have
    half of their usual light or less, or where less than 40% of the usual number is seen; *trailed* where
    its stars are longer than 1.5 times their width, in one direction; a *satellite* crosses it where a
    straight trail is seen along 60% of its way through the frame, not along its edge, and not at the same
    place of the field in half of the other frames, as spikes of a bright star are. All this needs five
    stars. Something *moves* where a source is seen in three frames or more (in more, where many sources come
    and go) along a straight way, at a steady pace, at whose places other frames have nothing. A frame of its
    own cannot be clouded, nothing in it moves, and a star's spike is taken for a trail.

    Examples
    --------
    >>> from astroclassify.detect import judge_frames
    >>> from astroclassify.simulate import wide_field
    >>> field = wide_field(5, shape=(256, 256), telescope="amateur-250", style="photograph")
    >>> [each.verdict for each in judge_frames([field.image, field.image[::-1]])]
    ['has object', 'has object']
    """
    known = None if known_stars is None else star_positions(known_stars)
    found = []
    look_at_frames(images, found, progress=progress, method=method, least_score=least_score, **options)
    return compared(found, known)


def look_at_frames(images, found, *, progress=None, **asked):
    """
    Look at frames one by one; what was seen is there also when it is interrupted.

    Parameters
    ----------
    images : sequence of path-like
        As for `judge_frames`.
    found : list of FrameVerdict
        What is seen of each is added; `compared` makes verdicts of it.
    progress : bool, optional
        As for `judge_frames`.
    **asked
        Method and options, as for `judge_frames`.

    Raises
    ------
    ParameterError
        If there is no image, or what is asked for is wrong.
    """
    if not images:
        raise ParameterError("there is no frame to judge; expected at least one file")
    paths = all(isinstance(image, str | os.PathLike) for image in images)
    names = told_apart(images) if paths else [f"image {n}" for n in range(1, len(images) + 1)]
    each = zip(progress_bar(images, progress=progress, description="frames"), names, strict=True)
    for image, name in each:
        found.append(_one(image, name, {"identify": False, **asked}))


def compared(found, known=None):
    """
    Compare frames with each other, and give their verdicts.

    Parameters
    ----------
    found : list of FrameVerdict
        From `look_at_frames`; they are changed.
    known : astropy.coordinates.SkyCoord, optional
        Stars of the field.

    Returns
    -------
    list of FrameVerdict
        The same.
    """
    for group in {each.group for each in found if each.measured is not None}:
        _compare([each for each in found if each.measured is not None and each.group == group])
    for each in found:
        _look_up(each, known)
        each.verdict = _verdict(each)
    return found


def verdicts_table(found):
    """
    Give verdicts as a table.

    Parameters
    ----------
    found : sequence of FrameVerdict
        From `judge_frames`.

    Returns
    -------
    astropy.table.QTable
        A row for each.
    """
    types = [str, str, int, str, float, int, float, float, float, float, float, int, str]
    rows = [tuple(getattr(each, name) for name in _COLUMNS) for each in found]
    table = QTable(rows=rows or None, names=_COLUMNS, dtype=types)
    for name in ("score", "transparency", "trail", "elongation"):
        table[name].info.format = ".2f"
    table["fwhm"].info.format, table["sky"].info.format = ".2f", ".5g"
    return table


def star_positions(table):
    """
    Give where a catalogue's stars are.

    Parameters
    ----------
    table : astropy.table.Table
        With ``ra`` and ``dec`` in degrees.

    Returns
    -------
    astropy.coordinates.SkyCoord
        The positions.

    Raises
    ------
    ParameterError
        If it has none.
    """
    try:
        return SkyCoord(table["ra"], table["dec"], unit="deg")
    except (KeyError, ValueError, TypeError, IndexError) as error:
        raise ParameterError(f"known stars need columns 'ra' and 'dec' in degrees: {error}") from error


def _one(source, name, asked):
    """What a frame says of itself."""
    try:
        image = load_image(source)
        objects, stars = detect(image, **asked), stars_of(image.grey)
        lines = lines_of(image.grey)
    except USAGE_ERRORS:  # what was asked for is wrong, of every frame
        raise
    except (AstroclassifyError, OSError) as error:
        return FrameVerdict(name, "unreadable", note=str(error))
    best = objects[0] if len(objects) else None
    return FrameVerdict(
        **{"source": name, "objects": len(objects), "best": "" if best is None else str(best["class"])},
        **{"score": np.nan if best is None else float(best["score"]), "stars": len(stars)},
        **{"fwhm": stars.fwhm, "elongation": stars.usual_elongation, "sky": stars.sky},
        **{"trail": float(max(lines[:, 0], default=0.0)), "lines": lines},
        **{"measured": stars, "group": _group(image), "wcs": image.wcs},
    )


def _group(image):
    """What frames have in common that can be compared: light of a picture is none of a FITS file's counts."""
    cards = (str(image.meta.get(key, "")) for key in ("ACBAND", "FILTER", "EXPTIME", "OBJECT"))
    return (
        image.shape,
        image.from_top,
        str(image.unit),
        *(re.sub(r"\s+", " ", card.strip()) for card in cards),
    )


def _compare(frames):
    """Compare frames of a group: those of one field with each other, others by the number of their stars."""
    fields = fields_of([each.measured for each in frames])
    for numbers, shifts in fields:
        _compare_field([frames[n] for n in numbers], shifts)
    large = [numbers for numbers, _ in fields if len(numbers) >= _LEAST_FRAMES]
    for n in set(range(len(frames))).difference(*(numbers for numbers, _ in fields)) if large else ():
        near = min(large, key=lambda numbers: min(abs(n - other) for other in numbers))
        _compare_number(frames[n], [frames[other] for other in near])


def _compare_field(frames, shifts):
    """Compare frames of a field: the light of their stars, what moves, and what trails are only in one."""
    many, shape = [each.measured for each in frames], frames[0].group[0]
    trails = trails_of([each.lines for each in frames], shifts, shape)
    for each, light, number, trail in zip(frames, *light_of_the_same(many, shifts), trails, strict=True):
        each.transparency = light if number >= _LEAST_STARS else np.nan
        each.trail = trail
        _compare_number(each, frames)
    for each, moving in zip(frames, moving_in(many, shifts, shape), strict=True):
        _note(each, moving, "moves")


def _compare_number(each, others):
    """Say that a frame shows little light where it shows few of the field's stars."""
    usual, number = float(np.median([len(other.measured) for other in others])), len(each.measured)
    if usual >= _LEAST_STARS and number < _FEW * usual:
        each.transparency = float(np.fmin(each.transparency, number / usual))


def _look_up(each, known):
    if known is not None and each.measured is not None and each.wcs is not None:
        _note(each, new_in(each.measured, each.wcs, known), "not catalogued")


def _note(each, sources, what):
    each.moving += len(sources)
    stars = each.measured
    places = [f"({stars.x[n]:.1f}, {stars.y[n]:.1f})" for n in sources[:5]]
    if places:
        each.note = "; ".join(filter(None, [each.note, f"{what}: {', '.join(places)}"]))


def _verdict(each):
    if each.measured is None:
        return "unreadable"
    stars = each.measured
    trailed = each.elongation > _LONG and stars.alignment > _ALIGNED and len(stars) >= _LEAST_STARS
    holds = {
        "clouded": each.transparency < _TRANSPARENT,
        "trailed": trailed,
        "satellite": is_trail(each.trail),
        "moving": each.moving > 0,
        "has object": each.objects > 0,
        "empty": True,
    }
    return next(name for name in VERDICTS if holds.get(name))
