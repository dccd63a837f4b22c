// SPDX-License-Identifier: MIT
#pragma once

#include "kernels/mma_tf32_layout.hpp"
#include "kernels/simt.cuh"

namespace fusemd::simt {

/// x rounded to TF32 (8 bits of exponent, 10 of fraction; ties away from zero), as the bits of a
/// float. 3xTF32 splits x into to_tf32(x) and to_tf32(x - tf32_value(to_tf32(x))).
__device__ __forceinline__ unsigned to_tf32(float x) {
#if !defined(__CUDACC__)
  return executor::round_to_tf32(x);
#elif __CUDA_ARCH__ >= 800
  unsigned bits;
  asm("cvt.rna.tf32.f32 %0, %1;" : "=r"(bits) : "f"(x));
  return bits;
#else
  return __float_as_uint(x);
#endif
}

__device__ __forceinline__ float tf32_value(unsigned bits) { return __uint_as_float(bits); }

/// D = A B + D for one warp, fragments as in kernels/mma_tf32_layout.hpp, products exact, sums in
/// fp32. The hardware fixes neither order nor rounding inside one instruction; the executor sums in
/// double and rounds once.
///
/// Needs    all 32 lanes; sm_80 or later. On sm_75 it traps: launch policies choose the FMA kernels
/// there.
__device__ __forceinline__ void mma_m16n8k8_tf32(float (&d)[4],
                                                 const unsigned (&a)[4],
                                                 const unsigned (&b)[2] FUSEMD_CALL_SITE) {
#if !defined(__CUDACC__)
  executor::mma_m16n8k8_tf32(d, a, b, fusemd_site);
#elif __CUDA_ARCH__ >= 800
  asm volatile(
      "mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, "
      "{%8, %9}, {%0, %1, %2, %3};"
      : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
#elif defined(__CUDA_ARCH__)
  (void)d, (void)a, (void)b;
  __trap();
#endif
}

}  // namespace fusemd::simt
