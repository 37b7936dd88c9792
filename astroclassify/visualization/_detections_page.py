"""The page of many detections: every image with what was found in it, one file that needs nothing else."""

from base64 import b64encode
from collections import Counter
from dataclasses import dataclass, field
from functools import partial

from astroclassify.core import checked, printable, rules, write_page
from astroclassify.visualization._detections import plot_detections
from astroclassify.visualization._matplotlib import image_size, png
from astroclassify.visualization._results import provenance_line
from astroclassify.visualization._rules import DETECTIONS, one_by_one

#: Width of a picture in inches, and its pixels to the inch; width of its card on the page, pixels.
_WIDTH, _RESOLUTION, _CARD = 6.0, 100, 380
#: What is told of each object, where it is known, and how.
_COLUMNS = {
    "class": ("class", str),
    "score": ("score", "{:.2f}".format),
    "name": ("name", str),
    "size": ("size (pixels)", "{:.0f}".format),
}


@dataclass
class _Counts:
    """What is on the page, counted while it is written."""

    images: int = 0
    objects: int = 0
    with_objects: int = 0
    failed: int = 0
    provenance: str = ""
    kinds: Counter = field(default_factory=Counter)

    @property
    def classes(self):
        """Classes and how many there are of each, the most first (list of tuple)."""
        return self.kinds.most_common()

    def add(self, found):
        self.images += 1
        self.objects += len(found)
        self.with_objects += bool(len(found))
        self.kinds.update(map(str, found["class"]))
        self.provenance = self.provenance or provenance_line(found.meta)


@checked(many=one_by_one, path=rules.path, title=rules.text)
def detections_page(many, path, *, title="Deep-sky objects"):
    """
    Write a web page of the objects detected in many images.

    Parameters
    ----------
    many : iterable of Detections or tuple of str
        From `astroclassify.detect.detect`, one for each image; of an image that could not be searched its
        name, and why. They are taken one by one, so that they may be made meanwhile.
    path : path-like
        The file to write, HTML. It loads nothing from elsewhere.
    title : str
        Its heading.

    Returns
    -------
    dict of str to int
        How many ``images`` were searched, ``objects`` are in them, and images ``failed``.

    Raises
    ------
    ParameterError
        If they are something else.
    OptionalDependencyError
        If matplotlib is not installed.

    Examples
    --------
    >>> import numpy as np
    >>> from astroclassify.detect import detect
    >>> from astroclassify.visualization import detections_page
    >>> image = np.random.default_rng(1).normal(100, 5, (64, 96))
    >>> found = detect(image, method="segmentation")
    >>> detections_page([found, ("b.png", "the file is empty")], getfixture("tmp_path") / "page.html")
    {'images': 1, 'objects': 0, 'failed': 1}
    """
    counts = _Counts()
    values = {"title": title, "width": _CARD, "cards": _cards(many, counts), "counts": counts}
    write_page(path, "astroclassify.visualization", "detections.html", **values)
    return {name: getattr(counts, name) for name in ("images", "objects", "failed")}


def _cards(many, counts):
    for each in many:
        if isinstance(each, tuple):
            counts.failed += 1
            yield dict(zip(("source", "error"), map(printable, each), strict=True))
        else:
            counts.add(DETECTIONS("many", each))
            yield _card(each, counts.images)


def _card(found, number):
    names = [name for name in _COLUMNS if name != "name" or any(map(str, found["name"]))]
    return {
        "source": printable(found.meta.get("source") or f"image {number}"),
        "error": "",
        "picture": b64encode(_picture(found)).decode(),
        "names": [_COLUMNS[name][0] for name in names],
        "rows": [[printable(_COLUMNS[name][1](row[name])) for name in names] for row in found],
    }


def _picture(found):
    size = image_size(found.shape, width=_WIDTH)
    return png(partial(plot_detections, found), size=size, format="jpeg", resolution=_RESOLUTION)
