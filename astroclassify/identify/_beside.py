"""The likeliest catalogued body of a frame, as plain facts to add to a classification."""

from dataclasses import dataclass

from astroclassify.core import FrameError, ReadError
from astroclassify.datasets import COVERS_AT_LEAST
from astroclassify.identify._identify import identify

#: The share that a body which covers a frame gives its own class, where the catalogue is the prior: of 20
#: pointings one is taken to be wrong.
CATALOGUE_SHARE = 0.95


@dataclass(frozen=True)
class NamedBody:
    """
    The catalogued body of a frame, as plain facts.

    Parameters
    ----------
    body : str, default ""
        Name of the likeliest body; empty where there is none.
    body_class : str, default ""
        ``"galaxy"``, ``"nebula"`` or ``"star cluster"``.
    body_label : str, default ""
        Its label: ``"galaxy"`` or ``"nsc"``.
    frame_in_body : float, default 0
        Share of the frame that it covers, 0 to 1.
    body_note : str, default ""
        Why there is none, where the frame's position is not known or a service does not answer.
    """

    body: str = ""
    body_class: str = ""
    body_label: str = ""
    frame_in_body: float = 0.0
    body_note: str = ""

    @property
    def prior(self):
        """Shares of galaxy and nsc that the body suggests; None if it covers less than a fifth (dict)."""
        if not self.body_label or self.frame_in_body < COVERS_AT_LEAST:
            return None
        other = "nsc" if self.body_label == "galaxy" else "galaxy"
        return {self.body_label: CATALOGUE_SHARE, other: 1 - CATALOGUE_SHARE}


def name_body(frame, *, catalogue="builtin"):
    """
    Name the likeliest body of a frame; a frame whose position is not known has none, which is no error.

    Parameters
    ----------
    frame : object
        A frame as `identify` takes it; anything else has no position.
    catalogue : str, astropy.table.QTable or CatalogueSource, default "builtin"
        As for `identify`.

    Returns
    -------
    NamedBody
        The body that the frame is labelled by.

    Raises
    ------
    UnknownNameError
        If there is no catalogue of that name.
    ParameterError
        If the catalogue is none.
    OptionalDependencyError
        If the catalogue needs a package that is not installed.
    PluginError
        If the catalogue is a plug-in that fails.

    Examples
    --------
    >>> import numpy as np
    >>> from astroclassify.identify import name_body
    >>> name_body(np.zeros((64, 64))).body_note
    'the frame has no celestial WCS, so that its position on the sky is not known; ...'
    """
    try:
        bodies = identify(frame, catalogue=catalogue, margin=0)
    except (FrameError, ReadError) as error:
        return NamedBody(body_note=str(error))
    row = bodies.likeliest
    if row is None:
        return NamedBody()
    share = float(row["frame_in_body"])
    return NamedBody(str(row["name"]), str(row["class"]), bodies.meta["label"], share)
