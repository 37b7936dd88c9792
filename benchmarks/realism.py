"""How false simulations look: ``python benchmarks/realism.py FOLDER --sheet sheet.png``.

FOLDER has ``labels.csv`` (file, body, label, kind, subclass) and pictures. For each picture a body of the
same kind is simulated and shown as a photograph, whole and in the middle as most real ones are. Both are
cut to a square, averaged to 192 pixels a side, and stretched alike: from the 1% to the 99.7% quantile. Then
classifiers try to tell real from simulated: fourteen statistics with logistic regression and a random
forest, and a small convolutional network; five folds split by body, balanced accuracy with its 95% interval
over resampled bodies. 50% is chance: nobody can tell. For the network pictures are halved, turned and
mirrored. ``--raw`` compares raw frames instead: pictures exposed as scenes against drawn bodies exposed
alike, by the same cameras. A sheet shows both side by side, real above simulated.
"""

import argparse
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy import ndimage, stats
from shortcuts import guesses, models

from astroclassify.metrics import ClusterBootstrap, balanced_accuracy

SIDE = 192
#: Simulated photographs are drawn on so many times more pixels, then averaged as the real ones are.
_FINER = 3
#: Words in kind and subclass, and what is simulated for them; the first that fits counts.
_KINDS = (
    ("merger interacting ring", "merger"),
    ("group", "group"),
    ("irregular", "irregular"),
    ("edge-on", "edge-on"),
    ("galaxy e s0", "elliptical"),
    ("galaxy", "spiral"),
    ("planetary protoplanetary", "planetary"),
    ("remnant", "remnant"),
    ("reflection", "reflection"),
    ("dark", "dark"),
    ("wolf-rayet", "bubble"),
    ("globular", "globular"),
    ("nebula+cluster", "young"),
    ("hii", "emission"),
    ("nebula", "emission"),
    ("cluster", "open"),
)
_GROUPS = {
    "galaxies": ("spiral", "elliptical", "edge-on", "irregular", "dwarf", "merger", "group"),
    "planetaries": ("planetary",),
    "other nebulae": ("emission", "reflection", "remnant", "dark", "bubble", "young"),
    "star clusters": ("globular", "open"),
}
STATISTICS = (
    "mean", "median", "rms", "skewness", "kurtosis", "Gini", "concentration", "asymmetry",
    "slope", "fine power", "sharpness", "gradient kurtosis", "black", "points",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Shown:
    """One picture, real or not, as it is compared."""

    image: np.ndarray
    kind: str
    body: str
    real: bool


def kind_of(row):
    """Say which kind of drawn body a picture's labels stand for."""
    text = f"{row['kind']} {row['subclass']}".lower()
    words = set(text.replace("(", " ").replace(")", " ").replace(",", " ").split())
    for key, kind in _KINDS:
        found = words & set(key.split()) if key != "galaxy e s0" else {"e", "s0", "s0-a"} & words
        if found:
            return kind
    return "emission"


def matched(image):
    """Cut the middle square, average to ``SIDE`` pixels, stretch from the 1% to the 99.7% quantile."""
    side = min(image.shape)
    top, left = ((n - side) // 2 for n in image.shape)
    square = np.nan_to_num(image[top : top + side, left : left + side].astype(float))
    factor = side / SIDE
    smooth = ndimage.uniform_filter(square, max(1, round(factor))) if factor > 1 else square
    places = (np.arange(SIDE) + 0.5) * factor - 0.5
    small = ndimage.map_coordinates(
        smooth, np.meshgrid(places, places, indexing="ij"), order=1, mode="nearest"
    )
    low, high = np.quantile(small, [0.01, 0.997])
    return np.clip((small - low) / max(high - low, 1e-9), 0, 1).astype(np.float32)


def labelled(folder):
    """List the pictures of a folder: file, body, and the kind of drawn body that its labels stand for."""
    import csv

    with open(Path(folder) / "labels.csv", newline="", encoding="utf-8") as lines:
        return [(row["file"], row["body"], kind_of(row)) for row in csv.DictReader(lines)]


def real_pictures(folder):
    """Read the pictures of a folder as luminance."""
    from astroclassify.io import read_frames

    return [
        Shown(matched(read_frames(Path(folder) / file)[0].data), kind, body, True)
        for file, body, kind in labelled(folder)
    ]


def simulated_picture(kind, seed):
    """Show a random body of a kind as a photograph, as training does."""
    from astroclassify.simulate import random_frames

    (frame,) = random_frames(seed, shape=(SIDE * _FINER,) * 2, kind=kind, shown="photograph", centred=True)
    return matched(frame.array)


def raw_frames(folder, *, count, seed):
    """Expose pictures, and drawn bodies of the same kinds, on the same subarrays in the same settings."""
    from dataclasses import replace

    from astroclassify.simulate import PicturePlans, SimulationConfig, labelled_pictures, random_body
    from astroclassify.simulate.sets._levels import Setup, scaled_to
    from astroclassify.training._exposed import exposed_arrays

    config = SimulationConfig(
        apertures=_SUBARRAYS, optics="typical", frames_per_body=1, surface_brightness=(19.0, 21.5)
    )
    pictures = labelled_pictures(folder)
    kinds = {(Path(folder) / file).resolve(): kind for file, _, kind in labelled(folder)}
    plans, shown = PicturePlans(pictures, config, seed, count, each=True), []
    for index in range(count):
        picture, plan = plans.picture(index), plans.plan(index)
        kind = kinds[Path(picture.path).resolve()]
        body = random_body(kind, [seed, index], angular_radius=plan.body.angular_radius)
        setup = Setup(plan.instrument, plan.band, plan.aperture, plan.effects.flat_field)
        level = np.random.default_rng([seed, index]).uniform(*config.surface_brightness)
        view = replace(plan.view, scale=body.angular_radius / plan.view.pixel_scale)
        body = scaled_to(body, view, setup, setup.rate(level)) or body
        drawn = replace(plan, body=body, view=view)
        for one, real in ((plan, True), (drawn, False)):
            array = exposed_arrays(one.expose())[0]
            shown.append(Shown(_cleaned(array), kind, picture.body if real else f"drawn {index}", real))
    return shown


_SUBARRAYS = {"acs-wfc": ["WFC1-1K (A, before 2016)"], "wfc3-uvis": ["UVIS2-C1K1C-SUB"]}


def _cleaned(array):
    """Take out most cosmic rays, which all raw frames have alike."""
    array = np.where(np.isfinite(array), array, np.nanmedian(array))
    smooth = ndimage.median_filter(array, 5)
    noise = 1.48 * np.median(np.abs(array - smooth))
    stretched = np.arcsinh(
        (np.where(array - smooth > 8 * noise, smooth, array) - np.median(array)) / (3 * noise)
    )
    return matched(stretched)


# Statistics -----------------------------------------------------------------------------------


def statistics(image):
    """Fourteen numbers about a picture of 0 to 1."""
    x = image.astype(float)
    values = np.sort(x.ravel())
    rank = np.arange(1, values.size + 1)
    gini = float((2 * rank - values.size - 1) @ values / (values.size * max(values.sum(), 1e-9)))
    power, k = _spectrum(x)
    middle, fine = (k > 0.02) & (k < 0.15), k > 0.25
    gradient = np.hypot(*np.gradient(x))
    dog = ndimage.gaussian_filter(x, 0.8) - ndimage.gaussian_filter(x, 1.8)
    peaks = (dog == ndimage.maximum_filter(dog, 5)) & (dog > 0.04)
    return [
        x.mean(),
        np.median(x),
        x.std(),
        float(stats.skew(values)),
        float(np.log(stats.kurtosis(values, fisher=False))),
        gini,
        _concentration(x),
        float(np.abs(x - np.rot90(x, 2)).mean() / max(x.mean(), 1e-9)),
        float(np.polyfit(np.log(k[middle]), np.log(power[middle]), 1)[0]),
        float(np.log(power[fine].mean() / power[middle].mean())),
        float(np.log(ndimage.laplace(x).std() / max(x.std(), 1e-9))),
        float(np.log(stats.kurtosis(gradient.ravel(), fisher=False))),
        float((x <= 0.02).mean()),
        float(np.log1p(peaks.sum())),
    ]


def _spectrum(x):
    """Mean power in rings of frequency, cycles per pixel."""
    window = np.hanning(SIDE)[:, None] * np.hanning(SIDE)
    power = np.abs(np.fft.fft2((x - x.mean()) * window)) ** 2 + 1e-9
    k = np.hypot(*np.meshgrid(np.fft.fftfreq(SIDE), np.fft.fftfreq(SIDE)))
    ring = np.digitize(k.ravel(), np.geomspace(0.01, 0.5, 30))
    count = np.bincount(ring, minlength=31)
    mean = [np.bincount(ring, values.ravel(), 31) / np.maximum(count, 1) for values in (power, k)]
    inside = (count > 0) & (np.arange(31) > 0) & (np.arange(31) < 30)
    return mean[0][inside], mean[1][inside]


def _concentration(x):
    """Five times the logarithm of the radii of 80% and 20% of the light about its centre."""
    y, c = np.indices(x.shape)
    total = max(x.sum(), 1e-9)
    r = np.hypot(y - (y * x).sum() / total, c - (c * x).sum() / total)
    order = np.argsort(r, axis=None)
    grown = np.cumsum(x.ravel()[order]) / total
    r20, r80 = (r.ravel()[order][np.searchsorted(grown, part)] for part in (0.2, 0.8))
    return float(5 * np.log10(max(r80, 1) / max(r20, 1)))


# A small network ------------------------------------------------------------------------------


def _network():
    from torch import nn

    layers, width = [], 1
    for wide in (16, 32, 48, 64):
        layers += [nn.Conv2d(width, wide, 3, padding=1), nn.BatchNorm2d(wide), nn.ReLU(), nn.MaxPool2d(2)]
        width = wide
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Dropout(0.3), nn.Linear(width, 2))


def network_guesses(images, labels, bodies, *, epochs=24, folds=5, seed=0):
    """Predict every picture by a network that saw none of its body."""
    import torch
    from sklearn.model_selection import GroupKFold

    torch.manual_seed(seed)
    half = images.reshape(len(images), 1, SIDE // 2, 2, SIDE // 2, 2).mean(axis=(3, 5))
    x, y = torch.from_numpy(half).float() * 2 - 1, torch.from_numpy(labels.astype(np.int64))
    guessed = np.zeros(len(labels), labels.dtype)
    for train, test in GroupKFold(folds).split(half, labels, bodies):
        net = _trained(_network(), x[train], y[train], epochs=epochs, seed=seed)
        with torch.no_grad():
            views = [torch.rot90(x[test], n, (2, 3)) for n in range(4)]
            answer = sum(net(v).softmax(1) for v in views)[:, 1] > 2
        guessed[test] = answer.numpy()
    return guessed


def _trained(net, x, y, *, epochs, seed):
    import torch

    rng = np.random.default_rng(seed)
    optimiser = torch.optim.AdamW(net.parameters(), lr=2e-3, weight_decay=0.02)
    steps = epochs * -(-len(x) // 32)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 4e-3, total_steps=steps)
    net.train()
    for _ in range(epochs):
        for batch in np.array_split(rng.permutation(len(x)), -(-len(x) // 32)):
            views = torch.stack([_turned(x[i], rng) for i in batch])
            loss = torch.nn.functional.cross_entropy(net(views), y[batch])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
    return net.eval()


def _turned(image, rng):
    import torch

    image = torch.rot90(image, int(rng.integers(4)), (1, 2))
    image = torch.flip(image, (2,)) if rng.random() < 0.5 else image
    return torch.roll(image, tuple(int(n) for n in rng.integers(-6, 7, 2)), (1, 2))


# Report ---------------------------------------------------------------------------------------


def report(shown, *, network):
    """Print how well each classifier tells real from simulated, together and by group of kinds."""
    labels = np.array([s.real for s in shown])
    bodies = np.array([s.body if s.real else f"simulated {n}" for n, s in enumerate(shown)])
    kinds = np.array([s.kind for s in shown])
    features = np.array([statistics(s.image) for s in shown])
    answers = {name: guesses(model, features, labels, bodies) for name, model in models().items()}
    if network:
        answers["small network"] = network_guesses(np.stack([s.image for s in shown]), labels, bodies)
    print(f"{labels.sum()} real pictures of {len(set(bodies[labels]))} bodies, {(~labels).sum()} simulated")
    bootstrap = ClusterBootstrap(bodies, draws=2000)
    for name, guessed in answers.items():
        print(f"{name}:")
        for group, members in {"all": set(kinds), **_GROUPS}.items():
            inside = np.isin(kinds, list(members))
            if len(np.unique(labels[inside])) < 2:
                continue
            found = bootstrap.estimate(balanced_accuracy, guessed, labels, where=inside)
            print(f"  {group:14} {found.text('.1%')}, {inside.sum() // 2} pairs")
    print("each statistic alone (area under the curve; 0.5 is chance), median real, median simulated:")
    from sklearn.metrics import roc_auc_score

    for name, column in zip(STATISTICS, features.T, strict=True):
        area = roc_auc_score(labels, column)
        real, drawn = np.median(column[labels]), np.median(column[~labels])
        print(f"  {name:18} {max(area, 1 - area):.3f} {real:9.3f} {drawn:9.3f}")


def strips(kind, rows, *, across=12):
    """Give grey levels of rows of so many pictures of a kind: a row of each name, then the next ones."""
    from PIL import Image, ImageDraw

    made = []
    for start in range(0, max(map(len, rows.values())), across):
        for label, images in rows.items():
            if start >= len(images):
                continue
            strip = np.zeros((SIDE, across * SIDE), np.uint8)
            for n, image in enumerate(images[start : start + across]):
                strip[:, n * SIDE : (n + 1) * SIDE] = np.round(255 * image[::-1])
            picture = Image.fromarray(strip)
            ImageDraw.Draw(picture).text((4, 4), f"{kind} {label}", fill=255)
            made.append(np.asarray(picture))
    return made


def sheet(shown, path, *, across=12):
    """Draw real pictures above simulated ones, kind by kind."""
    from PIL import Image

    rows = []
    for kind in sorted({s.kind for s in shown}):
        real, drawn = (
            [s.image for s in shown if s.kind == kind and s.real is real] for real in (True, False)
        )
        rows += strips(kind, {"real": real, "simulated": drawn}, across=across)
    Image.fromarray(np.vstack(rows)).save(path)


def main():
    """Read, simulate, tell apart, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="pictures and labels.csv")
    parser.add_argument("--seed", type=int, default=12)
    parser.add_argument(
        "--raw", action="store_true", help="compare raw frames: pictures as scenes, drawn bodies"
    )
    parser.add_argument("--count", type=int, help="pictures to compare (default: all)")
    parser.add_argument("--no-network", action="store_true", help="statistics only")
    parser.add_argument("--sheet", type=Path, help="contact sheet of all pictures, PNG")
    chosen = parser.parse_args()
    if chosen.raw:
        total = len(labelled(chosen.folder))
        shown = raw_frames(chosen.folder, count=chosen.count or total, seed=chosen.seed)
    else:
        real = real_pictures(chosen.folder)[: chosen.count]
        shown = [s for n, r in enumerate(real) for s in (r, _counterpart(r, chosen.seed + n))]
    if chosen.sheet:
        sheet(shown, chosen.sheet)
    report(shown, network=not chosen.no_network)


def _counterpart(real, seed):
    return Shown(simulated_picture(real.kind, seed), real.kind, "", False)


if __name__ == "__main__":
    main()
