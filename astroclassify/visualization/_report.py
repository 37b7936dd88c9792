"""The report of an evaluation: one web page, and its figures as files."""

import json
import platform
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from astropy.table import Table

from astroclassify.core import checked, fingerprint, package_version, rules, write_page
from astroclassify.evaluation import STATISTICS as _PIXELS
from astroclassify.evaluation import AskedModel, fair_rules
from astroclassify.visualization import _evaluation as figures_of
from astroclassify.visualization._evaluation_errors import plot_misclassified
from astroclassify.visualization._evaluation_style import percent
from astroclassify.visualization._report_page import (
    Definitions,
    Figures,
    Paragraph,
    Section,
    ends,
    interval,
    number,
    page_table,
)
from astroclassify.visualization._robustness import plot_robustness
from astroclassify.visualization._rules import EVALUATION, FRAMES

_PACKAGES = ("astroclassify", "torch", "numpy", "astropy", "matplotlib")
_PERCENT = {"scale": 100, "form": ".1f"}
_PAGE, _FIGURES = "report.html", "figures"


@checked(
    evaluation=EVALUATION, folder=rules.path, robustness=rules.optional(rules.instance(Table)), frames=FRAMES
)
def evaluation_report(evaluation, folder, *, robustness=None, frames=None):
    """
    Write an evaluation as one web page that needs nothing else.

    Parameters
    ----------
    evaluation : Evaluation
        From `astroclassify.evaluation.evaluate` or `~astroclassify.evaluation.read_evaluation`.
    folder : path-like
        Where ``report.html`` is written, and each figure as PNG and PDF in ``figures``.
    robustness : Table, optional
        From `~astroclassify.evaluation.measure_robustness`; by default ``robustness.ecsv`` in the folder
        of the evaluation, where there is one.
    frames : mapping of str to CCDData, NDData or array, optional
        Pixels of misclassified frames, as for `plot_misclassified`.

    Returns
    -------
    pathlib.Path
        The page.

    Raises
    ------
    OptionalDependencyError
        If matplotlib is not installed.

    Examples
    --------
    Two simulated frames:

    >>> from astroclassify.datasets import LabelledFrame
    >>> from astroclassify.evaluation import evaluate
    >>> from astroclassify.simulate import random_frames
    >>> from astroclassify.visualization import evaluation_report
    >>> frames = []
    >>> for kind in ("spiral", "globular"):
    ...     (one,) = random_frames(3, kind=kind, shape=(96, 96))
    ...     frames.append(LabelledFrame(one.array, one.label, body=kind))
    >>> folder = getfixture("tmp_path") / "judged"
    >>> found = evaluate("patchnet", frames, folder, draws=100, progress=False)
    >>> evaluation_report(found, folder).name
    'report.html'
    """
    folder = Path(folder)
    robustness = _robustness_of(evaluation) if robustness is None else robustness
    figures = Figures(folder / _FIGURES)
    sections = [
        _section("accuracy", "How good and how fast", _accuracy(evaluation, figures)),
        _section("confusion", "What is called what", _confusion(evaluation, figures)),
        _section("probabilities", "What the probabilities are worth", _probabilities(evaluation, figures)),
        _section("rules", "Rules that see no picture", _rules(evaluation)),
        _section("comparisons", "Is one model better than another?", _comparisons(evaluation)),
        _section("groups", "By instrument and band", _groups(evaluation)),
        _section("bodies", "By body", _bodies(evaluation, figures)),
        _section("robustness", "Robustness", _robustness(robustness, figures)),
        _section("errors", "Misclassified frames", _errors(evaluation, figures, frames)),
        _section("provenance", "Where this comes from", [Definitions(_provenance(evaluation))]),
    ]
    path = folder / _PAGE
    write_page(
        path,
        "astroclassify.visualization",
        "evaluation.html",
        title=f"{len(evaluation.models)} {_s('model', evaluation.models)} on {_size(evaluation)}",
        summary=_summary(evaluation),
        sections=[section for section in sections if section.parts],
    )
    return path


def _section(anchor, title, parts):
    return Section(anchor, title, [part for part in parts if part])


