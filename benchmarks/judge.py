"""How good a model is: ``python benchmarks/judge.py --exams FOLDER --realsky FOLDER --csv OUT``.

FOLDER holds the examinations that ``examinations.py`` made; any other simulated sets are named by their
folders: ``judge.py CLEAR BLURRY FIELDS``. The folder of ``--realsky`` holds ``labels.csv`` and labelled
photographs; in that of ``--ood`` frames unlike those of bodies are made if they are not there. Every frame is
read from its file and answered as `classify` does; answers are kept in the CSV, and frames that stand there
are not classified again.

Prints tables: accuracy, F1 of each class, balanced accuracy, area under the curve, calibration (error,
intercept and slope) and the part that is answered at all, for each set; coverage against accuracy; the
accuracy by camera, kind, part of the body seen and signal-to-noise; how many empty fields (sets without any
body) are answered as a body where 90% of the clear frames are, for every score of doubt; and how well scores
tell frames of bodies from others (AUROC). Every figure has its 95% interval, from 2000 bootstrap samples of
bodies (300 for intercept and slope). Frames answered "uncertain" count by what they lean to.
"""

import argparse
from pathlib import Path

import examinations
import judge_tables
import numpy as np
from judge_frames import outliers, photographs, simulated

from astroclassify.core import Journal, ParameterError, progress_bar
from astroclassify.inference import energy, interpret, predict
from astroclassify.models import build_model

COLUMNS = {
    **dict.fromkeys(("set", "name", "body", "truth", "kind", "instrument", "band"), str),
    **dict.fromkeys(("exptime", "snr", "part"), float),
    "label": str,
    **dict.fromkeys(("p_galaxy", "p_field", "energy", "max_softmax", "mahalanobis"), float),
    "weights": str,
}


def answer(model, judged):
    """Classify one frame as `classify` does; give a row of the table of answers."""
    (prediction,) = predict(model, [judged.frame.array()])
    said = interpret(prediction, model)
    about = {name: getattr(judged, name) for name in list(COLUMNS)[:10]}
    return about | {
        "label": said.label,
        "p_galaxy": said.p_galaxy,
        "p_field": said.probabilities.get("field", np.nan),
        "energy": float(energy(prediction.logits)),
        # A score of outliers, as the others: the larger, the less a frame is like one of a body.
        "max_softmax": 1 - max(said.probabilities.values()),
        "mahalanobis": np.nan if prediction.novelty is None else prediction.novelty,
        "weights": model.sha256,
    }


def answers(frames, model, path, *, progress=None):
    """Classify what is not in the file yet; give all rows of these frames."""
    kept = Journal(path, COLUMNS) if path else None
    known = {(row["set"], row["name"]): row for row in kept.rows()} if path else {}
    others = {row["weights"] for row in known.values()} - {model.sha256}
    if others:
        raise ParameterError(
            f"{path} holds answers of other weights ({min(others)[:12]}, not {model.sha256[:12]}); "
            "expected those of the same, or another file"
        )
    rows = []
    for judged in progress_bar(frames, progress=progress, total=len(frames), description="judge"):
        row = known.get((judged.set, judged.name))
        if row is None:
            row = answer(model, judged)
            if path:
                kept.add(row)
        rows.append(row)
    return {name: np.array([row[name] for row in rows], dtype=COLUMNS[name]) for name in COLUMNS}


def asked(arguments=None):
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("sets", nargs="*", type=Path, metavar="SETDIR", help="simulated sets")
    parser.add_argument("--exams", type=Path, metavar="FOLDER", help="what examinations.py made")
    parser.add_argument("--realsky", type=Path, metavar="FOLDER", help="labelled photographs")
    parser.add_argument("--ood", type=Path, metavar="FOLDER", help="outliers; made if they are not there")
    parser.add_argument("--ood-count", type=int, default=10, help="of each kind, camera and size")
    parser.add_argument("--model", default="default")
    parser.add_argument("--weights", default=None)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--limit", type=int, help="frames of each set, at most")
    parser.add_argument("--csv", type=Path, metavar="OUT", help="keep the answers here")
    parser.add_argument(
        "--by", action="append", choices=sorted(judge_tables.GROUPS), help="only these groups (default: all)"
    )
    parser.add_argument("--format", choices=("rst", "markdown"), default="rst")
    parser.add_argument("--wrong", action="store_true", help="list the frames that are labelled wrongly")
    chosen = parser.parse_args(arguments)
    if not (chosen.sets or chosen.exams or chosen.realsky):
        parser.error("expected a simulated set, --exams or --realsky")
    return chosen


def listed(chosen):
    """List the frames of every set asked for."""
    lists = [simulated(folder) for folder in chosen.sets]
    if chosen.exams:
        made = examinations.there(chosen.exams)
        lists += [examinations.EXAMINATIONS[name].frames(folder) for name, folder in made.items()]
    lists += [photographs(chosen.realsky)] if chosen.realsky else []
    lists += [outliers(chosen.ood, count=chosen.ood_count)] if chosen.ood else []
    return [frame for each in lists for frame in each[: chosen.limit]]


def main(arguments=None):
    """Judge a model; print the tables."""
    chosen = asked(arguments)
    model = build_model(chosen.model, weights=chosen.weights, device=chosen.device)
    frames = listed(chosen)
    rows = answers(frames, model, chosen.csv)
    print(f"{model.spec.name}, weights {model.sha256[:12]}\n")
    for table in judge_tables.all_tables(rows, by=chosen.by, wrong=chosen.wrong):
        print(judge_tables.as_text(table, chosen.format))


if __name__ == "__main__":
    main()
