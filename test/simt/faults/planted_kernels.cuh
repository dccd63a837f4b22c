// SPDX-License-Identifier: MIT
#pragma once
// Kernels with one fault each. kPlanted = false is the fault-free twin, which every level must let
// pass.

#include "kernels/cluster.cuh"
#include "kernels/copy_async.cuh"
#include "kernels/grid_barrier.cuh"

namespace fusemd::faults {

inline constexpr unsigned kThreads = 64;  ///< of every kernel here that does not say otherwise

// --- synchronisation
// ---------------------------------------------------------------------------------

template <bool kPlanted>
__global__ void missing_block_barrier(const float* x, float* y) {
  FUSEMD_SHARED(float, values, [kThreads]);
  values[threadIdx.x] = x[threadIdx.x];
  if constexpr (!kPlanted) __syncthreads();
  y[threadIdx.x] = values[kThreads - 1 - threadIdx.x];
}

template <bool kPlanted>
__global__ void missing_warp_barrier(const float* x, float* y) {
  FUSEMD_SHARED(float, values, [32]);
  values[threadIdx.x] = x[threadIdx.x];
  if constexpr (!kPlanted) __syncwarp();
  y[threadIdx.x] = values[31 - threadIdx.x];
}

/// __syncwarp of half a warp, then reads across the halves.
template <bool kPlanted>
__global__ void half_warp_barrier(const float* x, float* y) {
  FUSEMD_SHARED(float, values, [32]);
  values[threadIdx.x] = x[threadIdx.x];
  if constexpr (kPlanted) {
    __syncwarp(threadIdx.x < 16 ? 0x0000ffffu : 0xffff0000u);
  } else {
    __syncwarp();
  }
  y[threadIdx.x] = values[31 - threadIdx.x];
}

/// A shuffle is no barrier for memory.
template <bool kPlanted>
__global__ void shuffle_as_barrier(const float* x, float* y) {
  FUSEMD_SHARED(float, values, [32]);
  values[threadIdx.x] = x[threadIdx.x];
  const float own = __shfl_sync(simt::kFullWarp, x[threadIdx.x], static_cast<int>(threadIdx.x));
  if constexpr (!kPlanted) __syncwarp();
  y[threadIdx.x] = values[31 - threadIdx.x] + 0.0f * own;
}

template <bool kPlanted>
__global__ void missing_grid_barrier(const float* x, float* between, float* y, unsigned* word) {
  const unsigned i = blockIdx.x * kThreads + threadIdx.x;
  const unsigned n = gridDim.x * kThreads;
  between[i] = x[i];
  if constexpr (!kPlanted) simt::grid_barrier(word);
  y[i] = between[n - 1 - i];
}

/// Block r of a cluster of two writes x to the other one's shared memory, which turns it around.
/// kMissing: which barrier after the first is not there.
template <unsigned kMissing>
__device__ void exchange_in_cluster(const float* x, float* y) {
  FUSEMD_SHARED(double, values, [kThreads]);
  const unsigned rank = simt::cluster_rank();
  const unsigned other = 1 - rank;
  values[threadIdx.x] = 0.0;
  simt::cluster_barrier();
  simt::store_to_cluster(&values[threadIdx.x], other, double{x[rank * kThreads + threadIdx.x]});
  if constexpr (kMissing != 2) simt::cluster_barrier();
  y[rank * kThreads + threadIdx.x] = static_cast<float>(values[kThreads - 1 - threadIdx.x]);
  // Written again: the other block must have read.
  if constexpr (kMissing != 3) simt::cluster_barrier();
  simt::store_to_cluster(&values[threadIdx.x], other, 1.0);
  // A block's shared memory lasts as long as the others write there.
  simt::cluster_barrier();
}

/// Writes to shared memory that may not be there yet.
template <bool kPlanted>
__global__ void __launch_bounds__(kThreads) early_cluster_store(float* y) {
  FUSEMD_SHARED(double, values, [kThreads]);
  if constexpr (!kPlanted) simt::cluster_barrier();
  simt::store_to_cluster(&values[threadIdx.x], 1 - simt::cluster_rank(), 1.0);
  simt::cluster_barrier();
  y[simt::cluster_rank() * kThreads + threadIdx.x] = static_cast<float>(values[threadIdx.x]);
}
template <bool kPlanted>
__global__ void __launch_bounds__(kThreads) missing_cluster_barrier(const float* x, float* y) {
  exchange_in_cluster<kPlanted ? 2 : 0>(x, y);
}
template <bool kPlanted>
__global__ void __launch_bounds__(kThreads) cluster_store_too_soon(const float* x, float* y) {
  exchange_in_cluster<kPlanted ? 3 : 0>(x, y);
}

/// A block that ends while the other one still writes to its shared memory.
template <bool kPlanted>
__global__ void __launch_bounds__(kThreads) cluster_block_gone(float* y) {
  FUSEMD_SHARED(double, values, [kThreads]);
  values[threadIdx.x] = 0.0;
  simt::cluster_barrier();
  if constexpr (kPlanted) {
    if (simt::cluster_rank() == 1) return;
    // Takes longer than the other block has left.
    for (unsigned i = 0; i < 20; ++i) simt::relax();
  }
  simt::store_to_cluster(&values[threadIdx.x], 1 - simt::cluster_rank(), 1.0);
  simt::cluster_barrier();
  y[simt::cluster_rank() * kThreads + threadIdx.x] = static_cast<float>(values[threadIdx.x]);
}

template <bool kPlanted>
__global__ void plain_sum(const int* x, int* sum) {
  if constexpr (kPlanted) {
    *sum += x[threadIdx.x];
  } else {
    atomicAdd(sum, x[threadIdx.x]);
  }
}

/// A counter that one thread clears while others may have begun to count.
template <bool kPlanted>
__global__ void counter_cleared_too_late(int* count) {
  FUSEMD_SHARED(int, counter, );
  if (threadIdx.x == 0) counter = 0;
  if constexpr (!kPlanted) __syncthreads();
  atomicAdd(&counter, 1);
  __syncthreads();
  if (threadIdx.x == 0) *count = counter;
}

/// Block 0 publishes a value with a flag that orders nothing.
template <bool kPlanted>
__global__ void relaxed_flag(float* value, unsigned* flag, float* y) {
  if (threadIdx.x != 0) return;
  if (blockIdx.x == 0) {
    *value = 5.0f;
    if constexpr (kPlanted) {
      simt::store_relaxed(flag, 1);
    } else {
      simt::store_release(flag, 1);
    }
  } else {
    if constexpr (kPlanted) {
      while (simt::load_relaxed(flag) == 0) simt::relax();
    } else {
      while (simt::load_acquire(flag) == 0) simt::relax();
    }
    *y = *value;
  }
}

/// The block that counts itself last adds up what the others wrote.
template <bool kPlanted>
__global__ void last_block_sums(const float* x, float* partial, unsigned* arrived, float* sum) {
  if (threadIdx.x != 0) return;
  partial[blockIdx.x] = x[blockIdx.x];
  const unsigned before = kPlanted ? atomicAdd(arrived, 1u) : simt::fetch_add_acq_rel(arrived, 1);
  if (before + 1 != gridDim.x) return;
  float total = 0.0f;
  for (unsigned b = 0; b < gridDim.x; ++b) total += partial[b];
  *sum = total;
}

// --- addresses and contents
// --------------------------------------------------------------------------

template <bool kPlanted>
__global__ void uninitialised_shared(float* y) {
  FUSEMD_SHARED(float, values, [kThreads]);
  if (!kPlanted || threadIdx.x != 5) values[threadIdx.x] = 1.0f;
  __syncthreads();
  y[threadIdx.x] = values[threadIdx.x];
}

template <bool kPlanted>
__global__ void uninitialised_device(const float* filled, const float* unfilled, float* y) {
  y[threadIdx.x] = (kPlanted ? unfilled : filled)[threadIdx.x];
}

template <bool kPlanted>
__global__ void shared_write_past_end(float* y) {
  FUSEMD_SHARED(float, values, [kThreads]);
  values[threadIdx.x] = 0.0f;
  __syncthreads();
  values[threadIdx.x + (kPlanted ? 1 : 0)] = 1.0f;
  y[threadIdx.x] = 1.0f;
}

template <bool kPlanted>
__global__ void shared_read_before_start(float* y) {
  FUSEMD_SHARED(float, values, [kThreads]);
  values[threadIdx.x] = 1.0f;
  __syncthreads();
  const float* first = values - (kPlanted ? 1 : 0);
  y[threadIdx.x] = first[threadIdx.x];
}

template <bool kPlanted>
__global__ void device_write_past_end(float* y) {
  y[threadIdx.x + (kPlanted ? 1 : 0)] = 1.0f;
}

template <bool kPlanted>
__global__ void device_read_past_end(const float* x, float* y) {
  y[threadIdx.x] = x[threadIdx.x + (kPlanted ? 1 : 0)];
}

template <bool kPlanted>
__global__ void vector_past_end(const float* x, float* y) {
  const float4 v = simt::load_vector<float4>(&x[4 * (threadIdx.x + (kPlanted ? 1 : 0))]);
  y[threadIdx.x] = v.x;
}

__global__ inline void copy_value(const float* x, float* y) { y[threadIdx.x] = x[threadIdx.x]; }

template <bool kPlanted>
__global__ void misaligned_vector(const float* x, float* y) {
  const float4 v = simt::load_vector<float4>(&x[4 * threadIdx.x + (kPlanted ? 1 : 0)]);
  y[threadIdx.x] = v.x;
}

template <bool kPlanted>
__global__ void misaligned_cast(const float* x, float* y) {
  const auto* vectors = reinterpret_cast<const float4*>(x + (kPlanted ? 1 : 0));
  y[threadIdx.x] = vectors[threadIdx.x].x;
}

/// A thread's local array handed to another thread by its address.
template <bool kPlanted>
__global__ void foreign_stack(float* y) {
  FUSEMD_SHARED(const float*, pointer, );
  FUSEMD_SHARED(float, value, );
  float local[2] = {static_cast<float>(threadIdx.x), 1.0f};
  if (threadIdx.x == 0) {
    value = local[1];
    pointer = kPlanted ? &local[1] : &value;
  }
  __syncthreads();
  y[threadIdx.x] = *pointer;
  __syncthreads();
}

// --- asynchronous copies
// -----------------------------------------------------------------------------

template <bool kPlanted>
__global__ void copy_read_early(const float* x, float* y) {
  FUSEMD_SHARED(float, values, [kThreads]);
  simt::copy_async<4>(&values[threadIdx.x], &x[threadIdx.x]);
  simt::copy_async_commit();
  if constexpr (!kPlanted) simt::copy_async_wait<0>();
  y[threadIdx.x] = values[threadIdx.x];
  simt::copy_async_wait<0>();
}

template <bool kPlanted>
__global__ void copy_never_awaited(const float* x, float* y) {
  FUSEMD_SHARED(float, values, [kThreads]);
  simt::copy_async<4>(&values[threadIdx.x], &x[threadIdx.x]);
  simt::copy_async_commit();
  if constexpr (!kPlanted) simt::copy_async_wait<0>();
  y[threadIdx.x] = 1.0f;
}

/// A buffer refilled while other threads may still read it.
template <bool kPlanted>
__global__ void buffer_refilled_early(const float* x, float* y) {
  FUSEMD_SHARED(float, values, [kThreads]);
  values[threadIdx.x] = x[threadIdx.x];
  __syncthreads();
  const float first = values[kThreads - 1 - threadIdx.x];
  if constexpr (!kPlanted) __syncthreads();
  simt::copy_async<4>(&values[threadIdx.x], &x[threadIdx.x]);
  simt::copy_async_commit();
  __syncthreads();
  simt::copy_async_wait<0>();
  y[threadIdx.x] = first + 0.0f * values[threadIdx.x];
}

// --- divergence
// --------------------------------------------------------------------------------------

template <bool kPlanted>
__global__ void half_warp_shuffles_with_full_mask(const float* x, float* y) {
  float value = x[threadIdx.x];
  if (!kPlanted || threadIdx.x < 16) value = __shfl_xor_sync(simt::kFullWarp, value, 1);
  y[threadIdx.x] = value;
}

template <bool kPlanted>
__global__ void shuffles_in_both_arms(const float* x, float* y) {
  float value = x[threadIdx.x];
  if (kPlanted && threadIdx.x < 16) {
    value = __shfl_xor_sync(simt::kFullWarp, value, 1);
  } else {
    value = __shfl_xor_sync(simt::kFullWarp, value, 1);
  }
  y[threadIdx.x] = value;
}

template <bool kPlanted>
__global__ void barriers_in_both_arms(float* y) {
  if constexpr (kPlanted) {
    if (threadIdx.x < 16) {
      __syncthreads();
      y[threadIdx.x] = 1.0f;
    } else {
      y[threadIdx.x] = 1.0f;
      __syncthreads();
    }
  } else {
    __syncthreads();
    y[threadIdx.x] = 1.0f;
  }
}

/// Half of a warp waits at the warp's barrier, the other half at the block's.
template <bool kPlanted>
__global__ void mixed_barriers(float* y) {
  if (kPlanted && threadIdx.x % 32 >= 16) {
    __syncthreads();
  } else {
    __syncwarp();
  }
  if (!kPlanted || threadIdx.x % 32 < 16) __syncthreads();
  y[threadIdx.x] = 1.0f;
}

template <bool kPlanted>
__global__ void endless_spin(unsigned* flag, float* y) {
  if (!kPlanted && threadIdx.x == 0) simt::store_release(flag, 1);
  while (simt::load_acquire(flag) == 0) simt::relax();
  y[threadIdx.x] = 1.0f;
}

__global__ inline void meets_at_grid_barrier(unsigned* word, float* y) {
  simt::grid_barrier(word);
  y[blockIdx.x * kThreads + threadIdx.x] = 1.0f;
}

template <bool kPlanted>
__global__ void lane_outside_its_mask(float* y) {
  __syncwarp(kPlanted ? 0xfffffffeu : 0xffffffffu);
  y[threadIdx.x] = 1.0f;
}

template <bool kPlanted>
__global__ void shuffle_from_outside_the_mask(const float* x, float* y) {
  float value = x[threadIdx.x];
  if (threadIdx.x < 16) {
    value = __shfl_sync(0x0000ffffu, value, kPlanted ? 16 : 15);
  }
  y[threadIdx.x] = value;
}

template <bool kPlanted>
__global__ void mask_with_an_ended_lane(float* y) {
  y[threadIdx.x] = 1.0f;
  if (threadIdx.x == 0) return;
  __syncwarp(kPlanted ? 0xffffffffu : 0xfffffffeu);
}

template <bool kPlanted>
__global__ void endless_loop(const float* x, float* y) {
  unsigned i = 0;
  while (x[i % kThreads] >= 0.0f && (kPlanted || i < 2 * kThreads)) ++i;
  y[threadIdx.x] = 1.0f;
}

// --- shared memory's layout
// --------------------------------------------------------------------------

__global__ inline void takes_dynamic_memory(unsigned count, float* y) {
  simt::DynamicShared shared;
  float* values = shared.take<float>(count);
  values[threadIdx.x] = 1.0f;
  y[threadIdx.x] = values[threadIdx.x];
}

template <bool kPlanted>
__global__ void threads_disagree_on_layout(float* y) {
  simt::DynamicShared shared;
  float* values = shared.take<float>(kPlanted && threadIdx.x == 3 ? kThreads / 2 : kThreads);
  values[threadIdx.x] = 1.0f;
  y[threadIdx.x] = values[threadIdx.x];
}

template <unsigned kCount>
__global__ void takes_static_memory(float* y) {
  FUSEMD_SHARED(float, values, [kCount]);
  values[threadIdx.x] = 1.0f;
  y[threadIdx.x] = values[threadIdx.x];
}

}  // namespace fusemd::faults
