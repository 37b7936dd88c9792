"""Screening of frames: by a model, and by eye on a contact sheet."""

from astroclassify.curation._check import MOST, VERDICTS, FrameCheck, check_frames
from astroclassify.curation._contact_sheet import contact_sheet
from astroclassify.curation._screening import apply_overrules, read_overrules, read_screened, screen_frames

__all__ = [
    "FrameCheck",
    "apply_overrules",
    "check_frames",
    "contact_sheet",
    "screen_frames",
]
