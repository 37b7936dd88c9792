"""Baselines to compare accuracies with: rules on instrument, band or one statistic of the pixels."""

from dataclasses import dataclass

import numpy as np
from astropy.table import Table
from scipy import ndimage

from astroclassify.evaluation._scored import BY, TRUTHS, scores
from astroclassify.metrics import SHARES, ClusterBootstrap

#: A side of the blocks whose means are compared, in pixels.
_BLOCK = 32
_MINIMUM_BLOCKS = 4
#: Every so many pixels suffice for the shares and moments of a large frame.
_SAMPLE_PIXELS = 500_000
#: In units of the noise of a pixel, and of a block: bias and empty sky seldom make blocks differ by 10.
_BRIGHT, _NARROW, _SIGNAL = 5.0, 10.0, 10.0
#: Side of the middle of a frame in which narrow peaks are counted, and how high their foot may be (part).
_MIDDLE, _FOOT = 1024, 0.15

#: What is measured of each frame.
STATISTICS = {
    "level": "median of the pixels",
    "noise": "robust pixel-to-pixel noise",
    "skewness": "third standardised moment",
    "kurtosis": "fourth standardised moment, less 3",
    "bright_share": "share of pixels 5 noises above the median",
    "signal_share": "share of 32-pixel blocks that stand out of the darkest",
    "block_snr": "spread of the means of 32-pixel blocks, in units of what noise alone would give",
    "narrow_share": "share of pixels in peaks that are narrower than any star: cosmic rays, hot pixels",
}


def frame_statistics(array):
    """
    Measure the statistics of a frame's pixels.

    Parameters
    ----------
    array : numpy.ndarray
        Float32 ``[y, x]``, NaN on unusable pixels.

    Returns
    -------
    dict of str to float
        The `STATISTICS`; NaN where there is nothing to measure one on.
    """
    usable = np.isfinite(array)
    median = float(np.median(_sampled(array)[_sampled(usable)]))
    filled = array if usable.all() else np.where(usable, array, np.float32(median))
    noise = _noise(filled)
    sample = (_sampled(filled).astype(float) - median)[_sampled(usable)]
    signal_share, block_snr = _blocks(filled, noise)
    found = {
        "level": median,
        "noise": noise,
        **_moments(sample),
        "bright_share": float((sample > _BRIGHT * noise).mean()) if noise else np.nan,
        "signal_share": signal_share,
        "block_snr": block_snr,
        "narrow_share": _narrow(filled, median, noise),
    }
    return {name: float(found[name]) for name in STATISTICS}


def _sampled(array):
    """Take every so many-th pixel of both axes; the step is odd, so that no amplifier is favoured."""
    step = int(np.sqrt(array.size / _SAMPLE_PIXELS))
    return array[:: max(1, step | 1), :: max(1, step | 1)]


def _noise(filled):
    """
    Robust noise from differences of neighbouring pixels, of every eighth row.

    The mean of the smaller four fifths of them, unlike their median, is not a whole number of raw counts.
    """
    differences = np.abs(np.diff(filled[::8], axis=1)).ravel()
    few = int(0.8 * differences.size)
    return float(np.partition(differences, few)[:few].mean(dtype=float)) * 1.2659


def _moments(sample):
    spread = sample.std()
    if not spread:
        return {"skewness": np.nan, "kurtosis": np.nan}
    scaled = (sample - sample.mean()) / spread
    return {"skewness": (scaled**3).mean(), "kurtosis": (scaled**4).mean() - 3}


