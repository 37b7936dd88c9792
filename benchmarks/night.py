"""Does every frame of a night get its verdict? ``python benchmarks/night.py``.

Each simulated field gives two nights. Frames are shifted by a few pixels and have noise of their own. In the
first night one frame is clouded, one trailed, one crossed by a satellite, and five are good; in the second a
source moves from frame to frame. Half of the fields show objects, half show none. The table counts verdicts
(columns) by what was drawn (rows).
"""

import argparse
import warnings
from collections import Counter

import numpy as np
from scipy import ndimage

SEED, SIDE, SHIFT = 20_191, 320, 8
CAMERAS = ("smart-30", "smart-50", "smart-80", "amateur-250")
#: Frames of the two nights, by what is drawn in them.
NIGHTS = ([*["good"] * 5, "clouded", "trailed", "satellite"], ["moving"] * 5)
#: A field shows objects if one is so large, pixels: of smaller ones detectors see little (int).
OBJECT = 24
#: What clouds let through; the length of trails in full widths of a star; the height of a satellite's trail,
#: and of a source that moves, above the noise of a pixel; the way of the latter from frame to frame, pixels.
CLOUDS, TRAILS, SATELLITES = (0.1, 0.45), (2.0, 6.0), (3.0, 20.0)
MOVERS, STEPS = (10.0, 60.0), (4.0, 20.0)
#: Noise of a frame in units of that of the field, which is many exposures together (float).
NOISE = 2.0
#: The full width at half maximum of a Gaussian in standard deviations.
FWHM = 2 * np.sqrt(2 * np.log(2))


def main():
    """Draw nights, judge them, and print the table."""
    from astroclassify.core import AstroclassifyWarning

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--fields", type=int, default=10, help="fields, of two nights each")
    parser.add_argument("--method", default="yolo", help="what looks for objects")
    parser.add_argument("--side", type=int, default=SIDE, help="rows and columns")
    chosen = parser.parse_args()
    warnings.simplefilter("ignore", AstroclassifyWarning)
    counts = Counter()
    for number in range(chosen.fields):
        counts.update(judged(Field(number, chosen.side), chosen.method))
    print("\n".join(table(counts)))


def judged(field, method):
    """Pairs of what was drawn and the verdict, of all frames of a field."""
    from astroclassify.detect import judge_frames

    for names in NIGHTS:
        frames = [field.frame(name, number) for number, name in enumerate(names)]
        for name, found in zip(names, judge_frames(frames, method=method, progress=False), strict=True):
            yield field.usual if name == "good" else name, found.verdict


class Field:
    """A field of which frames are taken."""

    def __init__(self, number, side):
        from astroclassify.detect._stars import stars_of

        self.rng, self.side = np.random.default_rng([SEED, number]), side
        drawn = self._drawn(shown=bool(number % 2))
        self.usual = "has object" if len(drawn.objects) else "empty"
        self.sky = float(np.median(drawn.image))
        self.light = drawn.image - self.sky
        self.noise = NOISE * float(np.median(np.abs(np.diff(drawn.image, axis=1)))) / 0.954
        self.width = float(np.nan_to_num(stars_of(drawn.image).fwhm, nan=3.0)) / FWHM
        self.start, self.step = self._way()
        self.height = self._log_uniform(MOVERS)

    def _drawn(self, *, shown):
        from astroclassify.simulate import wide_field

        camera, shape = str(self.rng.choice(CAMERAS)), (self.side + 2 * SHIFT,) * 2
        settings = {"style": "linear", "colour": False, "starless": False, "objects": None if shown else 0}
        while True:
            field = wide_field(self.rng, telescope=camera, shape=shape, **settings)
            if not shown or (len(field.objects) and field.objects["size"].max() >= OBJECT):
                return field

    def _way(self):
        """Where what moves is at first, and its step, x and y, so that it stays in the frame."""
        start, angle = self.rng.uniform(0.2, 0.5, 2) * self.side, self.rng.uniform(0, 2 * np.pi)
        step = self.rng.uniform(*STEPS) * np.array([np.cos(angle), np.sin(angle)])
        end = start + step * len(NIGHTS[1])
        return start, np.where((end < 0.1 * self.side) | (end > 0.9 * self.side), -step, step)

    def _log_uniform(self, limits):
        return float(np.exp(self.rng.uniform(*np.log(limits))))

    def frame(self, name, number):
        """A frame in which something is drawn."""
        light = self.light * (self.rng.uniform(*CLOUDS) if name == "clouded" else 1.0)
        if name == "trailed":
            light = trailed(light, self.rng.uniform(*TRAILS) * self.width * FWHM, self.rng.uniform(0, np.pi))
        top, left = self.rng.integers(0, 2 * SHIFT + 1, 2)
        shown = light[top : top + self.side, left : left + self.side]
        if name == "satellite":
            shown = shown + self._crossed()
        if name == "moving":
            shown = shown + self._moved(self.start + self.step * number - (left - SHIFT, top - SHIFT))
        noise = self.rng.normal(0, self.noise, shown.shape)
        return (self.sky + shown + noise).astype(np.float32)

    def _crossed(self):
        angle, (x0, y0) = self.rng.uniform(0, np.pi), self.rng.uniform(0.3, 0.7, 2) * self.side
        y, x = np.indices((self.side, self.side))
        away = (x - x0) * np.sin(angle) - (y - y0) * np.cos(angle)
        return self._log_uniform(SATELLITES) * self.noise * np.exp(-0.5 * (away / self.width) ** 2)

    def _moved(self, place):
        y, x = np.indices((self.side, self.side))
        away = np.hypot(x - place[0], y - place[1])
        return self.height * self.noise * np.exp(-0.5 * (away / self.width) ** 2)


def trailed(light, length, angle):
    """Draw light out along a line."""
    way = np.linspace(-length / 2, length / 2, int(2 * length) + 1)
    shifts = [(step * np.sin(angle), step * np.cos(angle)) for step in way]
    return np.mean([ndimage.shift(light, each, order=1, mode="nearest") for each in shifts], axis=0)


def table(counts):
    """Lines: what was drawn, and how often each verdict was given."""
    from astroclassify.detect import VERDICTS

    names = [name for name in VERDICTS if name != "unreadable"]
    rows = ["".join(f"{counts[drawn, name]:12}" for name in names) for drawn in names]
    return [f"{'drawn':12}" + "".join(f"{name:>12}" for name in names)] + [
        f"{drawn:12}{row}" for drawn, row in zip(names, rows, strict=True)
    ]


if __name__ == "__main__":
    main()
