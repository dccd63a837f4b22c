// SPDX-License-Identifier: MIT
// What one time step launches and does, counted in nvcc's PTX:
//
//   simt_cost_counts CHAINS.json [LOOP MODEL SYSTEM REPLICAS]...
//
// prints {"LOOP MODEL SYSTEM REPLICAS": counts (counted_step.hpp), ...}. LOOP is host, for single
// launches, or a loop that stays on the device: block, cooperative (a molecule on a grid's blocks),
// cluster (on those of a cluster) or graph; or what else counted_op() counts. MODEL is a shipped
// one; SYSTEM is benzene, aspirin or dropletN (liquid benzene of about N atoms).
#include <cstdio>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include "benchmarks/condensed.hpp"
#include "host/cuda/block_loop.hpp"
#include "host/cuda/cooperative_loop.hpp"
#include "host/cuda/graph_loop.hpp"
#include "test/simt/cost/counted_step.hpp"
#include "test/simt/executor/executor.hpp"

namespace fusemd::test {
namespace {

System system_of(const std::string& name) {
  // Off the cutoff, so that the last bit of a distance decides nothing.
  if (name == "benzene") return rattled_off_cutoff(benzene(), 0.03);
  if (name == "aspirin") return rattled_off_cutoff(aspirin(), 0.03);
  if (name.starts_with("droplet")) {
    const benchmarks::Droplet droplet = benchmarks::benzene_droplet(std::stoul(name.substr(7)));
    return {name, droplet.atomic_numbers, droplet.positions};
  }
  throw std::invalid_argument("unknown system " + name + ": benzene, aspirin or dropletN");
}

/// A loop by its name; nothing for what is none.
cuda::LoopMaker loop_maker(const std::string& loop) {
  using ModelPointer = std::shared_ptr<const cuda::DeviceModel>;
  if (loop == "block") {
    return [](ModelPointer model, cuda::DeviceReplicas& replicas) {
      return cuda::make_block_loop(std::move(model), replicas);
    };
  }
  if (loop == "graph") {
    return [](ModelPointer model, cuda::DeviceReplicas& replicas) {
      return cuda::make_graph_loop(std::move(model), replicas);
    };
  }
  if (loop == "cooperative" || loop == "cluster") {
    return [cluster = loop == "cluster"](
               ModelPointer model,
               cuda::DeviceReplicas& replicas) -> std::unique_ptr<cuda::ResidentLoop> {
      return std::make_unique<cuda::CooperativeLoop>(std::move(model), replicas,
                                                     cuda::TeamWish{.cluster = cluster});
    };
  }
  return {};
}

std::string counts_of(const Chains& chains,
                      const std::string& loop,
                      const std::string& model,
                      const System& system,
                      std::size_t replicas) {
  executor::Config config = executor::config();
  config.device.resident_blocks = 80;  // the fewest multiprocessors of the report's parts
  // What sm_90 gives a block, whose clusters need more than older parts have.
  if (loop == "cluster") config.device.shared_bytes_per_block = std::size_t{227} * 1024;
  const executor::ScopedConfig scope(config);
  if (loop == "host") return counted_step(chains, model, system, replicas);
  const cuda::LoopMaker make_loop = loop_maker(loop);
  return make_loop ? counted_loop(chains, make_loop, model, system, replicas)
                   : counted_op(chains, loop, model, system, replicas);
}

void run(int argc, char* argv[]) {
  if (argc < 6 || argc % 4 != 2) {
    throw std::invalid_argument(
        "usage: simt_cost_counts CHAINS.json [LOOP MODEL SYSTEM REPLICAS]...");
  }
  const Chains chains(argv[1]);
  std::printf("{");
  for (int i = 2; i < argc; i += 4) {
    const std::string loop = argv[i], model = argv[i + 1], system = argv[i + 2],
                      replicas = argv[i + 3];
    const std::string counts =
        counts_of(chains, loop, model, system_of(system), std::stoul(replicas));
    std::printf("%s\n\"%s %s %s %s\": %s", i == 2 ? "" : ",", loop.c_str(), model.c_str(),
                system.c_str(), replicas.c_str(), counts.c_str());
    std::fflush(stdout);
  }
  std::printf("\n}\n");
}

}  // namespace
}  // namespace fusemd::test

int main(int argc, char* argv[]) {
  try {
    fusemd::test::run(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  return 0;
}
