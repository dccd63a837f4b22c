// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>

#include "kernels/philox.hpp"
#include "kernels/platform.hpp"

namespace fusemd {

// Random numbers as functions of what they are for: (seed, replica, step, purpose, index). There
// is no generator to carry along, to share between threads or to save in a checkpoint.
//
// The floating-point part uses + - * / and sqrt only, each rounded once (IEEE 754), never the
// mathematics library: a host compiled with -ffp-contract=off and a device compiled with
// -fmad=false give the same bits. The integers are the same everywhere.

/// Keeps streams apart that share seed, replica, step and index.
enum class RandomPurpose : std::uint32_t {
  start_velocity = 1,  ///< index = atom
  langevin_noise = 2,  ///< index = atom
  csvr_kinetic = 3,    ///< index = draw number; a replica has one thermostat
  exchange = 4,        ///< index 0; replica = the lower of two neighbouring temperatures
};

/// One replica's numbers at one step.
struct RandomStream {
  std::uint64_t seed = 0;
  std::uint32_t replica = 0;  ///< the replica's global number, not its slot in a batch
  std::int64_t step = 0;      ///< 0 to 2^48 - 1
  RandomPurpose purpose = RandomPurpose::start_velocity;

  /// 128 random bits. Key: the seed. Counter: index, replica, step (48 bits), purpose (16 bits).
  FUSEMD_HD PhiloxBlock block(std::uint32_t index) const {
    const auto bits = static_cast<std::uint64_t>(step);
    const PhiloxBlock counter{{index, replica, static_cast<std::uint32_t>(bits),
                               (static_cast<std::uint32_t>(bits >> 32) & 0xFFFFu) |
                                   (static_cast<std::uint32_t>(purpose) << 16)}};
    return philox4x32_10(counter, static_cast<std::uint32_t>(seed),
                         static_cast<std::uint32_t>(seed >> 32));
  }
};

/// (w + 1/2) 2^-32: 2^32 equidistant values inside (0, 1), symmetric about 1/2, exact.
FUSEMD_HD inline double uniform32(std::uint32_t w) {
  return (static_cast<double>(w) + 0.5) * 0x1p-32;
}

/// 2^52 equidistant values inside (0, 1), symmetric about 1/2, exact. One bit more and the half
/// could not be represented: 1 would be returned now and then.
FUSEMD_HD inline double uniform52(std::uint32_t high, std::uint32_t low) {
  const double integer = static_cast<double>(high >> 6) * 0x1p26 + static_cast<double>(low >> 6);
  return (integer + 0.5) * 0x1p-52;
}

/// Natural logarithm of a positive, normal, finite number.
///
///   x = 2^k m, m in [sqrt(1/2), sqrt(2)):   ln x = k ln 2 + 2 atanh(s),   s = (m - 1) / (m + 1)
///
/// with the series of atanh to s^21 (|s| <= 0.1716: the rest is below 3e-17).
/// Result   relative error below 5e-16 (measured in test/kernels/test_random.cpp).
FUSEMD_HD inline double natural_log(double x) {
  constexpr std::uint64_t kSqrtHalf = 0x3FE6A09E667F3BCDu;  // the bits of sqrt(1/2)
  constexpr std::uint64_t kBias = 1024;
  constexpr double kLn2 = 0.693147180559945309417;
  std::uint64_t bits = 0;
  std::memcpy(&bits, &x, sizeof bits);
  // Biased, so that the shift is of unsigned bits and the exponent fits 32: vector units have
  // both.
  const std::uint64_t biased = (bits - kSqrtHalf + (kBias << 52)) >> 52;
  const auto exponent = static_cast<std::int32_t>(biased) - static_cast<std::int32_t>(kBias);
  bits += (kBias - biased) << 52;
  double m = 0.0;
  std::memcpy(&m, &bits, sizeof m);
  const double s = (m - 1.0) / (m + 1.0);
  const double z = s * s;
  double series = 1.0 / 21.0;
  series = series * z + 1.0 / 19.0;
  series = series * z + 1.0 / 17.0;
  series = series * z + 1.0 / 15.0;
  series = series * z + 1.0 / 13.0;
  series = series * z + 1.0 / 11.0;
  series = series * z + 1.0 / 9.0;
  series = series * z + 1.0 / 7.0;
  series = series * z + 1.0 / 5.0;
  series = series * z + 1.0 / 3.0;
  // The small terms first, s last: rounding then happens in the last place of the result only.
  return static_cast<double>(exponent) * kLn2 + (2.0 * s + 2.0 * s * (z * series));
}

struct NormalPair {
  double first, second;
};

/// Two independent standard normal variates from two words.
///
///   r = sqrt(-2 ln u1),  phi = 2 pi u2:   (r cos phi, r sin phi),   u = (w + 1/2) 2^-32
///
/// Source   Box & Muller, Ann. Math. Stat. 29, 610 (1958). Differs from the paper: the quadrant
///          of phi is taken from the word's integer bits, so that sine and cosine are Taylor
///          polynomials on [-pi/4, pi/4] with a remainder below 1e-16.
/// Result   |variate| <= 6.77: with 32-bit uniforms the rest of the normal distribution, a share
///          of 1e-11, never occurs. The variance differs from 1 by less than 1e-9.
FUSEMD_HD inline NormalPair normal_pair(std::uint32_t w1, std::uint32_t w2) {
  const double r = std::sqrt(-2.0 * natural_log(uniform32(w1)));

  const std::uint32_t quadrant = (w2 + 0x20000000u) >> 30;
  const auto rest = static_cast<std::int32_t>(w2 - (quadrant << 30));  // [-2^29, 2^29)
  constexpr double kTwoPi = 6.28318530717958647693;
  const double x = (static_cast<double>(rest) + 0.5) * (kTwoPi * 0x1p-32);
  const double z = x * x;
  double sine = -1.0 / 1307674368000.0;
  sine = sine * z + 1.0 / 6227020800.0;
  sine = sine * z - 1.0 / 39916800.0;
  sine = sine * z + 1.0 / 362880.0;
  sine = sine * z - 1.0 / 5040.0;
  sine = sine * z + 1.0 / 120.0;
  sine = sine * z - 1.0 / 6.0;
  sine = sine * z * x + x;
  double cosine = 1.0 / 20922789888000.0;
  cosine = cosine * z - 1.0 / 87178291200.0;
  cosine = cosine * z + 1.0 / 479001600.0;
  cosine = cosine * z - 1.0 / 3628800.0;
  cosine = cosine * z + 1.0 / 40320.0;
  cosine = cosine * z - 1.0 / 720.0;
  cosine = cosine * z + 1.0 / 24.0;
  cosine = cosine * z - 0.5;
  cosine = cosine * z + 1.0;

  // phi = x + quadrant pi/2: an odd quadrant swaps sine and cosine, the signs follow the circle.
  // Both are factors of 0 and +-1, exact, instead of branches: loops over atoms then vectorise.
  const auto odd = static_cast<double>(static_cast<int>(quadrant & 1u));
  const double even = 1.0 - odd;
  const double cosine_sign = 1.0 - static_cast<double>(static_cast<int>((quadrant + 1u) & 2u));
  const double sine_sign = 1.0 - static_cast<double>(static_cast<int>(quadrant & 2u));
  return {r * (cosine_sign * (odd * sine + even * cosine)),
          r * (sine_sign * (odd * cosine + even * sine))};
}

/// The three variates of an atom (a Cartesian vector) from its block.
struct NormalTriple {
  double x, y, z;
};
FUSEMD_HD inline NormalTriple normal_triple(const PhiloxBlock& block) {
  const NormalPair xy = normal_pair(block.word[0], block.word[1]);
  return {xy.first, xy.second, normal_pair(block.word[2], block.word[3]).first};
}

/// Sum of the squares of `n` independent standard normal variates (chi-square with n degrees of
/// freedom), n >= 0, at a cost that does not grow with n.
///
/// Draw j of the rejection loop is block first_index + j, so the value is a function of the
/// stream.
/// Source   Marsaglia & Tsang, ACM Trans. Math. Softw. 26, 363 (2000), gamma variates of shape
///          n/2; n = 1 is one squared normal variate (their method needs a shape of at least 1;
///          a shape of 1/2 needs none). Differs from the paper: without its squeeze step, which
///          saves a logarithm and changes no value.
FUSEMD_HD inline double chi_square(const RandomStream& stream,
                                   std::uint32_t first_index,
                                   std::int64_t n) {
  if (n <= 0) return 0.0;
  if (n == 1) {
    const PhiloxBlock block = stream.block(first_index);
    const double x = normal_pair(block.word[0], block.word[1]).first;
    return x * x;
  }
  const double d = 0.5 * static_cast<double>(n) - 1.0 / 3.0;
  const double c = 1.0 / std::sqrt(9.0 * d);
  for (std::uint32_t index = first_index;; ++index) {
    const PhiloxBlock block = stream.block(index);
    const double x = normal_pair(block.word[0], block.word[1]).first;
    const double root = 1.0 + c * x;
    if (root <= 0.0) continue;
    const double v = root * root * root;
    const double u = uniform52(block.word[2], block.word[3]);
    if (natural_log(u) < 0.5 * x * x + d - d * v + d * natural_log(v)) return 2.0 * d * v;
  }
}

}  // namespace fusemd
