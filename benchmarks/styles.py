"""Does the style of a photograph matter? ``python benchmarks/styles.py FOLDER --model default``.

FOLDER holds labelled pictures of the sky and ``labels.csv`` (file, body, label). Each picture is shown as it
is and once in every style of `astroclassify.simulate.STYLES`, and classified as a user would. Prints, by
style, balanced accuracy and area under the curve with 95% intervals over resampled bodies, how many frames
are answered and how many of these rightly, and how many labels differ from that of the picture as it is
(where one of them is "uncertain", that counts as no difference). ``--held-out`` takes only the fifth of the
bodies that the default's training keeps out. The same seed gives the same pictures.
"""

import argparse
import zlib
from pathlib import Path

import numpy as np

from astroclassify.inference import interpret, predict
from astroclassify.io import read_frames
from astroclassify.metrics import ClusterBootstrap, area_under_curve, balanced_accuracy
from astroclassify.models import build_model
from astroclassify.preprocess import frame_array
from astroclassify.simulate import STYLES, labelled_pictures, restyle
from astroclassify.training._pictures import held_out

PLAIN = "as it is"


def pictures(folder, *, only_held_out=False):
    """List the pictures; only those of bodies that training keeps out."""
    listed = labelled_pictures(folder)
    out = held_out(listed)
    return [picture for picture in listed if picture.body in out or not only_held_out]


def answers(model, listed, *, seed=1, progress=None):
    """Classify every picture in every style; give rows (style, body, is a galaxy, p_galaxy, label)."""
    rows = []
    for picture in listed:
        array = frame_array(read_frames(picture.path)[0])
        for style in (PLAIN, *STYLES):
            rng = np.random.default_rng([seed, *map(_number, (Path(picture.path).name, style))])
            shown = array if style == PLAIN else restyle(array, rng, style=style)
            (prediction,) = predict(model, [shown])
            said = interpret(prediction, model)
            rows.append((style, picture.body, picture.label == "galaxy", said.p_galaxy, said.label))
    return rows


def _number(name):
    return zlib.crc32(name.encode())


def table(rows):
    """Lines of the table, the worst style last."""
    plain = [row[4] for row in rows if row[0] == PLAIN]
    lines = []
    for style in (PLAIN, *STYLES):
        chosen = [row for row in rows if row[0] == style]
        _, bodies, truth, p_galaxy, labels = (np.array(column) for column in zip(*chosen, strict=True))
        samples = ClusterBootstrap(bodies)
        answered = labels != "uncertain"
        right = (labels == np.where(truth, "galaxy", "nsc"))[answered].mean() if answered.any() else np.nan
        changed = np.mean(
            [{one, other} == {"galaxy", "nsc"} for one, other in zip(plain, labels, strict=True)]
        )
        balanced = samples.estimate(balanced_accuracy, p_galaxy, truth)
        area = samples.estimate(area_under_curve, p_galaxy, truth)
        lines.append(
            (balanced_accuracy(p_galaxy, truth), style, balanced, area, answered.mean(), right, changed)
        )
    return sorted(lines, key=lambda line: -line[0])


def main(arguments=None):
    """Judge a model in every style; print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--model", default="default")
    parser.add_argument("--weights", default=None)
    parser.add_argument("--held-out", action="store_true")
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args(arguments)
    model = build_model(chosen.model, weights=chosen.weights)
    listed = pictures(chosen.folder, only_held_out=chosen.held_out)
    bodies = len({picture.body for picture in listed})
    print(f"{model.spec.name}, weights {model.sha256[:12]}: {len(listed)} pictures of {bodies} bodies\n")
    print(f"{'style':22} {'balanced accuracy':24} {'AUC':22} answered  right of these  changed")
    for _, style, balanced, area, answered, right, changed in table(answers(model, listed, seed=chosen.seed)):
        print(f"{style:22} {balanced!s:24} {area!s:22} {answered:8.1%}  {right:14.1%}  {changed:7.1%}")


if __name__ == "__main__":
    main()
