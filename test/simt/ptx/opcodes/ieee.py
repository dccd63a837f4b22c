# SPDX-License-Identifier: MIT
"""Exact binary floating-point arithmetic on bit patterns, in rational numbers: what the opcode tests
expect, computed without any floating-point unit.

Rounding modes: rn (nearest, ties to even), rna (nearest, ties away), rz, rm, rp.
"""

from fractions import Fraction
from math import isqrt

NAN, INF = 'nan', 'inf'


class Format:
    """A binary interchange format. Values are (sign, magnitude) with a Fraction, INF or NAN."""

    def __init__(self, exponent_bits, fraction_bits):
        self.fraction_bits = fraction_bits
        self.exponent_bits = exponent_bits
        self.bias = 2 ** (exponent_bits - 1) - 1
        self.bits = 1 + exponent_bits + fraction_bits
        self.least_exponent = 1 - self.bias
        self.top_exponent = 2 ** exponent_bits - 1

    def decode(self, bits):
        sign = bits >> (self.bits - 1)
        exponent = bits >> self.fraction_bits & self.top_exponent
        fraction = bits & (2 ** self.fraction_bits - 1)
        if exponent == self.top_exponent:
            return sign, NAN if fraction else INF
        if exponent:
            fraction += 2 ** self.fraction_bits
        scale = max(exponent, 1) - self.bias - self.fraction_bits
        return sign, Fraction(fraction) * Fraction(2) ** scale

    @property
    def nan(self):
        """The canonical NaN of PTX: all ones but for the sign."""
        return 2 ** (self.bits - 1) - 1

    def infinity(self, sign):
        return sign << (self.bits - 1) | self.top_exponent << self.fraction_bits

    def zero(self, sign):
        return sign << (self.bits - 1)

    def greatest(self, sign):
        return self.infinity(sign) - 1

    def encode(self, sign, magnitude, mode='rn'):
        if magnitude == NAN:
            return self.nan
        if magnitude == INF:
            return self.infinity(sign)
        if magnitude == 0:
            return self.zero(sign)
        exponent = magnitude.numerator.bit_length() - magnitude.denominator.bit_length()
        if Fraction(2) ** exponent > magnitude:
            exponent -= 1
        quantum = Fraction(2) ** (max(exponent, self.least_exponent) - self.fraction_bits)
        whole, rest = divmod(magnitude / quantum, 1)
        whole = int(whole) + self.rounds_up(sign, int(whole), rest, mode)
        if whole * quantum >= Fraction(2) ** (self.top_exponent - self.bias):
            away = mode in ('rn', 'rna') or mode == ('rm' if sign else 'rp')
            return self.infinity(sign) if away else self.greatest(sign)
        # A fraction that carried into the next power of two fits the formula below too.
        biased = max(exponent, self.least_exponent) + self.bias
        return (sign << (self.bits - 1)) + ((biased - 1) << self.fraction_bits) + whole

    @staticmethod
    def rounds_up(sign, whole, rest, mode):
        if rest == 0:
            return 0
        if mode == 'rn':
            return int(rest > Fraction(1, 2) or (rest == Fraction(1, 2) and whole % 2 == 1))
        if mode == 'rna':
            return int(rest >= Fraction(1, 2))
        return int(mode == ('rm' if sign else 'rp'))

    def is_subnormal(self, bits):
        return bits >> self.fraction_bits & self.top_exponent == 0 and bits << 1 & (
            2 ** self.bits - 1) != 0

    def flush(self, bits):
        return bits & (1 << (self.bits - 1)) if self.is_subnormal(bits) else bits

    # --- operations on bits ---
    def add(self, a, b, mode='rn'):
        return self.sum(self.decode(a), self.decode(b), mode)

    def sub(self, a, b, mode='rn'):
        return self.add(a, self.negate(b), mode)

    def sum(self, x, y, mode):
        (sx, mx), (sy, my) = x, y
        if NAN in (mx, my) or (mx == my == INF and sx != sy):
            return self.nan
        if INF in (mx, my):
            return self.infinity(sx if mx == INF else sy)
        total = (-mx if sx else mx) + (-my if sy else my)
        if total == 0:
            same = sx == sy and mx == 0  # two zeros of one sign; anything else that cancels is +0
            return self.zero(sx if same else int(mode == 'rm'))
        return self.encode(int(total < 0), abs(total), mode)

    def product(self, a, b):
        (sa, ma), (sb, mb) = self.decode(a), self.decode(b)
        sign = sa ^ sb
        if NAN in (ma, mb) or (INF in (ma, mb) and 0 in (ma, mb)):
            return sign, NAN
        return sign, INF if INF in (ma, mb) else ma * mb

    def mul(self, a, b, mode='rn'):
        return self.encode(*self.product(a, b), mode)

    def fma(self, a, b, c, mode='rn'):
        return self.sum(self.product(a, b), self.decode(c), mode)

    def div(self, a, b, mode='rn'):
        (sa, ma), (sb, mb) = self.decode(a), self.decode(b)
        sign = sa ^ sb
        if NAN in (ma, mb) or ma == mb == INF or ma == mb == 0:
            return self.nan
        if ma == INF or mb == 0:
            return self.infinity(sign)
        if mb == INF:
            return self.zero(sign)
        return self.encode(sign, ma / mb, mode)

    def sqrt(self, a, mode='rn'):
        sign, magnitude = self.decode(a)
        if magnitude in (NAN, 0):
            return self.nan if magnitude == NAN else a
        if sign:
            return self.nan
        if magnitude == INF:
            return a
        return self.encode(0, root(magnitude), mode)

    def negate(self, a):
        return a ^ 1 << (self.bits - 1)

    def magnitude(self, a):
        return a & (2 ** (self.bits - 1) - 1)

    def is_nan(self, a):
        return self.decode(a)[1] == NAN

    def compare(self, a, b):
        """-1, 0, 1 or None for unordered."""
        (sa, ma), (sb, mb) = self.decode(a), self.decode(b)
        if NAN in (ma, mb):
            return None
        big = Fraction(2) ** 3000
        x, y = [(-1 if s else 1) * (big if m == INF else m) for s, m in ((sa, ma), (sb, mb))]
        return (x > y) - (x < y)

    def extremum(self, a, b, greatest):
        """min or max: -0 below +0, a number before NaN."""
        if self.is_nan(a) or self.is_nan(b):
            return self.nan if self.is_nan(a) and self.is_nan(b) else b if self.is_nan(a) else a
        order = self.compare(a, b) or (b >> (self.bits - 1)) - (a >> (self.bits - 1))
        return a if (order >= 0) == greatest else b

    def from_integer(self, value, mode='rn'):
        return self.encode(int(value < 0), Fraction(abs(value)), mode)

    def convert(self, bits, target, mode='rn'):
        return target.encode(*self.decode(bits), mode)


def root(x, extra_bits=200):
    """A rational that rounds as the square root of x does: cut after many bits, with a sticky one."""
    scaled = x.numerator * x.denominator << (2 * extra_bits)
    whole = isqrt(scaled)
    sticky = Fraction(1, 4) if whole * whole != scaled else 0
    return (whole + sticky) / (Fraction(x.denominator) * 2 ** extra_bits)


def round_to_integer(value, mode):
    """An exact rational to an integer: rni (ties to even), rzi, rmi, rpi."""
    floor = value.numerator // value.denominator
    rest = value - floor
    if mode == 'rmi' or rest == 0:
        return floor
    if mode == 'rpi':
        return floor + 1
    if mode == 'rzi':
        return floor if value > 0 else floor + 1
    return floor + int(rest > Fraction(1, 2) or (rest == Fraction(1, 2) and floor % 2 == 1))


F32 = Format(8, 23)
F64 = Format(11, 52)
F16 = Format(5, 10)
BF16 = Format(8, 7)
TF32 = Format(8, 10)
