"""Samples of sources that a model for sources must bear, and the contract of such a model."""

from dataclasses import replace

import numpy as np
from astropy import units as u
from astropy.table import QTable

from astroclassify.models import Model, build_model, built_module, calibration_of
from astroclassify.stargalaxy import FLAGS, SURVEY_BANDS, SourceSample, checked_inputs, source_logits

_TOLERANCE = 1e-4
_PIXEL_SCALE, _SIDE = 0.074, 32
#: Widths of points and of the others (arcsec), and the noise of a pixel (microjansky).
_POINT, _NOISE = 0.15, 0.002


def difficult_samples(*, number=24, bands=SURVEY_BANDS, rng=0):
    """
    Make samples of sources as surveys and users give them; points and wider sources take turns.

    Parameters
    ----------
    number : int, default 24
        Sources of each.
    bands : tuple of str, optional
        The bands of the ordinary one; by default those of CSST.
    rng : numpy.random.Generator or int, default 0
        Source of randomness.

    Returns
    -------
    dict of str to SourceSample
        By what is special about them: ``"ordinary"``, ``"one band"``, ``"holes"`` (NaN among the pixels),
        ``"missing bands"`` (other bands for each source), ``"no pixels"``, ``"no catalogue"`` (positions),
        ``"saturated"``, ``"huge"``, ``"one source"``, ``"no source"``.

    Examples
    --------
    >>> from astroclassify.testing import difficult_samples
    >>> difficult_samples()["ordinary"].cutouts.shape
    (24, 7, 32, 32)
    """
    rng = np.random.default_rng(rng)
    ordinary = _ordinary(number, bands, rng)
    cutouts, middle = ordinary.cutouts, len(bands) // 2
    gone = rng.random((number, len(bands))) < 0.5
    gone[:, middle] = False
    positions = ordinary.catalogue["id", "x", "y"]
    for band in bands:
        positions[f"noise_{band}"] = ordinary.catalogue[f"noise_{band}"]
    several = ("i",) if "i" in bands else bands[:1]
    return {
        "ordinary": ordinary,
        "one band": _of_bands(ordinary, several),
        "holes": replace(ordinary, cutouts=np.where(rng.random(cutouts.shape) < 0.2, np.nan, cutouts)),
        "missing bands": _without(ordinary, gone),
        "no pixels": replace(ordinary, cutouts=np.full_like(cutouts, np.nan)),
        "no catalogue": replace(ordinary, catalogue=positions),
        "saturated": replace(ordinary, cutouts=np.minimum(cutouts, np.float32(5 * _NOISE))),
        "huge": replace(ordinary, cutouts=cutouts * np.float32(1e12)),
        "one source": ordinary[:1],
        "no source": ordinary[:0],
    }


def _ordinary(number, bands, rng):
    """Gaussians as wide as a point or three times that, of a few to a few thousand times the noise."""
    width = np.where(np.arange(number) % 2, 3 * _POINT, _POINT)
    flux = 10 ** rng.uniform(-1.5, 1.5, number)
    x, y = rng.uniform(-0.5, 0.5, (2, number))
    grid = np.arange(_SIDE) - _SIDE // 2
    sigma = width / 2.3548 / _PIXEL_SCALE
    along = [np.exp(-((grid - place[:, None]) ** 2) / (2 * sigma[:, None] ** 2)) for place in (y, x)]
    light = along[0][:, :, None] * along[1][:, None, :]
    light *= (flux / light.sum(axis=(1, 2)))[:, None, None]
    cutouts = light[:, None] + rng.normal(0, _NOISE, (number, len(bands), _SIDE, _SIDE))
    catalogue = _catalogue(width, flux, x + 100, y + 100, bands)
    return SourceSample(catalogue, cutouts.astype(np.float32), bands, _PIXEL_SCALE)


