# SPDX-License-Identifier: MIT
"""Memory, threads together and control flow."""

import re

from instruction_core import Refused, SCOPES, SIGNED, cpp, handles
from compute_instructions import need_types
from ptx_parser import Pair, TYPE_BYTES, Tuple, Word


# --- memory ----------------------------------------------------------------------------------------
def memory_class(base, space):
    if space == 'param':
        return 'parameter'
    if space == 'const':
        return 'load_constant'
    return f'{"load" if base == "ld" else "store"}_{space or "global"}'


def take_cache_hints(m):
    """Hints about caches change nothing here."""
    m.take('ca', 'cg', 'cs', 'lu', 'cv', 'wb', 'wt')
    m.take('nc')
    for hint in [x for x in m.rest if re.fullmatch(
            r'L1::(evict_normal|evict_unchanged|evict_first|evict_last|no_allocate)|L2::(64|128|256)B',
            x)]:
        m.rest.remove(hint)


def vector(operand, lanes):
    items = operand.items if isinstance(operand, Tuple) else (operand,)
    if len(items) != lanes:
        raise Refused(f'{len(items)} registers for {lanes} elements')
    return items


@handles('ld', operands=2)
def load(m, o, w):
    kind = m.type()
    space = m.take('global', 'shared', 'shared::cta', 'local', 'const', 'param').split(':')[0]
    take_cache_hints(m)
    order = m.take('acquire', 'relaxed', 'volatile', 'weak')
    if order in ('acquire', 'relaxed'):
        m.need(*SCOPES)
    lanes = int((m.take('v2', 'v4', 'v8') or 'v1')[1:])
    element = cpp(kind) if kind in SIGNED else 'u' + str(8 * TYPE_BYTES[kind])
    items = vector(o[0], lanes)
    address = w.address(o[1], space)
    if order in ('acquire', 'relaxed', 'volatile'):
        if lanes != 1 or space in ('local', 'const', 'param'):
            raise Refused(f'.{order} with .{space} or a vector')
        order = 'relaxed' if order == 'volatile' else order
        site = w.site(space, 'load', TYPE_BYTES[kind])
        return w.assign(items[0], kind if kind in SIGNED else 'b' + element[1:],
                        f't.load_atomic<{element}>({address}, Order::{order}, {site})'), \
            memory_class('ld', space)
    if space == 'param':
        source = f't.load_parameter<{element}, {lanes}>({address})'
    elif space == 'local':
        source = f't.load_local<{element}, {lanes}>({address})'
    else:
        site = w.site(space, 'load', lanes * TYPE_BYTES[kind])
        source = f't.load<{element}, {lanes}>({address}, {site})'
    register_type = kind if kind in SIGNED else 'b' + element[1:]
    if lanes == 1:
        return w.assign(items[0], register_type, source), memory_class('ld', space)
    return f'const auto loaded = {source}; ' + ' '.join(
        w.assign(x, register_type, f'static_cast<{element}>(loaded[{i}])')
        for i, x in enumerate(items) if x != Word('_')), memory_class('ld', space)


@handles('mapa', operands=3)
def map_to_cluster(m, o, w):
    m.need('shared::cluster')
    need_types(m.type(), 'u32')
    return w.assign(o[0], 'u32', f't.cluster_map({w.value(o[1], "u32")}, {w.value(o[2], "u32")})'), 'other'


@handles('st', operands=2)
def store(m, o, w):
    kind = m.type()
    space = m.take('global', 'shared', 'shared::cta', 'shared::cluster', 'local', 'param')
    space = 'cluster' if space == 'shared::cluster' else space.split(':')[0]
    take_cache_hints(m)
    order = m.take('release', 'relaxed', 'volatile', 'weak')
    if order in ('release', 'relaxed'):
        m.need(*SCOPES)
    lanes = int((m.take('v2', 'v4', 'v8') or 'v1')[1:])
    element = 'u' + str(8 * TYPE_BYTES[kind])
    values = ', '.join(w.value(x, 'b' + element[1:]) for x in vector(o[1], lanes))
    address = w.address(o[0], space)
    if order in ('release', 'relaxed', 'volatile'):
        if lanes != 1 or space in ('local', 'param', 'cluster'):
            raise Refused(f'.{order} with .{space} or a vector')
        order = 'relaxed' if order == 'volatile' else order
        site = w.site(space, 'store', TYPE_BYTES[kind])
        return f't.store_atomic<{element}>({address}, {values}, Order::{order}, {site});', \
            memory_class('st', space)
    whole = values if lanes == 1 else f'Vector<{element}, {lanes}>{{{values}}}'
    if space in ('param', 'local'):
        name = {'param': 'store_parameter', 'local': 'store_local'}[space]
        return f't.{name}<{element}, {lanes}>({address}, {whole});', memory_class('st', space)
    # Counted as what it is in the other block's memory.
    space = 'shared' if space == 'cluster' else space
    site = w.site(space, 'store', lanes * TYPE_BYTES[kind])
    return f't.store<{element}, {lanes}>({address}, {site}, {whole});', memory_class('st', space)


