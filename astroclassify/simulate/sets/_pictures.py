"""Sets of raw frames of real bodies: labelled pictures of the sky as scenes.

Everything but the body is drawn as for drawn bodies, by the same functions and before anything is known of
the picture: camera, filter, time, sky, size on the sky, and the mean level of light in a body's first frame.
"""

import re
from collections import Counter
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np

from astroclassify.core import ParameterError, checked, fingerprint, rules
from astroclassify.datasets import read_labels
from astroclassify.simulate._field_of_view import FieldOfView
from astroclassify.simulate._rules import EXPOSURES
from astroclassify.simulate.scenes import from_image
from astroclassify.simulate.sets._campaign import simulate_plans
from astroclassify.simulate.sets._config import SET_TABLE, SimulationConfig
from astroclassify.simulate.sets._levels import Setup
from astroclassify.simulate.sets._plan import (
    ExposurePlan,
    _generator,
    _if_clear,
    _log_uniform,
    _pointing,
    _rootname,
    _sky_position,
    _view,
    galactic_latitude,
    setting_of,
)

#: What each stream of random numbers is for.
_CHOICE, _SIZE, _DUST, _LEVEL, _VIEW = range(200, 205)
#: Sizes on the sky that are drawn, arcsec; and how large a pixel of the picture may get there.
_SIZES, _COARSEST = (30.0, 300.0), 0.3
#: A picture as bright as this at its edges shows a piece of something larger: it is drawn so large that its
#: edges lie so many times half the field's side away, but for its pixels' size, and nearly upright.
_FILLED, _BEYOND, _COARSEST_FILLED, _UPRIGHT = 0.3, (1.2, 1.8), 0.5, 0.15
#: A body is looked at again, and at other levels, until it is clear, so many times.
_TRIES = 60
#: Share of all draws that pictures get whose source has one class only: they cannot be balanced within it.
_SHARE_OF_ONE_CLASS = 0.15


@checked(path=rules.text, body=rules.text, label=rules.text, source=rules.text, kind=rules.text)
@dataclass(frozen=True)
class LabelledPicture:
    """
    One picture whose label is known.

    Parameters
    ----------
    path : str
        The file.
    body : str
        What it shows; several pictures may show one body.
    label : str
        ``"galaxy"``, ``"nebula"``, ``"star cluster"``, or ``"nsc"`` where no more is known.
    source : str, default ""
        Who made it, or collected it.
    kind : str, default ""
        What else is said of it.
    """

    path: str
    body: str
    label: str
    source: str = ""
    kind: str = ""


@checked(folder=rules.path)
def labelled_pictures(folder):
    """
    List the labelled pictures of a folder.

    Parameters
    ----------
    folder : path-like
        It has a file ``labels.csv`` with the columns ``file``, ``body`` (or ``object``; else each file is
        one), ``label`` (``galaxy`` or ``nsc``), and, if known, ``kind`` (or ``subclass``) and ``source``. Of
        a source that names a repository (``github owner/name``) the repository counts.

    Returns
    -------
    tuple of LabelledPicture
        In the order of the file.

    Raises
    ------
    ReadError
        If the file is missing, or lacks a column.
    ParameterError
        If a label is unknown.
    """
    rows = read_labels(Path(folder) / "labels.csv")
    return tuple(_picture(Path(folder), row) for row in rows)


def _picture(folder, row):
    label, kind = row["label"].strip(), row.get("kind") or row.get("subclass") or ""
    if label not in ("galaxy", "nebula", "star cluster", "nsc"):
        raise ParameterError(f"{row['file']}: the label is {label!r}; expected galaxy or nsc")
    if label == "nsc":
        label = next((name for name in ("nebula", "star cluster") if kind.startswith(name)), label)
    source = row.get("source") or ""
    repository = re.search(r"github[ /](?:com/)?([\w.-]+/[\w.-]+)", source)
    return LabelledPicture(
        str(folder / row["file"]),
        row.get("body") or row.get("object") or row["file"],
        label,
        repository.group(1) if repository else source,
        kind,
    )


