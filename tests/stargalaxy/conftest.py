"""A small set of sources on disk: points are stars, what is three times wider are galaxies."""

import json

import numpy as np
import pytest

from astroclassify.stargalaxy._set import ABOUT, write_field
from astroclassify.testing import difficult_samples


def labelled(field, *, number=60):
    """Give the sources of a field with their truth."""
    sample = difficult_samples(number=number, rng=field)["ordinary"]
    table = sample.catalogue
    table["field"] = np.full(number, field)
    table["latitude"] = np.full(number, 60.0)
    table["true_class"] = np.where(np.arange(number) % 2, "galaxy", "star")
    table["true_kind"] = np.where(np.arange(number) % 2, "disk", "single")
    table["true_redshift"] = np.where(np.arange(number) % 2, 1.0, 0.0)
    table["true_blend"], table["true_separation"] = np.zeros(number), np.zeros(number)
    for band in sample.bands:
        table[f"true_mag_{band}"] = table[f"mag_{band}"]
    return sample


@pytest.fixture(scope="session")
def source_set(tmp_path_factory):
    """Give the folder of a set of eight fields of 60 sources (pathlib.Path)."""
    folder = tmp_path_factory.mktemp("sources")
    for field in range(8):
        sample = labelled(field)
        write_field(folder, field, sample)
    about = {"bands": list(sample.bands), "size": 32, "pixel_scale": sample.pixel_scale}
    (folder / ABOUT).write_text(json.dumps(about), encoding="utf-8")
    return folder
