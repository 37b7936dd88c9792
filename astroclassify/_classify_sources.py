"""`classify_sources`: from images of a field to a star or a galaxy for every source in them."""

import os
from collections.abc import Mapping, Sequence

from astropy.nddata import NDData

from astroclassify.core import ParameterError, check_whole
from astroclassify.io import band_name, check_chip, header_text, is_stream, read_frame
from astroclassify.models import ready_model
from astroclassify.stargalaxy import check_prior, classify_sample, measure_sources, sample_of_catalogue

#: The model that is asked unless another one is named.
_DEFAULT = "star-galaxy-lite"


def classify_sources(
    images=None,
    *,
    catalogue=None,
    model="default",
    weights=None,
    device=None,
    precision="auto",
    prior=None,
    batch_size=512,
    chip=None,
    progress=None,
):
    """
    Classify every source in images of a field as a star or a galaxy.

    Parameters
    ----------
    images : mapping of str to image, sequence of images, or image, optional
        One image for each band, by the band's name: a `~astropy.nddata.CCDData`, or a file that
        `~astroclassify.read_frames` reads; calibrated, on one grid of pixels. One band is enough. Without
        names, the band is that which the header says.
    catalogue : astropy.table.QTable or path-like, optional
        Sources of your own, or their file, instead of those that are detected: with ``sky_centroid``, ``ra``
        and ``dec`` (degrees), or ``x`` and ``y`` (pixels, centres at integers). Without images, with
        magnitudes ``mag_B`` and any other column of a `~astroclassify.stargalaxy.SourceSample`.
    model : str, ModelSpec or Model, default "default"
        A model for the task ``"source"``; ``"default"`` is ``star-galaxy-lite``.
    weights : str, path-like or Weights, optional
        As for `classify`.
    device : str, optional
        As for `classify`.
    precision : {"auto", "float32", "bfloat16"}, default "auto"
        As for `classify`.
    prior : mapping of str to float or "field", optional
        Expected shares of the classes, such as ``{"star": 0.8, "galaxy": 0.2}`` near the plane of the Milky
        Way; or ``"field"``: they are estimated from the sources themselves, magnitude by magnitude. `None`
        leaves probabilities as calibrated.
    batch_size : int, default 512
        Sources that pass the network at once.
    chip : int, optional
        Which chip of files that hold several.
    progress : bool, optional
        Show a progress bar; `None` shows it only on a terminal.

    Returns
    -------
    astropy.table.QTable
        A row for each source: ``id``, ``x``, ``y``, ``sky_centroid`` where there are world coordinates,
        ``label`` (a class, or ``uncertain``), its ``probability``, ``p_class_star``, ``p_class_galaxy``, and
        all that was measured (`~astroclassify.stargalaxy.SourceSample`). Its ``meta`` holds the provenance.
        A source of the catalogue that no image shows is kept: flag ``missing``, label ``uncertain``,
        probabilities NaN.

    Raises
    ------
    ParameterError
        If there are neither images nor a catalogue, a band is not known, two images are of one band, the
        model is not one for sources, or the prior is none; if images or catalogue are something else.
    FrameError
        If the images do not share a grid (by shape and by world coordinates) and a scale, or cannot be used.
    ReadError
        If a file cannot be read.
    MissingWeightsError, WeightsError
        If the model has no weights, or they do not fit.
    OptionalDependencyError
        If photutils is not installed.

    See Also
    --------
    classify : Of what a whole frame is part.

    Notes
    -----
    Sources are detected on one image, the mean of the bands weighted by the inverse of their variance, and
    measured in all bands in the same apertures. Bands of other cameras stand for the bands of CSST, which the
    networks know, by wavelength (`~astroclassify.stargalaxy.band_roles`). Each source counts alone: what lies
    around it is seen as far as its cut-out reaches.

    Examples
    --------
    >>> from astroclassify import classify_sources
    >>> from astropy.table import QTable
    >>> catalogue = QTable({"mag_g": [23.9, 22.0], "mag_r": [22.6, 21.6], "mag_i": [21.0, 21.4]})
    >>> table = classify_sources(catalogue=catalogue)
    >>> print(*table["label"])
    galaxy galaxy

    Images are files or `~astropy.nddata.CCDData`; their sources are detected:

    >>> from astroclassify.simulate import survey_field
    >>> field = survey_field(1, bands=("g", "i"), shape=(128, 128), latitude=25)
    >>> found = classify_sources(field.images)
    >>> found.sort("mag_i")
    >>> print(found["label"][0])
    galaxy
    """
    check_whole("batch_size", batch_size)
    if images is None and catalogue is None:
        raise ParameterError("got neither images nor a catalogue; expected one of them, or both")
    ready = ready_model(
        _DEFAULT if isinstance(model, str) and model == "default" else model,
        weights=weights,
        device=device,
        precision=precision,
        task="source",
    )
    check_prior(prior, ready)
    if images is None:
        sample = sample_of_catalogue(catalogue)
    else:
        sample = measure_sources(opened(images, chip=chip), catalogue=catalogue, progress=progress)
    return classify_sample(sample, ready, prior=prior, batch_size=batch_size)


def opened(images, *, chip=None):
    """
    Give the image of each band.

    Parameters
    ----------
    images : mapping of str to image, sequence of images, or image
        As for `classify_sources`.
    chip : int, optional
        Which chip of files that hold several.

    Returns
    -------
    dict of str to astropy.nddata.CCDData
        By band.

    Raises
    ------
    ParameterError
        If there is no image, a header says no band, or two images are of one band.
    """
    if isinstance(images, Mapping):
        found = {str(band): _frame(image, chip) for band, image in images.items()}
    else:
        single = isinstance(images, str | bytes | os.PathLike | NDData)
        if not single and not isinstance(images, Sequence):
            raise ParameterError(
                f"images is a {type(images).__name__}; expected images, or a mapping by band"
            )
        found = {}
        for frame in (_frame(image, chip) for image in ([images] if single else images)):
            band = _band_of(frame)
            if band in found:
                raise ParameterError(f"two images are of the band {band!r}; expected one of each band")
            found[band] = frame
    if not found:
        raise ParameterError("there is no image; expected one or more, by band")
    return found


def _frame(image, chip):
    if isinstance(image, NDData):
        check_chip(image, chip)
        return image
    if not isinstance(image, str | bytes | os.PathLike) and not is_stream(image):
        raise ParameterError(f"an image is a {type(image).__name__}; expected a CCDData, or a file")
    return read_frame(image, chip=chip)


def _band_of(frame):
    cards = getattr(frame, "meta", {})
    band = header_text(cards, "ACBAND") or band_name(cards)
    if not band:
        raise ParameterError(
            f"the header of {header_text(cards, 'ACSOURCE') or 'an image'} says no band; expected images by "
            "band: {'i': image}"
        )
    return band
