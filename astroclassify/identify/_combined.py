"""The package's own bodies, and OpenNGC's for all others: one catalogue without a body twice."""

import numpy as np
from astropy.table import vstack

from astroclassify.datasets import body_key
from astroclassify.identify._builtin import LocalCatalogue, load_builtin
from astroclassify.identify._openngc import load_openngc


def load_combined():
    """
    Join the package's own table and OpenNGC.

    Returns
    -------
    astropy.table.QTable
        As `Catalogue` takes it: all rows of the package's own table, which has hosts and the full extent of
        clusters, and those of OpenNGC's that share no name with them.

    Raises
    ------
    OptionalDependencyError
        If pyongc, of the extra ``catalogue``, is not installed.
    ReadError
        If its file cannot be read.
    """
    own, others = load_builtin(), load_openngc()
    known = {key for row in own for key in _keys(row)}
    new = np.array([known.isdisjoint(_keys(row)) for row in others], dtype=bool)
    others["host"] = np.full(len(others), "")
    return vstack([own, others[new]], metadata_conflicts="silent")


def _keys(row):
    """All names of a body, as `body_key` writes them."""
    return {body_key(name) for name in (row["name"], *str(row["other_names"]).split(";")) if name}


COMBINED = LocalCatalogue(load_combined)
