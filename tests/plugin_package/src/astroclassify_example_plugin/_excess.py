"""The gradient of a model's answer, times what is brighter than the mean."""

import torch

from astroclassify.inference import map_on_frame
from astroclassify.preprocess import frame_array


def explain(model, frame, *, target):
    """Give a map on the frame's WCS of what speaks for the target."""
    planes = torch.from_numpy(model.spec.planes(frame_array(frame)))[None].to(model.device).requires_grad_()
    galaxy, nsc = model.logits(planes)[0]
    (galaxy - nsc if target == "galaxy" else nsc - galaxy).backward()
    excess = planes.detach() - planes.detach().mean()
    return map_on_frame((planes.grad * excess)[0, 0].cpu().numpy(), frame)
