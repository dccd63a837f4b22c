// SPDX-License-Identifier: MIT
// One evaluation of energy and forces, compiled for every instruction set. The stages in order:
//
//   find pairs -> embed -> [ messages -> update ] for each layer, readout in the last
//              -> [ messages backward -> update backward ] for each layer, last to first -> pair
//              forces
//
// A team shares each stage: message stages by slab (even, then odd) and channel block, the others
// by tiles of atoms. With one thread the barriers are no-ops.
#include "host/cpu/kernels.hpp"
#include "host/cpu/simd/targets.hpp"

// Highway's way to compile this file once for every target.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "host/cpu/simd/network.cpp"
#include "hwy/foreach_target.h"
//
#include "host/cpu/simd/filters-inl.hpp"
#include "host/cpu/simd/messages-inl.hpp"
#include "host/cpu/simd/nodes-inl.hpp"
#include "host/cpu/simd/pairs-inl.hpp"
#include "hwy/highway.h"

HWY_BEFORE_NAMESPACE();
namespace fusemd::cpu::HWY_NAMESPACE {

/// Scratch memory of one thread.
template <class T>
class ThreadScratch final : public Scratch {
 public:
  ThreadScratch(const PackedModel<T>& model, std::size_t n_atoms)
      : nodes(model), filters(model), queue(n_atoms + 512) {}
  NodeScratch<T> nodes;
  FilterScratch<T> filters;
  PairQueue queue;
};

namespace {

template <class T>
using MessageFunction = void (*)(const MessageTask<T>&);

/// Picks the instantiation for the run-time properties of layer and model.
template <class T, FilterSource kSource, bool kKeep>
MessageFunction<T> forward_function(bool first, bool times_source) {
  if (first) {
    return times_source ? &messages_forward<kSource, true, true, kKeep, T>
                        : &messages_forward<kSource, true, false, kKeep, T>;
  }
  return times_source ? &messages_forward<kSource, false, true, kKeep, T>
                      : &messages_forward<kSource, false, false, kKeep, T>;
}

template <class T, FilterSource kSource, bool kAccumulate>
MessageFunction<T> backward_function(bool first, bool times_source) {
  if (first) {
    return times_source ? &messages_backward<kSource, true, true, kAccumulate, T>
                        : &messages_backward<kSource, true, false, kAccumulate, T>;
  }
  return times_source ? &messages_backward<kSource, false, true, kAccumulate, T>
                      : &messages_backward<kSource, false, false, kAccumulate, T>;
}

template <class T, FilterSource kSource>
MessageFunction<T> backward_function(bool first, bool times_source, bool accumulate) {
  return accumulate ? backward_function<T, kSource, true>(first, times_source)
                    : backward_function<T, kSource, false>(first, times_source);
}

/// One thread's view of one evaluation.
template <class T>
class Evaluation {
 public:
  Evaluation(const PackedModel<T>& model, Workspace<T>& work, Team& team, std::size_t rank)
      : model_(model), work_(work), team_(team), rank_(rank) {}

  void run(ThreadScratch<T>& scratch) {
    const std::size_t last = model_.n_layers - 1;
    run(Stage::find_pairs, 0, scratch);
    run(Stage::embed, 0, scratch);
    for (std::size_t layer = 0; layer <= last; ++layer) {
      if (!model_.tabulated) run(Stage::exact_filters, layer, scratch);
      message_stage(layer, /*backward=*/false, [&](std::size_t first, std::size_t end) {
        run_atoms(layer < last ? Stage::update : Stage::readout, layer, first, end, scratch.nodes);
      });
    }
    for (std::size_t layer = last + 1; layer-- > 0;) {
      message_stage(layer, /*backward=*/true, [&](std::size_t first, std::size_t end) {
        if (layer > 0) run_atoms(Stage::update_backward, layer - 1, first, end, scratch.nodes);
      });
    }
    run(Stage::pair_forces, 0, scratch);
  }

