"""The facade: from an image, or a file, to the objects in it."""

import warnings

import numpy as np
from astropy import units as u
from astropy.table import QTable

from astroclassify.core import (
    FrameError,
    FrameWarning,
    ParameterError,
    ReadError,
    checked,
    provenance,
    rules,
)
from astroclassify.detect._again import better_boxes, second_network
from astroclassify.detect._classes import with_large_asked
from astroclassify.detect._detections import Detections
from astroclassify.detect._image import load_image
from astroclassify.detect._measure import measured, names_of, pixels_in
from astroclassify.detect._spec import DETECTORS, DetectorSpec
from astroclassify.detect._tiles import search
from astroclassify.identify import find_catalogue
from astroclassify.identify import identify as identify_bodies
from astroclassify.metrics import box_edges
from astroclassify.preprocess import block_means

#: Side of the small picture that is kept to be drawn (int).
_PICTURE_SIDE = 1024
#: A box counts where so much of it was observed (float).
_OBSERVED = 0.5


@checked(least_score=rules.optional(rules.quantity(u.one, 0, 1)))
def detect(
    image,
    *,
    method="yolo",
    least_score=None,
    again=True,
    identify=True,
    chip=None,
    instrument=None,
    **options,
):
    """
    Detect galaxies, nebulae and star clusters in an image.

    Parameters
    ----------
    image : path, bytes, array, `~astropy.nddata.CCDData`, ...
        As for `load_image`: FITS, or a picture in grey or colours, of any size.
    method : str or DetectorSpec, default "yolo"
        A name of `DETECTORS`: ``"yolo"``, ``"starless"``, ``"xrai"``, ``"heatmap"``, ``"segmentation"``, or a
        plug-in's.
    least_score : float, optional
        Leave out what has a lower score; by default what the method does.
    again : bool or path-like, default True
        Whether to look again at the boxes of a method, as its `DetectorSpec.again` says; or, where that moves
        edges, the weights to do it with, as ``astroclassify train-detector boxes`` writes them.
    identify : bool, str, `~astropy.table.QTable` or CatalogueSource, default True
        Name the catalogued bodies among them, where the image has a celestial WCS: True for the package's own
        catalogue, else which (see `~astroclassify.identify.identify`); False or ``"none"`` for no names.
    chip : int, optional
        Which chip of a file; needed where it has more than one.
    instrument : str, optional
        Name of the instrument of a file whose header does not say.
    **options
        The method's own; `DetectorSpec.options` lists them.

    Returns
    -------
    Detections
        A row for each object, the highest score first: ``class``, ``score`` (0 to 1), its box (``x_min``,
        ``x_max``, ``y_min``, ``y_max``, pixels, 0-based, centres at integers), ``flux`` (the box's light
        above the sky about it, in the image's unit), ``size`` (the side of a square as large as the box,
        pixels) and ``name`` (empty where it is not known); on the sky also ``centre``, ``width`` and
        ``height``.

    Raises
    ------
    FrameError
        If the image cannot be used, or the file has several chips and ``chip`` is not given.
    ReadError
        If the file cannot be read.
    UnknownNameError
        If no detector, or no catalogue, has the name.
    ParameterError
        If the method has no such option, or weights are given for a second look that it does not take.
    MissingWeightsError
        If the weights for the second look are not there.
    WeightsError
        If they are of another network.
    OptionalDependencyError
        If the method needs a package that is not installed.
    PluginError
        If the detector breaks its contract.

    Warns
    -----
    FrameWarning
        If the image is too wide for a catalogue, its WCS gives no position, or the catalogue does not answer:
        there are no names then.

    Notes
    -----
    Images larger than the tiles of a method are searched by tiles that overlap, and shrunk for what is larger
    than they share. Of an object that lies mostly where nothing was observed nothing is said.

    Examples
    --------
    >>> import numpy as np
    >>> from astroclassify.detect import detect
    >>> y, x = np.indices((96, 128))
    >>> image = np.random.default_rng(1).normal(100, 1, (96, 128))
    >>> image += 100 * np.exp(-((x - 40) ** 2 + (y - 50) ** 2) / 300)
    >>> found = detect(image, method="segmentation")
    >>> len(found), found["x_min"][0] < 40 < found["x_max"][0]
    (1, np.True_)
    """
    spec = method if isinstance(method, DetectorSpec) else DETECTORS[method]
    looks = _second_look(spec, again)
    moves = looks is True
    if least_score is not None and "least" in spec.options():
        # Also what the method would leave out by itself; of a score that a second look takes the geometric
        # mean of, the square may be enough.
        options.setdefault("least", float(least_score) ** (2 if moves else 1))
    catalogue = _catalogue(identify)
    loaded = load_image(image, chip=chip, instrument=instrument)
    table = search(spec, loaded.values if spec.colour else loaded.grey, **options)
    if looks == "class":
        table = with_large_asked(table, loaded.grey)
    elif moves:
        table = better_boxes(table, loaded.values, weights=None if again is True else again)
        table = table[np.asarray(table["score"], dtype=float) >= (spec.options() | options).get("least", 0.0)]
    table = table[_observed(table, loaded.usable)]
    if least_score is not None:
        table = table[np.asarray(table["score"], dtype=float) >= least_score]
    found = _named(measured(_typed(table), loaded), loaded, catalogue)
    found.meta.update(
        provenance(method=spec.name), classes=list(spec.classes), options=spec.options() | options
    )
    if spec.again:
        found.meta["again"] = again if isinstance(again, bool) else str(again)
    return found


