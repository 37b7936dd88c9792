"""The objects of a field: their truth, and the parts that they are drawn from."""

from dataclasses import dataclass

import numpy as np

from astroclassify.simulate.survey._draw import Parts

#: Members of a pair that are farther apart than this, arcsec, are objects of their own.
RESOLVED = 0.15
_KNOTS = 5  # on average, of a galaxy that has some
_KNOT_RADIUS = 0.12  # half-light radius of a knot over that of its galaxy
_OWN = ("class", "kind", "y", "x", "redshift", "radius", "separation")


@dataclass(frozen=True, eq=False)
class Objects:
    """
    Objects of a field.

    Parameters
    ----------
    truth : dict of str to numpy.ndarray
        ``class``, ``kind``, ``y``, ``x`` (pixels), ``redshift``, ``radius`` (half-light, arcsec),
        ``separation`` (arcsec, of binaries), ``mags`` ``[object, band]``.
    parts : Parts
        What they are drawn from.
    """

    truth: dict
    parts: Parts

    def __len__(self):
        return self.truth["y"].size

    @classmethod
    def joined(cls, several):
        """
        Join objects; owners of parts are numbered anew.

        Parameters
        ----------
        several : sequence of Objects
            Some.

        Returns
        -------
        Objects
            All of them.
        """
        starts = np.cumsum([0, *(len(objects) for objects in several)])
        parts = Parts.joined([objects.parts for objects in several])
        sizes = [len(objects.parts) for objects in several]
        parts.owner[:] += np.repeat(starts[:-1], sizes)
        truth = {
            name: np.concatenate([objects.truth[name] for objects in several]) for name in several[0].truth
        }
        return cls(truth, parts)


def _truth(kind, y, x, mags, name, *, redshift=0.0, radius=0.0, separation=0.0):
    full = {"redshift": redshift, "radius": radius, "separation": separation}
    number = y.size
    columns = {key: np.broadcast_to(np.asarray(value, float), number).copy() for key, value in full.items()}
    kinds = np.broadcast_to(np.asarray(kind).astype("U11"), number)
    return {"class": np.full(number, name, "U6"), "kind": kinds, "y": y, "x": x, "mags": mags} | columns


def _points(y, x, electrons, owner):
    zero = np.zeros(y.size)
    return Parts(y, x, electrons, zero, zero + 1, zero, zero, owner)


def _places(rng, number, shape, margin):
    return tuple(rng.uniform(-0.5 - margin, side - 0.5 + margin, number) for side in shape)


def star_objects(rng, stars, shape, margin, scale, zero):
    """
    Place stars.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of randomness.
    stars : dict
        From `draw_stars`.
    shape : tuple of int
        Rows and columns.
    margin : float
        Pixels around them that have objects too.
    scale : float
        Arcseconds per pixel.
    zero : numpy.ndarray
        AB magnitudes of one electron in all, ``[band]``.

    Returns
    -------
    Objects
        Stars; a pair that is not resolved is one of them, made of two points.
    """
    number = stars["separation"].size
    y, x = _places(rng, number, shape, margin)
    angle = rng.uniform(0, 2 * np.pi, number)
    paired = np.isfinite(stars["companion"][:, 0])
    distance = np.where(paired, stars["separation"], 0.0) / scale
    y2, x2 = y + distance * np.sin(angle), x + distance * np.cos(angle)
    apart = paired & (stars["separation"] > RESOLVED)
    close = paired & ~apart
    flux, second = _electrons(stars["mags"], zero), _electrons(stars["companion"], zero)
    both = stars["mags"].copy()
    both[close] = zero - 2.5 * np.log10(flux[close] + second[close])
    separation = np.where(paired, stars["separation"], 0.0)
    own = _truth(stars["kind"], y, x, both, "star", separation=separation)
    others = _truth(
        "binary", y2[apart], x2[apart], stars["companion"][apart], "star", separation=separation[apart]
    )
    truth = {name: np.concatenate([own[name], others[name]]) for name in own}
    own_part = _points(y, x, flux, np.arange(number))
    partner = _points(y2[close], x2[close], second[close], np.flatnonzero(close))
    away = _points(y2[apart], x2[apart], second[apart], number + np.arange(apart.sum()))
    return Objects(truth, Parts.joined([own_part, partner, away]))


