# SPDX-License-Identifier: MIT
"""What a compiled kernel takes of a device: resources and instructions, from ptxas and nvdisasm."""

import collections
import re
import struct
import subprocess

# A class of instructions counts what matches its pattern in nvdisasm's text, opcode and modifiers.
# Names of the table's columns; a budget is exceeded when a count grows.
CLASSES = {
    'fma': r'FFMA2?\b',  # HFMA2 is how ptxas moves constants
    'add_mul': r'(FADD|FMUL)2?\b',
    'mma': r'HMMA\b|[A-Z]*GMMA\b|UTCHMMA\b',
    'special': r'MUFU\b',
    'double': r'D(FMA|ADD|MUL|SETP|MMA)\b|MUFU\.\w+64H',
    'load_16': r'LDG\.E?\.?.*\b128\b',
    'load_8': r'LDG\b(?=.*\.64\b)(?!.*\b128\b)',
    'load_4': r'LDG\b(?!.*\.64\b)(?!.*\b128\b)',
    'store_16': r'STG\.E?\.?.*\b128\b',
    'store_8': r'STG\b(?=.*\.64\b)(?!.*\b128\b)',
    'store_4': r'STG\b(?!.*\.64\b)(?!.*\b128\b)',
    'shared_load': r'LDS',
    'shared_store': r'STS\b',
    'copy_async': r'LDGSTS\b',
    'shuffle': r'SHFL\b',
    'barrier': r'BAR\b',
    'atomic': r'(ATOM|ATOMG|ATOMS|RED|REDG)\b',
    'local': r'(LDL|STL)\b',
}
# Counted for double_precision.csv, and no column.
DOUBLE_ADD = 'double_add'
_CLASSES = {name: re.compile(pattern) for name, pattern in {**CLASSES, DOUBLE_ADD: r'DADD\b'}.items()}
_INSTRUCTION = re.compile(r'/\*[0-9a-f]{4,}\*/\s+(?:@!?U?P\w+\s+)?([A-Z][A-Z0-9_.]*)')
_PADDING = 'NOP'


def count_instructions(text):
    """Counts by kernel from the output of nvdisasm -c: {mangled name: Counter with `all`}."""
    kernels, counts = {}, None
    for line in text.splitlines():
        section = re.match(r'\s*\.section\s+\.text\.([\w$.]+)', line)
        if section:
            counts = kernels.setdefault(section[1], collections.Counter())
            continue
        instruction = _INSTRUCTION.search(line)
        if not instruction or counts is None:
            continue
        opcode = instruction[1]
        if opcode == _PADDING:
            continue
        counts['all'] += 1
        for name, pattern in _CLASSES.items():
            if pattern.match(opcode):
                counts[name] += 1
    return kernels


def disassemble(nvdisasm, cubin):
    return subprocess.run([nvdisasm, '-c', cubin], check=True, capture_output=True, text=True).stdout


_ENTRY = re.compile(r"Compiling entry function '([\w$.]+)' for")
_MEMORY = re.compile(r'(\d+) bytes stack frame, (\d+) bytes spill stores, (\d+) bytes spill loads')
_REGISTERS = re.compile(r'Used (\d+) registers')
_SHARED = re.compile(r'(\d+) bytes smem')


def parse_resources(text):
    """From ptxas -v: {mangled name: {registers, stack, spills, static_shared}}, bytes."""
    kernels, name = {}, None
    for line in text.splitlines():
        entry = _ENTRY.search(line)
        if entry:
            name = entry[1]
            continue
        memory = _MEMORY.search(line)
        if memory and name:
            stack, stores, loads = map(int, memory.groups())
            kernels.setdefault(name, {}).update(stack=stack, spills=stores + loads)
        registers = _REGISTERS.search(line)
        if registers and name:
            shared = _SHARED.search(line)
            kernels.setdefault(name, {}).update(
                registers=int(registers[1]), static_shared=int(shared[1]) if shared else 0)
            name = None
    return kernels


_MAX_THREADS = 0x05  # EIATTR_MAX_THREADS, the kernel's launch bounds
_SIZED_VALUE = 0x04  # EIFMT_SVAL: two bytes of length, then the value
_SHORT_FORMATS = (0x01, 0x02, 0x03)  # no value, one byte, two bytes: all take two


def launch_bounds(cubin):
    """Threads a block that each kernel was compiled for: {mangled name: threads}.

    They stand in the section .nv.info.<kernel> of the ELF file, as attributes that nvdisasm prints.
    """
    with open(cubin, 'rb') as file:
        data = file.read()
    if data[:4] != b'\x7fELF':
        raise ValueError(f'{cubin}: not an ELF file')
    table, = struct.unpack_from('<Q', data, 40)
    entry_size, entries, names_index = struct.unpack_from('<HHH', data, 58)
    sections = [struct.unpack_from('<IIQQQQ', data, table + i * entry_size) for i in range(entries)]
    names = sections[names_index]
    bounds = {}
    for name_offset, _, _, _, offset, size in sections:
        start = names[4] + name_offset
        name = data[start:data.index(b'\0', start)].decode()
        if not name.startswith('.nv.info.'):
            continue
        at, end = offset, offset + size
        while at + 4 <= end:
            layout, attribute, length = struct.unpack_from('<BBH', data, at)
            at += 4
            if layout == _SIZED_VALUE:
                if attribute == _MAX_THREADS:
                    x, y, z = struct.unpack_from('<III', data, at)
                    bounds[name[len('.nv.info.'):]] = x * y * z
                at += length
            elif layout not in _SHORT_FORMATS:
                raise ValueError(f'{cubin}: attribute format {layout} in {name}')
    return bounds
