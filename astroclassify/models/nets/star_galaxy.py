"""Networks for one source of an image: its cut-outs in several bands, its catalogue entry, or both fused."""

import torch
from torch import nn
from torch.nn import functional

from astroclassify.core import ParameterError
from astroclassify.models.nets.resnet import ResNet

#: What a network may look at (tuple of str).
MODES = ("image", "catalogue")
#: Bands, measures of each band and measures of the source, as the package's preprocessing gives them (int).
BANDS, BAND_MEASURES, SOURCE_MEASURES = 7, 7, 14
#: Measures of the source that pixels give come first; the place of a point's width among those of bands.
PIXEL_MEASURES, SHARPNESS = 3, 5
#: Side of the central square whose flux sets the scale of the mean profile (pixels).
_CORE = 5


class StarGalaxyNet(nn.Module):
    """
    A network that fuses the cut-outs of a source with its catalogue entry.

    Parameters
    ----------
    bands : int, default 7
        Number of bands, B.
    band_measures : int, default 7
        Measures of each band, F; the first says whether the band is there.
    source_measures : int, default 14
        Measures that are of no band, G.
    classes : int, default 2
        Number of logits.
    size : {"lite", "paper"}, default "lite"
        ``"paper"``: ResNet-50 for the cut-outs and a bidirectional LSTM along the bands for the catalogue
        [1]_; ``"lite"``: a small residual network and a small fully connected one.
    modes : tuple of str, default ("image", "catalogue")
        What it looks at: both, or one of them.

    Raises
    ------
    ParameterError
        If a mode or a size is unknown.

    Notes
    -----
    Images come in units of the sky's noise, so that no camera's gain or exposure time matters. They are seen
    through the arcsinh of each band, and through the mean over the bands, each weighted by its signal, as the
    arcsinh and as a profile: divided by its flux in the central 5 x 5 pixels. Whether a source is wider than
    a point is in the profile; how far that can be trusted is in the signal. A band that is not there is zero
    in all planes and in all measures. Where a source has no pixels, or only a position in the catalogue,
    what that encoder says is zero: a network that has learnt from such sources as well answers by the other.

    References
    ----------
    .. [1] Liu et al. 2026, arXiv:2604.10086.
    """

    def __init__(
        self,
        bands=BANDS,
        band_measures=BAND_MEASURES,
        source_measures=SOURCE_MEASURES,
        classes=2,
        *,
        size="lite",
        modes=MODES,
    ):
        super().__init__()
        _check(size, modes)
        images, catalogue = _ENCODERS[size]
        self.image = images(bands) if "image" in modes else None
        self.catalogue = (
            catalogue(bands, band_measures, source_measures - PIXEL_MEASURES)
            if "catalogue" in modes
            else None
        )
        width = sum(one.outputs for one in (self.image, self.catalogue) if one is not None)
        self.head = nn.Sequential(nn.Linear(width, 128), nn.ReLU(), nn.Dropout(0.4), nn.Linear(128, classes))

    def forward(self, cutouts, bands, source):
        """
        Compute the logits.

        Parameters
        ----------
        cutouts : torch.Tensor
            ``[N, B, S, S]``, in units of the sky's noise; 0 where there is nothing.
        bands : torch.Tensor
            ``[N, B, F]``: measures of each band, the first 1 where it is there.
        source : torch.Tensor
            ``[N, G]``: measures of the source.

        Returns
        -------
        torch.Tensor
            Logits ``[N, classes]``.
        """
        seen = []
        if self.image is not None:
            pixels = (cutouts != 0).flatten(1).any(dim=1, keepdim=True)
            seen.append(self.image(cutouts, _told_of_pixels(bands, source)) * pixels)
        if self.catalogue is not None:
            measures = (bands[:, :, 1:] != 0).flatten(1).any(dim=1, keepdim=True)
            seen.append(self.catalogue(bands, source[:, PIXEL_MEASURES:]) * measures)
        return self.head(torch.cat(seen, dim=1))


def _told_of_pixels(bands, source):
    """Which bands are there, how wide a point is in each, and the measures of the source that pixels give."""
    return torch.cat([bands[:, :, 0], bands[:, :, SHARPNESS], source[:, :PIXEL_MEASURES]], dim=1)


def image_planes(cutouts, there):
    """
    Give the planes in which a network sees the cut-outs of a source.

    Parameters
    ----------
    cutouts : torch.Tensor
        ``[N, B, S, S]``, in units of the sky's noise.
    there : torch.Tensor
        ``[N, B]``, 1 for bands that are there.

    Returns
    -------
    torch.Tensor
        ``[N, B + 2, S, S]``: the arcsinh of each band; that of their weighted mean; and its profile.
    """
    core = _central(cutouts).sum(dim=(2, 3)).clamp(min=1.0) * there
    weights = core / core.square().sum(dim=1, keepdim=True).clamp(min=1.0).sqrt()
    mean = (cutouts * weights[:, :, None, None]).sum(dim=1, keepdim=True)
    profile = mean / _central(mean).sum(dim=(2, 3), keepdim=True).clamp(min=_CORE)
    return torch.cat([_arcsinh(torch.cat([cutouts, mean], dim=1)) / 3, (10 * profile).clamp(-3, 6)], dim=1)


