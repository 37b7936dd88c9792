"""Do heat maps show what the answer rests on? ``python benchmarks/faithfulness.py --csv FILE``.

Simulated frames (160 x 160 pixels) of one whole body each, which lies anywhere and covers 2% to 40% of the
frame; or, with ``--pictures FOLDER``, of real bodies: pictures and ``labels.csv``, as for ``semireal.py``.
Half of the frames are linear, half developed as photographs. The *truth* is the smallest area with 90% of the
body's light, which is rendered apart from stars in front and galaxies behind, without noise, and smoothed by
a 40th of the frame. Of every frame every method explains what the answer leans to:

* *pointing game*: whether the map's largest cell lies in the truth; *IoU*: the area of the map's largest
  values, as large as the truth, against the truth;
* *deletion*, *insertion*: the mean probability of the leaning (galaxy against nsc) while a fifth of the
  network's planes after the other, the map's largest values first, is replaced by sky, or the other way round
  (Petsiuk et al. 2018, arXiv:1806.07421): low, and high, are good;
* *random weights*: Spearman's correlation with the map of the same network with random weights: what is near
  1 does not explain the network (Adebayo et al. 2018, arXiv:1810.03292);
* *noise*: that with the map of the frame with more noise, half of its own: near 1 is stable.

Beside the methods stand maps that know nothing of the network: ``chance`` (smooth noise), ``centre``, and
``brightness`` (the frame, smoothed). The chance of the pointing game is the truth's area. Answers go to FILE,
a row for each frame and method, from which an interrupted run goes on; ``--table`` prints the table, and
``--rst`` writes it, with 95% intervals over resampled bodies.
"""

import argparse
import csv
import warnings
from pathlib import Path

import numpy as np
from scipy import ndimage
from scipy.stats import spearmanr

SHAPE = (160, 160)
#: Methods, and options that make them cheaper here: one view instead of four, fewer places.
METHODS = {
    "evidence": {},
    "integrated-gradients": {"flips": False},
    "xrai": {"flips": False},
    "occlusion": {"squares": 8},
    "grad-cam++": {"flips": False},
}
CONTROLS = ("brightness", "centre", "chance")
MEASURES = ("hit", "area", "iou", "deletion", "insertion", "random", "noise")
SEED, STEPS, TRIES = 16, 5, 50
COVERS, HOLDS, SMOOTHED = (0.02, 0.40), 0.90, 1 / 40
_LABELS = ("galaxy", "nebula", "galaxy", "star cluster")
_BANDS = (
    ("acs-wfc", "F435W"),
    ("acs-wfc", "F606W"),
    ("acs-wfc", "F814W"),
    ("csst-msc", "g"),
    ("csst-msc", "i"),
)


def simulated(number, pictures=()):
    """Give a frame, the truth, the body's name and its label; looked for until the body covers enough."""
    from astroclassify.simulate import RandomStreams, linear_frame, photograph

    for attempt in range(TRIES):
        streams = RandomStreams([SEED, number, attempt])
        body, name, label = _body(number, streams, pictures)
        light, rest = _rendered(body, streams)
        truth = _truth(light)
        if not COVERS[0] <= truth.mean() <= COVERS[1]:
            continue
        image = (light + rest) / max(np.quantile(light[truth], 0.9), 1e-30)
        frame = (linear_frame if streams.chance(0.5) else photograph)(image.astype(np.float32), streams)
        if np.isfinite(frame).mean() > 0.99 and np.ptp(frame[np.isfinite(frame)]) > 0:
            return frame, truth, name, label
    return None


def _body(number, streams, pictures):
    from astroclassify.simulate import from_image, random_body

    if not pictures:
        label = _LABELS[number % len(_LABELS)]
        return random_body(None, streams.rng, label=label), f"simulated {number}", label
    picture = pictures[number]
    size = streams.log_uniform(30, 300)
    made = from_image(
        picture.path, angular_size=size, surface_brightness=21.0, label=picture.label, seed=number
    )
    return made, picture.body, picture.label


