"""Lists of public raw frames of bodies, by name or class, from queries to MAST."""

import re
from collections import Counter
from dataclasses import dataclass

import numpy as np
from astropy import units as u
from astropy.io import fits
from astropy.table import Table
from astropy.wcs import WCS

from astroclassify.archive._frame_store import frames_folder
from astroclassify.archive._mast import Mast, band_of, proposed_class
from astroclassify.core import ParameterError, ReadError, in_unit, progress_bar
from astroclassify.datasets import (
    MANIFEST_COLUMNS,
    KnownBody,
    body_at,
    known_bodies,
    resolve_body,
    visit_of,
)
from astroclassify.instruments import registry_name

#: The cameras whose raw frames the paper's lists hold, as the archive calls them.
_CAMERAS = ("ACS/WFC", "WFC3/UVIS")
_ALL = ("galaxy", "nebula", "star cluster")
#: Bodies of the paper's Table 1; the published lists and Table A1 name fewer.
_PAPER_COUNTS = {"galaxy": 48, "nsc": 23}
_CLASSES = {
    "galaxy": ("galaxy",),
    "nsc": ("nebula", "star cluster"),
    "nebula": ("nebula",),
    "star cluster": ("star cluster",),
}
_MORE_COLUMNS = ("Class", "Exptime", "Size", "Proposal", "Released", "Target", "Proposed")
_TYPES = ("str",) * 4 + ("f8", "f8", "i8", "str", "str", "f8", "i8") + ("str",) * 4
_SMALLEST_RADIUS = 1.5  # arcminutes: half a camera's field, whose frames still show a small body
_USUAL_RADIUS = 3.0
_TWO_CHIPS = 20_000_000  # bytes that a raw file of one chip does not have
_CATALOGUED = re.compile(r"(NGC|IC|UGC|ESO|M|MESSIER|ABELL|HCG)[- ]?\d+", re.IGNORECASE)


def paper_bodies():
    """
    Propose bodies for a list: as many of each class as the paper has.

    Returns
    -------
    tuple of KnownBody
        48 galaxies and 23 nebulae and star clusters (Table 1): those that the published lists, Table A1
        and the text name, and others of the table of known bodies, in its order, up to these numbers.

    Examples
    --------
    >>> from astroclassify.archive import paper_bodies
    >>> len(paper_bodies())
    71
    """
    return tuple(
        body
        for label, count in _PAPER_COUNTS.items()
        for body in (*known_bodies(label=label, paper=True), *known_bodies(label=label, paper=False))[:count]
    )


@dataclass(frozen=True)
class _Target:
    """The circle to search for a body (degrees), and its entry of the table of bodies."""

    name: str
    ra: float
    dec: float
    radius: float
    known: KnownBody | None


