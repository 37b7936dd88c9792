"""Is the right body named, and how fast?

``python benchmarks/identify.py`` names the body of every row of the published lists (``../shared/lcid``) by
where it points: how many are right, which bodies are named instead, and how many pointings a second that is.
The candidates are everything in OpenNGC (pyongc), as it is and with the package's own table in front.
A row is a disk with the area of a chip: the lists give no roll.
``--check`` compares the package's own catalogue with OpenNGC's, row by row. No network.
"""

import argparse
from collections import Counter
from pathlib import Path
from time import process_time

import numpy as np
from astropy import units as u
from astropy.coordinates import SkyCoord
from astropy.table import Table, vstack
from astropy.wcs import WCS
from read import processor

from astroclassify.datasets import body_key, disk_outlines, read_manifest, resolve_body, sky_shares
from astroclassify.identify import find_catalogue, identify, name_pointings

LISTS = ("LCID_test.csv", "blurry_validation.csv")
MANY = 100_000
TIMES = 5
HALF_A_CHIP = 2.0  # arcminutes, from its middle to a corner
CHIP = 1.35 / 60  # degrees, radius of a disk with its area
ON = "on the body's outline in these candidates"
MARGIN = 1.0  # arcminutes, within which a body beside a field is named, as `identify` does by default


def main():
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--lists", type=Path, default=Path("../shared/lcid"), metavar="FOLDER")
    parser.add_argument(
        "--catalogue",
        nargs="+",
        default=["openngc", "combined"],
        help="the candidates (default: openngc combined)",
    )
    parser.add_argument("--check", action="store_true", help="compare the package's catalogue with OpenNGC")
    arguments = parser.parse_args()
    if arguments.check:
        return check()
    listed = vstack([read_manifest(arguments.lists / name) for name in LISTS], metadata_conflicts="silent")
    for name in arguments.catalogue:
        bodies = find_catalogue(name).catalogue
        print(f"{len(listed)} rows of {len(set(listed['ID']))} bodies; {name}: {len(bodies)} candidates\n")
        rate(listed, bodies, name)
    print(f"processor: {processor()}; one thread, its own time")
    return [speed(listed, name) for name in arguments.catalogue]


def rate(listed, bodies, catalogue):
    """How often the right body is first, by where the rows lie."""
    positions = SkyCoord(listed["RA"], listed["DEC"], unit="deg")
    named = name_pointings(positions, catalogue=catalogue, margin=MARGIN)
    known = np.array([own_row(name, bodies) for name in listed["ID"]])
    found = np.array([bodies.numbers[body_key(name)] if name else -1 for name in named["name"]])
    right = np.array([same(name, bodies, row) for name, row in zip(listed["ID"], found, strict=True)])
    seen = touched(positions, known, bodies)
    agrees = np.asarray(named["label"]) == np.char.lower(np.asarray(listed["Label"], dtype=str))
    where = places(positions, known, bodies)
    far = np.where([is_far(row) for row in listed], "beyond the package's size by half a chip", "within that")
    print(f"{'rows whose pointing lies':42} rows    right first     same label  some in the field")
    for kind in (where, far):
        for text in sorted(set(kind.tolist()), reverse=True):
            chosen = kind == text
            shares = "".join(f"{share(each[chosen]):>15}" for each in (right, agrees, seen))
            print(f"{text:42}{chosen.sum():5}{shares}")
        print()
    other = ~right & (found >= 0)
    on = places(positions[other], found[other], bodies) == ON
    print(f"of {other.sum()} rows with another name, the pointing of {on.sum()} lies on the body so named\n")
    where = np.char.add(np.char.add(where, ", "), far)
    show(
        "named instead",
        Counter(
            zip(
                where[~right],
                listed["ID"][~right],
                named["name"][~right],
                named["class"][~right],
                strict=True,
            )
        ),
    )
    show(
        "nested: right, in a larger body that covers the field too",
        nested(listed, positions, bodies, found, right),
    )


def is_far(row):
    """Whether a row lies beyond its body as `astroclassify datasets report` counts them."""
    body = resolve_body(row["ID"])
    return body.separation(row["RA"], row["DEC"]) > body.diameter / 2 + HALF_A_CHIP


def own_row(name, bodies):
    """The row of a listed body among the candidates, -1 if it has none."""
    body = resolve_body(name)
    rows = [bodies.numbers.get(body_key(each), -1) for each in (body.name, *body.aliases)]
    return next((row for row in rows if row >= 0), -1)


def same(name, bodies, row):
    """Whether a candidate is the listed body, under any of its names."""
    if row < 0:
        return False
    body = resolve_body(name)
    wanted = {body_key(each) for each in (body.name, *body.aliases)}
    names = (bodies.table["name"][row], *bodies.table["other_names"][row].split(";"))
    return bool(wanted & {body_key(each) for each in names if each})


def touched(positions, known, bodies):
    """Whether any of each row's body lies in its field."""
    outlines = disk_outlines(positions.ra.deg, positions.dec.deg, CHIP)
    return (sky_shares(outlines, bodies.ellipses[known])[1] > 0) & (known >= 0)


