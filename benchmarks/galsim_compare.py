"""Side by side with GalSim: ``python benchmarks/galsim_compare.py [--stars 50000]``.

Needs ``pip install galsim``. Both get the same point-spread function (GalSim as an InterpolatedImage of our
oversampled array, which has the pixel in it), the same Sersic galaxies and the same stars. Prints fluxes and
Gaussian-weighted second moments, measured alike on both images, and the time for a cluster on the full
two-chip mosaic: CPU seconds, both on one thread in the same run. GalSim draws each star once on a stamp as
large as the core that we draw for a star of that flux, which leaves out the wings that ours has, and once on
a stamp of the size that it finds good itself (99.5% of the light).
"""

import argparse
import time

import galsim
import numpy as np
import torch

from astroclassify.simulate.optics._observe import CORES, observe_scene
from astroclassify.simulate.optics._psf import point_spread

MOSAIC = (4146, 4096)
NOBODY = np.zeros((3, 0))


def galsim_psf(spread):
    """Give GalSim our point-spread function."""
    half = spread.array.shape[0] // 2
    array = torch.roll(spread.array, (half, half), dims=(0, 1)).double().numpy()
    # Of an even image, GalSim takes the middle, half a sample before our element [n // 2, n // 2].
    image = galsim.Image(np.pad(array, ((0, 1), (0, 1))), scale=spread.pixel_scale / spread.oversampling)
    return galsim.InterpolatedImage(image, x_interpolant=galsim.Lanczos(7), flux=1.0)


def moments(image, centre, width):
    """Flux in a circle of four widths; variances and covariance under a Gaussian of that width."""
    y, x = np.indices(image.shape) - np.reshape(centre, (2, 1, 1))
    light = image * np.exp(-0.5 * (y * y + x * x) / width**2)
    dy, dx = (light * y).sum() / light.sum(), (light * x).sum() / light.sum()
    second = [(light * a).sum() / light.sum() for a in ((y - dy) ** 2, (x - dx) ** 2, (y - dy) * (x - dx))]
    return image[np.hypot(y, x) < 4 * width].sum(), np.array(second)


def report(name, ours, theirs):
    """Print how far fluxes and moments are apart; moments relative to the variances."""
    flux = ours[0] / theirs[0] - 1
    second = (ours[1] - theirs[1]) / theirs[1][:2].mean()
    shape = "".join(f" {axes} {value:+8.3%}" for axes, value in zip(("yy", "xx", "yx"), second, strict=True))
    return f"{name:32s} flux {flux:+9.4%}   moments{shape}"


