// SPDX-License-Identifier: MIT
#pragma once
// Runs CUDA kernels on one CPU thread: every CUDA thread is a fiber that runs until it waits at a
// barrier, a warp collective or a spin loop. The method, and what it proves, stand in
// docs/cuda-without-gpu.md. This header is what kernel text, tests and the PTX translator call.

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <span>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

#include "kernels/launch.hpp"
#include "kernels/platform.hpp"
#include "test/simt/executor/fault.hpp"
#include "test/simt/executor/vector_types.hpp"

namespace fusemd::executor {

inline constexpr unsigned kLanes = 32;

// --- configuration and results
// ---------------------------------------------------------------------

/// The limits of the device that is imitated. The defaults are those of sm_86, 89 and 120.
struct DeviceModel {
  std::size_t shared_bytes_per_block = 99 * 1024;  ///< static and dynamic, opted in
  std::size_t static_shared_bytes = 48 * 1024;     ///< what ptxas accepts, on every device
  unsigned threads_per_block = 1024;
  unsigned resident_blocks = 256;               ///< larger cooperative grids are refused
  unsigned cluster_blocks = kMaxClusterBlocks;  ///< larger clusters are refused; 0: there are none
  std::size_t memory_bytes = std::size_t{4} << 30;
};

/// When the work of a stream is done.
enum class StreamOrder {
  immediate,  ///< in the call
  deferred,   ///< at the latest moment that CUDA allows, streams interleaved by the seed
};

struct Config {
  DeviceModel device;
  bool shuffled = false;  ///< threads and blocks in an order drawn from the seed; else in order
  std::uint64_t seed = 0;
  StreamOrder streams = StreamOrder::immediate;
  bool approximate_units = false;  ///< fast_math.cuh deviates by up to the hardware's error bound
  std::uint64_t max_accesses = std::uint64_t{1} << 33;  ///< of one launch, in checked builds
  std::size_t max_findings = 8;  ///< of one launch; the rest is not written out
};

/// The configuration in force. Change it through ScopedConfig.
[[nodiscard]] const Config& config();

/// Puts a configuration in force for its own lifetime.
class ScopedConfig {
 public:
  explicit ScopedConfig(const Config& config);
  ~ScopedConfig();
  ScopedConfig(const ScopedConfig&) = delete;
  ScopedConfig& operator=(const ScopedConfig&) = delete;

