"""Queries to MAST about HST's exposures, by astroquery: observations, raw files, positions of names."""

import re
import threading
import warnings
from dataclasses import dataclass

import numpy as np
from astropy.coordinates import SkyCoord
from astropy.time import Time

from astroclassify.archive._download import RetryPolicy
from astroclassify.archive._sources import TransferError
from astroclassify.core import ParameterError, ReadError, optional_import

_OBSERVATIONS_AT_A_TIME = 200  # in one question for products; longer ones time out
_PUBLIC = {
    "obs_collection": "HST",
    "project": "HST",
    "intentType": "science",
    "dataproduct_type": "image",
    "dataRights": "PUBLIC",
}
#: Where the archive's target categories put a body; of all others nothing is proposed.
_CATEGORIES = {"GALAXY": "galaxy", "ISM": "nebula", "STELLAR CLUSTER": "star cluster"}
_OTHER_CATEGORIES = frozenset(
    (
        *("SOLAR SYSTEM", "STAR", "EXT-STAR", "EXT-CLUSTER", "CLUSTER OF GALAXIES", "EXT-MEDIUM"),
        *("UNIDENTIFIED", "CALIBRATION"),
    )
)
#: Galaxies of which a frame does not show a part.
_POINTLIKE = frozenset(
    ("QSO", "QUASAR", "BL LAC", "BLAC", "LYMAN ALPHA CLOUD", "PROTOGALAXY", "EINSTEIN RING")
)
_LONG_EXPOSURE = 1e9  # seconds: no upper limit


@dataclass(frozen=True)
class Exposure:
    """
    A public raw file of the archive, and the observation that it is part of.

    Parameters
    ----------
    obsid : str
        Rootname, lower case.
    size : int
        Bytes of the raw file; 0 where the archive does not tell.
    instrument, band : str
        Such as ``"ACS/WFC"`` and ``"F606W"``.
    ra, dec : float
        Of the observation, degrees.
    exptime : float
        Seconds; of an observation of several exposures their mean.
    target, classification : str
        Name and classification by the observers.
    proposal : str
        Number of the programme.
    released : str
        Date since which it is public.
    """

    obsid: str
    size: int
    instrument: str
    band: str
    ra: float
    dec: float
    exptime: float
    target: str
    classification: str
    proposal: str
    released: str


def proposed_class(classification):
    """
    Say what the archive's classification of a target makes of its body.

    Parameters
    ----------
    classification : str
        Of the observation, such as ``"GALAXY;SPIRAL"``: categories of HST's proposals and descriptions.

    Returns
    -------
    str
        ``"galaxy"``, ``"nebula"`` or ``"star cluster"`` by the first category, or ``""`` where it is
        another (a star, a cluster in another galaxy, a cluster of galaxies, ...) or a point-like galaxy.
    """
    words = [word.strip().upper() for word in re.split("[;,]", classification)]
    category = next((word for word in words if word in _CATEGORIES or word in _OTHER_CATEGORIES), "")
    return "" if _POINTLIKE & set(words) else _CATEGORIES.get(category, "")


def category_of(body_class):
    """Give the archive's category for a class of bodies (str)."""
    return next(category for category, its_class in _CATEGORIES.items() if its_class == body_class)


