"""Training a detector: recipes, the start from our own classifier, and the run."""

import json
from dataclasses import replace
from pathlib import Path

import torch
from safetensors.torch import load_file

from astroclassify.core import RunFolder, UnknownNameError, fingerprint
from astroclassify.models import FIELDNET, PATCHNET, built_module, load_state, locate_weights
from astroclassify.models.nets.fieldnet import EARLY_BLOCKS
from astroclassify.preprocess import Plane
from astroclassify.training._network import mixed_precision, set_training
from astroclassify.training._presets import Recipe
from astroclassify.training._trainer import CHECKPOINT, Trainer, _optimiser, train, write_state
from astroclassify.training.detection._loss import detection_loss
from astroclassify.training.detection._stream import FieldAugmentation, FieldStream

WEIGHTS, ABOUT = "weights.safetensors", "recipe.json"
#: What a training started from that was given no weights.
CLASSIFIER = "the default classifier's trunk"
#: Recipes by name, with what fields they learn from (dict). ``"yolo"`` is as published for YOLOv7 on smart
#: telescopes: whole fields of 608 x 608, batches of 4, Adam; ``"modern"`` sees more, smaller crops.
DETECTION_PRESETS = {
    "yolo": (
        Recipe(
            batch_size=4,
            learning_rate=1e-3,
            weight_decay=0.0,
            schedule="constant",
            warm_up=0,
            average=0.0,
            clip=None,
        ),
        FieldAugmentation(side=608, scales=(0.8, 1.2), mosaic=0.5),
    ),
    "modern": (
        Recipe(
            batch_size=16,
            learning_rate=2e-3,
            weight_decay=0.02,
            warm_up=100,
            average=0.995,
            clip=10.0,
            trainable="head",
            precision="float32",  # as fast to learn in as bfloat16 on a processor
        ),
        FieldAugmentation(),
    ),
}


#: The classifier's planes of brightness, and those that are the same where no pixels are joined.
_OF_ALL_LIGHT = [Plane.RANGE, Plane.NOISE, Plane.RANK]
_OF_DIFFUSE = [Plane.DIFFUSE_RANGE, Plane.FLAT_NOISE, Plane.FLAT_RANK]


class DetectionTrainer(Trainer):
    """
    A `Trainer` whose loss is that of a detector; what a batch allows are classes and edges of boxes.

    With ``trainable="head"`` the trunk up to its maps of 8 pixels a cell stays as the classifier learnt it:
    half of a step's time goes there, and edges and textures are the same for both.
    """

    def __init__(self, spec, recipe, **settings):
        super().__init__(spec, replace(recipe, trainable="all"), **settings)
        self.recipe = recipe
        if recipe.trainable == "head":
            for part in (self.module.stem, *self.module.blocks[:EARLY_BLOCKS]):
                part.requires_grad_(False)
            set_training(self.module)
            self.parameters = [one for one in self.module.parameters() if one.requires_grad]
            self.optimiser = _optimiser(recipe, self.parameters)
            self._quick = mixed_precision(replace(recipe, precision="auto"), self.device)

    def _loss(self, planes, targets):
        x = self._on_device(planes)
        early = None
        if self.recipe.trainable == "head":  # nothing is learnt there, and bfloat16 is twice as fast
            with torch.no_grad(), self._quick():
                early = self.module.early(x).float()
        with self.precision():
            told = self.module(x, early)
        right = torch.from_numpy(targets).to(self.device)
        return detection_loss(told.float(), right, planes.shape[-2:]).sum()


def classifier_start(spec=FIELDNET, *, seed=1):
    """
    Make a detector's first weights of the default classifier's trunk.

    Parameters
    ----------
    spec : ModelSpec, optional
        The detector.
    seed : int, default 1
        Of the weights behind the trunk, which are random.

    Returns
    -------
    dict of str to torch.Tensor
        A state of the detector's network.

    Notes
    -----
    The classifier's planes of all light and of the diffuse light are the detector's planes of brightness,
    where no pixels are joined. Its plane of coverage is 1 everywhere in a detector's image, so that its
    weights only add a constant to the first layer's maps: it goes into the means that batch normalisation
    subtracts. There are no peaks and no sources below a pixel.
    """
    torch.manual_seed(seed)
    state = built_module(spec).state_dict()
    path, _, _ = locate_weights(PATCHNET, None)
    found = {name: value.float() for name, value in load_file(path).items()}
    taken = {name: found[f"trunk.{name}"] for name in state if f"trunk.{name}" in found}
    first = taken["stem.0.weight"]
    taken["stem.1.running_mean"] = taken["stem.1.running_mean"] - first[:, Plane.COVERAGE].sum(dim=(1, 2))
    taken["stem.0.weight"] = first[:, _OF_ALL_LIGHT].contiguous()
    if first.shape[1] > max(_OF_DIFFUSE):
        taken["stem.0.weight"] += first[:, _OF_DIFFUSE]
    return state | taken


def fit_detector(pool, folder, *, preset="modern", weights=None, seconds=None, pictures=(), **changed):
    """
    Train a detector, or go on with its training.

    Parameters
    ----------
    pool : FieldPool
        Fields to learn from.
    folder : path-like
        For the weights, the checkpoint and the log.
    preset : str or tuple, default "modern"
        A name in ``DETECTION_PRESETS``, or a recipe and an augmentation.
    weights : path-like, optional
        A file to start from; by default the trunk of the default classifier.
    seconds : float, optional
        Train for this time.
    pictures : sequence of dict, default ()
        Pictures of real bodies that the fields show, for the card.
    **changed
        Values of the recipe, or of the augmentation, that are to be others.

    Returns
    -------
    pathlib.Path
        The weights.

    Raises
    ------
    ParameterError
        If the folder holds another training, or another process is at work in it.
    UnknownNameError
        If there is no such preset.
    """
    recipe, augmentation = _chosen(preset, seconds, changed)
    source = FieldStream(pool, augmentation=augmentation, seed=recipe.seed)
    with RunFolder(folder) as run:
        about = {
            "model": FIELDNET.name,
            "recipe": recipe.values(),
            "data": source.described() | ({"pictures": list(pictures)} if pictures else {}),
            "started_from": CLASSIFIER if weights is None else fingerprint(Path(weights)),
        }
        if weights is None:
            about["classifier"] = fingerprint(locate_weights(PATCHNET)[0])
        run.same_run(ABOUT, about, kind="training", text=json.dumps(about, indent=1))
        state = classifier_start(seed=recipe.seed) if weights is None else _state(weights)
        trainer = DetectionTrainer(
            FIELDNET, recipe, steps_per_epoch=source.batches(recipe.batch_size), state=state
        )
        if (run.folder / CHECKPOINT).is_file():
            trainer.load(run.folder)
        train(trainer, source, run.folder)
        write_state(trainer.judged.state_dict(), run.folder / WEIGHTS)
        return run.folder / WEIGHTS


def _chosen(preset, seconds, changed):
    if isinstance(preset, str):
        if preset not in DETECTION_PRESETS:
            raise UnknownNameError(f"there is no preset {preset!r}; there are {', '.join(DETECTION_PRESETS)}")
        preset = DETECTION_PRESETS[preset]
    recipe, augmentation = preset
    of_fields = {name: changed.pop(name) for name in tuple(changed) if hasattr(augmentation, name)}
    return replace(recipe, seconds=seconds, **changed), replace(augmentation, **of_fields)


def _state(weights):
    load_state(built_module(FIELDNET), Path(weights))
    return load_file(weights)