def places(positions, known, bodies):
    """Where each row's middle lies with regard to its body's outline."""
    point = disk_outlines(positions.ra.deg, positions.dec.deg, 1e-5, corners=4)
    inside = sky_shares(point, bodies.ellipses[known])[0] > 0.5
    texts = np.where(inside, ON, "beyond that outline")
    return np.where(known < 0, "anywhere: not a candidate", texts)


def nested(listed, positions, bodies, found, right):
    """The larger bodies that cover at least a fifth of the fields whose body is named rightly."""
    fields, rows, _ = bodies.pairs(positions.ra.deg, positions.dec.deg, CHIP)
    outlines = disk_outlines(positions.ra.deg[fields], positions.dec.deg[fields], CHIP)
    covered = sky_shares(outlines, bodies.ellipses[rows])[0]
    around = right[fields] & (rows != found[fields]) & (covered >= 0.2)
    return Counter(
        ("", listed["ID"][field], bodies.table["name"][row], bodies.table["class"][row])
        for field, row in zip(fields[around], rows[around], strict=True)
    )


def share(right):
    """A count and a percentage."""
    return f"{right.sum()} {right.mean():7.1%}"


def show(title, cases):
    """Print cases with how many rows each has."""
    print(f"{title}:")
    for (where, body, other, kind), rows in cases.most_common():
        print(f"{rows:6}  {body:10} {'' if where else 'in '}{other or 'nothing'} {kind} {where}")
    print()


def speed(listed, catalogue):
    """Pointings a second, and milliseconds for a frame with a WCS."""
    rng = np.random.default_rng(0)
    rows = rng.integers(0, len(listed), MANY)
    everywhere = rng.uniform(0, 360, MANY), np.degrees(np.arcsin(rng.uniform(-1, 1, MANY)))
    near = (listed["RA"][rows] + rng.normal(0, 0.01, MANY)) % 360, listed["DEC"][rows]
    for text, place in (("all over the sky", everywhere), ("about the lists' rows", near)):
        seconds = best(name_pointings, SkyCoord(*place, unit="deg"), catalogue=catalogue)
        print(f"{MANY} pointings {text}: {seconds:.2f} s, {MANY / seconds:,.0f} a second")
    wcs = WCS(naxis=2)
    wcs.wcs.ctype, wcs.wcs.crval, wcs.wcs.cdelt = ["RA---TAN", "DEC--TAN"], [202.47, 47.2], [-1.4e-5, 1.4e-5]
    for name in ("builtin", catalogue):
        seconds = best(identify, wcs, shape=(2048, 4096), catalogue=name)
        print(f"a frame with a WCS, {name}: {1000 * seconds:.1f} ms")


def best(function, *arguments, **options):
    """Seconds of a processor that the fastest of a few calls takes; one thread does the work."""
    times = []
    for _ in range(TIMES):
        start = process_time()
        function(*arguments, **options)
        times.append(process_time() - start)
    return min(times)


def check():
    """Print where the package's catalogue and OpenNGC differ."""
    ours, theirs = (find_catalogue(name).catalogue for name in ("builtin", "openngc"))
    rows, absent = [], []
    for row in ours.table:
        names = (row["name"], *filter(None, row["other_names"].split(";")))
        there = next((theirs.numbers[key] for key in map(body_key, names) if key in theirs.numbers), None)
        if there is None:
            absent.append(str(row["name"]))
        else:
            rows.append(differences(row, theirs.table[there]))
    table = Table(rows=[row for row in rows if any(row[3:])], names=("name", "source", "class", *TOLD))
    table.pprint(max_lines=-1, max_width=-1, align="<")
    counts = ", ".join(f"{name} {np.sum(table[name] != '')}" for name in TOLD)
    print(f"\n{len(rows)} bodies compared; different: {counts}; not in OpenNGC: {', '.join(absent)}")


#: What is told of a difference: farther apart than 2' and 15% of the size; sizes by a factor of 1.5, shapes
#: by 0.15, angles by 15 degrees; the package's value first.
TOLD = ("apart [arcmin]", "major axis", "axis ratio", "angle", "class there")


def differences(ours, theirs):
    """A row of the table of differences; empty where two entries agree."""
    away = ours["position"].separation(theirs["position"]).to_value(u.arcmin)
    major, there = (row["major_axis"].to_value(u.arcmin) for row in (ours, theirs))
    ratios = [
        float(row["minor_axis"] / row["major_axis"]) if row["major_axis"] > 0 else np.nan
        for row in (ours, theirs)
    ]
    angles = [row["position_angle"].to_value(u.deg) for row in (ours, theirs)]
    turned = abs((angles[0] - angles[1] + 90) % 180 - 90)
    shaped = ours["class"] == "galaxy" and ratios[0] < 0.95
    return (
        *(str(ours["name"]), str(ours["source"]), str(ours["class"])),
        f"{away:.1f}" if away > max(2, 0.15 * major) else "",
        f"{major:g} {there:g}" if there and major and not 1 / 1.5 < major / there < 1.5 else "",
        f"{ratios[0]:.2f} {ratios[1]:.2f}" if shaped and abs(ratios[0] - ratios[1]) > 0.15 else "",
        f"{angles[0]:g} {angles[1]:g}" if shaped and max(ratios) < 0.85 and turned > 15 else "",
        str(theirs["class"] or theirs["type"]) if ours["class"] != theirs["class"] else "",
    )


if __name__ == "__main__":
    main()
