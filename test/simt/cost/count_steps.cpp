// SPDX-License-Identifier: MIT
// What one time step launches and does, counted in nvcc's PTX:
//
//   simt_cost_counts CHAINS.json [LOOP MODEL SYSTEM REPLICAS]...
//
// prints {"LOOP MODEL SYSTEM REPLICAS": counts (counted_step.hpp), ...}. LOOP is host, for single
// launches, or graph; MODEL is a shipped one; SYSTEM is benzene, aspirin or droplet504 (liquid
// benzene, about as many atoms).
#include <cstdio>
#include <exception>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include "benchmarks/condensed.hpp"
#include "host/cuda/graph_loop.hpp"
#include "test/simt/cost/counted_step.hpp"

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
  throw std::invalid_argument("unknown system " + name + ": benzene, aspirin or droplet504");
}

std::string counts_of(const Chains& chains,
                      const std::string& loop,
                      const std::string& model,
                      const System& system,
                      std::size_t replicas) {
  if (loop == "host") return counted_step(chains, model, system, replicas);
  if (loop == "graph") {
    const auto graph = [](std::shared_ptr<const cuda::DeviceModel> device_model,
                          cuda::DeviceReplicas& device_replicas) {
      return cuda::make_graph_loop(std::move(device_model), device_replicas);
    };
    return counted_loop(chains, graph, model, system, replicas);
  }
  throw std::invalid_argument("unknown loop " + loop + ": host or graph");
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
