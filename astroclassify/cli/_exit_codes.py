"""What the command's exit status means."""

DONE = 0
SOME_FAILED = 1
USAGE = 2
INTERRUPTED = 130
BROKEN_PIPE = 141
