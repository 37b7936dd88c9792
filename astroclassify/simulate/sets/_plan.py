"""Everything about one exposure of a simulated set, decided before it is made: `plan_exposure`."""

from dataclasses import replace
from functools import lru_cache

import numpy as np
from astropy import units as u
from astropy.coordinates import offset_by

from astroclassify.core import ParameterError, check_whole, checked, rules
from astroclassify.io import csst_name, hst_rootname
from astroclassify.simulate._field_of_view import FieldOfView
from astroclassify.simulate.detector._effects import Effects, random_effects
from astroclassify.simulate.optics._telescopes import Optics, random_optics
from astroclassify.simulate.scenes._bodies import CLASSES, KINDS, random_body, random_view
from astroclassify.simulate.sets._blurry import ExposureSettings, Pointing, blurred
from astroclassify.simulate.sets._clear import chip_views
from astroclassify.simulate.sets._config import FULL_FRAME, SimulationConfig
from astroclassify.simulate.sets._exposure_plan import ExposurePlan, _generator
from astroclassify.simulate.sets._levels import Setup, scaled_to

#: What each stream of random numbers is for: with the set's seed and a number it gives a generator. The next
#: stream is that of the exposure itself (`_exposure_plan`).
_CLASSES_OF_BLOCK, _NATURE, _SKY_POSITION, _LEVEL, _SETTING, _VIEW, _CAUSE = range(7)
_BLOCK = 4  # bodies that share out the classes
_TRIES = 24
# Bodies tried for a level of light, and for a clear frame of it; views, for the level of a later frame.
_BODIES, _BODIES_OF_LEVEL, _VIEWS = 60, 20, 8
_FOLLOWS_LEVEL = 0.3  # how much of an exposure time's logarithm follows the level of light
_BRIGHT_PARTS = 0.7  # of a body's radius
_SPREAD = 0.5  # mag, of the levels of one body's frames
# How often a clear frame is tried, and from which try on with other filters and times as well.
_CLEAR_TRIES, _OTHER_SETTINGS = 400, 120
_GALACTIC_POLE = np.radians([192.85948, 27.12825])  # RA, Dec (J2000)


@checked(config=rules.instance(SimulationConfig))
def plan_exposure(config, seed, index):
    """
    Plan one exposure of a set, without simulating it.

    Parameters
    ----------
    config : SimulationConfig
        What it is drawn from.
    seed : int
        Of the set, zero or more.
    index : int
        Number of the exposure, zero or more. It does not matter which others are planned, or when.

    Returns
    -------
    ExposurePlan
        The exposure.

    Raises
    ------
    ParameterError
        If seed or index are no such numbers, or no blurry, or clear, exposure could be found.

    Notes
    -----
    Camera, filter, time, pointing, sky, optics and detector are drawn from streams of random numbers of
    their own, before anything is known about the body, and so is the mean level of the body's light in its
    first frame. Bodies of the class are drawn until a small map of that frame says that one has the level
    with a brightness that its kind allows; of later frames, the view that comes nearest is taken. A blurry
    exposure is the exception: its cause must be able to hide it. With ``clear_snr`` other bodies of
    the class, levels and views are tried in the setting as it is, and other filters and times only if none
    of them is clear.

    Examples
    --------
    >>> from astroclassify.simulate import SimulationConfig, plan_exposure
    >>> plan = plan_exposure(SimulationConfig(), seed=7, index=3)
    >>> plan.name, len(plan.rootname)
    ('SIM-000001', 9)
    """
    for name, value in (("seed", seed), ("index", index)):
        check_whole(name, value, least=0)
    seed, index = int(seed), int(index)
    way = _blurry if config.blurry else _clear if config.clear_snr else _ordinary
    plan = way(config, seed, index)
    return replace(plan, pointing=_pointing(plan, _sky_position(seed, _body_number(config, index))))


def rootname_of(config, seed, index):
    """
    Say which file an exposure has, without planning all of it.

    Parameters
    ----------
    config : SimulationConfig
        What it is drawn from.
    seed : int
        Of the set.
    index : int
        Number of the exposure.

    Returns
    -------
    str
        Nine letters and digits, or the name of a CSST file.
    """
    return _rootname(seed, index, setting_of(config, seed, index))


def _rootname(seed, index, setting):
    if setting["instrument"] != "csst-msc":
        return hst_rootname(seed, index, instrument=setting["instrument"])
    start, exptime = setting["expstart"], setting["exptime"]
    # Which detectors have which filter is recalled, no source was checked; 6 to 25 are those that image.
    name = csst_name(seed, index, expstart=start, exptime=exptime, detector=6 + index % 20)
    return name.removesuffix(".fits")