def _second_look(spec, again):
    """Tell how boxes are looked at again; weights that nothing would be done with are refused."""
    if isinstance(again, bool):
        return again and spec.again
    if spec.again is not True:
        raise ParameterError(
            f"again={str(again)!r}: {spec.name!r} takes no second look by a file; leave it out"
        )
    second_network(again)  # before the work, not after it
    return True


def _typed(table):
    """The columns of detections first, of one type; an empty table has them too."""
    typed = QTable({"class": np.asarray(table["class"], dtype=str)})
    for name in table.colnames:
        if name != "class":
            typed[name] = table[name]
    return typed


def _observed(table, usable):
    """Tell which boxes were observed for the greater part (numpy.ndarray of bool)."""
    if usable.all():
        return np.ones(len(table), dtype=bool)
    shares = [usable[pixels_in(box, usable.shape)].mean() for box in box_edges(table)]
    return np.array(shares, dtype=float) >= _OBSERVED


def _catalogue(identify):
    """Give the catalogue that is asked for, or `None`; one that nobody knows is refused before the work."""
    if identify is False or (isinstance(identify, str) and identify == "none"):
        return None
    return find_catalogue("builtin" if identify is True else identify)


def _named(table, image, catalogue):
    names = [""] * len(table)
    if catalogue is not None and image.wcs is not None and len(table):
        try:
            names = names_of(table, identify_bodies(image.wcs, shape=image.shape, catalogue=catalogue))
        except (FrameError, ReadError) as error:  # boxes are no worse without names
            warnings.warn(f"{image.name or 'the image'}: no object is named: {error}", FrameWarning, 3)
    table["name"] = np.array(names, dtype=str) if names else np.array([], dtype="U1")
    found = Detections(table)
    found.meta.update(
        source=image.name,
        shape=list(image.shape),
        from_top=image.from_top,
        wcs="" if image.wcs is None else image.wcs.to_header_string(relax=True),
    )
    found.picture = _picture(image)
    return found


def _picture(image):
    """A small picture of what was searched: ``[y, x]`` or ``[y, x, 3]``, NaN where nothing was observed."""
    planes = np.where(image.usable[..., None], np.atleast_3d(image.values), np.nan)
    small = [block_means(plane, largest_side=_PICTURE_SIDE) for plane in np.moveaxis(planes, -1, 0)]
    return np.stack(small, axis=-1).squeeze().astype(np.float32)
