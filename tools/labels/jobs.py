# SPDX-License-Identifier: MIT
"""Jobs over processes: each writes one file, a file that exists is never made again, and progress is shown once."""

import concurrent.futures
import multiprocessing
import os
import signal
import sys
import threading
import time


def _end_with_parent():
    multiprocessing.parent_process().join()
    os._exit(1)


def _start_worker():
    """Interrupts are the parent's to answer. If it is killed, nobody waits for the worker any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


class Progress:
    """One line on a terminal, a line every minute elsewhere."""

    def __init__(self, total, quiet):
        self.total, self.quiet, self.begin, self.shown = total, quiet, time.monotonic(), 0.0
        self.terminal = sys.stderr.isatty()

    def show(self, done, frames, last=False):
        now = time.monotonic()
        wait = 0.2 if self.terminal else 60.0
        if self.quiet or not last and now - self.shown < wait:
            return
        self.shown = now
        spent = now - self.begin
        left = spent / done * (self.total - done) if done else 0.0
        line = f"labels: {done} of {self.total} jobs, {frames:,} frames, {spent:.0f} s spent, about {left:.0f} s left"
        if self.terminal:
            sys.stderr.write("\r\x1b[K" + line + ("\n" if last else ""))
        else:
            sys.stderr.write(line + "\n")
        sys.stderr.flush()


def run_all(work, jobs, processes, quiet=False):
    """Calls work(job) -> number of frames for every job whose `path` does not exist yet.

    Result   the number of jobs that failed, with their messages on stderr. KeyboardInterrupt passes; what is
             finished stays.
    """
    todo = [job for job in jobs if not os.path.exists(job.path)]
    if not todo:
        return 0
    progress, frames, failed = Progress(len(todo), quiet), 0, 0
    if processes == 1:
        for done, job in enumerate(todo, 1):
            try:
                frames += work(job)
            except Exception as error:  # one molecule must not stop the others
                failed += 1
                sys.stderr.write(f"\n{job.name}: {error}\n")
            progress.show(done, frames, done == len(todo))
        return failed
    pool = concurrent.futures.ProcessPoolExecutor(processes, mp_context=multiprocessing.get_context("spawn"),
                                                  initializer=_start_worker)
    try:
        running = {pool.submit(work, job): job for job in todo}
        for done, future in enumerate(concurrent.futures.as_completed(running), 1):
            try:
                frames += future.result()
            except Exception as error:
                failed += 1
                sys.stderr.write(f"\n{running[future].name}: {error}\n")
            progress.show(done, frames, done == len(todo))
    except KeyboardInterrupt:
        pool.shutdown(wait=False, cancel_futures=True)
        raise
    pool.shutdown()
    return failed