@checked(
    pictures=rules.several(rules.instance(LabelledPicture)),
    config=rules.instance(SimulationConfig),
    seed=rules.whole(0),
    count=EXPOSURES,
    each=rules.flag,
)
@dataclass(frozen=True)
class PicturePlans:
    """
    Plans of raw exposures of pictures, as `~astroclassify.simulate.simulate_plans` takes them.

    Parameters
    ----------
    pictures : tuple of LabelledPicture
        What is exposed.
    config : SimulationConfig
        What everything else is drawn from; of classes and kinds nothing is taken.
    seed : int
        Of the set.
    count : int
        Number of exposures.
    each : bool, default False
        Take the pictures in turn, ``frames_per_body`` exposures of each; otherwise they are drawn so that
        within each source galaxies are as many as nebulae and clusters, and each body of a class as likely as
        another. Sources with one class only then have 15% of the draws together.
    """

    pictures: tuple[LabelledPicture, ...]
    config: SimulationConfig
    seed: int
    count: int
    each: bool = False

    def __post_init__(self):
        if not self.pictures:
            raise ParameterError("there are no pictures; expected one or more")
        if self.config.blurry:
            raise ParameterError("blurry is True; pictures are exposed as they come, or clear (clear_snr)")

    def __len__(self):
        return self.count

    @cached_property
    def shares(self):
        """How often each picture is drawn (numpy.ndarray)."""
        return _balanced_shares(self.pictures)

    @cached_property
    def _names(self):
        """Numbers of the bodies in an order that says nothing about them."""
        bodies = {picture.body for picture in self.pictures}
        ordered = sorted(bodies, key=fingerprint)
        return {body: f"PIC-{number:06d}" for number, body in enumerate(ordered)}

    def described(self):
        """
        Say what the set is.

        Returns
        -------
        dict
            What stands in its ``config.toml``.
        """
        facts = "\n".join(f"{Path(p.path).name} {p.body} {p.label} {p.source}" for p in self.pictures)
        checksum = fingerprint(facts)
        return self.config.values() | {
            SET_TABLE: {"seed": self.seed, "pictures": checksum, "each": self.each}
        }

    def picture(self, index):
        """
        Say which picture an exposure shows.

        Parameters
        ----------
        index : int
            Its number.

        Returns
        -------
        LabelledPicture
            The picture.
        """
        number = index // self.config.frames_per_body
        if self.each:
            return self.pictures[number % len(self.pictures)]
        chosen = _generator(self.seed, _CHOICE, number).choice(len(self.pictures), p=self.shares)
        return self.pictures[int(chosen)]

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
            Nine letters and digits, or the name of a CSST file.
        """
        return _rootname(self.seed, index, setting_of(self.config, self.seed, index))

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
            The same for all pictures of a body; it says nothing about the body.
        """
        return self._names[self.picture(index).body]

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

        Raises
        ------
        ParameterError
            If none of the views tried is clear, where that is asked for.
        """
        number = index // self.config.frames_per_body
        setting = setting_of(self.config, self.seed, index)
        body = _picture_at_drawn_level(self, number)
        seen = _seen(self.config, self.seed, index, body, setting)
        plan = ExposurePlan(
            index=index,
            seed=self.seed,
            name=self.body(index),
            rootname=self.rootname(index),
            body=body,
            pointing=(0.0, 0.0, 0.0),
            **{**setting, **seen},
        )
        return replace(plan, pointing=_pointing(plan, _sky_position(self.seed, number)))

    def __hash__(self):
        return hash((self.pictures, self.seed, self.count, self.each))


@checked(
    pictures=rules.either(rules.path, rules.several(rules.instance(LabelledPicture))),
    folder=rules.path,
    count=EXPOSURES,
    seed=rules.whole(0),
    config=rules.optional(rules.instance(SimulationConfig)),
    each=rules.flag,
)
def simulate_pictures(
    pictures, folder, *, count, seed=0, config=None, each=False, processes=1, progress=None, previews=False
):
    """
    Make raw files of real bodies: labelled pictures, exposed by the cameras.

    Parameters
    ----------
    pictures : path-like or sequence of LabelledPicture
        A folder as `labelled_pictures` reads it, or its list.
    folder : path-like
        Where to; what an earlier call with the same pictures and seed left is kept.
    count : int
        Number of exposures, one or more.
    seed : int, default 0
        Same seed, same bytes.
    config : SimulationConfig, optional
        What everything but the bodies is drawn from.
    each : bool, default False
        Take the pictures in turn instead of drawing them; see `PicturePlans`.
    processes : int, default 1
        How many at a time; see `~astroclassify.simulate.simulate_set`.
    progress : bool, optional
        Show a progress bar; `None` shows it on a terminal.
    previews : bool, default False
        Save a picture beside each file as well.

    Returns
    -------
    SimulatedSet
        Raw files and tables. The truth has each picture's path (``body_name``) and sha256.

    Raises
    ------
    ParameterError
        If an argument is out of range, or the folder holds another set.
    ReadError
        If there is no table of the pictures.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> from PIL import Image
    >>> from astroclassify.simulate import SimulationConfig, random_frames, simulate_pictures
    >>> (picture,) = random_frames(7, kind="spiral", shape=(192, 192), shown="photograph")
    >>> subarrays = SimulationConfig(instruments={"acs-wfc": 1}, apertures={"acs-wfc": ("WFC1A-512",)})
    >>> with TemporaryDirectory() as folder:
    ...     Image.fromarray(picture.array.astype("uint8")).save(f"{folder}/one.png")
    ...     _ = Path(folder, "labels.csv").write_text("file,body,label\\none.png,M 101,galaxy\\n")
    ...     simulate_pictures(folder, f"{folder}/frames", count=1, config=subarrays).made
    1
    """
    listed = labelled_pictures(pictures) if isinstance(pictures, str | Path) else tuple(pictures)
    plans = PicturePlans(
        listed, SimulationConfig() if config is None else config, int(seed), int(count), each
    )
    return simulate_plans(folder, plans, processes=processes, progress=progress, previews=previews)


# What is drawn --------------------------------------------------------------------------------


def _balanced_shares(pictures):
    sides = [(p.source, p.label == "galaxy") for p in pictures]
    both = {source for source, galaxy in sides if (source, not galaxy) in sides}
    bodies = {
        side: len({p.body for p, s in zip(pictures, sides, strict=True) if s == side}) for side in sides
    }
    of_body = Counter((side, p.body) for side, p in zip(sides, pictures, strict=True))
    shares = np.zeros(len(pictures))
    for n, (picture, side) in enumerate(zip(pictures, sides, strict=True)):
        # A source counts by the class of which it has fewer bodies, so that few are not shown again and
        # again.
        least = min(bodies.get((side[0], galaxy), 0) for galaxy in (True, False)) if side[0] in both else 1
        shares[n] = least / bodies[side] / of_body[side, picture.body]
    alone = np.array([source not in both for source, _ in sides])
    if alone.all() or not alone.any():
        return shares / shares.sum()
    shares[alone] = _SHARE_OF_ONE_CLASS / alone.sum()
    shares[~alone] *= (1 - _SHARE_OF_ONE_CLASS) / shares[~alone].sum()
    return shares


# Cleaning takes a second; a clean picture of a million pixels and three colours is some 15 MB.
@lru_cache(maxsize=128)
def _clean_picture(path, label, seed):
    return from_image(path, angular_size=1.0, magnitude=0.0, label=label, stars="separate", seed=seed)


@lru_cache(maxsize=64)
def _picture_at_drawn_level(plans, number):
    """Give the body a size on the sky, and the brightness that its first frame's level asks for."""
    first = number * plans.config.frames_per_body
    picture, setting = plans.picture(first), setting_of(plans.config, plans.seed, first)
    body = _clean_picture(picture.path, picture.label, _seed_of(plans.seed, picture))
    size = _size(body.picture, setting, _generator(plans.seed, _SIZE, number))
    ra, dec, _ = _sky_position(plans.seed, number)
    latitude = galactic_latitude(ra, dec)
    patch = _generator(plans.seed, _DUST, number).lognormal(0, 0.5)
    dust = np.clip(0.05 / np.sin(np.radians(max(abs(latitude), 1.0))) * patch, *plans.config.extinction)
    body = replace(
        body,
        angular_size=size,
        latitude=latitude,
        extinction=round(float(dust), 4),
    )
    view = _view_of_picture(setting, body, _generator(plans.seed, _VIEW, first, 0))
    setup, (bright, faint) = Setup.of(setting), plans.config.surface_brightness
    target = setup.rate(float(_generator(plans.seed, _LEVEL, number).uniform(bright, faint)))
    return picture_at_level(body, view, setup, target)


