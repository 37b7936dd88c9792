"""What a detector is, as plain data, and the registry of detectors."""

from dataclasses import dataclass

from astroclassify.core import ParameterError, Registry, check_entry, import_string, tuple_of_strings

#: The columns that every table of detections has (tuple of str).
DETECTION_COLUMNS = ("class", "score", "x_min", "x_max", "y_min", "y_max")


@dataclass(frozen=True)
class DetectorSpec:
    """
    A detector as plain data; nothing is imported before it is asked for.

    Parameters
    ----------
    name : str
        Registry name: lower-case letters and digits, joined by single hyphens or dots.
    description : str
        One line for listings.
    detector : str
        ``"package.module:function"``; called with an image ``[y, x]``, it gives a `~astropy.table.QTable`
        with a row for each object, the highest score first: ``class``, ``score`` (0 to 1) and the edges of
        its box, ``x_min``, ``x_max``, ``y_min`` and ``y_max``, in pixels whose centres are at integers:
        the whole image reaches from -0.5 to its size less 0.5. Further columns are its own.
    classes : tuple of str
        What it finds.

    Raises
    ------
    ParameterError
        If a value breaks these rules.

    Examples
    --------
    >>> from astroclassify.detect import DetectorSpec
    >>> DetectorSpec("peaks", "Bright peaks", "my_package:find_peaks", classes=("star",)).classes
    ('star',)
    """

    name: str
    description: str
    detector: str
    classes: tuple[str, ...]

    def __post_init__(self):
        object.__setattr__(self, "classes", tuple_of_strings("classes", self.classes))
        check_entry("detector", self, import_paths=("detector",))
        if not self.classes or len(set(self.classes)) < len(self.classes):
            raise ParameterError(f"the classes of {self.name!r} are {self.classes}; expected different names")

    def detect(self, image):
        """
        Find the objects of one image.

        Parameters
        ----------
        image : `~astropy.nddata.CCDData`, `~astropy.nddata.NDData` or array
            ``[y, x]``, NaN or masked where a pixel is unusable.

        Returns
        -------
        astropy.table.QTable
            As described for ``detector``.

        Raises
        ------
        PluginError
            If the detector cannot be imported.
        """
        return import_string(self.detector)(image)


#: Every detector that an installed distribution declares, by name (Registry of DetectorSpec).
DETECTORS = Registry("astroclassify.detectors", kind="detector", expected_type=DetectorSpec)
