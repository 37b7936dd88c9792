"""Is there a body on each frame? Screening by a model, and the contact sheet where a person decides."""

from astroclassify.curation._check import MOST, VERDICTS, FrameCheck, check
from astroclassify.curation._contact_sheet import contact_sheet
from astroclassify.curation._screening import apply_overrules, read_overrules, read_screened, screen

__all__ = [
    "MOST",
    "VERDICTS",
    "FrameCheck",
    "apply_overrules",
    "check",
    "contact_sheet",
    "read_overrules",
    "read_screened",
    "screen",
]
