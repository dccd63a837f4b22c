// SPDX-License-Identifier: MIT
#pragma once
// Included by translated PTX and by nothing else.

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <utility>

#include "test/simt/executor/executor.hpp"
#include "test/simt/ptx/runtime/approximate.hpp"
#include "test/simt/ptx/runtime/counters.hpp"
#include "test/simt/ptx/runtime/floating.hpp"
#include "test/simt/ptx/runtime/integer.hpp"
#include "test/simt/ptx/runtime/kernel_info.hpp"
#include "test/simt/ptx/runtime/registers.hpp"

namespace fusemd::ptx {

using executor::Order;

/// Where a collective stands: the kernel's source line, by which threads must meet, as reports give
/// it.
using Site = executor::Site;

enum class Shuffle { up, down, bfly, idx };

/// A vector access as one access of its full width, so that the checker and the counters see it
/// whole.
template <class T, unsigned kLanes>
struct VectorOf {
  typedef T Type __attribute__((vector_size(kLanes * sizeof(T))));
};
template <class T>
struct VectorOf<T, 1> {
  using Type = T;
};
template <class T, unsigned kLanes>
using Vector = typename VectorOf<T, kLanes>::Type;

/// One CUDA thread, as the statements of translated code see it.
///
/// Translated code is compiled with the checker's instrumentation where a program has it, this
/// runtime's own sources never: what a kernel's text does not do stands in thread.cpp.
class Thread {
 public:
  /// `executions` has one counter for each of the kernel's stretches, all zero.
  Thread(const KernelInfo& kernel, u32* executions);
  ~Thread();
  Thread(const Thread&) = delete;
  Thread& operator=(const Thread&) = delete;

  const uint3 thread_index;
  const uint3 block_index;
  const dim3 block_size;
  const dim3 grid_size;
  const u32 lane;
  char* const shared;  ///< shared address 0

  [[gnu::always_inline]] void enter(u32 stretch) { ++executions_[stretch]; }
  [[nodiscard]] u32 first_stretch(u32 function) const { return kernel_.first_stretch[function]; }

  // --- shared memory ---
  [[nodiscard]] u32 shared_variable(const void* tag,
                                    const char* name,
                                    u32 bytes,
                                    u32 alignment) const;
  [[nodiscard]] u32 dynamic_shared() const;
  template <class Offset>
  [[nodiscard, gnu::always_inline]] char* shared_address(Offset offset) const {
    if (offset >= kSharedWindow) [[unlikely]]
      bad_shared_address(offset);
    return shared + offset;
  }

  // --- the cluster: a block's shared memory is a window of its addresses, the own one the first
  // ---
  [[nodiscard]] u32 cluster_rank() const;
  [[nodiscard]] u32 cluster_size() const;
  [[nodiscard]] u32 cluster_map(u32 address, u32 rank) const;
  [[nodiscard]] char* cluster_address(u32 address) const;
  void cluster_arrive(Site site);
  void cluster_wait(Site site);

  // --- plain memory ---
  template <class T, unsigned kLanes>
  [[gnu::always_inline]] Vector<T, kLanes> load(const char* address, u32 site) {
    check<sizeof(T) * kLanes>(address, site);
    return *reinterpret_cast<const Vector<T, kLanes>*>(address);
  }
  template <class T, unsigned kLanes>
  [[gnu::always_inline]] void store(char* address, u32 site, Vector<T, kLanes> value) {
    check<sizeof(T) * kLanes>(address, site);
    *reinterpret_cast<Vector<T, kLanes>*>(address) = value;
  }
  template <class T, unsigned kLanes>
  [[gnu::always_inline]] static Vector<T, kLanes> load_local(const char* address) {
    Vector<T, kLanes> value;
    std::memcpy(&value, address, sizeof value);
    return value;
  }
  template <class T, unsigned kLanes>
  [[gnu::always_inline]] static void store_local(char* address, Vector<T, kLanes> value) {
    std::memcpy(address, &value, sizeof value);
  }
  /// Parameters of kernels lie in the launch, those of device functions in the caller's frame.
  template <class T, unsigned kLanes>
  [[gnu::always_inline]] static Vector<T, kLanes> load_parameter(const char* address) {
    return load_local<T, kLanes>(address);
  }
  template <class T, unsigned kLanes>
  [[gnu::always_inline]] static void store_parameter(char* address, Vector<T, kLanes> value) {
    store_local<T, kLanes>(address, value);
  }

  // --- atomics ---
  template <class T>
  T load_atomic(const char* address, Order order, u32 site) {
    check<sizeof(T)>(address, site);
    return executor::atomic_load(reinterpret_cast<const T*>(address), order);
  }
  template <class T>
  void store_atomic(char* address, T value, Order order, u32 site) {
    check<sizeof(T)>(address, site);
    executor::atomic_store(reinterpret_cast<T*>(address), value, order);
  }
  template <class T>
  T atomic_add(char* address, T value, Order order, u32 site) {
    return update<T>(address, order, site, [value](T old) { return add(old, value); });
  }
  template <class T>
  T atomic_min(char* address, T value, Order order, u32 site) {
    return update<T>(address, order, site, [value](T old) { return std::min(old, value); });
  }
  template <class T>
  T atomic_max(char* address, T value, Order order, u32 site) {
    return update<T>(address, order, site, [value](T old) { return std::max(old, value); });
  }
  template <class T>
  T atomic_and(char* address, T value, Order order, u32 site) {
    return update<T>(address, order, site, [value](T old) { return old & value; });
  }
  template <class T>
  T atomic_or(char* address, T value, Order order, u32 site) {
    return update<T>(address, order, site, [value](T old) { return old | value; });
  }
  template <class T>
  T atomic_xor(char* address, T value, Order order, u32 site) {
    return update<T>(address, order, site, [value](T old) { return old ^ value; });
  }
  template <class T>
  T atomic_exch(char* address, T value, Order order, u32 site) {
    return update<T>(address, order, site, [value](T) { return value; });
  }
  template <class T>
  T atomic_cas(char* address, T expected, T value, Order order, u32 site) {
    return update<T>(address, order, site, [=](T old) { return old == expected ? value : old; });
  }
  /// inc wraps to 0 after `value`; dec wraps to `value` after 0 or from anything above it.
  template <class T>
  T atomic_inc(char* address, T value, Order order, u32 site) {
    return update<T>(address, order, site, [value](T old) { return old >= value ? 0 : old + 1; });
  }
  template <class T>
  T atomic_dec(char* address, T value, Order order, u32 site) {
    return update<T>(address, order, site,
                     [value](T old) { return old == 0 || old > value ? value : old - 1; });
  }

