"""Web pages: templates that rooms keep among their data, filled by Jinja2."""

from functools import cache

from astroclassify.core._files import atomic_path


def write_page(path, room, template, **values):
    """
    Write a web page.

    Every text is escaped, in HTML as it is; a template writes data for a script with ``| tojson``.

    Parameters
    ----------
    path : path-like
        The file, as for `atomic_path`.
    room : str
        The package with the template in its folder ``data``, for example ``"astroclassify.curation"``.
    template : str
        Name of the template.
    **values
        What the template names. Long lists may be generators: the page is written piece by piece.

    Examples
    --------
    >>> from astroclassify.core import write_page
    >>> page = getfixture("tmp_path") / "page.html"
    >>> values = {"title": "M31 & M33", "summary": "", "sections": []}
    >>> write_page(page, "astroclassify.visualization", "evaluation.html", **values)
    >>> "<title>M31 &amp; M33</title>" in page.read_text(encoding="utf-8")
    True
    """
    pieces = _environment(room).get_template(template).generate(**values)
    with (
        atomic_path(path) as unfinished,
        unfinished.open("w", encoding="utf-8", errors="backslashreplace") as page,
    ):
        page.writelines(pieces)


@cache
def _environment(room):
    import jinja2  # only who writes a page waits for it

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader(room, "data"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
        trim_blocks=True,
    )
    # Columns keep their order; NaN is no JSON, and a browser would refuse the whole page.
    environment.policies["json.dumps_kwargs"] = {"sort_keys": False, "allow_nan": False}
    return environment
