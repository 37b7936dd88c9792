"""What the command's exit status means."""

DONE = 0
SOME_FAILED = 1
USAGE = 2
#: ``check`` only: the frames are unlike what the model has learnt.
UNLIKE = 3
INTERRUPTED = 130
BROKEN_PIPE = 141