  void run(Stage stage, std::size_t layer, ThreadScratch<T>& scratch) {
    switch (stage) {
      case Stage::find_pairs:
        return find_all_pairs(scratch.queue);
      case Stage::embed:
        return embed_all();
      case Stage::exact_filters:
        return for_pair_tiles([&](std::size_t first, std::size_t count) {
          exact_filters(model_, work_, layer, first, count, scratch.filters);
        });
      case Stage::messages:
        return message_stage(layer, /*backward=*/false, [](std::size_t, std::size_t) {});
      case Stage::messages_backward:
        return message_stage(layer, /*backward=*/true, [](std::size_t, std::size_t) {});
      case Stage::update:
      case Stage::readout:
      case Stage::update_backward:
        return run_atoms(stage, layer, 0, work_.n_atoms, scratch.nodes);
      case Stage::pair_forces:
        return force_stage();
      case Stage::radial_basis:
        return for_pair_tiles([&](std::size_t first, std::size_t count) {
          expand_basis(model_, work_, first, count, scratch.filters);
        });
    }
  }

 private:
  /// Calls body(k) for this thread's share of 0 .. count-1, then waits for the others.
  template <class Body>
  HWY_INLINE void share(std::size_t count, const Body& body) {
    for (std::size_t k = rank_; k < count; k += team_.size()) body(k);
    team_.barrier();
  }

  /// Tiles of up to a dozen of the atoms [begin, end), of nearly equal size. A row's bits do not
  /// depend on its tile.
  template <class Body>
  HWY_INLINE void for_tiles(std::size_t begin, std::size_t end, const Body& body) {
    const std::size_t n = end - begin, tiles = (n + kRowsPerTile - 1) / kRowsPerTile;
    share(tiles, [&](std::size_t k) {
      const std::size_t first = n * k / tiles, last = n * (k + 1) / tiles;
      body(begin + first, last - first);
    });
  }

  /// A stage of single atoms on [begin, end).
  void run_atoms(Stage stage,
                 std::size_t layer,
                 std::size_t begin,
                 std::size_t end,
                 NodeScratch<T>& scratch) {
    for_tiles(begin, end, [&](std::size_t first, std::size_t rows) {
      const NodeTask<T> task{model_, work_, layer, first, rows};
      if (stage == Stage::update) return update_forward(task, scratch);
      if (stage == Stage::readout) return readout(task, scratch);
      update_backward(task, scratch);
    });
  }

  /// Even slabs, then odd ones.
  template <class Body>
  HWY_INLINE void for_slabs(const Body& body) {
    const std::size_t n = work_.slabs.size();
    share((n + 1) / 2, [&](std::size_t k) { body(work_.slabs[2 * k]); });
    if (n > 1) share(n / 2, [&](std::size_t k) { body(work_.slabs[2 * k + 1]); });
  }

  void find_all_pairs(PairQueue& queue) {
    share(work_.slabs.size(),
          [&](std::size_t k) { find_pairs(model_, work_, work_.slabs[k], queue); });
    while (pairs_overflow()) {
      team_.barrier();  // everybody has looked before rank 0 changes anything
      if (rank_ == 0) grow_pairs();
      team_.barrier();
      share(work_.slabs.size(),
            [&](std::size_t k) { find_pairs(model_, work_, work_.slabs[k], queue); });
    }
  }

  void embed_all() {
    for_tiles(0, work_.n_atoms, [&](std::size_t first, std::size_t rows) {
      for (std::size_t i = first; i < first + rows; ++i) {
        const auto z = static_cast<std::size_t>(work_.atomic_numbers[work_.order[i]]);
        work_.embedding_at[i] = static_cast<std::uint32_t>(z * model_.hidden);
      }
      T* HWY_RESTRICT forces = work_.forces.data();
      for (std::size_t k = 4 * first; k < 4 * (first + rows); ++k) forces[k] = T(0);
    });
  }

  bool pairs_overflow() const {
    for (const Slab& slab : work_.slabs) {
      if (slab.n_pairs + kPairSlack > slab.pair_capacity) return true;
    }
    return false;
  }

  /// Lays the slabs' pair memory out anew, a quarter larger than what was just counted.
  void grow_pairs() {
    std::size_t total = 0;
    for (Slab& slab : work_.slabs) {
      const std::size_t room = slab.n_pairs + slab.n_pairs / 4 + 2 * kPairSlack;
      slab.first_pair = static_cast<std::uint32_t>(total);
      slab.pair_capacity = static_cast<std::uint32_t>(room);
      total += room;
    }
    work_.ensure_pairs(model_, total);
  }

