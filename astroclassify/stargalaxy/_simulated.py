"""Sets of simulated sources: fields of several sky densities, drawn, measured and matched one by one."""

import itertools
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from astropy import units as u

from astroclassify.core import (
    ParameterError,
    RunFolder,
    check_memory,
    checked,
    open_executor,
    progress_bar,
    provenance,
    rules,
    run_all,
)
from astroclassify.instruments import INSTRUMENTS
from astroclassify.simulate import SURVEY_BANDS, survey_field
from astroclassify.stargalaxy._background import MESH
from astroclassify.stargalaxy._match import with_truth
from astroclassify.stargalaxy._measure import measure_sources
from astroclassify.stargalaxy._sample import CUTOUT
from astroclassify.stargalaxy._set import ABOUT, SourceSet, fields_there, write_field

#: Galactic latitudes of the fields, degrees north and south. A quarter of the sources are then stars, as in
#: arXiv:2604.10086 (32,371 of 125,896).
_LATITUDES = (20.0, 90.0)
#: Quasars are drawn so many times as often as they are: they would be too few to learn from.
_QUASARS = 4.0
_SKY, _SKY_SCATTER = 22.4, 0.2  # V magnitudes per square arcsecond
_DENSITY_SCATTER = 0.15  # of the logarithm of star counts, and of galaxy counts, from field to field
_MOST_BLUR = 0.25  # pixels rms
#: Memory that a band takes for each pixel of a field, bytes, at least (see `survey_field`).
_BYTES = 16
_FIELDS_TO_TRY = 20  # before it is said that fields have hardly any sources


@dataclass(frozen=True)
class FieldPlan:
    """
    How a field of a set is drawn.

    Parameters
    ----------
    latitude, longitude : float
        Galactic, degrees.
    place : tuple of float
        On the focal plane, -1 to 1.
    sky : float
        V magnitudes per square arcsecond.
    stars, galaxies : float
        Multiply the numbers of objects.
    blur : float
        Pixels rms.
    """

    latitude: float
    longitude: float
    place: tuple[float, float]
    sky: float
    stars: float
    galaxies: float
    blur: float

    @classmethod
    def drawn(cls, rng, latitudes=_LATITUDES):
        """
        Draw a plan.

        Parameters
        ----------
        rng : numpy.random.Generator
            Source of randomness.
        latitudes : tuple of float, optional
            Degrees from the Galactic plane; fields are spread evenly over the sky between them.

        Returns
        -------
        FieldPlan
            Some field of the survey.
        """
        sine = rng.uniform(*np.sin(np.radians(latitudes)))
        return cls(
            float(np.degrees(np.arcsin(sine)) * rng.choice([-1, 1])),
            float(rng.uniform(0, 360)),
            tuple(float(p) for p in rng.uniform(-1, 1, 2)),
            float(np.clip(rng.normal(_SKY, _SKY_SCATTER), 21.8, 23.2)),
            *(float(d) for d in rng.lognormal(0, _DENSITY_SCATTER, 2)),
            float(rng.uniform(0, _MOST_BLUR)),
        )


def plan_field(seed, number, latitudes=_LATITUDES):
    """
    Say how a field of a set is drawn, by the set's seed and its number alone.

    Parameters
    ----------
    seed : int
        Of the set.
    number : int
        Of the field.
    latitudes : tuple of float, optional
        As for `FieldPlan.drawn`.

    Returns
    -------
    FieldPlan
        The plan.
    """
    return FieldPlan.drawn(np.random.default_rng([seed, number, 0]), latitudes)


