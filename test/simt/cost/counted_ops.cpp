// SPDX-License-Identifier: MIT
// What no step of constant energy with tables in single precision launches.
#include <array>
#include <memory>
#include <numeric>
#include <stdexcept>
#include <vector>

#include "host/cuda/batch_network.hpp"
#include "host/cuda/candidate_lists.hpp"
#include "host/cuda/device_replicas.hpp"
#include "host/cuda/edge_finder.hpp"
#include "host/md/replica_setup.hpp"
#include "kernels/integrate.hpp"
#include "kernels/radial_basis.hpp"
#include "kernels/virial.hpp"
#include "test/simt/cost/counted_step.hpp"
#include "test/simt/support/device_array.hpp"
#include "test/support/shipped_models.hpp"

namespace fusemd::test {
namespace {

/// Copies of a system in device memory, and a model.
class Copies {
 public:
  Copies(const std::string& model_name,
         const System& system,
         std::size_t n_replicas,
         Ensemble ensemble = Ensemble::nve,
         const cuda::ModelOptions& model_options = {})
      : structures_{structure_of(system)},
        options_(options_of(n_replicas, ensemble)),
        table_(make_compositions(structures_, options_)),
        model(std::make_shared<cuda::DeviceModel>(shipped_model(model_name), model_options)),
        replicas(table_,
                 std::vector<std::size_t>(n_replicas, 0),
                 start_states(structures_, table_, options_)) {}

  PositionsView positions() const {
    const ReplicaView& atoms = replicas.view().atoms;
    return {atoms.x, atoms.y, atoms.z};
  }
  std::vector<std::uint32_t> system_start() const {
    return {replicas.system_start().begin(), replicas.system_start().end()};
  }

 private:
  static Structure structure_of(const System& system) {
    Structure structure;
    structure.atomic_numbers = system.atomic_numbers;
    structure.positions = system.positions;
    return structure;
  }
  static SimulationOptions options_of(std::size_t n_replicas, Ensemble ensemble) {
    SimulationOptions options;
    options.replicas = static_cast<std::int32_t>(n_replicas);
    options.ensemble = ensemble;
    return options;
  }

  std::vector<Structure> structures_;
  SimulationOptions options_;
  CompositionTable table_;

 public:
  std::shared_ptr<const cuda::DeviceModel> model;
  cuda::DeviceReplicas replicas;
};

/// Forward and backward passes.
std::string network(const Chains& chains, Copies copies, bool virials) {
  cuda::BatchNetwork network(copies.model, copies.replicas.systems());
  device::copy_on_device(network.positions(), copies.replicas.view().atoms.x,
                         std::size_t{3} * copies.replicas.n_atoms() * sizeof(double), nullptr);
  do {  // lists of edges get their room
    network.evaluate(nullptr, virials);
  } while (!network.edges_had_room(nullptr));
  DeviceArray<double> sums(std::size_t{9} * copies.replicas.n_replicas());
  return counted(chains, [&] {
    network.evaluate(nullptr, virials);
    if (!virials) return;
    sum_virials(network.batch(), network.virials(), sums.data(), copies.model->policy(), nullptr);
  });
}

/// Both halves of the first step, in which CSVR takes out rigid motion.
std::string integration(const Chains& chains, Copies copies) {
  const DynamicsView& view = copies.replicas.view();
  const LaunchPolicy& policy = copies.model->policy();
  return counted(chains, [&] {
    begin_step(copies.replicas.kind(), view, policy, nullptr);
    finish_step(copies.replicas.kind(), view, policy, nullptr);
  });
}

std::string radial_basis_alone(const Chains& chains, Copies copies) {
  const LaunchPolicy& policy = copies.model->policy();
  cuda::EdgeFinder finder(copies.system_start(), copies.replicas.view().batch,
                          copies.model->cutoff());
  do {
    finder.find(copies.positions(), policy, nullptr);
  } while (!finder.had_room(nullptr));
  const RadialBasisView basis = copies.model->filter_network(0).basis;
  // A row holds fewer edges than the replica has atoms, or a quarter more than were needed.
  const std::size_t most = std::size_t{2} * copies.replicas.n_atoms() * copies.replicas.largest();
  DeviceArray<float> values(most * basis.n), slopes(most * basis.n);
  return counted(chains, [&] {
    radial_basis(basis, copies.replicas.n_atoms(), finder.edges(), values.data(), slopes.data(),
                 policy, nullptr);
  });
}

/// Cells, and lists of candidates of every atom.
std::string lists_with_a_skin(const Chains& chains, Copies copies) {
  DeviceArray<std::uint32_t> halted(1);
  cuda::CandidateLists lists(copies.system_start(), copies.replicas.view().batch,
                             copies.model->cutoff(), halted.data(), {});
  lists.make(copies.positions(), copies.model->policy(), nullptr);
  return counted(chains, [&] { lists.make(copies.positions(), copies.model->policy(), nullptr); });
}

}  // namespace

std::string counted_op(const Chains& chains,
                       const std::string& what,
                       const std::string& model,
                       const System& system,
                       std::size_t n) {
  constexpr Ensemble kNve = Ensemble::nve;
  if (what == "exact") {
    return network(chains, {model, system, n, kNve, {.exact_filters = true}}, false);
  }
  if (what == "tf32") {
    return network(chains, {model, system, n, kNve, {.dense = DenseKind::tf32}}, false);
  }
  if (what == "tf32x3") {
    return network(chains, {model, system, n, kNve, {.dense = DenseKind::tf32x3}}, false);
  }
  if (what == "virial") return network(chains, {model, system, n}, true);
  if (what == "langevin") return integration(chains, {model, system, n, Ensemble::langevin});
  if (what == "csvr") return integration(chains, {model, system, n, Ensemble::csvr});
  if (what == "basis") {
    return radial_basis_alone(chains, {model, system, n, kNve, {.exact_filters = true}});
  }
  if (what == "lists") return lists_with_a_skin(chains, {model, system, n});
  throw std::invalid_argument("nothing to count has the name " + what);
}

}  // namespace fusemd::test