def name_of_body(config, index):
    """
    Name the body of an exposure.

    Parameters
    ----------
    config : SimulationConfig
        What it is drawn from.
    index : int
        Number of the exposure.

    Returns
    -------
    str
        For the manifest; it says nothing about the body.
    """
    return f"SIM-{_body_number(config, index):06d}"


# Bodies --------------------------------------------------------------------------------------


def _body_number(config, index):
    return index if config.blurry else index // config.frames_per_body


def body_of_any_brightness(config, seed, number, *, attempt=0):
    """
    Draw a body of a set, with any brightness that its kind allows.

    Parameters
    ----------
    config : SimulationConfig
        What it is drawn from.
    seed : int
        Of the set.
    number : int
        Of the body.
    attempt : int, default 0
        Another one gives another body of the same class at the same position.

    Returns
    -------
    Body
        The body, behind the dust of where it stands.
    """
    rng = _generator(seed, _NATURE, number, attempt)
    label = _label(config, seed, number)
    body = random_body(_drawn(rng, {k: w for k, w in config.kinds.items() if KINDS[k].label == label}), rng)
    ra, dec, _ = _sky_position(seed, number)
    latitude = galactic_latitude(ra, dec)
    # As random_body: dust in a layer, patchy.
    patch = _generator(seed, _SKY_POSITION, number, 1).lognormal(0, 0.5)
    dust = 0.05 / np.sin(np.radians(max(abs(latitude), 1.0))) * patch
    return replace(body, latitude=latitude, extinction=float(np.clip(dust, *config.extinction)))


def _label(config, seed, number):
    """Draw the class; of each block of four bodies, in any order, each takes its share of the weights."""
    block, rank = divmod(number, _BLOCK)
    rng = _generator(seed, _CLASSES_OF_BLOCK, block)
    share = (rng.permutation(_BLOCK)[rank] + rng.random(_BLOCK)[rank]) / _BLOCK
    names = [name for name in CLASSES if name in config.classes]
    weights = np.cumsum([config.classes[name] for name in names])
    return names[int(np.searchsorted(weights / weights[-1], share, side="right"))]


def _sky_position(seed, number):
    """RA and Dec of a body, and the position angle of its v axis, degrees."""
    rng = _generator(seed, _SKY_POSITION, number)
    return (
        float(rng.uniform(0, 360)),
        float(np.degrees(np.arcsin(rng.uniform(-1, 1)))),
        float(rng.uniform(-180, 180)),
    )


def galactic_latitude(ra, dec):
    """
    Give the Galactic latitude of a position.

    Parameters
    ----------
    ra, dec : float
        Degrees (ICRS).

    Returns
    -------
    float
        Degrees.
    """
    (pole_ra, pole_dec), ra, dec = _GALACTIC_POLE, np.radians(ra), np.radians(dec)
    sine = np.sin(dec) * np.sin(pole_dec) + np.cos(dec) * np.cos(pole_dec) * np.cos(ra - pole_ra)
    return float(np.degrees(np.arcsin(np.clip(sine, -1, 1))))


