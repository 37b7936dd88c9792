"""The answers of one model as plain arrays, and the samples that its intervals come from."""

from dataclasses import dataclass, fields

import numpy as np

from astroclassify.metrics import ClusterBootstrap, confidence

TRUTHS = ("galaxy", "nsc")
#: What the two kinds of intervals are called: after a figure's name, before ``_low``.
BY = {"": "body", "_visit": "visit"}


@dataclass(frozen=True, eq=False)
class ScoredAnswers:
    """
    The answers of a model on frames that show a galaxy or an nsc, without those that it failed on.

    Parameters
    ----------
    name, body, visit : numpy.ndarray of str
        Of each frame.
    truth, called : numpy.ndarray of bool
        Whether each frame shows, and is called (or, if uncertain, leans to), a galaxy.
    p_galaxy : numpy.ndarray
        Probability of galaxy against nsc.
    sure : numpy.ndarray of bool
        Whether there is a label, not ``uncertain``.
    """

    name: np.ndarray
    body: np.ndarray
    visit: np.ndarray
    truth: np.ndarray
    called: np.ndarray
    p_galaxy: np.ndarray
    sure: np.ndarray

    @property
    def right(self):
        """Whether each frame is called what it is (numpy.ndarray of bool)."""
        return self.called == self.truth

    @property
    def confidence(self):
        """Probability of what each frame is called, 0.5 to 1 (numpy.ndarray)."""
        return confidence(self.p_galaxy)

    def where(self, chosen):
        """
        Take some of the frames.

        Parameters
        ----------
        chosen : numpy.ndarray
            Of bool, or of indices.

        Returns
        -------
        ScoredAnswers
            The chosen ones.
        """
        return ScoredAnswers(*(getattr(self, field.name)[chosen] for field in fields(self)))

    def draws(self, draws, rng):
        """
        Draw bodies and visits.

        Parameters
        ----------
        draws : int
            Number of samples.
        rng : int
            Seed.

        Returns
        -------
        dict of str to ClusterBootstrap
            By `BY`.
        """
        return {
            suffix: ClusterBootstrap(getattr(self, group), draws=draws, rng=rng)
            for suffix, group in BY.items()
        }


def figure(name, samples, estimated):
    """
    Give the columns of a figure.

    Parameters
    ----------
    name : str
        Name of the figure.
    samples : mapping of str to ClusterBootstrap
        By what is put between the name and ``_low``: by `BY`.
    estimated : callable
        ``estimated(bootstrap) -> Estimate``.

    Returns
    -------
    dict of str to float
        ``NAME``, and ``NAME_low``, ``NAME_high``, ``NAME_visit_low``, ``NAME_visit_high``: NaN where there
        are too few groups.
    """
    found = {}
    for suffix, bootstrap in samples.items():
        estimate = estimated(bootstrap)
        bounds = {f"{name}{suffix}_low": estimate.low, f"{name}{suffix}_high": estimate.high}
        found |= {name: estimate.value, **bounds}
    return found


def scores(metrics, p_galaxy, truth, samples):
    """
    Give the columns of several metrics.

    Parameters
    ----------
    metrics : sequence of callable
        Of `astroclassify.metrics`; their names are the columns'.
    p_galaxy, truth : numpy.ndarray
        Of each frame; labels, as bool, may stand for probabilities.
    samples : mapping of str to ClusterBootstrap
        As for `figure`.

    Returns
    -------
    dict of str to float
        As of `figure`.
    """
    found = {}
    for metric in metrics:
        found |= figure(
            metric.__name__, samples, lambda bootstrap, of=metric: bootstrap.estimate(of, p_galaxy, truth)
        )
    return found


def is_scored(answers):
    """
    Say which rows count: the frame shows a galaxy or an nsc, and the model could answer.

    Parameters
    ----------
    answers : `~astropy.table.Table`
        Rows of `Evaluation.answers`.

    Returns
    -------
    numpy.ndarray of bool
        One for each row.
    """
    return np.isin(answers["truth"], TRUTHS) & (answers["error"] == "")


def scored_answers(answers):
    """
    Select the answers of one model that are scored.

    Parameters
    ----------
    answers : `~astropy.table.Table`
        Its rows of `Evaluation.answers`.

    Returns
    -------
    ScoredAnswers
        Without frames of no body, and those that failed.
    """
    rows = answers[is_scored(answers)]
    return ScoredAnswers(
        *(np.asarray(rows[name], dtype=str) for name in ("name", "body", "visit")),
        truth=np.asarray(rows["truth"] == "galaxy"),
        called=np.asarray(rows["leaning"] == "galaxy"),
        p_galaxy=np.asarray(rows["p_galaxy"], dtype=float),
        sure=np.asarray(rows["label"] != "uncertain"),
    )