@handles('atom', 'red', operands=(2, 3, 4))
def atomic(m, o, w):
    kind = m.type()
    space = m.take('global', 'shared', 'shared::cta').split(':')[0]
    order = m.take('relaxed', 'acquire', 'release', 'acq_rel') or 'relaxed'
    m.take(*SCOPES)
    m.take('noftz')
    what = m.need('add', 'min', 'max', 'inc', 'dec', 'exch', 'cas', 'and', 'or', 'xor')
    returns = m.base == 'atom'
    if not returns and what in ('exch', 'cas'):
        raise Refused(f'.{what} without a result')
    if len(o) != (2 if returns else 1) + (2 if what == 'cas' else 1):
        raise Refused(f'{len(o)} operands')
    # Sums of floats would depend on the order of the threads.
    allowed = {'add': ('u32', 's32', 'u64'), 'min': ('u32', 's32', 'u64', 's64'),
               'max': ('u32', 's32', 'u64', 's64'), 'inc': ('u32',), 'dec': ('u32',)}
    need_types(kind, *allowed.get(what, ('b32', 'b64')))
    site = w.site(space, 'atomic', TYPE_BYTES[kind])
    values = ', '.join(w.value(x, kind) for x in o[(2 if returns else 1):])
    address = w.address(o[1] if returns else o[0], space)
    expression = f't.atomic_{what}<{cpp(kind)}>({address}, {values}, Order::{order}, {site})'
    if returns and o[0] != Word('_'):
        return w.assign(o[0], kind, expression), 'atomic'
    return f'{expression};', 'atomic'


@handles('cp', operands=(0, 1, 3))
def copy_async(m, o, w):
    m.need('async')
    if m.take('commit_group'):
        if o:
            raise Refused(f'{len(o)} operands')
        return 't.copy_async_commit();', 'other'
    if m.take('wait_group'):
        return f't.copy_async_wait({w.value(o[0], "u32")});', 'other'
    if m.take('wait_all'):
        return 't.copy_async_wait_all();', 'other'
    m.need('ca', 'cg')
    m.need('shared', 'shared::cta')
    m.need('global')
    take_cache_hints(m)
    if len(o) < 3:
        raise Refused(f'{len(o)} operands')
    sites = f'{w.site("global", "load", 0)}, {w.site("shared", "store", 0)}'
    return f't.copy_async({w.address(o[0], "shared")}, {w.address(o[1], "global")}, ' \
           f'{w.value(o[2], "u32")}, {sites});', 'async_copy'


@handles('prefetch', 'prefetchu', operands=1)
def prefetch(m, o, w):
    m.take('global')
    m.need('L1', 'L2')
    w.address(o[0], 'global')
    return ';', 'other'


# --- threads together ------------------------------------------------------------------------------
@handles('bar', 'barrier', operands=(0, 1, 2, 3))
def barrier(m, o, w):
    if m.take('cluster'):
        if m.base != 'barrier' or o:
            raise Refused(f'{len(o)} operands')
        what = m.need('arrive', 'wait')
        # Without a word, arrive releases and wait acquires; a relaxed one is not translated.
        m.take('release' if what == 'arrive' else 'acquire')
        m.take('aligned')
        return f't.cluster_{what}({w.collective()});', 'barrier'
    if not o:
        raise Refused('0 operands')
    if m.take('warp'):
        m.need('sync')
        return f't.warp_barrier({w.value(o[0], "u32")}, {w.collective()});', 'warp_barrier'
    m.take('cta')
    m.take('aligned')
    if m.take('red'):
        what = m.need('popc', 'and', 'or')
        kind = m.type()
        if len(o) != 3 or kind != ('u32' if what == 'popc' else 'pred'):
            raise Refused(f'{len(o)} operands of type .{kind}')
        w.whole_block_barrier(o[1])
        return w.assign(o[0], kind, f't.barrier_{what}({w.value(o[2], "pred")}, {w.collective()})'), \
            'barrier'
    m.need('sync')
    if len(o) != 1:
        raise Refused('a barrier of part of a block is not translated')
    w.whole_block_barrier(o[0])
    return f't.barrier({w.collective()});', 'barrier'