def _robustness_of(evaluation):
    path = evaluation.folder / "robustness.ecsv"
    return Table.read(path, format="ascii.ecsv") if path.is_file() else None


def _s(word, things):
    return word if len(things) == 1 else f"{word}s"


def _size(evaluation):
    main = evaluation.tables["performance"]
    frames, bodies, visits = (int(np.max(main[name])) for name in ("frames", "bodies", "visits"))
    return f"{frames} frames of {bodies} bodies in {visits} visits"


def _summary(evaluation):
    best = max(evaluation.tables["performance"], key=lambda row: np.nan_to_num(row["accuracy"]))
    text = (
        f"The highest accuracy is that of {best['model']}: "
        f"{percent(best['accuracy'], best['accuracy_low'], best['accuracy_high'])}."
    )
    rule = _best_rule(evaluation.tables["baselines"])
    if rule is not None:
        text += (
            f" The best rule that sees no picture, on {rule['looks_at']} and learnt on {rule['learnt_on']}, "
            f"has {percent(rule['accuracy'], rule['accuracy_low'], rule['accuracy_high'])}."
        )
    return (
        f"{text} Intervals are 95%, from bootstrap samples of whole bodies: frames of one body are right or "
        "wrong together. Frames answered \u201cuncertain\u201d count by what they lean to."
    )


def _best_rule(rules):
    fair = fair_rules(rules)
    return max(fair, key=lambda row: np.nan_to_num(row["accuracy"])) if len(fair) else None


# Sections ----------------------------------------------------------------------------------------


def _share(name):
    return lambda row: interval(row, name, **_PERCENT)


def _text(name):
    return lambda row: str(row[name])


def _count(name):
    return lambda row: number(int(row[name]), "d")


def _time(name):
    return lambda row: number(row[name], ".1f")


def _accuracy(evaluation, figures):
    columns = {
        "model": _text("model"),
        "accuracy %": _share("accuracy"),
        "by visit %": lambda row: ends(row, "accuracy_visit", **_PERCENT),
        "F1 galaxy %": _share("f1_galaxy"),
        "F1 NSC %": _share("f1_nsc"),
        "preprocessing ms": _time("preprocess_ms"),
        "classification ms": _time("classify_ms"),
        "total ms": _time("total_ms"),
        "failed": _count("failed"),
    }
    more = {"model": _text("model")} | {
        f"{figure} {name} %": _share(f"{figure}_{label}")
        for label, name in (("galaxy", "galaxy"), ("nsc", "NSC"))
        for figure in ("precision", "recall")
    }
    main = evaluation.tables["performance"]
    return [
        page_table(
            main,
            columns,
            caption="As Table 4 of the paper, with 95% intervals by body. The third column is the interval "
            "of the accuracy by visit. Preprocessing goes from the file to the input of the network.",
        ),
        page_table(main, more, caption="Precision and recall of both classes, with 95% intervals by body."),
        figures.embed(
            figures_of.plot_accuracy_and_time(evaluation),
            "accuracy_and_time",
            alternative="Accuracy of each model against its time for a frame, as in the table above",
            caption="Accuracy against time, with 95% intervals by body.",
        ),
    ]


def _confusion(evaluation, figures):
    columns = {name: _text(name) for name in ("model", "truth")}
    columns |= {"called galaxy": _count("galaxy"), "called NSC": _count("nsc")}
    columns |= {name: _count(name) for name in ("uncertain", "failed")}
    return [
        figures.embed(
            figures_of.plot_confusion(evaluation),
            "confusion",
            alternative="A confusion matrix of each model; the numbers are in the table below",
            caption="Confusion matrices, as in Fig. 3 of the paper: true class in rows, answers in columns.",
        ),
        page_table(
            evaluation.tables["confusion"],
            columns,
            caption="Frames are counted by their leaning. Some of them are answered \u201cuncertain\u201d.",
        ),
    ]


