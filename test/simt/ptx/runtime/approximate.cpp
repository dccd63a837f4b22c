// SPDX-License-Identifier: MIT
#include "test/simt/ptx/runtime/approximate.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <numbers>

#include "test/simt/executor/executor.hpp"

namespace fusemd::ptx {
namespace {

enum class Unit : u64 { rcp = 1, sqrt, rsqrt, ex2, lg2, sin, cos, tanh, div };

/// In [-1, 1], from the seed, the instruction and the input bits (the finaliser of splitmix64).
f64 deviation(Unit unit, u64 input) {
  u64 x = executor::config().seed * 0x9e3779b97f4a7c15 + (static_cast<u64>(unit) << 58) + input;
  x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
  x = (x ^ x >> 27) * 0x94d049bb133111eb;
  x ^= x >> 31;
  return static_cast<f64>(x >> 11) * 0x1p-52 - 1.0;
}

/// Moves a finite non-zero value by up to `bound`, rounding included, but never past zero.
f32 moved(f64 exact, f64 bound, Unit unit, u64 input) {
  const auto rounded = static_cast<f32>(exact);
  if (!executor::config().approximate_units || exact == 0 || !std::isfinite(exact)) return rounded;
  const auto deviating =
      static_cast<f32>(exact + deviation(unit, input) * std::min(bound, std::abs(exact)));
  const bool inside = std::isinf(deviating) || std::abs(f64{deviating} - exact) <= bound;
  return inside ? deviating : rounded;
}

f32 moved_relative(f64 exact, f64 relative, Unit unit, f32 a) {
  return moved(exact, std::abs(exact) * relative, unit, std::bit_cast<u32>(a));
}

f64 ulps(f64 exact, f64 count) {
  if (exact == 0 || !std::isfinite(exact)) return 0;
  return count * std::ldexp(1.0, std::max(std::ilogb(exact), -126) - 23);
}

f64 trigonometric_bound(f32 a) {
  return std::abs(a) <= 2 * std::numbers::pi_v<f32> ? 0x1.6ap-21 : 0x1.3bp-15;
}

}  // namespace

f32 rcp_approx(f32 a) {
  const f64 exact = 1.0 / f64{a};
  return moved(exact, ulps(exact, 1), Unit::rcp, std::bit_cast<u32>(a));
}
f32 sqrt_approx(f32 a) { return moved_relative(std::sqrt(f64{a}), 0x1p-23, Unit::sqrt, a); }
f32 rsqrt_approx(f32 a) {
  return moved_relative(1.0 / std::sqrt(f64{a}), 0x1.12p-23, Unit::rsqrt, a);
}

f32 ex2_approx(f32 a) {
  // Inputs that are subnormal give exactly 1, and the table names no other exact finite result.
  if (std::abs(a) < std::numeric_limits<f32>::min()) return 1.0F;
  const f64 exact = std::exp2(f64{a});
  // 9.1: 2 ulp from the result that is rounded correctly. Before: 2^-22 relative.
  const f64 bound = std::max(ulps(exact, 2.5), exact * 0x1p-22);
  return moved(exact, bound, Unit::ex2, std::bit_cast<u32>(a));
}

f32 lg2_approx(f32 a) {
  const f64 exact = std::log2(f64{a});
  const f64 bound = a > 0.5F && a < 2.0F ? 0x1p-22 : std::abs(exact) * 0x1p-22;
  return moved(exact, bound, Unit::lg2, std::bit_cast<u32>(a));
}

f32 sin_approx(f32 a) {
  return moved(std::sin(f64{a}), trigonometric_bound(a), Unit::sin, std::bit_cast<u32>(a));
}
f32 cos_approx(f32 a) {
  if (a == 0) return 1.0F;
  return moved(std::cos(f64{a}), trigonometric_bound(a), Unit::cos, std::bit_cast<u32>(a));
}
f32 tanh_approx(f32 a) {
  if (std::isinf(a)) return std::copysign(1.0F, a);
  return moved_relative(std::tanh(f64{a}), 0x1p-11, Unit::tanh, a);
}

f32 div_full(f32 a, f32 b) {
  const f64 exact = f64{a} / f64{b};
  return moved(exact, ulps(exact, 2), Unit::div,
               u64{std::bit_cast<u32>(a)} << 32 | std::bit_cast<u32>(b));
}
f32 div_approx(f32 a, f32 b) {
  if (std::abs(b) > 0x1p126F && !std::isinf(b)) {
    if (std::isinf(a) || std::isnan(a)) return std::numeric_limits<f32>::quiet_NaN();
    return std::copysign(0.0F, a) * std::copysign(1.0F, b);
  }
  return div_full(a, b);
}

}  // namespace fusemd::ptx
