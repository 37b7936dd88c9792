"""Odd inputs of many kinds, each made by a function, with the right value that reading it must give."""

import warnings

from . import arrays, colours, containers, extensions, headers, masks, missions, pictures
from .case import Case, Right, check, read
from .sources import source_of

KINDS = {
    module.KIND: module
    for module in (headers, containers, masks, extensions, missions, colours, pictures, arrays)
}


def all_cases():
    """Give every case of every kind (list of Case)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what astropy says about odd cards, as they are made
        return [case for kind, module in KINDS.items() for case in module.cases(kind)]


__all__ = ["KINDS", "Case", "Right", "all_cases", "check", "read", "source_of"]
