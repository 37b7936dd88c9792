"""What a star-galaxy model is compared with: trees on the catalogue, and the cuts that surveys have used."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from astroclassify.core import UnknownNameError, optional_import
from astroclassify.stargalaxy._bands import SURVEY_BANDS, band_roles
from astroclassify.stargalaxy._inputs import column, flagged, mean_point_width, point_widths, source_inputs
from astroclassify.stargalaxy._predict import reference_band

#: Scale length of the exponential disk of SPREAD_MODEL, in units of the width of a point.
_DISK = 1 / 16
#: Levels of the isophotal areas that CLASS_STAR looks at.
_LEVELS = 8
#: Pixels about the source that templates are compared on: beyond there is noise, and neighbours.
_RADIUS = 7
#: The brightest points of a field that make its template of a point.
_MOST_POINTS = 60


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
    Let a baseline learn where its cut is.

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
    >>> (found.p_galaxy(sample) > 0.5).mean()
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
    return np.concatenate([missing.reshape(len(bands), -1), source, magnitudes, colours], axis=1)


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


def _mean_cutouts(inputs):
    """The mean of the bands, weighted by the inverse of the noise."""
    return (
        inputs.cutouts.sum(axis=1)
        / np.sqrt(np.maximum((inputs.bands[:, :, 0] > 0).sum(axis=1), 1))[:, None, None]
    )


def _spread_model(sample):
    inputs = source_inputs(sample)
    return _in_plane(100 * spread_model(sample, inputs), sample)


def spread_model(sample, inputs):
    """
    Compare each source with a point and with a slightly wider source, as SPREAD_MODEL of SExtractor does.

    Parameters
    ----------
    sample : SourceSample
        Sources of one field, or of several, with a column ``field``.
    inputs : SourceInputs
        Of the sample.

    Returns
    -------
    numpy.ndarray
        0 for points, more for what is wider; 0 in fields without points to learn from.

    Notes
    -----
    With the image *p*, a point's image :math:`\\phi` at the place of the source, and *G*, which is
    :math:`\\phi` convolved with an exponential disk of a scale length of 1/16 of a point's width, it is
    :math:`G \\cdot p / \\phi \\cdot p - G \\cdot \\phi / \\phi \\cdot \\phi`; noise is the same in all
    pixels.

    References
    ----------
    Desai et al. 2012, ApJ 757, 83; Soumagnac et al. 2015, arXiv:1306.5236.
    """
    images, fields = _mean_cutouts(inputs), column(sample, "field", missing=0)
    result = np.zeros(len(images))
    for field in np.unique(fields):
        here = np.flatnonzero(fields == field)
        point = _template(sample[here], images[here], inputs[here])
        if point is not None:
            result[here] = _spread(images[here], inputs.source[here, :2], point, _point_pixels(sample[here]))
    return result


def _point_pixels(sample):
    """Width of a point in the mean of the bands, pixels."""
    return float(np.median(mean_point_width(sample))) / sample.pixel_scale


def _template(sample, images, inputs):
    """The image of a point, centred, of unit sum: the median of bright points, each moved to the centre."""
    band = reference_band(sample)
    ratio = column(sample, f"fwhm_{band}") / point_widths(sample, band)
    spoilt = sum(flagged(sample, name) for name in ("saturated", "masked", "edge", "blended"))
    signal = np.where((np.abs(ratio - 1) < 0.12) & (spoilt == 0), column(sample, "snr"), 0)
    chosen = np.argsort(-signal)[:_MOST_POINTS]
    chosen = chosen[signal[chosen] > 20]
    if chosen.size < 3:
        return None
    centred = _moved(np.fft.rfft2(images[chosen]), -inputs.source[chosen, :2], images.shape[-1])
    point = np.median(centred / _within(centred).sum(axis=(1, 2))[:, None, None], axis=0)
    return _within(point[None])[0]


def _within(images):
    """The pixels near the centre, zero beyond."""
    middle = images.shape[-1] // 2
    y, x = np.indices(images.shape[-2:]) - middle
    return images * (np.hypot(x, y) <= _RADIUS)


def _moved(spectra, offsets, side):
    """Move images, given their Fourier transforms, by fractions of a pixel along x and y."""
    ky, kx = np.fft.fftfreq(side)[:, None], np.fft.rfftfreq(side)[None, :]
    phase = kx * offsets[:, 0, None, None] + ky * offsets[:, 1, None, None]
    return np.fft.irfft2(spectra * np.exp(-2j * np.pi * phase), s=(side, side))


def _spread(images, offsets, point, width):
    side = images.shape[-1]
    spectrum = np.fft.rfft2(point)[None]
    k = 2 * np.pi * np.hypot(np.fft.fftfreq(side)[:, None], np.fft.rfftfreq(side)[None, :])
    # The Fourier transform of an exponential disk with the scale length h is (1 + (h k)^2)^(-3/2).
    disk = (1 + (_DISK * width * k) ** 2) ** -1.5
    phi, wider = _within(_moved(spectrum, offsets, side)), _within(_moved(spectrum * disk, offsets, side))
    products = [(first * second).sum(axis=(1, 2)) for first, second in
                ((wider, images), (phi, images), (wider, phi), (phi, phi))]  # fmt: skip
    with np.errstate(all="ignore"):
        return np.clip(products[0] / products[1] - products[2] / products[3], -0.5, 0.5)


def _class_star(sample):
    """Eight isophotal areas in units of a point's, the peak, and the seeing, as CLASS_STAR of SExtractor."""
    inputs = source_inputs(sample)
    images = _within(_mean_cutouts(inputs))
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
