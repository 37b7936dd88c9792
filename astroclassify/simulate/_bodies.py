"""The kinds of body that can be drawn, and the class each belongs to."""

from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from astroclassify.core import UnknownNameError
from astroclassify.simulate import _clusters, _galaxies, _nebulae
from astroclassify.simulate._textures import log_uniform
from astroclassify.simulate._view import View

CLASSES = ("galaxy", "nebula", "star cluster", "field")


@dataclass(frozen=True)
class BodyKind:
    """
    One kind of body.

    Parameters
    ----------
    name : str
        For example ``"spiral"``.
    label : str
        One of ``CLASSES``.
    draw : callable
        ``draw(view, rng) -> Scene``.
    weight : float
        How often it is drawn within its class.
    """

    name: str
    label: str
    draw: object
    weight: float = 1.0


_KINDS = (
    BodyKind("spiral", "galaxy", _galaxies.spiral, 3.0),
    BodyKind("elliptical", "galaxy", _galaxies.elliptical, 2.0),
    BodyKind("edge-on", "galaxy", _galaxies.edge_on, 1.5),
    BodyKind("irregular", "galaxy", _galaxies.irregular, 1.1),
    BodyKind("merger", "galaxy", _galaxies.merger, 2.2),
    BodyKind("group", "galaxy", _galaxies.group, 1.8),
    BodyKind("emission", "nebula", _nebulae.emission, 4.0),
    BodyKind("reflection", "nebula", _nebulae.reflection, 1.5),
    BodyKind("planetary", "nebula", _nebulae.planetary, 3.0),
    BodyKind("remnant", "nebula", _nebulae.remnant, 1.0),
    BodyKind("bubble", "nebula", _nebulae.bubble, 0.8),
    BodyKind("dark", "nebula", _nebulae.dark, 0.8),
    BodyKind("globular", "star cluster", _clusters.globular, 3.0),
    BodyKind("open", "star cluster", _clusters.open_cluster, 1.5),
    BodyKind("young", "star cluster", _clusters.young_cluster, 1.0),
    BodyKind("field", "field", _clusters.empty_field, 1.0),
)
KINDS = MappingProxyType({kind.name: kind for kind in _KINDS})


def body_kind(name):
    """
    Look up a kind of body.

    Parameters
    ----------
    name : str
        Key of ``KINDS``.

    Returns
    -------
    BodyKind
        The kind.

    Raises
    ------
    UnknownNameError
        If there is no such kind.
    """
    if name not in KINDS:
        raise UnknownNameError(f"no kind of body is named {name!r}; there are: {', '.join(KINDS)}")
    return KINDS[name]


def random_kind(rng, label):
    """
    Draw a kind of body of one class.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of randomness.
    label : str
        One of ``CLASSES``.

    Returns
    -------
    BodyKind
        The kind.
    """
    kinds = [kind for kind in _KINDS if kind.label == label]
    weights = np.array([kind.weight for kind in kinds])
    return kinds[rng.choice(len(kinds), p=weights / weights.sum())]


def random_view(rng, shape, *, partial):
    """
    Draw where a frame looks on a body.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of randomness.
    shape : tuple of int
        Rows and columns.
    partial : bool
        A piece of the body (off-centre, or wholly inside) rather than the whole of it.

    Returns
    -------
    View
        The window.
    """
    side = np.sqrt(shape[0] * shape[1])
    reach = log_uniform(rng, 0.8, 3.0) if partial else log_uniform(rng, 0.12, 0.75)
    distance = rng.uniform(0.1, 0.75) if partial else abs(rng.normal(0, 0.06)) / reach
    direction = rng.uniform(0, 2 * np.pi)
    centre = (distance * np.sin(direction), distance * np.cos(direction))
    return View(shape, side * reach, centre, rng.uniform(0, 2 * np.pi))