@checked(
    folder=rules.path,
    count=rules.whole(),
    seed=rules.whole(0),
    shape=rules.shape,
    latitudes=rules.numbers(u.deg, 2),
    limit=rules.number,
    processes=rules.whole(),
)
def simulate_sources(
    folder,
    *,
    count,
    seed=1,
    bands=SURVEY_BANDS,
    shape=(1024, 1024),
    latitudes=_LATITUDES,
    limit=27.0,
    processes=1,
    progress=None,
):
    """
    Simulate a set of measured sources with their truth, or complete one.

    Parameters
    ----------
    folder : path-like
        The set's folder.
    count : int
        How many sources at least; whole fields are drawn until there are so many. More of them later add
        fields to the same set.
    seed : int, default 1
        Same seed, same sources.
    bands : sequence of str, default all seven
        Of the survey.
    shape : tuple of int, default (1024, 1024)
        Rows and columns of each field, 128 or more: a cell of the mesh on which the sky is measured.
    latitudes : tuple of float, default (20, 90)
        Galactic latitudes of the fields, north and south, degrees: a quarter of the sources are stars.
    limit : float, default 27
        Faintest i magnitude of the objects that are drawn.
    processes : int, default 1
        How many fields are drawn at a time.
    progress : bool, optional
        Show a progress bar; `None` shows it on a terminal.

    Returns
    -------
    SourceSet
        The set.

    Raises
    ------
    ParameterError
        If the folder holds another set, a parameter is out of range, the fields have no sources, or the
        machine has not enough memory for one.
    OptionalDependencyError
        If photutils or pyarrow is not installed.

    Notes
    -----
    Fields lie evenly on the sky between the latitudes, at all places of the focal plane, with some scatter of
    sky, densities and pointing. Quasars are four times as many as on the sky.

    Examples
    --------
    A single small field in one band. A training needs tens of thousands of sources, in all bands:

    >>> from astroclassify.stargalaxy import simulate_sources
    >>> folder = getfixture("tmp_path") / "sources"
    >>> field = {"shape": (128, 128), "bands": ("i",), "limit": 22.0}
    >>> made = simulate_sources(folder, count=1, **field, progress=False)
    >>> made.bands, len(made.catalogue) >= 1
    (('i',), True)
    """
    asked = {"seed": seed, "bands": list(bands), "shape": list(shape), "limit": float(limit), "size": CUTOUT}
    asked |= {
        "pixel_scale": INSTRUMENTS["csst-msc"].pixel_scale,
        "quasars": _QUASARS,
        "latitudes": list(latitudes),
    }
    if min(shape) < MESH:
        raise ParameterError(
            f"shape is {shape}; expected sides of {MESH} pixels or more: smaller ones have hardly any sources"
        )
    if not 0 <= latitudes[0] <= latitudes[1] <= 90:
        raise ParameterError(
            f"latitudes are {latitudes}; expected two of 0 to 90 degrees, the lower one first"
        )
    check_memory("shape", shape, each=_BYTES * len(bands))
    with RunFolder(folder) as run:
        run.same_run(ABOUT, asked, kind="set of sources", notes=provenance())
        _fill(Path(folder), count, asked, processes, progress)
    return SourceSet.open(folder)


def _fill(folder, count, asked, processes, progress):
    there = fields_there(folder)
    total = sum(there.values())

    def missing():
        for number in itertools.count():
            if total >= count:
                return
            if number >= _FIELDS_TO_TRY and total < number:
                raise ParameterError(f"{number} fields have {total} sources; expected larger fields")
            if number not in there:
                yield number

    draw = partial(_draw_field, folder, asked)
    with (
        progress_bar(total=count, progress=progress, description="sources") as bar,
        open_executor(processes) as executor,
    ):
        bar.update(total)
        for _, future in run_all(executor, draw, missing(), waiting=2 * processes - 1):
            total += future.result()
            bar.update(future.result())


def _draw_field(folder, asked, number):
    """Draw a field and write its sources; says how many there are."""
    sample = field_sources(asked["seed"], number, asked)
    write_field(folder, number, sample)
    return len(sample)


def field_sources(seed, number, asked):
    """
    Draw, measure and match one field.

    Parameters
    ----------
    seed, number : int
        Of the set and of the field.
    asked : dict
        ``bands``, ``shape``, ``latitudes`` and ``limit`` of the set.

    Returns
    -------
    SourceSample
        With truth, ``field`` and ``latitude``.
    """
    plan = plan_field(seed, number, asked["latitudes"])
    field = survey_field(
        np.random.default_rng([seed, number, 1]),
        bands=tuple(asked["bands"]),
        shape=tuple(asked["shape"]),
        limit=asked["limit"],
        latitude=plan.latitude,
        longitude=plan.longitude,
        place=plan.place,
        sky=plan.sky,
        stars=plan.stars,
        galaxies=plan.galaxies,
        quasars=_QUASARS,
        blur=plan.blur,
    )
    sample = with_truth(measure_sources(field.images), field.truth)
    sample.catalogue["field"] = np.full(len(sample), number, np.int32)
    sample.catalogue["latitude"] = np.full(len(sample), plan.latitude, np.float32)
    return sample