def _rendered(body, streams):
    """Light of the body, and of what is in front of and behind it, after the optics."""
    from astroclassify.simulate import Scene, View, add_background, add_foreground, response

    reach, turn = streams.log_uniform(0.12, 0.35), streams.rng.uniform(0, 2 * np.pi)
    away = streams.rng.uniform(0, 0.5 - reach / 2) / reach
    scale = min(SHAPE) * reach
    centre = float(away * np.sin(turn)), float(away * np.cos(turn))
    view = View(SHAPE, scale, centre, float(streams.rng.uniform(0, 2 * np.pi)), body.angular_radius / scale)
    around = Scene(view)
    add_background(around, streams, density=streams.log_uniform(0.1, 3))
    add_foreground(around, body.latitude, streams, density=streams.log_uniform(0.1, 20))
    answer = response(*_BANDS[streams.rng.integers(len(_BANDS))])
    width = streams.log_uniform(0.6, 2.0)
    return tuple(_blurred(*scene.observed(answer), width) for scene in (body.scene(view), around))


def _blurred(diffuse, points, width):
    image = diffuse.numpy().astype(float)
    y, x = np.round(points[:2]).astype(int)
    inside = (y >= 0) & (y < SHAPE[0]) & (x >= 0) & (x < SHAPE[1])
    np.add.at(image, (y[inside], x[inside]), points[2, inside])
    return ndimage.gaussian_filter(image, width)


def _truth(light):
    """The smallest area that holds most of the light."""
    smooth = ndimage.gaussian_filter(light, SMOOTHED * max(SHAPE))
    order = np.argsort(-smooth, axis=None)
    held = np.cumsum(smooth.ravel()[order])
    truth = np.zeros(light.size, bool)
    truth[order[: np.searchsorted(held, HOLDS * held[-1]) + 1]] = True
    return truth.reshape(light.shape)


# Maps ---------------------------------------------------------------------------------------------


def control_map(name, frame, number):
    """Give a map that does not know the network."""
    if name == "brightness":
        filled = np.where(np.isfinite(frame), frame, np.nanmedian(frame))
        return ndimage.gaussian_filter(filled, SMOOTHED * max(SHAPE))
    if name == "centre":
        y, x = np.indices(SHAPE) - (np.array(SHAPE)[:, None, None] - 1) / 2
        return -np.hypot(y, x)
    return ndimage.gaussian_filter(
        np.random.default_rng([SEED, number]).normal(size=SHAPE), SMOOTHED * max(SHAPE)
    )


def explained(method, model, frame, target):
    """Give the values of a method's map."""
    from astroclassify.explain import EXPLAINERS

    return EXPLAINERS[method].explain(model, frame, target=target, **METHODS[method]).data


def random_network(model):
    """Give the same network with random weights (Model)."""
    import torch

    from astroclassify.models import Model, built_module

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(SEED)
        module = built_module(model.spec).eval()
    # The checksum stays that of the weights, or else a fast map would refuse to imitate it.
    return Model(model.spec, module, {}, model.calibration, model.sha256, "cpu")


def on_pixels(values, shape):
    """Give a map's value at every pixel, each cell a block of one value."""
    rows, columns = (
        ((np.arange(n) + 0.5) * m / n).astype(int) for n, m in zip(shape, values.shape, strict=True)
    )
    return values[np.ix_(rows, columns)]


# Measures -----------------------------------------------------------------------------------------


def against_truth(values, truth):
    """Say whether the map's largest cell is in the truth, and how much its largest values share with it."""
    y, x = ((np.array(np.unravel_index(values.argmax(), values.shape)) + 0.5) * SHAPE / values.shape).astype(
        int
    )
    fine = on_pixels(values, SHAPE)
    best = np.zeros(fine.size, bool)
    best[np.argsort(-fine, axis=None, kind="stable")[: truth.sum()]] = True
    best = best.reshape(SHAPE)
    return {
        "hit": float(truth[y, x]),
        "area": truth.mean(),
        "iou": (best & truth).sum() / (best | truth).sum(),
    }


