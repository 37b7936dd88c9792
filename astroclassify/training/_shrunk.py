"""Whole chips kept small: what a source exposes also teaches the paper's networks for shrunk chips."""

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from astropy.io import fits

from astroclassify.core import atomic_path
from astroclassify.datasets import VARIANTS
from astroclassify.preprocess import counts_planes

_LIST = "manifest.csv"
_COLUMNS = ("ID", "OBSID", "Label")


@dataclass(frozen=True)
class ShrunkChips:
    """
    A folder of chips shrunk to 224 x 448 pixels, and their list, ``manifest.csv``, as trainings take it.

    Parameters
    ----------
    folder : pathlib.Path
        Made if it is not there. Several processes may write to it.
    """

    folder: Path

    def keep(self, arrays, label, *, body):
        """
        Add the chips of an exposure, unless they are there.

        Parameters
        ----------
        arrays : sequence of numpy.ndarray
            Float32 ``[y, x]``, ADU, NaN on unusable pixels.
        label : str
            Class of the body.
        body : str
            Its name, which no other exposure has; part of the files' names.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        height, width = VARIANTS["lcid-resize"]
        for chip, array in enumerate(arrays):
            name = f"{body}-{chip}"
            path = self.folder / f"{name}.fits"
            if path.is_file():
                continue
            shrunk = counts_planes(array, height=height, width=width)[0]
            with atomic_path(path) as unfinished:
                fits.writeto(unfinished, np.ascontiguousarray(shrunk), overwrite=True)
            self._list(body, name, label)

    def _list(self, body, name, label):
        with (self.folder / _LIST).open("a", newline="", encoding="utf-8") as file:
            lines = csv.writer(file)
            if not file.tell():
                lines.writerow(_COLUMNS)
            lines.writerow((body, name, "galaxy" if label == "galaxy" else "nsc"))
