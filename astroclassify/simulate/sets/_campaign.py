"""A folder of simulated exposures with their tables: many processes, may be stopped and run again."""

from dataclasses import dataclass
from pathlib import Path

import tomli_w
from astropy.table import Table

from astroclassify.core import (
    ParameterError,
    ReadError,
    RunFolder,
    check_whole,
    checked,
    open_executor,
    progress_bar,
    rules,
    run_all,
    write_table,
)
from astroclassify.datasets import MANIFEST_FILE, TRUTH_FILE
from astroclassify.io import write_hdus
from astroclassify.simulate._preview import preview
from astroclassify.simulate._rules import EXPOSURES
from astroclassify.simulate._threads import one_thread
from astroclassify.simulate.sets._config import SET_TABLE, SimulationConfig, read_values
from astroclassify.simulate.sets._manifest import (
    failure_table,
    manifest_table,
    read_exposure,
    table_rows,
    truth_card,
    truth_table,
)
from astroclassify.simulate.sets._plan import name_of_body, plan_exposure, rootname_of

CONFIG, FAILURES = "config.toml", "failures.ecsv"


@dataclass(frozen=True)
class SimulatedSet:
    """
    A simulated set on disk: its tables, and how much was made.

    Parameters
    ----------
    folder : pathlib.Path
        Where it is.
    manifest : astropy.table.Table
        A row for each chip, in the columns of the paper's lists.
    truth : astropy.table.Table
        A row for each exposure.
    failures : astropy.table.Table
        Exposures that could not be made.
    made, kept : int
        Exposures that were made now, and that were there before.

    Examples
    --------
    `simulate_set` gives one. Here is an empty one:

    >>> from pathlib import Path
    >>> from astropy.table import Table
    >>> from astroclassify.simulate import SimulatedSet
    >>> made = SimulatedSet(Path("frames"), Table(), Table(), Table(), made=0, kept=0)
    >>> made.made + made.kept
    0
    """

    folder: Path
    manifest: Table
    truth: Table
    failures: Table
    made: int
    kept: int


@checked(config=rules.instance(SimulationConfig), seed=rules.whole(0), count=EXPOSURES)
@dataclass(frozen=True)
class DrawnPlans:
    """
    Plans of exposures that are drawn from a configuration: what `simulate_plans` asks for.

    Parameters
    ----------
    config : SimulationConfig
        What the exposures are drawn from.
    seed : int
        Of the set, zero or more.
    count : int
        Number of exposures, one or more.
    """

    config: SimulationConfig
    seed: int
    count: int

    def __len__(self):
        return self.count

    def described(self):
        """
        Say what the set is.

        Returns
        -------
        dict
            What stands in its ``config.toml``.
        """
        return self.config.values() | {SET_TABLE: {"seed": self.seed}}

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
        return plan_exposure(self.config, self.seed, index)

    def rootname(self, index):
        """
        Name the file of an exposure without planning all of it.

        Parameters
        ----------
        index : int
            Its number.

        Returns
        -------
        str
            Nine letters and digits, or the name of a CSST file.
        """
        return rootname_of(self.config, self.seed, index)

    def body(self, index):
        """
        Name the body of an exposure without planning all of it.

        Parameters
        ----------
        index : int
            Its number.

        Returns
        -------
        str
            As in the manifest.
        """
        return name_of_body(self.config, index)


@dataclass(frozen=True)
class _Job:
    """One exposure to be made, as a worker is told of it."""

    folder: Path
    plans: object
    index: int
    previews: bool

    def rootname(self):
        return self.plans.rootname(self.index)

    def path(self):
        name = self.rootname()
        return self.folder / (f"{name}.fits" if name.startswith("CSST_") else f"{name}_raw.fits")


