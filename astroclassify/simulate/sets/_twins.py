"""Simulated twins of lists: for every row an exposure by the same camera, in the same band, of the same spot.

What a list says is kept: camera, filter, pointing, roll where both chips are listed, and which body it is.
What it does not say is drawn: exposure time, sky, state of the detector. A body has the kind, position,
size on the sky and distance of the known one of that name; its arms, clouds and stars are its own.
"""

from collections import defaultdict
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.table import Table

from astroclassify.core import ParameterError, checked, fingerprint, rules
from astroclassify.datasets import check_manifest, read_manifest, resolve_body, visit_of, write_manifest
from astroclassify.instruments import INSTRUMENTS
from astroclassify.photometry import BANDS
from astroclassify.simulate._field_of_view import FieldOfView
from astroclassify.simulate.scenes import KINDS, Body, View, random_body, response
from astroclassify.simulate.sets._campaign import simulate_plans
from astroclassify.simulate.sets._clear import chip_views
from astroclassify.simulate.sets._config import SimulationConfig
from astroclassify.simulate.sets._levels import Setup, exptime_for, noise_terms, scaled_to, signal_for
from astroclassify.simulate.sets._plan import ExposurePlan, galactic_latitude, setting_of

#: What each stream of random numbers is for.
_BODY, _DUST, _LEVEL, _ROLL, _TIME, _EXPOSURE = range(100, 106)
_CHIP_OF_HDU = {1: 2, 4: 1}
# Exposure times that are tried for a clear frame; the signal-to-noise of a blurry one, relative to the limit.
_TIMES, _LOST, _SHORTEST = 20, (0.2, 0.85), 0.5
_LEVELS = 12  # levels of light that are tried for a body; then it keeps any brightness that its kind has
_FARTHEST = 1.0  # body units from its centre that the middle of a field may lie, or half its size less 0.5
_KINDS_OF_LABEL = {"nsc": ("nebula", "star cluster")}
_RADIUS_OF_THE_UNKNOWN = (20.0, 300.0)  # arcsec


@dataclass(frozen=True)
class _Place:  # the name is part of the checksum of sets that exist
    """One exposure of a list: what the list says of it."""

    obsid: str
    listed_as: str
    body: str
    label: str
    camera: str
    band: str
    chips: tuple[int, ...]
    ra: float
    dec: float
    roll: float


@dataclass(frozen=True)
class TwinPlans:
    """
    Plans of the exposures of a list, as `~astroclassify.simulate.simulate_plans` takes them.

    Parameters
    ----------
    exposures : tuple
        What the list says of each exposure.
    seed : int
        Of everything that the list does not say.
    config : SimulationConfig
        What the rest is drawn from; of ``instruments`` and ``bands`` nothing is taken.
    checksum : str
        SHA-256 of the rows, so that a folder is completed with the same list only.
    """

    exposures: tuple
    seed: int
    config: SimulationConfig
    checksum: str

    def __len__(self):
        return len(self.exposures)

    def described(self):
        """
        Say what the set is.

        Returns
        -------
        dict
            What stands in its ``config.toml``.
        """
        return self.config.values() | {"set": {"seed": self.seed, "list": self.checksum}}

    def rootname(self, index):
        """
        Name the file of an exposure.

        Parameters
        ----------
        index : int
            Its number.

        Returns
        -------
        str
            The OBSID of the list.
        """
        return self.exposures[index].obsid

    def body(self, index):
        """
        Name the body of an exposure.

        Parameters
        ----------
        index : int
            Its number.

        Returns
        -------
        str
            As in the list.
        """
        return self.exposures[index].listed_as

    def plan(self, index):
        """
        Plan an exposure.

        Parameters
        ----------
        index : int
            Its number, zero or more.

        Returns
        -------
        ExposurePlan
            The exposure.
        """
        exposure = self.exposures[index]
        body = _bright_body(self, exposure.body)
        setting = _setting(self, index)
        view, pointing = _view(exposure, body, self._centres[exposure.body])
        times = _times(self, exposure, body, view, setting, _generator(self.seed, _TIME, index))
        return ExposurePlan(
            index=index,
            seed=self.seed,
            name=exposure.listed_as,
            rootname=exposure.obsid,
            body=body,
            view=view,
            pointing=pointing,
            **{**setting, **times},
        )

    @cached_property
    def _centres(self):
        """RA, Dec and position angle of the v axis of each body, degrees."""
        members = defaultdict(list)
        for exposure in self.exposures:
            members[exposure.body].append(exposure)
        return {name: _centre(name, exposures, self.seed) for name, exposures in members.items()}