def _blocks(filled, noise):
    """
    Share of the blocks that stand out of the darkest tenth, and the spread of blocks over that of noise.

    Of each block the median of means of 8 strips is taken, which a cosmic ray does not move.
    """
    rows, columns = (side // _BLOCK for side in filled.shape)
    if rows * columns < _MINIMUM_BLOCKS or not noise:
        return np.nan, np.nan
    cut = filled[: rows * _BLOCK, : columns * _BLOCK].reshape(rows, 8, _BLOCK // 8, columns, _BLOCK)
    means = np.median(cut.mean(axis=(2, 4), dtype=float), axis=1)
    expected = 1.2 * noise / _BLOCK  # the median of 8 means is 1.2 times as noisy as the mean of all
    low, dark, high = np.quantile(means, [0.05, 0.1, 0.95])
    return (means > dark + _SIGNAL * expected).mean(), (high - low) / (2 * 1.645 * expected)


def _narrow(filled, median, noise):
    """Share of the middle's pixels that stand on nothing; of a star, however sharp, neighbours shine too."""
    if not noise:
        return np.nan
    top, left = (max(0, (side - _MIDDLE) // 2) for side in filled.shape)
    middle = filled[top : top + _MIDDLE, left : left + _MIDDLE]
    foot = ndimage.grey_opening(middle, (2, 2))
    return ((middle - foot > _NARROW * noise) & (foot - median < _FOOT * (middle - median))).mean()


#: Columns of a list that rules look at.
_METADATA = {
    "the commoner class": (),
    "instrument": ("Instrument",),
    "band": ("Filter",),
    "instrument and band": ("Instrument", "Filter"),
}
REFERENCE, OTHERS, SAME = "the reference list", "other bodies", "these frames"


@dataclass(frozen=True, eq=False)
class Rule:
    """
    A baseline: a rule that separates galaxies from nsc by a word or a number.

    Parameters
    ----------
    name : str
        The column that it looks at.
    learnt_on : {"the reference list", "other bodies", "these frames"}
        Where it comes from; of ``"these frames"`` it is the best that there is, and no fair rival.
    called : numpy.ndarray of bool
        Whether it calls each frame a galaxy.
    """

    name: str
    learnt_on: str
    called: np.ndarray

    @property
    def is_fair(self):
        """Whether it has not seen the labels of the frames it judges (bool)."""
        return self.learnt_on != SAME


def scored_frames(frames):
    """
    Leave out frames of no body.

    Parameters
    ----------
    frames : `~astropy.table.Table`
        The table ``frames`` of an evaluation.

    Returns
    -------
    `~astropy.table.Table`
        Those that show a galaxy or an nsc.
    """
    return frames[np.isin(frames["truth"], TRUTHS)]


def rules_for(frames, *, reference=None):
    """
    Learn the baselines' rules.

    Parameters
    ----------
    frames : `~astropy.table.Table`
        From `scored_frames`, with the `STATISTICS` of their pixels.
    reference : `~astropy.table.Table`, optional
        Another list (``Instrument``, ``Filter``, ``Label``) to learn the rules on instrument and band from.
        Otherwise each body is judged by what the others show, as numbers always are.

    Returns
    -------
    list of Rule
        Each as a fair rival, and as the best on these very frames.
    """
    truth = np.asarray(frames["truth"] == "galaxy")
    body = np.unique(np.asarray(frames["body"], dtype=str), return_inverse=True)[1]
    rules = []
    for name, columns in _METADATA.items():
        values = _words(frames, columns)
        if reference is None:
            rules.append(Rule(name, OTHERS, _by_others(values, truth, body)))
        else:
            there = np.asarray(reference["Label"] == "galaxy")
            rules.append(Rule(name, REFERENCE, _by_reference(values, _words(reference, columns), there)))
        rules.append(Rule(name, SAME, _by_reference(values, values, truth)))
    for name in STATISTICS:
        values = np.asarray(frames[name], dtype=float)
        rules.append(Rule(name, OTHERS, _numbers_by_others(values, truth, body)))
        rules.append(Rule(name, SAME, _above(values, *_threshold(values, truth))))
    return rules


def baselines(frames, rules, *, draws, rng):
    """
    Score the baselines.

    Parameters
    ----------
    frames : `~astropy.table.Table`
        From `scored_frames`.
    rules : list of Rule
        From `rules_for`.
    draws : int
        Bootstrap samples.
    rng : int
        Their seed.

    Returns
    -------
    `~astropy.table.Table`
        A row for each rule.
    """
    truth = np.asarray(frames["truth"] == "galaxy")
    samples = {
        suffix: ClusterBootstrap(np.asarray(frames[group]), draws=draws, rng=rng)
        for suffix, group in BY.items()
    }
    return Table(
        [
            {
                "looks_at": rule.name,
                "learnt_on": rule.learnt_on,
                **scores(SHARES, rule.called, truth, samples),
            }
            for rule in rules
        ]
    )


def fair_rules(baselines):
    """
    Take the rules that have not seen the labels of the frames they judge.

    Parameters
    ----------
    baselines : `~astropy.table.Table`
        The table ``baselines`` of an `Evaluation`.

    Returns
    -------
    `~astropy.table.Table`
        Without those learnt on ``"these frames"``, which are the best there could be, and no fair rivals.
    """
    return baselines[baselines["learnt_on"] != SAME]


# Words ---------------------------------------------------------------------------------------


def _words(table, columns):
    """Put the columns' words together, one for each row."""
    parts = [np.char.strip(np.asarray(table[name], dtype=str)) for name in columns]
    return np.array([" ".join(row) for row in zip(*parts, strict=True)] if parts else [""] * len(table))


def _by_reference(values, others, truth):
    """Leave-one-out majority of the frames with the same word; without any, the commoner class."""
    known, index = np.unique(others, return_inverse=True)
    counts = np.zeros((known.size, 2))
    np.add.at(counts, (index, truth.astype(int)), 1)
    called = dict(zip(known, _majority(counts, counts.sum(axis=0)), strict=True))
    commoner = bool(counts[:, 1].sum() >= counts[:, 0].sum())
    return np.array([called.get(value, commoner) for value in values], dtype=bool)


def _by_others(values, truth, body):
    """Leave-one-body-out majority of the frames with the same word."""
    known, index = np.unique(values, return_inverse=True)
    own = np.zeros((body.max(initial=0) + 1, known.size, 2))
    np.add.at(own, (body, index, truth.astype(int)), 1)
    others = own.sum(axis=0) - own
    called = _majority(others, others.sum(axis=1, keepdims=True))
    return called[body, index]


def _majority(counts, all_counts):
    """Whether galaxies are the majority; a tie goes to the majority of all frames."""
    difference = counts[..., 1] - counts[..., 0]
    overall = all_counts[..., 1] >= all_counts[..., 0]
    return np.where(difference == 0, overall, difference > 0)


# Numbers -------------------------------------------------------------------------------------


def _threshold(values, truth):
    """Find the threshold, and the side of galaxies, that are right most often; and the commoner class."""
    commoner = bool(truth.sum() * 2 >= truth.size)
    there = np.isfinite(values)
    order = np.argsort(values[there], kind="stable")
    ordered, galaxy = values[there][order], truth[there][order]
    if not ordered.size:
        return np.inf, True, commoner
    # What is right if galaxies are above the k-th value: nsc below it, and galaxies from it on.
    below = np.concatenate([[0], np.cumsum(~galaxy)])
    above = np.concatenate([np.cumsum(galaxy[::-1])[::-1], [0]])
    right = (below + above).astype(float)
    cut = np.concatenate([[-np.inf], (ordered[1:] + ordered[:-1]) / 2, [np.inf]])
    right[1:-1][np.diff(ordered) == 0] = galaxy.size / 2  # equal values cannot be told apart
    turned = galaxy.size - right
    if turned.max() > right.max():
        return cut[turned.argmax()], False, commoner
    return cut[right.argmax()], True, commoner


def _above(values, threshold, galaxies_above, commoner):
    return np.where(np.isfinite(values), (values > threshold) == galaxies_above, commoner)


def _numbers_by_others(values, truth, body):
    called = np.zeros(truth.size, dtype=bool)
    for each in range(body.max(initial=-1) + 1):
        mine = body == each
        called[mine] = _above(values[mine], *_threshold(values[~mine], truth[~mine]))
    return called