def sersic(n, radius, q, angle, *, side, factor):
    """Draw a galaxy on coarse pixels: at their centres, with a cusp averaged over them."""
    fine = 8 if n > 2 else 1
    model = galsim.Sersic(n=n, half_light_radius=1.0)  # only for the profile's constant
    step = factor / fine
    x = torch.arange(side * fine // factor, dtype=torch.float64) * step + (step - 1) / 2 - side / 2
    y, x = torch.meshgrid(x, x, indexing="ij")
    along, across = np.cos(angle) * x + np.sin(angle) * y, np.cos(angle) * y - np.sin(angle) * x
    r = torch.hypot(along * np.sqrt(q), across / np.sqrt(q)) / radius
    light = torch.exp(-((r / model.scale_radius) ** (1 / n)))
    return torch.nn.functional.avg_pool2d(light[None, None], fine)[0, 0]


def galaxies(spread, psf):
    """Compare galaxies of several shapes."""
    side, p = 1024, spread.pixel_scale
    for n, radius, q in ((1.0, 20.0, 0.6), (1.5, 6.0, 0.8), (4.0, 20.0, 0.7)):
        model = galsim.Sersic(n=n, half_light_radius=radius * p).shear(q=q, beta=0.5 * galsim.radians)
        theirs = galsim.Convolve(model, psf).drawImage(
            nx=side, ny=side, scale=p, method="no_pixel", offset=(0.5, 0.5)
        )
        light = sersic(n, radius, q, 0.5, side=side, factor=2)
        # Total light of the profile on the plane, so that fluxes can be compared.
        scale = galsim.Sersic(n=n, half_light_radius=radius).xValue(0, 0)
        ours = observe_scene((light * scale).float(), NOBODY, spread, shape=(side, side), factor=2)
        centre, width = (side // 2, side // 2), 1.5 * radius
        pair = [moments(image, centre, width) for image in (ours.double().numpy(), theirs.array)]
        print(report(f"Sersic n={n:g}, r_e={radius:g} px, q={q:g}", *pair))


def stars(spread, psf):
    """Compare stars of four fluxes, each at many phases within a pixel."""
    rng, side, spacing = np.random.default_rng(1), 1000, 100
    cells = (np.stack(np.mgrid[0:10, 0:10]).reshape(2, -1) + 0.5) * spacing
    for flux in (10.0, 100.0, 1e3, 1e4):
        places = cells + rng.uniform(-0.5, 0.5, cells.shape)
        points = np.concatenate([places, np.full((1, 100), flux)])
        ours = (
            observe_scene(torch.zeros(side // 2, side // 2), points, spread, shape=(side, side))
            .double()
            .numpy()
        )
        image = galsim.ImageD(side, side, scale=spread.pixel_scale)
        for y, x in places.T:
            draw_star(image, psf, y, x, flux, 255)
        worst_flux, worst_second = 0.0, 0.0
        for y, x in places.T:
            first, last = int(y) - 40, int(x) - 40
            cut = np.s_[first : first + 81, last : last + 81]
            (f, m), (f0, m0) = (moments(i[cut], (y - first, x - last), 4.0) for i in (ours, image.array))
            worst_flux = max(worst_flux, abs(f / f0 - 1))
            worst_second = max(worst_second, np.abs((m - m0) / m0[:2].mean()).max())
        print(f"100 stars of {flux:7g} e-/s, worst    flux {worst_flux:9.4%}   moments {worst_second:8.3%}")


def draw_star(image, psf, y, x, flux, side):
    """Add a star to a GalSim image; y and x are 0-based."""
    row, column, half = round(y), round(x), side // 2
    bounds = (
        galsim.BoundsI(column + 1 - half, column + 1 + half, row + 1 - half, row + 1 + half) & image.bounds
    )
    if bounds.isDefined():
        psf.withFlux(flux).drawImage(
            image=image[bounds], center=(x + 1, y + 1), method="no_pixel", add_to_image=True
        )


def cluster(number, rng):
    """Draw a Plummer cluster of stars whose fluxes spread over decades."""
    radius = 500 / np.sqrt(rng.random(number) ** -1 - 1 + 1e-6)
    angle = rng.uniform(0, 2 * np.pi, number)
    places = np.stack([radius * np.sin(angle) + MOSAIC[0] / 2, radius * np.cos(angle) + MOSAIC[1] / 2])
    limits = np.array(MOSAIC)[:, None]
    places = places % limits
    return np.concatenate([places, 10 ** rng.normal(0.3, 0.8, (1, number))])


def speed(spread, psf, number):
    """Time a cluster on the mosaic."""
    points = cluster(number, np.random.default_rng(2))
    dark = torch.zeros(MOSAIC[0] // 2, MOSAIC[1] // 2)
    times = []
    for _ in range(3):
        start = time.process_time()
        observe_scene(dark, points, spread, shape=MOSAIC)
        times.append(time.process_time() - start)
    print(f"{number} stars on {MOSAIC[0]} x {MOSAIC[1]}, CPU seconds on 1 thread")
    print(f"  ours: {times[0]:.2f} s the first time, then {min(times[1:]):.2f} s")
    own = psf.getGoodImageSize(spread.pixel_scale)
    for label, part, sides in (
        (
            "stamps as large as our cores",
            points,
            [next(s for s, top in CORES if f <= top) for f in points[2]],
        ),
        (f"its own stamps of {own} pixels", points[:, ::10], [own + 1] * len(points[2, ::10])),
    ):
        image = galsim.ImageF(MOSAIC[1], MOSAIC[0], scale=spread.pixel_scale)
        start = time.process_time()
        for (y, x, flux), side in zip(part.T, sides, strict=True):
            draw_star(image, psf, y, x, flux, side)
        theirs = (time.process_time() - start) * number / part.shape[1]
        whole = observe_scene(dark, part, spread, shape=MOSAIC).double().sum()
        note = "" if part.shape[1] == number else f" (scaled up from {part.shape[1]} stars)"
        print(
            f"  GalSim, {label}: {theirs:.2f} s{note}, {theirs / min(times[1:]):.1f} times ours "
            f"({theirs / times[0]:.1f} the first time); "
            f"light {image.array.sum(dtype=float) / whole:.4f} of ours"
        )


def main():
    """Print everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stars", type=int, default=50_000)
    parser.add_argument("--camera", default="acs-wfc")
    parser.add_argument("--band", default="F606W")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    start = time.perf_counter()
    spread = point_spread(arguments.camera, arguments.band)
    print(f"GalSim {galsim.__version__}; our point-spread function took {time.perf_counter() - start:.2f} s")
    psf = galsim_psf(spread)
    galaxies(spread, psf)
    stars(spread, psf)
    speed(spread, psf, arguments.stars)


if __name__ == "__main__":
    main()
