# SPDX-License-Identifier: MIT
"""Rows of one thread each: arithmetic, bits, comparison, conversion, by PTX ISA's rules."""

import math
from fractions import Fraction
from itertools import product

from ieee import BF16, F16, F32, F64, NAN, INF, TF32, root, round_to_integer
from rows import (FEW_FLOATS, FORMATS, Bound, bits_of, floats, integers, mask, number, scalar, signed,
                  values)

INTEGERS = ('u16', 's16', 'u32', 's32', 'u64', 's64')


def wide(kind):
    return kind[0] + str(2 * bits_of(kind))


def integer_arithmetic():
    for kind in INTEGERS:
        n = lambda x, kind=kind: number(x, kind)
        top = bits_of(kind)
        scalar(f'add.{kind}', f'{kind} {kind}', kind, lambda a, b: a + b)
        scalar(f'sub.{kind}', f'{kind} {kind}', kind, lambda a, b: a - b)
        scalar(f'mul.lo.{kind}', f'{kind} {kind}', kind, lambda a, b: a * b)
        scalar(f'mul.hi.{kind}', f'{kind} {kind}', kind, lambda a, b, n=n, t=top: n(a) * n(b) >> t)
        scalar(f'mad.lo.{kind}', f'{kind} {kind} {kind}', kind, lambda a, b, c: a * b + c)
        scalar(f'mad.hi.{kind}', f'{kind} {kind} {kind}', kind,
               lambda a, b, c, n=n, t=top: (n(a) * n(b) >> t) + c)
        scalar(f'min.{kind}', f'{kind} {kind}', kind, lambda a, b, n=n: min(n(a), n(b)))
        scalar(f'max.{kind}', f'{kind} {kind}', kind, lambda a, b, n=n: max(n(a), n(b)))
        pairs = [p for p in product(integers(kind), integers(kind)) if p[1] != 0]
        scalar(f'div.{kind}', f'{kind} {kind}', kind, lambda a, b, n=n: quotient(n(a), n(b)),
               threads=pairs)
        scalar(f'rem.{kind}', f'{kind} {kind}', kind,
               lambda a, b, n=n: n(a) - n(b) * quotient(n(a), n(b)), threads=pairs)
        if top < 64:
            scalar(f'mul.wide.{kind}', f'{kind} {kind}', wide(kind), lambda a, b, n=n: n(a) * n(b))
            scalar(f'mad.wide.{kind}', f'{kind} {kind} {wide(kind)}', wide(kind),
                   lambda a, b, c, n=n: n(a) * n(b) + c)
        if kind[0] == 's':
            scalar(f'neg.{kind}', kind, kind, lambda a: -a)
            scalar(f'abs.{kind}', kind, kind, lambda a, n=n: abs(n(a)))
    for kind in ('u32', 's32', 'u64', 's64'):
        carry_chain(kind)


def quotient(a, b):
    """Towards zero."""
    return abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)


def carry_chain(kind):
    """Two words each: the second instruction reads the first one's carry."""
    bits = bits_of(kind)

    def number_pair(high, low):
        return high << bits | low

    def split(x):
        return mask(x >> bits, kind), mask(x, kind)
    threads = list(product(integers(kind)[-6:], integers(kind)[:2] + integers(kind)[-4:],
                           integers(kind)[:2], integers(kind)[-3:]))
    for op, sign in (('add', 1), ('sub', -1)):
        scalar(f'{op}.cc, {op}c.{kind}', f'{kind} {kind} {kind} {kind}', f'{kind} {kind}',
               lambda ah, al, bh, bl, s=sign: split(number_pair(ah, al) + s * number_pair(bh, bl)),
               f'{op}.cc.{kind} %o1, %i1, %i3; {op}c.{kind} %o0, %i0, %i2;', threads)
    scalar(f'{"addc.cc"}.{kind}', f'{kind} {kind} {kind} {kind}', f'{kind} {kind}',
           lambda ah, al, bh, bl: (mask(number_pair(ah, al) + number_pair(bh, bl) >> bits, kind),
                                   number_pair(ah, al) + number_pair(bh, bl) >> 2 * bits),
           f'add.cc.{kind} %o1, %i1, %i3; addc.cc.{kind} %o0, %i0, %i2; addc.{kind} %o1, 0, 0;',
           threads)
    n = lambda x: number(x, kind)
    scalar(f'mad.lo.cc, madc.hi.{kind}', f'{kind} {kind} {kind} {kind}', f'{kind} {kind}',
           lambda a, b, ch, cl: split(n(a) * n(b) + number_pair(ch, cl)),
           f'mad.lo.cc.{kind} %o1, %i0, %i1, %i3; madc.hi.{kind} %o0, %i0, %i1, %i2;', threads)


