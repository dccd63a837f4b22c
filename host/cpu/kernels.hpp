// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <memory>

#include "host/cpu/instruction_set.hpp"
#include "host/cpu/packed_model.hpp"
#include "host/cpu/team.hpp"
#include "host/cpu/workspace.hpp"
#include "host/potential.hpp"

namespace fusemd::cpu {

/// Memory that one thread needs during an evaluation; its contents do not outlive one.
class Scratch {
 public:
  virtual ~Scratch() = default;
};

/// The stages of an evaluation in their order. Those of a layer run for each layer, the backward
/// ones from the last to the first.
enum class Stage {
  find_pairs,         ///< pairs within the cutoff, and what messages read of them
  embed,              ///< where each atom finds its embedding; forces are set to 0
  exact_filters,      ///< of a layer, without a table: basis expansion, then filter network
  messages,           ///< of a layer
  update,             ///< of a layer but the last
  readout,            ///< of the last layer: its update, the head, and back through both
  messages_backward,  ///< of a layer
  update_backward,    ///< of a layer but the last
  pair_forces,        ///< from pair gradients to forces
  radial_basis,       ///< not a stage of its own: the expansion that exact_filters begins with
};

/// The numerical code compiled for one instruction set (host/cpu/simd/). The scalar type is float
/// in production; the double instantiation is the same text and proves the gradients.
template <class T>
struct Kernels {
  std::size_t panel_width;  ///< columns of a packed matrix panel

  std::unique_ptr<Scratch> (*make_scratch)(const PackedModel<T>&, std::size_t n_atoms);

  /// Fills pairs, atom energies and forces for the positions and order in the workspace. Every
  /// member of the team calls it with its own rank and scratch.
  ///
  /// Result   the same bits for any team size: tasks write disjoint memory, every sum has one
  /// order.
  void (*evaluate)(const PackedModel<T>&, Workspace<T>&, Team&, std::size_t rank, Scratch&);

  /// Of the last evaluation; one thread.
  void (*virial)(const Workspace<T>&, Virial& result);

  /// One stage alone, as evaluate() runs it, for benchmarks. `layer` of stages that have none is 0.
  ///
  /// Needs    a workspace that an evaluation has filled. Forces add to what is there; readout and
  ///          update_backward write over what they read.
  void (*run_stage)(const PackedModel<T>&,
                    Workspace<T>&,
                    Team&,
                    std::size_t rank,
                    Scratch&,
                    Stage,
                    std::size_t layer);

  /// The dense microkernel: C [rows][n] = A [rows][k] B + bias.
  ///
  /// Needs    c and c_stride aligned to a vector; any number of rows.
  void (*dense)(std::size_t rows,
                const T* a,
                std::size_t a_stride,
                const PackedMatrix<T>& b,
                T* c,
                std::size_t c_stride);

  /// SiLU and its slope of `count` numbers; all arrays aligned, count a multiple of 16.
  void (*silu)(std::size_t count, const T* x, T* value, T* slope);
};

template <class T>
const Kernels<T>& kernels(InstructionSet set);

template <>
const Kernels<float>& kernels<float>(InstructionSet set);
template <>
const Kernels<double>& kernels<double>(InstructionSet set);

}  // namespace fusemd::cpu