@checked(
    folder=rules.path,
    config=rules.optional(rules.instance(SimulationConfig)),
    progress=rules.optional(rules.flag),
    previews=rules.flag,
)
def simulate_set(folder, *, count, seed, config=None, processes=1, progress=None, previews=False):
    """
    Make raw files of simulated exposures, with a manifest and the truth beside them.

    Parameters
    ----------
    folder : path-like
        Where to; made if it is not there. What an earlier call with the same seed and configuration left
        is kept, so that a set that was interrupted is completed, and one may grow by a larger count.
    count : int
        Number of exposures, one or more. A set that has more already keeps them, and its tables list all.
    seed : int
        Zero or more. The same seed gives the same bytes, in whatever order and with however many processes.
    config : SimulationConfig, optional
        What the exposures are drawn from.
    processes : int, default 1
        How many at a time, each with one thread. A script that asks for more than one must guard its
        entry by ``if __name__ == "__main__"``, as `multiprocessing` says.
    progress : bool, optional
        Show a progress bar; `None` shows it on a terminal.
    previews : bool, default False
        Save a picture beside each file as well.

    Returns
    -------
    SimulatedSet
        The tables, and how much was made.

    Raises
    ------
    ParameterError
        If an argument is out of range, the folder holds another set, or another process is at work in it.

    Notes
    -----
    The folder holds ``<rootname>_raw.fits`` of each exposure, ``config.toml``, ``manifest.ecsv``,
    ``truth.ecsv`` and, if exposures failed, ``failures.ecsv``. An exposure that fails does not stop the
    others; the next call tries it again.

    Examples
    --------
    One exposure of a subarray of 512 x 512 pixels:

    >>> from astroclassify.simulate import SimulationConfig, simulate_set
    >>> small = SimulationConfig(instruments={"acs-wfc": 1}, apertures={"acs-wfc": ["WFC1A-512"]})
    >>> made = simulate_set(getfixture("tmp_path") / "frames", count=1, seed=7, config=small, progress=False)
    >>> made.made, made.kept, len(made.manifest)
    (1, 0, 1)
    """
    plans = DrawnPlans(SimulationConfig() if config is None else config, seed, count)
    return simulate_plans(folder, plans, processes=processes, progress=progress, previews=previews)


@checked(
    folder=rules.path,
    plans=rules.having("plans, as DrawnPlans", "plan", "described", "__len__"),
    progress=rules.optional(rules.flag),
    previews=rules.flag,
)
def simulate_plans(folder, plans, *, processes=1, progress=None, previews=False):
    """
    Make raw files of planned exposures, with a manifest and the truth beside them.

    Parameters
    ----------
    folder : path-like
        Where to; what an earlier call with the same plans left is kept, as `simulate_set` does.
    plans : DrawnPlans or similar
        ``len(plans)`` exposures of the set ``plans.seed``: ``plan(index)`` gives an `ExposurePlan` from
        the index alone, ``rootname(index)`` and ``body(index)`` its file and body, ``described()`` what makes
        this set differ from others, as values of a TOML file. It is sent to workers, so it can be pickled.
    processes : int, default 1
        How many at a time, each with one thread.
    progress : bool, optional
        Show a progress bar; `None` shows it on a terminal.
    previews : bool, default False
        Save a picture beside each file as well.

    Returns
    -------
    SimulatedSet
        The tables, and how much was made.

    Raises
    ------
    ParameterError
        If there is no plan, an argument is out of range, the folder holds another set, or another process is
        at work in it.

    Examples
    --------
    Exposures that are drawn from a configuration; `simulate_set` does the same:

    >>> from astroclassify.simulate import DrawnPlans, SimulationConfig, simulate_plans
    >>> small = SimulationConfig(instruments={"acs-wfc": 1}, apertures={"acs-wfc": ["WFC1A-512"]})
    >>> plans = DrawnPlans(small, seed=7, count=1)
    >>> simulate_plans(getfixture("tmp_path") / "frames", plans, progress=False).made
    1
    """
    folder, count = Path(folder), len(plans)
    check_whole("processes", processes)
    check_whole("the number of plans", count)
    run = RunFolder(folder)
    _check_known(run)
    with run:
        _check_same_set(run, plans.described())
        return _completed(folder, plans, processes, progress, previews)


