"""What a detector is, as plain data, and the registry of detectors."""

from dataclasses import dataclass
from inspect import signature

from astropy import units as u

from astroclassify.core import (
    ParameterError,
    Registry,
    check_entry,
    check_whole,
    import_string,
    rules,
    tuple_of_strings,
)
from astroclassify.metrics import EDGES

#: The columns that every table of detections has (tuple of str).
DETECTION_COLUMNS = ("class", "score", *EDGES)
#: What options may be: a share or a score, and a number of standard deviations (callable).
SHARE, SIGMA = rules.quantity(u.one, 0, 1), rules.quantity(u.one, positive=True)


@dataclass(frozen=True)
class DetectorSpec:
    """
    Description of a detector; its code is imported when it is first used.

    Parameters
    ----------
    name : str
        Registry name: lower-case letters and digits, joined by single hyphens or dots.
    description : str
        One line for listings.
    detector : str
        ``"package.module:function"``; called with an image, a finite float32 array ``[y, x]``, it gives a
        `~astropy.table.QTable` with a row for each object, the highest score first: ``class``, ``score`` (0
        to 1) and the edges of
        its box, ``x_min``, ``x_max``, ``y_min`` and ``y_max``, in pixels whose centres are at integers:
        the whole image reaches from -0.5 to its size less 0.5. Further columns are its own. What else the
        function takes, by keyword and with a default, are the detector's options.
    classes : tuple of str
        What it finds.
    prepare : str, optional
        ``"package.module:function"``; called with the whole image before it is cut into tiles, it gives what
        the detector is called with instead: float32 ``[y, x]`` or ``[y, x, channel]`` of as many rows and
        columns. What depends on the whole image, its sky and its noise, belongs here.
    colour : bool, default False
        Whether it takes images of colours, ``[y, x, 3]``, as they are; else it is given their luminance.
    tile : int, default 0
        Side of the tiles that an image is searched by; 0 for an image at once, whatever its size.
    overlap : int, default 128
        How many pixels neighbouring tiles share: what is smaller is whole in one of them.
    again : bool or str, default False
        Whether `~astroclassify.detect.detect` looks at its boxes again: a small network moves their edges,
        and says how sure it is that there is a body. With ``"class"`` it leaves the boxes as they are, and
        asks the default model for the class of those that fill half of the image: it was made for these.

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
    prepare: str = ""
    colour: bool = False
    tile: int = 0
    overlap: int = 128
    again: bool | str = False

    def __post_init__(self):
        object.__setattr__(self, "classes", tuple_of_strings("classes", self.classes))
        paths = ("detector", "prepare") if self.prepare else ("detector",)
        check_entry("detector", self, import_paths=paths)
        if not self.classes or len(set(self.classes)) < len(self.classes):
            raise ParameterError(f"the classes of {self.name!r} are {self.classes}; expected different names")
        if self.again not in (True, False, "class"):
            raise ParameterError(f"again is {self.again!r} of {self.name!r}; expected True, False or 'class'")
        check_whole("tile", self.tile, least=0)
        check_whole("overlap", self.overlap, least=0, most=max(self.tile // 2, 128))

    def detect(self, image, **options):
        """
        Find the objects of one image at once: no tiles, no names, no sky.

        Parameters
        ----------
        image : numpy.ndarray
            Float32 ``[y, x]``, or ``[y, x, 3]`` where the detector takes colours; finite.
        **options
            The detector's own; `options` lists them.

        Returns
        -------
        astropy.table.QTable
            As described for ``detector``.

        Raises
        ------
        ParameterError
            If it has no such option.
        PluginError
            If the detector cannot be imported.
        """
        return self.function(**options)(self.prepared(image))

    def prepared(self, image):
        """
        Give what the detector is called with.

        Parameters
        ----------
        image : numpy.ndarray
            As for `detect`.

        Returns
        -------
        numpy.ndarray
            What ``prepare`` makes of it, or the image itself.

        Raises
        ------
        PluginError
            If the function cannot be imported.
        """
        return import_string(self.prepare)(image) if self.prepare else image

    def function(self, **options):
        """
        Give the detector as a function of a prepared image.

        Parameters
        ----------
        **options
            The detector's own.

        Returns
        -------
        callable
            Called with an array, it gives a table.

        Raises
        ------
        ParameterError
            If it has no such option.
        PluginError
            If the detector cannot be imported.
        """
        unknown = sorted(set(options) - set(known := self.options()))
        if unknown:
            told = f"its options are {', '.join(known)}" if known else "it has no options"
            raise ParameterError(f"the detector {self.name!r} has no option {unknown[0]!r}; {told}")
        found = import_string(self.detector)
        return lambda prepared: found(prepared, **options)

    def options(self):
        """
        Give the detector's options.

        Returns
        -------
        dict of str to object
            Names and defaults.

        Raises
        ------
        PluginError
            If the detector cannot be imported.

        Examples
        --------
        >>> from astroclassify.detect import DETECTORS
        >>> sorted(DETECTORS["segmentation"].options())
        ['least', 'sigma']
        """
        takes = signature(import_string(self.detector)).parameters.values()
        return {each.name: each.default for each in takes if each.default is not each.empty}


#: Every detector that an installed distribution declares, by name (Registry of DetectorSpec).
DETECTORS = Registry("astroclassify.detectors", kind="detector", expected_type=DetectorSpec)
