"""Check of frames against a model's training: novelty, uncertain answers, empty fields, planes."""

from collections import Counter
from dataclasses import dataclass

from astropy.table import Table

from astroclassify.core import AstroclassifyError, ParameterError, progress_bar
from astroclassify.inference import checked_planes, interpret, plane_statistics, predict_planes
from astroclassify.io import read_frames
from astroclassify.metrics import wilson_interval
from astroclassify.models import Model, build_model, resolve_device
from astroclassify.preprocess import frame_array

#: What may be said of a frame: the first that holds (tuple of str).
VERDICTS = ("novel", "unusual planes", "empty field", "unsure", "as learnt")
#: Frames are unlike what was learnt where more than so many of them are called this (dict). Of frames that
#: are like it 1% are novel, and half of them at most are unsure.
MOST = {"novel": 0.05, "unusual planes": 0.25, "unsure": 0.5}
#: Statistics of planes may lie so far outside of the range on the card, relative to its width (float).
_MARGIN = 0.5
_ADVICE = {
    "novel": "look at them: are they of the sky, and in focus? If so, label some and calibrate, or train on "
    "them: astroclassify train patchnet --weights default",
    "unusual planes": "were they stretched, smoothed, resampled or cut? Give raw or calibrated frames",
    "unsure": "label 20 of them, and run: astroclassify calibrate FOLDER labels.csv -o mine.safetensors",
    "empty field": "no body is seen there, or it is too faint; a longer exposure would tell",
}
_COLUMNS = ("source", "chip", "verdict", "label", "probability", "p_field", "novelty", "note")
_TYPES = (str, int, str, str, float, float, float, str)


@dataclass(frozen=True, eq=False)
class FrameCheck:
    """
    The result of `check_frames`: whether frames resemble those that a model was trained on.

    Parameters
    ----------
    resembles : bool
        Whether they do.
    lines : tuple of str
        Why, and what to do, in words.
    table : astropy.table.Table
        Of each frame: ``source``, ``chip``, ``verdict`` (``as learnt``, ``novel``, ``unusual planes``,
        ``empty field`` or ``unsure``), ``label``, ``probability``, ``p_field``, ``novelty`` and ``note``.
    failed : tuple of str
        Files that could not be read, and why.

    Examples
    --------
    `check_frames` gives one:

    >>> from astropy.table import Table
    >>> from astroclassify.curation import FrameCheck
    >>> check = FrameCheck(False, ("12 of 20 novel",), Table({"verdict": ["novel"]}))
    >>> check.resembles, check.failed
    (False, ())
    """

    resembles: bool
    lines: tuple[str, ...]
    table: Table
    failed: tuple[str, ...] = ()


