#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The longest chain of dependent instructions in every straight stretch of a PTX file.

    chains.py kernel.ptx... -o chains.json

writes {"nominal": {class: cycles}, "kernels": {kernel: [{class: instructions of the chain}, ...]}}, a
dictionary for each stretch, numbered as the counters number them (test/simt/ptx/translator). A warp cannot be through with a stretch before the last
result of its longest chain is there: with the latency of each class that is a bound on its time which
other warps may hide, but not shorten.

A stretch that waits for other blocks, which loads with acquire or sleeps, is {"spin": 1}: how often it is run
says nothing but how the executor's threads took turns.

An instruction waits for its operands, its predicate, what its destination held if the predicate may skip
it, and the last barrier of the stretch; a barrier waits for everything before it. Memory orders nothing
else. Which chain is longest is decided by NOMINAL latencies; the instructions on it are then weighed with
those of a part (constants.csv).
"""

import argparse
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / 'ptx' / 'translator'))

# The path comes first.
from cpp_writer import FunctionWriter, ModuleWriter  # noqa: E402
from ptx_parser import Address, Not, Pair, Tuple, Word, parse  # noqa: E402

NOMINAL = {'fma32': 4, 'add32': 4, 'other32': 4, 'special32': 20, 'slow32': 45, 'fp64': 8, 'integer': 4,
           'logic': 4, 'compare': 4, 'convert': 20, 'move': 0, 'parameter': 0, 'load_global': 280,
           'load_shared': 25, 'load_local': 35, 'load_constant': 35, 'atomic': 280, 'shuffle': 25,
           'vote': 25, 'barrier': 30, 'warp_barrier': 5, 'fence': 280, 'tensor': 20, 'branch': 10,
           'store_global': 4, 'store_shared': 4, 'store_local': 4, 'async_copy': 4, 'other': 4, 'spin': 0}
# Instructions whose first operand is no destination.
WITHOUT_RESULT = {'st', 'red', 'bar', 'barrier', 'bra', 'brx', 'ret', 'exit', 'call', 'membar', 'fence',
                  'cp', 'prefetch', 'nanosleep', 'trap'}
WAITS_FOR_OTHERS = ('ld.acquire', 'nanosleep')
ORDERS_ALL = {'barrier', 'warp_barrier'}


def registers(operand):
    """The names that an operand mentions."""
    if isinstance(operand, Word):
        return [operand.text]
    if isinstance(operand, Not):
        return [operand.text]
    if isinstance(operand, Address):
        return [operand.base]
    if isinstance(operand, Pair):
        return [operand.first, operand.second]
    if isinstance(operand, Tuple):
        return [name for item in operand.items for name in registers(item)]
    return []


class Chain:
    """One stretch: every instruction is a node (class, cycles until its result, the node it waits for)."""

    def __init__(self):
        self.nodes = []
        self.result = {}  # register -> node
        self.floor = None  # the last barrier
        self.last = None  # the node whose result comes last
        self.spins = False

    def later(self, a, b):
        if a is None or b is None:
            return b if a is None else a
        return a if self.nodes[a][1] >= self.nodes[b][1] else b

    def add(self, instruction, kind):
        self.spins = self.spins or instruction.opcode.startswith(WAITS_FOR_OTHERS)
        operands = list(instruction.operands)
        targets = []
        if operands and instruction.opcode.split('.')[0] not in WITHOUT_RESULT:
            targets = registers(operands.pop(0))
        sources = [name for operand in operands for name in registers(operand)]
        if instruction.predicate:
            sources += [instruction.predicate, *targets]
        after = self.last if kind in ORDERS_ALL else self.floor
        for name in sources:
            after = self.later(after, self.result.get(name))
        start = 0 if after is None else self.nodes[after][1]
        self.nodes.append((kind, start + NOMINAL[kind], after))
        node = len(self.nodes) - 1
        for name in targets:
            self.result[name] = node
        if kind in ORDERS_ALL:
            self.floor = node
        self.last = self.later(node, self.last)

    def counts(self):
        if self.spins:
            return {'spin': 1}
        found, node = {}, self.last
        while node is not None:
            kind, _, node = self.nodes[node]
            found[kind] = found.get(kind, 0) + 1
        return found


class ChainWriter(FunctionWriter):
    """Walks a function as its translation does, and so numbers stretches alike."""

    def __init__(self, module, function):
        super().__init__(module, function)
        self.chains = []

    def begin_stretch(self):
        super().begin_stretch()
        self.chains.append(Chain())

    def instruction(self, item):
        stretch, chain = self.stretches[-1], self.chains[-1]
        before = dict(stretch)
        super().instruction(item)
        kind, = [kind for kind, count in stretch.items() if count != before.get(kind, 0)]
        chain.add(item, kind)


def chains_of(source, name):
    """{kernel: [counts of the longest chain of each stretch]}; source is PTX text."""
    module = ModuleWriter(parse(source, name), source)
    writers = {}
    for each, function in module.functions.items():
        writers[each] = ChainWriter(module, function)
        writers[each].write()
    return {function.name: [chain.counts() for called in module.callees(function)
                            for chain in writers[called].chains]
            for function in module.functions.values() if function.entry}


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument('ptx', nargs='+')
    arguments.add_argument('-o', '--output', required=True)
    options = arguments.parse_args()
    kernels = {}
    for path in options.ptx:
        kernels.update(chains_of(Path(path).read_text(encoding='utf-8'), path))
    text = json.dumps({'nominal': NOMINAL, 'kernels': kernels}, separators=(',', ':'))
    Path(options.output).write_text(text + '\n', encoding='utf-8')


if __name__ == '__main__':
    main()