def _catalogue(width, flux, x, y, bands):
    number, microjansky = len(width), u.uJy
    table = QTable({"id": np.arange(1, number + 1), "x": x, "y": y})
    for name, size in (
        ("a", 0.42),
        ("b", 0.42),
        ("fwhm", 1.0),
        ("half_light_radius", 0.5),
        ("kron_radius", 1.5),
    ):
        table[name] = size * width * u.arcsec
    table["ellipticity"], table["concentration"] = np.zeros(number), np.full(number, 2.7)
    table["peak_over_flux"], table["snr"] = 0.1 / width, flux / (10 * _NOISE)
    table["neighbour"], table["flag"] = np.full(number, 5.0) * u.arcsec, np.zeros(number, int)
    for band in bands:
        table[f"flux_{band}"] = flux * microjansky
        table[f"flux_err_{band}"] = np.full(number, 10 * _NOISE) * microjansky
        table[f"mag_{band}"] = (23.9 - 2.5 * np.log10(flux)) * u.mag
        table[f"mag_err_{band}"] = 1.0857 * 10 * _NOISE / flux * u.mag
        table[f"snr_{band}"], table[f"fwhm_{band}"] = flux / (10 * _NOISE), width * u.arcsec
        table[f"noise_{band}"] = np.full(number, _NOISE) * microjansky
        table[f"flag_{band}"] = np.zeros(number, int)
    return table


def _of_bands(sample, bands):
    kept = [sample.bands.index(band) for band in bands]
    return replace(sample, cutouts=sample.cutouts[:, kept], bands=tuple(bands))


def _without(sample, gone):
    """Take bands away from each source, as a survey says it: NaN, and a flag."""
    catalogue, cutouts = sample.catalogue.copy(), sample.cutouts.copy()
    cutouts[gone] = np.nan
    for place, band in enumerate(sample.bands):
        for name in ("flux", "flux_err", "mag", "mag_err", "snr", "fwhm", "noise"):
            column = catalogue[f"{name}_{band}"]
            column[gone[:, place]] = np.nan * (column.unit or 1)
        catalogue[f"flag_{band}"][gone[:, place]] = FLAGS["missing"]
    return replace(sample, catalogue=catalogue, cutouts=cutouts)


def check_source_model(spec, weights, forward, findings):
    """
    Check the contract of a model for sources.

    Parameters
    ----------
    spec : ModelSpec
        The model.
    weights : str, path-like or Weights, optional
        Weights to check with.
    forward : bool, optional
        Whether to run the network; `None` runs it unless the spec has the tag ``"large"``.
    findings : Findings
        Where broken rules are noted.
    """
    for kind, sample in difficult_samples().items():
        _check_inputs(spec, kind, sample, findings)
    run = "large" not in spec.tags if forward is None else forward
    model = None if findings.problems else findings.attempt("building it", _built, spec, weights)
    if model is not None and run:
        findings.attempt("running it", _check_network, model, findings)


def _built(spec, weights):
    if weights is not None or spec.weights is not None:
        return build_model(spec, weights=weights)
    return Model(spec, built_module(spec).eval(), {}, calibration_of({}, spec.classes), "untrained", "cpu")


def _check_inputs(spec, kind, sample, findings):
    what, before = f"on a sample ({kind}) the preprocessing", sample.cutouts.copy()
    first = findings.attempt(what, checked_inputs, spec, sample)
    same = np.array_equal(before, sample.cutouts, equal_nan=True)
    findings.expect(same, f"{what} changed its input")
    if first is not None:
        again = checked_inputs(spec, sample)
        repeated = all(map(np.array_equal, tuple(first), tuple(again)))
        findings.expect(repeated, f"{what} is not the same each time")


def _check_network(model, findings):
    samples = difficult_samples()
    for kind, sample in samples.items():
        findings.attempt(f"running it on a sample ({kind})", _logits, model, sample)
    if findings.problems:
        return
    ordinary = samples["ordinary"]
    together, again = _logits(model, ordinary), _logits(model, ordinary)
    findings.expect(np.array_equal(together, again), "its logits are not the same each time")
    inputs = checked_inputs(model.spec, ordinary)
    alone = source_logits(model, inputs[:2])
    close = np.abs(alone - together[:2]).max() <= _TOLERANCE * max(1.0, np.abs(together).max())
    findings.expect(close, "its logits of a source depend on the others of the batch")


def _logits(model, sample):
    return source_logits(model, checked_inputs(model.spec, sample))
