// SPDX-License-Identifier: MIT
#pragma once
// The few words that kernel text uses instead of bare CUDA, so that the same text is compiled by
// nvcc for a GPU and by a host compiler for the executor (docs/cuda-without-gpu.md, idioms). Each
// word has its two bodies side by side, here and in the other .cuh files. Everything else keeps
// CUDA's own name: threadIdx, __syncthreads, __shfl_xor_sync, atomicAdd, float4, __ldg.

#include <type_traits>

#include "kernels/launch.hpp"
#include "kernels/launch_count.hpp"
#include "kernels/platform.hpp"

#if defined(__CUDACC__)
#include <cuda/atomic>
#include <cuda_runtime.h>

#include "kernels/cuda_check.cuh"
#elif defined(FUSEMD_EXECUTOR_HEADER)
#include FUSEMD_EXECUTOR_HEADER
#else
#error "kernel text is compiled by nvcc, or by a host compiler with FUSEMD_EXECUTOR_HEADER defined"
#endif

/// FUSEMD_SHARED(float, tile, [32][33]);  static shared memory; a scalar leaves the last argument
/// empty. FUSEMD_CALL_SITE is the last parameter of a device function that is itself a
/// synchronisation point: the executor reports and cuts it by the caller's line.
#if defined(__CUDACC__)
#define FUSEMD_SHARED(type, name, ...) __shared__ type name __VA_ARGS__
#define FUSEMD_CALL_SITE
#else
#define FUSEMD_SHARED(type, name, ...)                                                      \
  static constinit char fusemd_tag_##name = 0;                                              \
  auto& name = ::fusemd::executor::shared_object<::std::type_identity_t<type __VA_ARGS__>>( \
      &fusemd_tag_##name, #name)
#define FUSEMD_CALL_SITE , ::fusemd::executor::Site fusemd_site = ::fusemd::executor::Site::here()
#endif

namespace fusemd::simt {

inline constexpr unsigned kWarpSize = 32;
inline constexpr unsigned kFullWarp = 0xffffffffu;

/// Hands out dynamic shared memory piece by piece, in the same order in every thread of the block.
/// The launcher asks for the sum of shared_bytes<T>(count) over the same list. Under the executor
/// each piece is an object of its own between red zones.
class DynamicShared {
 public:
  template <class T>
  __device__ __forceinline__ T* take(std::size_t count) {
    const std::size_t offset = used_;
    used_ += shared_bytes<T>(count);
#if defined(__CUDACC__)
    extern __shared__ __align__(16) unsigned char fusemd_dynamic_shared[];
    return reinterpret_cast<T*>(fusemd_dynamic_shared + offset);
#else
    return static_cast<T*>(executor::dynamic_shared(offset, count * sizeof(T)));
#endif
  }

 private:
  std::size_t used_ = 0;
};

/// Loads or stores a whole vector type at a pointer to its elements, as one access: 8 or 16 bytes
/// wide. The address must be aligned to the vector; the executor reports one that is not.
template <class Vector, class T>
__device__ __forceinline__ Vector load_vector(const T* source) {
  static_assert(sizeof(Vector) % sizeof(T) == 0 && alignof(Vector) == sizeof(Vector));
#if defined(__CUDACC__)
  return *reinterpret_cast<const Vector*>(source);
#else
  Vector value;
  executor::vector_load(&value, source, sizeof(Vector));
  return value;
#endif
}

template <class Vector, class T>
__device__ __forceinline__ void store_vector(T* target, const Vector& value) {
  static_assert(sizeof(Vector) % sizeof(T) == 0 && alignof(Vector) == sizeof(Vector));
#if defined(__CUDACC__)
  *reinterpret_cast<Vector*>(target) = value;
#else
  executor::vector_store(target, &value, sizeof(Vector));
#endif
}

/// Atomic operations that order memory, at device scope: what one block publishes to another goes
/// through these, never through a volatile access or a bare fence.
__device__ __forceinline__ unsigned load_acquire(const unsigned* word) {
#if defined(__CUDACC__)
  return cuda::atomic_ref<unsigned, cuda::thread_scope_device>(*const_cast<unsigned*>(word))
      .load(cuda::memory_order_acquire);
#else
  return executor::atomic_load(word, executor::Order::acquire);
#endif
}

__device__ __forceinline__ void store_release(unsigned* word, unsigned value) {
#if defined(__CUDACC__)
  cuda::atomic_ref<unsigned, cuda::thread_scope_device>(*word).store(value,
                                                                     cuda::memory_order_release);
#else
  executor::atomic_store(word, value, executor::Order::release);
#endif
}

__device__ __forceinline__ unsigned fetch_add_acq_rel(unsigned* word, unsigned value) {
#if defined(__CUDACC__)
  return cuda::atomic_ref<unsigned, cuda::thread_scope_device>(*word).fetch_add(
      value, cuda::memory_order_acq_rel);
#else
  return executor::atomic_update(
      word, [value](unsigned old) { return old + value; }, executor::Order::acq_rel);
#endif
}

/// Atomic accesses that order nothing (atomicAdd and its kin are relaxed too).
__device__ __forceinline__ unsigned load_relaxed(const unsigned* word) {
#if defined(__CUDACC__)
  return cuda::atomic_ref<unsigned, cuda::thread_scope_device>(*const_cast<unsigned*>(word))
      .load(cuda::memory_order_relaxed);
#else
  return executor::atomic_load(word, executor::Order::relaxed);
#endif
}

__device__ __forceinline__ void store_relaxed(unsigned* word, unsigned value) {
#if defined(__CUDACC__)
  cuda::atomic_ref<unsigned, cuda::thread_scope_device>(*word).store(value,
                                                                     cuda::memory_order_relaxed);
#else
  executor::atomic_store(word, value, executor::Order::relaxed);
#endif
}

/// The body of every spin loop: lets the threads run that this one waits for.
#if defined(__CUDACC__)
__device__ __forceinline__ void relax() { __nanosleep(20); }
#else
inline void relax(executor::Site site = executor::Site::here()) { executor::relax(site); }
#endif

namespace detail {

template <class Parameter, class Argument>
constexpr bool converts_exactly() {
  if constexpr (std::is_arithmetic_v<Parameter> && std::is_arithmetic_v<Argument>) {
    return requires(Argument argument) { Parameter{argument}; };
  } else {
    return std::is_convertible_v<Argument, Parameter>;
  }
}

#if defined(__CUDACC__)
/// Lets a kernel have what a launch asks for beyond the usual.
inline void allow(const void* kernel, std::size_t shared_bytes, unsigned cluster) {
  constexpr std::size_t kSharedWithoutAsking = 48 * 1024;
  if (shared_bytes > kSharedWithoutAsking) {
    FUSEMD_CUDA(cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize,
                                     static_cast<int>(shared_bytes)));
  }
  if (cluster > kPortableClusterBlocks) {
    FUSEMD_CUDA(cudaFuncSetAttribute(kernel, cudaFuncAttributeNonPortableClusterSizeAllowed, 1));
  }
}

inline cudaLaunchAttribute cluster_attribute(unsigned blocks) {
  cudaLaunchAttribute attribute{};
  attribute.id = cudaLaunchAttributeClusterDimension;
  attribute.val.clusterDim.x = blocks;
  attribute.val.clusterDim.y = 1;
  attribute.val.clusterDim.z = 1;
  return attribute;
}

inline void launch_clusters(const void* kernel,
                            dim3 grid,
                            dim3 block,
                            void** parameters,
                            const LaunchShape& shape,
                            Stream stream) {
  cudaLaunchAttribute attribute = cluster_attribute(shape.cluster);
  cudaLaunchConfig_t config{};
  config.gridDim = grid;
  config.blockDim = block;
  config.dynamicSmemBytes = shape.shared_bytes;
  config.stream = stream;
  config.attrs = &attribute;
  config.numAttrs = 1;
  FUSEMD_CUDA(cudaLaunchKernelExC(&config, kernel, parameters));
}

/// Whether a block with so much dynamic shared memory fits the current device.
inline bool shared_memory_fits(const void* kernel, std::size_t shared_bytes) {
  int device = 0, most = 0;
  cudaFuncAttributes attributes{};
  FUSEMD_CUDA(cudaGetDevice(&device));
  FUSEMD_CUDA(cudaDeviceGetAttribute(&most, cudaDevAttrMaxSharedMemoryPerBlockOptin, device));
  FUSEMD_CUDA(cudaFuncGetAttributes(&attributes, kernel));
  return attributes.sharedSizeBytes + shared_bytes <= static_cast<std::size_t>(most);
}

inline unsigned resident_blocks(const void* kernel, unsigned threads, std::size_t shared_bytes) {
  if (!shared_memory_fits(kernel, shared_bytes)) return 0;
  allow(kernel, shared_bytes, 0);
  int device = 0, multiprocessors = 0, blocks = 0;
  FUSEMD_CUDA(cudaGetDevice(&device));
  FUSEMD_CUDA(cudaDeviceGetAttribute(&multiprocessors, cudaDevAttrMultiProcessorCount, device));
  FUSEMD_CUDA(cudaOccupancyMaxActiveBlocksPerMultiprocessor(
      &blocks, kernel, static_cast<int>(threads), shared_bytes));
  return static_cast<unsigned>(blocks) * static_cast<unsigned>(multiprocessors);
}

inline unsigned resident_clusters(const void* kernel,
                                  unsigned blocks,
                                  unsigned threads,
                                  std::size_t shared_bytes) {
  int device = 0, has_clusters = 0, clusters = 0;
  FUSEMD_CUDA(cudaGetDevice(&device));
  FUSEMD_CUDA(cudaDeviceGetAttribute(&has_clusters, cudaDevAttrClusterLaunch, device));
  if (has_clusters == 0 || !shared_memory_fits(kernel, shared_bytes)) return 0;
  allow(kernel, shared_bytes, blocks);
  cudaLaunchAttribute attribute = cluster_attribute(blocks);
  cudaLaunchConfig_t config{};
  config.gridDim = dim3(blocks);
  config.blockDim = dim3(threads);
  config.dynamicSmemBytes = shared_bytes;
  config.attrs = &attribute;
  config.numAttrs = 1;
  const cudaError_t code = cudaOccupancyMaxActiveClusters(&clusters, kernel, &config);
  // A size that this part cannot have is an answer.
  if (code == cudaErrorInvalidClusterSize) {
    (void)cudaGetLastError();
    return 0;
  }
  FUSEMD_CUDA(code);
  return static_cast<unsigned>(clusters);
}
#endif

}  // namespace detail

/// Launches a kernel into a stream. Every argument is converted to its parameter's type first (the
/// CUDA runtime takes addresses and would read an int where the kernel wants a float); an
/// arithmetic argument that would narrow does not compile.
///
/// Errors   DeviceError: launch_refused if the shape does not fit the device. Under the executor
/// also
///          executor::KernelFault: what was found wrong while the kernel ran.
template <class... Parameters, class... Arguments>
void launch(const LaunchShape& shape,
            Stream stream,
            void (*kernel)(Parameters...),
            Arguments... arguments) {
  static_assert(sizeof...(Parameters) == sizeof...(Arguments), "one argument a kernel parameter");
  static_assert((detail::converts_exactly<Parameters, Arguments>() && ...),
                "an argument would be narrowed: convert it by name");
  static_assert((std::is_trivially_copyable_v<Parameters> && ...),
                "parameters are copied as bytes");
  static_assert((sizeof(Parameters) + ... + 0) <= 4096, "CUDA's limit for kernel parameters");
  device::count_one(device::launch_counters().kernels);
#if defined(__CUDACC__)
  const void* function = reinterpret_cast<const void*>(kernel);
  detail::allow(function, shape.shared_bytes, shape.cluster);
  const dim3 grid(shape.grid.x, shape.grid.y, shape.grid.z);
  const dim3 block(shape.block.x, shape.block.y, shape.block.z);
  const auto launch_converted = [&](Parameters... parameters) {
    void* addresses[] = {const_cast<void*>(static_cast<const void*>(&parameters))..., nullptr};
    if (shape.cluster != 0) {
      detail::launch_clusters(function, grid, block, addresses, shape, stream);
    } else if (shape.residency == Residency::all_blocks) {
      FUSEMD_CUDA(cudaLaunchCooperativeKernel(function, grid, block, addresses, shape.shared_bytes,
                                              stream));
    } else {
      FUSEMD_CUDA(cudaLaunchKernel(function, grid, block, addresses, shape.shared_bytes, stream));
    }
  };
  launch_converted(static_cast<Parameters>(arguments)...);
#else
  executor::launch(shape, stream, kernel, static_cast<Parameters>(arguments)...);
#endif
}

/// Blocks of a kernel that the current device holds at once, all multiprocessors together: the most
/// that a launch with Residency::all_blocks may have. 0 if not even one fits.
///
/// Errors   DeviceError: no usable device.
template <class... Parameters>
[[nodiscard]] unsigned resident_blocks(void (*kernel)(Parameters...),
                                       unsigned threads,
                                       std::size_t shared_bytes) {
#if defined(__CUDACC__)
  return detail::resident_blocks(reinterpret_cast<const void*>(kernel), threads, shared_bytes);
#else
  (void)kernel;
  return executor::resident_blocks(threads, shared_bytes);
#endif
}

/// Clusters of `blocks` blocks that the current device holds at once; 0 if not even one fits, as on
/// a device without clusters.
///
/// Errors   DeviceError: no usable device.
template <class... Parameters>
[[nodiscard]] unsigned resident_clusters(void (*kernel)(Parameters...),
                                         unsigned blocks,
                                         unsigned threads,
                                         std::size_t shared_bytes) {
#if defined(__CUDACC__)
  return detail::resident_clusters(reinterpret_cast<const void*>(kernel), blocks, threads,
                                   shared_bytes);
#else
  (void)kernel;
  return executor::resident_clusters(blocks, threads, shared_bytes);
#endif
}

}  // namespace fusemd::simt
