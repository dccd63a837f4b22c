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
};

template <class T>
const Kernels<T>& kernels(InstructionSet set);

template <>
const Kernels<float>& kernels<float>(InstructionSet set);
template <>
const Kernels<double>& kernels<double>(InstructionSet set);

}  // namespace fusemd::cpu
