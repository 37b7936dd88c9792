"""Resampling to coarser pixels by area: light, noise, header and WCS."""

import re

import numpy as np
from astropy.wcs import DistortionLookupTable, Sip

from astroclassify.preprocess import overlaps

_PIXEL_CARD = re.compile(r"CRPIX[12][A-Z]?|LTV[12]")
_STEP_CARD = re.compile(r"CD[12]_[12][A-Z]?|CDELT[12][A-Z]?")
_SIP_CARD = re.compile(r"[AB]P?_(\d)_(\d)")


def shares(size, ratio):
    """
    Give the area that old and new pixels share along one axis.

    Parameters
    ----------
    size : int
        Number of old pixels.
    ratio : float
        Old pixels for each new one, 1 or more.

    Returns
    -------
    scipy.sparse.csr_array
        ``[new, old]``, float32, shares of old pixels. Every row sums to the ratio: a last pixel that would be
        covered in part is left out.
    """
    # The 1e-6: a ratio such as 0.1 / 0.05 may come out just above the whole number that it is.
    new = int(size / ratio + 1e-6)
    return overlaps(np.arange(size + 1.0), np.minimum(np.arange(new + 1) * ratio, size))


class Grid:
    """
    A grid of coarser pixels over an image.

    Parameters
    ----------
    shape : tuple of int
        Rows and columns of the image.
    ratio : float
        Old pixels for each new one along an axis, more than 1; it need not be whole.
    """

    def __init__(self, shape, ratio):
        self.ratio = ratio
        self._y, self._x = (shares(size, ratio) for size in shape)
        self.shape = self._y.shape[0], self._x.shape[0]

    def sum(self, image):
        """Give the light of an image in each new pixel."""
        return _both_axes(self._y, self._x, image)

    def mean(self, image):
        """Give the mean of an image over each new pixel; a number stays what it is."""
        return image if np.ndim(image) == 0 else self.sum(image) / self.ratio**2

    def variance(self, variance):
        """Give the variance of each new pixel from that of independent old ones."""
        return _both_axes(self._y.power(2), self._x.power(2), variance)

    @property
    def squares(self):
        """Variance of the new pixels for old ones of variance 1 (numpy.ndarray, the new shape)."""
        y, x = (np.asarray(a.power(2).sum(axis=1)).ravel() for a in (self._y, self._x))
        return np.outer(y, x).astype(np.float32)

    def correlated(self, texture):
        """
        Tell how much larger the variance is if the old pixels' noise is correlated.

        Parameters
        ----------
        texture : float
            RMS width, pixels, of the Gaussian that made white noise into this noise.

        Returns
        -------
        float
            Factor on `variance`.
        """
        factor = 1.0
        for shares in (self._y, self._x):
            some = shares[: min(64, shares.shape[0])]
            some = some[:, : int(np.ceil(some.shape[0] * self.ratio))].toarray()
            # Variance of a new pixel: w C w', with its shares w of old pixels and their correlations C, over
            # w w', which it is for independent ones. Gaussians factor, so that each axis can be done for
            # itself.
            distance = np.arange(some.shape[1])
            together = np.exp(-np.square(distance[:, None] - distance) / (2 * texture) ** 2)
            factor *= float(np.trace(some @ together @ some.T) / np.square(some).sum())
        return factor

    def exchange(self, rng):
        """
        Draw the noise between neighbours that makes resampled noise white.

        Parameters
        ----------
        rng : numpy.random.Generator
            Source of randomness.

        Returns
        -------
        numpy.ndarray
            Noise of the new shape. Added to the sum of old pixels of white noise of variance 1, it gives
            white noise of variance ``ratio**2``.

        Notes
        -----
        Where an old pixel lies in two new ones, both get their share of its noise, and are correlated. Its
        electrons would have fallen into one or the other by chance: what one gains the other loses.
        """
        (rows, old_columns), columns = (self.shape[0], self._x.shape[1]), self.shape[1]
        along_y = _differences(self._y, self.ratio, rng, old_columns)
        along_x = _differences(self._x, self.ratio, rng, rows)
        noise = np.sqrt(np.float32(self.ratio)) * along_x.T
        return noise + (self._x @ along_y.T).T.reshape(rows, columns)


