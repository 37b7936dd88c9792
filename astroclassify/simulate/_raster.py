"""Putting catalogues on maps: points shared between pixels, and Gaussian blur."""

import numpy as np
import torch


def splat(points, shape, *, device="cpu"):
    """
    Share each point's flux between its four neighbouring pixels.

    Parameters
    ----------
    points : array_like
        Rows y, x (pixels, 0-based, centres at integers) and flux; shape (3, N).
    shape : tuple of int
        Rows and columns of the image.
    device : str or torch.device, default "cpu"
        Where to make the image.

    Returns
    -------
    torch.Tensor
        Image, float32; what falls outside is dropped.
    """
    y, x, flux = (torch.as_tensor(row, dtype=torch.float64, device=device) for row in points)
    y0, x0 = torch.floor(y), torch.floor(x)
    fy, fx = y - y0, x - x0
    # One more pixel on each side takes what falls outside.
    rows, columns = shape[0] + 2, shape[1] + 2
    image = torch.zeros(rows * columns, dtype=torch.float64, device=device)
    for dy, wy in ((0, 1 - fy), (1, fy)):
        for dx, wx in ((0, 1 - fx), (1, fx)):
            row = (y0 + dy + 1).clamp(0, rows - 1).long()
            column = (x0 + dx + 1).clamp(0, columns - 1).long()
            image.index_add_(0, row * columns + column, flux * wy * wx)
    return image.reshape(rows, columns)[1:-1, 1:-1].float()


def blur(image, sigma):
    """
    Blur by a Gaussian; what leaves the image is lost.

    Parameters
    ----------
    image : torch.Tensor
        Two-dimensional image.
    sigma : float
        Standard deviation in pixels.

    Returns
    -------
    torch.Tensor
        Blurred image of the same shape.
    """
    reach = max(int(np.ceil(3.5 * sigma)), 1)
    x = torch.arange(-reach, reach + 1, dtype=torch.float32, device=image.device)
    kernel = torch.exp(-0.5 * (x / sigma) ** 2)
    kernel = kernel / kernel.sum()
    conv = torch.nn.functional.conv2d
    image = conv(image[None, None], kernel[None, None, :, None], padding=(reach, 0))
    return conv(image, kernel[None, None, None, :], padding=(0, reach))[0, 0]
