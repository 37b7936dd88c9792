"""What a screening keeps: the share of frames dropped at each limit of the probability of field, by list.

Run: ``python benchmarks/screening.py LIST... [--kept DIR] [--every N]``. Simulate the lists
with ``astroclassify simulate``: of bodies (``benchmarks/judge_clear.toml``, ``judge_blurry.toml``) and of
empty fields (``judge_fields.toml``). What the model said is kept in DIR, so that a run that was stopped
goes on.
"""

import argparse
import warnings
from pathlib import Path

import numpy as np

LIMITS = (0.02, 0.05, 0.1, 0.2, 0.3, 0.5)


def main():
    """Screen each list once, and count at each limit."""
    from astroclassify.core import AstroclassifyWarning
    from astroclassify.curation import screen_frames
    from astroclassify.datasets import read_manifest

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("lists", nargs="+", type=Path, metavar="LIST")
    parser.add_argument("--kept", type=Path, default=Path("screened"), help="folder of what the model said")
    parser.add_argument("--every", type=int, default=1, help="use one exposure of so many")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore", AstroclassifyWarning)
    print(
        f"{'list':20} {'frames':>6} {'bodies':>6} {'novel':>6}  dropped above "
        + " ".join(f"{x:5}" for x in LIMITS)
    )
    for path in arguments.lists:
        table = read_manifest(path)
        chosen = sorted(set(table["OBSID"]))[:: arguments.every]
        table = table[np.isin(table["OBSID"], chosen)]
        name = path.parent.name
        screened = screen_frames(
            table, frame_dir=path.parent, output=arguments.kept / f"{name}.screened.ecsv"
        )
        novel = screened["novelty"] > screened.meta["screening"]["novelty_above"]
        shares = " ".join(f"{np.mean(screened['p_class_field'] > limit):5.1%}" for limit in LIMITS)
        print(
            f"{name:20} {len(screened):6} {len(set(screened['ID'])):6} {novel.mean():6.1%} {'':14} {shares}"
        )
    print("weights", screened.meta["screening"]["weights"][:12])


if __name__ == "__main__":
    main()
