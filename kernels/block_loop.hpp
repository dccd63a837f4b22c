// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/block_layout.hpp"
#include "kernels/integrate.hpp"
#include "kernels/launch_policy.hpp"
#include "kernels/student_weights.hpp"
#include "kernels/tabulated_convolution.hpp"

namespace fusemd {

/// Atoms that a replica may have. Neighbours are searched among all pairs, in the order of the CUDA
/// engine's lists, which go over to cells beyond this number (host/cuda/edge_finder.hpp).
inline constexpr std::uint32_t kBlockLoopAtoms = 384;

/// A model as the loop reads it, in device memory: one a run, read through L2.
struct BlockLoopModel {
  StudentWeights weights;
  FilterTable tables[kMaxLayers];  ///< the first weights.n_layers are used
  double cutoff = 0.0;             ///< Angstrom
  bool by_source = false;          ///< directional_message: filter_times_source
};

/// How the loop is launched: block_loop_launch() fills it in.
struct BlockLoopLaunch {
  BlockShape shape;
  BlockPlacement placement;
  unsigned threads = 0;
  unsigned blocks = 0;               ///< blocks stride over replicas
  unsigned char* scratch = nullptr;  ///< [blocks][placement.scratch_bytes], aligned to 256 bytes
};

/// Chooses tile, placement and grid for replicas of up to `largest` atoms. `scratch` is left to the
/// caller.
[[nodiscard]] BlockLoopLaunch block_loop_launch(const StudentWeights& weights,
                                                std::uint32_t largest,
                                                std::uint32_t n_replicas,
                                                const LaunchPolicy& policy);

/// What one launch does.
struct BlockLoopOp {
  const BlockLoopModel* model = nullptr;  ///< one, in device memory
  DynamicsView replicas;                  ///< state in device memory, read and overwritten
  DynamicsKind dynamics = DynamicsKind::velocity_verlet;
  BlockLoopLaunch launch;
  bool start = false;  ///< work out forces of replicas that have made no step, and judge them
  std::int64_t last_step = 0;                  ///< then advance every replica to this step
  ReplicaProgress* sample_progress = nullptr;  ///< null, or [n_replicas], overwritten
  double* sample_atoms = nullptr;              ///< null, or [9][n_atoms], overwritten: x, v, F
};

/// Molecular dynamics of many small molecules, a thread block each: one launch makes all steps of
/// all replicas, from pairs to thermostat. The state of the replica at hand is in shared memory,
/// features too as far as they fit, weights and filter tables come from L2; blocks do not wait for
/// each other.
///
/// Source   the stages' own:
/// kernels/{neighbours,tabulated_convolution,update,readout,integrate}.hpp.
///          Differs: nothing; the same text, called by one block.
/// Needs    replicas of at most launch.shape.atoms <= kBlockLoopAtoms atoms; element rows below the
///          model's.
/// Work     a step as the stages; 9 L + 12 block barriers a step, three more an update tile, seven
/// a
///          readout tile; no launch, no grid-wide barrier.
/// Result   the bits of the stages launched one by one, with any number of blocks, any width and
///          placement, in any batch. A replica stops as kernels/integrate.hpp says; the others do
///          not notice.
/// Errors   DeviceError if the launch is refused. No replicas: returns without launching.
/// Tests    test/simt/loops/test_block_loop.cpp
void block_loop(DenseKind kind, const BlockLoopOp& op, Stream stream);

/// block_loop() for kinds other than fma and at least one replica: what it calls itself.
void block_loop_tensor_cores(DenseKind kind, const BlockLoopOp& op, Stream stream);

}  // namespace fusemd
