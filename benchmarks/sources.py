"""Star or galaxy, judged on unseen fields: ``python benchmarks/sources.py TRAIN TEST --model lite=WEIGHTS``.

TRAIN and TEST are folders of sets of sources. Every ``--model NAME=WEIGHTS`` is asked, by the model that the
card of the weights names; the baselines (boosted trees on the catalogue, cuts in size and magnitude,
SPREAD_MODEL, CLASS_STAR) learn from TRAIN. Answers are kept in ``--answers``.

Prints tables with 95% intervals by bootstrap of fields: recall, precision, AUROC and calibration of all
methods; stellar contamination at 99% galaxy completeness by magnitude; calibration by magnitude; what becomes
of faint sources, redshifts, latitudes, close pairs, saturated stars, binaries and quasars; what fusion is
worth; what the prior of the field is worth; and the speed. ``--figures FOLDER`` draws size and probability
against magnitude.
"""

import argparse
from pathlib import Path
from time import perf_counter, process_time
from timeit import repeat

import numpy as np
import sources_tables
from astropy.table import Table
from judge_tables import as_text

from astroclassify.models import MODELS, build_model, read_card
from astroclassify.stargalaxy import (
    BASELINES,
    PIXEL_MEASURES,
    SourceSet,
    checked_inputs,
    fit_baseline,
    point_widths,
    sample_logits,
    source_inputs,
    source_logits,
    source_probabilities,
)

#: What is kept of the catalogue, and what it is called in the tables.
KEPT = {
    **{"field": "field", "latitude": "latitude", "true_class": "truth", "true_kind": "kind"},
    **{"true_redshift": "redshift", "true_blend": "blend", "true_separation": "separation"},
    **{"neighbour": "neighbour", "snr": "snr", "snr_i": "snr_i", "flag": "flag", "flag_i": "flag_i"},
    **{"true_mag_i": "magnitude", "mag_i": "mag_i", "half_light_radius": "size"},
}


def plain(column):
    """Give a column as numbers without a unit."""
    return np.asarray(getattr(column, "value", column))


def facts(sample):
    """Give what the tables need to know of every source."""
    catalogue = sample.catalogue
    table = Table(
        {name: plain(catalogue[column]) for column, name in KEPT.items() if column in catalogue.colnames}
    )
    table["point"] = point_widths(sample, "i")
    return table


def by_field(sources):
    """Yield the sample of each field."""
    fields = np.asarray(sources.catalogue["field"], int)
    for field in np.unique(fields):
        yield sources.sample(np.flatnonzero(fields == field))


def features(sources, names, *, max_sources=None):
    """Features of every baseline, and the truth, of the stars and galaxies of a set."""
    parts, truth = {name: [] for name in names}, []
    for sample in by_field(sources):
        sample = sample[np.isin(sample.catalogue["true_class"], ("star", "galaxy"))]
        truth.append(np.asarray(sample.catalogue["true_class"]) == "galaxy")
        for name in names:
            parts[name].append(BASELINES[name].features(sample))
        if max_sources and sum(map(len, truth)) >= max_sources:
            break
    return {name: np.concatenate(part) for name, part in parts.items()}, np.concatenate(truth)


def baselines(sources, names, *, max_sources=None):
    """Fit the baselines that are asked for."""
    seen, is_galaxy = features(sources, names, max_sources=max_sources)
    return {name: fit_baseline(name, seen[name], is_galaxy) for name in names}


def model_of(weights, *, precision="auto"):
    """Build the model that a weights file's card names."""
    return build_model(MODELS[read_card(Path(weights))["model"]], weights=weights, precision=precision)


def answers(sources, models, fitted):
    """Ask every model and baseline for every source: a table with a column for each."""
    rows = []
    for sample in by_field(sources):
        table = facts(sample)
        for name, model in models.items():
            logits = sample_logits(sample, model)
            galaxy = model.classes.index("galaxy")
            for mode, hidden in without_a_mode(sample).items() if len(modes_of(model)) > 1 else ():
                alone = source_logits(model, hidden)
                table[f"p {name}: {mode}"] = source_probabilities(alone, model, sample)[:, galaxy]
            for label, prior in ((name, None), (f"{name} + field's prior", "field")):
                table[f"p {label}"] = source_probabilities(logits, model, sample, prior=prior)[:, galaxy]
        for name, baseline in fitted.items():
            table[f"p {name}"] = baseline.p_galaxy(sample)
        rows.append(table)
    return {name: np.concatenate([plain(table[name]) for table in rows]) for name in rows[0].colnames}


