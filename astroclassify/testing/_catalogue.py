"""The contract of a catalogue of bodies, rule by rule."""

import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord

from astroclassify.identify import CATALOGUES, Catalogue, CatalogueSource, identify
from astroclassify.testing._errors import Findings

_NO_BODY = "no body has this name, we hope"


def check_catalogue(catalogue, *, position, radius=1.0 * u.deg):
    """
    Check that a catalogue keeps the contract of the registry.

    Parameters
    ----------
    catalogue : CatalogueSource or str
        The catalogue, or its registered name.
    position : astropy.coordinates.SkyCoord
        A position where it has a body.
    radius : astropy.units.Quantity, default 1 degree
        Of the circle about the position that it is asked for.

    Raises
    ------
    ContractError
        If rules are broken; it lists all that were found. The rules: it is a
        `~astroclassify.identify.CatalogueSource`; ``around`` gives a `~astroclassify.identify.Catalogue`, the
        same each time, which has a body within the circle; the bodies within half of the circle are among
        those of the whole; the body nearest to the position is found by its name, there; a name that no
        body has gives None; and `~astroclassify.identify.identify` works with it.
    UnknownNameError
        If no catalogue has the name.

    Examples
    --------
    >>> from astropy.coordinates import SkyCoord
    >>> from astroclassify.testing import check_catalogue
    >>> check_catalogue("builtin", position=SkyCoord(202.47, 47.2, unit="deg"))
    """
    source = CATALOGUES[catalogue] if isinstance(catalogue, str) else catalogue
    findings = Findings(f"the catalogue {catalogue!r}")
    kind = type(source).__name__
    if findings.expect(isinstance(source, CatalogueSource), f"it is a {kind}; expected a CatalogueSource"):
        whole, again, half = (
            findings.attempt("around()", source.around, position, size)
            for size in (radius, radius, radius / 2)
        )
        found = f"around() gives a {type(whole).__name__}; expected a Catalogue"
        if findings.expect(isinstance(whole, Catalogue), found):
            _check_bodies(source, whole, again, half, position, radius, findings)
        field = SkyCoord(position.icrs)
        findings.attempt("identify()", lambda: identify(field, radius=radius, catalogue=source))
    findings.report()


def _check_bodies(source, whole, again, half, position, radius, findings):
    names = set(whole.table["name"])
    same = again is not None and names == set(again.table["name"])
    findings.expect(same, "around() does not give the same bodies each time")
    if half is not None:
        inside = half.table["position"].separation(position) < radius / 2
        missing = sorted(set(half.table["name"][inside]) - names)
        findings.expect(not missing, f"a circle twice as large lacks {missing[:3]}")
    away = whole.table["position"].separation(position)
    if findings.expect(bool((away < radius).any()), "around() gives no body within the circle"):
        nearest = int(np.argmin(away))
        _check_name(source, whole.table[nearest], findings)


def _check_name(source, row, findings):
    name, found = str(row["name"]), findings.attempt("resolve()", source.resolve, str(row["name"]))
    there = found is not None and found.separation(row["position"]) < 1 * u.arcmin
    findings.expect(
        there, f"resolve({name!r}) gives {found}; around() has it at {row['position'].to_string()}"
    )
    unknown = findings.attempt("resolve() of an unknown name", source.resolve, _NO_BODY)
    findings.expect(unknown is None, f"resolve({_NO_BODY!r}) gives {unknown}; expected None")
