// SPDX-License-Identifier: MIT
#pragma once

#include "test/simt/ptx/runtime/registers.hpp"

/// The .approx instructions. The result is the exact value, rounded once; with the executor's
/// Config::approximate_units it is moved inside the error bound that PTX ISA states, by an amount
/// that depends on the instruction, the input and Config::seed alone, as a unit's error depends on
/// its input alone. A kernel whose results then leave their tolerance relies on more than the
/// hardware promises.
///
/// Bounds   rcp 1 ulp; sqrt 2^-23, rsqrt 2^-22.9 relative; ex2 2.5 ulp or 2^-22; lg2 2^-22
///          absolute on (0.5, 2), else relative; sin and cos 2^-20.5 absolute on [-2 pi, 2 pi],
///          2^-14.7 absolute outside (stated up to 100 pi); tanh 2^-11 relative; div.approx and
///          div.full 2 ulp.
/// Source   PTX ISA 9.1, sections 9.7.3.8 and 9.7.3.13 to 22; of editions, the larger bound.
/// Exact    zeros, infinities and NaN come out as the pages' tables of special inputs say. Flushing
/// is
///          not done here: the translated instruction flushes its operands and result if it has
///          .ftz.
namespace fusemd::ptx {

f32 rcp_approx(f32 a);
f32 sqrt_approx(f32 a);
f32 rsqrt_approx(f32 a);
f32 ex2_approx(f32 a);
f32 lg2_approx(f32 a);
f32 sin_approx(f32 a);
f32 cos_approx(f32 a);
f32 tanh_approx(f32 a);
f32 div_approx(f32 a, f32 b);  ///< 0 for 2^126 < |b|, as the page warns
f32 div_full(f32 a, f32 b);

}  // namespace fusemd::ptx
