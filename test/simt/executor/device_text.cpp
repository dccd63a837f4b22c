// SPDX-License-Identifier: MIT
// What kernel text does through the executor and not by itself: atomics, whole-vector accesses,
// asynchronous copies, approximate units, tensor cores.
#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <string>

#include "kernels/mma_tf32_layout.hpp"
#include "test/simt/executor/addresses.hpp"
#include "test/simt/executor/executor.hpp"
#include "test/simt/executor/memory.hpp"
#include "test/simt/executor/scheduler.hpp"

namespace fusemd::executor {

namespace {

[[noreturn]] void fail_at(Fault fault, const void* address, std::size_t bytes, const char* what) {
  char place[256];
  {
    const std::string text = describe_address(address);
    std::snprintf(place, sizeof place, "%s", text.c_str());
  }
  fail(fault, "block %u thread %u: %s of %zu bytes at %s", current->block->index, current->index,
       what, bytes, place);
}

/// Sanitizers do not see these accesses as kernel text's own, so their addresses are checked here,
/// in every build.
void check_address(const void* address, std::size_t bytes, bool write, const char* what) {
  if (reinterpret_cast<std::uintptr_t>(address) % bytes != 0) {
    fail_at(Fault::misaligned, address, bytes, what);
  }
  Fault fault{};
  if (is_fault(classify(address, bytes), write, fault)) fail_at(fault, address, bytes, what);
}

void observe(const void* address, std::size_t bytes, bool write, const void* pc) {
  if (observer != nullptr) observer->access(address, bytes, write, pc);
}

}  // namespace

// --- atomics
// -----------------------------------------------------------------------------------------

std::uint64_t begin_atomic(const void* word, std::size_t bytes, AtomicKind kind, Order order) {
  const RuntimeScope runtime;
  constexpr unsigned kPreemptOneIn = 4;
  maybe_preempt(kPreemptOneIn);
  check_address(word, bytes, kind != AtomicKind::load, "atomic access");
  const Order effective = current->unordered > 0 ? Order::relaxed : order;
  if (observer != nullptr) {
    observer->atomic_access(word, bytes, kind, effective, __builtin_return_address(0));
  }
  ++statistics().atomics;
  if (kind != AtomicKind::load) note_progress();
  std::uint64_t bits = 0;
  std::memcpy(&bits, word, bytes);
  return bits;
}

void commit_atomic(void* word, std::size_t bytes, std::uint64_t bits) {
  std::memcpy(word, &bits, bytes);
}

// --- whole vectors
// -----------------------------------------------------------------------------------

void vector_load(void* value, const void* source, std::size_t bytes) {
  const RuntimeScope runtime;
  check_address(source, bytes, false, "vector load");
  observe(source, bytes, false, __builtin_return_address(0));
  std::memcpy(value, source, bytes);
}

void vector_store(void* target, const void* value, std::size_t bytes) {
  const RuntimeScope runtime;
  check_address(target, bytes, true, "vector store");
  observe(target, bytes, true, __builtin_return_address(0));
  std::memcpy(target, value, bytes);
}

// --- asynchronous copies
// -----------------------------------------------------------------------------

void copy_async(void* target, const void* source, std::size_t bytes) {
  const RuntimeScope runtime;
  const void* pc = __builtin_return_address(0);
  check_address(source, bytes, false, "asynchronous copy's load");
  check_address(target, bytes, true, "asynchronous copy's store");
  // The copy may land at any time from now to the wait, so both ends of that time are accesses.
  observe(source, bytes, false, pc);
  observe(target, bytes, true, pc);
  if (observer != nullptr) observer->forget(target, bytes);
  std::memset(target, kPoison, bytes);
  if (current->copies == nullptr) current->copies = std::make_unique<AsyncCopies>();
  AsyncCopies& copies = *current->copies;
  copies.pending.push_back({target, source, bytes, copies.open_group, pc});
}

void copy_async_commit() {
  const RuntimeScope runtime;
  if (current->copies == nullptr) current->copies = std::make_unique<AsyncCopies>();
  ++current->copies->open_group;
}

void copy_async_wait(unsigned groups_left) {
  const RuntimeScope runtime;
  if (current->copies == nullptr) return;
  AsyncCopies& copies = *current->copies;
  const auto landed = [&copies, groups_left](const AsyncCopy& copy) {
    return copy.group + groups_left < copies.open_group;
  };
  for (const AsyncCopy& copy : copies.pending) {
    if (!landed(copy)) continue;
    observe(copy.source, copy.bytes, false, copy.pc);
    observe(copy.target, copy.bytes, true, copy.pc);
    std::memcpy(copy.target, copy.source, copy.bytes);
  }
  std::erase_if(copies.pending, landed);
}

// --- approximate units
// -------------------------------------------------------------------------------

float approximate(float input, double exact, double relative, double absolute) {
  const auto flushed = [](double value) {
    const auto rounded = static_cast<float>(value);
    return std::fpclassify(rounded) == FP_SUBNORMAL ? std::copysign(0.0f, rounded) : rounded;
  };
  if (!config().approximate_units || !std::isfinite(exact)) return flushed(exact);
  // A mix of the input's bits and the seed: the same input deviates the same way in one run, as in
  // one and the same hardware table.
  std::uint64_t mixed = (std::uint64_t{std::bit_cast<unsigned>(input)} << 32) ^ (config().seed + 1);
  mixed *= 0x9E3779B97F4A7C15u;
  mixed ^= mixed >> 29;
  mixed *= 0xBF58476D1CE4E5B9u;
  mixed ^= mixed >> 32;
  const double unit = static_cast<double>(mixed >> 11) * 0x1p-52 - 1.0;  // in [-1, 1)
  const double bound = std::max(std::abs(exact) * relative, absolute);
  const float deviating = flushed(exact + unit * bound);
  return std::abs(double{deviating} - exact) <= bound ? deviating : flushed(exact);
}

// --- tensor cores
// ------------------------------------------------------------------------------------

namespace {

constexpr unsigned kTf32DroppedBits = 13;
constexpr unsigned kTf32Mask = ~((1u << kTf32DroppedBits) - 1);

double tf32(unsigned bits) { return std::bit_cast<float>(bits & kTf32Mask); }

struct MmaPayload {
  float* d;
  const unsigned* a;
  const unsigned* b;
};

void combine_mma(std::uint32_t, void* const* payloads) {
  double a[simt::kMmaRows][simt::kMmaDepth];
  double b[simt::kMmaDepth][simt::kMmaColumns];
  for (unsigned l = 0; l < kLanes; ++l) {
    const auto& payload = *static_cast<const MmaPayload*>(payloads[l]);
    for (unsigned r = 0; r < 4; ++r) {
      const simt::MatrixElement at = simt::mma_element_a(l, r);
      a[at.row][at.column] = tf32(payload.a[r]);
    }
    for (unsigned r = 0; r < 2; ++r) {
      const simt::MatrixElement at = simt::mma_element_b(l, r);
      b[at.row][at.column] = tf32(payload.b[r]);
    }
  }
  for (unsigned l = 0; l < kLanes; ++l) {
    const auto& payload = *static_cast<const MmaPayload*>(payloads[l]);
    for (unsigned r = 0; r < 4; ++r) {
      const simt::MatrixElement at = simt::mma_element_c(l, r);
      double sum = double{payload.d[r]};
      for (unsigned k = 0; k < simt::kMmaDepth; ++k) sum += a[at.row][k] * b[k][at.column];
      payload.d[r] = static_cast<float>(sum);
    }
  }
}

}  // namespace

unsigned round_to_tf32(float x) {
  const auto bits = std::bit_cast<unsigned>(x);
  if (!std::isfinite(x)) return bits;
  return (bits + (1u << (kTf32DroppedBits - 1))) & kTf32Mask;
}

void mma_m16n8k8_tf32(float (&d)[4], const unsigned (&a)[4], const unsigned (&b)[2], Site site) {
  MmaPayload payload{d, a, b};
  collective(0xffffffffu, Collective::mma, site, &payload, combine_mma);
}

}  // namespace fusemd::executor
