"""What a star-galaxy model is compared with: trees on the catalogue, and the cuts that surveys have used."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from astroclassify.core import UnknownNameError, optional_import
from astroclassify.stargalaxy._bands import SURVEY_BANDS, band_roles
from astroclassify.stargalaxy._inputs import PIXEL_MEASURES, source_inputs
from astroclassify.stargalaxy._points import column, mean_point_width, reference_band
from astroclassify.stargalaxy._spread import mean_cutouts, spread_model, within

#: Levels of the isophotal areas that CLASS_STAR looks at.
_LEVELS = 8


@dataclass(frozen=True)
class Baseline:
    """
    A classical way to tell stars from galaxies.

    Parameters
    ----------
    name : str
        Its name.
    description : str
        One line.
    features : callable
        ``features(sample) -> numpy.ndarray``, a row for each source; NaN where there is nothing.
    estimator : callable
        Called without arguments it gives an estimator of scikit-learn with ``predict_proba``.
    """

    name: str
    description: str
    features: Callable
    estimator: Callable


@dataclass(frozen=True, eq=False)
class FittedBaseline:
    """
    A baseline that has learnt where its cut is.

    Parameters
    ----------
    baseline : Baseline
        Which one.
    estimator : object
        Its fitted estimator.
    """

    baseline: Baseline
    estimator: Any

    def p_galaxy(self, sample):
        """
        Give the probability of a galaxy.

        Parameters
        ----------
        sample : SourceSample
            Sources.

        Returns
        -------
        numpy.ndarray
            One for each.
        """
        return self.estimator.predict_proba(self.baseline.features(sample))[:, 1]


def fit_baseline(name, features, is_galaxy):
    """
    Fit the threshold of a baseline.

    Parameters
    ----------
    name : str
        A name of `BASELINES`.
    features : numpy.ndarray
        What its ``features`` gave of sources to learn from.
    is_galaxy : numpy.ndarray of bool
        The truth of each.

    Returns
    -------
    FittedBaseline
        With calibrated probabilities.

    Raises
    ------
    UnknownNameError
        If there is no such baseline.
    OptionalDependencyError
        If scikit-learn is not installed.

    Examples
    --------
    >>> import numpy as np
    >>> from astroclassify.stargalaxy import BASELINES, fit_baseline
    >>> from astroclassify.testing import difficult_samples
    >>> sample = difficult_samples(number=200)["ordinary"]  # every second one is wider than a point
    >>> features = BASELINES["size-magnitude"].features(sample)
    >>> found = fit_baseline("size-magnitude", features, np.arange(200) % 2 == 1)
    >>> float((found.p_galaxy(sample) > 0.5).mean())
    0.5
    """
    if name not in BASELINES:
        raise UnknownNameError(f"there is no baseline {name!r}; there are {', '.join(BASELINES)}")
    estimator = BASELINES[name].estimator()
    return FittedBaseline(BASELINES[name], estimator.fit(features, np.asarray(is_galaxy, int)))


# The catalogue ---------------------------------------------------------------------------------


def catalogue_features(sample, *, inputs=None):
    """
    Give everything that the catalogue says of each source: what trees learn from.

    Parameters
    ----------
    sample : SourceSample
        The sources.
    inputs : SourceInputs, optional
        Of the sample, where they have been made.

    Returns
    -------
    numpy.ndarray
        ``[N, features]``: the measures that the networks see, and colours; NaN where there is nothing.
    """
    _, bands, source = tuple(inputs or source_inputs(sample))
    roles = band_roles(sample.bands)
    magnitudes = np.stack([column(sample, f"mag_{roles.get(band)}") for band in SURVEY_BANDS], axis=1)
    colours = np.concatenate(
        [magnitudes[:, :-1] - magnitudes[:, 1:], magnitudes[:, 2:3] - magnitudes[:, 4:5]], axis=1
    )
    missing = np.where(bands[:, :, :1] > 0, bands, np.nan)
    return np.concatenate(
        [missing.reshape(len(bands), -1), source[:, len(PIXEL_MEASURES) :], magnitudes, colours], axis=1
    )


def _with_spread(sample):
    return np.column_stack([catalogue_features(sample), spread_model(sample)])


def _size_magnitude(sample):
    return _in_plane(_log_size(sample, "half_light_radius"), sample)


def _width_magnitude(sample):
    return _in_plane(_log_size(sample, "fwhm"), sample)


def _log_size(sample, name):
    with np.errstate(all="ignore"):
        return np.log(column(sample, name) / mean_point_width(sample))


def _in_plane(score, sample):
    """A curved cut in the plane of a score and the magnitude: what logistic regression needs for one."""
    magnitude = (np.nan_to_num(column(sample, f"mag_{reference_band(sample)}"), nan=27.0) - 23) / 3
    score = np.clip(np.nan_to_num(score, nan=0.0, posinf=0.0, neginf=0.0), -5, 5)
    return np.stack(
        [score, magnitude, magnitude**2, score * magnitude, score * magnitude**2, score**2], axis=1
    )


# Pixels ----------------------------------------------------------------------------------------


def _spread_model(sample):
    return _in_plane(100 * np.nan_to_num(spread_model(sample), nan=0.0), sample)


def _class_star(sample):
    """Eight isophotal areas in units of a point's, the peak, and the seeing, as CLASS_STAR of SExtractor."""
    images = within(mean_cutouts(sample))
    peak = np.maximum(images[:, 14:19, 14:19].max(axis=(1, 2)), 2.0)
    levels = 1.5 * (peak / 1.5)[:, None] ** (np.arange(_LEVELS) / _LEVELS)
    areas = np.stack([(images > level[:, None, None]).sum(axis=(1, 2)) for level in levels.T], axis=1)
    width = mean_point_width(sample)
    scaled = np.log1p(areas / (width / sample.pixel_scale)[:, None] ** 2)
    return np.concatenate([scaled, np.log(peak)[:, None], width[:, None]], axis=1)


# Estimators ------------------------------------------------------------------------------------


def _sklearn(name):
    return optional_import(f"sklearn.{name}", needed_for="star-galaxy baselines", extra="sources")


def _trees():
    return _sklearn("ensemble").HistGradientBoostingClassifier(
        max_iter=500,
        learning_rate=0.06,
        l2_regularization=1.0,
        early_stopping=True,
        validation_fraction=0.12,
        tol=1e-5,
        random_state=0,
    )


def _scaled(estimator):
    return _sklearn("pipeline").make_pipeline(_sklearn("preprocessing").StandardScaler(), estimator)


def _line():
    return _scaled(_sklearn("linear_model").LogisticRegression(max_iter=1000))


def _perceptron():
    return _scaled(_sklearn("neural_network").MLPClassifier((10,), max_iter=1000, random_state=0))


#: Classical ways to tell stars from galaxies, by name (dict of str to Baseline).
BASELINES = {
    one.name: one
    for one in (
        Baseline("trees", "gradient-boosted trees on all of the catalogue", catalogue_features, _trees),
        Baseline("trees-spread", "the same trees, which are told SPREAD_MODEL as well", _with_spread, _trees),
        Baseline(
            "size-magnitude",
            "a curve in the plane of half-light radius and magnitude",
            _size_magnitude,
            _line,
        ),
        Baseline(
            "fwhm-magnitude", "a curve in the plane of photutils' FWHM and magnitude", _width_magnitude, _line
        ),
        Baseline(
            "spread-model", "SPREAD_MODEL: a point against a slightly wider source", _spread_model, _line
        ),
        Baseline("class-star", "as CLASS_STAR: a perceptron on isophotal areas", _class_star, _perceptron),
    )
}
