# SPDX-License-Identifier: MIT
"""Reads lines with JSON lists [folder, program, argument ...], runs each in its folder with its output in the files stdout
and stderr there, and answers [exit code, peak resident memory in bytes]."""

import json
import os
import sys

for line in sys.stdin:
    folder, *command = json.loads(line)
    os.chdir(folder)
    child = os.fork()
    if child == 0:
        for number, name in ((1, "stdout"), (2, "stderr")):
            os.dup2(os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
        os.execv(command[0], command)
    _, status, usage = os.wait4(child, 0)
    print(json.dumps([os.waitstatus_to_exitcode(status), usage.ru_maxrss * 1024]), flush=True)
