// SPDX-License-Identifier: MIT
#pragma once
// The approximate instructions of the special-function unit, by name. -use_fast_math is never
// given: where a kernel wants one, it says so. Error bounds: PTX ISA 9.1, 9.7.3.13 to 9.7.3.22.
// The executor computes the exact value, or with Config::approximate_units one that differs by up
// to the bound, so that a test shows whether a kernel tolerates the hardware's error.

#include "kernels/simt.cuh"

namespace fusemd::simt {

#if defined(__CUDACC__)
#define FUSEMD_UNARY_INSTRUCTION(instruction, exact, relative, absolute) \
  float result;                                                          \
  asm(instruction " %0, %1;" : "=f"(result) : "f"(x));                   \
  return result
#else
#define FUSEMD_UNARY_INSTRUCTION(instruction, exact, relative, absolute) \
  return executor::approximate(x, exact, relative, absolute)
#endif

/// 1/x, relative error 2^-23.
__device__ __forceinline__ float fast_reciprocal(float x) {
  FUSEMD_UNARY_INSTRUCTION("rcp.approx.ftz.f32", 1.0 / double{x}, 0x1p-23, 0.0);
}

/// 1/sqrt(x), relative error 2^-22.9.
__device__ __forceinline__ float fast_rsqrt(float x) {
  FUSEMD_UNARY_INSTRUCTION("rsqrt.approx.ftz.f32", 1.0 / sqrt(double{x}), 0x1.13p-23, 0.0);
}

/// sqrt(x), relative error 2^-23.
__device__ __forceinline__ float fast_sqrt(float x) {
  FUSEMD_UNARY_INSTRUCTION("sqrt.approx.ftz.f32", sqrt(double{x}), 0x1p-23, 0.0);
}

/// 2^x, relative error 2.5 2^-23: the manual says 2 ulp from the result that is rounded correctly.
__device__ __forceinline__ float fast_exp2(float x) {
  FUSEMD_UNARY_INSTRUCTION("ex2.approx.ftz.f32", exp2(double{x}), 0x1.4p-22, 0.0);
}

/// log2(x), absolute error 2^-22 for x in (0.5, 2), else relative error 2^-22.
__device__ __forceinline__ float fast_log2(float x) {
  FUSEMD_UNARY_INSTRUCTION("lg2.approx.ftz.f32", log2(double{x}), 0x1p-22, 0x1p-22);
}

/// sin(x) and cos(x), absolute error 2^-20.5 for x in [-2 pi, 2 pi].
__device__ __forceinline__ float fast_sin(float x) {
  FUSEMD_UNARY_INSTRUCTION("sin.approx.ftz.f32", sin(double{x}), 0.0, 0x1.6ap-21);
}
__device__ __forceinline__ float fast_cos(float x) {
  FUSEMD_UNARY_INSTRUCTION("cos.approx.ftz.f32", cos(double{x}), 0.0, 0x1.6ap-21);
}

/// tanh(x), relative error 2^-11: too coarse for forces, listed so that nobody takes it for tanhf.
__device__ __forceinline__ float fast_tanh(float x) {
  FUSEMD_UNARY_INSTRUCTION("tanh.approx.f32", tanh(double{x}), 0x1p-11, 0.0);
}

#undef FUSEMD_UNARY_INSTRUCTION

/// e^x as 2^(x log2 e); the rounding of the product adds |x| 2^-24 to fast_exp2's relative error.
__device__ __forceinline__ float fast_exp(float x) {
  constexpr float kLog2E = 1.44269504088896341f;
  return fast_exp2(x * kLog2E);
}

}  // namespace fusemd::simt
