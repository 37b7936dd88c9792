"""A model calibrated to frames of one's own: what changed, what it gains, and its weights file."""

import json
import os
from dataclasses import dataclass
from pathlib import Path

from astropy.table import Table

from astroclassify.core import ParameterError, atomic_path, fingerprint, write_text
from astroclassify.models import Calibration, Model, bodies_entry, calibration_entries


@dataclass(frozen=True, eq=False)
class LocalCalibration:
    """
    A model's calibration to frames of one's own, and what it gains.

    Parameters
    ----------
    model : Model
        The model as it was.
    calibration : Calibration
        The new one; limits of novelty and doubt are those of the model.
    figures : astropy.table.Table
        What was measured: columns ``figure``, ``before`` and ``after``, texts, with 95% intervals.
    about : mapping
        How it was found, for the card: ``by``, numbers of frames and bodies, labels.
    bodies : tuple of str, default empty
        Names of the bodies that calibrated.
    failed : tuple of str, default empty
        Frames that could not be used, and why.
    """

    model: Model
    calibration: Calibration
    figures: Table
    about: dict
    bodies: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()

    @property
    def card(self):
        """The card of the new weights, but for name and checksum (dict)."""
        before, classes = self.model.card, self.model.classes
        own = calibration_entries(self.calibration, classes)
        kept = {name: value for name, value in before.items() if name not in ("metrics", "prior")}
        facts = {
            f"{row['figure']}, {when}": str(row[when]) for row in self.figures for when in ("before", "after")
        }
        return {
            **kept,
            "model": self.model.spec.name,
            "classes": list(classes),
            **own,
            **({"novelty": before["novelty"]} if "novelty" in before else {}),
            **bodies_entry(before, calibrated=self.bodies),
            "calibrated": {
                "parent": before.get("name", ""),
                "parent_sha256": self.model.sha256,
                **self.about,
            },
            "metrics": {"frames that calibrated": facts},
        }

    def write(self, path):
        """
        Write weights with the new calibration: the same network, and a card of its own beside it.

        Parameters
        ----------
        path : path-like
            The weights file, ``NAME.safetensors``, for ``weights=`` of `~astroclassify.classify`; the card
            is ``NAME.json``. Both are replaced if they exist.

        Returns
        -------
        pathlib.Path
            The file.

        Raises
        ------
        ParameterError
            If the name does not end in ``.safetensors``, it is the model's own file, or the model has none.
        """
        from safetensors.torch import load_file, save_file

        path = Path(path)
        self._check(path)
        # What it was calibrated to is in the file too, so that its checksum differs from the parent's.
        facts = {"parent_sha256": self.model.sha256, "calibration": json.dumps(self.card["calibration"])}
        with atomic_path(path) as unfinished:
            save_file(load_file(self.model.path), unfinished, metadata=facts)
        card = {**self.card, "name": path.stem, "sha256": fingerprint(path)}
        write_text(json.dumps(card, indent=2) + "\n", path.with_suffix(".json"))
        return path

    def _check(self, path):
        if path.suffix != ".safetensors":
            raise ParameterError(f"{path}: weights are written to a file NAME.safetensors")
        if self.model.path is None:
            raise ParameterError("the model was not loaded from a file of weights; build it with build_model")
        if path.exists() and os.path.samefile(path, self.model.path):
            raise ParameterError(f"{path} is the model's own weights file; choose another name")
