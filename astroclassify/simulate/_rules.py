"""What parameters of the simulator may be, beside the rules of `astroclassify.core`."""

from functools import partial

import numpy as np
from astropy import units as u

from astroclassify.core import ParameterError, rules
from astroclassify.instruments import INSTRUMENTS, Instrument
from astroclassify.photometry import as_bandpass

#: A camera: its registry name, or its description.
CAMERA = rules.either(rules.text, rules.instance(Instrument))
#: What `Body` and `PictureBody` have, and any other that stands in for them.
BODY = rules.having("a body, as of random_body or from_image", "angular_radius", "scene", "described")
#: A start of exposure, MJD; a length on the sky; a number without a unit, zero or more; any number.
DATE = rules.quantity(u.day, 0, 200_000)
ARCSEC = rules.quantity(u.arcsec, 0)
STRENGTH = rules.quantity(u.dimensionless_unscaled, 0)
NUMBER = rules.number
SECONDS = rules.quantity(u.s, 0)
#: Stars or galaxies relative to what is usual there.
DENSITY = rules.quantity(u.dimensionless_unscaled, 0, 1000)
RADIANS = rules.quantity(u.rad)
#: How many exposures a set has.
EXPOSURES = rules.whole(1, 10_000_000)
#: Rows and columns of a frame that holds a body, stars and cosmic rays.
FRAME_SHAPE = partial(rules.shape, least=8)


def known_camera(name, value):
    """
    Ask for a camera that is described or registered, where a misspelt name would go unnoticed.

    Parameters
    ----------
    name : str
        The parameter's name.
    value : object
        What it was given.

    Returns
    -------
    str or Instrument
        The camera, as it was given.
    """
    found = CAMERA(name, value)
    if isinstance(found, str):
        INSTRUMENTS[found]  # raises with the names there are
    return found


def device(name, value):
    """
    Ask for a device of torch.

    Parameters
    ----------
    name : str
        The parameter's name.
    value : object
        What it was given.

    Returns
    -------
    str or torch.device
        The device.
    """
    import torch  # only here: what can be drawn is told without it

    try:
        # Of a device that is not there, or that this torch was not built for, only a tensor on it tells.
        if torch.zeros(1, device=torch.device(value)).is_meta:
            raise RuntimeError("it holds no numbers")
    except (RuntimeError, TypeError, ValueError, AssertionError) as error:
        reason = str(error).partition("\n")[0]
        raise rules.wrong(name, value, f"a device of torch that is here, as 'cpu' ({reason})") from error
    return value


def band(name, value):
    """
    Ask for a filter.

    Parameters
    ----------
    name : str
        The parameter's name.
    value : object
        What it was given.

    Returns
    -------
    str or Bandpass
        A filter's name, or the throughput of another.
    """
    if isinstance(value, str):
        return value
    try:
        return as_bandpass(value)
    except (AttributeError, TypeError, ValueError) as error:  # also ParameterError
        raise rules.wrong(name, value, f"a filter's name, or a throughput ({error})") from error


def tensor(name, value):
    """
    Ask for a map.

    Parameters
    ----------
    name : str
        The parameter's name.
    value : object
        What it was given.

    Returns
    -------
    torch.Tensor
        Of two axes.
    """
    import torch

    if not isinstance(value, torch.Tensor):
        raise rules.wrong(name, value, "a torch.Tensor")
    if value.ndim != 2:
        raise ParameterError(f"{name} has {value.ndim} axes; expected 2, rows and columns of one chip")
    return value


def image(name, value):
    """
    Ask for an image of real, finite numbers.

    Parameters
    ----------
    name : str
        The parameter's name.
    value : object
        What it was given.

    Returns
    -------
    numpy.ndarray
        ``[y, x]``.
    """
    found = value.value if getattr(value, "unit", None) == u.dimensionless_unscaled else value
    found = None if hasattr(found, "unit") else np.asarray(found)
    if found is None or found.dtype.kind not in "buif" or found.ndim != 2:
        raise rules.wrong(name, value, "an image of real numbers with 2 axes")
    if min(found.shape) < 2:
        raise ParameterError(
            f"{name} has {found.shape[0]} x {found.shape[1]} pixels; expected 2 or more a side"
        )
    if missing := found.size - int(np.isfinite(found).sum()):
        raise ParameterError(
            f"{name} has {missing} pixels that are not finite; expected none: fill them, or crop the image"
        )
    return found


def pointing(name, value):
    """
    Ask for where a telescope points.

    Parameters
    ----------
    name : str
        The parameter's name.
    value : object
        What it was given.

    Returns
    -------
    tuple of float
        RA, Dec and position angle, degrees.
    """
    found = rules.numbers(u.deg, 3)(name, value)
    rules.quantity(u.deg, -90, 90)(f"{name}[1], the declination,", found[1])
    return found


def sky(name, value):
    """
    Ask for the light of the sky.

    Parameters
    ----------
    name : str
        The parameter's name.
    value : object
        What it was given.

    Returns
    -------
    tuple of float
        Zodiacal light and earthshine, V mag per square arcsecond; `None` for a light that is not there.
    """
    found = rules.several(rules.optional(rules.surface_brightness))(name, value)
    if len(found) != 2:
        raise rules.wrong(name, value, "two surface brightnesses: zodiacal light and earthshine")
    return found
