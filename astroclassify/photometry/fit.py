"""Fitting the shipped tables to published curves: ``astroclassify fit-bands FOLDER...``.

The folders hold published throughput curves (``COLLECTIONS`` in ``_curves`` lists the names) and, if wanted,
spectra: ``Zodi.fits`` and ``earthshine.fits`` of the sky, ``vega.txt`` of Vega. A table is written only for
what is found; bands without a curve keep the row that they have.
"""

import logging
from dataclasses import astuple, replace
from pathlib import Path

import numpy as np
from astropy.io import fits
from astropy.table import Table, unique, vstack
from scipy.optimize import brentq, least_squares

from astroclassify.core import ReadError, progress_bar, write_table
from astroclassify.photometry._bands import AREAS, DATA, SHAPE_COLUMNS, shape_of_row
from astroclassify.photometry._core import ab_flux_density, ab_zero_point, photon_rate, pivot_wavelength
from astroclassify.photometry._curves import published_curves, read_curve
from astroclassify.photometry._shape import BandShape
from astroclassify.photometry._spectra import planck

log = logging.getLogger(__name__)

_SLOPES = 4  # coefficients of the slope
_FIT_POINTS = 1500
_LEAK_STAR = 5000.0  # kelvin; a leak's level is set by the light of such a star
_TEST_STARS = (3500.0, 6000.0, 20000.0)  # kelvin; how well the fit counts them is in the table
_WIDEST_WITH_LEAK = 100.0  # nm; half width
_RESPONSE_KNOTS = np.arange(200.0, 951.0, 25.0)  # nm
# Beyond the last filter with a total curve the response is drawn by hand down to silicon's band gap.
_RESPONSE_TAIL = ((975.0, 0.042), (1000.0, 0.026), (1030.0, 0.011), (1070.0, 0.002), (1100.0, 0.0))
_SKY_KNOTS = np.concatenate(
    [
        [
            190.0,
            205.0,
            215.0,
            230.0,
            245.0,
            260.0,
            270.0,
            280.0,
            290.0,
            300.0,
            315.0,
            330.0,
            350.0,
            370.0,
            385.0,
        ],
        [395.0, 400.0, 410.0, 425.0, 435.0, 445.0, 460.0, 480.0, 500.0, 520.0, 550.0, 600.0, 650.0, 700.0],
        [800.0, 900.0, 1000.0, 1100.0],
    ]
)
_BALMER = (656.28, 486.13, 434.05, 410.17, 397.01)
_VEGA_KNOTS = np.unique(
    np.concatenate(
        [
            np.arange(130.0, 360.0, 10.0),
            [364.0, 367.0, 370.0, 374.0, 378.0, 382.0, 386.0],
            np.arange(440.0, 1121.0, 40.0),
        ]
        + [line + np.array([-9.0, -4.5, -2.0, 0.0, 2.0, 4.5, 9.0]) for line in _BALMER]
    )
)


def knot_values(knots, wavelength, flux):
    """Fit a piecewise linear curve by least squares; give its values at the knots."""
    inside = (wavelength >= knots[0]) & (wavelength <= knots[-1])
    grid = wavelength[inside]
    hats = np.array([np.interp(grid, knots, row) for row in np.eye(len(knots))]).T
    weights = np.sqrt(np.gradient(grid))
    target = flux[inside]
    # Least squares over wavelength, not over samples: each counts with the square root of its spacing. A
    # faint pull to the curve itself keeps a knot defined that no sample lies near.
    pull = 1e-3 * np.eye(len(knots))
    system = np.vstack([hats * weights[:, None], pull])
    right = np.concatenate([target * weights, 1e-3 * np.interp(knots, wavelength, flux)])
    return np.linalg.lstsq(system, right, rcond=None)[0]


def system_response(curves):
    """Divide total by filter curves: what the mirrors and the detector of WFC3/UVIS do to the light."""
    values = [_response_at(knot, curves) for knot in _RESPONSE_KNOTS]
    knots = [
        (float(k), round(float(np.mean(v)), 4)) for k, v in zip(_RESPONSE_KNOTS, values, strict=True) if v
    ]
    return [[190.0, 0.11], *map(list, knots), *map(list, _RESPONSE_TAIL)]


def _response_at(knot, curves):
    ratios = []
    for (instrument, name, kind), (wavelength, total, _) in curves.items():
        if kind != "total" or (instrument, name, "filter") not in curves:
            continue
        # total = mirrors x filter x detector: the ratio is what all filters have in common, and is read off
        # where the filter passes enough to divide by.
        bare = np.interp(wavelength, *curves[instrument, name, "filter"][:2])
        near = (bare > 0.2 * bare.max()) & (np.abs(wavelength - knot) < 6.0)
        if near.sum() > 60:
            ratios.append(np.median(total[near] / bare[near]))
    return ratios


def fit_shape(wavelength, throughput):
    """Fit a `BandShape`, scaled to the zero point of the curve."""
    start = _first_guess(wavelength, throughput)
    shape = _least_squares(start, wavelength, throughput)
    shape = _with_leak(shape, wavelength, throughput)
    for _ in range(2):
        shape = _tilted(shape, wavelength, throughput)
        shape = _scaled(shape, wavelength, throughput)
    return shape


