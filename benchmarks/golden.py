"""Do answers and simulated bytes stay as they were? 20 fixed frames and 6 fixed exposures, to the last bit.

Beside them: the planes of each frame, a raw chip as `degrade` makes it poorer, and an outlier of each kind.

Run ``python benchmarks/golden.py write before.json`` with one version of the package and
``python benchmarks/golden.py compare before.json`` with another, on the same machine. Frames are drawn
(arrays, raw files of both cameras) or lie in ``../shared/fits``; of each answer every number and the map
of the evidence count, of each exposure the bytes of its file. Prints a line for each difference; the exit
status is 1 where there is one.
"""

import argparse
import hashlib
import json
import sys
import tempfile
import warnings
from functools import partial
from pathlib import Path

import numpy as np

try:
    from astroclassify.degrade import degrade
except ImportError:  # before it had a room of its own
    from astroclassify.simulate import degrade
from astroclassify import classify, read_frames
from astroclassify.models import find_spec
from astroclassify.preprocess import frame_array
from astroclassify.simulate import OUTLIERS, SimulationConfig, plan_exposure, random_frames, simulate_outlier

REAL = Path(__file__).resolve().parents[2] / "shared" / "fits"
REAL_FILES = {
    "cdfs_f814w_bin24.fits.gz": None,
    "cosmos_100610_f814w.fits": None,
    "m13.fits": None,
    "ngc1316.fits": None,
    "orion_1.fits": None,
    "hst_mos_1020228_wfc3_uvis_f814w_drz_cutout_20asec.fits": None,
}
DRAWN = 9
#: Name, what the exposure is drawn from, seed and number of it.
EXPOSURES = {
    "acs full": ({"instruments": {"acs-wfc": 1}}, 11, 0),
    "uvis full": ({"instruments": {"wfc3-uvis": 1}}, 12, 0),
    "uvis full, clear": ({"instruments": {"wfc3-uvis": 1}, "clear_snr": 1.0}, 13, 1),
    "acs full, blurry": ({"instruments": {"acs-wfc": 1}, "blurry": True}, 14, 0),
    "acs subarray": ({"instruments": {"acs-wfc": 1}, "apertures": {"acs-wfc": ["WFC1A-1K"]}}, 15, 3),
    "uvis subarray": (
        {"instruments": {"wfc3-uvis": 1}, "apertures": {"wfc3-uvis": ["UVIS2-C1K1C-SUB"]}},
        16,
        2,
    ),
}
DEGRADED = {
    "shorter": {"exptime_factor": 0.1},
    "blurred": {"psf_fwhm": 4.0, "exptime_factor": 0.5},
    "csst": {"instrument": "csst-msc", "band": "r", "exptime_factor": 0.1},
}


def digest(array):
    """Give a checksum of an array's numbers and shape."""
    array = np.ascontiguousarray(array)
    return hashlib.sha256(str((array.dtype, array.shape)).encode() + array.tobytes()).hexdigest()[:24]


def expose(settings, seed, index, folder, name):
    """Write the raw file of an exposure."""
    plan = plan_exposure(SimulationConfig(**settings), seed, index)
    path = folder / f"{name.replace(' ', '_').replace(',', '')}_raw.fits"
    plan.expose().write(path, header=plan.header())
    return path


def answered(frame, **options):
    """Give all that an answer says, as text and checksums."""
    answer = classify(frame, **options)
    evidence = getattr(answer.evidence, "data", answer.evidence)
    return {
        "label": answer.label,
        "leaning": answer.leaning,
        "probability": repr(float(answer.probability)),
        "probabilities": {name: repr(float(p)) for name, p in answer.probabilities.items()},
        "novelty": repr(float(answer.novelty)),
        "evidence": None if evidence is None else digest(np.asarray(evidence)),
    }


def frames(folder, raw):
    """Yield a name and a frame: 9 drawn, 5 raw chips, 6 real."""
    for seed in range(DRAWN):
        yield f"drawn {seed}", random_frames(seed, shape=(256 + 16 * seed, 300))[0].array
    for name, path in raw.items():
        yield name, read_frames(path)[0]
    for name in REAL_FILES:
        if (REAL / name).is_file():
            yield name, read_frames(REAL / name)[0]


def found():
    """Make the frames and exposures, and say what comes of them."""
    result = {"exposures": {}, "frames": {}, "planes": {}, "degraded": {}, "outliers": {}}
    planes = partial(find_spec("default").planes)
    with tempfile.TemporaryDirectory() as folder:
        raw = {}
        for name, (settings, seed, index) in EXPOSURES.items():
            raw[name] = expose(settings, seed, index, Path(folder), name)
            result["exposures"][name] = hashlib.sha256(raw[name].read_bytes()).hexdigest()
        shown = {name: raw[name] for name in list(raw)[1:]}
        for name, frame in frames(Path(folder), shown):
            result["frames"][name] = answered(frame)
            result["planes"][name] = digest(planes(frame_array(frame)))
        for name, asked in DEGRADED.items():
            poorer = degrade(read_frames(raw["uvis full"])[0], rng=3, **asked)
            result["degraded"][name] = digest(poorer.data) + digest(poorer.uncertainty.array)
    for kind in OUTLIERS:
        outlier = simulate_outlier(kind, "wfc3-uvis", rng=5, aperture="UVIS2-C1K1C-SUB")
        result["outliers"][kind] = "".join(digest(image) for image in outlier.raw.values())
    return result


def differences(before, now, path=()):
    """Yield each place where two results differ."""
    if isinstance(before, dict) and isinstance(now, dict):
        for key in sorted({*before, *now}):
            yield from differences(before.get(key), now.get(key), (*path, key))
    elif before != now:
        yield f"{' / '.join(path)}: {before} before, {now} now"


def main():
    """Write the results, or compare them with those of another version."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("action", choices=("write", "compare"))
    parser.add_argument("path", type=Path)
    chosen = parser.parse_args()
    warnings.simplefilter("ignore")
    now = found()
    counted = f"{len(now['frames'])} frames, {len(now['exposures'])} exposures"
    if chosen.action == "write":
        chosen.path.write_text(json.dumps(now, indent=1) + "\n", encoding="utf-8")
        print(f"{chosen.path}: {counted}")
        return 0
    different = list(differences(json.loads(chosen.path.read_text(encoding="utf-8")), now))
    print("\n".join(different) or f"all equal: {counted}")
    return bool(different)


if __name__ == "__main__":
    sys.exit(main())
