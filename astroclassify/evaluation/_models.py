"""The models of an evaluation: labels, and building each when it is needed."""

import os
import re
import warnings
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace

from astroclassify.core import AstroclassifyWarning, ParameterError, conf
from astroclassify.datasets import body_key
from astroclassify.models import MODELS, Model, ModelSpec, build_model, find_spec, locate_weights, spec_of


@dataclass(frozen=True, eq=False)
class AskedModel:
    """
    A model that is to be evaluated.

    Parameters
    ----------
    label : str
        Label in the tables.
    spec : ModelSpec
        Description of the model.
    weights : str, optional
        A file, instead of its own weights.
    built : Model, optional
        The model, where the caller built it.
    """

    label: str
    spec: ModelSpec
    weights: str | None = None
    built: Model | None = None

    @property
    def file_name(self):
        """Its label, fit for the name of a file (str)."""
        return re.sub(r"[^\w.-]+", "-", self.label)

    @property
    def preprocessing(self):
        """A key that is equal for models with the same preprocessing (tuple)."""
        return self.spec.preprocessing, self.spec.preprocessing_options

    @property
    def card(self):
        """The card of its weights, empty where there is none (mapping)."""
        return locate_weights(self.spec, self.weights)[1] if self.built is None else self.built.card

    def model(self, *, device, precision):
        """
        Build it.

        Parameters
        ----------
        device : str or None
            Where it runs; `None` for ``conf.device``.
        precision : str
            Of its arithmetic.

        Returns
        -------
        Model
            Ready to run.
        """
        if self.built is not None:
            return self.built
        device = conf.device if device is None else device
        return build_model(self.spec, weights=self.weights, device=device, precision=precision)


def asked_models(models):
    """
    List the models that are asked for, and check that their weights are there.

    Parameters
    ----------
    models : str, Model, ModelSpec, mapping or sequence of them
        Names, ``"NAME=weights.safetensors"`` or ``"LABEL=NAME=weights.safetensors"``, specs or built
        models; a mapping gives them labels.

    Returns
    -------
    list of AskedModel
        In order, with labels that differ.

    Raises
    ------
    ParameterError
        If there is none, or two have one label.
    UnknownNameError
        If no model has a name.
    MissingWeightsError
        If one has no weights.
    """
    if isinstance(models, str | Model | ModelSpec):
        models = [models]
    if isinstance(models, Mapping):
        asked = [replace(_asked(model), label=str(label)) for label, model in models.items()]
    else:
        asked = [_asked(model) for model in models]
    if not asked:
        raise ParameterError("there is no model to evaluate; expected at least one")
    names = [each.file_name.lower() for each in asked]
    twice = next((each for each in asked if names.count(each.file_name.lower()) > 1), None)
    if twice is not None:
        raise ParameterError(
            f"two models would be called {twice.label!r}; give them labels: 'LABEL=NAME=weights.safetensors'"
        )
    return asked


def _asked(model):
    if isinstance(model, Model):
        return AskedModel(model.spec.name, model.spec, built=model)
    label, name, weights = _parts(model) if isinstance(model, str) else ("", model, None)
    spec = find_spec(name)
    _, card, _ = locate_weights(spec, weights)  # a model without weights is to fail now, not after hours
    return AskedModel(label or spec.name, spec_of(card, spec), weights)


def _parts(text):
    """Label, name and weights of NAME, NAME=FILE or LABEL=NAME=FILE."""
    first, _, rest = text.partition("=")
    second, _, last = rest.partition("=")
    if last and (second in MODELS or second == "default"):
        return first, second, os.path.expanduser(last)
    return "", first, os.path.expanduser(rest) or None


def settings_of(model):
    """
    Give the settings that the answers of a model depend on, besides the frame.

    Parameters
    ----------
    model : Model
        The model.

    Returns
    -------
    dict
        Plain data.
    """
    calibration = {name: repr(value) for name, value in asdict(model.calibration).items()}
    return {
        "model": model.spec.name,
        "weights": model.sha256,
        "classes": list(model.classes),
        "preprocessing": [model.spec.preprocessing, repr(model.spec.preprocessing_options)],
        "views": 4 if model.spec.flips else 1,
        "calibration": {**calibration, "conf.uncertain_below": conf.uncertain_below},
        "precision": model.precision,
        "device": model.device,
    }


_USES = {"learnt": "learnt from", "calibrated": "was calibrated on"}
_SHOWN = 3


def warn_of_training_bodies(asked, listed):
    """
    Warn of each model whose card names bodies that are among those evaluated.

    Parameters
    ----------
    asked : sequence of AskedModel
        The models.
    listed : sequence of EvaluatedFrame
        The frames.

    Warns
    -----
    AstroclassifyWarning
        Names such bodies, and how many there are.
    """
    shown = {body_key(name): name for each in listed for name in (each.frame.body, each.body)}
    evaluated = len({each.body for each in listed})
    for model in asked:
        trained = model.card.get("bodies")
        for use, names in trained.items() if isinstance(trained, Mapping) else ():
            shared = sorted({shown[key] for key in map(body_key, names) if key in shown})
            if shared:
                warnings.warn(
                    _warning_text(model.label, use, shared, evaluated), AstroclassifyWarning, stacklevel=3
                )


def _warning_text(label, use, shared, evaluated):
    more = ", ..." if len(shared) > _SHOWN else ""
    return (
        f"{label} {_USES.get(use, use)} {len(shared)} of the {evaluated} bodies that it is evaluated on "
        f"({', '.join(shared[:_SHOWN])}{more}), so its figures flatter; leave their frames out"
    )