def _first_guess(wavelength, throughput):
    high = wavelength[throughput > 0.5 * throughput.max()]
    centre, half = (high[0] + high[-1]) / 2, max((high[-1] - high[0]) / 2, 0.1)
    width = max(0.1 * half, 0.2)
    slope = (0.0,) * (_SLOPES - 1) + (float(np.log(throughput.max())),)
    return BandShape(centre, half, high[0], width, high[-1], width, slope)


def _least_squares(guess, wavelength, throughput):
    half, peak = guess.half_width, throughput.max()
    margin = 1e4 if half > _WIDEST_WITH_LEAK else 2.5 * half + 2.0
    start = max(guess.blue_edge - margin, wavelength[0])
    grid = np.linspace(start, min(guess.red_edge + margin, wavelength[-1]), _FIT_POINTS)
    target = np.interp(grid, wavelength, throughput)
    edges = [guess.blue_edge, guess.blue_width, guess.red_edge, guess.red_width]
    narrow, wide = 0.002 * half, 2 * half
    lower = [edges[0] - half, narrow, edges[2] - half, narrow] + [-6.0] * (_SLOPES - 1) + [-12.0]
    upper = [edges[0] + half, wide, edges[2] + 2 * half, wide] + [6.0] * (_SLOPES - 1) + [3.0]
    scale = [0.1 * half, edges[1], 0.1 * half, edges[3]] + [0.3] * _SLOPES

    def residual(parameters):
        return (_shape_from(guess, parameters)(grid) - target) / peak

    found = least_squares(
        residual,
        edges + list(guess.slope),
        bounds=(lower, upper),
        x_scale=scale,
        loss="soft_l1",
        f_scale=0.05,
        max_nfev=300,
    )
    return _shape_from(guess, found.x)


def _shape_from(guess, parameters):
    return BandShape(
        guess.centre, guess.half_width, *map(float, parameters[:4]), tuple(map(float, parameters[4:]))
    )


def _with_leak(shape, wavelength, throughput):
    """Add a leak, a power law outside the band, that passes as much flat and red light as the curve."""
    # Two lights fix two numbers of the leak: its level by the light of a red star, its slope by how much more
    # of that than of a flat spectrum gets through.
    margin = [max(2 * width, 0.5 * shape.half_width) for width in (shape.blue_width, shape.red_width)]
    outside = (wavelength < shape.blue_edge - margin[0]) | (wavelength > shape.red_edge + margin[1])
    beyond = np.where(outside, np.maximum(throughput - shape(wavelength), 0.0), 0.0)
    lights = ab_flux_density(wavelength), planck(wavelength, _LEAK_STAR)
    leaked = [photon_rate(wavelength, light, beyond, 1.0) for light in lights]
    whole = [photon_rate(wavelength, light, throughput, 1.0) for light in lights]
    if leaked[1] < 2e-3 * whole[1] or shape.half_width > _WIDEST_WITH_LEAK:
        return shape
    passed = np.concatenate([[0.0], np.cumsum(np.diff(wavelength) * (beyond / wavelength)[1:])])
    start, stop = np.interp([0.01, 0.99], passed / passed[-1], wavelength)
    box = outside & (wavelength >= start) & (wavelength <= stop)

    def passing(slope):
        leak = box * (wavelength / shape.centre) ** slope
        return [photon_rate(wavelength, light, leak, 1.0) for light in lights]

    def contrast(slope):
        flat, red = passing(slope)
        return red / flat - leaked[1] / leaked[0]

    ends = -12.0, 12.0
    slope = brentq(contrast, *ends) if contrast(ends[0]) * contrast(ends[1]) < 0 else 0.0
    level = leaked[1] / passing(slope)[1]
    return replace(shape, leak=level, leak_slope=slope, leak_start=float(start), leak_stop=float(stop))


def _tilted(shape, wavelength, throughput):
    """Tilt a very wide band, whose edges say little about its pivot, so that the pivot is the curve's."""
    if shape.half_width <= _WIDEST_WITH_LEAK:
        return shape
    pivot = pivot_wavelength(wavelength, throughput)

    def tilted(tilt):
        return replace(shape, slope=(*shape.slope[:-2], shape.slope[-2] + tilt, shape.slope[-1]))

    return tilted(brentq(lambda tilt: pivot_wavelength(*tilted(tilt).sampled()) - pivot, -1.0, 1.0))


def _scaled(shape, wavelength, throughput):
    """Scale the part between the edges so that the zero point is the curve's."""
    # The slope is a polynomial of log(throughput): 0.4 log(10) times a magnitude, added to its constant term,
    # changes the zero point by that magnitude.
    missing = ab_zero_point(wavelength, throughput, 1.0) - ab_zero_point(*shape.sampled(), 1.0)
    return replace(shape, slope=(*shape.slope[:-1], shape.slope[-1] + 0.4 * float(np.log(10.0)) * missing))