def modes_of(model):
    """What a model looks at."""
    return model.spec.builder_options.get("modes", ("image", "catalogue"))


def without_a_mode(sample):
    """Inputs without the catalogue, and without the pixels: networks have learnt from such as well."""
    pixels, catalogue = source_inputs(sample), source_inputs(sample)
    pixels.bands[:, :, 1:] = 0
    pixels.source[:, len(PIXEL_MEASURES) :] = 0
    catalogue.cutouts[:] = 0
    catalogue.source[:, : len(PIXEL_MEASURES)] = 0
    return {"pixels alone": pixels, "catalogue alone": catalogue}


def speed(model, sources, *, number=4096):
    """Sources a second by the clock, and by processor time, which other work does not change."""
    rows = np.arange(min(number, len(sources)))
    sample = sources.sample(rows)
    inputs = checked_inputs(model.spec, sample)
    works = {
        "from cut-outs": lambda: sample_logits(sample, model),
        "the network": lambda: source_logits(model, inputs),
    }
    told = {}
    for what, work in works.items():
        for clock, timer in (("a second", perf_counter), ("a core second", process_time)):
            told[f"{what} {clock}"] = len(rows) / min(repeat(work, timer=timer, number=1, repeat=3))
    return told


def figures(rows, best, folder):
    """Draw size and probability against magnitude."""
    from astroclassify.visualization import plot_probability_magnitude, plot_size_magnitude

    folder.mkdir(parents=True, exist_ok=True)
    names = {
        "mag_i": "mag_i",
        "size": "half_light_radius",
        "truth": "true_class",
        f"p {best}": "p_class_galaxy",
    }
    table = Table({name: rows[column] for column, name in names.items()})
    table = table[table["true_class"] != ""]  # neither noise nor pieces of something
    for name, plot in (("size", plot_size_magnitude), ("probability", plot_probability_magnitude)):
        plot(table).figure.savefig(folder / f"{name}-magnitude.png", dpi=120)


def asked(arguments=None):
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("train", type=Path, help="set of sources that baselines learn from")
    parser.add_argument("test", type=Path, help="set of sources of unseen fields")
    parser.add_argument("--model", action="append", default=[], metavar="NAME=WEIGHTS")
    parser.add_argument(
        "--baseline", action="append", choices=list(BASELINES), help="only these (default: all)"
    )
    parser.add_argument("--main", metavar="NAME", help="whose details are told (default: the first model)")
    parser.add_argument("--max-sources", type=int, help="sources that baselines learn from, at most")
    parser.add_argument("--answers", type=Path, metavar="OUT.npz", help="keep the answers here")
    parser.add_argument("--figures", type=Path, metavar="FOLDER")
    parser.add_argument("--format", choices=("rst", "markdown"), default="rst")
    return parser.parse_args(arguments)


def kept_answers(chosen, models, test):
    """Read answers that are there, or ask for them."""
    if chosen.answers and chosen.answers.is_file():
        with np.load(chosen.answers) as there:
            return dict(there)
    fitted = baselines(
        SourceSet.open(chosen.train), chosen.baseline or list(BASELINES), max_sources=chosen.max_sources
    )
    rows = answers(test, models, fitted)
    if chosen.answers:
        np.savez_compressed(chosen.answers, **rows)
    return rows


def main(arguments=None):
    """Judge the models; print the tables."""
    chosen = asked(arguments)
    models = {name: model_of(path) for name, _, path in (one.partition("=") for one in chosen.model)}
    test = SourceSet.open(chosen.test)
    rows = kept_answers(chosen, models, test)
    best = chosen.main or next(iter(models), "trees")
    for table in sources_tables.all_tables(rows, best):
        print(as_text(table, chosen.format))
    for name, model in models.items():
        told = ", ".join(f"{rate:.0f} {what}" for what, rate in speed(model, test).items())
        print(f"{name} ({model.precision}): {told}\n")
    if chosen.figures:
        figures(rows, best, chosen.figures)


if __name__ == "__main__":
    main()