def _probabilities(evaluation, figures):
    columns = {
        "model": _text("model"),
        "area under ROC": lambda row: interval(row, "auc"),
        "ECE": lambda row: interval(row, "ece"),
        "answered %": _share("coverage"),
        "accuracy of these %": _share("accuracy_of_answered"),
    }
    return [
        page_table(
            evaluation.tables["calibration"],
            columns,
            caption="ECE is the expected calibration error. Frames that are not \u201cuncertain\u201d are "
            "answered.",
        ),
        figures.embed(
            figures_of.plot_roc(evaluation),
            "roc",
            alternative="Receiver operating characteristics; the areas under them are in the table above",
            caption="Receiver operating characteristics. Dots: the threshold 0.5.",
        ),
        figures.embed(
            figures_of.plot_reliability(evaluation),
            "reliability",
            alternative="Accuracy against confidence of each model; the errors are in the table above",
            caption="Reliability diagram: accuracy against confidence. On the grey line both are equal. "
            "The area of a dot is the number of frames.",
        ),
    ]


def _rules(evaluation):
    columns = {
        "looks at": lambda row: _PIXELS.get(str(row["looks_at"]), str(row["looks_at"])),
        "learnt on": _text("learnt_on"),
        "accuracy %": _share("accuracy"),
        "F1 galaxy %": _share("f1_galaxy"),
        "F1 NSC %": _share("f1_nsc"),
    }
    against = {
        "model": _text("model"),
        "rule": lambda row: _PIXELS.get(str(row["other"]), str(row["other"])),
        **_difference_columns(),
    }
    return [
        Paragraph(
            "Compare the accuracy of a model with these baselines: rules on the metadata of the list, and on "
            "one number of each frame's pixels. Rules that were learnt on these very frames are an upper "
            "limit, and no fair comparison."
        ),
        page_table(
            evaluation.tables["baselines"],
            columns,
            caption="Accuracy of the baselines, with 95% intervals by body.",
        ),
        page_table(
            evaluation.tables["against_rules"],
            against,
            caption="Models against the best fair metadata-only baseline, and against the best one-number "
            "rule.",
        ),
    ]


def _difference_columns():
    return {
        "only the first right": _count("only_model_right"),
        "only the second right": _count("only_other_right"),
        "difference of accuracy %": _share("difference"),
        "p, bootstrap by body": lambda row: number(row["p_bootstrap_holm"], ".3g"),
        "p, McNemar": lambda row: number(row["p_mcnemar_holm"], ".3g"),
    }


def _comparisons(evaluation):
    columns = {"model": _text("model"), "and": _text("other"), **_difference_columns()}
    return [
        page_table(
            evaluation.tables["comparisons"],
            columns,
            caption="Pairs of models on the same frames. The probabilities of such a difference by chance "
            "are corrected by Holm's method. McNemar's test assumes independent frames, which frames of one "
            "body are not.",
        )
    ]


def _groups(evaluation):
    counts = {"bodies": _count("bodies"), "galaxies": _count("galaxies"), "NSC": _count("nsc")}
    instruments = {
        "model": _text("model"),
        "instrument": _text("Instrument"),
        **counts,
        "accuracy %": _share("accuracy"),
        "F1 galaxy %": _share("f1_galaxy"),
        "F1 NSC %": _share("f1_nsc"),
        "ECE": lambda row: interval(row, "ece"),
    }
    table = evaluation.tables["by_band"]
    found = {(str(row["model"]), str(row["Filter"])): row for row in table}
    first = [found[evaluation.models[0], band] for band in dict.fromkeys(map(str, table["Filter"]))]
    bands = {"band": _text("Filter"), **counts}
    bands |= {f"{model} %": _in_band(found, model) for model in evaluation.models}
    return [
        page_table(
            evaluation.tables["by_instrument"],
            instruments,
            caption="By instrument, with 95% intervals by body; one body has no interval.",
        ),
        page_table(
            first,
            bands,
            caption="Accuracy by band, with 95% intervals by body; more figures are in tables/by_band.ecsv.",
        ),
    ]


def _in_band(found, model):
    return lambda row: interval(found[model, str(row["Filter"])], "accuracy", **_PERCENT)


def _bodies(evaluation, figures):
    return [
        figures.embed(
            figures_of.plot_accuracy_by_body(evaluation),
            "accuracy_by_body",
            alternative="Share of each body's frames that each model has right, as in tables/by_body.ecsv",
            caption="Accuracy by body, with the number of its frames, and 95% intervals by visit where there "
            "are several visits. The numbers are in tables/by_body.ecsv.",
        )
    ]