@checked(
    manifest=rules.either(rules.path, rules.instance(Table)),
    folder=rules.path,
    seed=rules.whole(0),
    blurry=rules.flag,
    max_per_body=rules.optional(rules.whole()),
    config=rules.optional(rules.instance(SimulationConfig)),
    processes=rules.whole(),
    progress=rules.optional(rules.flag),
)
def simulate_twin(
    manifest, folder, *, seed=0, blurry=False, max_per_body=None, config=None, processes=1, progress=None
):
    """
    Simulate an exposure for every exposure of a list.

    Parameters
    ----------
    manifest : path-like or astropy.table.Table
        The list, as `read_manifest` takes it.
    folder : path-like
        Where to; what an earlier call for the same list left is kept.
    seed : int, default 0
        Of what the list does not say.
    blurry : bool, default False
        Make exposures so short that the body is lost in the noise, as in LCID-Blurry; otherwise so long,
        within the configuration's times, that it is seen on the listed chips, if any time does that.
    max_per_body : int, optional
        Exposures of one body at most, spread over the list; by default all. The published list has 598 of its
        743 frames of NSC from three fields.
    config : SimulationConfig, optional
        Times, sky, levels, states of detector and optics to draw from.
    processes : int, default 1
        How many at a time; see `~astroclassify.simulate.simulate_set`.
    progress : bool, optional
        Show a progress bar; `None` shows it on a terminal.

    Returns
    -------
    SimulatedSet
        Raw files ``<OBSID>_raw.fits`` and their tables; the manifest has the rows of the list, in its order,
        with the sky coordinates of the simulated chips.

    Raises
    ------
    ParameterError
        If the list has a camera or filter that cannot be simulated, ``max_per_body`` is less than one, or the
        folder holds another set.
    ReadError
        If the list cannot be read, or has no such columns or rows as `read_manifest` expects.

    Notes
    -----
    Where a row lies farther from the catalogue's centre than the drawn body reaches, the view is moved in
    towards the body: the paper's authors had looked at their frames, and each shows something.
    A body that is in no table has a random kind of its label, and stands where its frames are.

    Examples
    --------
    >>> from astroclassify.simulate import simulate_twin
    >>> simulate_twin("LCID_test.csv", "twin", max_per_body=2).made  # doctest: +SKIP
    """
    table = check_manifest(manifest) if isinstance(manifest, Table) else read_manifest(manifest)
    table = table if max_per_body is None else _thinned(table, max_per_body)
    plans = twin_plans(table, seed=seed, blurry=blurry, config=config)
    made = simulate_plans(folder, plans, processes=processes, progress=progress)
    listed = _as_listed(table, made.manifest)
    write_manifest(listed, Path(folder) / "manifest.ecsv")
    return replace(made, manifest=listed)


@checked(
    manifest=rules.instance(Table),
    seed=rules.whole(0),
    blurry=rules.flag,
    config=rules.optional(rules.instance(SimulationConfig)),
)
def twin_plans(manifest, *, seed=0, blurry=False, config=None):
    """
    Plan the exposures of a list.

    Parameters
    ----------
    manifest : astropy.table.Table
        The list.
    seed : int, default 0
        Of what the list does not say.
    blurry : bool, default False
        See `simulate_twin`.
    config : SimulationConfig, optional
        What to draw from.

    Returns
    -------
    TwinPlans
        One plan for each exposure, in the list's order.

    Raises
    ------
    ParameterError
        If the list has a camera or filter that cannot be simulated.
    """
    config = config or SimulationConfig()
    config = replace(config, blurry=blurry, clear_snr=0.0 if blurry else config.clear_snr or 1.0)
    listed = defaultdict(list)
    for row in manifest:
        listed[str(row["OBSID"])].append(row)
    rolls = _rolls_of_visits(listed, seed)
    exposures = tuple(_exposure(obsid, rows, rolls[visit_of(obsid)]) for obsid, rows in listed.items())
    facts = "\n".join(str(exposure) for exposure in exposures)
    return TwinPlans(exposures, seed, config, fingerprint(facts))


def _thinned(table, max_per_body):
    """Keep some exposures of each body, evenly over the list."""
    if max_per_body < 1:
        raise ParameterError(f"max_per_body is {max_per_body}; expected one exposure of a body, or more")
    exposures = defaultdict(dict)  # dicts, as ordered sets
    for row in table:
        exposures[str(row["ID"])][str(row["OBSID"])] = None
    kept = set()
    for names in map(list, exposures.values()):
        kept |= {names[int(i)] for i in np.linspace(0, len(names) - 1, min(max_per_body, len(names))).round()}
    return table[[str(name) in kept for name in table["OBSID"]]]


# What a list says ------------------------------------------------------------------------------


