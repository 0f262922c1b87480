"""The foreman: hands each waiting study to a process of its own, watches it, and says so when it dies.

A crash in a reader ends that process alone. The worker's right to commit is the job's token, not its being alive.
"""

from __future__ import annotations

import logging
import subprocess
import sys
import threading

from thecal.archive import Archive, jobs
from thecal.archive.refusals import Conflict
from thecal.server.answers import LOG

LOOKS_EVERY_S = 1.0
GRACE_S = 5.0


class Foreman:
    """One study at a time, oldest first."""

    def __init__(self, archive: Archive) -> None:
        self.archive = archive
        self.stopping = threading.Event()
        self._bell = threading.Event()
        self._thread = threading.Thread(target=self._work, name="foreman", daemon=True)

    def start(self) -> None:
        """Takes up what a server that is gone left behind, then whatever comes."""
        jobs.release(self.archive)
        self._thread.start()

    def wake(self) -> None:
        """Says that there is work."""
        self._bell.set()

    def stop(self) -> None:
        """Ends the worker; its study is taken up again at the next start."""
        self.stopping.set()
        self._bell.set()
        if self._thread.is_alive():
            self._thread.join(GRACE_S * 2)

    def _work(self) -> None:
        while not self.stopping.is_set():
            job = jobs.take(self.archive)
            if job is None:
                self._bell.wait(LOOKS_EVERY_S)
                self._bell.clear()
                continue
            try:
                self._run(job)
            except OSError as error:
                logging.getLogger("thecal.server").error("worker: %s", error.strerror)
                self._failed(job, f"The reader could not be started: {error.strerror}.")

    def _run(self, job: jobs.Job) -> None:
        command = [sys.executable, "-m", "thecal.server.process", str(self.archive.folder), str(job.id), job.study_id]
        worker = subprocess.Popen([*command, str(job.token)], stdin=subprocess.PIPE)
        while worker.poll() is None:
            if self.stopping.wait(0.05):
                worker.terminate()
                try:
                    worker.wait(GRACE_S)
                except subprocess.TimeoutExpired:
                    worker.kill()
                    worker.wait()
                return
        LOG.info("study %s: attempt %d ended with %d", job.study_id, job.token, worker.returncode)
        if worker.returncode != 0:
            self._failed(job, _how(worker.returncode))

    def _failed(self, job: jobs.Job, why: str) -> None:
        try:
            jobs.fail(self.archive, job, why)
        except Conflict:
            return  # the worker itself said what happened, or the study was deleted


def _how(code: int) -> str:
    if code == -9:
        return "The reader was ended by the system, most often because memory ran out. Free memory, then try again."
    return f"The reader broke down (exit {code}). Try again; if it happens again, report it."
