"""What an explainer is, as plain data, and the registry of explainers."""

from dataclasses import dataclass
from inspect import signature

from astroclassify.core import ParameterError, Registry, check_entry, import_string, tuple_of_strings
from astroclassify.inference import sides_of
from astroclassify.models import TASKS


@dataclass(frozen=True)
class ExplainerSpec:
    """
    Description of a method of explanation; its code is imported when it is first used.

    Parameters
    ----------
    name : str
        Registry name: lower-case letters and digits, joined by single hyphens or dots.
    description : str
        One line for listings.
    explainer : str
        ``"package.module:function"``; called as ``function(model, frame, target=target)`` with a
        `~astroclassify.models.Model`, a frame and one of `~astroclassify.inference.TARGETS`, it gives a
        `~astropy.nddata.CCDData` ``[y, x]``: how much each of equal cells that cover the frame speaks for the
        target (positive) or against it, on the frame's WCS (`~astroclassify.inference.map_on_frame`). Its
        ``flags``, where it has any, are the ranks of regions, 1 for the most important. What else the
        function takes, by keyword and with a default, are the explainer's options.
    tasks : tuple of str, default ("frame",)
        Names of `~astroclassify.models.TASKS`: models for which tasks it explains.
    models : tuple of str, default empty
        The only models that it explains, by name; empty for any.

    Raises
    ------
    ParameterError
        If a value breaks these rules.

    Examples
    --------
    >>> from astroclassify.explain import EXPLAINERS
    >>> EXPLAINERS["evidence"].tasks
    ('frame',)
    """

    name: str
    description: str
    explainer: str
    tasks: tuple[str, ...] = ("frame",)
    models: tuple[str, ...] = ()

    def __post_init__(self):
        for name in ("tasks", "models"):
            object.__setattr__(self, name, tuple_of_strings(name, getattr(self, name)))
        check_entry("explainer", self, import_paths=("explainer",))
        unknown = [name for name in self.tasks if name not in TASKS]
        if unknown or not self.tasks:
            raise ParameterError(f"the tasks are {self.tasks}; expected one or more of {tuple(TASKS)}")

    def explain(self, /, model, frame, *, target, **options):
        """
        Make the map of one frame.

        Parameters
        ----------
        model : Model
            From `~astroclassify.models.build_model`.
        frame : `~astropy.nddata.CCDData`, `~astropy.nddata.NDData` or array
            As for `astroclassify.classify`.
        target : {"galaxy", "nsc", "object"}
            What the map speaks for; that there is any object, of a model that knows empty fields only.
        **options
            The explainer's own; `options` lists them.

        Returns
        -------
        astropy.nddata.CCDData
            As described for ``explainer``.

        Raises
        ------
        ParameterError
            If it does not explain this model, or there is no such target or option.
        PluginError
            If the explainer cannot be imported.

        Examples
        --------
        >>> import numpy as np
        >>> from astroclassify.explain import EXPLAINERS
        >>> from astroclassify.models import build_model
        >>> frame = np.random.default_rng(1).normal(100, 5, (256, 256))
        >>> EXPLAINERS["evidence"].explain(build_model("patchnet"), frame, target="galaxy").data.ndim
        2
        """
        spec = model.spec
        if spec.task not in self.tasks or (self.models and spec.name not in self.models):
            only = f"of the tasks {self.tasks}" + (f" named {self.models}" if self.models else "")
            raise ParameterError(f"{self.name!r} explains models {only}; {spec.name!r} is for {spec.task!r}")
        sides_of(target, model.classes)
        unknown = sorted(set(options) - set(known := self.options()))
        if unknown:
            known_options = f"its options are {', '.join(known)}" if known else "it has no options"
            raise ParameterError(f"the explainer {self.name!r} has no option {unknown[0]!r}; {known_options}")
        return import_string(self.explainer)(model, frame, target=target, **options)

    def options(self):
        """
        Give the explainer's options.

        Returns
        -------
        dict of str to object
            Names and defaults.

        Raises
        ------
        PluginError
            If the explainer cannot be imported.

        Examples
        --------
        >>> from astroclassify.explain import EXPLAINERS
        >>> EXPLAINERS["occlusion"].options()
        {'baseline': 'sky', 'squares': 16, 'flips': False}
        """
        takes = signature(import_string(self.explainer)).parameters.values()
        return {each.name: each.default for each in takes if each.default is not each.empty}


#: Every explainer that an installed distribution declares, by name (Registry of ExplainerSpec).
EXPLAINERS = Registry("astroclassify.explainers", kind="explainer", expected_type=ExplainerSpec)