def curves(values, model, planes, target):
    """Give the mean probability while sky takes the place of the best fifths, and while it leaves them."""
    from astroclassify.inference import calibrated_logits, galaxy_probability, predict_planes

    sky = np.broadcast_to(np.median(planes, axis=(1, 2), keepdims=True), planes.shape)
    order = np.argsort(-on_pixels(values, planes.shape[1:]), axis=None, kind="stable")
    rank = np.empty(order.size)
    rank[order] = np.arange(order.size) / order.size
    steps = [(rank < k / STEPS).reshape(planes.shape[1:]) for k in range(STEPS + 1)]
    many = [np.where(best, sky, planes) for best in steps] + [np.where(best, planes, sky) for best in steps]
    found = predict_planes(model, many, flips=False, evidence=False, batch_size=8)
    logits = np.array([calibrated_logits(each.logits, model.calibration) for each in found])
    galaxy = galaxy_probability(logits, model.classes)
    probability = galaxy if target == "galaxy" else 1 - galaxy
    return {
        "deletion": np.trapezoid(probability[: STEPS + 1], dx=1 / STEPS),
        "insertion": np.trapezoid(probability[STEPS + 1 :], dx=1 / STEPS),
    }


def measured(number, frame, truth, model, untrained, *, sanity):
    """Give a row for each method of a frame."""
    from astroclassify.inference import calibrated_logits, checked_planes, galaxy_probability, predict
    from astroclassify.preprocess import frame_array, pixel_noise

    array = frame_array(frame)
    (said,) = predict(model, [array], evidence=False)
    galaxy = float(galaxy_probability(calibrated_logits(said.logits, model.calibration), model.classes))
    target = "galaxy" if galaxy >= 0.5 else "nsc"
    planes = checked_planes(model.spec, array)
    noise = np.random.default_rng([SEED, number, 1]).normal(0, 0.5 * pixel_noise(array), frame.shape)
    for method in (*METHODS, *CONTROLS):
        known = method in METHODS
        values = explained(method, model, frame, target) if known else control_map(method, frame, number)
        row = {"method": method, "leaning": target, "p_galaxy": galaxy}
        row |= against_truth(values, truth) | curves(values, model, planes, target)
        if known and sanity:
            noisy = (frame + noise).astype(np.float32)
            row["random"] = _correlation(values, explained(method, untrained, frame, target))
            row["noise"] = _correlation(values, explained(method, model, noisy, target))
        yield row


def _correlation(one, other):
    if np.ptp(one) == 0 or np.ptp(other) == 0:
        return 0.0
    return float(spearmanr(one.ravel(), other.ravel()).statistic)


# Runs ---------------------------------------------------------------------------------------------

COLUMNS = ("number", "body", "label", "leaning", "p_galaxy", "method", *MEASURES)


def run(path, *, model, weights, frames, sanity, pictures):
    """Measure frames that are not in the file yet."""
    from astroclassify.models import build_model
    from astroclassify.simulate import labelled_pictures

    loaded = build_model(model, weights=weights)
    untrained = random_network(loaded)
    listed = labelled_pictures(pictures) if pictures else ()
    total = len(listed) or frames
    done = {int(row["number"]) for row in read(path)} if path.exists() else set()
    for number in (n for n in range(total) if n not in done):
        made = simulated(number, listed)
        if made is None:
            print(f"frame {number}: no view in which the body covers {COVERS[0]:.0%} to {COVERS[1]:.0%}")
            continue
        frame, truth, body, label = made
        rows = list(measured(number, frame, truth, loaded, untrained, sanity=number < sanity))
        _add(path, [{"number": number, "body": body, "label": label, **row} for row in rows])
    print(f"model {loaded.spec.name}, weights {loaded.sha256[:12]}")