  // --- asynchronous copies ---
  void copy_async(char* target, const char* source, u32 bytes, u32 load_site, u32 store_site);
  void copy_async_commit();
  void copy_async_wait(u32 groups_left);
  void copy_async_wait_all();

  // --- threads together ---
  void barrier(Site site);
  u32 barrier_popc(bool predicate, Site site);
  bool barrier_and(bool predicate, Site site);
  bool barrier_or(bool predicate, Site site);
  void warp_barrier(u32 mask, Site site);
  /// The word of the source lane, and whether that lane lies in range; if not, this lane's own
  /// word.
  std::pair<u32, bool> shuffle(Shuffle mode, u32 word, u32 b, u32 c, u32 mask, Site site);
  u32 vote_ballot(bool predicate, u32 mask, Site site);
  bool vote_all(bool predicate, u32 mask, Site site) {
    return vote_ballot(predicate, mask, site) == mask;
  }
  bool vote_any(bool predicate, u32 mask, Site site) {
    return vote_ballot(predicate, mask, site) != 0;
  }
  bool vote_uni(bool predicate, u32 mask, Site site) {
    const u32 ballot = vote_ballot(predicate, mask, site);
    return ballot == 0 || ballot == mask;
  }
  u32 match_any(u64 value, u32 mask, Site site);
  template <class T>
  T reduce_add(T value, u32 mask, Site site) {
    return reduce<T>(value, mask, site, [](T a, T b) { return add(a, b); });
  }
  template <class T>
  T reduce_min(T value, u32 mask, Site site) {
    return reduce<T>(value, mask, site, [](T a, T b) { return std::min(a, b); });
  }
  template <class T>
  T reduce_max(T value, u32 mask, Site site) {
    return reduce<T>(value, mask, site, [](T a, T b) { return std::max(a, b); });
  }
  template <class T>
  T reduce_and(T value, u32 mask, Site site) {
    return reduce<T>(value, mask, site, [](T a, T b) { return a & b; });
  }
  template <class T>
  T reduce_or(T value, u32 mask, Site site) {
    return reduce<T>(value, mask, site, [](T a, T b) { return a | b; });
  }
  template <class T>
  T reduce_xor(T value, u32 mask, Site site) {
    return reduce<T>(value, mask, site, [](T a, T b) { return a ^ b; });
  }
  void mma_m16n8k8_tf32(f32 (&d)[4], const u32 (&a)[4], const u32 (&b)[2], Site site);

  // --- ends ---
  void relax(Site site);
  [[noreturn]] void trap(Site site) const;
  /// A divisor, or the end of the launch if it is zero: PTX leaves the quotient unspecified.
  template <class T>
  [[gnu::always_inline]] T divisor(T value, Site site) {
    if (value == 0) [[unlikely]]
      division_by_zero(site);
    return value;
  }

 private:
  static constexpr u64 kSharedWindow = u64{512} << 10;  ///< the executor's arena

  template <unsigned kBytes>
  [[gnu::always_inline]] void check(const char* address, u32 site) {
    if (reinterpret_cast<u64>(address) % kBytes != 0) [[unlikely]]
      misaligned(address, site);
    if (counter_ != nullptr) [[unlikely]]
      count(address, site, kBytes);
  }
  template <class T, class Update>
  T update(char* address, Order order, u32 site, Update change) {
    check<sizeof(T)>(address, site);
    return executor::atomic_update(reinterpret_cast<T*>(address), change, order);
  }
  template <class T, class Combine>
  T reduce(T value, u32 mask, Site site, Combine combine) {
    std::array<u64, executor::kLanes> words;
    gather(static_cast<u64>(value), mask, site, words);
    T result = 0;
    bool first = true;
    for (u32 l = 0; l < executor::kLanes; ++l) {
      if ((mask >> l & 1) == 0) continue;
      const T word = static_cast<T>(words[l]);
      result = first ? word : combine(result, word);
      first = false;
    }
    return result;
  }
  void gather(u64 word, u32 mask, Site site, std::array<u64, executor::kLanes>& words);
  void count(const char* address, u32 site, u32 bytes);
  /// Tells the counters if all lanes of the warp meet here.
  void meet(u32 mask);

  [[noreturn]] void bad_shared_address(u64 offset) const;
  [[noreturn]] void misaligned(const char* address, u32 site) const;
  [[noreturn]] void division_by_zero(Site site) const;

  const KernelInfo& kernel_;
  u32* const executions_;
  LaneCounter* const counter_;  ///< null while nothing is counted
};

}  // namespace fusemd::ptx