def query_archive(
    bodies=None,
    *,
    classes=None,
    instruments=_CAMERAS,
    filters=None,
    exptime=None,
    radius=None,
    max_per_body=None,
    max_bodies=None,
    retries=5,
    backoff=1.0,
    progress=None,
):
    """
    Search MAST for public raw frames of bodies, and propose a list of them.

    Nothing is fetched: the list tells sizes, so that `summarise_query` and `plan_fetch` can tell what a fetch
    would hold. Give bodies, or classes, or both (then only bodies of these classes are kept).

    Parameters
    ----------
    bodies : str or iterable of str, optional
        Names. Of a known body (`resolve_body`) the frames inside its circle are listed, with its label;
        any other name is resolved by MAST, its frames within ``radius`` are listed, and its label is
        proposed from how the archive classifies the targets there.
    classes : str or iterable of str, optional
        ``"galaxy"``, ``"nsc"``, ``"nebula"``, ``"star cluster"``. Without bodies: every target that the
        archive puts into such a class.
    instruments : iterable of str, default ("ACS/WFC", "WFC3/UVIS")
        Cameras, also by the names of the registry: ``"acs-wfc"``.
    filters : str or iterable of str, optional
        Bands such as ``"F606W"``; by default all but polarisers and grisms.
    exptime : tuple of astropy.units.Quantity or float, optional
        Shortest and longest exposure in seconds, either of which may be `None`.
    radius : astropy.units.Quantity or float, optional
        Arcminutes around the middle of a body; by default half its diameter, at least 1.5, and 3 for a
        body that is not known.
    max_per_body : int, optional
        At most so many exposures of each body, spread over its visits.
    max_bodies : int, optional
        At most so many bodies of each class, those with most visits first.
    retries : int, default 5
        Further attempts for each question.
    backoff : float, default 1
        Seconds before the first of them, doubled each time.
    progress : bool, optional
        Show a progress bar; by default on a terminal.

    Returns
    -------
    `~astropy.table.Table`
        A manifest (see `read_manifest`), a row for each frame, with more columns: ``Class`` (of the body,
        finer than its label), ``Exptime`` (s; the mean, where the archive tells only that of an
        association), ``Size`` (bytes of the file), ``Proposal``, ``Released``, ``Target`` and ``Proposed``
        (why a label is proposed, or doubtful; empty where it is of the table of known bodies and nothing
        speaks against it). ``meta["left_out"]`` counts what has no class.

    Raises
    ------
    ParameterError
        If there are neither bodies nor classes, an argument is out of its range, or nobody knows a name.
    ReadError
        If MAST does not answer.
    OptionalDependencyError
        If a package of the extra ``mast`` is missing.

    Notes
    -----
    The archive knows one position for an observation: ``RA`` and ``DEC`` of both chips are the same until
    `complete_positions` has read the files. It does not tell subarrays apart either: a file under 20 MB,
    which a full frame without binning exceeds, is listed with HDU 1 only.

    Examples
    --------
    >>> from astroclassify.archive import query_archive
    >>> query_archive(["M 51"], filters=["F814W"], max_per_body=5)  # doctest: +SKIP
    """
    wanted = _Wanted.of(classes, instruments, filters, exptime, max_per_body, max_bodies, radius)
    names = [bodies] if isinstance(bodies, str) else list(bodies or ())
    if not names and not wanted.classes:
        raise ParameterError("say what to look for: names of bodies, or classes")
    mast = Mast(retries=retries, backoff=backoff)
    ask = _of_bodies if names else _of_classes
    return _listed(ask(mast, names, wanted, progress), wanted)


# What is asked for ---------------------------------------------------------------------------


@dataclass(frozen=True)
class _Wanted:
    """The criteria, checked."""

    classes: tuple
    instruments: tuple
    filters: frozenset
    exptime: tuple
    max_per_body: int | None
    max_bodies: int | None
    radius: float | None

    @classmethod
    def of(cls, classes, instruments, filters, exptime, max_per_body, max_bodies, radius):
        named = {registry_name(name): name for name in _CAMERAS}
        instruments = tuple(named.get(registry_name(name), name) for name in _several(instruments))
        unknown = [name for name in instruments if name not in _CAMERAS]
        if unknown or not instruments:
            raise ParameterError(f"instruments is {instruments}; it can be {' and '.join(_CAMERAS)}")
        for name, value in (("max_per_body", max_per_body), ("max_bodies", max_bodies)):
            if value is not None and value < 1:
                raise ParameterError(f"{name} is {value}; it can be 1 or more")
        radius = None if radius is None else in_unit("radius", radius, u.arcmin)
        if radius is not None and not 0 < radius <= 600:
            raise ParameterError(f"radius is {radius} arcminutes; it can be more than 0, up to 600")
        bands = frozenset(name.upper() for name in _several(filters))
        return cls(_classes(classes), instruments, bands, _times(exptime), max_per_body, max_bodies, radius)

    def takes(self, exposure):
        """Whether an exposure fits, by what the archive says of it (bool)."""
        shortest, longest = self.exptime
        return self._takes_band(exposure.band) and shortest <= exposure.exptime <= longest

    def may_take(self, row):
        """Whether exposures of an observation may fit, which is not longer than all of them (bool)."""
        return self._takes_band(band_of(row["filters"])) and row["t_exptime"] >= self.exptime[0]

    def _takes_band(self, band):
        return band in self.filters if self.filters else _is_filter(band)


