"""What the network saw of a frame, where that lies on the frame, and the number that is explained."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from astroclassify.inference import VIEWS, checked_planes, map_on_frame, on_cells, sides_of, views_of
from astroclassify.models import Model
from astroclassify.preprocess import FrameRows, covered_part, frame_array

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, eq=False)
class Seen:
    """
    A frame as the network takes it, and what is explained: the log-odds of the target.

    Parameters
    ----------
    model : Model
        The model.
    frame : `~astropy.nddata.CCDData`, `~astropy.nddata.NDData` or array
        The frame.
    array : numpy.ndarray or FrameRows
        Its pixels ``[y, x]``, NaN where unusable.
    planes : torch.Tensor
        Float32 ``[1, C, h, w]``, on the model's device.
    window : tuple of tuple of float
        What of the frame the planes show: first and last edge of rows, and of columns, in pixels.
    target : {"galaxy", "nsc", "object"}
        What the log-odds are of.
    views : tuple of tuple of int
        The axes that are reversed in each view that logits are averaged over.
    """

    model: Model
    frame: object
    array: object
    planes: "torch.Tensor"
    window: tuple
    target: str
    views: tuple = VIEWS[:1]

    def log_odds(self, planes):
        """
        Give the calibrated log-odds of the target, with gradients.

        Parameters
        ----------
        planes : torch.Tensor
            Float32 ``[N, C, h, w]``.

        Returns
        -------
        torch.Tensor
            ``[N]``, as `target_log_odds` gives them of the mean of the views' logits, as in an answer.
        """
        import torch

        views = [torch.flip(planes, axes) if axes else planes for axes in self.views]
        logits = self.model.logits(views[0] if len(views) == 1 else torch.cat(views))
        mean = logits.reshape(len(views), len(planes), -1).mean(dim=0)
        return target_log_odds(mean, self.model, self.target)

    def many_log_odds(self, many):
        """
        Give the log-odds of many planes, a few at a time and without gradients.

        Parameters
        ----------
        many : iterable of torch.Tensor
            Float32 ``[C, h, w]`` each; they are asked for when they are needed.

        Returns
        -------
        numpy.ndarray
            Float64, one for each.
        """
        import torch

        found, batch = [], []
        for planes in many:
            batch.append(planes)
            if len(batch) == self.at_once:
                found.append(self._without_gradients(torch.stack(batch)))
                batch = []
        if batch:
            found.append(self._without_gradients(torch.stack(batch)))
        return np.concatenate(found)

    def _without_gradients(self, planes):
        # What the planes' gradients are not asked for is not kept; the network is that of the gradients.
        return self.log_odds(planes).detach().double().cpu().numpy()

    @property
    def at_once(self):
        """How many planes pass the network together, so that memory stays bounded (int)."""
        return max(1, _NUMBERS_AT_ONCE // (self.planes.numel() * len(self.views)))

    def map(self, values, *, cells=None, facts=()):
        """
        Put what each place of the planes adds on the frame.

        Parameters
        ----------
        values : numpy.ndarray
            ``[h, w]``, parts of a sum.
        cells : tuple of int, optional
            Rows and columns of the map; by default cells of the planes' own size.
        facts : iterable of tuple
            Keyword, value and comment of cards that say how it was made.

        Returns
        -------
        astropy.nddata.CCDData
            On the frame's WCS; cells beyond what the network saw are 0.
        """
        return finished(on_cells(values, self.window, self.array.shape, cells=cells), self.frame, facts)


#: So many numbers of the planes pass the network together: activations take some 200 bytes for each (int).
_NUMBERS_AT_ONCE = 2**20


def see(model, frame, target, *, flips=None):
    """
    Prepare a frame for an explanation.

    Parameters
    ----------
    model : Model
        The model.
    frame : `~astropy.nddata.CCDData`, `~astropy.nddata.NDData` or array
        As for `astroclassify.classify`.
    target : {"galaxy", "nsc", "object"}
        What is explained.
    flips : bool, optional
        Explain the mean of four views; `None` for what the model's spec says.

    Returns
    -------
    Seen
        The frame's planes and the rest.
    """
    import torch

    array = FrameRows(frame) if model.spec.by_rows else frame_array(frame)
    planes = torch.from_numpy(checked_planes(model.spec, array))[None].to(model.device)
    part = covered_part(array)
    window = model.spec.window(tuple(cut.stop - cut.start for cut in part))
    window = tuple((a + cut.start, b + cut.start) for (a, b), cut in zip(window, part, strict=True))
    views = views_of(model.spec, flips)
    return Seen(model, frame, array, planes, window, target, views)


def finished(values, frame, facts, *, flags=None):
    """Make a map of float32 on the frame, with cards that say how it was made, and numbers of regions."""
    made = map_on_frame(values, frame)
    for keyword, value, comment in facts:
        made.meta[keyword] = (value, comment)
    if flags is not None:
        made.flags = flags
    return made


def target_log_odds(logits, model, target):
    """
    Give calibrated log-odds of a target, in torch and with gradients.

    Parameters
    ----------
    logits : torch.Tensor
        ``[N, K]``.
    model : Model
        Its classes and calibration.
    target : {"galaxy", "nsc", "object"}
        What they are of.

    Returns
    -------
    torch.Tensor
        ``[N]``: ln(P(galaxy) / P(nsc)), which does not depend on ``field``, or its negative; of an object,
        ln(P(any class but field) / P(field)).
    """
    import torch

    classes, calibration = model.classes, model.calibration
    calibrated = logits / calibration.temperature
    if calibration.bias:
        calibrated = calibrated + torch.as_tensor(calibration.bias, dtype=logits.dtype, device=logits.device)
    towards, against = (torch.logsumexp(calibrated[:, side], dim=1) for side in sides_of(target, classes))
    return towards - against
