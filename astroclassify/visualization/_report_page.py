"""Pieces of a web page that needs nothing but itself: tables, figures, headings."""

import base64
import io
from html import escape
from pathlib import Path

import numpy as np

from astroclassify.core import atomic_path
from astroclassify.visualization._matplotlib import pyplot

#: A page needs nothing but itself: a browser that keeps this runs no script, and asks nobody for anything.
_POLICY = (
    '<meta http-equiv="Content-Security-Policy" '
    "content=\"default-src 'none'; img-src data:; style-src 'unsafe-inline'\">"
)
_STYLE = """
:root { color-scheme: light; }
body { font: 16px/1.5 system-ui, sans-serif; color: #1b2733; background: #fff;
       max-width: 68rem; margin: 0 auto; padding: 1rem 1.5rem 4rem; }
h1 { font-size: 1.7rem; line-height: 1.2; margin-bottom: .3rem; }
h2 { font-size: 1.25rem; margin: 2.6rem 0 .4rem; border-bottom: 2px solid #0072b2; }
h3 { font-size: 1.05rem; margin: 1.6rem 0 .3rem; }
p { max-width: 46rem; }
nav ul { columns: 2; padding-left: 1.2rem; }
a { color: #005a8f; }
figure { margin: 1rem 0; }
figure img { max-width: 100%; height: auto; }
figcaption, caption { color: #44505c; font-size: .9rem; text-align: left; max-width: 46rem;
                      padding: .3rem 0; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: .86rem; font-variant-numeric: tabular-nums; }
th, td { padding: .25rem .7rem .25rem 0; border-bottom: 1px solid #d5dbe1; text-align: right;
         vertical-align: top; white-space: nowrap; }
th { font-weight: 600; }
th[scope=row], td.text, th.text { text-align: left; }
td.long { white-space: normal; max-width: 26rem; }
.interval { display: block; color: #5b6772; font-size: .9em; white-space: nowrap; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .15rem 1rem; font-size: .9rem; }
dt { font-weight: 600; } dd { margin: 0; overflow-wrap: anywhere; }
@media print {
  body { font-size: 10pt; max-width: none; padding: 0; }
  nav { display: none; }
  h2, h3, figcaption, caption { break-after: avoid; }
  figure, tr { break-inside: avoid; }
  .wide { overflow: visible; }
  table { font-size: 7.5pt; } th, td { white-space: normal; padding-right: .4rem; }
}
"""


def page(title, parts):
    """
    Put a page together.

    Parameters
    ----------
    title : str
        Its title.
    parts : sequence of str
        The body, as HTML.

    Returns
    -------
    str
        The page.
    """
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f"{_POLICY}\n"
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<main>\n"
        + "\n".join(parts)
        + "\n</main>\n</body>\n</html>\n"
    )


def section(anchor, title, *parts):
    """
    Make a section.

    Parameters
    ----------
    anchor : str
        What links point to.
    title : str
        Its heading.
    *parts : str
        HTML.

    Returns
    -------
    str
        HTML.
    """
    inside = "\n".join(part for part in parts if part)
    return f'<section id="{anchor}">\n<h2>{escape(title)}</h2>\n{inside}\n</section>'


def paragraph(text):
    """
    Make a paragraph.

    Parameters
    ----------
    text : str
        Plain text.

    Returns
    -------
    str
        HTML.
    """
    return f"<p>{escape(text)}</p>"


def definitions(pairs):
    """
    Make a list of names and what they are.

    Parameters
    ----------
    pairs : sequence of tuple of str
        Plain text.

    Returns
    -------
    str
        HTML.
    """
    inside = "".join(f"<dt>{escape(name)}</dt><dd>{escape(str(value))}</dd>\n" for name, value in pairs)
    return f"<dl>\n{inside}</dl>"


def html_table(rows, columns, *, caption):
    """
    Make a table.

    Parameters
    ----------
    rows : sequence of mapping
        Its rows; `~astropy.table.Row` will do.
    columns : mapping of str to callable
        Of each column the heading, and ``f(row)``, which gives its cell: text, or HTML as `interval` does.
        The first heads the row.
    caption : str
        Caption of the table.

    Returns
    -------
    str
        HTML; empty where there are no rows.
    """
    if not len(rows):
        return ""
    cells = [[cell(row) for cell in columns.values()] for row in rows]
    kinds = [
        ' class="text"' if any(type(line[index]) is str for line in cells) else ""
        for index in range(len(columns))
    ]
    head = "".join(
        f'<th scope="col"{kind}>{escape(name)}</th>' for name, kind in zip(columns, kinds, strict=True)
    )
    body = "\n".join(f"<tr>{_line(line, kinds)}</tr>" for line in cells)
    return (
        f'<div class="wide">\n<table>\n<caption>{escape(caption)}</caption>\n'
        f"<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody>\n</table>\n</div>"
    )


def _line(cells, kinds):
    first = f'<th scope="row">{_cell(cells[0])}</th>'
    return first + "".join(
        f"<td{kind}>{_cell(cell)}</td>" for cell, kind in zip(cells[1:], kinds[1:], strict=True)
    )


class Html(str):
    """Text that is HTML already."""

    __slots__ = ()


def _cell(cell):
    return cell if isinstance(cell, Html) else escape(str(cell))


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
    Html
        The figure, and below it the interval where there is one.
    """
    columns = (name, *(ends or (f"{name}_low", f"{name}_high")))
    value, low, high = (scale * float(row[column]) for column in columns)
    if not np.isfinite(value):
        return Html("&ndash;")
    if not np.isfinite([low, high]).all():
        return Html(f"{value:{form}}")
    return Html(f'{value:{form}} <span class="interval">{low:{form}} to {high:{form}}</span>')


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
    Html
        The interval, or a dash.
    """
    low, high = (scale * float(row[f"{name}{end}"]) for end in ("_low", "_high"))
    if not np.isfinite([low, high]).all():
        return Html("&ndash;")
    return Html(f'<span class="interval">{low:{form}} to {high:{form}}</span>')


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
    Html
        A dash where it is not finite.
    """
    return Html(f"{value:{form}}" if np.isfinite(value) else "&ndash;")


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
        Save a figure, and give it as HTML.

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
        str
            HTML.
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
        return (
            f'<figure>\n<img alt="{escape(alternative)}" src="data:{mime};base64,{data}">\n'
            f"<figcaption>{escape(caption)}</figcaption>\n</figure>"
        )