def bit_instructions():
    for kind in ('b16', 'b32', 'b64'):
        bits, full = bits_of(kind), 2 ** bits_of(kind) - 1
        scalar(f'and.{kind}', f'{kind} {kind}', kind, lambda a, b: a & b)
        scalar(f'or.{kind}', f'{kind} {kind}', kind, lambda a, b: a | b)
        scalar(f'xor.{kind}', f'{kind} {kind}', kind, lambda a, b: a ^ b)
        scalar(f'not.{kind}', kind, kind, lambda a, m=full: a ^ m)
        shifts = list(product(integers(kind), [0, 1, bits - 1, bits, bits + 1, 255, 2 ** 32 - 1]))
        scalar(f'shl.{kind}', f'{kind} b32', kind, lambda a, s: a << min(s, 64), threads=shifts)
        scalar(f'shr.{kind}', f'{kind} b32', kind, lambda a, s: a >> min(s, 64), threads=shifts)
        for k in ('u', 's'):
            name = k + kind[1:]
            scalar(f'shr.{name}', f'{name} b32', name,
                   lambda a, s, n=name: number(a, n) >> min(s, 64), threads=shifts)
    for op, f in (('and', lambda a, b: a & b), ('or', lambda a, b: a | b), ('xor', lambda a, b: a ^ b)):
        scalar(f'{op}.pred', 'pred pred', 'pred', f)
    scalar('not.pred', 'pred', 'pred', lambda a: 1 - a)
    for kind in ('b32', 'b64'):
        bits = bits_of(kind)
        scalar(f'popc.{kind}', kind, 'b32', lambda a: bin(a).count('1'))
        scalar(f'clz.{kind}', kind, 'b32', lambda a, b=bits: b - a.bit_length())
        scalar(f'brev.{kind}', kind, kind, lambda a, b=bits: int(format(a, f'0{b}b')[::-1], 2))
        for k in ('u', 's'):
            name = k + kind[1:]

            def top(a, n=name):
                x = number(a, n)
                return (~x if x < 0 else x).bit_length() - 1
            scalar(f'bfind.{name}', name, 'u32', lambda a, t=top: t(a))
            scalar(f'bfind.shiftamt.{name}', name, 'u32',
                   lambda a, t=top, b=bits: -1 if t(a) < 0 else b - 1 - t(a))
            fields = list(product(integers(kind)[6:], [0, 1, 5, bits - 1, bits, 255],
                                  [0, 1, 6, bits - 1, bits, 255]))
            scalar(f'bfe.{name}', f'{name} u32 u32', name,
                   lambda a, p, l, n=name: field(a, p, l, n), threads=fields)
        inserts = list(product(integers(kind)[8:], integers(kind)[9:], [0, 1, bits - 1, bits, 255],
                               [0, 1, 6, bits, 255]))
        scalar(f'bfi.{kind}', f'{kind} {kind} u32 u32', kind,
               lambda a, b, p, l, m=2 ** bits - 1: b & ~((2 ** l - 1) << p) | (a & (2 ** l - 1)) << p
               if l else b, threads=inserts)
    words = [0, 1, 0x80000000, 0xffffffff, 0x5a5a5a5a, 0x12345678]
    for side, how in product('lr', ('wrap', 'clamp')):
        scalar(f'shf.{side}.{how}.b32', 'b32 b32 b32', 'b32',
               lambda lo, hi, s, side=side, how=how: funnel(lo, hi, s, side, how),
               threads=list(product(words, words, [0, 1, 31, 32, 33, 64, 2 ** 32 - 1])))
    for table in (0x00, 0x80, 0x96, 0xca, 0xe8, 0xff):
        scalar(f'lop3.b32 {table:#x}', 'b32 b32 b32', 'b32',
               lambda a, b, c, t=table: sum((t >> ((a >> i & 1) * 4 + (b >> i & 1) * 2 + (c >> i & 1))
                                             & 1) << i for i in range(32)),
               f'lop3.b32 %o0, %i0, %i1, %i2, {table:#x};', list(product(words, words, words)))
    scalar('prmt.b32', 'b32 b32 b32', 'b32', permute,
           threads=list(product([0x83828180, 0x03020100, 0x7f80ff01], [0x87868584, 0x07060504],
                                [0x3210, 0x7654, 0x0123, 0xba98, 0xfedc, 0x4444, 0xc0d1, 0x12345432])))


