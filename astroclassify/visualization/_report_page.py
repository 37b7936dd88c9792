"""Parts of the page of an evaluation: paragraphs, tables, figures. Its template says how they look."""

import base64
import io
from dataclasses import KW_ONLY, dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np

from astroclassify.core import atomic_path
from astroclassify.visualization._matplotlib import pyplot

_DASH = "\N{EN DASH}"


@dataclass(frozen=True)
class Section:
    """
    A section.

    Parameters
    ----------
    anchor : str
        What links point to.
    title : str
        Its heading.
    parts : list
        Paragraphs, definitions, tables and figures.
    """

    anchor: str
    title: str
    parts: list


@dataclass(frozen=True)
class Paragraph:
    """
    A paragraph.

    Parameters
    ----------
    text : str
        Plain text.
    """

    kind: ClassVar = "paragraph"
    text: str


@dataclass(frozen=True)
class Definitions:
    """
    A list of names and what they are.

    Parameters
    ----------
    pairs : list of tuple of str
        Plain text.
    """

    kind: ClassVar = "definitions"
    pairs: list


@dataclass(frozen=True)
class PageFigure:
    """
    A figure, embedded in the page.

    Parameters
    ----------
    mime : str
        The type of the file.
    data : str
        The file in base 64.
    alternative : str
        Alternative text.
    caption : str
        Under it.
    """

    kind: ClassVar = "figure"
    mime: str
    data: str
    _: KW_ONLY
    alternative: str
    caption: str


@dataclass(frozen=True)
class PageTable:
    """
    A table.

    Parameters
    ----------
    columns : list of str
        Headings.
    rows : list of list of str or Cell
        Cells; the first heads the row.
    texts : set of str
        The columns that hold texts, which stand to the left.
    caption : str
        Caption of the table.
    """

    kind: ClassVar = "table"
    columns: list
    rows: list
    texts: set
    caption: str


@dataclass(frozen=True)
class Cell:
    """
    A number in a table.

    Parameters
    ----------
    figure : str
        The number, or a dash where there is none; may be empty.
    interval : str
        Its interval; empty where there is none.
    """

    figure: str
    interval: str = ""


def page_table(rows, columns, *, caption):
    """
    Lay out rows as a table of the page, one cell for each column.

    Parameters
    ----------
    rows : sequence of mapping
        Its rows; `~astropy.table.Row` will do.
    columns : mapping of str to callable
        Of each column the heading, and ``f(row)``, which gives its cell: a text, or a `Cell`. The first heads
        the row.
    caption : str
        Caption of the table.

    Returns
    -------
    PageTable or None
        The table; none where there are no rows.
    """
    if not len(rows):
        return None
    cells = [[cell(row) for cell in columns.values()] for row in rows]
    texts = {name for n, name in enumerate(columns) if any(not isinstance(line[n], Cell) for line in cells)}
    return PageTable(list(columns), cells, texts, caption)


def interval(row, name, *, scale=1.0, form=".3f", ends=None):
    """
    Write a figure with its interval.

    Parameters
    ----------
    row : mapping
        A row.
    name : str
        Its column.
    scale : float, default 1
        Factor: 100 for percent.
    form : str, default ".3f"
        How numbers are written.
    ends : tuple of str, optional
        The columns of both ends; by default the name, and ``_low`` and ``_high``.

    Returns
    -------
    Cell
        The figure, and the interval where there is one.
    """
    columns = (name, *(ends or (f"{name}_low", f"{name}_high")))
    value, low, high = (scale * float(row[column]) for column in columns)
    if not np.isfinite(value):
        return Cell(_DASH)
    return Cell(f"{value:{form}}", _from_to(low, high, form))


def ends(row, name, *, scale=1.0, form=".3f"):
    """
    Write an interval only.

    Parameters
    ----------
    row : mapping
        A row.
    name : str
        What its columns are called before ``_low`` and ``_high``.
    scale : float, default 1
        Factor: 100 for percent.
    form : str, default ".3f"
        How numbers are written.

    Returns
    -------
    Cell
        The interval, or a dash.
    """
    written = _from_to(*(scale * float(row[f"{name}{end}"]) for end in ("_low", "_high")), form)
    return Cell("", written) if written else Cell(_DASH)


def _from_to(low, high, form):
    return f"{low:{form}} to {high:{form}}" if np.isfinite([low, high]).all() else ""


def number(value, form):
    """
    Write a number.

    Parameters
    ----------
    value : float
        The number.
    form : str
        How.

    Returns
    -------
    Cell
        A dash where it is not finite.
    """
    return Cell(f"{value:{form}}" if np.isfinite(value) else _DASH)


class Figures:
    """
    Figures of a page, embedded in it and saved beside it.

    Parameters
    ----------
    folder : path-like
        Where ``NAME.png`` and ``NAME.pdf`` go.
    """

    def __init__(self, folder):
        self._folder = Path(folder)
        self._folder.mkdir(parents=True, exist_ok=True)

    def embed(self, figure, name, *, alternative, caption, picture=False):
        """
        Save a figure, and give it as a part of the page.

        Parameters
        ----------
        figure : matplotlib.figure.Figure
            It is closed.
        name : str
            Of its files.
        alternative : str
            Alternative text.
        caption : str
            Under it.
        picture : bool, default False
            Embed it as pixels, not lines: it holds pictures.

        Returns
        -------
        PageFigure
            The part.
        """
        import matplotlib as mpl

        kind, mime = ("jpeg", "image/jpeg") if picture else ("svg", "image/svg+xml")
        embedded = io.BytesIO()
        options = {"pil_kwargs": {"quality": 85}} if picture else {"metadata": {"Date": None}}
        with mpl.rc_context({"svg.hashsalt": "astroclassify", "svg.fonttype": "path"}):
            for suffix, metadata in (("png", None), ("pdf", {"CreationDate": None})):
                with atomic_path(self._folder / f"{name}.{suffix}") as path:
                    figure.savefig(path, dpi=150, metadata=metadata)
            figure.savefig(embedded, format=kind, dpi=120, **options)
        pyplot().close(figure)
        data = base64.b64encode(embedded.getvalue()).decode()
        return PageFigure(mime, data, alternative=alternative, caption=caption)
