# SPDX-License-Identifier: MIT
"""Arithmetic, bits, comparison, selection, moves and conversions."""

from instruction_core import FLOATS, INTEGER_ROUNDINGS, ROUNDINGS, Refused, SIGNED, cpp, handles
from ptx_parser import Pair, TYPE_BYTES, Tuple, Word


# --- arithmetic ------------------------------------------------------------------------------------
def need_types(kind, *allowed):
    if kind not in allowed:
        raise Refused(f'type .{kind} is not translated for it')


def float_class(base, kind):
    if kind == 'f64':
        return 'fp64'
    return {'fma': 'fma32', 'mad': 'fma32', 'add': 'add32', 'sub': 'add32', 'mul': 'add32'}.get(
        base, 'other32')


def float_result(w, target, kind, expression, flush, saturate):
    if saturate:
        expression = f'saturate({expression})'
    if flush:
        expression = f'ftz({expression})'
    return w.assign(target, kind, expression)


def float_sources(w, operands, kind, flush):
    values = [w.value(o, kind) for o in operands]
    return [f'ftz({v})' for v in values] if flush else values


def take_flush(m, kind):
    flush = bool(m.take('ftz'))
    if flush and kind == 'f64':
        raise Refused('.ftz is for f32')
    return flush


@handles('add', 'sub', 'mul', 'fma', operands=(3, 4))
def arithmetic(m, o, w):
    kind = m.type()
    if kind not in FLOATS:
        return integer_arithmetic(m, o, w, kind)
    rounding, flush, saturate = m.take('rn', 'rz', 'rm', 'rp'), take_flush(m, kind), m.take('sat')
    if len(o) != (4 if m.base == 'fma' else 3):
        raise Refused(f'{len(o)} operands')
    a, b, *c = float_sources(w, o[1:], kind, flush)
    if rounding in ROUNDINGS:
        name = 'add' if m.base == 'sub' else m.base
        arguments = [a, f'negate({b})' if m.base == 'sub' else b, *c, ROUNDINGS[rounding]]
        expression = f'{name}_toward<{kind}>({", ".join(arguments)})'
    elif m.base == 'fma':
        expression = f'std::fma({a}, {b}, {c[0]})'
    else:
        expression = f'{a} {dict(add="+", sub="-", mul="*")[m.base]} {b}'
    return float_result(w, o[0], kind, expression, flush, saturate), float_class(m.base, kind)


@handles('mad', operands=4)
def multiply_add(m, o, w):
    kind = m.type()
    if kind in FLOATS:
        m.rest.append(kind)
        m.base = 'fma'
        return arithmetic(m, o, w)
    half = m.need('lo', 'hi', 'wide')
    need_types(kind, 'u16', 's16', 'u32', 's32', 'u64', 's64')
    a, b = w.value(o[1], kind), w.value(o[2], kind)
    result = wide(kind) if half == 'wide' else kind
    product = f'mul_{half}<{kind}>({a}, {b})'
    carry = m.take('cc')
    if carry:
        return w.assign(o[0], result, carried('add', result, product, w.value(o[3], result), '0')), \
            'integer'
    return w.assign(o[0], result, f'add<{result}>({product}, {w.value(o[3], result)})'), 'integer'


@handles('madc', operands=4)
def multiply_add_carry(m, o, w):
    kind = m.type()
    half = m.need('lo', 'hi')
    need_types(kind, 'u32', 's32', 'u64', 's64')
    product = f'mul_{half}<{kind}>({w.value(o[1], kind)}, {w.value(o[2], kind)})'
    expression = carried('add', kind, product, w.value(o[3], kind), 'carry', m.take('cc'))
    return w.assign(o[0], kind, expression), 'integer'


def wide(kind):
    need_types(kind, 'u16', 's16', 'u32', 's32')
    return kind[0] + str(2 * int(kind[1:]))


def carried(name, kind, a, b, carry_in, keeps=True):
    """A sum or difference that reads or sets the carry flag, a variable of the function."""
    call = {'add': 'add_carry', 'sub': 'sub_borrow'}[name]
    return f'{call}<{kind}>({a}, {b}, {carry_in}, {"carry" if keeps else "no_carry"})'