def _several(value):
    return (value,) if isinstance(value, str) else tuple(value or ())


def _classes(classes):
    wrong = [name for name in _several(classes) if name not in _CLASSES]
    if wrong:
        raise ParameterError(f"classes has {wrong[0]!r}; it can have {', '.join(_CLASSES)}")
    return tuple(dict.fromkeys(one for name in _several(classes) for one in _CLASSES[name]))


def _times(exptime):
    try:
        shortest, longest = exptime or (None, None)
    except (TypeError, ValueError):
        raise ParameterError(f"exptime is {exptime!r}; expected the shortest and the longest, in s") from None
    times = (
        0.0 if shortest is None else in_unit("exptime", shortest, u.s),
        np.inf if longest is None else in_unit("exptime", longest, u.s),
    )
    if not 0 <= times[0] <= times[1]:
        raise ParameterError(
            f"exptime is {exptime}; the shortest must be 0 s or more, and not above the longest"
        )
    return times


def _is_filter(band):
    """One filter in the light: with a polariser, ramp or grism a frame is not one of the sky as it is."""
    return re.fullmatch(r"F[QA-Z]?\d+[A-Z]+\d*|FQ\d+N", band) is not None


# Asking --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Found:
    """An exposure with the body and class that are proposed for it, and the reason or doubt."""

    exposure: object
    body: str
    body_class: str
    reason: str


def _of_bodies(mast, names, wanted, progress):
    targets = list(
        {target.name: target for target in (_target(mast, name, wanted) for name in names)}.values()
    )
    found = []
    for target in progress_bar(targets, progress=progress, description="query"):
        observations = mast.around(target.ra, target.dec, target.radius, instruments=wanted.instruments)
        observations = [row for row in observations if _belongs(row, target) and wanted.may_take(row)]
        exposures = mast.exposures(_spread(observations, wanted.max_per_body, _visit_of_row))
        exposures = [exposure for exposure in exposures if wanted.takes(exposure)]
        found += _labelled(exposures, target)
    return found


def _target(mast, name, wanted):
    known = resolve_body(name)
    if known is not None:
        radius = wanted.radius or max(known.diameter / 2, _SMALLEST_RADIUS)
        return _Target(known.name, known.ra, known.dec, radius / 60, known)
    return _Target(name, *mast.position(name), (wanted.radius or _USUAL_RADIUS) / 60, None)


def _belongs(row, target):
    """Whether an observation is of this body, and not of another one within its circle: M32 within M31."""
    if target.known is None:
        return True
    if target.known.separation(row["s_ra"], row["s_dec"]) > 60 * target.radius:
        return False  # the archive looks for footprints, not for their middles
    owner = body_at(row["s_ra"], row["s_dec"])
    return owner is None or owner.name in (target.name, target.known.host)


def _labelled(exposures, target):
    if target.known is not None:
        return [_of_known(exposure, target.known) for exposure in exposures]
    votes = Counter(filter(None, (proposed_class(exposure.classification) for exposure in exposures)))
    winner = votes.most_common(1)[0][0] if votes else ""
    reason = f"MAST: {votes[winner]} of {len(exposures)} exposures are of a {winner}" if winner else ""
    return [_Found(exposure, target.name, winner, reason) for exposure in exposures]


def _of_known(exposure, known):
    """Labelled by the body, or by its host where it covers less than a fifth of the frame."""
    owner = body_at(exposure.ra, exposure.dec)
    if owner is None or owner.name != known.host:
        return _Found(exposure, known.name, known.body_class, _doubt(exposure, known))
    reason = f"{known.name} covers less than a fifth of the frame: the label is of its host {owner.name}"
    return _Found(exposure, known.name, owner.body_class, reason)


