// SPDX-License-Identifier: MIT
#pragma once

#include "kernels/simt.cuh"

namespace fusemd::simt {

/// Copies from global to shared memory without a register in between (cp.async, sm_80 and later; a
/// plain copy on sm_75). A thread's copies since its last commit form one group; copy_async_wait<n>
/// returns when all but this thread's latest n groups have landed. Other threads see the data after
/// a barrier that follows the wait.
///
/// The executor takes the order literally: the target holds poison from the call on, and the bytes
/// arrive in the wait.
///
/// Needs    both addresses aligned to kBytes, which is 4, 8 or 16. A thread waits for all its
/// copies
///          before it ends.
template <unsigned kBytes>
__device__ __forceinline__ void copy_async(void* shared_target, const void* global_source) {
  static_assert(kBytes == 4 || kBytes == 8 || kBytes == 16);
#if !defined(__CUDACC__)
  executor::copy_async(shared_target, global_source, kBytes);
#elif __CUDA_ARCH__ >= 800
  const unsigned target = static_cast<unsigned>(__cvta_generic_to_shared(shared_target));
  if constexpr (kBytes == 16) {
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16;" ::"r"(target), "l"(global_source)
                 : "memory");
  } else {
    asm volatile("cp.async.ca.shared.global [%0], [%1], %2;" ::"r"(target), "l"(global_source),
                 "n"(kBytes)
                 : "memory");
  }
#elif defined(__CUDA_ARCH__)
  if constexpr (kBytes == 16) {
    *static_cast<float4*>(shared_target) = *static_cast<const float4*>(global_source);
  } else if constexpr (kBytes == 8) {
    *static_cast<float2*>(shared_target) = *static_cast<const float2*>(global_source);
  } else {
    *static_cast<float*>(shared_target) = *static_cast<const float*>(global_source);
  }
#endif
}

__device__ __forceinline__ void copy_async_commit() {
#if !defined(__CUDACC__)
  executor::copy_async_commit();
#elif __CUDA_ARCH__ >= 800
  asm volatile("cp.async.commit_group;" ::: "memory");
#endif
}

template <unsigned kGroupsLeft>
__device__ __forceinline__ void copy_async_wait() {
#if !defined(__CUDACC__)
  executor::copy_async_wait(kGroupsLeft);
#elif __CUDA_ARCH__ >= 800
  asm volatile("cp.async.wait_group %0;" ::"n"(kGroupsLeft) : "memory");
#endif
}

}  // namespace fusemd::simt
