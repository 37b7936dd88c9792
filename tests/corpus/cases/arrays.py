"""What people hold in memory: arrays, tables of units, cut-outs, tensors."""

import numpy as np
from astropy import units as u
from astropy.nddata import CCDData, Cutout2D, NDData

from astroclassify.preprocess import frame_array

from .case import IMAGE, Case, Right

KIND = "arrays"
_SMALL = (np.arange(24 * 32).reshape(24, 32) % 100).astype("int64")
_MASK = np.zeros(IMAGE.shape, bool)
_MASK[5, 6:9] = True


def cases(kind):
    """Give the cases."""
    for name, make, right in (*_types(), *_objects(), *_refused()):
        yield Case(kind, name, lambda folder, make=make: [_as_frame(make(folder))], right)


def _as_frame(given):
    """Give what a model would see as a frame, so that it is checked like those of files."""
    array = frame_array(given)
    bad = np.isnan(array)
    frame = CCDData(array, unit=u.dimensionless_unscaled, mask=bad if bad.any() else None)
    frame.meta["ACREADER"] = ""
    return frame


def _types():
    for dtype in ("int8", "uint8", "int16", ">i2", "uint16", "int32", "uint32", "int64", "uint64"):
        values = _SMALL.astype(dtype)
        yield f"integers {dtype}", lambda _, values=values: values, Right(_SMALL)
    for dtype in ("float16", "float32", ">f4", "float64", ">f8", "longdouble"):
        values = _SMALL.astype(dtype)
        yield f"floats {dtype}", lambda _, values=values: values, Right(_SMALL)
    yield "in Fortran's order", lambda _: np.asfortranarray(IMAGE), Right(IMAGE)
    yield "turned over", lambda _: IMAGE[::-1, ::-1], Right(IMAGE[::-1, ::-1])
    yield "every second pixel", lambda _: np.repeat(IMAGE, 2, axis=1)[:, ::2], Right(IMAGE)
    yield "read only", lambda _: np.broadcast_to(IMAGE, IMAGE.shape), Right(IMAGE)
    yield "memory-mapped", _mapped, Right(IMAGE)


def _mapped(folder):
    np.save(folder / "a.npy", IMAGE)
    return np.load(folder / "a.npy", mmap_mode="r")


def _tensor_of(dtype):
    def make(folder):
        import torch

        return _tensor(folder).to(getattr(torch, dtype))

    return make


def _tensor(folder, **options):
    import torch

    return torch.tensor(IMAGE, **options)


def _objects():
    masked = Right(IMAGE, mask=_MASK)
    yield "a masked array", lambda _: np.ma.masked_array(IMAGE, _MASK), masked
    yield "a masked array without a mask", lambda _: np.ma.masked_array(IMAGE), Right(IMAGE)
    yield "a Quantity", lambda _: IMAGE * u.electron, Right(IMAGE)
    yield "NDData with a mask", lambda _: NDData(IMAGE, mask=_MASK), masked
    yield "NDData with a mask of integers", lambda _: NDData(IMAGE, mask=_MASK.astype(int)), masked
    yield "NDData of a masked array", lambda _: NDData(np.ma.masked_array(IMAGE, _MASK)), masked
    yield "CCDData", lambda _: CCDData(IMAGE, unit="adu", mask=_MASK), masked
    yield "a slice of CCDData", lambda _: CCDData(IMAGE, unit="adu")[2:20, 3:30], Right(IMAGE[2:20, 3:30])
    yield "a Cutout2D", lambda _: Cutout2D(IMAGE, (15, 11), (18, 20)), Right(IMAGE[2:20, 5:25])
    holes = np.where(_MASK, np.nan, IMAGE)
    edge = Cutout2D(holes, (15, 11), (18, 20))
    yield "a Cutout2D with NaN", lambda _: edge, Right(IMAGE[2:20, 5:25], mask=_MASK[2:20, 5:25])
    yield "a tensor", _tensor, Right(IMAGE)
    yield "a tensor of bfloat16", _tensor_of("bfloat16"), Right(IMAGE, close=8.0)
    yield "a tensor of float8", _tensor_of("float8_e5m2"), Right(IMAGE, close=320.0)
    yield "a tensor that requires grad", lambda f: _tensor(f, requires_grad=True), Right(IMAGE)


def _refused():
    yield "a cube", lambda _: np.zeros((3, 20, 20)), Right(refused="has two axes")
    yield "complex numbers", lambda _: np.zeros((20, 20), complex), Right(refused="real numbers")
    yield "truth values", lambda _: np.zeros((20, 20), bool), Right(refused="real numbers")
    yield "texts", lambda _: np.full((20, 20), "a"), Right(refused="real numbers")
    yield "a list of lists", lambda _: [[1, 2], [3, 4]], Right(refused="list is not a frame")
    yield "all NaN", lambda _: np.full((20, 20), np.nan), Right(refused="no usable pixel")
    yield "8 x 8 pixels", lambda _: np.ones((8, 8)), Right(refused="at least 16 x 16")
