# SPDX-License-Identifier: MIT
"""A model of a file system that loses power: replays the calls that test/tools/faults/system_calls.cpp wrote down.

Each file has what was written and what of it is on the disk (fsync of the file); each folder has the names that were
given and those that are on the disk (fsync of that folder). Nothing else is promised by POSIX: a folder whose own name
is not on the disk is lost with all that is in it."""

import os
from dataclasses import dataclass, field


@dataclass
class File:
    written: bytes = b""
    on_disk: bytes = b""


@dataclass
class Folder:
    names: dict = field(default_factory=dict)
    names_on_disk: dict = field(default_factory=dict)


def half(file):
    """An append that was under way: half of what is not synced has come through."""
    if not file.written.startswith(file.on_disk):
        return file.on_disk
    return file.written[: (len(file.on_disk) + len(file.written) + 1) // 2]


class Disk:
    """The folder that a program works in, and what is below."""

    def __init__(self):
        self.root = Folder()
        self.open_files = {}

    def apply(self, line):
        _, call, descriptor, *rest = line.rstrip("\n").split("\t")
        if call == "open":
            path, flags = rest[0], int(rest[1])
            if flags & os.O_DIRECTORY:
                self.open_files[descriptor] = self.folder(path)
                return
            folder, name = self.place(path)
            if name not in folder.names and flags & os.O_CREAT:
                folder.names[name] = File()
            if flags & os.O_TRUNC:
                folder.names[name].written = b""
            self.open_files[descriptor] = folder.names[name]
        elif call == "close":
            self.open_files.pop(descriptor, None)
        elif call == "write":
            self.open_files[descriptor].written += bytes.fromhex(rest[2])
        elif call == "ftruncate":
            file = self.open_files[descriptor]
            file.written = file.written[: int(rest[1])]
        elif call == "fsync":
            opened = self.open_files[descriptor]
            if isinstance(opened, Folder):
                opened.names_on_disk = dict(opened.names)
            else:
                opened.on_disk = opened.written
        elif call == "mkdir":
            folder, name = self.place(rest[0])
            folder.names[name] = Folder()
        elif call == "rename":
            (folder, name), (target, new_name) = self.place(rest[0]), self.place(rest[1])
            target.names[new_name] = folder.names.pop(name)
        elif call == "unlink":
            folder, name = self.place(rest[0])
            folder.names.pop(name, None)
        else:
            raise ValueError(line)

    def folder(self, path):
        folder = self.root
        for name in path.split("/"):
            folder = folder if name in ("", ".") else folder.names[name]
        return folder

    def place(self, path):
        """The folder of a file or of a folder, and its name in there."""
        above, _, name = path.rstrip("/").rpartition("/")
        return self.folder(above), name

    def after_power_loss(self):
        """The files that may be found: a dict path -> bytes each."""
        def written(file):
            return file.written

        def on_disk(file):
            return file.on_disk

        old, new = found(self.root, False, on_disk), found(self.root, True, written)
        yield old                               # nothing but what was promised
        yield found(self.root, True, on_disk)   # names came through, data did not
        yield found(self.root, False, written)  # data came through, names did not
        yield found(self.root, True, half)      # some of the data
        yield new                               # everything: a kill, not a power loss
        for path in sorted(old.keys() | new.keys()):  # this one came through and the others did not
            if old.get(path) != new.get(path):
                mixed = {**old, path: new.get(path)}
                yield {p: data for p, data in mixed.items() if data is not None}


def found(folder, has_new_names, data, above=""):
    """The files below a folder: with the names that it was given last or with those on the disk, and their data."""
    files = {}
    for name, entry in (folder.names if has_new_names else folder.names_on_disk).items():
        if isinstance(entry, Folder):
            files.update(found(entry, has_new_names, data, above + name + "/"))
        else:
            files[above + name] = data(entry)
    return files