def _camera(row):
    for name in INSTRUMENTS:
        camera = INSTRUMENTS[name]
        if f"{camera.instrume}/{camera.detector}" == str(row["Instrument"]):
            bands = [band for owner, band in BANDS if owner == name]
            if str(row["Filter"]) in bands:
                return name
            raise ParameterError(
                f"{row['OBSID']}: {name} has no filter {str(row['Filter'])!r} that can be simulated; "
                f"there are {', '.join(bands)}"
            )
    raise ParameterError(
        f"{row['OBSID']}: the instrument {row['Instrument']!r} cannot be simulated; leave its rows out"
    )


def _rolls_of_visits(exposures, seed):
    """Position angle of the y axis in each visit, degrees: from a pair of chips, else at random."""
    rolls = {}
    for obsid, rows in exposures.items():
        chips = {_chip(row): _position(row) for row in rows}
        if len(chips) == 2:
            rolls.setdefault(visit_of(obsid), float(chips[2].position_angle(chips[1]).deg))
    for obsid in exposures:
        if visit_of(obsid) not in rolls:
            rng = _generator(seed, _ROLL, visit_of(obsid))
            rolls[visit_of(obsid)] = float(rng.uniform(0, 360))
    return rolls


def _exposure(obsid, rows, roll):
    """The middle of the field, from the middle of a chip and the roll."""
    camera, chips = _camera(rows[0]), tuple(_chip(row) for row in rows)
    field = FieldOfView.of(camera)
    (y, x), shape = field.corners[chips[0]], field.layouts[chips[0]].science_shape
    up, right = y + (shape[0] - field.shape[0]) / 2, x + (shape[1] - field.shape[1]) / 2  # pixels
    pair = {_chip(row): _position(row) for row in rows}
    own = float(pair[2].position_angle(pair[1]).deg) if len(pair) == 2 else roll
    # From the chip back to the middle; x is 90 degrees clockwise of y.
    direction = own * u.deg + np.arctan2(-right, up) * u.rad + 180 * u.deg
    middle = _position(rows[0]).directional_offset_by(
        direction, np.hypot(up, right) * field.camera.pixel_scale * u.arcsec
    )
    name = str(rows[0]["ID"])
    known = resolve_body(name)
    return _Place(
        obsid=obsid,
        listed_as=name,
        body=known.name if known else name,
        label=str(rows[0]["Label"]).lower(),
        camera=camera,
        band=str(rows[0]["Filter"]),
        chips=chips,
        ra=round(float(middle.ra.deg), 7),
        dec=round(float(middle.dec.deg), 7),
        roll=round(own, 4),
    )


def _chip(row):
    try:
        return _CHIP_OF_HDU[int(row["HDU Index"])]
    except KeyError:
        raise ParameterError(
            f"{row['OBSID']}: HDU {row['HDU Index']} of a raw file holds no chip; expected 1 or 4"
        ) from None


def _position(row):
    return SkyCoord(float(row["RA"]), float(row["DEC"]), unit="deg")


def _as_listed(table, simulated):
    """The list's rows, with the sky coordinates of the simulated chips; rows that failed are left out."""
    where = {(row["OBSID"], row["HDU Index"]): row for row in simulated}
    listed = table[[(row["OBSID"], row["HDU Index"]) in where for row in table]]
    for row in listed:
        found = where[row["OBSID"], row["HDU Index"]]
        row["RA"], row["DEC"] = found["RA"], found["DEC"]
    return listed


# What is drawn ---------------------------------------------------------------------------------


def _generator(seed, stream, key):
    """A stream of its own for each number, or name."""
    if isinstance(key, str):
        key = int(fingerprint(key)[:16], 16)
    return np.random.default_rng(np.random.SeedSequence([seed, stream, key]))


def _centre(name, exposures, seed):
    """Where a body stands, and how it is turned on the sky."""
    known, angle = resolve_body(name), float(_generator(seed, _BODY, name).uniform(0, 360))
    if known:
        return known.ra, known.dec, angle
    middle = SkyCoord([p.ra for p in exposures], [p.dec for p in exposures], unit="deg").cartesian.mean()
    middle = SkyCoord(middle, representation_type="cartesian").represent_as("unitspherical")
    return float(middle.lon.deg), float(middle.lat.deg), angle


def _drawn_body(plans, name):
    """A body of the known one's kind, size and distance, of any brightness."""
    rng, known = _generator(plans.seed, _BODY, name), resolve_body(name)
    if known:
        brightness = float(rng.uniform(*sorted(KINDS[known.kind].brightness)))
        body = Body(known.kind, known.distance, known.radius, brightness, seed=int(rng.integers(2**31)))
    else:
        label = next(exposure.label for exposure in plans.exposures if exposure.body == name)
        fine = str(rng.choice(_KINDS_OF_LABEL.get(label, (label,))))
        angle = float(np.exp(rng.uniform(*np.log(_RADIUS_OF_THE_UNKNOWN))))
        body = random_body(rng=rng, label=fine, angular_radius=angle)
    ra, dec, _ = plans._centres[name]
    latitude = galactic_latitude(ra, dec)
    patch = _generator(plans.seed, _DUST, name).lognormal(0, 0.5)
    dust = np.clip(0.05 / np.sin(np.radians(max(abs(latitude), 1.0))) * patch, *plans.config.extinction)
    return replace(body, latitude=latitude, extinction=round(float(dust), 4))


