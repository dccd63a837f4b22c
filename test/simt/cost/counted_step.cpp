// SPDX-License-Identifier: MIT
#include "test/simt/cost/counted_step.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <map>
#include <memory>
#include <numeric>
#include <stdexcept>
#include <unordered_set>
#include <vector>

#include <nlohmann/json.hpp>

#include "host/cuda/batch_network.hpp"
#include "host/cuda/device_dynamics.hpp"
#include "host/cuda/device_replicas.hpp"
#include "host/cuda/owned_stream.hpp"
#include "host/elements.hpp"
#include "host/md/replica_setup.hpp"
#include "host/units.hpp"
#include "kernels/integrate.hpp"
#include "test/simt/executor/executor.hpp"
#include "test/simt/ptx/runtime/counters.hpp"
#include "test/simt/support/device_array.hpp"
#include "test/support/shipped_models.hpp"

namespace fusemd::test {

using nlohmann::json;
using ptx::LaunchRecord;
using ptx::u64;

struct Chains::Tables {
  std::map<std::string, double> nominal;
  std::map<std::string, std::vector<std::map<std::string, u64>>> kernels;
};

Chains::Chains(const std::string& path) {
  std::ifstream file(path);
  if (!file) throw std::runtime_error("cannot read " + path);
  const json text = json::parse(file);
  auto tables = std::make_unique<Tables>();
  text.at("nominal").get_to(tables->nominal);
  text.at("kernels").get_to(tables->kernels);
  tables_ = std::move(tables);
}
Chains::~Chains() = default;

void Chains::add_longest(const LaunchRecord& launch, std::map<std::string, u64>& sum) const {
  const auto& stretches = tables_->kernels.at(launch.kernel->name);
  if (stretches.size() != launch.kernel->stretches) {
    throw std::runtime_error(std::string("chains of another text: ") + launch.kernel->name);
  }
  std::vector<double> cycles;
  for (const auto& chain : stretches) {
    cycles.push_back(
        std::accumulate(chain.begin(), chain.end(), 0.0, [&](double total, const auto& item) {
          return total + tables_->nominal.at(item.first) * static_cast<double>(item.second);
        }));
  }
  const auto length = [&](const std::vector<ptx::u32>* executions) {
    return std::inner_product(cycles.begin(), cycles.end(), executions->begin(), 0.0);
  };
  const auto longest =
      std::ranges::max_element(launch.warps, {}, [&](const auto* w) { return length(w); });
  for (std::size_t i = 0; i < stretches.size(); ++i) {
    for (const auto& [kind, count] : stretches[i]) {
      sum[kind] += count * (**longest)[i];
    }
  }
}

bool Chains::spins(const std::string& kernel, std::size_t stretch) const {
  return tables_->kernels.at(kernel).at(stretch).count("spin") != 0;
}

namespace {

/// The launch's instructions in stretches that wait for other blocks, by warps.
void add_spinning(const Chains& chains,
                  const LaunchRecord& launch,
                  std::map<std::string, u64>& sum) {
  for (const ptx::StretchCount& each : launch.kernel->counts) {
    if (!chains.spins(launch.kernel->name, each.stretch)) continue;
    for (const auto* executions : launch.warps) {
      sum[ptx::class_name(each.kind)] += u64{each.count} * (*executions)[each.stretch];
    }
  }
}

}  // namespace

std::string counted(const Chains& chains, const std::function<void()>& work) {
  json launches = json::object();
  std::map<std::string, std::map<std::string, u64>> longest, spinning;
  std::unordered_set<u64> touched;
  ptx::reset_counters();
  const std::uint64_t meetings = executor::statistics().grid_barriers;
  ptx::observe_launches([&](const LaunchRecord& launch) {
    json& kernel = launches[launch.kernel->name];
    const json shape = {{"grid_blocks", launch.shape.grid.count()},
                        {"block_threads", launch.shape.block.count()},
                        {"dynamic_shared", launch.shape.shared_bytes}};
    for (const auto& [key, value] : shape.items()) {
      if (kernel.contains(key) && kernel[key] != value) {
        throw std::runtime_error(std::string(launch.kernel->name) + ": launches differ in " + key);
      }
      kernel[key] = value;
    }
    chains.add_longest(launch, longest[launch.kernel->name]);
    add_spinning(chains, launch, spinning[launch.kernel->name]);
    kernel["sectors_by_block"] = kernel.value("sectors_by_block", u64{0}) + launch.sectors_by_block;
    touched.insert(launch.read_sectors.begin(), launch.read_sectors.end());
    touched.insert(launch.written_sectors.begin(), launch.written_sectors.end());
  });
  {
    const ptx::CountingScope scope;
    work();
  }
  ptx::observe_launches({});
  json result = {{"kernels", json::parse(ptx::counters_json()).at("kernels")},
                 {"touched_bytes", 32 * touched.size()}};
  for (auto& [name, kernel] : result["kernels"].items()) {
    kernel.update(launches.at(name));
    kernel["longest_chain"] = longest.at(name);
    kernel["spinning"] = spinning.at(name);
  }
  result["cluster_meetings"] = executor::statistics().grid_barriers - meetings;
  return result.dump(1);
}

namespace {

/// Replicas with all that a step of theirs needs in device memory.
class Stepper {
 public:
  Stepper(const std::string& model, const System& system, std::size_t replicas)
      : network_(std::make_shared<cuda::DeviceModel>(shipped_model(model), cuda::ModelOptions{}),
                 std::vector(replicas, system.atomic_numbers)),
        n_(network_.n_atoms()),
        velocities_(zeroed<double>(3 * n_)),
        kept_(zeroed<double>(9 * n_)),
        masses_(masses(system, replicas)),
        half_kicks_(half_kicks(system, replicas)),
        constants_(std::vector(replicas,
                               ReplicaConstants{.kinetic_limit = 1e300,
                                                .force_limit = 1e300,
                                                .jump_limit = 1e300,
                                                .position_limit = 1e300})),
        progress_(std::vector(replicas, ReplicaProgress{})),
        kept_progress_(replicas) {
    std::vector<double> rows;
    for (double Vec3::*component : {&Vec3::x, &Vec3::y, &Vec3::z}) {
      for (std::size_t r = 0; r < replicas; ++r) {
        for (const Vec3& x : system.positions) rows.push_back(x.*component);
      }
    }
    device::copy_to_device(network_.positions(), rows.data(), rows.size() * sizeof(double),
                           nullptr);
    do {  // lists of edges get their room
      network_.evaluate(nullptr, false);
    } while (!network_.edges_had_room(nullptr));
  }