def integer_arithmetic(m, o, w, kind):
    need_types(kind, 'u16', 's16', 'u32', 's32', 'u64', 's64')
    if m.base == 'fma' or len(o) != 3:
        raise Refused(f'type .{kind}, {len(o)} operands')
    a, b = w.value(o[1], kind), w.value(o[2], kind)
    if m.base == 'mul':
        half = m.need('lo', 'hi', 'wide')
        result = wide(kind) if half == 'wide' else kind
        return w.assign(o[0], result, f'mul_{half}<{kind}>({a}, {b})'), 'integer'
    if m.take('cc'):
        start = '0' if m.base == 'add' else '1'
        return w.assign(o[0], kind, carried(m.base, kind, a, b, start)), 'integer'
    return w.assign(o[0], kind, f'{m.base}<{kind}>({a}, {b})'), 'integer'


@handles('addc', 'subc', operands=3)
def with_carry(m, o, w):
    kind = m.type()
    need_types(kind, 'u32', 's32', 'u64', 's64')
    expression = carried(m.base[:3], kind, w.value(o[1], kind), w.value(o[2], kind), 'carry',
                         m.take('cc'))
    return w.assign(o[0], kind, expression), 'integer'


@handles('div', 'rem', operands=3)
def divide(m, o, w):
    kind = m.type()
    if kind not in FLOATS:
        need_types(kind, 'u16', 's16', 'u32', 's32', 'u64', 's64')
        a, b = w.value(o[1], kind), w.value(o[2], kind)
        return w.assign(o[0], kind, f'{m.base}<{kind}>({a}, t.divisor({b}, {w.collective()}))'), 'integer'
    if m.base == 'rem':
        raise Refused(f'type .{kind}')
    how, flush = m.need('rn', 'rz', 'rm', 'rp', 'approx', 'full'), take_flush(m, kind)
    a, b = float_sources(w, o[1:], kind, flush)
    if how in ('approx', 'full'):
        need_types(kind, 'f32')
        return float_result(w, o[0], kind, f'div_{how}({a}, {b})', flush, False), 'special32'
    expression = f'{a} / {b}' if how == 'rn' else f'div_toward<{kind}>({a}, {b}, {ROUNDINGS[how]})'
    return float_result(w, o[0], kind, expression, flush, False), 'slow32' if kind == 'f32' else 'fp64'


@handles('rcp', 'sqrt', 'rsqrt', operands=2)
def reciprocal_and_root(m, o, w):
    kind = m.type()
    need_types(kind, *FLOATS)
    how, flush = m.need('rn', 'rz', 'rm', 'rp', 'approx'), take_flush(m, kind)
    a, = float_sources(w, o[1:], kind, flush)
    if how == 'approx':
        need_types(kind, 'f32')
        return float_result(w, o[0], kind, f'{m.base}_approx({a})', flush, False), 'special32'
    if m.base == 'rsqrt':
        raise Refused(f'.{how}')
    if how == 'rn':
        expression = f'{kind}{{1}} / {a}' if m.base == 'rcp' else f'std::sqrt({a})'
    elif m.base == 'rcp':
        expression = f'div_toward<{kind}>(1, {a}, {ROUNDINGS[how]})'
    else:
        expression = f'sqrt_toward<{kind}>({a}, {ROUNDINGS[how]})'
    return float_result(w, o[0], kind, expression, flush, False), 'slow32' if kind == 'f32' else 'fp64'


@handles('ex2', 'lg2', 'sin', 'cos', 'tanh', operands=2)
def special(m, o, w):
    kind = m.type()
    need_types(kind, 'f32')
    m.need('approx')
    flush = take_flush(m, kind)
    a, = float_sources(w, o[1:], kind, flush)
    return float_result(w, o[0], kind, f'{m.base}_approx({a})', flush, False), 'special32'


@handles('min', 'max', operands=3)
def extremum(m, o, w):
    kind = m.type()
    if kind not in FLOATS:
        need_types(kind, 'u16', 's16', 'u32', 's32', 'u64', 's64')
        return w.assign(o[0], kind,
                        f'std::{m.base}<{kind}>({w.value(o[1], kind)}, {w.value(o[2], kind)})'), 'integer'
    flush, nan = take_flush(m, kind), m.take('NaN')
    a, b = float_sources(w, o[1:], kind, flush)
    name = {'min': 'minimum', 'max': 'maximum'}[m.base] + ('_nan' if nan else '')
    return float_result(w, o[0], kind, f'{name}({a}, {b})', False, False), float_class(m.base, kind)


