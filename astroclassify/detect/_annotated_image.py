"""An image with the boxes that somebody has drawn in it."""

from dataclasses import dataclass
from pathlib import Path

from astropy.table import QTable


@dataclass(frozen=True, eq=False)
class AnnotatedImage:
    """
    An image with the labelled boxes of its objects.

    Parameters
    ----------
    path : pathlib.Path
        Its file.
    shape : tuple of int
        Rows and columns.
    objects : astropy.table.QTable
        ``class`` and the edges of the box of each object, ``x_min``, ``x_max``, ``y_min`` and ``y_max``, in
        the pixels of `load_image`; empty where there is none.

    Examples
    --------
    >>> from pathlib import Path
    >>> from astropy.table import QTable
    >>> from astroclassify.detect import AnnotatedImage
    >>> box = {"class": ["galaxy"], "x_min": [3.5], "x_max": [23.5], "y_min": [31.5], "y_max": [41.5]}
    >>> image = AnnotatedImage(Path("m51.png"), (48, 64), QTable(box))
    >>> image.path.name, len(image.objects)
    ('m51.png', 1)
    """

    path: Path
    shape: tuple[int, int]
    objects: QTable