 private:
  Config before_;
};

/// Runs `body` in order and then under `seeds` shuffled schedules, seeds 1, 2, ...
void for_each_schedule(unsigned seeds, const std::function<void()>& body);

/// What the launches since the last reset did.
struct Statistics {
  std::uint64_t launches = 0;  ///< kernels, those of graphs included
  std::uint64_t blocks = 0;
  std::uint64_t switches = 0;
  std::uint64_t block_barriers = 0;
  std::uint64_t grid_barriers = 0;  ///< of a grid's or a cluster's blocks, counted in every block
  std::uint64_t collectives = 0;
  std::uint64_t atomics = 0;
  std::size_t shared_bytes = 0;  ///< static and dynamic, of the block that used most
};
[[nodiscard]] Statistics& statistics();

// --- barrier cuts (test/simt/cuts)
// -----------------------------------------------------------------

enum class BarrierKind { block, warp, grid };  ///< grid: between blocks, those of a cluster too

struct VisitedBarrier {
  BarrierKind kind;
  Site site;
};

/// How a cut barrier behaves.
enum class Cut {
  removed,    ///< as if the line were not there; where it returns a value, as `unordered`
  unordered,  ///< threads still wait and exchange values, but no memory is ordered
};

/// Cuts every barrier at this file and line for its own lifetime.
class ScopedCut {
 public:
  ScopedCut(const Site& site, Cut cut);
  ~ScopedCut();
  ScopedCut(const ScopedCut&) = delete;
  ScopedCut& operator=(const ScopedCut&) = delete;
};

/// The barriers that launches have completed since the last call of forget_visited_barriers().
[[nodiscard]] std::vector<VisitedBarrier> visited_barriers();
void forget_visited_barriers();

// --- what kernel text calls
// --------------------------------------------------------------------------

/// A thread's special registers. They lie at the top of the thread's own stack.
struct ThreadView {
  uint3 thread_index;
  uint3 block_index;
  dim3 block_size;
  dim3 grid_size;
};
extern ThreadView* view;  ///< of the running thread; null outside kernels

[[nodiscard]] void* shared_object_address(const void* tag,
                                          const char* name,
                                          std::size_t bytes,
                                          std::size_t alignment);

/// The block's object for one FUSEMD_SHARED declaration. The tag is a static of the declaring
/// function, so every instantiation of a template has its own object, as on the GPU.
template <class T>
[[gnu::always_inline]] inline T& shared_object(const void* tag, const char* name) {
  return *static_cast<T*>(shared_object_address(tag, name, sizeof(T), alignof(T)));
}

/// One piece of dynamic shared memory, by its offset in the launch's shared_bytes.
[[nodiscard]] void* dynamic_shared(std::size_t offset, std::size_t bytes);

/// First byte of the running block's shared memory; translated PTX addresses shared memory from
/// here.
[[nodiscard]] char* shared_base();

void block_barrier(Site site);

/// Barriers that also combine a predicate over the block's threads.
enum class Vote { any, all, count };
[[nodiscard]] int block_vote(Vote vote, int predicate, Site site);

/// Rendezvous of the lanes in `mask`, at one kind of call on one line. The last lane to arrive
/// calls `combine` with every lane's payload; only then do the others go on.
enum class Collective { syncwarp, shuffle, ballot, match, mma };
using Combine = void (*)(std::uint32_t mask, void* const* payloads);
void collective(std::uint32_t mask, Collective kind, Site site, void* payload, Combine combine);

[[nodiscard]] unsigned lane();

/// A device function that is a barrier by itself, such as grid_barrier: cut and reported by the
/// line of its call.
class CallableBarrier {
 public:
  explicit CallableBarrier(Site site);
  ~CallableBarrier();
  CallableBarrier(const CallableBarrier&) = delete;
  CallableBarrier& operator=(const CallableBarrier&) = delete;
  [[nodiscard]] bool cut() const { return removed_; }