def _robustness(table, figures):
    if table is None:
        return []
    columns = {name: _text(name) for name in ("model", "quantity", "level")}
    columns |= {name: _count(name) for name in ("frames", "refused")}
    columns |= {
        "accuracy %": lambda row: interval(row, "accuracy", ends=("low", "high"), **_PERCENT),
        "change %": lambda row: interval(row, "change", ends=("change_low", "change_high"), **_PERCENT),
        "ECE": lambda row: interval(row, "ece"),
    }
    return [
        figures.embed(
            plot_robustness(table),
            "robustness",
            alternative="Accuracy and calibration error as frames get worse, as in the table below",
            caption="Accuracy and expected calibration error as frames get worse, with 95% intervals by "
            "body. n is the number of frames at levels at which some frames cannot be made.",
        ),
        page_table(
            table,
            columns,
            caption="Change is the accuracy minus that of the same frames at the first level. Refused frames "
            "could not be made, or not be classified.",
        ),
    ]


def _errors(evaluation, figures, frames):
    table = evaluation.tables["misclassified"]
    if not len(table):
        return [Paragraph("No frame is misclassified.")]
    reasons = list(dict.fromkeys(map(str, table["reason"])))
    rows = [
        {"model": model} | {reason: _number_of(table, model, reason) for reason in reasons}
        for model in evaluation.models
    ]
    columns = {"model": _text("model")} | {reason: _count(reason) for reason in reasons}
    parts = [
        Paragraph(
            "The three reasons are those of the paper. A rule proposes one of them for each frame, from its "
            "pixels, and a person should confirm it. tables/misclassified.ecsv lists all frames."
        ),
        page_table(rows, columns, caption="Misclassified frames by reason."),
    ]
    wrong = [model for model in evaluation.models if (table["model"] == model).any()]
    return parts + [_pictures(evaluation, figures, model, frames) for model in wrong]


def _pictures(evaluation, figures, model, frames):
    return figures.embed(
        plot_misclassified(evaluation, model, frames=frames),
        f"misclassified_{AskedModel(model, None).file_name}",
        alternative=f"Misclassified frames of {model}, each with the proposed reason",
        caption=f"Misclassified frames of {model}, as in Fig. 4 of the paper: reasons in turn, the surest "
        "first.",
        picture=True,
    )


def _number_of(table, model, reason):
    return int(((table["model"] == model) & (table["reason"] == reason)).sum())


# Provenance --------------------------------------------------------------------------------------


def _provenance(evaluation):
    versions = ", ".join(f"{name} {package_version(name)}" for name in _PACKAGES)
    made = datetime.now(UTC).isoformat(timespec="seconds")
    pairs = [
        ("frames", _size(evaluation)),
        ("fingerprint of frames and labels", _fingerprint(evaluation)),
        ("versions", f"{versions}, Python {platform.python_version()}"),
        ("page made", made),
    ]
    return pairs + [(model, _settings(evaluation, model)) for model in evaluation.models]


def _fingerprint(evaluation):
    """Changes with the names, labels and pixels of the frames."""
    table = evaluation.tables["frames"]
    columns = [name for name in ("name", "body", "truth", "level", "noise") if name in table.colnames]
    text = "\n".join(",".join(str(cell) for cell in row) for row in table[columns].iterrows())
    return fingerprint(text)[:16]


def _settings(evaluation, model):
    """The settings that the answers of a model depend on, from the log."""
    path = evaluation.folder / "answers" / f"{AskedModel(model, None).file_name}.json"
    if not path.is_file():
        return "unknown"
    found = json.loads(path.read_text(encoding="utf-8"))
    calibration = found.get("calibration", {})
    said = [
        f"{found.get('model')}, weights sha256 {found.get('weights') or 'unknown'}",
        f"{found.get('precision')} on {found.get('device')}",
        f"views averaged: {found.get('views')}",
        f"uncertain below {calibration.get('uncertain_below')}",
        f"or with a novelty above {calibration.get('novelty_above')}",
    ]
    return "; ".join(said)