@handles('neg', 'abs', operands=2)
def sign(m, o, w):
    kind = m.type()
    if kind in FLOATS:
        flush = take_flush(m, kind)
        a, = float_sources(w, o[1:], kind, flush)
        name = {'neg': 'negate', 'abs': 'magnitude'}[m.base]
        return w.assign(o[0], kind, f'{name}({a})'), float_class(m.base, kind)
    need_types(kind, 's16', 's32', 's64')
    return w.assign(o[0], kind, f'{m.base}<{kind}>({w.value(o[1], kind)})'), 'integer'


@handles('copysign', operands=3)
def copy_sign(m, o, w):
    kind = m.type()
    need_types(kind, *FLOATS)
    # The sign comes from the first source.
    return w.assign(o[0], kind, f'std::copysign({w.value(o[2], kind)}, {w.value(o[1], kind)})'), \
        float_class(m.base, kind)


@handles('testp', operands=2)
def test_property(m, o, w):
    kind = m.type()
    need_types(kind, *FLOATS)
    what = m.need('finite', 'infinite', 'number', 'notanumber', 'normal', 'subnormal')
    a = w.value(o[1], kind)
    return w.assign(o[0], 'pred', {
        'finite': f'std::isfinite({a})', 'infinite': f'std::isinf({a})', 'number': f'!std::isnan({a})',
        'notanumber': f'std::isnan({a})', 'normal': f'std::isnormal({a})',
        'subnormal': f'std::fpclassify({a}) == FP_SUBNORMAL'}[what]), 'compare'


# --- bits ------------------------------------------------------------------------------------------
@handles('and', 'or', 'xor', operands=3)
def bitwise(m, o, w):
    kind = m.type()
    need_types(kind, 'pred', 'b16', 'b32', 'b64')
    mark = {'and': '&', 'or': '|', 'xor': '^'}[m.base]
    return w.assign(o[0], kind,
                    f'static_cast<{cpp(kind)}>({w.value(o[1], kind)} {mark} {w.value(o[2], kind)})'), \
        'logic'


@handles('not', operands=2)
def complement(m, o, w):
    kind = m.type()
    if kind == 'pred':
        return w.assign(o[0], kind, f'!{w.value(o[1], kind)}'), 'logic'
    need_types(kind, 'b16', 'b32', 'b64')
    return w.assign(o[0], kind, f'bit_not<{cpp(kind)}>({w.value(o[1], kind)})'), 'logic'


@handles('shl', 'shr', operands=3)
def shift(m, o, w):
    kind = m.type()
    need_types(kind, 'b16', 'b32', 'b64', *(() if m.base == 'shl' else (
        'u16', 's16', 'u32', 's32', 'u64', 's64')))
    return w.assign(o[0], kind,
                    f'{m.base}<{cpp(kind)}>({w.value(o[1], kind)}, {w.value(o[2], "u32")})'), 'logic'


@handles('shf', operands=4)
def funnel_shift(m, o, w):
    need_types(m.type(), 'b32')
    side, how = m.need('l', 'r'), m.need('wrap', 'clamp')
    low, high, by = (w.value(x, 'b32') for x in o[1:])
    return w.assign(o[0], 'b32', f'shf_{side}({low}, {high}, {how}({by}))'), 'logic'


@handles('bfe', operands=4)
def extract(m, o, w):
    kind = m.type()
    need_types(kind, 'u32', 's32', 'u64', 's64')
    return w.assign(o[0], kind, f'bfe<{kind}>({w.value(o[1], kind)}, {w.value(o[2], "u32")}, '
                                f'{w.value(o[3], "u32")})'), 'logic'


@handles('bfi', operands=5)
def insert(m, o, w):
    kind = m.type()
    need_types(kind, 'b32', 'b64')
    return w.assign(o[0], kind, f'bfi<{cpp(kind)}>({w.value(o[1], kind)}, {w.value(o[2], kind)}, '
                                f'{w.value(o[3], "u32")}, {w.value(o[4], "u32")})'), 'logic'


@handles('lop3', operands=5)
def three_way_logic(m, o, w):
    need_types(m.type(), 'b32')
    a, b, c, table = (w.value(x, 'b32') for x in o[1:])
    return w.assign(o[0], 'b32', f'lop3<u32>({a}, {b}, {c}, {table})'), 'logic'


@handles('prmt', operands=4)
def permute(m, o, w):
    need_types(m.type(), 'b32')
    return w.assign(o[0], 'b32', f'prmt({", ".join(w.value(x, "b32") for x in o[1:])})'), 'logic'