 private:
  bool removed_ = false;
  bool unordered_ = false;
};

/// The cluster's barrier: arrive and wait together, or apart as PTX has them.
void meet_in_cluster(Site site);
void cluster_arrive(Site site);
void cluster_wait(Site site);
[[nodiscard]] unsigned cluster_rank();
[[nodiscard]] unsigned cluster_size();

/// What lies at the place of `own` in the shared memory of block `rank` of the cluster. Fails if
/// that block has no such object: it has not come to it yet, or has ended.
[[nodiscard]] void* cluster_address(const void* own, unsigned rank);
/// The start of that block's shared memory, for translated PTX.
[[nodiscard]] char* cluster_shared_base(unsigned rank);

void relax(Site site);

enum class Order { relaxed, acquire, release, acq_rel };
enum class AtomicKind { load, store, update };

/// Announces an atomic access and returns the word's bits; commit_atomic ends an update or store.
[[nodiscard]] std::uint64_t begin_atomic(const void* word,
                                         std::size_t bytes,
                                         AtomicKind kind,
                                         Order order);
void commit_atomic(void* word, std::size_t bytes, std::uint64_t bits);

template <class T>
[[gnu::always_inline]] inline T value_of(std::uint64_t bits) {
  T value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}
template <class T>
[[gnu::always_inline]] inline std::uint64_t bits_of(T value) {
  static_assert(sizeof(T) <= sizeof(std::uint64_t) && std::is_trivially_copyable_v<T>);
  std::uint64_t bits = 0;
  std::memcpy(&bits, &value, sizeof value);
  return bits;
}

template <class T>
[[gnu::always_inline]] inline T atomic_load(const T* word, Order order) {
  return value_of<T>(begin_atomic(word, sizeof(T), AtomicKind::load, order));
}
template <class T>
[[gnu::always_inline]] inline void atomic_store(T* word, T value, Order order) {
  (void)begin_atomic(word, sizeof(T), AtomicKind::store, order);
  commit_atomic(word, sizeof(T), bits_of(value));
}
template <class T, class Update>
[[gnu::always_inline]] inline T atomic_update(T* word, Update update, Order order) {
  const T old = value_of<T>(begin_atomic(word, sizeof(T), AtomicKind::update, order));
  commit_atomic(word, sizeof(T), bits_of(static_cast<T>(update(old))));
  return old;
}

void vector_load(void* value, const void* source, std::size_t bytes);
void vector_store(void* target, const void* value, std::size_t bytes);

void copy_async(void* target, const void* source, std::size_t bytes);
void copy_async_commit();
void copy_async_wait(unsigned groups_left);

/// `exact` as a float, subnormals flushed; with Config::approximate_units moved by a deviation
/// inside the bounds that depends on `input` and the seed alone.
[[nodiscard]] float approximate(float input, double exact, double relative, double absolute);
[[nodiscard]] unsigned round_to_tf32(float x);
void mma_m16n8k8_tf32(float (&d)[4], const unsigned (&a)[4], const unsigned (&b)[2], Site site);

/// Blocks of a shape that are resident at once on the imitated device; 0 if not even one fits.
[[nodiscard]] unsigned resident_blocks(unsigned threads, std::size_t shared_bytes);
/// The same for clusters of so many blocks.
[[nodiscard]] unsigned resident_clusters(unsigned blocks,
                                         unsigned threads,
                                         std::size_t shared_bytes);

// --- launching
// ---------------------------------------------------------------------------------------

/// A kernel with its parameters, bound. The executor lets kernels read the bytes at `bound`, as
/// they read parameters from the GPU's constant bank.
struct KernelCall {
  const void* function = nullptr;  ///< for its name in reports
  void (*run)(const void* bound) = nullptr;
  std::shared_ptr<const void> bound;
  std::size_t bound_bytes = 0;
};

void launch_call(const LaunchShape& shape, Stream stream, KernelCall call);

/// A kernel's other form, which takes one address a parameter: PTX that was translated to C++.
using Translation = void (*)(const void* const* arguments);

/// Finds a kernel's translation, or gives a reason why there is none.
struct TranslationOrProblem {
  Translation translation;
  const char* problem;
};
using FindTranslation = TranslationOrProblem (*)(const void* kernel,
                                                 std::span<const std::size_t> parameter_bytes);

/// From now on launches run translations in place of the kernels they name (test/simt/ptx). A
/// kernel without one is refused: nothing runs from source by accident.
void run_translations(FindTranslation find);

/// The translation that launches of this kernel run, or null if they run the kernel itself.
[[nodiscard]] Translation translation_of(const void* kernel,
                                         std::span<const std::size_t> parameter_bytes);

template <class... Parameters>
struct BoundKernel {
  void (*kernel)(Parameters...);
  Translation translation;
  std::tuple<Parameters...> arguments;

  static void run(const void* bound) {
    const auto& self = *static_cast<const BoundKernel*>(bound);
    if (self.translation == nullptr) {
      std::apply(self.kernel, self.arguments);
      return;
    }
    std::apply(
        [&self](const Parameters&... parameters) {
          const void* const addresses[] = {&parameters..., nullptr};
          self.translation(addresses);
        },
        self.arguments);
  }
};

template <class... Parameters>
void launch(const LaunchShape& shape,
            Stream stream,
            void (*kernel)(Parameters...),
            std::type_identity_t<Parameters>... arguments) {
  using Bound = BoundKernel<Parameters...>;
  const void* function = reinterpret_cast<const void*>(kernel);
  constexpr std::array<std::size_t, sizeof...(Parameters)> kBytes = {sizeof(Parameters)...};
  launch_call(shape, stream,
              {.function = function,
               .run = &Bound::run,
               .bound = std::make_shared<Bound>(
                   Bound{kernel, translation_of(function, kBytes), {arguments...}}),
               .bound_bytes = sizeof(Bound)});
}

}  // namespace fusemd::executor
