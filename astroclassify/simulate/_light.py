"""The light of the sky on a camera's detector pixels: body, surroundings, optics, sky brightness."""

import numpy as np

from astroclassify.photometry import sky_rate
from astroclassify.simulate._random_streams import RandomStreams
from astroclassify.simulate.optics._observe import observe_scene
from astroclassify.simulate.optics._psf import PointSpread, point_spread
from astroclassify.simulate.optics._telescopes import Optics
from astroclassify.simulate.scenes._fields import add_background, add_foreground
from astroclassify.simulate.scenes._palette import response

#: Scenes are drawn on pixels this many times larger than the detector's.
SCENE_FACTOR = 2


def random_pointing(rng):
    """
    Draw where a telescope looks, with equal chance for every part of the sky but its poles.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    tuple of float
        RA, Dec and position angle of the y axis, degrees.
    """
    # The area of the sky below a declination grows with its sine: equal areas are equal steps of the sine.
    # The twentieth that is left out lies within 18 degrees of the poles, where RA turns fast over a field.
    return (
        float(rng.uniform(0, 360)),
        float(np.degrees(np.arcsin(rng.uniform(-0.95, 0.95)))),
        float(rng.uniform(-180, 180)),
    )


def random_sky(rng):
    """
    Draw the sky's brightness, from the ecliptic to its poles, half of the time with earthshine.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    tuple
        Zodiacal light and earthshine (or `None`), V mag / arcsec2.
    """
    earth = float(rng.uniform(22.5, 25.5)) if rng.random() < 0.5 else None
    return float(rng.uniform(22.1, 23.3)), earth


def light_on_field(field, body, view, band, sky, *, optics=None, densities=(1.0, 1.0), device="cpu"):
    """
    Give the light of a body and of what is around it on the whole field, after the optics.

    Parameters
    ----------
    field : FieldOfView
        Where the detector's pixels are.
    body : Body
        What is looked at.
    view : View
        Window of the whole field on detector pixels.
    band : str or Bandpass
        Filter.
    sky : tuple
        Zodiacal light and earthshine (or `None`), V mag / arcsec2.
    optics : Optics or PointSpread, optional
        By default the camera's.
    densities : tuple of float, default (1, 1)
        Numbers of foreground stars and of background galaxies, relative to the usual.
    device : str or torch.device, default "cpu"
        Where to compute.

    Returns
    -------
    torch.Tensor
        Electrons per second and detector pixel, float32, of the field's shape.
    """
    camera = field.camera
    band_response = response(camera.name, band, redshift=body.redshift)
    scene = body.scene(view.coarser(SCENE_FACTOR), device=device)
    around = RandomStreams(_seed_of_surroundings(body, view), device=device)
    add_background(scene, around, density=densities[1])
    add_foreground(scene, body.latitude, around, density=densities[0])
    diffuse, points = scene.observed(band_response)
    points[:2] = on_detector(points[:2])
    if not isinstance(optics, PointSpread):
        optics = point_spread(camera.name, band, optics=optics or Optics.of(camera.name), device=device)
    zodiacal, earth = sky
    # The sky is diffuse light like others: of both, a pixel gets what falls on its area.
    background = float(sky_rate(band_response.bandpass, zodiacal=zodiacal, earth=earth).value)
    diffuse = diffuse / SCENE_FACTOR**2 + background
    areas = field.areas(SCENE_FACTOR)
    diffuse *= areas if isinstance(areas, float) else areas.to(diffuse.device)
    return observe_scene(diffuse, points, optics, shape=field.shape, factor=SCENE_FACTOR)


def on_detector(positions):
    """Turn positions on a scene's pixels into positions on the detector's (numpy.ndarray, 0-based)."""
    # Pixel i of the scene covers pixels i f to i f + f - 1 of the detector. Its edges are at i - 0.5 and i +
    # 0.5; only these scale: x + 0.5 becomes f (x + 0.5).
    return (positions + 0.5) * SCENE_FACTOR - 0.5


def _seed_of_surroundings(body, view):
    """The same view of a body has the same stars around it, in every band."""
    window = np.array([*view.centre, view.angle]).view(np.uint64)
    return [body.seed, *(int(number) for number in window)]
