"""The page of many answers: one file that needs nothing else, to be sorted, searched and looked at."""

import hashlib
import math
from base64 import b64encode
from collections import Counter
from importlib.resources import files
from pathlib import PurePath

import numpy as np

from astroclassify.core import ParameterError, checked, printable_value, rules, write_page
from astroclassify.visualization._sky_map import sky_map

_FIELDS = {"kind": "Label", "instrument": "Instrument", "band": "Band", "agrees": "Agrees with the catalogue"}
_TEXTS = (
    *("source", "error", "reason", "body", "agrees", "body_note"),
    *("instrument", "band", "target_name"),
)
_HIDDEN = ("thumbnail", "evidence", "key", "bytes", "modified", "s_region")
#: More values than this are no choice, but a list to be searched.
_MOST_CHOICES, _MOST_COUNTS = 60, 12


@checked(
    table=rules.having("a table of answers, as of classify_many", "colnames", "meta"),
    path=rules.path,
    title=rules.text,
)
def results_page(table, path, *, title="Galaxies, nebulae and star clusters"):
    """
    Write a web page of many answers.

    Parameters
    ----------
    table : astropy.table.Table
        As `~astroclassify.classify_many` and `~astroclassify.scale.read_results` give it; ``thumbnail``
        (JPEG) and ``evidence`` (PNG) are shown where they are there; ``s_ra``, ``s_dec`` and ``s_region`` on
        a map.
    path : path-like
        The file to write, HTML. It loads nothing from elsewhere.
    title : str
        Its heading.

    Returns
    -------
    int
        How many rows are in it.

    Raises
    ------
    ParameterError
        If the table has no columns of answers.

    Examples
    --------
    >>> from astropy.table import Table
    >>> from astroclassify.visualization import results_page
    >>> answers = Table({"source": ["a.fits"], "label": ["galaxy"], "probability": [0.9]})
    >>> results_page(answers, getfixture("tmp_path") / "report.html")
    1
    """
    missing = {"source", "label", "probability"} - set(table.colnames)
    if missing:
        raise ParameterError(
            f"the table has no {', '.join(sorted(missing))}; expected answers of classify_many"
        )
    classes = [name for name in table.colnames if name.startswith("p_class_")]
    rows = sorted((_row(row, classes) for row in _records(table)), key=lambda row: row["rank"])
    values = _page_values(rows, classes, table.meta)
    write_page(path, "astroclassify.visualization", "results.html", title=title, **values)
    return len(rows)


def _data(name):
    return (files("astroclassify.visualization") / "data" / name).read_text(encoding="utf-8")


def _records(table):
    names = table.colnames
    columns = [table[name] for name in names]
    for values in zip(*columns, strict=True):
        yield {name: _plain(value) for name, value in zip(names, values, strict=True)}


def _plain(value):
    value = value.item() if isinstance(value, np.generic) else value
    if value is None or value is np.ma.masked or (isinstance(value, float) and not math.isfinite(value)):
        return None
    return printable_value(value)


def _row(record, classes):
    """Give a row as the page's script takes it: what is shown, what is searched, and all under ``more``."""
    row = {name: record.get(name) or "" for name in _TEXTS}
    row |= {name: record.get(name) for name in ("probability", "novelty")}
    row["name"], row["chip"] = PurePath(row["source"]).name, record.get("chip") or 0
    row["kind"] = "failed" if row["error"] or not record["label"] else record["label"]
    row["p"] = [record[name] for name in classes]
    row["note"] = row["error"].partition(": ")[2] or row["error"] or row["reason"] or row["body_note"]
    row["more"] = {name: value for name, value in record.items() if name not in _HIDDEN}
    row["position"] = record.get("s_ra"), record.get("s_dec"), record.get("s_region") or ""
    for name in ("thumbnail", "evidence"):
        if record.get(name):
            row[name] = b64encode(record[name]).decode()
    row["search"] = " ".join(row[name] for name in ("source", "body", "note", "target_name")).lower()
    return row | {"rank": _rank(row)}


def _rank(row):
    """What contradicts the catalogue first, then named bodies, the uncertain, the failed, and the rest."""
    reasons = (row["agrees"] == "no", row["body"] != "", row["kind"] == "uncertain", row["kind"] == "failed")
    return next((rank for rank, holds in enumerate(reasons) if holds), len(reasons))


def _page_values(rows, classes, meta):
    drawn, caption = sky_map(rows)
    shown = [{name: value for name, value in row.items() if name not in ("position", "rank")} for row in rows]
    filters = [field for field in _FIELDS if 1 < len({row[field] for row in rows}) <= _MOST_CHOICES]
    spoken = [name.removeprefix("p_class_").replace("_", " ") for name in classes]
    script = _data("results.js")
    return {
        "total": len(rows),
        "labels": sorted(Counter(row["kind"] for row in rows).items()),
        "disagree": sum(row["agrees"] == "no" for row in rows),
        "provenance": provenance_line(meta),
        **{"sky": drawn, "sky_caption": caption, "classes": spoken},
        "counts": [(_FIELDS[field], _counted(rows, field)) for field in ("kind", "instrument", "band")],
        "filters": [
            (field, _FIELDS[field], sorted({row[field] for row in rows} - {""})) for field in filters
        ],
        "has_evidence": any("evidence" in row for row in rows),
        "data": {"rows": shown, "classes": spoken, "filters": filters, "pictures": _has_pictures(rows)},
        **{"script": script, "script_hash": _sha256(script)},
    }


def _has_pictures(rows):
    return any("thumbnail" in row for row in rows)


def _counted(rows, field):
    counted = Counter(row[field] for row in rows).most_common(_MOST_COUNTS)
    return [(value, number, round(100 * number / len(rows), 1)) for value, number in counted]


def provenance_line(meta):
    """
    Say in a line what made results.

    Parameters
    ----------
    meta : mapping of str to object
        Of their table.

    Returns
    -------
    str
        Model and weights, or method, and versions, as far as they are known.
    """
    model, weights = meta.get("model", ""), str(meta.get("weights_sha256", ""))[:12]
    method = meta.get("method", "")
    versions = ", ".join(f"{name} {value}" for name, value in dict(meta.get("versions") or {}).items())
    made = (("Model", model), ("method", method), ("weights", weights))
    parts = [*(f"{what} {name}" for what, name in made if name), versions]
    return "; ".join(part for part in parts if part)


def _sha256(script):
    return b64encode(hashlib.sha256(script.encode()).digest()).decode()