def residuals(shape, wavelength, throughput):
    """Compare a fitted shape with its curve: zero point, pivot, shape, and the counts of three stars."""
    fitted = shape.sampled()
    stars = [_star_zero_point(*fitted, t) - _star_zero_point(wavelength, throughput, t) for t in _TEST_STARS]
    near = np.abs(wavelength - shape.centre) < 2 * shape.half_width
    rms = np.sqrt(np.mean((shape(wavelength) - throughput)[near] ** 2)) / throughput.max()
    pivot = pivot_wavelength(wavelength, throughput)
    return {
        "zp_residual": ab_zero_point(*fitted, 1.0) - ab_zero_point(wavelength, throughput, 1.0),
        "pivot_residual": pivot_wavelength(*fitted) / pivot - 1.0,
        "shape_residual": rms,
        "star_residual": stars[int(np.argmax(np.abs(stars)))],
    }


def _star_zero_point(wavelength, throughput, temperature):
    return 2.5 * np.log10(photon_rate(wavelength, planck(wavelength, temperature), throughput, 1.0))


def fit_bands(curves, *, progress=None):
    """Fit every band that has a curve; give the rows of the table and the response of WFC3/UVIS."""
    response = system_response(curves) if any(kind == "filter" for *_, kind in curves) else None
    rows = []
    total = {key[:2] for key in curves if key[2] == "total"}
    wanted = [key for key in sorted(curves) if key[2] == "total" or key[:2] not in total]
    for key in progress_bar(wanted, progress=progress, description="bands"):
        wavelength, throughput, source = curves[key]
        if key[2] == "filter":
            throughput = throughput * np.interp(wavelength, *np.transpose(response))
        rows.append(_row(key, wavelength, throughput, source))
    return rows, response


def _row(key, wavelength, throughput, source):
    shape = fit_shape(wavelength, throughput)
    numbers = [
        *astuple(shape)[:6],
        *shape.slope,
        shape.leak,
        shape.leak_slope,
        shape.leak_start,
        shape.leak_stop,
    ]
    row = {"instrument": key[0], "band": key[1], "kind": key[2]}
    row |= {name: float(f"{x:.7g}") for name, x in zip(SHAPE_COLUMNS, numbers, strict=True)}
    row["pivot"] = round(pivot_wavelength(wavelength, throughput), 3)
    row["zero_point"] = round(float(ab_zero_point(wavelength, throughput, AREAS[key[0]])), 4)
    found = residuals(shape_of_row(row), wavelength, throughput)
    return row | {name: float(f"{value:.2g}") for name, value in found.items()} | {"source": source}


def write_bands(rows, response, path):
    """Write the table of bands; rows that stand there for other bands are kept."""
    table, meta = Table(rows=rows), {}
    if path.is_file():
        old = Table.read(path, format="ascii.ecsv")
        meta = dict(old.meta)
        old.meta.clear()
        table = unique(vstack([table, old]), keys=["instrument", "band"], keep="first")
    table.sort(["instrument", "band"])
    table.meta = meta | ({"wfc3-uvis response [nm, fraction]": response} if response else {})
    write_table(table, path)


def write_sky(folders, path):
    """Write the sky's spectra per square arcsecond, where the folders have them."""
    columns = {"wavelength": _SKY_KNOTS}
    for column, file_name in (("zodiacal", "Zodi.fits"), ("earthshine", "earthshine.fits")):
        files = [file for folder in folders for file in sorted(Path(folder).rglob(file_name))]
        if not files:
            return
        data = fits.getdata(files[0])
        wavelength, flux = (np.asarray(data[name], float) for name in data.names[:2])
        values = knot_values(columns["wavelength"], wavelength / 10, flux)
        columns[column] = [float(f"{x:.4g}") for x in np.maximum(values, 0.0)]
    write_table(Table(columns), path)


def write_vega(folders, path):
    """Write Vega's spectrum, where a folder has one."""
    files = [file for folder in folders for file in sorted(Path(folder).rglob("vega.txt"))]
    if files:
        values = knot_values(_VEGA_KNOTS, *read_curve(files[0]))
        columns = {"wavelength": np.round(_VEGA_KNOTS, 2), "flux": [float(f"{x:.4g}") for x in values]}
        write_table(Table(columns), path)


def fit_tables(folders, output=DATA):
    """
    Regenerate the shipped tables from folders of published curves.

    Parameters
    ----------
    folders : sequence of path-like
        Where the curves are.
    output : path-like, optional
        Folder for the tables; by default that of the package.

    Raises
    ------
    ReadError
        If no folder holds a curve with a known name, or a curve cannot be read.
    """
    curves, output = published_curves(folders), Path(output)
    if not curves:
        raise ReadError(f"no curve with a known name is in {', '.join(map(str, folders))}")
    write_bands(*fit_bands(curves, progress=True), output / "bands.ecsv")
    write_sky(folders, output / "sky.ecsv")
    write_vega(folders, output / "vega.ecsv")
    log.info("tables written from %d curves", len(curves))
