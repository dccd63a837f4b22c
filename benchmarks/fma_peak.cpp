// SPDX-License-Identifier: MIT
#include "benchmarks/fma_peak.hpp"

#include "benchmarks/clock.hpp"

namespace fusemd::benchmarks {
namespace {

template <class Body>
double gflops(double flops_an_iteration, long iterations, const Body& body) {
  const double start = processor_now();
  body(iterations);
  return flops_an_iteration * static_cast<double>(iterations) / (processor_now() - start) * 1e-9;
}

// Written in assembly, so that no compiler shortens, spills or vectorises the chains. Results are
// not used; operands are whatever the registers hold after they were zeroed.
__attribute__((target("avx512f"))) double peak_avx512(long iterations) {
  return gflops(
      24 * 16 * 2, iterations, [](long n) __attribute__((target("avx512f"))) {
#define FUSEMD_FMA(k) "vfmadd231ps %%zmm30, %%zmm31, %%zmm" #k "\n"
        asm volatile(
            "vpxord %%zmm30, %%zmm30, %%zmm30\n vpxord %%zmm31, %%zmm31, %%zmm31\n"
            "1:\n" FUSEMD_FMA(0) FUSEMD_FMA(1) FUSEMD_FMA(2) FUSEMD_FMA(3) FUSEMD_FMA(4)
                FUSEMD_FMA(5) FUSEMD_FMA(6) FUSEMD_FMA(7) FUSEMD_FMA(8) FUSEMD_FMA(9) FUSEMD_FMA(10)
                    FUSEMD_FMA(11) FUSEMD_FMA(12) FUSEMD_FMA(13) FUSEMD_FMA(14) FUSEMD_FMA(15)
                        FUSEMD_FMA(16) FUSEMD_FMA(17) FUSEMD_FMA(18) FUSEMD_FMA(19) FUSEMD_FMA(20)
                            FUSEMD_FMA(21) FUSEMD_FMA(22)
                                FUSEMD_FMA(23) "dec %0\n jnz 1b\n vzeroupper\n"
            : "+r"(n)::"cc", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8",
              "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15", "xmm16", "xmm17",
              "xmm18", "xmm19", "xmm20", "xmm21", "xmm22", "xmm23", "xmm30", "xmm31");
#undef FUSEMD_FMA
      });
}

double peak_avx2(long iterations) {
  return gflops(12 * 8 * 2, iterations, [](long n) {
#define FUSEMD_FMA(k) "vfmadd231ps %%ymm14, %%ymm15, %%ymm" #k "\n"
    asm volatile(
        "vpxor %%xmm14, %%xmm14, %%xmm14\n vpxor %%xmm15, %%xmm15, %%xmm15\n"
        "1:\n" FUSEMD_FMA(0) FUSEMD_FMA(1) FUSEMD_FMA(2) FUSEMD_FMA(3) FUSEMD_FMA(4) FUSEMD_FMA(5)
            FUSEMD_FMA(6) FUSEMD_FMA(7) FUSEMD_FMA(8) FUSEMD_FMA(9) FUSEMD_FMA(10)
                FUSEMD_FMA(11) "dec %0\n jnz 1b\n vzeroupper\n"
        : "+r"(n)::"cc", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8",
          "xmm9", "xmm10", "xmm11", "xmm14", "xmm15");
#undef FUSEMD_FMA
  });
}

double peak_sse4(long iterations) {
  return gflops(12 * 4, iterations, [](long n) {
    asm volatile(
        "xorps %%xmm14, %%xmm14\n"
        "1:\n"
        "mulps %%xmm14, %%xmm0\n addps %%xmm14, %%xmm6\n mulps %%xmm14, %%xmm1\n"
        "addps %%xmm14, %%xmm7\n mulps %%xmm14, %%xmm2\n addps %%xmm14, %%xmm8\n"
        "mulps %%xmm14, %%xmm3\n addps %%xmm14, %%xmm9\n mulps %%xmm14, %%xmm4\n"
        "addps %%xmm14, %%xmm10\n mulps %%xmm14, %%xmm5\n addps %%xmm14, %%xmm11\n"
        "dec %0\n jnz 1b\n"
        : "+r"(n)::"cc", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8",
          "xmm9", "xmm10", "xmm11", "xmm14");
  });
}

}  // namespace

double measure_fma_peak(cpu::InstructionSet set, long iterations) {
  switch (set) {
    case cpu::InstructionSet::sse4:
      return peak_sse4(iterations);
    case cpu::InstructionSet::avx2:
      return peak_avx2(iterations);
    case cpu::InstructionSet::avx512:
      return peak_avx512(iterations);
  }
  return 0.0;
}

}  // namespace fusemd::benchmarks