@lru_cache(maxsize=256)
def _bright_body(plans, name):
    """Give the body a level of light, in the exposure nearest to its centre, that its kind can have."""
    body, centre = _drawn_body(plans, name), plans._centres[name]
    views = {
        exposure: _view(exposure, body, centre)[0] for exposure in plans.exposures if exposure.body == name
    }
    nearest = min(views, key=lambda exposure: np.hypot(*views[exposure].centre))
    setup, rng = Setup(nearest.camera, nearest.band), _generator(plans.seed, _LEVEL, name)
    # Which body it is, how large and where it is seen is listed: only the level is left to be drawn again.
    for target in rng.uniform(*plans.config.surface_brightness, _LEVELS):
        found = scaled_to(body, views[nearest], setup, setup.rate(float(target)))
        if found:
            return found
    return body


def _setting(plans, index):
    """Sky, state of detector and optics, start; drawn before anything is known of the body."""
    exposure = plans.exposures[index]
    bands = {**plans.config.bands, exposure.camera: {exposure.band: 1.0}}
    apertures = {**plans.config.apertures, exposure.camera: ("full",)}
    config = replace(plans.config, instruments={exposure.camera: 1.0}, bands=bands, apertures=apertures)
    return setting_of(config, plans.seed, index)


def _view(exposure, body, centre):
    """The window on the body, and where it points; moved in where the body does not reach it."""
    ra, dec, angle_of_v = centre
    field = FieldOfView.of(exposure.camera)
    scale = body.angular_radius / field.camera.pixel_scale
    star, middle = SkyCoord(ra, dec, unit="deg"), SkyCoord(exposure.ra, exposure.dec, unit="deg")
    distance = float(star.separation(middle).arcsec) / body.angular_radius
    direction = star.position_angle(middle)
    half = min(field.shape) / 2 / scale
    distance = min(distance, max(_FARTHEST, half - 0.5))
    middle = star.directional_offset_by(direction, distance * body.angular_radius * u.arcsec)
    turned = float(direction.rad) - np.radians(angle_of_v)
    # u lies 90 degrees clockwise of v, as x does of y.
    offset = (round(float(distance * np.cos(turned)), 9), round(float(-distance * np.sin(turned)), 9))
    angle = float(np.radians((angle_of_v - exposure.roll) % 360))
    view = View(field.shape, scale, offset, round(angle, 9), field.camera.pixel_scale)
    return view, (float(middle.ra.deg), float(middle.dec.deg), exposure.roll)


def _times(plans, exposure, body, view, setting, rng):
    """Exposure time, and what it makes of the body on the listed chips."""
    asked = {name: setting[name] for name in ("sky", "effects")}
    asked |= {"instrument": exposure.camera, "band": exposure.band}

    def least(exptime):
        sights = chip_views(body, view, exptime=exptime, **asked)
        return min(sights[chip].snr for chip in exposure.chips)

    if not plans.config.blurry:
        return _clear_time(plans.config, setting["exptime"], least, rng)
    return _blurry_time(plans.config, exposure, body, setting, least, rng)


def _clear_time(config, first, least, rng):
    """The first of some times that shows the body, or the best of them."""
    drawn = np.exp(rng.uniform(*np.log(config.exptime), _TIMES))
    times = {}
    for exptime in (first, *(round(float(t), 1) for t in drawn)):
        times[exptime] = least(exptime)
        if times[exptime] >= config.clear_snr:
            return {"exptime": exptime, "snr": round(times[exptime], 4)}
    longest = max(times, key=times.get)
    return {"exptime": longest, "snr": round(times[longest], 4)}


def _blurry_time(config, exposure, body, setting, least, rng):
    """A time in which the body is barely lost in the noise."""
    first = setting["exptime"]
    band_response = response(exposure.camera, exposure.band, redshift=body.redshift)
    noise = noise_terms(band_response, INSTRUMENTS[exposure.camera], setting["sky"], setting["effects"])
    without = least(first)
    target = config.blurry_snr * rng.uniform(*_LOST)
    exptime = exptime_for(target, signal_for(without, first, noise), noise)
    exptime = float(np.clip(round(exptime, 1), _SHORTEST, config.exptime[1]))
    return {
        "exptime": exptime,
        "cause": "exposure time",
        "snr": round(least(exptime), 4),
        "snr_without_cause": round(without, 4),
    }