def _doubt(exposure, known):
    proposed = proposed_class(exposure.classification)
    return f"MAST: {exposure.classification}" if proposed and proposed != known.body_class else ""


def _of_classes(mast, _, wanted, progress):
    found = []
    for body_class in progress_bar(wanted.classes, progress=progress, description="query"):
        observations = mast.of_class(
            body_class, instruments=wanted.instruments, filters=wanted.filters, exptime=wanted.exptime
        )
        observations = [
            row
            for row in observations
            if proposed_class(row["target_classification"]) == body_class and wanted.may_take(row)
        ]
        groups = _most_visited(_grouped(observations), wanted.max_bodies)
        chosen = [row for own in groups for row in _spread(own, wanted.max_per_body, _visit_of_row)]
        exposures = [exposure for exposure in mast.exposures(chosen) if wanted.takes(exposure)]
        found += [_by_target(exposure, body_class) for exposure in exposures]
    return found


def _grouped(observations):
    groups = {}
    for row in observations:
        groups.setdefault(_target_body(row["target_name"], row["s_ra"], row["s_dec"]), []).append(row)
    return groups


def _most_visited(groups, number):
    order = sorted(groups, key=lambda name: (-len({_visit_of_row(row) for row in groups[name]}), name))
    return [groups[name] for name in order[:number]]


def _visit_of_row(row):
    return str(row["obs_id"]).lower()[:6]


def _target_body(target, ra, dec):
    """The body of a target: a known one by name or position, else its name without that of a part."""
    short = _CATALOGUED.match(target)
    known = resolve_body(target) or (short and resolve_body(short[0])) or body_at(ra, dec, clouds=False)
    return known.name if known else (short[0] if short else target).upper()


def _by_target(exposure, body_class):
    name = _target_body(exposure.target, exposure.ra, exposure.dec)
    known = resolve_body(name)
    if known is not None:
        return _of_known(exposure, known)
    return _Found(exposure, name, body_class, f"MAST: {exposure.classification}")


def _spread(items, limit, visit):
    """Take at most so many, from each visit in turn."""
    if limit is None or len(items) <= limit:
        return items
    by_visit = {}
    for item in items:
        by_visit.setdefault(visit(item), []).append(item)
    ranked = [(rank, key) for key, own in sorted(by_visit.items()) for rank in range(len(own))]
    return [by_visit[key][rank] for rank, key in sorted(ranked)[:limit]]


# The list ------------------------------------------------------------------------------------


def _listed(found, wanted):
    unique = {each.exposure.obsid: each for each in reversed(found)}
    found = [each for each in found if unique[each.exposure.obsid] is each]
    unclear = Counter(each.body for each in found if not each.body_class)
    found = [each for each in found if each.body_class and each.body_class in (wanted.classes or _ALL)]
    rows = [row for each in _limited(found, wanted.max_per_body) for row in _rows(each)]
    table = Table(rows=rows, names=(*MANIFEST_COLUMNS, *_MORE_COLUMNS), dtype=_TYPES)
    for name, unit in (("RA", "deg"), ("DEC", "deg"), ("Exptime", "s"), ("Size", "byte")):
        table[name].unit = unit
    table.meta["left_out"] = dict(unclear)
    return table


def _limited(found, limit):
    by_body = {}
    for each in found:
        by_body.setdefault(each.body, []).append(each)
    return [
        each
        for own in by_body.values()
        for each in sorted(
            _spread(own, limit, lambda each: visit_of(each.exposure.obsid)),
            key=lambda each: each.exposure.obsid,
        )
    ]


def _rows(found):
    exposure = found.exposure
    label = "galaxy" if found.body_class == "galaxy" else "nsc"
    return [
        (
            *(found.body, exposure.instrument, exposure.obsid, exposure.band),
            *(round(exposure.ra, 6), round(exposure.dec, 6), hdu, label, found.body_class),
            *(round(exposure.exptime, 3), exposure.size, exposure.proposal, exposure.released),
            *(exposure.target, found.reason),
        )
        for hdu in ((1, 4) if exposure.size > _TWO_CHIPS else (1,))
    ]


