"""The frozen examinations: ``python benchmarks/examinations.py make FOLDER [--only NAME] [--share 0.1]``.

Makes every set that models are judged on, each in a folder of its own in FOLDER, from seeds that stand here:

=============  ==========================================================================================
clear          750 exposures of as many bodies by ACS/WFC and WFC3/UVIS, both chips: 1500 frames
blurry         the same, too faint for one of the paper's causes
csst_clear     500 windows of 2048 x 2048 pixels of CSST's survey camera, each of its own body
csst_blurry    the same, too faint
fields         2000 windows of the three cameras that show no body
outliers       360 frames that are no frames of bodies or of sky, of 9 kinds
galsim         200 windows of galaxies and star clusters that GalSim drew (needs ``pip install galsim``)
semireal       labelled pictures of ``--pictures FOLDER`` as raw frames, three views each
=============  ==========================================================================================

What is there already is kept, so that a run that was stopped goes on. ``--share`` makes the first part of
each: files of a share are those of the whole, byte for byte. ``checksum FOLDER`` prints the sha256 of
the files of each examination, one after the other in the order of their numbers; with ``--share`` that of the
first part only. ``judge.py --exams FOLDER`` judges a model by all of them.
"""

import argparse
import contextlib
import hashlib
import math
import time
from dataclasses import dataclass
from pathlib import Path

import judge_frames
import semireal
from astropy.table import Table

_BLOCK = 1 << 20


class _InSet:
    """What is kept as a simulated set: raw files, the manifest, the truth with each file's number."""

    def files(self, folder):
        """List the files in the order of their numbers."""
        truth = Table.read(folder / "truth.ecsv")
        truth.sort("index")
        names = [str(name) for name in truth["OBSID"]]
        return [folder / (f"{n}.fits" if n.startswith("CSST_") else f"{n}_raw.fits") for n in names]

    def frames(self, folder):
        """List the frames as `judge.py` takes them."""
        return judge_frames.simulated(folder)


@dataclass(frozen=True)
class Drawn(_InSet):
    """Exposures drawn from a configuration."""

    config: str
    count: int
    seed: int

    def make(self, folder, share, asked):
        """Make the first part."""
        from astroclassify.simulate import SimulationConfig, simulate_set

        config = SimulationConfig.read(Path(__file__).parent / self.config)
        settings = {"seed": self.seed, "config": config, "processes": asked.processes, "progress": None}
        return _summary(simulate_set(folder, count=first(self.count, share), **settings))


@dataclass(frozen=True)
class Rendered(_InSet):
    """Scenes that GalSim drew."""

    count: int
    seed: int

    def make(self, folder, share, asked):
        """Make the first part."""
        from galsim_scenes import GalSimPlans

        from astroclassify.simulate import simulate_plans

        plans = GalSimPlans(self.seed, first(self.count, share))
        return _summary(simulate_plans(folder, plans, processes=asked.processes, progress=None))


@dataclass(frozen=True)
class Pictures(_InSet):
    """Labelled pictures as scenes."""

    seed: int

    def make(self, folder, share, asked):
        """Make the first part."""
        from astroclassify.simulate import labelled_pictures

        if asked.pictures is None:
            return "left out: --pictures FOLDER says where labelled pictures are"
        limit = first(len(labelled_pictures(asked.pictures)), share)
        options = {"seed": self.seed, "processes": asked.processes, "limit": limit}
        folder = folder.resolve()
        # A file's HISTORY names the picture: as it is called in its folder, wherever that lies.
        with contextlib.chdir(asked.pictures):
            return _summary(semireal.exposed(Path(), folder, **options))


@dataclass(frozen=True)
class Outliers:
    """Frames of each kind of outlier, camera and size."""

    count: int

    def make(self, folder, share, asked):
        """Make the first of each."""
        return f"{len(judge_frames.outliers(folder, count=first(self.count, share)))} frames"

    def files(self, folder):
        """List the files, the first of each kind before the second ones."""
        names = (path.name for path in folder.glob("*_raw.fits"))
        return [folder / name for name in sorted(names, key=lambda name: (name.split("-")[-1], name))]

    def frames(self, folder):
        """List the frames as `judge.py` takes them."""
        return judge_frames.outliers(folder, count=len({p.name.split("-")[-1] for p in self.files(folder)}))


EXAMINATIONS = {
    "clear": Drawn("judge_clear.toml", 750, 202621),
    "blurry": Drawn("judge_blurry.toml", 750, 302612),
    "csst_clear": Drawn("judge_csst_clear.toml", 500, 212621),
    "csst_blurry": Drawn("judge_csst_blurry.toml", 500, 312612),
    "fields": Drawn("judge_fields.toml", 2000, 515151),
    "outliers": Outliers(10),
    "galsim": Rendered(200, 606160),
    "semireal": Pictures(9),
}


def first(count, share):
    """Say how many of so many a share has: one at least."""
    return max(1, math.ceil(count * share - 1e-9))


def _summary(made):
    failed = f", {len(made.failures)} FAILED" if len(made.failures) else ""
    return f"{made.made} exposures made, {made.kept} kept{failed}"


def checksum(files):
    """Give the sha256 of the bytes of all files, one after the other."""
    digest = hashlib.sha256()
    for path in files:
        with path.open("rb") as stream:
            while block := stream.read(_BLOCK):
                digest.update(block)
    return digest.hexdigest()


def there(folder, only=None):
    """Give the examinations that a folder holds, with their folders."""
    names = [name for name in EXAMINATIONS if only is None or name in only]
    return {name: folder / name for name in names if any((folder / name).glob("*.fits"))}


def asked_for(arguments):
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=("make", "checksum"))
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", action="append", choices=list(EXAMINATIONS), help="only these")
    parser.add_argument("--share", type=float, help="the first part of each, above 0 to 1 (default: all)")
    parser.add_argument("--pictures", type=Path, metavar="FOLDER", help="labelled pictures, for semireal")
    parser.add_argument("--processes", type=int, default=1)
    chosen = parser.parse_args(arguments)
    if chosen.share is not None and not 0 < chosen.share <= 1:
        parser.error(f"--share is {chosen.share}; expected more than 0, at most 1")
    return chosen


def make(asked):
    """Make the examinations, and say how long each took."""
    for name in asked.only or EXAMINATIONS:
        start = time.monotonic()
        said = EXAMINATIONS[name].make(asked.folder / name, asked.share or 1.0, asked)
        print(f"{name:12} {said}, {time.monotonic() - start:.0f} s", flush=True)


def checksums(asked):
    """Print how many files each examination has, and their sha256."""
    for name, folder in there(asked.folder, asked.only).items():
        files = EXAMINATIONS[name].files(folder)
        files = files[: first(len(files), asked.share or 1.0)]
        print(f"{name:12} {len(files):5} {checksum(files)}", flush=True)


def main(arguments=None):
    """Make, or say the checksums."""
    asked = asked_for(arguments)
    {"make": make, "checksum": checksums}[asked.what](asked)


if __name__ == "__main__":
    main()