@handles('popc', 'clz', operands=2)
def count_bits(m, o, w):
    kind = m.type()
    need_types(kind, 'b32', 'b64')
    return w.assign(o[0], 'u32', f'{m.base}<{cpp(kind)}>({w.value(o[1], kind)})'), 'logic'


@handles('brev', operands=2)
def reverse_bits(m, o, w):
    kind = m.type()
    need_types(kind, 'b32', 'b64')
    return w.assign(o[0], kind, f'brev<{cpp(kind)}>({w.value(o[1], kind)})'), 'logic'


@handles('bfind', operands=2)
def find_bit(m, o, w):
    kind = m.type()
    need_types(kind, 'u32', 's32', 'u64', 's64')
    amount = 'true' if m.take('shiftamt') else 'false'
    return w.assign(o[0], 'u32', f'bfind<{kind}>({w.value(o[1], kind)}, {amount})'), 'logic'


# --- comparison, selection, moves ------------------------------------------------------------------
INTEGER_COMPARE = {'eq': '==', 'ne': '!=', 'lt': '<', 'le': '<=', 'gt': '>', 'ge': '>=',
                   'lo': '<', 'ls': '<=', 'hi': '>', 'hs': '>='}
FLOAT_COMPARE = {'eq': '==', 'lt': '<', 'le': '<=', 'gt': '>', 'ge': '>='}


def comparison(relation, kind, a, b):
    if kind in FLOATS:
        if relation in FLOAT_COMPARE:
            return f'{a} {FLOAT_COMPARE[relation]} {b}'
        if relation == 'ne':
            return f'ordered_not_equal({a}, {b})'
        if relation == 'num':
            return f'!unordered({a}, {b})'
        if relation == 'nan':
            return f'unordered({a}, {b})'
        if relation == 'neu':
            return f'!({a} == {b})'
        if relation.endswith('u') and relation[:-1] in FLOAT_COMPARE:
            return f'(unordered({a}, {b}) || {a} {FLOAT_COMPARE[relation[:-1]]} {b})'
    elif relation in INTEGER_COMPARE:
        unsigned_only = relation in ('lo', 'ls', 'hi', 'hs')
        if not (unsigned_only and kind in SIGNED):
            return f'{a} {INTEGER_COMPARE[relation]} {b}'
    raise Refused(f'unknown comparison .{relation} of .{kind}')


@handles('setp', operands=(3, 4))
def set_predicate(m, o, w):
    kind = m.type()
    need_types(kind, 'b16', 'b32', 'b64', 'u16', 'u32', 'u64', 's16', 's32', 's64', *FLOATS)
    flush = take_flush(m, kind)
    relation = m.rest.pop(0) if m.rest else ''
    a, b = (float_sources(w, o[1:3], kind, True) if flush
            else [w.value(x, kind) for x in o[1:3]])
    holds, fails = comparison(relation, kind, a, b), None
    if len(o) == 4:
        c = w.value(o[3], 'pred')
        mark = {'and': '&', 'or': '|', 'xor': '!='}[m.need('and', 'or', 'xor')]
        holds, fails = f'({holds}) {mark} {c}', f'!({holds}) {mark} {c}'
    if isinstance(o[0], Pair):
        fails = fails or f'!({holds})'
        return f'const bool holds = {holds}, fails = {fails}; ' + w.assign(
            Word(o[0].first), 'pred', 'holds') + ' ' + w.assign(Word(o[0].second), 'pred', 'fails'), \
            'compare'
    return w.assign(o[0], 'pred', holds), 'compare'


@handles('selp', operands=4)
def select(m, o, w):
    kind = m.type()
    return w.assign(o[0], kind,
                    f'{w.value(o[3], "pred")} ? {w.value(o[1], kind)} : {w.value(o[2], kind)}'), 'compare'