@handles('shfl', operands=5)
def shuffle(m, o, w):
    m.need('sync')
    mode = m.need('up', 'down', 'bfly', 'idx')
    need_types(m.type(), 'b32')
    target = o[0] if isinstance(o[0], Pair) else Pair(o[0].text, '_')
    a, b, c, mask = (w.value(x, 'b32') for x in o[1:])
    statement = f'const auto [word, inside] = t.shuffle(Shuffle::{mode}, {a}, {b}, {c}, {mask}, ' \
                f'{w.collective()}); '
    statement += w.assign(Word(target.first), 'b32', 'word')
    statement += ' ' + (w.assign(Word(target.second), 'pred', 'inside') if target.second != '_'
                        else '(void)inside;')
    return statement, 'shuffle'


@handles('vote', operands=3)
def vote(m, o, w):
    m.need('sync')
    what = m.need('all', 'any', 'uni', 'ballot')
    kind = m.type()
    need_types(kind, 'b32' if what == 'ballot' else 'pred')
    pred, mask = w.value(o[1], 'pred'), w.value(o[2], 'b32')
    return w.assign(o[0], kind, f't.vote_{what}({pred}, {mask}, {w.collective()})'), 'vote'


@handles('redux', operands=3)
def reduce_warp(m, o, w):
    m.need('sync')
    what = m.need('add', 'min', 'max', 'and', 'or', 'xor')
    kind = m.type()
    need_types(kind, *(('b32',) if what in ('and', 'or', 'xor') else ('u32', 's32')))
    return w.assign(o[0], kind, f't.reduce_{what}<{cpp(kind)}>({w.value(o[1], kind)}, '
                                f'{w.value(o[2], "b32")}, {w.collective()})'), 'vote'


@handles('match', operands=3)
def match(m, o, w):
    m.need('any')
    m.need('sync')
    kind = m.type()
    need_types(kind, 'b32', 'b64')
    return w.assign(o[0], 'b32', f't.match_any(u64{{{w.value(o[1], kind)}}}, {w.value(o[2], "b32")}, '
                                 f'{w.collective()})'), 'vote'


@handles('mma', operands=4)
def matrix_multiply(m, o, w):
    if m.rest != 'sync aligned m16n8k8 row col f32 tf32 tf32 f32'.split():
        raise Refused('this shape and these types are not translated')
    m.rest.clear()
    a = ', '.join(w.value(x, 'b32') for x in vector(o[1], 4))
    b = ', '.join(w.value(x, 'b32') for x in vector(o[2], 2))
    c = ', '.join(w.value(x, 'f32') for x in vector(o[3], 4))
    statement = f'f32 d[4] = {{{c}}}; const u32 a[4] = {{{a}}}, b[2] = {{{b}}}; ' \
                f't.mma_m16n8k8_tf32(d, a, b, {w.collective()}); '
    return statement + ' '.join(w.assign(x, 'f32', f'd[{i}]') for i, x in enumerate(vector(o[0], 4))), \
        'tensor'


@handles('membar', operands=0)
def memory_barrier(m, o, w):
    m.need('cta', 'gl', 'sys')
    return ';', 'fence'


@handles('fence', operands=0)
def fence(m, o, w):
    m.take('sc', 'acq_rel')
    m.need(*SCOPES)
    return ';', 'fence'


@handles('nanosleep', operands=1)
def sleep(m, o, w):
    need_types(m.type(), 'u32')
    return f't.relax({w.collective()});', 'other'


# --- control flow ----------------------------------------------------------------------------------
@handles('bra', operands=1)
def branch(m, o, w):
    m.take('uni')
    return f'goto {w.label(o[0])};', 'branch'


@handles('brx', operands=2)
def indexed_branch(m, o, w):
    m.need('idx')
    m.take('uni')
    cases = ' '.join(f'case {i}: goto {label};' for i, label in enumerate(w.branch_targets(o[1])))
    return f'switch ({w.value(o[0], "u32")}) {{ {cases} ' \
           f'default: t.trap({w.collective()}); }}', 'branch'


@handles('call', operands=(1, 2, 3))
def call(m, o, w):
    m.take('uni')
    results = o[0].items if isinstance(o[0], Tuple) else ()
    rest = o[1:] if isinstance(o[0], Tuple) else o
    arguments = rest[1].items if len(rest) == 2 and isinstance(rest[1], Tuple) else ()
    if len(rest) > 2 or not isinstance(rest[0], Word):
        raise Refused('an indirect call')
    return w.call(rest[0].text, results, arguments), 'branch'


@handles('ret', 'exit', operands=0)
def leave(m, o, w):
    m.take('uni')
    if m.base == 'exit' and not w.function.entry:
        raise Refused('a thread ends inside a device function')
    return 'return;', 'branch'


@handles('trap', operands=0)
def trap(m, o, w):
    return f't.trap({w.collective()});', 'other'
