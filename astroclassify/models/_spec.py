"""Plain, frozen descriptions of models and of their weights."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from astroclassify.core import ParameterError, check_entry, import_string, tuple_of_strings
from astroclassify.models._tasks import check_classes

_SHA256 = re.compile(r"[0-9a-f]{64}")
_RESOURCE = re.compile(r"[A-Za-z_][\w.]*:[\w./-]+")


class Options(Mapping):
    """
    Keyword arguments that cannot be changed: a mapping that hashes and pickles.

    Parameters
    ----------
    items : mapping of str to object
        Names and values; values are strings, numbers, booleans, `None`, and lists or tuples of them.

    Raises
    ------
    ParameterError
        If a name is not an identifier, or a value has another type.

    Examples
    --------
    >>> from astroclassify.models import Options
    >>> dict(Options({"height": 2048}))
    {'height': 2048}
    """

    def __init__(self, items=()):
        self._items = {name: _frozen(value) for name, value in dict(items).items()}
        wrong = [name for name in self._items if not (isinstance(name, str) and name.isidentifier())]
        if wrong:
            raise ParameterError(f"an option's name must be a Python identifier; got {wrong[0]!r}")
        try:
            self._text = json.dumps(self._items, sort_keys=True)
        except TypeError as error:
            raise ParameterError(f"options must be plain data (numbers, strings, lists): {error}") from error

    def __getitem__(self, name):
        return self._items[name]

    def __iter__(self):
        return iter(self._items)

    def __len__(self):
        return len(self._items)

    def __hash__(self):
        return hash(self._text)

    def __repr__(self):
        return f"Options({self._items!r})"


@dataclass(frozen=True)
class Weights:
    """
    Location and checksum of the weights of a model.

    Parameters
    ----------
    resource : str, optional
        A file that ships in a package, ``"package.module:folder/NAME.safetensors"``. Its card
        lies beside it as ``NAME.json``.
    url : str, optional
        Where to download the file from; needs ``sha256``.
    sha256 : str, optional
        Checksum of the file, 64 lower-case hexadecimal digits. Without one, that of the card.
    card : mapping of str to object, optional
        The card of a downloaded file: how it was trained, its calibration and metrics.

    Raises
    ------
    ParameterError
        If there is not exactly one of ``resource`` and ``url``, or if a value is malformed.

    Examples
    --------
    >>> from astroclassify.models import Weights
    >>> Weights(resource="astroclassify.models:data/patchnet.safetensors").resource
    'astroclassify.models:data/patchnet.safetensors'
    """

    resource: str = ""
    url: str = ""
    sha256: str = ""
    card: Mapping[str, Any] = field(default_factory=dict, hash=False)

    def __post_init__(self):
        if bool(self.resource) == bool(self.url):
            raise ParameterError("weights need a resource or a url, and not both")
        if self.resource and not _RESOURCE.fullmatch(self.resource):
            raise ParameterError(
                f"the resource {self.resource!r} is not of the form 'package.module:folder/file'"
            )
        if self.url and not self.sha256:
            raise ParameterError("weights that are downloaded need a sha256")
        if self.sha256 and not _SHA256.fullmatch(self.sha256):
            raise ParameterError(f"sha256 must be 64 lower-case hexadecimal digits; got {self.sha256!r}")


@dataclass(frozen=True)
class ModelSpec:
    """
    Description of a model; its code is imported, and its network built, when it is first used.

    Parameters
    ----------
    name : str
        Registry name: lower-case letters and digits, joined by single hyphens or dots.
    description : str
        One line for listings.
    builder : str
        ``"package.module:callable"``; called with the builder options it gives a
        `torch.nn.Module` whose ``forward(x[N, C, H, W])`` returns logits ``[N, K]``. A network that
        says more has a method ``examine``, which gives a `ModelOutput`.
    preprocessing : str
        ``"package.module:function"``; called with a float32 frame ``[y, x]`` (NaN on unusable
        pixels) and the preprocessing options it gives float32 ``[C, H, W]``.
    classes : tuple of str
        The K classes, in the order of the logits. For the task ``"frame"``: ``"galaxy"`` and either
        ``"nsc"`` or ``"nebula"`` and/or ``"star cluster"``; and ``"field"`` where the model knows it.
    builder_options, preprocessing_options : mapping of str to object, optional
        Keyword arguments, plain data.
    weights : Weights, optional
        Where the weights are; without them a user must pass ``weights=path``.
    reference : str, optional
        DOI or arXiv identifier.
    tags : tuple of str, optional
        Words for filtering. ``"large"`` tells contract checks not to run the model in full.
    flips : bool, default False
        Whether a frame is classified as the average over itself, its two mirror images and itself
        turned by 180 degrees, where the user does not choose.
    by_rows : bool, default False
        Whether the preprocessing also takes a `~astroclassify.preprocess.FrameRows`, which it
        asks for rows, never for all at once; so large frames take little memory.
    training_cost : str, optional
        What was measured of a training, for the message that says how to get weights.
    task : {"frame", "detection", "source"}, default "frame"
        What the model is for, a name of `TASKS`.

    Raises
    ------
    ParameterError
        If a value breaks these rules.

    Examples
    --------
    >>> from astroclassify.models import MODELS
    >>> MODELS["hr-celestialnet"].classes
    ('galaxy', 'nsc')
    """

    name: str
    description: str
    builder: str
    preprocessing: str
    classes: tuple[str, ...]
    builder_options: Mapping[str, Any] = Options()
    preprocessing_options: Mapping[str, Any] = Options()
    weights: Weights | None = None
    reference: str = ""
    tags: tuple[str, ...] = ()
    flips: bool = False
    by_rows: bool = False
    training_cost: str = ""
    task: str = "frame"

    def __post_init__(self):
        for name in ("builder_options", "preprocessing_options"):
            object.__setattr__(self, name, Options(getattr(self, name)))
        for name in ("classes", "tags"):
            object.__setattr__(self, name, tuple_of_strings(name, getattr(self, name)))
        check_entry("model", self, import_paths=("builder", "preprocessing"))
        check_classes(self.task, self.classes)
        if not (self.weights is None or isinstance(self.weights, Weights)):
            raise ParameterError(f"weights must be a Weights or None; got a {type(self.weights).__name__}")
        for name in ("flips", "by_rows"):
            if not isinstance(getattr(self, name), bool):
                raise ParameterError(f"{name} must be True or False; got {getattr(self, name)!r}")

    def build(self):
        """
        Build the network, untrained; this imports torch.

        Returns
        -------
        torch.nn.Module
            In training mode, on the CPU.

        Raises
        ------
        PluginError
            If the builder cannot be imported.
        """
        return import_string(self.builder)(**self.builder_options)

    def planes(self, array):
        """
        Preprocess one frame.

        Parameters
        ----------
        array : numpy.ndarray
            Float32 frame ``[y, x]``, NaN on unusable pixels; with ``by_rows`` also a
            `~astroclassify.preprocess.FrameRows`.

        Returns
        -------
        numpy.ndarray
            Float32 ``[C, H, W]``, what the network takes.

        Raises
        ------
        PluginError
            If the preprocessing cannot be imported.
        """
        return import_string(self.preprocessing)(array, **self.preprocessing_options)

    def window(self, shape):
        """
        Say which part of a frame the planes show.

        Parameters
        ----------
        shape : tuple of int
            Rows and columns of what is preprocessed.

        Returns
        -------
        tuple of tuple of float
            First and last edge of the rows, and of the columns, in pixels: pixel ``i`` lies from ``i`` to
            ``i + 1``. What the preprocessing's attribute ``window``, a function ``window(shape, **options)``,
            says, and all of it where there is none. It may reach beyond, where the planes are surrounded by
            nothing.

        Raises
        ------
        PluginError
            If the preprocessing cannot be imported.

        Examples
        --------
        >>> from astroclassify.models import PATCHNET, RESNET18_RESIZE
        >>> PATCHNET.window((2048, 4096))
        ((4.0, 2044.0), (3.0, 4093.0))
        >>> RESNET18_RESIZE.window((512, 512))
        ((0.0, 512.0), (-256.0, 768.0))
        """
        window = getattr(import_string(self.preprocessing), "window", None)
        if window is None:
            return tuple((0.0, float(n)) for n in shape)
        return window(shape, **self.preprocessing_options)


def _frozen(value):
    return tuple(_frozen(item) for item in value) if isinstance(value, list | tuple) else value