def _electrons(mags, zero):
    return 10 ** (-0.4 * (np.minimum(mags, 60.0) - zero))


def galaxy_objects(rng, galaxies, shape, margin, scale, zero):
    """
    Place galaxies: bulge, disk, and knots of young stars.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of randomness.
    galaxies : dict
        From `draw_galaxies`.
    shape, margin, scale, zero
        As for `star_objects`.

    Returns
    -------
    Objects
        Galaxies.
    """
    number = galaxies["redshift"].size
    y, x = _places(rng, number, shape, margin)
    radius, owner = galaxies["radius"] / scale, np.arange(number)
    disk, bulge = (_electrons(galaxies[name], zero) for name in ("disk_mags", "bulge_mags"))
    knotted = rng.random(number) < np.where(galaxies["knots"] > 0.05, 0.8, 0.0)
    in_knots = np.where(knotted, galaxies["knots"], 0.0)
    shapes = (galaxies["ratio"], galaxies["angle"])
    # Elliptical galaxies keep the light outside of their bulge in the same profile.
    index = np.where(galaxies["kind"] == "elliptical", galaxies["bulge_index"], galaxies["index"])
    parts = [
        Parts(y, x, disk * (1 - in_knots)[:, None], radius, *shapes, index, owner),
        Parts(
            y,
            x,
            bulge,
            galaxies["bulge_radius"] / scale,
            galaxies["bulge_ratio"],
            galaxies["angle"],
            galaxies["bulge_index"],
            owner,
        )[galaxies["bulge"] > 0.01],
        _knots(rng, y, x, disk * in_knots[:, None], radius, *shapes, np.flatnonzero(in_knots > 0)),
    ]
    mean_radius = galaxies["radius"] * (1 - galaxies["bulge"]) + galaxies["bulge_radius"] * galaxies["bulge"]
    truth = _truth(
        galaxies["kind"], y, x, galaxies["mags"], "galaxy", redshift=galaxies["redshift"], radius=mean_radius
    )
    return Objects(truth, Parts.joined(parts))


def _knots(rng, y, x, light, radius, ratio, angle, owners):
    """Star-forming knots within the disks of galaxies."""
    numbers = 1 + rng.poisson(_KNOTS - 1, owners.size)
    owner = np.repeat(owners, numbers)
    along = rng.normal(0, 0.7, owner.size) * radius[owner]
    across = rng.normal(0, 0.7, owner.size) * radius[owner] * ratio[owner]
    c, s = np.cos(angle[owner]), np.sin(angle[owner])
    weight = rng.exponential(1.0, owner.size)
    weight /= (
        np.repeat(np.add.reduceat(weight, np.append(0, np.cumsum(numbers)[:-1])), numbers)
        if owner.size
        else 1
    )
    size = _KNOT_RADIUS * radius[owner]
    flat = np.ones(owner.size)
    return Parts(
        y[owner] + s * along + c * across,
        x[owner] + c * along - s * across,
        light[owner] * weight[:, None],
        size,
        flat,
        0 * flat,
        0.5 * flat,
        owner,
    )


def quasar_objects(rng, quasars, shape, margin, scale, zero):
    """
    Place quasars, and their hosts.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of randomness.
    quasars : dict
        From `draw_quasars`.
    shape, margin, scale, zero
        As for `star_objects`.

    Returns
    -------
    Objects
        Quasars.
    """
    number = quasars["redshift"].size
    y, x = _places(rng, number, shape, margin)
    owner, hosted = np.arange(number), quasars["radius"] > 0
    host = Parts(
        y,
        x,
        _electrons(quasars["host_mags"], zero),
        quasars["radius"] / scale,
        rng.uniform(0.3, 1.0, number),
        rng.uniform(0, np.pi, number),
        np.ones(number),
        owner,
    )[hosted]
    points = _points(y, x, _electrons(quasars["point_mags"], zero), owner)
    truth = _truth(
        "quasar", y, x, quasars["mags"], "quasar", redshift=quasars["redshift"], radius=quasars["radius"]
    )
    return Objects(truth, Parts.joined([points, host]))