  void step() {
    const DynamicsView view = this->view();
    const LaunchPolicy& policy = network_.model().policy();
    begin_step(DynamicsKind::velocity_verlet, view, policy, nullptr);
    network_.evaluate(nullptr, false);
    finish_step(DynamicsKind::velocity_verlet, view, policy, nullptr);
    if (!network_.edges_had_room(nullptr)) throw std::runtime_error("lists of edges are full");
  }

 private:
  static constexpr double kTimestep = 0.5;  // fs

  static std::vector<double> masses(const System& system, std::size_t replicas) {
    std::vector<double> all;
    for (std::size_t r = 0; r < replicas; ++r) {
      for (const int z : system.atomic_numbers) all.push_back(standard_atomic_weight(z));
    }
    return all;
  }
  static std::vector<double> half_kicks(const System& system, std::size_t replicas) {
    std::vector<double> all = masses(system, replicas);
    for (double& m : all) m = 0.5 * kTimestep * units::kAccelerationPerForce / m;
    return all;
  }

  DynamicsView view() {
    const auto row = [this](double* rows, std::size_t i) { return rows + i * n_; };
    double* const x = network_.positions();
    double* const v = velocities_.data();
    // Forces are the network's to write; the integrator's view of them is not const.
    double* const f = const_cast<double*>(network_.forces());
    return {.batch = network_.batch(),
            .constants = {.timestep = kTimestep,
                          .kinetic_factor = 0.5 * units::kEnergyPerMassVelocity2,
                          .boltzmann = units::kBoltzmann},
            .atoms = {.n_atoms = static_cast<std::uint32_t>(n_),
                      .x = row(x, 0),
                      .y = row(x, 1),
                      .z = row(x, 2),
                      .vx = row(v, 0),
                      .vy = row(v, 1),
                      .vz = row(v, 2),
                      .fx = row(f, 0),
                      .fy = row(f, 1),
                      .fz = row(f, 2),
                      .mass = masses_.data(),
                      .half_kick = half_kicks_.data(),
                      .constants = constants_.data(),
                      .progress = progress_.data(),
                      .kept = kept_.data(),
                      .kept_progress = kept_progress_.data()},
            .energies = network_.energies()};
  }

  cuda::BatchNetwork network_;
  std::size_t n_;
  DeviceArray<double> velocities_, kept_, masses_, half_kicks_;
  DeviceArray<ReplicaConstants> constants_;
  DeviceArray<ReplicaProgress> progress_, kept_progress_;
};

}  // namespace

std::string counted_step(const Chains& chains,
                         const std::string& model,
                         const System& system,
                         std::size_t replicas) {
  Stepper stepper(model, system, replicas);
  stepper.step();
  return counted(chains, [&] { stepper.step(); });
}

std::string counted_loop(const Chains& chains,
                         const cuda::LoopMaker& make_loop,
                         const std::string& model_name,
                         const System& system,
                         std::size_t n_replicas) {
  Structure structure;
  structure.atomic_numbers = system.atomic_numbers;
  structure.positions = system.positions;
  SimulationOptions options;
  options.replicas = static_cast<std::int32_t>(n_replicas);
  const std::vector structures{structure};
  const CompositionTable table = make_compositions(structures, options);
  const std::vector<ReplicaState> states = start_states(structures, table, options);
  const auto model =
      std::make_shared<cuda::DeviceModel>(shipped_model(model_name), cuda::ModelOptions{});
  cuda::DeviceReplicas replicas(table, std::vector<std::size_t>(n_replicas, 0), states);
  const auto loop = make_loop(model, replicas);
  const cuda::OwnedStream stream;
  DeviceArray<ReplicaProgress> progress(n_replicas);
  // Whether all replicas made their steps; a loop short of room has paused.
  const auto advance = [&](std::int64_t first, std::int64_t last) {
    loop->advance({first, last}, {.progress = progress.data()}, stream);
    device::synchronize(stream);
    return std::ranges::all_of(progress.download(), [&](const ReplicaProgress& each) {
      return each.step == last && each.stopped == StopReason::none;
    });
  };
  loop->start(stream);
  bool made = advance(0, 1);
  for (int tries = 0; !made && tries < 8; ++tries) {
    (void)loop->make_room(stream);
    made = advance(0, 1);
  }
  const std::string one = counted(chains, [&] { made = made && advance(1, 2); });
  const std::string two = counted(chains, [&] { made = made && advance(2, 4); });
  if (!made) throw std::runtime_error("a replica has not made its steps");
  return "{\"one\": " + one + ", \"two\": " + two + "}";
}

}  // namespace fusemd::test
