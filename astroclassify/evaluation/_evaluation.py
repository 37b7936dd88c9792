"""The result of an evaluation: answers of models to frames, and the tables made of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from astropy.table import Table

from astroclassify.core import ReadError, write_table
from astroclassify.datasets import read_manifest
from astroclassify.evaluation import _tables
from astroclassify.evaluation._baselines import SAME, STATISTICS, baselines, rules_for, scored_frames
from astroclassify.evaluation._reasons import misclassified
from astroclassify.evaluation._tables import compare_models, compare_with_rules

ANSWERS, TABLES = "answers.ecsv", "tables"


@dataclass(frozen=True, eq=False, repr=False)
class Evaluation:
    """
    The answers of models to labelled frames, and the tables made of them.

    Parameters
    ----------
    models : tuple of str
        Labels of the models, in the order in which they were asked for.
    answers : `~astropy.table.Table`
        A row for each model and frame, model by model, frames in the order of the list; the columns are
        told in the documentation (:doc:`/evaluation`).
    tables : mapping of str to `~astropy.table.Table`
        ``"performance"`` and the others, by name.
    folder : pathlib.Path
        Where all of it is kept.

    Examples
    --------
    >>> from astroclassify.evaluation import Evaluation
    >>> from astropy.table import Table
    >>> Evaluation(("patchnet",), Table({"label": ["galaxy"]})).models
    ('patchnet',)
    """

    models: tuple[str, ...]
    answers: Table
    tables: Mapping[str, Table] = field(default_factory=dict)
    folder: Path = Path()

    def __repr__(self):
        frames = len(self.answers) // max(1, len(self.models))
        return f"<Evaluation of {', '.join(self.models)} on {frames} frames, in {self.folder}>"

    def of(self, model):
        """
        Give the answers of one model.

        Parameters
        ----------
        model : str
            One of `models`.

        Returns
        -------
        `~astropy.table.Table`
            Its rows, in the order of the list of frames.
        """
        return self.answers[self.answers["model"] == model]

    def write(self):
        """
        Write ``answers.ecsv`` and ``tables/NAME.ecsv`` into the folder.

        Returns
        -------
        list of pathlib.Path
            The files.
        """
        files = {self.folder / ANSWERS: self.answers}
        files |= {self.folder / TABLES / f"{name}.ecsv": table for name, table in self.tables.items()}
        for path, table in files.items():
            write_table(table, path)
        return list(files)


def read_evaluation(folder):
    """
    Read an evaluation from the folder it was written to.

    Parameters
    ----------
    folder : path-like
        The folder that `evaluate` was given.

    Returns
    -------
    Evaluation
        As `evaluate` gave it.

    Raises
    ------
    ReadError
        If no finished evaluation is there.

    Examples
    --------
    >>> from astropy.table import Table
    >>> from astroclassify.evaluation import Evaluation, read_evaluation
    >>> folder = getfixture("tmp_path") / "judged"
    >>> answers = Table({"model": ["patchnet"], "name": ["a.fits"], "label": ["galaxy"]})
    >>> files = Evaluation(("patchnet",), answers, folder=folder).write()
    >>> print(read_evaluation(folder).of("patchnet")["label"][0])
    galaxy
    """
    folder = Path(folder)
    if not (folder / ANSWERS).is_file():
        raise ReadError(
            f"{folder} holds no finished evaluation (there is no {ANSWERS}); run `astroclassify evaluate`, "
            "again if it was stopped: it goes on where it was"
        ).with_facts(file=folder, expected=ANSWERS)
    answers = _read(folder / ANSWERS)
    tables = {path.stem: _read(path) for path in sorted((folder / TABLES).glob("*.ecsv"))}
    return Evaluation(tuple(dict.fromkeys(map(str, answers["model"]))), answers, tables, folder)


def _read(path):
    """Read a table; what is empty is a text without letters, not a masked one."""
    table = Table.read(path, format="ascii.ecsv")
    for name in table.colnames:
        if table[name].dtype.kind == "U" and hasattr(table[name], "filled"):
            table[name] = table[name].filled("")
    return table


#: What a list must tell for rules to be learnt from it.
_LEARNT_FROM = ("Instrument", "Filter", "Label")


def all_tables(answers, frames, *, reference=None, truth=None, draws=2000, rng=0):
    """
    Make every table.

    Parameters
    ----------
    answers : `~astropy.table.Table`
        Of an evaluation.
    frames : `~astropy.table.Table`
        A row for each frame, with the statistics of its pixels.
    reference : `~astropy.table.Table`, optional
        A list from which rules on instrument and band are learnt.
    truth : mapping of str to mapping, optional
        The truth of each simulated exposure.
    draws : int, default 2000
        Bootstrap samples.
    rng : int, default 0
        Their seed.

    Returns
    -------
    dict of str to `~astropy.table.Table`
        By name.
    """
    chance = {"draws": draws, "rng": rng}
    of_models = {str(model): answers[answers["model"] == model] for model in dict.fromkeys(answers["model"])}
    scored = scored_frames(frames)
    rules = rules_for(scored, reference=reference)
    return {
        "performance": _tables.performance(of_models, **chance),
        "confusion": _tables.confusion(of_models),
        "calibration": _tables.calibration(of_models, **chance),
        "reliability": _tables.reliability(of_models),
        "coverage": _tables.coverage(of_models),
        "roc": _tables.roc(of_models),
        "by_body": _tables.by_body(of_models, **chance),
        "by_band": _tables.by_group(of_models, "Filter", **chance),
        "by_instrument": _tables.by_group(of_models, "Instrument", **chance),
        "baselines": baselines(scored, rules, **chance),
        "comparisons": compare_models(of_models, **chance),
        "against_rules": compare_with_rules(of_models, _rivals(scored, rules), **chance),
        "misclassified": misclassified(answers, frames, truth=truth),
        "frames": frames,
    }


def _rivals(scored, rules):
    """The best fair baseline on metadata and the best on a pixel statistic: their calls by frame."""
    truth, names = np.asarray(scored["truth"] == "galaxy"), [str(name) for name in scored["name"]]
    rivals = {}
    for on_numbers in (False, True):
        kind = [rule for rule in rules if rule.is_fair and (rule.name in STATISTICS) == on_numbers]
        best = max(kind, key=lambda rule: (rule.called == truth).sum())
        rivals[best.name] = dict(zip(names, best.called.tolist(), strict=True))
    return rivals


def summary_text(evaluation):
    """
    Write the main table for people, as the paper's Table 4.

    Parameters
    ----------
    evaluation : Evaluation
        From `evaluate`.

    Returns
    -------
    str
        Lines: accuracy and F1 in percent with 95% intervals by body, times in ms; then what the best rules
        that see no picture reach.
    """
    main, rules = (evaluation.tables[name] for name in ("performance", "baselines"))
    lines = [
        ["model", "frames", "accuracy (95%, by body)", "F1 galaxy", "F1 NSC", "prep. ms", "class. ms", "ms"]
    ]
    for row in main:
        times = [f"{row[name]:.1f}" for name in ("preprocess_ms", "classify_ms", "total_ms")]
        shares = [_percent(row, name) for name in ("accuracy", "f1_galaxy", "f1_nsc")]
        lines.append([str(row["model"]), str(row["frames"]), *shares, *times])
    for row in rules[_published_rules(rules)]:
        shares = [_percent(row, name) for name in ("accuracy", "f1_galaxy", "f1_nsc")]
        lines.append([f"{row['looks_at']}, learnt on {row['learnt_on']}", "", *shares, "", "", ""])
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def _published_rules(rules):
    """Fair rules on words, and what the instrument alone could tell at best, as of the published list."""
    words = np.array([name not in STATISTICS for name in rules["looks_at"]])
    return words & ((rules["learnt_on"] != SAME) | (rules["looks_at"] == "instrument"))


def _percent(row, name):
    value, low, high = (100 * row[f"{name}{ending}"] for ending in ("", "_low", "_high"))
    return f"{value:.2f} ({low:.1f}-{high:.1f})" if np.isfinite(low) else f"{value:.2f}"


def reference_list(source):
    """
    Read the list that rules are learnt on.

    Parameters
    ----------
    source : path-like, `~astropy.table.Table` or None
        A manifest; its files need not be there.

    Returns
    -------
    `~astropy.table.Table` or None
        The list, without frames of no body.
    """
    if source is None:
        return None
    table = source if isinstance(source, Table) else read_manifest(source, required=_LEARNT_FROM)
    table = table.copy()
    table["Label"] = np.char.lower(np.char.strip(np.asarray(table["Label"], dtype=str)))
    return table[table["Label"] != "field"]