def field(a, position, length, kind):
    """bfe as PTX ISA writes it out, bit by bit."""
    msb = bits_of(kind) - 1
    if kind[0] == 'u' or length == 0:
        sign = 0
    else:
        sign = a >> min(position + length - 1, msb) & 1
    return sum((a >> (position + i) & 1 if i < length and position + i <= msb else sign) << i
               for i in range(msb + 1))


def funnel(low, high, shift, side, how):
    shift = shift & 31 if how == 'wrap' else min(shift, 32)
    pair = high << 32 | low
    return pair << shift >> 32 if side == 'l' else pair >> shift


def permute(a, b, selector):
    source = (b << 32 | a).to_bytes(8, 'little')
    out = []
    for i in range(4):
        nibble = selector >> 4 * i & 15
        byte = source[nibble & 7]
        out.append((255 if byte & 128 else 0) if nibble & 8 else byte)
    return int.from_bytes(bytes(out), 'little')


# --- floating point --------------------------------------------------------------------------------
def clamp01(f, a):
    order = f.compare(a, 0)
    if order is None or order <= 0:
        return 0
    return min(a, f.encode(0, Fraction(1)))


def float_arithmetic():
    for kind in ('f32', 'f64'):
        f = FORMATS[kind]
        two, three = f'{kind} {kind}', f'{kind} {kind} {kind}'
        for mode in ('', 'rn', 'rz', 'rm', 'rp'):
            dot, m = ('.' + mode if mode else ''), mode or 'rn'
            scalar(f'add{dot}.{kind}', two, kind, lambda a, b, f=f, m=m: f.add(a, b, m))
            scalar(f'sub{dot}.{kind}', two, kind, lambda a, b, f=f, m=m: f.sub(a, b, m))
            scalar(f'mul{dot}.{kind}', two, kind, lambda a, b, f=f, m=m: f.mul(a, b, m))
            if mode:
                scalar(f'fma.{mode}.{kind}', three, kind, lambda a, b, c, f=f, m=m: f.fma(a, b, c, m))
                scalar(f'div.{mode}.{kind}', two, kind, lambda a, b, f=f, m=m: f.div(a, b, m))
                scalar(f'rcp.{mode}.{kind}', kind, kind,
                       lambda a, f=f, m=m: f.div(f.encode(0, Fraction(1)), a, m))
                scalar(f'sqrt.{mode}.{kind}', kind, kind, lambda a, f=f, m=m: f.sqrt(a, m))
        scalar(f'mad.rn.{kind}', three, kind, f.fma)
        scalar(f'min.{kind}', two, kind, lambda a, b, f=f: f.extremum(a, b, False))
        scalar(f'max.{kind}', two, kind, lambda a, b, f=f: f.extremum(a, b, True))
        scalar(f'neg.{kind}', kind, kind, f.negate)
        scalar(f'abs.{kind}', kind, kind, f.magnitude)
        scalar(f'copysign.{kind}', two, kind,
               lambda a, b, f=f: f.magnitude(b) | a >> (f.bits - 1) << (f.bits - 1))
        properties(kind, f)
    f, flush = F32, F32.flush
    for op, exact in (('add', f.add), ('sub', f.sub), ('mul', f.mul)):
        scalar(f'{op}.ftz.f32', 'f32 f32', 'f32', lambda a, b, g=exact: flush(g(flush(a), flush(b))))
        scalar(f'{op}.sat.f32', 'f32 f32', 'f32', lambda a, b, g=exact: clamp01(F32, g(a, b)))
    scalar('fma.rn.ftz.f32', 'f32 f32 f32', 'f32',
           lambda a, b, c: flush(f.fma(flush(a), flush(b), flush(c))))
    scalar('fma.rn.sat.f32', 'f32 f32 f32', 'f32', lambda a, b, c: clamp01(f, f.fma(a, b, c)))
    scalar('div.rn.ftz.f32', 'f32 f32', 'f32', lambda a, b: flush(f.div(flush(a), flush(b))))
    scalar('rcp.rn.ftz.f32', 'f32', 'f32', lambda a: flush(f.div(0x3f800000, flush(a))))
    scalar('sqrt.rn.ftz.f32', 'f32', 'f32', lambda a: flush(f.sqrt(flush(a))))
    scalar('min.ftz.f32', 'f32 f32', 'f32', lambda a, b: f.extremum(flush(a), flush(b), False))
    scalar('max.ftz.f32', 'f32 f32', 'f32', lambda a, b: f.extremum(flush(a), flush(b), True))
    scalar('neg.ftz.f32', 'f32', 'f32', lambda a: f.negate(flush(a)))
    scalar('abs.ftz.f32', 'f32', 'f32', lambda a: f.magnitude(flush(a)))
    for op, greatest in (('min', False), ('max', True)):
        scalar(f'{op}.NaN.f32', 'f32 f32', 'f32',
               lambda a, b, g=greatest: f.nan if f.is_nan(a) or f.is_nan(b) else f.extremum(a, b, g))