  /// Tiles of up to six pairs of one slab.
  template <class Body>
  HWY_INLINE void for_pair_tiles(const Body& body) {
    for (const Slab& slab : work_.slabs) {
      const std::size_t tiles = (slab.n_pairs + kPairsPerTile - 1) / kPairsPerTile;
      share(tiles, [&](std::size_t k) {
        const std::size_t first = k * kPairsPerTile;
        body(slab.first_pair + first, HWY_MIN(kPairsPerTile, slab.n_pairs - first));
      });
    }
  }

  void force_stage() {
    const auto slope_scale = static_cast<T>(
        model_.tabulated ? static_cast<double>(model_.n_intervals) / model_.cutoff : 1.0);
    for_slabs([&](Slab& slab) {
      pair_forces(model_, work_, slab, slope_scale);
      scatter_forces(work_, slab);
    });
  }

  /// Messages of a layer, then body(first, end) once for each atom in some range. In whatever order
  /// slabs are taken, every sum has one: a slab's own pairs before those of the slab before it if
  /// it is even, behind them if it is odd.
  template <class Body>
  void message_stage(std::size_t layer, bool backward, const Body& body) {
    const MessageFunction<T> function = backward ? backward_kernel(layer) : forward_kernel(layer);
    const std::size_t n = work_.slabs.size(), blocks = model_.blocks;
    const auto messages = [&](std::size_t slab, std::size_t block) {
      const MessageTask<T> task = message_task(layer, work_.slabs[slab], block);
      if (slab % 2 == 0) {
        const std::size_t reach = work_.slabs[HWY_MIN(slab + 1, n - 1)].last_atom;
        start_sums(task, task.first_atom, reach, layer == 0, backward);
      }
      function(task);
    };
    if (team_.size() > 1) {
      share((n + 1) / 2 * blocks, [&](std::size_t k) { messages(2 * (k / blocks), k % blocks); });
      if (n > 1)
        share(n / 2 * blocks, [&](std::size_t k) { messages(2 * (k / blocks) + 1, k % blocks); });
      return body(0, work_.n_atoms);
    }
    // One thread goes on with atoms as soon as their sums are complete, while they are in a cache.
    // Slabs in the order 0; 2, 1; 4, 3; ...: behind each odd one it and the next are complete.
    const auto all_blocks = [&](std::size_t slab) {
      for (std::size_t block = 0; block < blocks; ++block) messages(slab, block);
    };
    std::size_t complete = 0;
    for (std::size_t even = 0; even <= n; even += 2) {
      if (even < n) all_blocks(even);
      if (even > 0) all_blocks(even - 1);
      const std::size_t end = work_.slabs[HWY_MIN(even, n - 1)].last_atom;
      body(complete, end);
      complete = end;
    }
  }

  MessageTask<T> message_task(std::size_t layer, const Slab& slab, std::size_t block) const {
    const std::size_t features = block * work_.n_atoms * kFeatureStride;
    MessageTask<T> task{};
    task.first_atom = slab.first_atom;
    task.last_atom = slab.last_atom;
    task.pair_begin = work_.pair_begin.data();
    task.pair_end = work_.pair_end.data();
    task.pair_j = work_.pair_j.data();
    task.pair_interval = work_.pair_interval.data();
    task.pair_geometry = work_.pair_geometry.data();
    task.pair_weights = work_.pair_weights.data();
    if (model_.tabulated) {
      task.table = model_.layers[layer].table.data() + block * model_.table_block_stride;
    }
    if (work_.store_filters) {
      task.stored_filters =
          work_.stored_filters[layer].data() + block * work_.pair_capacity * kStoredFilterStride;
    }
    if (layer == 0) {
      task.in = model_.embedding.data() + block * kBlock;
      task.in_at = work_.embedding_at.data();
    } else {
      task.in = work_.features_in[layer].data() + features;
    }
    task.out = work_.features_out[layer].data() + features;
    task.adjoint_out = task.out;
    task.adjoint_in = work_.adjoint_in.data() + features;
    task.pair_gradient = work_.pair_gradient.data() + block * work_.pair_capacity * 4;
    return task;
  }