def _check_known(run):
    if not (run.folder / CONFIG).exists() and any(run.folder.glob("*.fits")):
        raise ParameterError(
            f"{run.folder} holds raw files, but no {CONFIG} that says where they are from; "
            "expected an empty folder"
        )


def _check_same_set(run, asked):
    """Make sure that the folder is, or becomes, that of this very set."""
    run.same_run(
        CONFIG,
        asked,
        kind="set",
        text=tomli_w.dumps(asked),
        read=lambda path: SimulationConfig().values() | read_values(path),  # an older set lacks newer keys
        advice="expected the same seed and configuration, or another folder",
    )


def _completed(folder, plans, processes, progress, previews):
    jobs = [_Job(folder, plans, index, previews) for index in range(len(plans))]
    known = {job.index: rows for job in jobs if (rows := _kept(job))}
    missing = [job for job in jobs if job.index not in known]
    known |= _others(folder, jobs)
    kept, errors = len(known), {}
    with progress_bar(total=len(jobs), progress=progress, description="simulating") as bar:
        bar.update(len(jobs) - len(missing))
        for index, result in _results(missing, processes):
            (errors if isinstance(result, str) else known)[index] = result
            bar.update()
    return _write_tables(folder, jobs, known, errors, kept=kept)


# The folder ----------------------------------------------------------------------------------


def _kept(job):
    """Give what the tables say of an exposure that an earlier call has made; `None` where there is none."""
    path = job.path()
    if not path.exists() or (job.previews and not path.with_suffix(".png").exists()):
        return None
    found = _read(path, job.plans.seed)
    return found if found and found[1]["index"] == job.index else None


def _others(folder, jobs):
    """Give, by number, what the tables say of exposures that an earlier call with a larger count has made."""
    asked, seed = {job.path() for job in jobs}, jobs[0].plans.seed
    found = [_read(path, seed) for path in sorted(set(folder.glob("*.fits")) - asked)]
    return {each[1]["index"]: each for each in found if each and each[1]["index"] >= len(jobs)}


def _read(path, seed):
    """Give what the tables say of a file; `None` where it is not a whole one of the set of this seed."""
    try:
        rows, truth = read_exposure(path)
    except ReadError:
        return None
    return (rows, truth) if truth["seed"] == seed else None


def _write_tables(folder, jobs, known, errors, *, kept):
    chips, truths = zip(*(known[index] for index in sorted(known)), strict=True) if known else ((), ())
    rows = [row for each in chips for row in each]
    failures = [
        (job.index, job.rootname(), job.plans.body(job.index), errors[job.index])
        for job in jobs
        if job.index in errors
    ]
    tables = manifest_table(rows), truth_table(truths), failure_table(failures)
    for table, name in zip(tables, (MANIFEST_FILE, TRUTH_FILE, FAILURES), strict=True):
        if name == FAILURES and not failures:
            (folder / name).unlink(missing_ok=True)
        else:
            write_table(table, folder / name)
    return SimulatedSet(folder, *tables, made=len(known) - kept, kept=kept)


# The work ------------------------------------------------------------------------------------


def _results(jobs, processes):
    """Give the number of each exposure as it is done, and what the tables say of it, or its error."""
    workers = max(1, min(processes, len(jobs)))
    with open_executor(workers) as executor:
        for job, future in run_all(executor, _attempt, jobs, waiting=2 * workers - 1):
            error = future.exception()
            yield job.index, _described(error) if error else future.result()


@one_thread()
def _attempt(job):
    """Make one exposure; give what the tables say of it, or the error that it met as text."""
    try:
        return _make(job)
    except Exception as error:  # whatever goes wrong with one exposure, the others go on
        return _described(error)


def _described(error):
    return f"{type(error).__name__}: {error}"


def _make(job):
    path, plan = job.path(), job.plans.plan(job.index)
    exposure = plan.expose()
    hdus = exposure.hdus(path.name, header=plan.header(), history=[truth_card(plan.truth())])
    if job.previews:
        preview(exposure, path=path.with_suffix(".png"))
    write_hdus(path, hdus, overwrite=True)
    return table_rows(hdus)
