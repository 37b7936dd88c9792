"""Real bodies as raw frames, classified: ``python benchmarks/semireal.py FOLDER --model default``.

FOLDER holds labelled pictures of the sky and ``labels.csv`` (file, body, label; kind and source if known).
Every picture becomes a scene and is exposed three times, on another part, in another filter, with another
exposure time, by ACS/WFC or WFC3/UVIS (subarrays of 1024 x 1024 pixels; ``--full`` for whole frames). The raw
files are read and classified as a user would. Balanced accuracy with its 95% interval over resampled bodies,
by camera, kind and source; frames answered "uncertain" count by what they lean to. The same seed gives the
same frames, bit for bit.

Whether a model has learnt from these very bodies stands in its card, not here.
"""

import argparse
import csv
import tempfile
import warnings
from pathlib import Path

import numpy as np

from astroclassify.metrics import ClusterBootstrap, accuracy, balanced_accuracy

VIEWS = 3
_SUBARRAYS = {
    "acs-wfc": [f"WFC{chip}-1K ({amplifier}, before 2016)" for chip, amplifier in ("1A", "1B", "2C", "2D")],
    "wfc3-uvis": ["UVIS2-C1K1C-SUB", "UVIS2-M1K1C-SUB"],
}


def exposed(pictures, folder, *, seed=9, full=False, processes=1, limit=None):
    """Make raw files of pictures (the first so many, or all); what is there already is kept."""
    from astroclassify.simulate import SimulationConfig, labelled_pictures, simulate_pictures

    listed = labelled_pictures(pictures)
    shape = {} if full else {"apertures": _SUBARRAYS}
    config = SimulationConfig(frames_per_body=VIEWS, **shape)
    made = simulate_pictures(
        listed,
        folder,
        count=VIEWS * min(len(listed), limit or len(listed)),
        seed=seed,
        config=config,
        each=True,
        processes=processes,
        progress=None,
    )
    for row in made.failures:
        print(f"failed: {row['OBSID']}: {row['error']}")
    return made


def answered(made, pictures, *, model="default", weights=None):
    """Classify every frame; give rows of what is known of it and what was said."""
    from astroclassify import classify, read_frames
    from astroclassify.core import FrameWarning, fingerprint
    from astroclassify.simulate import labelled_pictures

    # By content: the frames may have been made from another working folder, where paths were others.
    by_content = {fingerprint(Path(each.path)): each for each in labelled_pictures(pictures)}
    truth = {str(row["OBSID"]): row for row in made.truth}
    rows = []
    for row in made.manifest:
        name = str(row["OBSID"])
        picture = by_content[str(truth[name]["body_sha256"])]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FrameWarning)
            frames = read_frames(made.folder / f"{name}_raw.fits")
            number = (int(row["HDU Index"]) - 1) // 3 if len(frames) > 1 else 0
            said = classify(frames[number], model=model, weights=weights)
        rows.append(
            {
                "OBSID": name,
                "body": picture.body,
                "truth": str(row["Label"]),
                "kind": picture.label,
                "source": picture.source,
                "instrument": str(row["Instrument"]),
                "band": str(row["Filter"]),
                "label": said.label,
                "leaning": said.leaning,
                "probability": said.probability,
            }
        )
    return rows


def table(rows):
    """Give lines of group, numbers of frames and bodies, accuracy with interval, part answered."""
    column = {name: np.array([row[name] for row in rows]) for name in rows[0]}
    groups = [("all", np.ones(len(rows), bool))]
    groups += [
        (value, column[name] == value)
        for name in ("instrument", "source", "kind")
        for value in np.unique(column[name])
    ]
    return [_line(name, column, chosen) for name, chosen in groups]


def _line(name, column, chosen):
    """Balanced accuracy of both classes together, the share that is right of one class."""
    truth, bodies = column["truth"] == "galaxy", column["body"]
    # As classify: the label that a frame leans to, with its probability.
    p_galaxy = np.where(column["leaning"] == "galaxy", column["probability"], 1 - column["probability"])
    metric = balanced_accuracy if len(np.unique(truth[chosen])) == 2 else accuracy
    estimate = ClusterBootstrap(bodies, draws=2000).estimate(metric, p_galaxy, truth, where=chosen)
    answered = float(np.mean(column["label"][chosen] != "uncertain"))
    return name, int(chosen.sum()), len(np.unique(bodies[chosen])), metric.__name__, estimate, answered


def main(arguments=None):
    """Expose, classify, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="pictures and labels.csv")
    parser.add_argument("--frames", type=Path, help="keep the raw files here, or take them from here")
    parser.add_argument("--model", default="default", help="name of the model (default: %(default)s)")
    parser.add_argument("--weights", help="file or name of its weights")
    parser.add_argument("--seed", type=int, default=9)
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--limit", type=int, help="only the first so many pictures")
    parser.add_argument("--full", action="store_true", help="whole frames of both chips")
    parser.add_argument("--csv", type=Path, help="write every answer here")
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as temporary:
        made = exposed(
            chosen.folder,
            chosen.frames or temporary,
            seed=chosen.seed,
            full=chosen.full,
            processes=chosen.processes,
            limit=chosen.limit,
        )
        rows = answered(made, chosen.folder, model=chosen.model, weights=chosen.weights)
    if chosen.csv:
        with open(chosen.csv, "w", newline="", encoding="utf-8") as out:
            writer = csv.DictWriter(out, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
    print(f"{'':38} frames bodies  {'':42} answered")
    for name, frames, bodies, metric, estimate, part in table(rows):
        said = f"{metric.replace('_', ' ')} {estimate.text('.1%')}"
        print(f"{name[:38]:38} {frames:6} {bodies:6}  {said:42} {part:8.1%}")


if __name__ == "__main__":
    main()
