"""Reasons of misclassifications: the paper's three, proposed by a rule from the frame's pixels."""

import numpy as np
from astropy.table import Table

from astroclassify.evaluation._scored import TRUTHS

SIMILAR, INSUFFICIENT, NOISE = "inter-class similarity", "insufficient features", "image noise"
#: Below this share of blocks with signal, little of a body is seen. Empty sky gives 0 to 0.24 (WFC3/UVIS).
LITTLE_SIGNAL = 0.1
#: Below this spread of blocks, in units of what noise alone gives, frames are as bias frames (1.5 to 10) and
#: empty sky (1.4 to 9) are; of simulated frames of bodies that are clearly seen, 95% give 10.6 and more.
FAINT = 10.0
#: Above this many times what is usual for the camera, and this share, cosmic rays are noise to be seen.
MANY_RAYS, LEAST_RAYS = 4.0, 0.01
#: Below this predicted signal-to-noise of a pixel a simulated exposure counts as faint, whatever is measured.
FAINT_TRUTH = 1.0
#: From this probability on a wrong answer is a confident one.
CONFIDENT = 0.9


def misclassified(answers, frames, *, truth=None):
    """
    List the wrong answers, the surest first, each with a reason proposed for a person to confirm.

    Parameters
    ----------
    answers : `~astropy.table.Table`
        Of an evaluation.
    frames : `~astropy.table.Table`
        Its table ``frames``, with the statistics of the pixels.
    truth : mapping of str to mapping, optional
        The truth of each simulated exposure, by OBSID.

    Returns
    -------
    `~astropy.table.Table`
        A row for each model and misclassified frame; ``reason`` is the paper's, ``evidence`` what it is
        based on.
    """
    usual = _usual(frames)
    by_name = {str(row["name"]): row for row in frames}
    wrong = (
        np.isin(answers["truth"], TRUTHS)
        & (answers["error"] == "")
        & (answers["leaning"] != answers["truth"])
    )
    rows = []
    for model in dict.fromkeys(answers["model"]):
        mine = answers[wrong & (answers["model"] == model)]
        for row in mine[np.argsort(-mine["probability"], kind="stable")]:
            pixels = by_name[str(row["name"])]
            known = (truth or {}).get(str(row["OBSID"]))
            rows.append(_row(row, pixels, usual[str(row["Instrument"])], known))
    return Table(rows, names=_COLUMNS) if rows else Table(names=_COLUMNS, dtype=_DTYPES)


_ANSWER = ("model", "name", "body", "Instrument", "Filter", "truth", "leaning", "label", "probability")
_MEASURED = ("signal_share", "block_snr", "narrow_share")
_FRAME = ("OBSID", "HDU Index", "path")
_COLUMNS = (*_ANSWER, "confident", "reason", "evidence", *_MEASURED, *_FRAME)
_DTYPES = (*(str,) * 8, float, bool, str, str, *(float,) * 3, str, int, str)


def _row(row, pixels, usual, known):
    reason, evidence = reason_for(pixels, usual, known)
    return {
        **{name: row[name] for name in _ANSWER},
        "confident": bool(row["probability"] >= CONFIDENT),
        "reason": reason,
        "evidence": evidence,
        **{name: float(pixels[name]) for name in _MEASURED},
        **{name: row[name] for name in _FRAME},
    }


def _usual(frames):
    """Give the median share of narrow peaks of each camera, over all frames of the list."""
    found = {}
    for instrument in set(map(str, frames["Instrument"])):
        shares = np.asarray(frames["narrow_share"][frames["Instrument"] == instrument], float)
        there = shares[np.isfinite(shares)]
        found[instrument] = float(np.median(there)) if there.size else np.nan
    return found


def reason_for(pixels, usual, known=None):
    """
    Propose the paper's reason for one frame.

    Parameters
    ----------
    pixels : mapping of str to float
        The frame's statistics.
    usual : float
        The share of narrow peaks that is usual for its camera.
    known : mapping, optional
        The truth of a simulated exposure.

    Returns
    -------
    tuple of str
        The reason, and the evidence for it. Noise comes first, since the paper found it rare; then
        insufficient features; a frame that shows neither has signal to be told by: inter-class similarity.
    """
    noise, insufficient = _noise(pixels, usual, known), _insufficient(pixels, known)
    if noise:
        return NOISE, "; ".join(noise + insufficient)
    if insufficient:
        return INSUFFICIENT, "; ".join(insufficient)
    signal = f"signal in {pixels['signal_share']:.0%} of the frame"
    return SIMILAR, f"{signal}, blocks differ by {pixels['block_snr']:.1f} times what noise gives"


def _noise(pixels, usual, known):
    found = []
    narrow = pixels["narrow_share"]
    if narrow > max(LEAST_RAYS, MANY_RAYS * usual):
        found.append(f"narrow peaks on {narrow:.1%} of the pixels, usually {usual:.1%}")
    if _number(known, "effect_satellite_trails") > 0:
        found.append("a trail crosses it")
    return found


def _insufficient(pixels, known):
    found = []
    if pixels["signal_share"] < LITTLE_SIGNAL:
        found.append(f"signal in {pixels['signal_share']:.1%} of the frame only")
    if pixels["block_snr"] < FAINT:
        found.append(f"blocks differ by {pixels['block_snr']:.1f} times what noise gives")
    if _number(known, "snr") < FAINT_TRUTH:
        found.append(f"simulated with a signal-to-noise of {_number(known, 'snr'):.2f} a pixel")
    return found


def _number(known, name):
    """Give a number of the truth; NaN where there is none, which is on no side of a limit."""
    if known is None or name not in known.colnames or np.ma.is_masked(known[name]):
        return np.nan
    return float(known[name])
