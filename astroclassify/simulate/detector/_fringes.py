"""Fringes: light of narrow red bands interferes with what the back of a thinned chip reflects."""

import numpy as np
import torch

# Absorption of silicon (1/cm) at wavelengths in nm, at room temperature: Green & Keevers (1995), Prog.
# Photovolt. 3, 189; colder silicon absorbs less.
_ABSORPTION = (
    (600.0, 4140.0),
    (700.0, 1900.0),
    (800.0, 850.0),
    (900.0, 306.0),
    (1000.0, 64.0),
    (1100.0, 3.5),
)
_INDEX = 3.65  # of refraction, of silicon at 900 nm; textbook value
# Thickness of the chips of ACS/WFC: 12 to 17 micrometres (ACS Instrument Handbook 5.6.6).
_THICKNESS, _THICKNESS_RANGE = 14.5, 2.5
# Amplitude of the standing wave where nothing is absorbed: 2 sqrt(R R') of two surfaces that reflect R and
# R'. Bare silicon reflects ((n - 1) / (n + 1))**2 = 0.32 into vacuum; with 0.12 of the other, coated or
# covered by gates, that is 0.4. Chosen by us.
_REFLECTED = 0.4
_FAINTEST = 0.02  # weaker ones are not drawn: the soft edges of wide bands wash them out
_BUMPS = 6


def amplitude(wavelength, width):
    """
    Give the amplitude of fringes.

    Parameters
    ----------
    wavelength, width : float
        Of the band, nm.

    Returns
    -------
    float
        Relative to the mean; 0 for a band without a width.

    Notes
    -----
    ``0.4 exp(-2 a d) / sqrt(1 + (pi w D / wavelength**2)**2)`` with absorption ``a``, thickness ``d`` and the
    path ``D = 2 n d``: what comes back from the other side, and the envelope of the coherence of a box of
    the width ``w``.
    """
    if not (wavelength > 0 and width > 0):
        return 0.0
    absorption = np.exp(np.interp(wavelength, *np.transpose([(w, np.log(a)) for w, a in _ABSORPTION])))
    # Twice the thickness, in wavelengths inside the silicon: 106 micrometres. Wavelengths apart by
    # lambda**2 / path, 8 nm at 900 nm, have the same phase again; a band much wider than that has no fringes.
    path = 2 * _INDEX * _THICKNESS * 1e3  # nm
    coherence = 1 / np.hypot(1, np.pi * width * path / wavelength**2)
    return float(_REFLECTED * np.exp(-2 * absorption * _THICKNESS * 1e-4) * coherence)


def fringes(window, rows, columns, rng, *, device="cpu"):
    """
    Draw the fringes of a band on a chip.

    Parameters
    ----------
    window : ChipWindow
        The chip and the band.
    rows, columns : slice
        Which of the chip's pixels.
    rng : numpy.random.Generator
        The chip's own: its thickness belongs to it.
    device : str or torch.device, default "cpu"
        Where to draw.

    Returns
    -------
    torch.Tensor or None
        Departure from the mean, float32; none where fringes are too weak to be seen.

    Notes
    -----
    Contours of equal thickness: a smooth surface of a few waves, with a dome in the middle.
    """
    size = amplitude(window.wavelength, window.width)
    if size < _FAINTEST:
        return None
    y, x = (
        torch.arange(span.start, span.stop, device=device, dtype=torch.float32) / max(window.shape)
        for span in (rows, columns)
    )
    thickness = -_THICKNESS_RANGE * ((y[:, None] - 0.25) ** 2 + (x - 0.5) ** 2)
    for _ in range(_BUMPS):
        ky, kx = rng.normal(0, 6.0, 2)
        phase, height = rng.uniform(0, 2 * np.pi), rng.normal(0, 0.12)
        thickness += height * torch.sin(float(ky) * y[:, None] + float(kx) * x + float(phase))
    return torch.cos(thickness.mul_(4 * np.pi * _INDEX * 1e3 / window.wavelength)).mul_(size)
