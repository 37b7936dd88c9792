"""The answer to a frame."""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from html import escape
from typing import Any

import numpy as np
from astropy.nddata import CCDData

from astroclassify.core import html_picture, render
from astroclassify.inference._answers import (
    answer_header,
    one_row_table,
    plain,
    read_only,
    same,
    write_answer,
)
from astroclassify.inference._on_frame import map_on_frame

_BAR_PIXELS = 160
_SHOWN_IN_HTML = ("body", "source", "chip", "instrument", "model", "reason")
#: What of ``meta`` two equal answers need not share: when and how fast they were made.
_TIMES = ("created", "seconds")
_SPOKEN = {"nsc": "nebula / star cluster"}


@dataclass(frozen=True, eq=False, repr=False)
class Classification:
    """
    The answer for a frame: its label, the probability, and a map of the evidence.

    It cannot be changed, compares equal to an answer that says the same (whenever and however fast that was
    made: ``created`` and ``seconds`` of ``meta`` do not count; the rest does, such as the ``source``, and so
    do the evidence and the small picture), hashes by label, leaning and probability, and pickles. It prints
    ``nsc`` as "nebula / star cluster".

    Parameters
    ----------
    label : {"galaxy", "nsc", "uncertain"}
        The answer; ``nsc`` is a nebula or a star cluster.
    probability : float
        Probability of the more probable of ``galaxy`` and ``nsc``, 0.5 to 1; it is given even
        where the label is ``uncertain``.
    leaning : {"galaxy", "nsc"}
        The more probable of the two, whether or not that is enough for a label.
    probabilities : mapping of str to float
        One per class of the model; they sum to 1.
    evidence : astropy.nddata.CCDData or None
        Coarse float32 map ``[y, x]`` over the frame: how much each place speaks for the
        leaning (positive) or against it (negative), in natural log-odds; with the frame's WCS scaled to its
        cells, where it has one (see `map_on_frame`, which also makes it of a plain array). `None` where the
        model has no such map, or it was not asked for.
    novelty : float or None
        How unlike what the model has learnt the frame is, larger for less alike; ``meta["novelty_score"]``
        says on which scale. `None` where nobody measured it.
    meta : mapping of str to object
        Provenance: versions, time, model, weights, device, source, chip, instrument, and
        ``reason``, why the label is ``uncertain`` (else empty), with the limits ``uncertain_below``,
        ``novelty_above`` and ``field_above``; ``prior`` where one was given; ``shape`` of the frame.
    thumbnail : numpy.ndarray or None
        Small picture of the frame, from `astroclassify.preprocess.thumbnail`; the frame itself is not kept.

    Examples
    --------
    >>> from astroclassify import Classification
    >>> answer = Classification("galaxy", 0.97, "galaxy", {"galaxy": 0.97, "nsc": 0.03})
    >>> print(answer)
    galaxy with probability 0.970 (galaxy 0.970, nebula / star cluster 0.030)
    """

    label: str
    probability: float
    leaning: str
    probabilities: Mapping[str, float]
    evidence: CCDData | None = None
    novelty: float | None = None
    meta: Mapping[str, Any] = field(default_factory=dict)
    thumbnail: np.ndarray | None = None

    def __post_init__(self):
        frozen = {name: read_only(getattr(self, name)) for name in ("probabilities", "meta")}
        if self.evidence is not None:
            frozen["evidence"] = _frozen_map(self.evidence)
        if self.thumbnail is not None:
            frozen["thumbnail"] = np.array(self.thumbnail, dtype=np.float32)
            frozen["thumbnail"].flags.writeable = False
        for name, value in frozen.items():
            object.__setattr__(self, name, value)

    @property
    def body(self):
        """Name of the catalogued body that the frame shows; empty where there is none (str)."""
        return self.meta.get("body", "")

    @property
    def agrees(self):
        """Whether the catalogued body is of the label; None where either is not known (bool or None)."""
        catalogued = self.meta.get("body_label", "")
        return None if not catalogued or self.label == "uncertain" else self.label == catalogued

    def __eq__(self, other):
        if not isinstance(other, Classification):
            return NotImplemented
        return same(self._compared(), other._compared())

    def __hash__(self):
        return hash((self.label, self.leaning, self.probability))

    def _compared(self):
        meta = {name: value for name, value in self.meta.items() if name not in _TIMES}
        said = (self.label, self.probability, self.leaning, self.probabilities, self.novelty, meta)
        if self.evidence is None:
            return (*said, self.thumbnail)
        wcs = self.evidence.wcs
        sky = "" if wcs is None else wcs.to_header_string(relax=True)
        evidence = self.evidence
        return (*said, self.thumbnail, evidence.data, evidence.mask, str(evidence.unit), sky)

    def __reduce__(self):
        evidence = self.evidence
        given = (dict(self.probabilities), evidence, self.novelty, plain(self.meta), self.thumbnail)
        return type(self), (self.label, self.probability, self.leaning, *given)

    def plot(self, ax=None):
        """
        Draw the frame, small, with contours of the evidence.

        `~astroclassify.visualization.plot_classification` draws the frame in full, with the probabilities.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Where to draw, in the frame's pixels; by default in a new figure.

        Returns
        -------
        matplotlib.axes.Axes
            The axes drawn on.

        Raises
        ------
        OptionalDependencyError
            If matplotlib is not installed.
        """
        return render("classification", self, ax=ax)

    def to_table(self):
        """
        Give the answer as a table of one row.

        Returns
        -------
        astropy.table.QTable
            With the columns of `astroclassify.classify_many`, those of the body included where a catalogue
            was asked, and the provenance in its ``meta``.

        Examples
        --------
        >>> from astroclassify import Classification
        >>> answer = Classification("galaxy", 0.75, "galaxy", {"galaxy": 0.75, "nsc": 0.25})
        >>> answer.to_table()["label", "p_galaxy"].colnames
        ['label', 'p_galaxy']
        """
        return one_row_table(self)

    def to_header(self):
        """
        Give the answer as FITS cards, to be added to a header of your own.

        Returns
        -------
        astropy.io.fits.Header
            ``ACLABEL``, ``ACPROB`` (probability), ``ACLEAN`` (leaning), ``ACPGAL`` (``p_galaxy``) and
            ``ACNOVEL`` (novelty); ``ACCLASn`` and ``ACPROBn``, each class and its probability; and of the
            provenance, as far as it is known, ``ACREASON``, ``ACSOURCE``, ``ACCHIP``, ``ACINSTR``,
            ``ACBAND``, ``ACBODY`` and ``ACBCLASS`` (the catalogued body and its class), ``ACAGREES``,
            ``ACMODEL``, ``ACWEIGHT`` (SHA-256 of the weights) and ``ACDATE``. What is not printable ASCII
            becomes ``?``.

        Examples
        --------
        >>> from astroclassify import Classification
        >>> answer = Classification("galaxy", 0.75, "galaxy", {"galaxy": 0.75, "nsc": 0.25})
        >>> answer.to_header()["ACPROB"]
        0.75
        """
        return answer_header(self)

    def write(self, path, *, overwrite=False):
        """
        Write the answer into a file; there is never half of it.

        Parameters
        ----------
        path : str or path-like
            Its suffix says how: ``.fits`` (`to_header` in the primary header, the evidence with its WCS in
            the extension ``EVIDENCE``), or without the evidence ``.ecsv``, ``.csv`` (`to_table`) and
            ``.json``.
        overwrite : bool, default False
            Replace a file that exists.

        Raises
        ------
        ParameterError
            If the suffix is another, or the file exists.
        """
        write_answer(self, path, overwrite=overwrite)

    @property
    def p_galaxy(self):
        """Probability of galaxy against nsc, both renormalised without ``field``, 0 to 1 (float)."""
        return self.probability if self.leaning == "galaxy" else 1 - self.probability

    def __repr__(self):
        return f"<Classification {self.label!r}, probability {self.probability:.3f}>"

    def __str__(self):
        classes = ", ".join(f"{spoken(name)} {value:.3f}" for name, value in self.probabilities.items())
        sure = f"{spoken(self.leaning)} with probability {self.probability:.3f} ({classes})"
        catalogue = (
            f"; in the catalogue: {self.body} ({self.meta.get('body_class', '')})" if self.body else ""
        )
        if self.label == self.leaning:
            return sure + catalogue
        reason = self.meta.get("reason", "")
        return f"{self.label}{f': {reason}' if reason else ''}; {sure}{catalogue}"

    def _repr_html_(self):
        bars = "".join(_bar(name, value) for name, value in self.probabilities.items())
        facts = "".join(
            f"<tr><td>{name}</td><td colspan='2'>{escape(str(self.meta[name]))}</td></tr>"
            for name in _SHOWN_IN_HTML
            if self.meta.get(name) not in (None, "")
        )
        head = (
            f"<b>{escape(spoken(self.label))}</b> &mdash; {escape(spoken(self.leaning))} with probability "
            f"{self.probability:.3f}"
        )
        table = f"<p>{head}</p><table>{bars}{facts}</table>"
        return f"<div class='astroclassify'>{self._picture_html()}{table}</div>"

    def _picture_html(self):
        """Embed the picture; nothing where there is none, no matplotlib, or no renderer that can be asked."""
        if self.thumbnail is None:
            return ""
        return html_picture("classification", self, alt="the frame and its evidence")