def properties(kind, f):
    def normal(a):
        return not f.is_subnormal(a) and f.decode(a)[1] not in (NAN, INF, 0)
    tests = {'finite': lambda a: f.decode(a)[1] not in (NAN, INF), 'infinite': lambda a: f.decode(a)[1] == INF,
             'number': lambda a: not f.is_nan(a), 'notanumber': f.is_nan, 'normal': normal,
             'subnormal': f.is_subnormal}
    for name, test in tests.items():
        scalar(f'testp.{name}.{kind}', kind, 'pred', lambda a, t=test: int(t(a)))


def approximate():
    """The exact values by closed forms; special inputs as the instructions' tables say."""
    def bounded(sign, magnitude, bound):
        return Bound(float(-magnitude if sign else magnitude), float(bound))

    def ulp(x):
        e = x.numerator.bit_length() - x.denominator.bit_length()
        e -= int(Fraction(2) ** e > x)
        return Fraction(2) ** (max(e, -126) - 23)

    def reciprocal(a):
        exact = F32.div(0x3f800000, a)
        sign, m = F32.decode(a)
        if m in (NAN, INF, 0) or F32.decode(exact)[1] in (INF, 0):
            return exact
        return bounded(sign, 1 / m, ulp(1 / m))

    def square_root(a):
        sign, m = F32.decode(a)
        if sign or m in (NAN, INF, 0):
            return F32.sqrt(a)
        return bounded(0, root(m), root(m) / 2 ** 23)

    def reciprocal_root(a):
        sign, m = F32.decode(a)
        if m in (NAN, INF, 0) or sign:
            return F32.nan if m == NAN or (sign and m != 0) else F32.div(0x3f800000, a)
        exact = 1 / root(m)
        return bounded(0, exact, exact * Fraction(2 ** -22.9))

    def power_of_two(a):
        sign, m = F32.decode(a)
        if m == NAN:
            return F32.nan
        if m == INF or m >= (150 if sign else 128):
            return F32.zero(0) if sign else F32.infinity(0)
        x = 2.0 ** (-float(m) if sign else float(m))
        # PTX ISA 9.1: 2 ulp from the result that is rounded correctly; before: 2^-22 relative.
        bound = max(x * 2 ** -22, 2.5 * float(ulp(Fraction(x))) if x else 0.0, 2 ** -150)
        return Bound(x, bound) if m and not F32.is_subnormal(a) else 0x3f800000

    def logarithm(a):
        sign, m = F32.decode(a)
        if m == 0:
            return F32.infinity(1)
        if sign or m in (NAN, INF):
            return F32.nan if sign or m == NAN else a
        x = math.log2(m)
        return Bound(x, 2 ** -22 if Fraction(1, 2) < m < 2 else abs(x) * 2 ** -22)

    def circular(function, at_zero):
        def expect(a):
            sign, m = F32.decode(a)
            if m in (NAN, INF):
                return F32.nan
            if m == 0:
                return at_zero(a)
            x = function(-float(m) if sign else float(m))
            return Bound(x, 2 ** -20.5)
        return expect

    def hyperbolic(a):
        sign, m = F32.decode(a)
        if m in (NAN, 0):
            return F32.nan if m == NAN else a
        if m == INF:
            return F32.encode(sign, Fraction(1))
        x = math.tanh(-float(m) if sign else float(m))
        return Bound(x, abs(x) * 2 ** -11)

    ordinary = [F32.encode(s, Fraction(n, d)) for s in (0, 1) for n, d in (
        (1, 3), (2, 3), (9, 10), (11, 10), (17, 10), (5, 2), (7, 3), (6, 1), (1, 100))]
    everywhere = [(a,) for a in floats('f32') + ordinary + [
        F32.encode(s, Fraction(n)) for s in (0, 1) for n in (10, 100, 126, 127, 149, 3 * 10 ** 5)]]
    one_turn = [(a,) for a in [0, 0x80000000, 0x7f800000, 0xff800000, F32.nan, 0x40490fdb, 0x40c90fdb,
                               0x3fc90fdb, 0x3f800000] + ordinary]
    flushed = [t for t in everywhere if not F32.is_subnormal(t[0])]
    for name, expect, threads in (('rcp', reciprocal, everywhere), ('sqrt', square_root, everywhere),
                                  ('rsqrt', reciprocal_root, everywhere), ('ex2', power_of_two, everywhere),
                                  ('lg2', logarithm, everywhere),
                                  ('sin', circular(math.sin, lambda a: a), one_turn),
                                  ('cos', circular(math.cos, lambda a: 0x3f800000), one_turn)):
        scalar(f'{name}.approx.f32', 'f32', 'f32', expect, threads=threads)

        def with_flush(a, g=expect):
            result = g(F32.flush(a))
            if isinstance(result, Bound) and abs(result.exact) < 2 ** -126:
                return F32.zero(int(result.exact < 0))
            if isinstance(result, Bound) and abs(result.exact) - result.bound < 2 ** -126:
                return Bound(result.exact, max(result.bound, 2 ** -126))  # just below is flushed
            return result
        scalar(f'{name}.approx.ftz.f32', 'f32', 'f32', with_flush, threads=threads)
    scalar('tanh.approx.f32', 'f32', 'f32', hyperbolic, threads=flushed)

    def quotient(a, b, full):
        exact = F32.div(a, b)
        (sa, ma), (sb, mb) = F32.decode(a), F32.decode(b)
        if not full and mb != INF and mb != NAN and mb > 2 ** 126:
            return F32.nan if ma in (NAN, INF) else F32.zero(sa ^ sb)
        if INF in (ma, mb) or NAN in (ma, mb) or 0 in (ma, mb):
            return exact
        return bounded(sa ^ sb, ma / mb, 2 * ulp(ma / mb))
    scalar('div.full.f32', 'f32 f32', 'f32', lambda a, b: quotient(a, b, True))
    scalar('div.approx.f32', 'f32 f32', 'f32', lambda a, b: quotient(a, b, False))


