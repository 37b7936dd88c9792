"""The detectors' own small networks: loaded from their weights files."""

from astroclassify.core import MissingWeightsError
from astroclassify.models import load_state


def loaded(network, path, *, task, made_by):
    """
    Load a network's weights.

    Parameters
    ----------
    network : torch.nn.Module
        The network, with weights of any kind.
    path : pathlib.Path
        The weights.
    task : str
        What the network does, for the error: "removes stars".
    made_by : str
        How to make the weights, for the error.

    Returns
    -------
    torch.nn.Module
        The network, float32, in evaluation mode, with its tensors ``channels_last``.

    Raises
    ------
    MissingWeightsError
        If there is no such file.
    """
    import torch

    if not path.is_file():
        raise MissingWeightsError(
            f"{path}: there are no weights of the network that {task}; make them by {made_by}"
        )
    load_state(network, path)
    return network.float().eval().to(memory_format=torch.channels_last)
