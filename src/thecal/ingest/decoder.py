"""Decompression in a process of its own: damaged pixels may bring a decoder down, and then only that process goes with it.

Decoders are libraries in C++ and Rust; on bits that were flipped some of them abort, overrun or ask for memory without end. The
child reads a file's bytes from its standard input, answers with the stored values, and is started anew when it dies. It runs as a
plain script that imports nothing of thecal.
"""

from __future__ import annotations

import json
import os
import struct
import subprocess
import sys
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import IO, Any, BinaryIO

# A study is not worth more restarts than this: what is left of its compressed images stays unread.
MOST_RESTARTS = 5
# Processor seconds that the child may use in all.
MOST_SECONDS = 900
_START_BYTES = 2 * 1024**3


class Decoder:
    """A child process that decompresses one file at a time; started when first needed, to be closed."""

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._starts = 0
        self._child: subprocess.Popen[bytes] | None = None

    def decode(self, data: bytes, shape: tuple[int, int, int]) -> Any:
        """The stored values (frames, rows, columns) of a compressed DICOM file given as bytes.

        Raises ValueError when they cannot be decoded or do not have that shape.
        """
        try:
            child = self._running()
            assert child.stdin is not None
            assert child.stdout is not None
            child.stdin.write(struct.pack("<Q", len(data)) + data)
            child.stdin.flush()
            return self._answer(child.stdout, shape)
        except (OSError, EOFError) as fault:
            self.close()
            raise ValueError("the decoder broke down on it") from fault

    def _answer(self, stream: IO[bytes], shape: tuple[int, int, int]) -> Any:
        import numpy as np

        told = json.loads(_take(stream, struct.unpack("<I", _take(stream, 4))[0]))
        if "fault" in told:
            raise ValueError(told["fault"])
        kind = np.dtype(told["dtype"])
        count = int(np.prod([float(n) for n in told["shape"]]))
        if tuple(told["shape"]) != shape or count * kind.itemsize > self._most_bytes:
            self.close()
            raise ValueError("its pixels do not fill the rows and columns that its header states")
        return np.frombuffer(_take(stream, count * kind.itemsize), kind).reshape(shape)

    def _running(self) -> subprocess.Popen[bytes]:
        if self._child is None or self._child.poll() is not None:
            self.close()
            if self._starts > MOST_RESTARTS:
                raise ValueError("the decoder broke down too often")
            self._starts += 1
            self._child = _start(self._most_bytes)
        return self._child

    def close(self) -> None:
        """Ends the process, if there is one."""
        if self._child is None:
            return
        self._child.kill()
        for stream in (self._child.stdin, self._child.stdout):
            with suppress(OSError):
                assert stream is not None
                stream.close()
        self._child.wait()
        self._child = None


def _start(most_bytes: int) -> subprocess.Popen[bytes]:
    paths = os.pathsep.join(path for path in sys.path if path)
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    return subprocess.Popen(
        [sys.executable, "-P", str(Path(__file__)), str(_START_BYTES + 2 * most_bytes)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        env={**os.environ, **threads, "PYTHONPATH": paths},
    )  # fmt: skip


def _take(stream: IO[bytes], count: int) -> bytes:
    data = stream.read(count)
    if len(data) < count:
        raise EOFError
    return data


def _serve(incoming: BinaryIO, outgoing: BinaryIO) -> None:
    """The child's work: file after file until its input ends."""
    from pydicom import dcmread

    while start := incoming.read(8):
        data = BytesIO(_take(incoming, struct.unpack("<Q", start)[0]))
        values = b""
        try:
            pixels = dcmread(data, force=True).pixel_array
            pixels = pixels if pixels.ndim == 3 else pixels[None]
            told = {"shape": pixels.shape, "dtype": pixels.dtype.str}
            values = pixels.tobytes()
        except Exception as fault:  # noqa: BLE001  whatever a decoder raises is told to the parent
            told = {"fault": str(fault)[:200]}
        header = json.dumps(told).encode()
        outgoing.write(struct.pack("<I", len(header)) + header + values)
        outgoing.flush()


def _limit(most_bytes: int) -> None:
    """Bounds the child's memory and time, where the system can."""
    try:
        import resource
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_AS, (most_bytes, most_bytes))
    resource.setrlimit(resource.RLIMIT_CPU, (MOST_SECONDS, MOST_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    _limit(int(sys.argv[1]))
    _serve(sys.stdin.buffer, sys.stdout.buffer)