# --- comparison and selection ----------------------------------------------------------------------
def comparisons():
    holds = {'eq': (0,), 'ne': (-1, 1), 'lt': (-1,), 'le': (-1, 0), 'gt': (1,), 'ge': (0, 1)}
    for kind in INTEGERS:
        for name, orders in holds.items():
            scalar(f'setp.{name}.{kind}', f'{kind} {kind}', 'pred',
                   lambda a, b, k=kind, o=orders:
                   int((number(a, k) > number(b, k)) - (number(a, k) < number(b, k)) in o))
    for kind in ('u16', 'u32', 'u64'):
        for name, same in (('lo', 'lt'), ('ls', 'le'), ('hi', 'gt'), ('hs', 'ge')):
            scalar(f'setp.{name}.{kind}', f'{kind} {kind}', 'pred',
                   lambda a, b, o=holds[same]: int((a > b) - (a < b) in o))
    for kind in ('b16', 'b32', 'b64'):
        for name in ('eq', 'ne'):
            scalar(f'setp.{name}.{kind}', f'{kind} {kind}', 'pred',
                   lambda a, b, w=name == 'eq': int((a == b) == w))
    for kind in ('f32', 'f64'):
        f = FORMATS[kind]
        for name, orders in holds.items():
            scalar(f'setp.{name}.{kind}', f'{kind} {kind}', 'pred',
                   lambda a, b, f=f, o=orders: int(f.compare(a, b) in o))
            scalar(f'setp.{name}u.{kind}', f'{kind} {kind}', 'pred',
                   lambda a, b, f=f, o=orders: int(f.compare(a, b) in (*o, None)))
        scalar(f'setp.num.{kind}', f'{kind} {kind}', 'pred',
               lambda a, b, f=f: int(f.compare(a, b) is not None))
        scalar(f'setp.nan.{kind}', f'{kind} {kind}', 'pred',
               lambda a, b, f=f: int(f.compare(a, b) is None))
    scalar('setp.lt.ftz.f32', 'f32 f32', 'pred',
           lambda a, b: int(F32.compare(F32.flush(a), F32.flush(b)) == -1))
    few = list(product([0, 1, 5], [0, 1, 5], [0, 1]))
    for op, combine in (('and', lambda x, y: x & y), ('or', lambda x, y: x | y), ('xor', lambda x, y: x ^ y)):
        scalar(f'setp.lt.{op}.s32 p|q', 's32 s32 pred', 'pred pred',
               lambda a, b, c, g=combine: (g(int(a < b), c), g(int(a >= b), c)),
               f'setp.lt.{op}.s32 %o0|%o1, %i0, %i1, %i2;', few)
        scalar(f'setp.ge.{op}.s32 !c', 's32 s32 pred', 'pred',
               lambda a, b, c, g=combine: g(int(a >= b), 1 - c),
               f'setp.ge.{op}.s32 %o0, %i0, %i1, !%i2;', few)
    scalar('setp.eq.s32 p|q', 's32 s32', 'pred pred', lambda a, b: (int(a == b), int(a != b)),
           'setp.eq.s32 %o0|%o1, %i0, %i1;')
    for kind in ('b16', 'b32', 'b64', 'u32', 's32', 'f32', 'f64'):
        edge = [(a, b, p) for p in (0, 1) for a, b in zip(values(kind, 1), reversed(values(kind, 1)))]
        scalar(f'selp.{kind}', f'{kind} {kind} pred', kind, lambda a, b, p: a if p else b, threads=edge)


