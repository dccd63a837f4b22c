// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "host/cuda/device_simulation.hpp"
#include "test/simt/ptx/runtime/launch_record.hpp"
#include "test/support/systems.hpp"

/// Level-3 counts of whole time steps: what the static cost model starts from.
namespace fusemd::test {

/// The chains of dependent instructions that chains.py wrote.
class Chains {
 public:
  explicit Chains(const std::string& path);
  ~Chains();
  Chains(const Chains&) = delete;
  Chains& operator=(const Chains&) = delete;

  /// The chain of the launch's longest warp: instructions by class name, added to `sum`.
  void add_longest(const ptx::LaunchRecord& launch, std::map<std::string, ptx::u64>& sum) const;

  /// Whether a stretch of this kernel waits for other blocks.
  bool spins(const std::string& kernel, std::size_t stretch) const;

 private:
  struct Tables;
  std::unique_ptr<const Tables> tables_;
};

/// What `work` launches, as JSON: {"kernels": {mangled name: {...}}, "touched_bytes": distinct
/// bytes of global memory}. A kernel has what counters_json() says of it, and
///   grid_blocks, block_threads, dynamic_shared   of its launches, which must all be alike
///   longest_chain    {class: instructions}, of the longest warp, added up over launches
///   sectors_by_block distinct sectors of each block between two barriers, added up
///   spinning         {class: instructions by warps}, of stretches that wait for other blocks
/// "cluster_meetings": how often a block met the others of its cluster, added up over blocks.
std::string counted(const Chains& chains, const std::function<void()>& work);

/// One step of constant energy of `replicas` copies of a system with a shipped model: half kick and
/// drift, neighbours, forward and backward pass, half kick, as single launches. Tables of 512
/// intervals, single precision. A step is made before the one that is counted.
std::string counted_step(const Chains& chains,
                         const std::string& model,
                         const System& system,
                         std::size_t replicas);

/// What a loop that stays on the device (host/cuda/resident_loop.hpp) does in intervals of one and
/// of two steps, as JSON {"one": ..., "two": ...}: their difference is a step. Arguments as above;
/// constant energy.
std::string counted_loop(const Chains& chains,
                         const cuda::LoopMaker& make_loop,
                         const std::string& model,
                         const System& system,
                         std::size_t replicas);

/// What else there is to count; arguments as above. `what`:
///
///   exact     forward and backward pass with the filter networks themselves
///   tf32      the same with tables, dense layers on tensor cores; tf32x3
///   virial    the same in single precision, and virials
///   langevin  both halves of a step; csvr
///   basis     the radial basis of all edges alone
///   lists     lists with a skin of all atoms
/// Errors   std::invalid_argument: another word.
std::string counted_op(const Chains& chains,
                       const std::string& what,
                       const std::string& model,
                       const System& system,
                       std::size_t replicas);

}  // namespace fusemd::test