def check_frames(frames, *, model="default", weights=None, device=None, progress=None):
    """
    Check whether frames resemble those that a model was trained on, and if not, say why.

    Parameters
    ----------
    frames : sequence of path-like
        Files of frames; of a file of several chips each is checked.
    model : str, ModelSpec or Model, default "default"
        A model for frames.
    weights : str, path-like or Weights, optional
        A safetensors file instead of the model's own weights.
    device : str, optional
        As for `~astroclassify.classify`.
    progress : bool, optional
        Show a progress bar; `None` shows it only on a terminal.

    Returns
    -------
    FrameCheck
        The verdict on all, and on each.

    Raises
    ------
    ParameterError
        If there is no path.
    UnknownNameError, MissingWeightsError, WeightsError, PluginError
        If the model cannot be built.

    Notes
    -----
    A frame is *novel* where its novelty is above the limit of the card; its *planes* are *unusual* where the
    mean or the spread of one of them lies far outside of the range that the card gives (``planes``; not
    checked where it gives none); it shows an *empty field* where the probability of field is above the card's
    limit; and the model is *unsure* where the probability of the label is below the card's threshold. Frames
    do not resemble what was learnt if the lower end of the 95% interval (Wilson) of the share that is novel
    is above 5%, with unusual planes 25%, unsure 50%. Nobody can say without labels how many answers are
    right.

    Examples
    --------
    A file of a simulated frame:

    >>> from astropy.io import fits
    >>> from astroclassify.curation import check_frames
    >>> from astroclassify.simulate import random_frames
    >>> (one,) = random_frames(3, kind="spiral", shape=(96, 96))
    >>> path = getfixture("tmp_path") / "spiral.fits"
    >>> fits.writeto(path, one.array)
    >>> found = check_frames([path], progress=False)
    >>> len(found.table), found.failed
    (1, ())
    """
    paths = list(frames)
    if not paths:
        raise ParameterError("there is no frame to check; expected at least one file")
    if not isinstance(model, Model):
        model = build_model(model, weights=weights, device=resolve_device(device))
    rows, failed = [], []
    for path in progress_bar(paths, progress=progress, total=len(paths), description="check"):
        try:
            rows += [_row(path, frame, model) for frame in read_frames(path)]
        except AstroclassifyError as error:
            failed.append(str(error))
    table = Table(rows=rows or None, names=_COLUMNS, dtype=_TYPES)
    resembles, lines = _judged(table["verdict"], model)
    return FrameCheck(resembles, lines, table, tuple(failed))


def _row(path, frame, model):
    planes = checked_planes(model.spec, frame_array(frame))
    (prediction,) = predict_planes(model, [planes], evidence=False)
    said = interpret(prediction, model)
    p_field = said.probabilities.get("field", 0.0)
    unusual = unusual_planes(planes, model.card.get("planes"))
    holds = {
        "novel": said.novelty > model.calibration.novelty_above,
        "unusual planes": bool(unusual),
        "empty field": p_field > model.calibration.field_above,
        "unsure": said.label == "uncertain",
        "as learnt": True,
    }
    verdict = next(name for name in VERDICTS if holds[name])
    note = unusual if verdict == "unusual planes" else said.meta["reason"]
    chip = int(frame.meta.get("CCDCHIP", 0) or 0)
    return (str(path), max(0, chip), verdict, said.label, said.probability, p_field, said.novelty, note)


def unusual_planes(planes, usual):
    """
    Say which statistic of a frame's planes lies far outside of the usual range.

    Parameters
    ----------
    planes : numpy.ndarray
        ``[C, H, W]``, as the network takes them.
    usual : mapping or None
        The card's ``planes``: of ``mean`` and ``spread`` a lower and an upper bound for each plane.

    Returns
    -------
    str
        The first that does; empty where none does, or there is no usual range.
    """
    if not usual:
        return ""
    for name, values in plane_statistics(planes).items():
        for number, (value, (low, high)) in enumerate(zip(values, usual[name], strict=True)):
            room = _MARGIN * (high - low)
            if not low - room <= value <= high + room:
                return f"the {name} of plane {number} is {value:.3g}; usual are {low:.3g} to {high:.3g}"
    return ""


def _judged(verdicts, model):
    """Give whether frames resemble what was learnt, and the words for it."""
    number, counts = len(verdicts), Counter(verdicts.tolist() if len(verdicts) else ())
    if not number:
        return False, ("no frame could be read",)
    unlike = [name for name, most in MOST.items() if wilson_interval(counts[name] / number, number)[0] > most]
    verdict = "do not resemble" if unlike else "resemble"
    lines = [f"{number} frames {verdict} what {model.spec.name} (weights {model.sha256[:12]}) has learnt"]
    for name in VERDICTS:
        if counts[name]:
            advice = f": {_ADVICE[name]}" if name in unlike or name == "empty field" else ""
            lines.append(f"{counts[name]} of {number} {name}{advice}")
    if not model.card.get("planes"):
        lines.append("the card gives no usual range of the planes: they were not compared")
    return not unlike, tuple(lines)
