// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/batch.hpp"
#include "kernels/block_loop.hpp"
#include "kernels/integrate.hpp"
#include "kernels/launch_policy.hpp"
#include "kernels/platform.hpp"
#include "kernels/readout.hpp"
#include "kernels/student_weights.hpp"
#include "kernels/tabulated_convolution.hpp"
#include "kernels/update.hpp"

namespace fusemd {

/// How a launch divides the grid.
struct TeamShape {
  unsigned teams = 0;      ///< that work beside one another, a molecule each
  unsigned blocks = 0;     ///< of a team
  unsigned threads = 0;    ///< of a block, a multiple of 32, kMaxTeamThreads at most
  unsigned tile_rows = 0;  ///< atoms that a block takes through the dense layers at a time
  bool cluster = false;    ///< whether a team is a thread-block cluster (kernels/cluster.cuh)
};

/// Atoms that a replica may have: every block keeps its state, and neighbours are searched among
/// all pairs, in the order of the CUDA engine's lists (as kBlockLoopAtoms).
inline constexpr std::uint32_t kTeamLoopAtoms = 384;

/// No team may be launched with wider blocks.
inline constexpr unsigned kMaxTeamThreads = 256;

/// Words from one team's barrier to the next: they lie in cache lines of their own.
inline constexpr unsigned kTeamWordStride = 32;

/// What the blocks of all teams show each other and keep, in device memory; overwritten. F
/// channels, L layers, A = max_atoms. An atom's row is written by the block that owns the atom; the
/// rows of messages, adjoint_features, slopes, gates and edges are read by no other. Clusters show
/// each other features, adjoint_messages, atom_energies and forces in shared memory: these are null
/// then.
struct TeamBuffers {
  unsigned max_atoms = 0;           ///< of the largest molecule
  const float* embedded = nullptr;  ///< [n_atoms][4][F] of the batch: kernels/embedding.hpp
  float* features = nullptr;        ///< [teams][L - 1][A][4][F]: inputs of the layers but the first
  float* messages = nullptr;        ///< [teams][L][A][4][F]
  float* adjoint_messages = nullptr;          ///< [teams][2][A][4][F]: even layers, odd layers
  float* adjoint_features = nullptr;          ///< [teams][A][4][F]
  float* slopes = nullptr;                    ///< [teams][L - 1][A][F]
  float* gates = nullptr;                     ///< [teams][L - 1][A][gates - 1][F]
  double* atom_energies = nullptr;            ///< [teams][A]
  double* forces = nullptr;                   ///< [teams][3][A]
  const std::uint32_t* edge_start = nullptr;  ///< [A + 1]: multiples of A - 1
  std::uint32_t* edge_count = nullptr;        ///< [teams][A]
  std::uint32_t* edge_j = nullptr;            ///< [teams][A (A - 1)]
  float* edge_geometry = nullptr;             ///< [teams][A (A - 1)][4]
  ReplicaProgress* progress = nullptr;        ///< [teams blocks][2]
  unsigned* words = nullptr;  ///< [teams][kTeamWordStride]: 0 before the first launch
};

/// What a launch does with the replicas.
struct TeamTask {
  DynamicsKind kind = DynamicsKind::velocity_verlet;
  /// Energies and forces of the replicas at their positions, and a judgement of them, in place of
  /// steps: for replicas that have made none.
  bool start = false;
  std::int64_t last = 0;  ///< the step to go to
  /// Where all replicas, those that had stopped too, leave what they are then: null, or
  /// [n_systems], and null, or [9][n_atoms]: x, y, z, v_x, ..., F_z.
  ReplicaProgress* sample_progress = nullptr;
  double* sample_atoms = nullptr;
};

/// Time steps of molecules that are each spread over several multiprocessors: one launch takes
/// every replica of the batch from the step where it is to task.last, without the host.
///
/// A team of blocks takes one molecule after the other. Each block owns a stretch of its atoms, and
/// does everything for them that has a row an atom: edges, messages, dense layers, forces. What has
/// one number a molecule (energy, kinetic energy, thermostat, rigid motion, the judgement of a
/// step), and the time step of all its atoms, every block works out for itself from the same
/// numbers in the same order, so that nobody has to be told: kernels/integrate.cuh on a copy of the
/// molecule in its own shared memory. Teams never wait for each other.
///
/// Where blocks have to meet. In one step, with L layers:
///
///   time step, edges, messages 0, update 0          own rows of the input of layer 1
///       barrier                                     L - 1 of these: neighbours' inputs
///   messages 1, update 1, ... messages L - 1, readout
///       barrier                                     neighbours' adjoints, everybody's energies
///   backward L - 1, update back L - 2, ... backward 0
///       barrier                                     L - 1 between layers: neighbours' adjoints;
///                                                   and one: everybody's forces
///
/// (L - 1) + 1 + (L - 1) + 1 = 2 L. Positions are not exchanged at all: from everybody's forces
/// every block makes everybody's positions. What is written again is separated from its last reader
/// by one of these barriers: inputs by that of the forces; adjoints of a layer, which lie in two
/// buffers by turns, by that of the layer between; energies, which are added up right after the
/// readout's barrier, and forces, which are copied right after their own, by the next one, even
/// with L = 1. Splitting an atom's channels over blocks as well would need a barrier more for each
/// dense layer, 4 L + 3.
///
/// A team is a stretch of a cooperative grid, or a cluster. A cluster's barrier is cheaper, and
/// what blocks show each other they write into each other's shared memory, where it is read from;
/// but it has 16 blocks at most, and shared memory has to hold the rows of the whole molecule.
///
/// Source   kernels/integrate.hpp, and docs/model.md through the functions of every op's .cuh file:
///          the text that the kernels of single stages run.
/// Needs    forces and energies of the replicas at their steps (task.start); teams times blocks no
///          more than team_blocks_resident(); replicas of max_atoms atoms at most;
///          clusters: sm_90 or later.
/// Work     of a step as the stages' kernels; the time step as often as a team has blocks, because
///          telling its result would cost a barrier. All weights once a tile and block, from L2.
///          2 L barriers a step. Shared memory: team_shared_bytes().
/// Result   the same bits for any number of blocks and teams, any block width and any batch: those
///          of the stages' kernels with kind fma. A tensor instruction takes 16 rows, a block has a
///          few, so the other kinds do not exist here.
///          A replica whose step is bad stops alone, as in kernels/integrate.hpp.
/// Errors   DeviceError if the launch is refused. No replicas: returns without launching.
/// Tests    test/simt/engine/test_cooperative_loop.cpp
void run_in_teams(const TeamTask& task,
                  const DynamicsView& replicas,
                  const BlockLoopModel& model,
                  const TeamBuffers& buffers,
                  const TeamShape& shape,
                  Stream stream);

/// The rows of one team: of TeamBuffers, or what a cluster has of them in shared memory.
struct TeamRows {
  float* features;
  float* messages;
  float* adjoint_messages;
  float* adjoint_features;
  float* slopes;
  float* gates;
  double* atom_energies;
  ForcesView forces;
  MutableEdges edges;
  std::size_t layer;  ///< floats from one layer's features or messages to the next
  unsigned most;      ///< atoms that there is room for
};

/// What all threads of a block keep looking up: in shared memory, because in registers it leaves
/// the stages too few.
struct TeamContext {
  TeamRows rows;
  ReplicaView replica;                     ///< the block's copy of the molecule at hand
  const std::uint32_t* element = nullptr;  ///< of its atoms
  const float* embedded = nullptr;
  double energy = 0.0;  ///< of its positions, eV
};

/// Floats of shared memory that an atom of a tile takes in whatever stage needs most.
[[nodiscard]] FUSEMD_HD constexpr unsigned team_row_floats(const StudentWeights& weights) {
  const unsigned update =
      update_row_floats({weights.n_channels, weights.gates, weights.norm_epsilon});
  const unsigned readout = readout_row_floats(weights.n_channels, weights.readout);
  return update > readout ? update : readout;
}

/// What the blocks of a cluster show each other, in shared memory: floats and doubles an atom.
[[nodiscard]] FUSEMD_HD constexpr unsigned cluster_row_floats(const StudentWeights& weights) {
  return (weights.n_layers + 1) * kFeatureComponents * weights.n_channels;
}
inline constexpr unsigned kClusterRowDoubles = 4;

/// Doubles of shared memory for an atom: x, v, f, and what is kept of the last good step.
inline constexpr unsigned kTeamStateDoubles = 18;

/// Bytes of dynamic shared memory of a block: the molecule, a tile of shape.tile_rows atoms, and in
/// a cluster the rows that its blocks show each other.
[[nodiscard]] constexpr std::size_t team_shared_bytes(const StudentWeights& weights,
                                                      unsigned max_atoms,
                                                      const TeamShape& shape) {
  const std::size_t atoms = max_atoms;
  std::size_t bytes = shared_bytes<TeamContext>(1) +
                      shared_bytes<double>(kTeamStateDoubles * atoms) +
                      shared_bytes<float>(std::size_t{shape.tile_rows} * team_row_floats(weights));
  if (shape.cluster) {
    bytes += shared_bytes<float>(cluster_row_floats(weights) * atoms) +
             shared_bytes<double>(kClusterRowDoubles * atoms);
  }
  return bytes;
}

/// Blocks of this shape that the current device holds at once, in clusters of shape.blocks if teams
/// are clusters. A cooperative launch of more would be refused. 0 if not even one block or cluster
/// fits.
unsigned team_blocks_resident(const BlockLoopModel& model,
                              unsigned max_atoms,
                              const TeamShape& shape);

}  // namespace fusemd