@lru_cache(maxsize=64)
def _first_frame_at_level(config, seed, number):
    """Draw bodies until one can have the level of its first frame: it, that frame's view, and the level."""
    index = number * config.frames_per_body
    setting = setting_of(config, seed, index)
    for attempt in range(_BODIES):
        # A small body in a large field, or an old one in the ultraviolet, may never be so bright.
        target = _target_level(config, seed, number, attempt // _BODIES_OF_LEVEL)
        body, view = _body_and_view_at_level(config, seed, number, setting, target, attempt=attempt)
        if body:
            return body, view, target
    # As faint, or bright, as such bodies are there: of this one the brightness that its kind happens to have.
    body = body_of_any_brightness(config, seed, number)
    return body, _view(setting, body, _generator(seed, _VIEW, index, 0)), target


def _target_level(config, seed, number, turn=0):
    """Draw the mean surface brightness over a body's frames; nothing is known of the body."""
    again = (turn,) if turn else ()
    return float(_generator(seed, _LEVEL, number, *again).uniform(*config.surface_brightness))


def _body_and_view_at_level(config, seed, number, setting, target, *, attempt=0):
    """Draw a body with the target level in its first frame (None if it cannot have it), and its view."""
    body = body_of_any_brightness(config, seed, number, attempt=attempt)
    view = _view(setting, body, _generator(seed, _VIEW, number * config.frames_per_body, attempt))
    setup = Setup.of(setting)
    return scaled_to(body, view, setup, setup.rate(target) * _covered(view)), view


def _covered(view):
    """Say how much of a frame the bright parts of a small body cover: its level is that of these."""
    return min(np.pi * (_BRIGHT_PARTS * view.scale) ** 2 / (view.shape[0] * view.shape[1]), 1.0)


def _view_at_level(config, seed, index, body, setting, target):
    """Of some views of a body whose brightness is settled take the one nearest to the frame's own level."""
    number, setup = _body_number(config, index), Setup.of(setting)
    own = _SPREAD * float(_generator(seed, _LEVEL, number, 0, index).normal())
    target = setup.rate(target + own)
    views = [_view(setting, body, _generator(seed, _VIEW, index, attempt)) for attempt in range(_VIEWS)]
    target *= _covered(views[0])
    return min(views, key=lambda view: round(abs(np.log(max(setup.level(body, view), 1e-12) / target)), 3))


@lru_cache(maxsize=64)
def _clear_first_frame(config, seed, number):
    """Draw bodies until the first frame of one is clear: the body, and what is the frame's own."""
    index = number * config.frames_per_body
    for attempt in range(_CLEAR_TRIES):
        setting = _tried_setting(config, seed, index, attempt)
        target = _target_level(config, seed, number, attempt // _BODIES_OF_LEVEL)
        body, view = _body_and_view_at_level(config, seed, number, setting, target, attempt=attempt)
        frame = body and _if_clear(config, body, view, setting)
        if frame:
            return body, frame
    raise _never_clear(config, index)


# Exposures -----------------------------------------------------------------------------------


def setting_of(config, seed, index):
    """
    Draw everything about an exposure that is drawn before its body is known.

    Parameters
    ----------
    config : SimulationConfig
        What it is drawn from.
    seed : int
        Of the set.
    index : int
        Number of the exposure.

    Returns
    -------
    dict
        Arguments of `ExposurePlan`: camera, filter, time, sky, effects, optics, and so on.
    """
    rng = _generator(seed, _SETTING, index)
    instrument = _drawn(rng, config.instruments)
    aperture = str(rng.choice(config.apertures[instrument]))
    zodiacal, earth = float(rng.uniform(*config.zodiacal)), float(rng.uniform(*config.earthshine))
    date = round(float(rng.uniform(*config.dates)), 6)
    return {
        "instrument": instrument,
        "aperture": None if aperture == FULL_FRAME else aperture,
        "band": _drawn(rng, config.bands[instrument]),
        "exptime": _exptime(config, seed, index, rng),
        "sky": (zodiacal, earth if rng.random() < config.earthshine_share else None),
        "foreground": _log_uniform(rng, config.foreground),
        "background": _log_uniform(rng, config.background),
        "expstart": date,
        "effects": _effects(config, instrument, rng, date),
        "optics": random_optics(rng, instrument) if config.optics == "random" else Optics.of(instrument),
    }


def _exptime(config, seed, index, rng):
    """Observers look longer at what is faint: in part the time follows the level, which knows of no class."""
    fraction = rng.random()
    if not config.blurry:
        brightest, faintest = config.surface_brightness
        level = _target_level(config, seed, _body_number(config, index))
        faintness = (level - brightest) / max(faintest - brightest, 1e-9)
        fraction = (1 - _FOLLOWS_LEVEL) * fraction + _FOLLOWS_LEVEL * faintness
    shortest, longest = np.log(config.exptime)
    return round(float(np.exp(shortest + fraction * (longest - shortest))), 1)


def _effects(config, instrument, rng, date):
    drawn = random_effects(rng, instrument, date=date)
    fixed = {"typical": Effects.typical(instrument), "none": Effects.none()}.get(config.detector, drawn)
    return replace(fixed, **config.effects)


def _view(setting, body, rng):
    field = FieldOfView.of(setting["instrument"], setting["aperture"])
    return random_view(rng, body, field.shape, pixel_scale=field.camera.pixel_scale)


def _ordinary(config, seed, index):
    body, view, target = _first_frame_at_level(config, seed, _body_number(config, index))
    setting = setting_of(config, seed, index)
    if index % config.frames_per_body:
        view = _view_at_level(config, seed, index, body, setting, target)
    return _plan(config, seed, index, body, view, setting)


def _clear(config, seed, index):
    """The first frame decides on the body; for the others views are tried, at last filters and times."""
    body, frame = _clear_first_frame(config, seed, _body_number(config, index))
    if index % config.frames_per_body:
        tried = (_tried_setting(config, seed, index, attempt) for attempt in range(_CLEAR_TRIES))
        views = (_generator(seed, _VIEW, index, attempt) for attempt in range(_CLEAR_TRIES))
        frames = (
            _if_clear(config, body, _view(setting, body, rng), setting)
            for setting, rng in zip(tried, views, strict=True)
        )
        frame = next(filter(None, frames), None)
        if frame is None:
            raise _never_clear(config, index)
    return _plan(config, seed, index, body, setting=setting_of(config, seed, index), **frame)


def _tried_setting(config, seed, index, attempt):
    setting = setting_of(config, seed, index)
    if attempt < _OTHER_SETTINGS:
        return setting
    rng = _generator(seed, _CAUSE, index, attempt)
    band = _drawn(rng, config.bands[setting["instrument"]])
    return {**setting, "band": band, "exptime": round(_log_uniform(rng, config.exptime), 1)}


def _if_clear(config, body, view, setting):
    names = ("instrument", "band", "exptime", "sky", "effects", "aperture")
    views_of_chips = chip_views(body, view, **{name: setting[name] for name in names})
    least = min(seen.snr for seen in views_of_chips.values())
    if least < config.clear_snr:
        return None
    return {"view": view, "band": setting["band"], "exptime": setting["exptime"], "snr": round(least, 4)}


def _never_clear(config, index):
    return ParameterError(
        f"exposure {index}: in {_CLEAR_TRIES} tries the body's signal-to-noise ratio per pixel was below "
        f"{config.clear_snr:g} on a chip; expected a smaller clear_snr, a higher level, or other times"
    )


def _plan(config, seed, index, body, view, setting, **others):
    return ExposurePlan(
        index=index,
        seed=seed,
        name=name_of_body(config, index),
        rootname=_rootname(seed, index, setting),
        body=body,
        view=view,
        pointing=(0.0, 0.0, 0.0),
        **{**setting, **others},
    )


def _blurry(config, seed, index):
    """Try bodies of the class, views and filters until the cause can hide one; at last a short exposure."""
    rng = _generator(seed, _CAUSE, index)
    wanted, setting = _drawn(rng, config.causes), setting_of(config, seed, index)
    bands = tuple(config.bands[setting["instrument"]])
    for attempt in range(2 * _TRIES):
        cause = wanted if attempt < _TRIES else "exposure time"
        body = body_of_any_brightness(config, seed, index, attempt=attempt)
        view = _view(setting, body, _generator(seed, _VIEW, index, attempt))
        pointing = Pointing(setting["instrument"], setting["sky"], view, bands, setting["aperture"])
        band = setting["band"] if attempt == 0 else _drawn(rng, config.bands[setting["instrument"]])
        exptime = setting["exptime"] if attempt == 0 else round(_log_uniform(rng, config.exptime), 1)
        clear = ExposureSettings(body, band, exptime, setting["effects"])
        found = blurred(clear, pointing, cause, config.blurry_snr, rng)
        if found:
            made, ratio, without = found
            changed = {key: getattr(made, key) for key in ("band", "exptime", "effects")}
            quality = {"cause": cause, "snr": round(ratio, 4), "snr_without_cause": round(without, 4)}
            return _plan(config, seed, index, made.body, view, setting, **changed, **quality)
    raise ParameterError(
        f"exposure {index}: in {2 * _TRIES} tries no {wanted!r} took a {body.label} below a signal-to-noise "
        f"ratio of {config.blurry_snr:g} per pixel; expected a larger blurry_snr, or other bands or times"
    )


def _pointing(plan, position):
    """RA and Dec of the view's middle, and the position angle of its y axis."""
    ra, dec, angle_of_v = position
    up, right = (c * plan.body.angular_radius / 3600 for c in plan.view.centre)  # v and u in degrees
    # u lies 90 degrees clockwise of v, as x does of y.
    east_of_v, distance = np.degrees(np.arctan2(-right, up)), np.hypot(up, right)
    ra, dec = offset_by(*np.radians([ra, dec, angle_of_v + east_of_v, distance]) * u.rad)
    orientation = (angle_of_v - np.degrees(plan.view.angle) + 180) % 360 - 180
    return float(ra.to_value(u.deg) % 360), float(dec.to_value(u.deg)), float(orientation)


def _drawn(rng, weights):
    """Draw a key by its weight."""
    names, shares = list(weights), np.array(list(weights.values()))
    return names[int(rng.choice(len(names), p=shares / shares.sum()))]


def _log_uniform(rng, limits):
    """Draw log-uniformly; uniformly from zero."""
    if limits[0] == 0:
        return float(rng.uniform(*limits))
    return float(np.exp(rng.uniform(*np.log(limits))))
