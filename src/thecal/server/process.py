"""A reader's process: it watches its server before it loads what reading needs, so that it never outlives it.

`python -m thecal.server.process DATA JOB STUDY TOKEN`; the pipe on its standard input closes when the server is gone.
"""

from __future__ import annotations

import os
import sys
import threading

BROKE = 1


def die_with_the_server() -> None:
    """Ends this process when the server's end of the pipe closes; what was not committed is made again."""
    while os.read(0, 1):  # not through sys.stdin, whose lock would break the interpreter's end
        pass
    os._exit(BROKE)


def main() -> int:
    """Watches, then reads."""
    threading.Thread(target=die_with_the_server, daemon=True).start()
    from thecal.server.worker import main as read

    return read(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