def _size(picture, setting, rng):
    """Arcseconds of the picture's longer side."""
    size, longer = _log_uniform(rng, _SIZES), max(picture.shape)
    if picture.at_edges < _FILLED:
        return float(min(size, _COARSEST * longer))
    field = FieldOfView.of(setting["instrument"], setting["aperture"])
    shorter = rng.uniform(*_BEYOND) * min(field.shape) * field.camera.pixel_scale
    return float(min(shorter / min(picture.shape), _COARSEST_FILLED) * longer)


def _view_of_picture(setting, body, rng):
    """Anywhere on a body that stands on dark sky; inside the picture if it is a piece of something larger."""
    view = _view(setting, body, rng)
    if body.picture.at_edges < _FILLED:
        return view
    shape, short = body.picture.shape, min(body.picture.shape)
    quarter, tilt = int(rng.integers(4)), float(rng.normal(0, _UPRIGHT))
    angle = quarter * np.pi / 2 + tilt
    c, s = (abs(wave(angle)) / 2 / view.scale for wave in (np.cos, np.sin))
    rows, columns = view.shape
    reach = c * rows + s * columns, s * rows + c * columns  # of the turned window, body units
    room = [max(0.0, 0.9 * n / short - half) for n, half in zip(shape, reach, strict=True)]
    centre = tuple(float(r * rng.uniform(-1, 1)) for r in room)
    return replace(view, centre=centre, angle=angle)


