"""Answers as rows of a table, as FITS cards and as files."""

import json
import math
from collections.abc import Mapping
from io import BytesIO, StringIO
from pathlib import Path
from types import MappingProxyType

import numpy as np
from astropy.io import fits
from astropy.table import QTable

from astroclassify.core import ParameterError, atomic_path

#: Keyword, name in ``meta`` and comment of the cards that provenance gives (tuple).
_META_CARDS = (
    ("ACREASON", "reason", "why the label is uncertain"),
    ("ACSOURCE", "source", "what was classified"),
    ("ACCHIP", "chip", "its chip"),
    ("ACINSTR", "instrument", "its instrument"),
    ("ACBAND", "band", "its band"),
    ("ACBODY", "body", "the catalogued body there"),
    ("ACBCLASS", "body_class", "its class"),
    ("ACMODEL", "model", "model"),
    ("ACWEIGHT", "weights_sha256", ""),
    ("ACDATE", "created", "UTC of the answer"),
)


# A table --------------------------------------------------------------------------------------


def answers_table(rows, classes, *, meta=None):
    """
    Make the table of answers from its rows.

    Parameters
    ----------
    rows : list of tuple
        From `answer_row` and `error_row`.
    classes : tuple of str
        The classes of the model.
    meta : mapping, optional
        Provenance of them all.

    Returns
    -------
    astropy.table.QTable
        Columns ``source``, ``chip``, ``label``, ``probability``, ``p_galaxy``, ``p_class_<name>`` for each
        class, ``novelty``, ``reason`` (why a label is uncertain), ``error`` and ``model``.

    Examples
    --------
    >>> from astroclassify.inference import answers_table
    >>> answers_table([], ("galaxy", "nsc")).colnames[3:7]
    ['probability', 'p_galaxy', 'p_class_galaxy', 'p_class_nsc']
    """
    each = [f"p_class_{name.replace(' ', '_')}" for name in classes]
    numbers = ["probability", "p_galaxy", *each, "novelty"]
    names = ["source", "chip", "label", *numbers, "reason", "error", "model"]
    types = [str, int, str, *[float] * len(numbers), str, str, str]
    return QTable(rows=rows or None, names=names, dtype=types, meta=meta)


def with_bodies(table, bodies):
    """
    Add what the catalogue says of each frame, and whether the pixels agree.

    Parameters
    ----------
    table : astropy.table.QTable
        From `answers_table`.
    bodies : list of mapping
        Of each row: ``body``, ``body_class``, ``body_label``, ``frame_in_body`` and ``body_note``, as far as
        they are known.

    Returns
    -------
    astropy.table.QTable
        The same table, with columns ``body``, ``body_class``, ``frame_in_body``, ``agrees`` (``"yes"``,
        ``"no"``, or empty where body or label is not known) and ``body_note``.
    """
    for column in ("body", "body_class"):
        table[column] = _texts(bodies, column)
    table["frame_in_body"] = np.array([each.get("frame_in_body", 0.0) for each in bodies], dtype=float)
    labels = _texts(bodies, "body_label")
    known = (labels != "") & np.isin(table["label"], ("galaxy", "nsc"))
    table["agrees"] = np.where(known, np.where(labels == table["label"], "yes", "no"), "")
    table["body_note"] = _texts(bodies, "body_note")
    return table


def _texts(bodies, name):
    return np.array([each.get(name, "") for each in bodies], dtype=str)


def answer_row(answer):
    """
    Give the row of an answer.

    Parameters
    ----------
    answer : Classification
        Its ``meta`` says source, chip and model, as far as they are known.

    Returns
    -------
    tuple
        A row for `answers_table`.
    """
    novelty = math.nan if answer.novelty is None else answer.novelty
    values = (answer.probability, answer.p_galaxy, *answer.probabilities.values(), novelty)
    source, chip, reason, model = (answer.meta.get(name) for name in ("source", "chip", "reason", "model"))
    return (source or "", chip or 0, answer.label, *values, reason or "", "", model or "")


def error_row(error, classes, *, source, chip, model):
    """
    Give the row of a frame of which there is no answer.

    Parameters
    ----------
    error : Exception
        What went wrong.
    classes : tuple of str
        The classes of the model.
    source : str
        What was to be classified.
    chip : int
        Its chip, 0 for none.
    model : str
        Name of the model.

    Returns
    -------
    tuple
        A row for `answers_table`: the label is empty, the numbers are NaN.
    """
    text = " ".join(str(error).split()) or "no message"
    values = (math.nan,) * (3 + len(classes))
    return (source, chip, "", *values, "", f"{type(error).__name__}: {text}", model)


def one_row_table(answer):
    """
    Give the table of a single answer.

    Parameters
    ----------
    answer : Classification
        The answer.

    Returns
    -------
    astropy.table.QTable
        As `answers_table`, with the answer's ``meta``, and as `with_bodies` where a catalogue was asked.
    """
    table = answers_table([answer_row(answer)], tuple(answer.probabilities), meta=plain(answer.meta))
    return with_bodies(table, [answer.meta]) if "body" in answer.meta else table


# FITS cards -----------------------------------------------------------------------------------