def _arcsinh(values):
    """The arcsinh, by functions that torch computes on several numbers at once: ten times sooner."""
    size = values.abs()
    return torch.log(size + torch.sqrt(size.square() + 1)).copysign(values)


def _central(images):
    first = images.shape[-1] // 2 - _CORE // 2
    return images[..., first : first + _CORE, first : first + _CORE]


class _LiteImages(nn.Module):
    """A small residual network on cells of 2 x 2 pixels; its last maps keep their places, as radii matter."""

    outputs = 128 + PIXEL_MEASURES

    def __init__(self, bands, widths=(48, 80), side=24):
        super().__init__()
        self.side = side
        first, second = widths
        self.stem = nn.Sequential(*_convolution(4 * (bands + 2), first))
        self.told = nn.Linear(2 * bands + PIXEL_MEASURES, first)
        self.trunk = nn.Sequential(
            nn.ReLU(inplace=True),
            _Residual(first),
            *_convolution(first, second, stride=2),
            nn.ReLU(inplace=True),
            _Residual(second),
            *_convolution(second, 32, kernel=1),
            nn.ReLU(inplace=True),
        )
        self.last = nn.Sequential(
            nn.Flatten(), nn.Dropout(0.5), nn.Linear(32 * (side // 4) ** 2, 128), nn.ReLU()
        )

    def forward(self, cutouts, told):
        there = told[:, : cutouts.shape[1]]
        planes = functional.pixel_unshuffle(image_planes(_trimmed(cutouts, self.side), there), 2)
        maps = self.trunk(self.stem(planes) + self.told(told)[:, :, None, None])
        return torch.cat([self.last(maps), told[:, -PIXEL_MEASURES:]], dim=1)


class _PaperImages(nn.Module):
    """ResNet-50 without the pooling of its stem, as cut-outs are small."""

    outputs = 512 + PIXEL_MEASURES

    def __init__(self, bands):
        super().__init__()
        self.network = ResNet(50, planes=bands + 2, classes=512)
        # The stem for ImageNet would leave 8 x 8 of 32 x 32 pixels before the first block.
        self.network.stem = nn.Sequential(
            *_convolution(bands + 2, 64, kernel=7, stride=2), nn.ReLU(inplace=True)
        )

    def forward(self, cutouts, told):
        seen = self.network(image_planes(cutouts, told[:, : cutouts.shape[1]]))
        return torch.cat([functional.relu(seen), told[:, -PIXEL_MEASURES:]], dim=1)


class _LiteCatalogue(nn.Module):
    """Two fully connected layers on all measures."""

    outputs = 96

    def __init__(self, bands, band_measures, source_measures):
        super().__init__()
        inputs = bands * band_measures + source_measures
        self.layers = nn.Sequential(
            nn.BatchNorm1d(inputs),
            nn.Linear(inputs, 192),
            nn.ReLU(),
            nn.Dropout(0.2),
            nn.Linear(192, self.outputs),
            nn.ReLU(),
        )

    def forward(self, bands, source):
        return self.layers(torch.cat([bands.flatten(1), source], dim=1))


class _PaperCatalogue(nn.Module):
    """A bidirectional LSTM along the bands; the measures of the source go with each band."""

    outputs = 256

    def __init__(self, bands, band_measures, source_measures):
        super().__init__()
        self.scale = nn.BatchNorm1d(bands * band_measures + source_measures)
        self.bands = (bands, band_measures)
        self.lstm = nn.LSTM(
            band_measures + source_measures,
            self.outputs // 2,
            num_layers=2,
            batch_first=True,
            bidirectional=True,
        )

    def forward(self, bands, source):
        number = bands.shape[1] * bands.shape[2]
        scaled = self.scale(torch.cat([bands.flatten(1), source], dim=1))
        along = scaled[:, :number].unflatten(1, self.bands)
        others = scaled[:, None, number:].expand(-1, self.bands[0], -1)
        return self.lstm(torch.cat([along, others], dim=2))[0].mean(dim=1)


#: Encoders of images and of the catalogue, by size.
_ENCODERS = {"lite": (_LiteImages, _LiteCatalogue), "paper": (_PaperImages, _PaperCatalogue)}


class _Residual(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.layers = nn.Sequential(
            *_convolution(width, width), nn.ReLU(inplace=True), *_convolution(width, width)
        )

    def forward(self, maps):
        return functional.relu(maps + self.layers(maps))


def _convolution(inputs, outputs, *, kernel=3, stride=1):
    convolution = nn.Conv2d(inputs, outputs, kernel, stride=stride, padding=kernel // 2, bias=False)
    return convolution, nn.BatchNorm2d(outputs)


def _trimmed(planes, side):
    """The central square of so many pixels; smaller planes are surrounded by nothing."""
    missing = max(0, side - planes.shape[-1])
    planes = functional.pad(planes, (missing // 2, missing - missing // 2) * 2)
    first = planes.shape[-1] // 2 - side // 2
    return planes[..., first : first + side, first : first + side]


def _check(size, modes):
    if size not in _ENCODERS:
        raise ParameterError(f"the size is {size!r}; expected one of {', '.join(_ENCODERS)}")
    if not modes or set(modes) - set(MODES):
        raise ParameterError(f"the modes are {modes!r}; expected one or both of {', '.join(MODES)}")