def _seed_of(seed, picture):
    """One picture has the same structure below its pixels in all frames of a set."""
    return int(fingerprint(f"{seed} {Path(picture.path).name}")[:8], 16) % 2**31


def picture_at_level(body, view, setup, target):
    """
    Choose the magnitude at which a picture has a mean level of light in a view.

    Parameters
    ----------
    body : PictureBody
        The body.
    view : View
        Window on detector pixels.
    setup : Setup
        What the frame is taken with.
    target : float
        Electrons per second and pixel.

    Returns
    -------
    PictureBody
        The same with another magnitude; unchanged if nothing of it is in the view.
    """
    level = setup.level(body, view)
    if not level > 0:
        return body
    # Rounded: the last bits of a sum may depend on the number of threads.
    return replace(body, magnitude=round(body.brightened(target / level).magnitude, 4))


def _seen(config, seed, index, body, setting):
    """Views are tried until one is clear, if that is asked for."""
    for attempt in range(_TRIES):
        view = _view_of_picture(setting, body, _generator(seed, _VIEW, index, attempt))
        if not config.clear_snr:
            return {"view": view}
        frame = _if_clear(config, body, view, setting)
        if frame:
            return frame
    raise ParameterError(
        f"exposure {index}: in {_TRIES} views the body's signal-to-noise ratio per pixel was below "
        f"{config.clear_snr:g}; expected a smaller clear_snr, a higher level, or other times"
    )
