"""Grad-CAM++: the last feature maps, each weighted by how its places raise the answer.

With :math:`A^k_{ij}` the maps and :math:`g^k_{ij} = \\partial F / \\partial A^k_{ij}` (Chattopadhyay et al.
2018, eq. 10 to 19, for an answer :math:`e^F`, whose factor drops out):

.. math::
    \\alpha^k_{ij} = \\frac{(g^k_{ij})^2}{2 (g^k_{ij})^2 + \\sum_{ab} A^k_{ab} (g^k_{ij})^3}, \\quad
    w^k = \\sum_{ij} \\alpha^k_{ij} \\, \\mathrm{relu}(g^k_{ij}), \\quad
    L_{ij} = \\mathrm{relu} \\sum_k w^k A^k_{ij}.
"""

from dataclasses import replace

import numpy as np

from astroclassify.core import ParameterError, checked, rules
from astroclassify.explain._less_memory import LARGE, less_memory
from astroclassify.explain._seen import see
from astroclassify.models import centred


@checked(layer=rules.optional(rules.text), flips=rules.optional(rules.flag))
def explain_by_grad_cam(model, frame, *, target, layer=None, flips=None):
    """
    Explain by Grad-CAM++.

    Parameters
    ----------
    model : Model
        One whose network has convolutions.
    frame : `~astropy.nddata.CCDData`, `~astropy.nddata.NDData` or array
        As for `astroclassify.classify`.
    target : {"galaxy", "nsc", "object"}
        What the map speaks for.
    layer : str, optional
        Name of the layer in the network whose output is looked at; by default the last feature maps.
    flips : bool, optional
        As for `astroclassify.classify`.

    Returns
    -------
    astropy.nddata.CCDData
        0 or more; what speaks against the target is not shown, and the scale says nothing by itself.

    Raises
    ------
    ParameterError
        If the network has no layer of the name, or no convolution.

    References
    ----------
    Chattopadhyay et al. 2018, arXiv:1710.11063.
    """
    import torch

    seen = see(model, frame, target, flips=flips)
    module = model.differentiable
    name = layer or last_maps(seen)
    if name not in dict(module.named_modules()):
        raise ParameterError(f"the network of {model.spec.name!r} has no layer {name!r}")
    maps = []
    with less_memory(module, large=seen.planes.numel() > LARGE, strips=False):
        for axes in seen.views:
            alone = replace(seen, views=(axes,))
            found = grad_cam(*_maps_and_gradient(alone, module.get_submodule(name)))
            if name == getattr(module, "last_maps", None):
                lag = getattr(module, "maps_lag", 0.0)
                found = centred(torch.from_numpy(found), lag, keep_sum=False).numpy()
            maps.append(np.flip(found, [axis - 2 for axis in axes]))
    return seen.map(np.mean(maps, axis=0), facts=[("ACLAYER", name, "layer of the network")])


def grad_cam(maps, gradient):
    """
    Weigh maps by Grad-CAM++.

    Parameters
    ----------
    maps, gradient : numpy.ndarray
        ``[K, h, w]``: the maps, and the gradient of the explained number.

    Returns
    -------
    numpy.ndarray
        ``[h, w]``, 0 or more.

    Examples
    --------
    >>> import numpy as np
    >>> from astroclassify.explain._grad_cam import grad_cam
    >>> grad_cam(np.array([[[0.0, 2.0]]]), np.ones((1, 1, 2)))
    array([[0., 1.]])
    """
    squared, cubed = gradient**2, gradient**3
    below = 2 * squared + maps.sum(axis=(1, 2), keepdims=True) * cubed
    alpha = np.divide(squared, below, out=np.zeros_like(squared), where=below != 0)
    weights = (alpha * np.maximum(gradient, 0)).sum(axis=(1, 2))
    return np.maximum(np.tensordot(weights, maps, axes=1), 0)


def last_maps(seen):
    """
    Name the layer that gives a network's last feature maps.

    Parameters
    ----------
    seen : Seen
        The model and planes to send through it.

    Returns
    -------
    str
        What the network's attribute ``last_maps`` says, if it has one. Else, of the layers from the last
        convolution that looks at neighbours on, with maps of its size and as many of them or more, the last:
        after its normalisation and ReLU, and after its block.

    Raises
    ------
    ParameterError
        If there is no such convolution.
    """
    from torch import nn

    done = []
    module = seen.model.differentiable
    if isinstance(getattr(module, "last_maps", None), str):
        return module.last_maps
    hooks = [
        each.register_forward_hook(
            lambda layer, given, out, name=name: done.append((name, layer, getattr(out, "shape", ())))
        )
        for name, each in module.named_modules()
        if name
    ]
    try:
        seen.many_log_odds([seen.planes[0]])
    finally:
        for hook in hooks:
            hook.remove()
    looking = [
        number
        for number, (_, layer, shape) in enumerate(done)
        if isinstance(layer, nn.Conv2d) and max(layer.kernel_size) > 1 and len(shape) == 4
    ]
    if not looking:
        raise ParameterError(f"the network of {seen.model.spec.name!r} has no convolution; give layer=")
    size = done[looking[-1]][2]
    kept = [
        name
        for name, _, shape in done[looking[-1] :]
        if len(shape) == 4 and shape[2:] == size[2:] and shape[1] >= size[1]
    ]
    return kept[-1]


def _maps_and_gradient(seen, layer):
    import torch

    kept = []
    hook = layer.register_forward_hook(lambda module, given, out: kept.append(out))
    try:
        planes = seen.planes.clone().requires_grad_()
        answer = seen.log_odds(planes).sum()
    finally:
        hook.remove()
    (gradient,) = torch.autograd.grad(answer, kept[-1])
    return (each[0].detach().double().cpu().numpy() for each in (kept[-1], gradient))
