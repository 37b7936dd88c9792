"""Random streams: numpy for single numbers and catalogues, torch for maps on a device."""

import numpy as np
import torch

from astroclassify.core import ParameterError, checked, rules
from astroclassify.simulate._rules import device

#: Largest expected count: sums over a chip are exact in double precision.
_MOST = 1e14


@checked(rng=rules.randomness, device=device)
class RandomStreams:
    """
    Draw numbers, catalogues and maps from one seed.

    Single numbers and catalogues come from ``rng``, a numpy Generator; maps come from a torch
    generator on the device, whose seed is drawn from ``rng`` when the first map is asked for. The
    same seed gives the same bits on the same kind of device.

    Parameters
    ----------
    rng : numpy.random.Generator, int, sequence of int or None
        Generator or seed.
    device : str or torch.device, default "cpu"
        Where maps are made.

    Examples
    --------
    >>> from astroclassify.simulate import RandomStreams
    >>> streams = RandomStreams(7)
    >>> streams.normal((2, 3)).shape
    torch.Size([2, 3])
    """

    def __init__(self, rng=None, *, device="cpu"):
        self.rng = np.random.default_rng(rng)
        self.device = torch.device(device)
        self._generator = None

    @property
    def generator(self):
        """The torch generator of the maps (torch.Generator)."""
        if self._generator is None:
            self._generator = torch.Generator(self.device)
            self._generator.manual_seed(int(self.rng.integers(2**62)))
        return self._generator

    def log_uniform(self, low, high, size=None):
        """
        Draw numbers whose logarithm is uniform.

        Parameters
        ----------
        low, high : float
            Positive bounds.
        size : int, optional
            How many.

        Returns
        -------
        float or numpy.ndarray
            The draws.
        """
        return np.exp(self.rng.uniform(np.log(low), np.log(high), size))

    def chance(self, probability):
        """
        Draw whether something of a probability happens.

        Parameters
        ----------
        probability : float
            0 to 1.

        Returns
        -------
        bool
            Whether it happened.
        """
        return bool(self.rng.random() < probability)

    def normal(self, shape):
        """
        Draw a map of unit normal noise.

        Parameters
        ----------
        shape : tuple of int
            Rows and columns.

        Returns
        -------
        torch.Tensor
            float32 on the device.
        """
        return torch.randn(shape, generator=self.generator, device=self.device)

    def uniform(self, shape):
        """
        Draw a map of uniform numbers.

        Parameters
        ----------
        shape : tuple of int
            Rows and columns.

        Returns
        -------
        torch.Tensor
            float32 in [0, 1) on the device.
        """
        return torch.rand(shape, generator=self.generator, device=self.device)

    def poisson(self, expected):
        """
        Draw Poisson counts.

        Parameters
        ----------
        expected : torch.Tensor
            Expected counts, zero or more, on the device.

        Returns
        -------
        torch.Tensor
            Counts, of the same shape and type.

        Raises
        ------
        ParameterError
            If an expectation is negative, not finite, or above 1e14.
        """
        low, high = torch.aminmax(expected)
        if not (low >= 0 and high <= _MOST):
            raise ParameterError(
                f"expected counts range from {float(low):g} to {float(high):g}; they must be from 0 to "
                f"{_MOST:g}: is the light, or an effect of the detector, as bright as that?"
            )
        return torch.poisson(expected, generator=self.generator)

    def spawn(self, number):
        """
        Make independent random streams, for work that runs side by side.

        Parameters
        ----------
        number : int
            How many.

        Returns
        -------
        list of RandomStreams
            On the same device.
        """
        return [RandomStreams(child, device=self.device) for child in self.rng.spawn(number)]
