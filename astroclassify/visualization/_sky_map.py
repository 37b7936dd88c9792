"""The map of where frames lie on the sky, as a drawing (SVG) in a page."""

import math
from html import escape

import numpy as np

_WIDTH, _HEIGHT = 640, 320
#: Frames within so many degrees of their middle are drawn as outlines, others as dots on the whole sky.
_NEAR = 15.0
_MOST_MARKS = 5000


def sky_map(rows):
    """
    Draw where frames lie.

    Parameters
    ----------
    rows : list of dict
        ``position`` (right ascension and declination in degrees, and an outline), ``kind`` and ``name``.

    Returns
    -------
    svg, caption : str
        The drawing, in which each mark has the class of its kind and the number of its row; both are empty
        where no frame has a position.
    """
    located = [(i, row) for i, row in enumerate(rows) if None not in row["position"][:2]]
    located = located[:_MOST_MARKS]
    if not located:
        return "", ""
    vectors = _vectors(np.array([row["position"][:2] for _, row in located], float))
    middle = vectors.mean(axis=0)
    middle /= np.linalg.norm(middle) or 1
    farthest = math.degrees(math.acos(np.clip((vectors @ middle).min(), -1, 1)))
    if farthest <= _NEAR:
        return _near_map(located, middle), "Outlines of the frames; north is up, east is left. Click one."
    return _whole_sky(
        located
    ), "Where the frames lie (Hammer's projection, right ascension grows to the left)."


def _vectors(degrees):
    ra, dec = np.radians(degrees).T
    return np.stack([np.cos(dec) * np.cos(ra), np.cos(dec) * np.sin(ra), np.sin(dec)], axis=1)


# The whole sky ---------------------------------------------------------------------------------


def _hammer(ra, dec):
    """Project degrees to the drawing: an equal-area map of the whole sky in an ellipse of 2:1."""
    longitude, latitude = np.radians((np.asarray(ra) + 180) % 360 - 180), np.radians(dec)
    scale = 1 / np.sqrt(1 + np.cos(latitude) * np.cos(longitude / 2))
    x, y = 2 * np.cos(latitude) * np.sin(longitude / 2) * scale, np.sin(latitude) * scale
    return _WIDTH / 2 - x * (_WIDTH / 4 - 2), _HEIGHT / 2 - y * (_HEIGHT / 2 - 2)


def _whole_sky(located):
    ra, dec = np.array([row["position"][:2] for _, row in located], float).T
    xs, ys = _hammer(ra, dec)
    marks = [
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" {_mark_attributes(i, row)}' + _titled("circle", row)
        for (i, row), x, y in zip(located, xs, ys, strict=True)
    ]
    x, y = _WIDTH / 2, _HEIGHT / 2
    rim = f'<ellipse class="rim" cx="{x}" cy="{y}" rx="{x - 4}" ry="{y - 2}"/>'
    return _drawing([rim, *_graticule(), *marks])


def _graticule():
    line = np.linspace(-89.9, 89.9, 61)
    for ra in range(-150, 180, 30):
        yield _path(*_hammer(np.full(61, ra), line))
    across = np.linspace(-179.9, 179.9, 121)
    for dec in (-60, -30, 0, 30, 60):
        yield _path(*_hammer(across, np.full(121, dec)))
    for hours in (6, 12 - 0.01, 18):
        x, y = _hammer(hours * 15, 0)
        yield f'<text x="{float(x) + 2:.0f}" y="{float(y) - 3:.0f}">{round(hours)}h</text>'


def _path(xs, ys):
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in zip(xs, ys, strict=True))
    return f'<polyline class="grid" points="{points}"/>'


# A small field ---------------------------------------------------------------------------------


def _near_map(located, middle):
    """Draw outlines on the plane that touches the sky in the middle of them."""
    east = np.cross([0, 0, 1], middle)
    east /= np.linalg.norm(east) or 1
    north = np.cross(middle, east)
    outlines = [_on_plane(_corners(row), middle, east, north) for _, row in located]
    everywhere = np.concatenate(outlines)
    low, high = everywhere.min(axis=0), everywhere.max(axis=0)
    scale = 0.9 / max((high[0] - low[0]) / _WIDTH, (high[1] - low[1]) / _HEIGHT, 1e-9)
    centre = (low + high) / 2
    frame = f'<rect class="rim" width="{_WIDTH}" height="{_HEIGHT}"/>'
    return _drawing(
        [
            frame,
            *(
                _outline(i, row, points, centre, scale)
                for (i, row), points in zip(located, outlines, strict=True)
            ),
        ]
    )


def _corners(row):
    ra, dec, region = row["position"]
    numbers = [float(word) for word in region.split()[2:]] if region.startswith("POLYGON ICRS ") else []
    return np.array(numbers or [ra, dec], float).reshape(-1, 2)


def _on_plane(corners, middle, east, north):
    vectors = _vectors(corners)
    return np.stack([-(vectors @ east), -(vectors @ north)], axis=1) / (vectors @ middle)[:, None]


def _outline(i, row, points, centre, scale):
    corners_on_map = (points - centre) * scale + [_WIDTH / 2, _HEIGHT / 2]
    if len(corners_on_map) < 3 or np.ptp(corners_on_map, axis=0).max() < 3:
        x, y = corners_on_map.mean(axis=0)
        return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" {_mark_attributes(i, row)}' + _titled("circle", row)
    corners = " ".join(f"{x:.1f},{y:.1f}" for x, y in corners_on_map)
    return f'<polygon points="{corners}" {_mark_attributes(i, row)}' + _titled("polygon", row)


def _mark_attributes(i, row):
    return f'class="mark {escape(row["kind"])}" data-row="{i}" tabindex="0" role="button">'


def _titled(tag, row):
    return f"<title>{escape(row['name'])}: {escape(row['kind'])}</title></{tag}>"


def _drawing(parts):
    said = f"Map of the sky with {len(parts)} marks"
    return (
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="group" aria-label="{said}">' + "".join(parts) + "</svg>"
    )