  MessageFunction<T> forward_kernel(std::size_t layer) const {
    const bool first = layer == 0, source = model_.source;
    if (!model_.tabulated) return forward_function<T, FilterSource::stored, false>(first, source);
    return model_.table_layout == TableLayout::rows
               ? forward_kernel<FilterSource::rows>(first, source)
               : forward_kernel<FilterSource::monomials>(first, source);
  }

  template <FilterSource kSource>
  MessageFunction<T> forward_kernel(bool first, bool source) const {
    return work_.store_filters ? forward_function<T, kSource, true>(first, source)
                               : forward_function<T, kSource, false>(first, source);
  }

  MessageFunction<T> backward_kernel(std::size_t layer) const {
    const bool first = layer == 0, source = model_.source;
    const bool accumulate = layer + 1 < model_.n_layers;
    if (work_.store_filters) {
      return backward_function<T, FilterSource::stored>(first, source, accumulate);
    }
    return model_.table_layout == TableLayout::rows
               ? backward_function<T, FilterSource::rows>(first, source, accumulate)
               : backward_function<T, FilterSource::monomials>(first, source, accumulate);
  }

  const PackedModel<T>& model_;
  Workspace<T>& work_;
  Team& team_;
  std::size_t rank_;
};

}  // namespace

template <class T>
std::unique_ptr<Scratch> make_scratch(const PackedModel<T>& model, std::size_t n_atoms) {
  return std::make_unique<ThreadScratch<T>>(model, n_atoms);
}

template <class T>
void evaluate(const PackedModel<T>& model,
              Workspace<T>& work,
              Team& team,
              std::size_t rank,
              Scratch& scratch) {
  Evaluation<T>(model, work, team, rank).run(static_cast<ThreadScratch<T>&>(scratch));
}

template <class T>
void run_stage(const PackedModel<T>& model,
               Workspace<T>& work,
               Team& team,
               std::size_t rank,
               Scratch& scratch,
               Stage stage,
               std::size_t layer) {
  Evaluation<T>(model, work, team, rank).run(stage, layer, static_cast<ThreadScratch<T>&>(scratch));
}

template <class T>
void dense_product(std::size_t rows,
                   const T* a,
                   std::size_t a_stride,
                   const PackedMatrix<T>& b,
                   T* c,
                   std::size_t c_stride) {
  dense(rows, a, a_stride, b, c, c_stride);
}

template <class T>
void silu_of_array(std::size_t count, const T* x, T* value, T* slope) {
  const Tag<T> d;
  for (std::size_t k = 0; k < count; k += kLanes<T>) {
    hn::Vec<Tag<T>> v, s;
    silu(d, hn::Load(d, x + k), v, s);
    hn::Store(v, d, value + k);
    hn::Store(s, d, slope + k);
  }
}

template <class T>
void virial(const Workspace<T>& work, Virial& result) {
  result = {};
  for (const Slab& slab : work.slabs) accumulate_virial(work, slab, result);
}

template <class T>
const Kernels<T>& table() {
  static const Kernels<T> kernels{kPanelWidth<T>, &make_scratch<T>,  &evaluate<T>,     &virial<T>,
                                  &run_stage<T>,  &dense_product<T>, &silu_of_array<T>};
  return kernels;
}

const Kernels<float>& float_kernels() { return table<float>(); }
const Kernels<double>& double_kernels() { return table<double>(); }

}  // namespace fusemd::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace fusemd::cpu {

template <>
const Kernels<float>& kernels<float>(InstructionSet set) {
  switch (set) {
    case InstructionSet::sse4:
      return N_SSE4::float_kernels();
    case InstructionSet::avx2:
      return N_AVX2::float_kernels();
    case InstructionSet::avx512:
      break;
  }
  return N_AVX3::float_kernels();
}

template <>
const Kernels<double>& kernels<double>(InstructionSet set) {
  switch (set) {
    case InstructionSet::sse4:
      return N_SSE4::double_kernels();
    case InstructionSet::avx2:
      return N_AVX2::double_kernels();
    case InstructionSet::avx512:
      break;
  }
  return N_AVX3::double_kernels();
}

}  // namespace fusemd::cpu
#endif  // HWY_ONCE
