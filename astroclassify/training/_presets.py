"""Recipes: how a network is trained, and the presets by name."""

from dataclasses import asdict, dataclass, field, fields, replace

from astroclassify.core import ParameterError, UnknownNameError, rules
from astroclassify.training._augment import Augmentation

_OPTIMISERS = ("sgd", "adamw")
_SCHEDULES = ("constant", "cosine")
_PRECISIONS = ("auto", "float32", "bfloat16")
_TRAINABLE = ("all", "convolutions", "head")
# Parameters that must be at least this, and those that may be None besides.
_LEAST = {
    "consistency": 0,
    "epochs": 1,
    "batch_size": 1,
    "micro_batch": 1,
    "warm_up": 0,
    "frozen": 0,
    "patience": 1,
    "weight_decay": 0,
    "seed": 0,
}
_POSITIVE = ("learning_rate", "clip", "seconds", "input_scale")
_FRACTIONS = ("momentum", "average", "smoothing")


@dataclass(frozen=True)
class Recipe:
    """
    How a network is trained; the defaults are those of the preset ``"modern"``.

    Parameters
    ----------
    epochs : int, default 20
        How often all training frames are seen.
    batch_size : int, default 16
        Frames per step of the optimiser.
    micro_batch : int, optional
        Frames that are in memory at a time: the gradients of a step are gathered over several
        such parts. Batch normalisation then sees parts. By default the whole batch.
    optimiser : {"adamw", "sgd"}, default "adamw"
        Which one.
    learning_rate : float, default 1e-3
        Its peak.
    momentum : float, default 0
        Of SGD.
    weight_decay : float, default 0.02
        Of the optimiser.
    schedule : {"cosine", "constant"}, default "cosine"
        The learning rate falls to zero as a cosine over all steps, or stays.
    warm_up : int, default 200
        Steps over which the rate rises; at most a tenth of all steps.
    average : float, default 0.999
        Decay of the exponential moving average of the weights, which is what is judged and
        kept; 0 for none. In the first steps n it is at most (1 + n) / (10 + n).
    smoothing : float, default 0.05
        Label smoothing of the cross-entropy.
    clip : float or None, default 1
        Largest norm of a step's gradient.
    precision : {"auto", "bfloat16", "float32"}, default "auto"
        Mixed precision in bfloat16 where the device computes in it, or not. The first layer,
        which sees counts of a large range, is always in float32.
    channels_last : bool, default True
        The layout of memory that convolutions are faster in.
    checkpointing : bool, default False
        Compute activations again in the backward pass rather than keep them.
    patience : int, optional
        Stop after so many epochs without a smaller loss on held-out frames, and keep the best
        weights; by default go on to the end, and keep the last.
    trainable : {"all", "convolutions", "head"}, default "all"
        All weights; all but batch normalisation, whose statistics stay those of the start, as befits small
        steps and steps of frames of several sizes; or only the last layer's, with the others as they are.
    frozen : int, default 0
        So many of the first layers of weights stay as they are. Of a network that knows pictures already they
        show edges and spots, and are what takes the most time. Batch normalisation is not counted: have it
        stay too, by ``trainable="convolutions"``.
    consistency : float, default 0
        Weight of the loss by which frames of one body are to get one answer, whatever the style in which they
        show it: the Jensen-Shannon divergence of their probabilities. Of pools only, whose frames of one
        body are then drawn together.
    input_scale : float, default 1
        Planes are divided by this before the first layer, and that layer's weights at the end,
        so the finished weights take planes as they are. For raw counts, whose values of
        thousands upset a network without batch normalisation.
    augmentation : Augmentation, optional
        By default flips.
    seconds : float, optional
        Train for this time rather than for epochs; the schedule then follows the clock, so the
        result depends on the machine.
    seed : int, default 1
        Of the initial weights, the order of the frames, dropout and augmentation.

    Raises
    ------
    ParameterError
        If a value is out of range.

    Examples
    --------
    >>> from astroclassify.training import Recipe
    >>> Recipe(epochs=2, learning_rate=1e-4).batch_size
    16
    """

    epochs: int = 20
    batch_size: int = 16
    micro_batch: int | None = None
    optimiser: str = "adamw"
    learning_rate: float = 1e-3
    momentum: float = 0.0
    weight_decay: float = 0.02
    schedule: str = "cosine"
    warm_up: int = 200
    average: float = 0.999
    smoothing: float = 0.05
    clip: float | None = 1.0
    precision: str = "auto"
    channels_last: bool = True
    checkpointing: bool = False
    patience: int | None = None
    trainable: str = "all"
    frozen: int = 0
    consistency: float = 0.0
    input_scale: float = 1.0
    augmentation: Augmentation = field(default_factory=Augmentation)
    seconds: float | None = None
    seed: int = 1

    def __post_init__(self):
        for name, least in _LEAST.items():
            _check(name, getattr(self, name), f"{least} or more", lambda value, low=least: value >= low)
        for name in _POSITIVE:
            _check(name, getattr(self, name), "more than 0", lambda value: value > 0)
        for name in _FRACTIONS:
            _check(name, getattr(self, name), "0 or more and less than 1", lambda value: 0 <= value < 1)
        for name, allowed in (
            ("optimiser", _OPTIMISERS),
            ("schedule", _SCHEDULES),
            ("precision", _PRECISIONS),
            ("trainable", _TRAINABLE),
        ):
            rules.one_of(*allowed)(name, getattr(self, name))

    def values(self):
        """
        Give all values as plain data.

        Returns
        -------
        dict
            By name, as they stand in ``recipe.json`` and on a card.
        """
        return asdict(self)


def _check(name, value, expected, is_right):
    optional = next(field for field in fields(Recipe) if field.name == name).default is None or name == "clip"
    if (value is None and optional) or (value is not None and is_right(value)):
        return
    raise rules.wrong(name, value, expected)


_MODERN = Recipe()

#: Recipes by name (dict). ``"paper"`` is that of arXiv:2312.04948: SGD with a learning rate of 1e-4, batches
#: of 4, 20 epochs, cross-entropy; it says nothing of momentum, weight decay or a schedule, so there is none.
PRESETS = {
    "paper": Recipe(
        epochs=20,
        batch_size=4,
        optimiser="sgd",
        learning_rate=1e-4,
        weight_decay=0.0,
        schedule="constant",
        warm_up=0,
        average=0.0,
        smoothing=0.0,
        clip=None,
        augmentation=Augmentation.of("none"),
    ),
    "modern": _MODERN,
    "fine-tune": replace(_MODERN, epochs=10, learning_rate=1e-4, patience=5),
    # Sources are small and many; without smoothing, as their probabilities are to be true.
    "sources": replace(
        _MODERN,
        epochs=30,
        batch_size=128,
        learning_rate=2e-3,
        smoothing=0.0,
        clip=2.0,
        weight_decay=0.05,
        patience=30,
        channels_last=False,
        augmentation=Augmentation.of("none"),
    ),
}


def find_recipe(preset):
    """
    Find a recipe.

    Parameters
    ----------
    preset : str or Recipe
        A name in ``PRESETS``, or a recipe, which is given back.

    Returns
    -------
    Recipe
        The recipe.

    Raises
    ------
    UnknownNameError
        If there is no such preset.
    ParameterError
        If it is something else.
    """
    if isinstance(preset, Recipe):
        return preset
    if not isinstance(preset, str):
        raise ParameterError(f"a preset is a name or a Recipe; got a {type(preset).__name__}")
    if preset not in PRESETS:
        raise UnknownNameError(f"there is no preset {preset!r}; there are {', '.join(PRESETS)}")
    return PRESETS[preset]