# --- conversion ------------------------------------------------------------------------------------
ALL_INTEGERS = ('u8', 's8', 'u16', 's16', 'u32', 's32', 'u64', 's64')


def register(kind):
    """PTX has no 8-bit registers: such values live in 16-bit ones."""
    return kind[0] + '16' if kind in ('u8', 's8') else kind


def nearest(value, kind):
    least = -2 ** (bits_of(kind) - 1) if kind[0] == 's' else 0
    return max(least, min(value, least + 2 ** bits_of(kind) - 1))


def holds_all(target, source):
    """Whether an integer type has every value of another one."""
    room = bits_of(target) - int(target[0] == 's')
    return room >= bits_of(source) - int(source[0] == 's') and (target[0] == 's' or source[0] == 'u')


def conversions():
    for source, target in product(ALL_INTEGERS, ALL_INTEGERS):
        edges = [(x,) for x in integers(register(source))]
        # Wider registers get the sign or zeros of the target type.
        scalar(f'cvt.{target}.{source}', register(source), register(target),
               lambda a, s=source, t=target: number(number(a, s), t), threads=edges)
        if not holds_all(target, source):  # else ptxas refuses .sat
            scalar(f'cvt.sat.{target}.{source}', register(source), register(target),
                   lambda a, s=source, t=target: nearest(number(a, s), t), threads=edges)
    for kind in ('f32', 'f64'):
        f = FORMATS[kind]
        halves = [(f.encode(s, Fraction(n, 2)),) for s in (0, 1) for n in range(1, 8)] + [
            (f.encode(s, Fraction(2) ** p + d),) for s in (0, 1) for p in (7, 8, 15, 16, 31, 32, 63, 64)
            for d in (-1, 0, 1)]
        edges = [(x,) for x in floats(kind)] + halves
        for mode, target in product(('rni', 'rzi', 'rmi', 'rpi'), ALL_INTEGERS):
            scalar(f'cvt.{mode}.{target}.{kind}', kind, register(target),
                   lambda a, f=f, m=mode, t=target: to_integer(f, a, m, t), threads=edges)
        for mode in ('rni', 'rzi', 'rmi', 'rpi'):
            scalar(f'cvt.{mode}.{kind}.{kind}', kind, kind,
                   lambda a, f=f, m=mode: integral(f, a, m), threads=edges)
        for mode, source in product(('rn', 'rz', 'rm', 'rp'), ('u32', 's32', 'u64', 's64')):
            scalar(f'cvt.{mode}.{kind}.{source}', source, kind,
                   lambda a, f=f, m=mode, s=source: f.from_integer(number(a, s), m),
                   threads=[(x,) for x in integers(source) + [2 ** 24 + 1, 2 ** 24 + 3, 2 ** 31 - 65]])
        for source in ('u8', 's8', 'u16', 's16'):
            scalar(f'cvt.rn.{kind}.{source}', register(source), kind,
                   lambda a, f=f, s=source: f.from_integer(number(a, s)),
                   threads=[(x,) for x in integers(register(source))])
        scalar(f'cvt.sat.{kind}.{kind}', kind, kind, lambda a, f=f: clamp01(f, a), threads=edges)
    for mode in ('rn', 'rz', 'rm', 'rp'):
        narrow = [(x,) for x in floats('f64')] + [
            (F64.encode(s, Fraction(2) ** e * (1 + Fraction(k, 2 ** 25))),)
            for s in (0, 1) for e in (-150, -149, -127, -126, 0, 127) for k in (0, 1, 2, 3, 4, 2 ** 25 - 1)]
        scalar(f'cvt.{mode}.f32.f64', 'f64', 'f32', lambda a, m=mode: F64.convert(a, F32, m),
               threads=narrow)
    scalar('cvt.f64.f32', 'f32', 'f64', lambda a: F32.convert(a, F64))
    scalar('cvt.ftz.f64.f32', 'f32', 'f64', lambda a: F32.convert(F32.flush(a), F64))
    scalar('cvt.rni.ftz.s32.f32', 'f32', 's32', lambda a: to_integer(F32, F32.flush(a), 'rni', 's32'))
    scalar('cvt.ftz.sat.f32.f32', 'f32', 'f32', lambda a: clamp01(F32, F32.flush(a)))
    narrow_floats()


