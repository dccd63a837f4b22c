# SPDX-License-Identifier: MIT
"""One display for programs that each have their own: the stage, its time, and the last line it printed."""

import subprocess
import sys
import threading
import time


class Stopped(Exception):
    """A program was ended by a signal."""


class Progress:
    def __init__(self, quiet):
        self.quiet, self.terminal, self.begin = quiet, sys.stderr.isatty(), time.monotonic()

    def show(self, text):
        if not self.quiet and self.terminal:
            sys.stderr.write("\r\x1b[K" + text[:150])
            sys.stderr.flush()

    def clear(self):
        self.show("")

    def note(self, text):
        if not self.quiet:
            self.clear()
            sys.stderr.write(f"[{clock(time.monotonic() - self.begin)}] {text}\n")
            sys.stderr.flush()

    def run(self, title, command, log, cwd):
        """Runs a program with its output in a file. Result: its exit code and how many seconds it took."""
        self.note(title)
        begin, last = time.monotonic(), [""]
        with open(log, "w", encoding="utf-8") as out:
            out.write(" ".join(map(str, command)) + "\n")
            out.flush()
            process = subprocess.Popen([str(word) for word in command], cwd=cwd, text=True, stdin=subprocess.DEVNULL,
                                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

            def copy():
                for line in process.stdout:
                    out.write(line)
                    out.flush()
                    if line.strip():
                        last[0] = line.strip()

            reader = threading.Thread(target=copy, daemon=True)
            reader.start()
            try:
                while process.poll() is None:
                    self.show(f"{title}  {clock(time.monotonic() - begin)}  {last[0]}")
                    time.sleep(0.2 if self.terminal else 0.05)
            except BaseException:
                process.terminate()  # it writes its checkpoint
                process.wait()
                raise
            reader.join()
        self.clear()
        if process.returncode < 0 or process.returncode in (130, 143):
            raise Stopped
        return process.returncode, time.monotonic() - begin


def clock(seconds):
    seconds = int(seconds)
    if seconds < 3600:
        return f"{seconds // 60}:{seconds % 60:02d}"
    return f"{seconds // 3600}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