class Mast:
    """
    The archive; a query that fails is tried again.

    Parameters
    ----------
    retries : int
        Further attempts for each question.
    backoff : float
        Seconds before the first of them.
    """

    def __init__(self, *, retries, backoff):
        mast = optional_import("astroquery.mast", needed_for="asking MAST", extra="mast")
        self._observations = mast.Observations
        self._exceptions = optional_import("astroquery.exceptions", needed_for="asking MAST", extra="mast")
        requests = optional_import("requests", needed_for="asking MAST", extra="mast")
        self._passing = (
            requests.RequestException,
            self._exceptions.RemoteServiceError,
            self._exceptions.TimeoutError,
            TimeoutError,
        )
        self._retry = RetryPolicy(retries, backoff, threading.Event())

    def position(self, name):
        """
        Ask where a name is.

        Parameters
        ----------
        name : str
            Any that NED or SIMBAD knows.

        Returns
        -------
        ra, dec : float
            Degrees.

        Raises
        ------
        ParameterError
            If nobody knows the name.
        ReadError
            If the archive does not answer.
        """
        try:
            found = self._asked(self._observations.resolve_object, name)
        except self._exceptions.ResolverError as error:
            raise ParameterError(
                f"nobody knows a body {name!r}: neither the table of known bodies nor MAST ({error})"
            ) from error
        return found.icrs.ra.deg, found.icrs.dec.deg

    def around(self, ra, dec, radius, *, instruments):
        """
        List the observations around a position.

        Parameters
        ----------
        ra, dec, radius : float
            Degrees.
        instruments : sequence of str
            As the archive calls them.

        Returns
        -------
        list of dict
            One for each, by the archive's names.
        """
        middle = SkyCoord(ra, dec, unit="deg")
        return self._found(instrument_name=list(instruments), coordinates=middle, radius=radius)

    def of_class(self, body_class, *, instruments, filters, exptime):
        """
        List the observations of all targets of a class.

        Parameters
        ----------
        body_class : str
            ``"galaxy"``, ``"nebula"`` or ``"star cluster"``.
        instruments, filters : sequence of str
            As the archive calls them; no filter for all.
        exptime : tuple of float
            Seconds; only the lower limit holds for an observation of several exposures.

        Returns
        -------
        list of dict
            One for each, by the archive's names.
        """
        criteria = {"filters": list(filters)} if filters else {}
        criteria["t_exptime"] = [exptime[0], _LONG_EXPOSURE]
        category = f"*{category_of(body_class)}*"
        return self._found(instrument_name=list(instruments), target_classification=category, **criteria)

    def _found(self, **criteria):
        table = self._asked(self._observations.query_criteria, **_PUBLIC, **criteria)
        now = Time.now().mjd
        return [row for row in _rows(table) if not row["t_obs_release"] > now]

    def exposures(self, observations):
        """
        List the raw files of observations.

        Parameters
        ----------
        observations : list of dict
            As `around` and `of_class` give them.

        Returns
        -------
        list of Exposure
            Each once, by rootname.
        """
        by_number = {str(row["obsid"]): row for row in observations}
        numbers = list(by_number)
        raws = []
        for start in range(0, len(numbers), _OBSERVATIONS_AT_A_TIME):
            batch = numbers[start : start + _OBSERVATIONS_AT_A_TIME]
            products = _rows(self._asked(self._observations.get_product_list, batch))
            raws += [product for product in products if _is_public_raw(product)]
        exposures = {}
        # An exposure by itself, if it is listed, tells its time better than the association it is part of
        for number, own in sorted(_by_observation(raws).items(), key=lambda item: -len(item[1])):
            for product in own:
                made = _exposure(by_number[number], product, len(own))
                exposures[made.obsid] = made
        return [exposures[obsid] for obsid in sorted(exposures)]

    def _asked(self, call, *arguments, **options):
        """Query with retries; an empty answer makes no warning."""

        def attempt():
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore", self._exceptions.NoResultsWarning)
                    return call(*arguments, **options)
            except self._exceptions.ResolverError:
                raise
            except self._exceptions.InvalidQueryError as error:
                raise TransferError(str(error), passing=False) from error
            except self._passing as error:
                raise TransferError(f"{type(error).__name__}: {error}") from error

        try:
            return self._retry.call(attempt)
        except TransferError as error:
            raise ReadError(f"MAST cannot be asked ({error}); try again later") from error


def _rows(table):
    """Rows of a table of the archive as dicts; what is masked is empty text or NaN."""
    names = table.colnames
    columns = []
    for name in names:
        column = table[name]
        fill = "" if column.dtype.kind in "UO" else np.nan
        mask = np.broadcast_to(getattr(column, "mask", False), len(column))
        columns.append(
            [fill if hidden else value for value, hidden in zip(column.tolist(), mask, strict=True)]
        )
    return [dict(zip(names, values, strict=True)) for values in zip(*columns, strict=True)]


def _is_public_raw(product):
    public = str(product.get("dataRights") or "PUBLIC").upper() == "PUBLIC"
    return public and str(product["productFilename"]).lower().endswith("_raw.fits")


def _by_observation(products):
    grouped = {}
    for product in products:
        number = product.get("parent_obsid") or product["obsID"]
        grouped.setdefault(str(number), {})[product["productFilename"].lower()] = product
    return {number: list(own.values()) for number, own in grouped.items()}


def _exposure(observation, product, exposures):
    released = observation["t_obs_release"]
    return Exposure(
        obsid=product["productFilename"].lower().removesuffix("_raw.fits"),
        size=int(product["size"]) if np.isfinite(product["size"]) else 0,
        instrument=observation["instrument_name"],
        band=band_of(observation["filters"]),
        ra=float(observation["s_ra"]),
        dec=float(observation["s_dec"]),
        exptime=float(observation["t_exptime"]) / exposures,
        target=observation["target_name"],
        classification=observation["target_classification"],
        proposal=str(observation["proposal_id"]),
        released=Time(released, format="mjd").iso[:10] if np.isfinite(released) else "",
    )


def band_of(filters):
    """
    Give the band of an observation.

    Parameters
    ----------
    filters : str
        The archive's names of the elements in the light, such as ``"F606W;CLEAR2L"``.

    Returns
    -------
    str
        The one that is a filter; with a polariser, a grism or two filters all of them, joined by ``;``.
    """
    elements = [name.strip().upper() for name in str(filters).split(";")]
    return ";".join(name for name in elements if name and not name.startswith("CLEAR"))