def to_integer(f, bits, mode, target):
    """Out of range is the nearest end; NaN is 0, or the top bit alone where a side has 64 bits."""
    sign, m = f.decode(bits)
    width = bits_of(target)
    if m == NAN:
        return 0 if width < 64 and f is F32 else number(1 << (width - 1), target)
    if m == INF:
        return nearest(-2 ** 100 if sign else 2 ** 100, target)
    return nearest(round_to_integer(-m if sign else m, mode), target)


def integral(f, bits, mode):
    sign, m = f.decode(bits)
    if m in (NAN, INF, 0):
        return f.nan if m == NAN else bits
    value = round_to_integer(-m if sign else m, mode)
    return f.encode(sign, Fraction(abs(value)))


def narrow_floats():
    """f16, bf16 and tf32: conversions only."""
    everything16 = [(x,) for x in [*range(0, 0x400, 37), *range(0x400, 0x7c00, 997), 0x3ff, 0x7bff,
                                   0x7c00, 0x7c01, 0x7e00] for x in (x, x | 0x8000)]
    scalar('cvt.f32.f16', 'b16', 'f32', lambda a: F16.convert(a, F32), threads=everything16)
    scalar('cvt.f32.bf16', 'b16', 'f32', lambda a: BF16.convert(a, F32),
           threads=[(x,) for x in (0, 0x8000, 1, 0x3f80, 0xbf80, 0x7f7f, 0x7f80, 0xff80, 0x4049)])
    for f, name in ((F16, 'f16'), (BF16, 'bf16'), (TF32, 'tf32')):
        step = Fraction(1, 2 ** (f.fraction_bits + 1))
        ties = [(F32.encode(s, Fraction(2) ** e * (1 + k * step + d)),)
                for s in (0, 1) for e in (-30, -25, -24, -15, -14, 0, 15, 16, 127) for k in (0, 1, 2, 3)
                for d in (0, Fraction(1, 2 ** 22), -Fraction(1, 2 ** 22))]
        edges = ties + [(x,) for x in floats('f32')]
        out, modes = ('b32', ('rn', 'rna')) if f is TF32 else ('b16', ('rn',))
        for mode in modes:
            def expect(a, f=f, mode=mode):
                bits = F32.convert(a, f, mode)
                return 0x7fffffff if f is TF32 and bits == TF32.nan else bits << 13 if f is TF32 else bits
            scalar(f'cvt.{mode}.{name}.f32', 'f32', out, expect, threads=edges)