def summarise_query(manifest):
    """
    Say how much a proposed list holds, body by body.

    Parameters
    ----------
    manifest : `~astropy.table.Table`
        As `query_archive` gives it.

    Returns
    -------
    `~astropy.table.Table`
        ``ID``, ``Label``, ``visits``, ``exposures``, ``frames``, ``bands``, ``GB`` and ``proposed``, the
        number of frames whose label is proposed or doubtful; in the order of the list.
    """
    rows = []
    for name in dict.fromkeys(manifest["ID"]):
        own = manifest[manifest["ID"] == name]
        _, first = np.unique(own["OBSID"], return_index=True)
        rows.append(
            (
                *(
                    name,
                    own["Label"][0],
                    len({visit_of(obsid) for obsid in own["OBSID"]}),
                    len(first),
                    len(own),
                ),
                *(len(set(own["Filter"])), np.sum(own["Size"][first]) / 1e9, _reasons(own)),
            )
        )
    names = ("ID", "Label", "visits", "exposures", "frames", "bands", "GB", "proposed")
    return Table(rows=rows, names=names, dtype=("str", "str", "i8", "i8", "i8", "i8", "f8", "i8"))


def _reasons(manifest):
    """Count the rows with a value: in a list that was read from a file, empty ones are masked."""
    return sum(bool(reason) for reason in np.ma.filled(np.ma.asarray(manifest["Proposed"]), "").tolist())


def complete_positions(manifest, frame_dir=None):
    """
    Replace the positions of the archive by those in the headers of downloaded files.

    Parameters
    ----------
    manifest : `~astropy.table.Table`
        A list.
    frame_dir : path-like, optional
        Of its files; by default `frames_folder`.

    Returns
    -------
    `~astropy.table.Table`
        A copy: ``RA`` and ``DEC`` are those of the middle of each image (degrees, to half an arcsecond, by
        the raw header), ``Exptime`` is the exposure's own.

    Raises
    ------
    ReadError
        If a file is not there, or does not tell its position.

    Examples
    --------
    A simulated file stands for one from the archive:

    >>> from astroclassify.archive import complete_positions
    >>> from astroclassify.simulate import SimulationConfig, simulate_set
    >>> folder = getfixture("tmp_path") / "frames"
    >>> small = SimulationConfig(instruments={"acs-wfc": 1}, apertures={"acs-wfc": ["WFC1A-512"]})
    >>> listed = simulate_set(folder, count=1, seed=7, config=small, progress=False).manifest
    >>> listed["RA"] = 0.0
    >>> bool(complete_positions(listed, folder)["RA"][0] > 0)
    True
    """
    folder = frames_folder(frame_dir)
    table = manifest.copy()
    if "Exptime" in table.colnames:
        table["Exptime"] = table["Exptime"].astype("f8")
    for number, row in enumerate(table, start=1):
        path = folder / f"{row['OBSID']}_raw.fits"
        try:
            with fits.open(path) as hdus:
                primary, image = hdus[0].header, hdus[int(row["HDU Index"])].header
                middle = [(image[f"NAXIS{axis}"] + 1) / 2 for axis in (1, 2)]
                world = WCS(image)
                if not world.has_celestial:
                    raise ValueError("its header has no sky coordinates")
                ra, dec = world.wcs_pix2world(*middle, 1)
        except (OSError, LookupError, ValueError) as error:
            raise ReadError(
                f"row {number}: {path} does not tell its position ({error}); fetch it first"
            ) from error
        row["RA"], row["DEC"] = round(float(ra), 6), round(float(dec), 6)
        if "Exptime" in table.colnames:
            row["Exptime"] = primary["EXPTIME"]
    return table