@handles('mov', operands=2)
def move(m, o, w):
    kind = m.type()
    target, source = o
    if isinstance(source, Tuple):
        part = 'b' + str(8 * TYPE_BYTES[kind] // len(source.items))
        parts = ', '.join(w.value(x, part) for x in source.items)
        return w.assign(target, kind, f'pack<{cpp(kind)}>({parts})'), 'move'
    if isinstance(target, Tuple):
        part = 'b' + str(8 * TYPE_BYTES[kind] // len(target.items))
        moves = [w.assign(x, part, f'unpack<{cpp(part)}>(whole, {i})')
                 for i, x in enumerate(target.items) if x != Word('_')]
        return f'const {cpp(kind)} whole = {w.value(source, kind)}; ' + ' '.join(moves), 'move'
    return w.assign(target, kind, w.value(source, kind)), 'move'


@handles('cvta', operands=2)
def convert_address(m, o, w):
    kind = m.type()
    need_types(kind, 'u64')
    to, space = m.take('to'), m.need('global', 'shared', 'local', 'const', 'param')
    if space == 'param':
        raise Refused('generic addresses of parameters are not translated')
    source = w.value(o[1], kind)
    if space == 'shared':
        base = 'reinterpret_cast<u64>(shared)'
        source = f'{source} - {base}' if to else f'{source} + {base}'
    return w.assign(o[0], kind, source), 'move'


@handles('cvt', operands=2)
def convert(m, o, w):
    source, target = m.type(), m.type()
    flush, saturate = m.take('ftz'), m.take('sat')
    rounding = m.take('rn', 'rz', 'rm', 'rp', 'rni', 'rzi', 'rmi', 'rpi', 'rna')
    a = w.value(o[1], source)
    if flush and source == 'f32':
        a = f'ftz({a})'
    if source in ('f16', 'bf16'):
        need_types(target, 'f32')
        a, source, rounding = f'{source}_to_f32({a})', 'f32', rounding or 'exact'
        if rounding != 'exact':
            raise Refused(f'.{rounding} of .{source}')
        return w.assign(o[0], target, f'saturate({a})' if saturate else a), 'convert'
    if target in ('f16', 'bf16', 'tf32'):
        need_types(source, 'f32')
        names = {('f16', 'rn'): 'f32_to_f16', ('bf16', 'rn'): 'f32_to_bf16',
                 ('tf32', 'rna'): 'f32_to_tf32_away', ('tf32', 'rn'): 'f32_to_tf32_even'}
        if (target, rounding) not in names or saturate:
            raise Refused(f'.{rounding} to .{target}')
        return w.assign(o[0], target, f'{names[target, rounding]}({a})'), 'convert'
    if source in FLOATS and target in FLOATS:
        expression = float_to_float(a, source, target, rounding)
        if saturate:
            expression = f'saturate({expression})'
        if flush and target == 'f32':
            expression = f'ftz({expression})'
        return w.assign(o[0], target, expression), 'convert'
    if source in FLOATS:
        return w.assign(o[0], target, float_to_integer(a, source, target, rounding)), 'convert'
    if target in FLOATS:
        if rounding == 'rn':
            expression = f'static_cast<{target}>({a})'
        elif rounding in ROUNDINGS:
            need_types(source, 'u32', 's32', 'u64', 's64')
            expression = f'cvt_toward<{target}>({a}, {ROUNDINGS[rounding]})'
        else:
            raise Refused(f'rounding .{rounding} of an integer')
        return w.assign(o[0], target, f'saturate({expression})' if saturate else expression), 'convert'
    if rounding:
        raise Refused(f'.{rounding} between integers')
    need_types(target, *(s + str(n) for s in 'us' for n in (8, 16, 32, 64)))
    name = 'saturate_to' if saturate else 'static_cast'
    return w.assign(o[0], target, f'{name}<{target}>({a})'), 'convert'


def float_to_float(a, source, target, rounding):
    if source == target:
        if rounding == 'rni':
            return f'to_nearest_integer({a})'
        if rounding in INTEGER_ROUNDINGS:
            return f'to_integer_toward({a}, {INTEGER_ROUNDINGS[rounding]})'
        if rounding:
            raise Refused(f'.{rounding} between equal types')
        return a
    if target == 'f64':
        if rounding:
            raise Refused(f'.{rounding} to a wider type')
        return f'static_cast<f64>({a})'
    if rounding == 'rn':
        return f'static_cast<f32>({a})'
    if rounding in ROUNDINGS:
        return f'cvt_toward<f32>({a}, {ROUNDINGS[rounding]})'
    raise Refused(f'rounding .{rounding}')


def float_to_integer(a, source, target, rounding):
    need_types(target, *(s + str(n) for s in 'us' for n in (8, 16, 32, 64)))
    if rounding == 'rni':
        return f'cvt_to_integer<{target}>(to_nearest_integer({a}))'
    if rounding in INTEGER_ROUNDINGS:
        return f'cvt_to_integer<{target}>(to_integer_toward({a}, {INTEGER_ROUNDINGS[rounding]}))'
    raise Refused(f'rounding .{rounding} to an integer')