def moves():
    for kind in ('b16', 'b32', 'b64', 'u16', 'u32', 'u64', 's16', 's32', 's64', 'f32', 'f64', 'pred'):
        scalar(f'mov.{kind}', kind, kind, lambda a: a)
    scalar('mov.b32 {a, b}', 'b16 b16', 'b32', lambda a, b: b << 16 | a, 'mov.b32 %o0, {%i0, %i1};')
    scalar('mov.b64 {a, b}', 'b32 b32', 'b64', lambda a, b: b << 32 | a, 'mov.b64 %o0, {%i0, %i1};')
    scalar('mov.b64 {a, b, c, d}', 'b16 b16 b16 b16', 'b64',
           lambda a, b, c, d: d << 48 | c << 32 | b << 16 | a, 'mov.b64 %o0, {%i0, %i1, %i2, %i3};',
           [(1, 2, 3, 0xffff), (0x8000, 0, 0x1234, 7)])
    scalar('mov.b32 a, b from', 'b32', 'b16 b16', lambda a: (mask(a, 'b16'), a >> 16),
           'mov.b32 {%o0, %o1}, %i0;')
    scalar('mov.b64 a, b from', 'b64', 'b32 b32', lambda a: (mask(a, 'b32'), a >> 32),
           'mov.b64 {%o0, %o1}, %i0;')
    scalar('mov.b64 _, b from', 'b64', 'b32', lambda a: a >> 32, 'mov.b64 {_, %o0}, %i0;')
    for text, kind, bits in (('0f3F800000', 'f32', 0x3f800000), ('0d3FF0000000000000', 'f64', 0x3ff << 52),
                             ('-1', 's32', 2 ** 32 - 1), ('0x7F', 'u16', 127), ('-2147483648', 's32', 2 ** 31),
                             ('-9223372036854775808', 's64', 2 ** 63), ('18446744073709551615', 'u64', 2 ** 64 - 1)):
        scalar(f'mov.{kind} {text}', kind, kind, lambda a, b=bits: b, f'mov.{kind} %o0, {text};', [(0,)])
    scalar('@p and @!p', 'pred u32 u32', 'u32', lambda p, a, b: a if p else b,
           'mov.u32 %o0, 77; @%i0 mov.u32 %o0, %i1; @!%i0 mov.u32 %o0, %i2;')


def all_rows():
    integer_arithmetic()
    bit_instructions()
    float_arithmetic()
    approximate()
    comparisons()
    conversions()
    moves()
