"""The calibration of a model to a few labelled frames of one's own."""

import json
import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from astropy.table import Table

from astroclassify.core import (
    AstroclassifyError,
    ParameterError,
    atomic_path,
    fingerprint,
    progress_bar,
    write_text,
)
from astroclassify.datasets import checked_frames
from astroclassify.inference._fit_calibration import fit_calibration
from astroclassify.inference._interpret import calibrated_logits, galaxy_probability
from astroclassify.inference._predict import checked_planes, predict_planes
from astroclassify.io import read_frames
from astroclassify.metrics import ClusterBootstrap, balanced_accuracy, calibration_error
from astroclassify.models import (
    NSC_CLASSES,
    Calibration,
    Model,
    allowed_classes,
    bodies_entry,
    calibration_entries,
)
from astroclassify.preprocess import frame_array


@dataclass(frozen=True, eq=False)
class LocalCalibration:
    """
    A calibration of a model to the user's own frames, and how much it improves.

    Parameters
    ----------
    model : Model
        The model as it was.
    calibration : Calibration
        The new one; limits of novelty and doubt are those of the model.
    figures : astropy.table.Table
        What was measured: columns ``figure``, ``before`` and ``after``, texts, with 95% intervals.
    about : mapping
        How it was found, for the card: ``by``, numbers of frames and bodies, labels.
    bodies : tuple of str, default empty
        Names of the bodies that calibrated.
    failed : tuple of str, default empty
        Frames that could not be used, and why.

    Examples
    --------
    `calibrate` gives one. Here are six simulated bodies; 10 to 100 should be used:

    >>> from astroclassify.datasets import LabelledFrame
    >>> from astroclassify.inference import calibrate
    >>> from astroclassify.models import build_model
    >>> from astroclassify.simulate import random_frames
    >>> frames = []
    >>> for kind in ("spiral", "globular"):
    ...     for seed in range(3):
    ...         (one,) = random_frames(seed, kind=kind, shape=(96, 96))
    ...         frames.append(LabelledFrame(one.array, one.label, body=f"{kind} {seed}"))
    >>> found = calibrate(build_model("patchnet"), frames, progress=False)
    >>> found.about["bodies"], found.figures.colnames
    (6, ['figure', 'before', 'after'])
    """

    model: Model
    calibration: Calibration
    figures: Table
    about: dict
    bodies: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()

    @property
    def card(self):
        """The card of the new weights, but for name and checksum (dict)."""
        before, classes = self.model.card, self.model.classes
        own = calibration_entries(self.calibration, classes)
        kept = {name: value for name, value in before.items() if name not in ("metrics", "prior")}
        facts = {
            f"{row['figure']}, {when}": str(row[when]) for row in self.figures for when in ("before", "after")
        }
        return {
            **kept,
            "model": self.model.spec.name,
            "classes": list(classes),
            **own,
            **({"novelty": before["novelty"]} if "novelty" in before else {}),
            **bodies_entry(before, calibrated=self.bodies),
            "calibrated": {
                "parent": before.get("name", ""),
                "parent_sha256": self.model.sha256,
                **self.about,
            },
            "metrics": {"frames that calibrated": facts},
        }

    def write(self, path):
        """
        Write weights with the new calibration: the same network, and a card of its own beside it.

        Parameters
        ----------
        path : path-like
            The weights file, ``NAME.safetensors``, for ``weights=`` of `~astroclassify.classify`; the card
            is ``NAME.json``. Both are replaced if they exist.

        Returns
        -------
        pathlib.Path
            The file.

        Raises
        ------
        ParameterError
            If the name does not end in ``.safetensors``, it is the model's own file, or the model has none.
        """
        from safetensors.torch import load_file, save_file

        path = Path(path)
        self._check(path)
        # What it was calibrated to is in the file too, so that its checksum differs from the parent's.
        facts = {"parent_sha256": self.model.sha256, "calibration": json.dumps(self.card["calibration"])}
        with atomic_path(path) as unfinished:
            save_file(load_file(self.model.path), unfinished, metadata=facts)
        card = {**self.card, "name": path.stem, "sha256": fingerprint(path)}
        write_text(json.dumps(card, indent=2) + "\n", path.with_suffix(".json"))
        return path

    def _check(self, path):
        if path.suffix != ".safetensors":
            raise ParameterError(f"{path}: weights are written to a file NAME.safetensors")
        if self.model.path is None:
            raise ParameterError("the model was not loaded from a file of weights; build it with build_model")
        if path.exists() and os.path.samefile(path, self.model.path):
            raise ParameterError(f"{path} is the model's own weights file; choose another name")