def answer_header(answer):
    """
    Write an answer as FITS cards.

    Parameters
    ----------
    answer : Classification
        The answer.

    Returns
    -------
    astropy.io.fits.Header
        Keywords of at most eight characters, listed at `Classification.to_header`.
    """
    cards = [
        ("ACLABEL", answer.label, "galaxy, nsc (nebula / star cluster), uncertain"),
        ("ACPROB", answer.probability, "probability of the leaning"),
        ("ACLEAN", answer.leaning, "the more probable of galaxy and nsc"),
        ("ACPGAL", answer.p_galaxy, "probability of galaxy against nsc"),
        ("ACNOVEL", answer.novelty, "novelty: larger is stranger"),
    ]
    for number, (name, value) in enumerate(answer.probabilities.items(), start=1):
        cards += [(f"ACCLAS{number}", name, "a class"), (f"ACPROB{number}", value, "its probability")]
    cards += [(keyword, answer.meta.get(name), comment) for keyword, name, comment in _META_CARDS]
    cards.append(("ACAGREES", answer.agrees, "whether the body is of the label"))
    return fits.Header([_card(*card) for card in cards if _has_value(card[1])])


def _has_value(value):
    return value not in (None, "") and not (isinstance(value, float) and not math.isfinite(value))


def _card(keyword, value, comment):
    """Give a card, without its comment where that would not fit; text that is longer goes on in others."""
    card = fits.Card(keyword, _card_value(value))
    room = fits.Card.length - len(str(card).rstrip()) - len(" / ")
    return card if room < len(comment) else fits.Card(keyword, card.value, comment)


def _card_value(value):
    """Give text that a card can hold: printable ASCII."""
    if not isinstance(value, str):
        return value
    return "".join(sign if " " <= sign <= "~" else "?" for sign in value)


# Files ----------------------------------------------------------------------------------------


def write_answer(answer, path, *, overwrite=False):
    """
    Write an answer into a file, so that there is never half of it.

    Parameters
    ----------
    answer : Classification
        The answer.
    path : str or path-like
        Its suffix says how.
    overwrite : bool, default False
        Replace a file that exists.

    Raises
    ------
    ParameterError
        If the suffix is another, or the file exists.
    """
    path = Path(path)
    if path.suffix.lower() not in _WRITERS:
        raise ParameterError(
            f"{path}: the suffix is {path.suffix!r}; an answer is written to one of {', '.join(_WRITERS)}"
        )
    if path.exists() and not overwrite:
        raise ParameterError(f"{path}: the file exists; give overwrite=True to replace it")
    content = _WRITERS[path.suffix.lower()](answer)
    with atomic_path(path) as unfinished:
        unfinished.write_bytes(content)


def _as_fits(answer):
    hdus = [fits.PrimaryHDU(header=answer_header(answer))]
    if answer.evidence is not None:
        (image,) = answer.evidence.to_hdu()
        hdus.append(fits.ImageHDU(image.data, image.header, name="EVIDENCE"))
    buffer = BytesIO()
    fits.HDUList(hdus).writeto(buffer)
    return buffer.getvalue()


def _as_json(answer):
    table = one_row_table(answer)
    values = dict(zip(table.colnames, table[0], strict=True))
    text = json.dumps(
        _without_nan({**values, "leaning": answer.leaning, "meta": plain(answer.meta)}), indent=2
    )
    return f"{text}\n".encode()


def _without_nan(value):
    """JSON has no number that is not finite: null instead."""
    if isinstance(value, dict):
        return {name: _without_nan(item) for name, item in value.items()}
    if isinstance(value, list):
        return list(map(_without_nan, value))
    value = value.item() if isinstance(value, np.generic) else value
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _as_text_table(kind):
    def written(answer):
        text = StringIO()
        one_row_table(answer).write(text, format=f"ascii.{kind}")
        return text.getvalue().encode()

    return written


_WRITERS = {
    ".ecsv": _as_text_table("ecsv"),
    ".csv": _as_text_table("csv"),
    ".fits": _as_fits,
    ".json": _as_json,
}


def read_only(value):
    """
    Give a copy that cannot be changed: of mappings, lists and tuples, all the way down.

    Parameters
    ----------
    value : object
        Anything; what is none of these stays as it is.

    Returns
    -------
    object
        Read-only mappings and tuples in their place.
    """
    if isinstance(value, Mapping):
        return MappingProxyType({name: read_only(item) for name, item in value.items()})
    return tuple(map(read_only, value)) if isinstance(value, list | tuple) else value


def plain(value):
    """
    Give a copy of plain dictionaries and lists, as JSON and YAML know them.

    Parameters
    ----------
    value : object
        From `read_only`.

    Returns
    -------
    object
        Dictionaries and lists in the place of read-only mappings and tuples.
    """
    if isinstance(value, Mapping):
        return {name: plain(item) for name, item in value.items()}
    return list(map(plain, value)) if isinstance(value, tuple) else value


def same(one, other):
    """
    Say whether two values are equal, arrays element by element and NaN to NaN.

    Parameters
    ----------
    one, other : object
        Mappings, tuples, arrays, numbers, strings.

    Returns
    -------
    bool
        Whether they are.
    """
    if isinstance(one, Mapping):
        alike = isinstance(other, Mapping) and one.keys() == other.keys()
        return alike and all(same(item, other[name]) for name, item in one.items())
    if isinstance(one, tuple):
        alike = isinstance(other, tuple) and len(one) == len(other)
        return alike and all(map(same, one, other))
    if np.shape(one) != np.shape(other):
        return False
    return bool(np.all((one == other) | ((one != one) & (other != other))))
