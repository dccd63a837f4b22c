// SPDX-License-Identifier: MIT
#pragma once
// Thread-block clusters (sm_90 and later): blocks that run at the same time, have a barrier of
// their own and write to each other's shared memory. On older parts the functions trap; launchers
// ask simt::resident_clusters() first.

#include "kernels/simt.cuh"

namespace fusemd::simt {

/// Which block of its cluster the caller is in.
__device__ __forceinline__ unsigned cluster_rank() {
#if !defined(__CUDACC__)
  return executor::cluster_rank();
#elif __CUDA_ARCH__ >= 900
  unsigned rank;
  asm volatile("mov.u32 %0, %%cluster_ctarank;" : "=r"(rank));
  return rank;
#else
  __trap();
  return 0;
#endif
}

#if defined(__CUDACC__)
namespace detail {

__device__ __forceinline__ void meet_in_cluster() {
#if __CUDA_ARCH__ >= 900
  asm volatile("barrier.cluster.arrive.release.aligned;" ::: "memory");
  asm volatile("barrier.cluster.wait.acquire.aligned;" ::: "memory");
#else
  __trap();
#endif
}

}  // namespace detail
#endif

/// Waits until every thread of the cluster has come here; what any of them wrote before, in shared
/// memory of the cluster or in device memory, all of them see after. Called by every thread of
/// every block of the cluster.
///
/// Until the first one, another block's shared memory need not be there; after the last one it may
/// be gone.
#if defined(__CUDACC__)
__device__ __forceinline__ void cluster_barrier() { detail::meet_in_cluster(); }
#else
inline void cluster_barrier(executor::Site site = executor::Site::here()) {
  executor::meet_in_cluster(site);
}
#endif

/// The blocks of a cluster as a team, which meets by the cluster's own barrier.
struct ClusterTeam {
  unsigned index = 0;  ///< cluster_rank()
  unsigned count = 1;
};

/// cluster_barrier() under the name that teams of a grid have for theirs.
__device__ __forceinline__ void team_barrier(const ClusterTeam& /*team*/ FUSEMD_CALL_SITE) {
#if defined(__CUDACC__)
  detail::meet_in_cluster();
#else
  executor::meet_in_cluster(fusemd_site);
#endif
}

/// Writes to the place that `own`, in the caller's shared memory, has in that of block `rank`. The
/// address must be aligned to the value.
__device__ __forceinline__ void store_to_cluster(float* own, unsigned rank, const float4& value) {
#if !defined(__CUDACC__)
  executor::vector_store(executor::cluster_address(own, rank), &value, sizeof value);
#elif __CUDA_ARCH__ >= 900
  const auto address = static_cast<unsigned>(__cvta_generic_to_shared(own));
  asm volatile(
      "{\n\t.reg .b32 there;\n\t"
      "mapa.shared::cluster.u32 there, %0, %1;\n\t"
      "st.shared::cluster.v4.f32 [there], {%2, %3, %4, %5};\n\t}" ::"r"(address),
      "r"(rank), "f"(value.x), "f"(value.y), "f"(value.z), "f"(value.w)
      : "memory");
#else
  __trap();
#endif
}

__device__ __forceinline__ void store_to_cluster(double* own, unsigned rank, double value) {
#if !defined(__CUDACC__)
  executor::vector_store(executor::cluster_address(own, rank), &value, sizeof value);
#elif __CUDA_ARCH__ >= 900
  const auto address = static_cast<unsigned>(__cvta_generic_to_shared(own));
  asm volatile(
      "{\n\t.reg .b32 there;\n\t"
      "mapa.shared::cluster.u32 there, %0, %1;\n\t"
      "st.shared::cluster.f64 [there], %2;\n\t}" ::"r"(address),
      "r"(rank), "d"(value)
      : "memory");
#else
  __trap();
#endif
}

}  // namespace fusemd::simt