#: Fewer labelled bodies of galaxies, or of nebulae and star clusters, cannot calibrate (int).
LEAST_BODIES = 3
_TINY = 1e-12


def calibrate(model, frames, *, draws=2000, rng=0, progress=None):
    """
    Calibrate a model on a few labelled frames of the user.

    Ten to a hundred frames are enough to move temperature and offsets; the network stays. Calibration is by
    bodies: ten frames of one body are one example.

    Parameters
    ----------
    model : Model
        From `~astroclassify.models.build_model`.
    frames : sequence of LabelledFrame
        The frames, such as `~astroclassify.datasets.labelled_files` lists. A file of several chips without
        ``hdu`` gives as many frames.
    draws : int, default 2000
        Bootstrap samples of the intervals.
    rng : int, default 0
        Their seed.
    progress : bool, optional
        Show a progress bar; `None` shows it only on a terminal.

    Returns
    -------
    LocalCalibration
        The new calibration. Its figures are measured on each body by a calibration that the others gave
        (leave-one-body-out), with 95% intervals by body; `LocalCalibration.write` writes the weights.

    Raises
    ------
    ParameterError
        If there are fewer than 3 bodies of galaxies, or of nebulae and star clusters.

    Notes
    -----
    The fit is `fit_calibration`, which starts from the model's own calibration. What the labels cannot say,
    such as the offset of a class of which there is no frame, stays as it was. The result holds for galaxies
    and nsc as frequent as the model's card says (equally, where it says nothing), not as among the labelled
    frames.

    Examples
    --------
    Six simulated bodies; 10 to 100 should be used, such as ``labelled_files("labels.csv")`` lists:

    >>> from astroclassify.datasets import LabelledFrame
    >>> from astroclassify.inference import calibrate
    >>> from astroclassify.models import build_model
    >>> from astroclassify.simulate import random_frames
    >>> frames = []
    >>> for kind in ("spiral", "globular"):
    ...     for seed in range(3):
    ...         (one,) = random_frames(seed, kind=kind, shape=(96, 96))
    ...         frames.append(LabelledFrame(one.array, one.label, body=f"{kind} {seed}"))
    >>> found = calibrate(build_model("patchnet"), frames, progress=False)
    >>> weights = found.write(getfixture("tmp_path") / "mine.safetensors")
    """
    shown, logits, failed = _answered(model, checked_frames(frames), progress)
    labels = np.array([frame.label.strip().lower() for frame in shown])
    bodies = np.array([frame.body for frame in shown])
    _check_enough(labels, bodies, failed)
    allowed = np.array([allowed_classes(label, model.classes) for label in labels])
    usable = allowed.any(axis=1)  # a model of two classes has none for an empty field
    labelled = _Labelled(model, logits[usable], allowed[usable], labels[usable], bodies[usable])
    about = {
        "by": "labels",
        "frames": int(usable.sum()),
        "bodies": len(set(labelled.bodies)),
        "labels": dict(sorted(Counter(labelled.labels.tolist()).items())),
    }
    samples = {"draws": draws, "rng": rng}
    names = tuple(sorted(set(labelled.bodies.tolist())))
    return LocalCalibration(
        model, labelled.fitted(), labelled.figures(**samples), about, names, tuple(failed)
    )


def _answered(model, frames, progress):
    """Frames that could be used, one for each chip, their logits, and what went wrong with others."""
    shown, logits, failed = [], [], []
    for frame in progress_bar(frames, progress=progress, total=len(frames), description="calibrate"):
        try:
            said = logits_of(model, _arrays(frame))
        except AstroclassifyError as error:
            failed.append(str(error))
            continue
        shown += [frame] * len(said)
        logits += said
    return shown, np.array(logits).reshape(-1, len(model.classes)), failed


def logits_of(model, arrays):
    """
    Run a model over frames.

    Parameters
    ----------
    model : Model
        The model.
    arrays : iterable of numpy.ndarray
        Float32 frames ``[y, x]``.

    Returns
    -------
    list of numpy.ndarray
        Logits of each, ``[K]``, before calibration.
    """
    planes = (checked_planes(model.spec, array) for array in arrays)
    return [one.logits for one in predict_planes(model, planes, evidence=False)]