def _both_axes(y, x, image):
    return np.ascontiguousarray((x @ (y @ image).T).T, dtype=np.float32)


def _differences(shares, ratio, rng, width):
    """Noise of covariance ``ratio - shares @ shares.T`` along the first axis, white along the second."""
    # Only neighbours share old pixels, so that the covariance has three diagonals. Between neighbours i and i
    # + 1 flows a random number of variance (share of the one) * (share of the other): it adds to the one what
    # it takes from the other, makes the covariance 0, and tops the variance up to `ratio`.
    products = (shares @ shares.T).toarray() if shares.shape[0] < 3 else shares @ shares.T
    diagonal, beside = products.diagonal(), products.diagonal(1)
    last = ratio - diagonal[-1] - (beside[-1] if beside.size else 0)
    strength = np.sqrt(np.concatenate([[0], beside, [max(last, 0)]])).astype(np.float32)
    flow = rng.standard_normal((strength.size, width), dtype=np.float32) * strength[:, None]
    return flow[1:] - flow[:-1]


def rescale_header(header, ratio):
    """
    Change the cards that count pixels.

    Parameters
    ----------
    header : fits.Header or dict
        Changed in place: CRPIX, CD, CDELT, SIP, LTV and LTM.
    ratio : float
        Old pixels for each new one.
    """
    for key in list(header):
        if _PIXEL_CARD.fullmatch(key):
            header[key] = _position(header[key], ratio)
        elif _STEP_CARD.fullmatch(key):
            header[key] = header[key] * ratio
        elif match := _SIP_CARD.fullmatch(key):
            header[key] = header[key] * ratio ** (int(match[1]) + int(match[2]) - 1)
    for axis in "12":
        if f"LTV{axis}" in header:
            header[f"LTM{axis}_{axis}"] = header.get(f"LTM{axis}_{axis}", 1.0) / ratio


def rescale_wcs(wcs, ratio):
    """
    Give the WCS of coarser pixels.

    Parameters
    ----------
    wcs : astropy.wcs.WCS
        That of the old ones, whatever its distortions.
    ratio : float
        Old pixels for each new one.

    Returns
    -------
    astropy.wcs.WCS
        A copy.
    """
    # Polynomials of SIP in pixels of the new size: a coefficient of order k in (old pixels)**(1 - k) grows by
    # ratio**(k - 1). Lookup tables hold shifts in pixels, which shrink by the ratio.
    new = wcs.deepcopy()
    new.wcs.crpix = _position(np.array(wcs.wcs.crpix), ratio)
    if wcs.wcs.has_cd():
        new.wcs.cd = wcs.wcs.cd * ratio
    else:
        new.wcs.cdelt = np.array(wcs.wcs.cdelt) * ratio
    if wcs.sip is not None:
        new.sip = _rescaled_sip(wcs.sip, ratio)
    for name in ("cpdis1", "cpdis2", "det2im1", "det2im2"):
        table = getattr(wcs, name)
        if table is not None:
            setattr(new, name, _rescaled_table(table, ratio))
    new.wcs.set()
    return new


def _position(pixel, ratio):
    """The 1-based pixel coordinate on the new grid of one on the old grid; edges coincide at 0.5."""
    return (pixel - 0.5) / ratio + 0.5


def _rescaled_sip(sip, ratio):
    def scaled(matrix):
        if matrix is None:
            return None
        order = np.add.outer(np.arange(matrix.shape[0]), np.arange(matrix.shape[1]))
        return matrix * ratio ** (order - 1.0)

    crpix = _position(np.array(sip.crpix), ratio)
    return Sip(scaled(sip.a), scaled(sip.b), scaled(sip.ap), scaled(sip.bp), crpix)


def _rescaled_table(table, ratio):
    crval = tuple(_position(value, ratio) for value in table.crval)
    cdelt = tuple(step / ratio for step in table.cdelt)
    return DistortionLookupTable(np.array(table.data) / np.float32(ratio), tuple(table.crpix), crval, cdelt)