def _add(path, rows):
    new = not path.exists()
    with open(path, "a", newline="", encoding="utf-8") as out:
        writer = csv.DictWriter(out, COLUMNS, restval="")
        if new:
            writer.writeheader()
        writer.writerows(
            {name: f"{value:.5f}" if isinstance(value, float) else value for name, value in row.items()}
            for row in rows
        )


def read(path):
    """Give the rows of a file."""
    with open(path, newline="", encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


def table(rows):
    """Give, for each method, the mean of each measure with its interval over bodies."""
    from astroclassify.metrics import ClusterBootstrap

    lines = []
    for method in (*METHODS, *CONTROLS):
        own = [row for row in rows if row["method"] == method]
        samples = ClusterBootstrap([row["body"] for row in own])
        bounds = {"random": (-1, 1), "noise": (-1, 1)}
        found = {
            name: samples.mean([float(row[name] or "nan") for row in own], bounds=bounds.get(name, (0, 1)))
            for name in MEASURES
        }
        lines.append((method, found))
    return lines


def told(rows):
    """Give the table's cells as text."""
    lines = []
    for method, found in table(rows):
        cells = [found[name].text(".0%" if name == "hit" else ".2f") for name in MEASURES if name != "area"]
        lines.append([method, *("" if "nan" in cell else cell for cell in cells)])
    return lines


def write_rst(rows, path):
    """Write the table as a list of reStructuredText."""
    names = ["method", "pointing game", "IoU", "deletion", "insertion", "random weights", "noise"]
    text = [".. list-table::", "   :header-rows: 1", ""]
    for line in (names, *told(rows)):
        text += [f"   {'* -' if number == 0 else '  -'} {cell}" for number, cell in enumerate(line)]
    path.write_text("\n".join(text) + "\n", encoding="utf-8")


def choose_methods(only, fast_map):
    """Leave some methods out, and take the fast map in."""
    if fast_map:
        METHODS["pix2pix"] = {"fast_map": fast_map}
    for name in set(METHODS) - set(only or METHODS):
        del METHODS[name]


def main():
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--csv", type=Path, required=True, help="answers, added to")
    parser.add_argument("--frames", type=int, default=200)
    parser.add_argument("--sanity", type=int, default=40, help="frames with random weights and noise")
    parser.add_argument("--pictures", type=Path, help="folder of pictures, instead of simulated bodies")
    parser.add_argument("--model", default="default")
    parser.add_argument("--weights")
    parser.add_argument("--only", nargs="+", metavar="METHOD", help=f"some of {', '.join(METHODS)}, pix2pix")
    parser.add_argument("--fast-map", type=Path, help="weights of pix2pix, which is measured as well then")
    parser.add_argument("--table", action="store_true", help="measure nothing, print the table")
    parser.add_argument("--rst", type=Path, help="write the table here")
    chosen = parser.parse_args()
    choose_methods(chosen.only, chosen.fast_map)
    if not chosen.table:
        asked = {"model": chosen.model, "weights": chosen.weights, "pictures": chosen.pictures}
        run(chosen.csv, frames=chosen.frames, sanity=chosen.sanity, **asked)
    rows = read(chosen.csv)
    first = [row for row in rows if row["method"] == "brightness"]
    right = np.mean([(row["label"] == "galaxy") == (row["leaning"] == "galaxy") for row in first])
    area = np.mean([float(row["area"]) for row in first])
    bodies = len({row["body"] for row in first})
    print(f"{len(first)} frames of {bodies} bodies; truth covers {area:.1%}; {right:.0%} right")
    for line in told(rows):
        print(f"{line[0]:21}" + " ".join(f"{cell:>22}" for cell in line[1:]))
    if chosen.rst:
        write_rst(rows, chosen.rst)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main()
