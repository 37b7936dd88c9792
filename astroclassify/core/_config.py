"""Configuration through astropy's system: ``astroclassify.conf`` and its file."""

from astropy.config import ConfigItem, ConfigNamespace


class Conf(ConfigNamespace):
    """Settings of astroclassify; see `astropy.config` for how to change them."""

    rootname = "astroclassify"

    default_model = ConfigItem("patchnet", "Name of the model that classify(model='default') uses.")
    cache_dir = ConfigItem(
        "", "Where weights that do not ship with the package are kept; empty: astropy's cache."
    )
    frames_dir = ConfigItem(
        "", "Where fetched frames are kept, which may be shared; empty: 'frames' in the cache."
    )
    device = ConfigItem("auto", "Device of the models: 'auto', 'cpu', 'cuda', 'mps', ...")
    executor = ConfigItem(
        "processes", "Executor that works for several processes at a time: 'processes', 'threads', ..."
    )
    max_unpacked_mb = ConfigItem(
        3072,
        "A compressed file, or a picture, that takes more memory than this when unpacked is refused (MB).",
    )
    max_expansion = ConfigItem(
        100.0, "So is a file that unpacks to more than 256 MB and to more than this many times its size."
    )
    max_unpack_seconds = ConfigItem(120.0, "Longer than this no compressed file is unpacked (s).")
    max_hdus = ConfigItem(1000, "A FITS file of more HDUs than this is refused.")
    uncertain_below = ConfigItem(
        -1.0,
        "A label with a smaller probability than this is 'uncertain'; negative: as the weights' card says.",
    )


conf = Conf()
