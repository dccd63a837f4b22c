# SPDX-License-Identifier: MIT
"""A model of a file system that loses power: replays the calls that test/tools/faults/system_calls.cpp wrote down.

Each file has what was written and what of it is on the disk (fsync of the file); the folder has the names that were
given and those that are on the disk (fsync of the folder). Nothing else is promised by POSIX."""

import os
from dataclasses import dataclass


@dataclass
class File:
    written: bytes = b""
    on_disk: bytes = b""


def half(file):
    """An append that was under way: half of what is not synced has come through."""
    if not file.written.startswith(file.on_disk):
        return file.on_disk
    return file.written[: (len(file.on_disk) + len(file.written) + 1) // 2]


class Disk:
    """One folder; names are relative to it."""

    def __init__(self, folder):
        self.folder = folder
        self.names, self.names_on_disk = {}, {}
        self.open_files = {}

    def apply(self, line):
        _, call, descriptor, *rest = line.rstrip("\n").split("\t")
        if call == "open":
            path, flags = rest[0], int(rest[1])
            if flags & os.O_DIRECTORY:
                self.open_files[descriptor] = self if self.is_folder(path) else None
                return
            name = self.name(path)
            if name not in self.names and flags & os.O_CREAT:
                self.names[name] = File()
            if flags & os.O_TRUNC:
                self.names[name].written = b""
            self.open_files[descriptor] = self.names[name]
        elif call == "close":
            self.open_files.pop(descriptor, None)
        elif call == "write":
            self.open_files[descriptor].written += bytes.fromhex(rest[2])
        elif call == "ftruncate":
            file = self.open_files[descriptor]
            file.written = file.written[: int(rest[1])]
        elif call == "fsync":
            file = self.open_files[descriptor]
            if file is self:
                self.names_on_disk = dict(self.names)
            elif file is not None:
                file.on_disk = file.written
        elif call == "rename":
            self.names[self.name(rest[1])] = self.names.pop(self.name(rest[0]))
        elif call == "unlink":
            self.names.pop(self.name(rest[0]), None)
        else:
            raise ValueError(line)

    def is_folder(self, path):
        return path.rstrip("/") == self.folder

    def name(self, path):
        folder, _, name = path.replace("//", "/").rpartition("/")
        assert folder == self.folder, path
        return name

    def after_power_loss(self):
        """The folders that may be found: a dict name -> bytes each."""
        yield {n: f.on_disk for n, f in self.names_on_disk.items()}  # nothing but what was promised
        yield {n: f.on_disk for n, f in self.names.items()}          # names came through, data did not
        yield {n: f.written for n, f in self.names_on_disk.items()}  # data came through, names did not
        yield {n: half(f) for n, f in self.names.items()}            # some of the data
        yield {n: f.written for n, f in self.names.items()}          # everything: a kill, not a power loss