def _arrays(frame):
    if frame.is_file and frame.hdu is None:
        return [frame_array(chip) for chip in read_frames(frame.frame)]
    return [frame.array()]


def _check_enough(labels, bodies, failed):
    sides = {"galaxy": labels == "galaxy", "nsc": np.isin(labels, NSC_CLASSES)}
    there = {side: len(set(bodies[chosen])) for side, chosen in sides.items()}
    if min(there.values()) < LEAST_BODIES:
        reason = f" ({len(failed)} frames could not be used: {failed[0]})" if failed else ""
        raise ParameterError(
            f"there are {there['galaxy']} labelled bodies that are galaxies and {there['nsc']} that are "
            f"nebulae or star clusters; a calibration needs {LEAST_BODIES} of each, better 10{reason}"
        )


class _Labelled:
    """Logits of labelled frames, and the calibrations that they give."""

    def __init__(self, model, logits, allowed, labels, bodies):
        self.model, self.logits, self.allowed = model, logits, allowed
        self.labels, self.bodies = labels, bodies

    def fitted(self, without=None):
        """Fit the calibration, by all bodies or without one."""
        used = np.ones(len(self.bodies), bool) if without is None else self.bodies != without
        return fit_calibration(
            self.logits[used],
            self.allowed[used],
            self.model.classes,
            bodies=self.bodies[used],
            start=self.model.calibration,
        )

    def figures(self, **samples):
        """Tabulate how good the answers are, by the calibration before, and by one of the other bodies."""
        after = np.empty(len(self.bodies))
        for body in set(self.bodies.tolist()):
            left_out = self.bodies == body
            after[left_out] = self._p_galaxy(left_out, self.fitted(without=body))
        before = self._p_galaxy(slice(None), self.model.calibration)
        sided = self.labels != "field"
        return gain_table(
            before[sided], after[sided], self.labels[sided] == "galaxy", self.bodies[sided], **samples
        )

    def _p_galaxy(self, chosen, calibration):
        return galaxy_probability(calibrated_logits(self.logits[chosen], calibration), self.model.classes)


def gain_table(before, after, is_galaxy, bodies, *, draws=2000, rng=0):
    """
    Compare probabilities before and after a calibration.

    Parameters
    ----------
    before, after : numpy.ndarray
        P(galaxy) of each frame.
    is_galaxy : numpy.ndarray of bool
        The truth.
    bodies : sequence of str
        The body of each frame.
    draws : int, default 2000
        Bootstrap samples.
    rng : int, default 0
        Their seed.

    Returns
    -------
    astropy.table.Table
        Columns ``figure``, ``before`` and ``after``: balanced accuracy, log loss (natural; galaxies together
        count as much as the others) and expected calibration error, with 95% intervals by body, and the
        gain of the log loss.
    """
    samples, rows = ClusterBootstrap(bodies, draws=draws, rng=rng), []
    for metric in (balanced_accuracy, calibration_error):
        figures = [str(samples.estimate(metric, p, is_galaxy)) for p in (before, after)]
        rows.append((metric.__name__.replace("_", " "), *figures))
    losses = [balanced_losses(p, is_galaxy) for p in (before, after)]
    rows.insert(1, ("log loss", *(str(samples.mean(loss)) for loss in losses)))
    rows.append(("gain of log loss", "-", str(samples.mean(losses[0] - losses[1]))))
    return Table(rows=rows, names=("figure", "before", "after"))


def balanced_losses(p_galaxy, is_galaxy):
    """
    Give the log losses of frames, weighted so that their mean gives galaxies and others the same weight.

    A calibration is for equal shares; judged by frames of other shares it could only lose.

    Parameters
    ----------
    p_galaxy : numpy.ndarray
        P(galaxy) of each frame.
    is_galaxy : numpy.ndarray of bool
        The truth.

    Returns
    -------
    numpy.ndarray
        Natural logarithms, one for each frame.

    Examples
    --------
    >>> import numpy as np
    >>> from astroclassify.inference import balanced_losses
    >>> balanced_losses(np.array([0.5, 1.0, 1.0]), np.array([False, True, True])).round(3)
    array([1.04, 0.  , 0.  ])
    """
    share = np.mean(is_galaxy)
    weights = np.where(is_galaxy, 0.5 / max(share, _TINY), 0.5 / max(1 - share, _TINY))
    return -weights * np.log(np.clip(np.where(is_galaxy, p_galaxy, 1 - p_galaxy), _TINY, 1))