def spoken(name):
    """
    Say the name of a label or class as it is printed.

    Parameters
    ----------
    name : str
        A label or class.

    Returns
    -------
    str
        ``nsc`` is "nebula / star cluster" (to astronomers, NSC is a nuclear star cluster); others stay.

    Examples
    --------
    >>> from astroclassify.inference import spoken
    >>> spoken("nsc")
    'nebula / star cluster'
    """
    return _SPOKEN.get(name, name)


def _frozen_map(evidence):
    """Give a map that cannot be changed, on its own WCS."""
    if not isinstance(evidence, CCDData):
        evidence = map_on_frame(evidence)
    mask = None if evidence.mask is None else np.array(evidence.mask)
    if mask is not None:
        mask.flags.writeable = False
    made = _FixedMap(
        map_on_frame(evidence.data).data,
        unit=evidence.unit,
        mask=mask,
        wcs=deepcopy(evidence.wcs),
        meta=deepcopy(evidence.meta),
    )
    made._is_fixed = True
    return made


class _FixedMap(CCDData):
    """A map whose parts cannot be replaced; what is copied, or computed, from it can be changed."""

    def __setattr__(self, name, value):
        if self.__dict__.get("_is_fixed"):
            raise AttributeError(f"{name} of an answer's evidence cannot be changed; change evidence.copy()")
        super().__setattr__(name, value)

    def __deepcopy__(self, memo):
        return CCDData(self, copy=True)


def _bar(name, value):
    width = round(_BAR_PIXELS * min(max(value, 0.0), 1.0))
    return (
        f"<tr><td>{escape(spoken(name))}</td><td style='text-align:right'>{value:.3f}</td>"
        f"<td style='width:{_BAR_PIXELS}px;text-align:left'><div style='background:#4477aa;height:0.8em;"
        f"width:{width}px'></div></td></tr>"
    )
