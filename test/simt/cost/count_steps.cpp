// SPDX-License-Identifier: MIT
// What one time step launches and does, counted in nvcc's PTX:
//
//   simt_cost_counts CHAINS.json [MODEL SYSTEM REPLICAS]...
//
// prints {"MODEL SYSTEM REPLICAS": counts (counted_step.hpp), ...}. MODEL is a shipped one; SYSTEM
// is benzene, aspirin or droplet (504 atoms of liquid benzene).
#include <cstdio>
#include <exception>
#include <stdexcept>
#include <string>

#include "benchmarks/condensed.hpp"
#include "test/simt/cost/counted_step.hpp"

namespace fusemd::test {
namespace {

System system_of(const std::string& name) {
  // Off the cutoff, so that the last bit of a distance decides nothing.
  if (name == "benzene") return rattled_off_cutoff(benzene(), 0.03);
  if (name == "aspirin") return rattled_off_cutoff(aspirin(), 0.03);
  if (name == "droplet") {
    const benchmarks::Droplet droplet = benchmarks::benzene_droplet(504);
    return {name, droplet.atomic_numbers, droplet.positions};
  }
  throw std::invalid_argument("unknown system " + name + ": benzene, aspirin or droplet");
}

void run(int argc, char* argv[]) {
  if (argc < 5 || argc % 3 != 2) {
    throw std::invalid_argument("usage: simt_cost_counts CHAINS.json [MODEL SYSTEM REPLICAS]...");
  }
  const Chains chains(argv[1]);
  std::printf("{");
  for (int i = 2; i < argc; i += 3) {
    const std::string model = argv[i], system = argv[i + 1], replicas = argv[i + 2];
    const std::string counts = counted_step(chains, model, system_of(system), std::stoul(replicas));
    std::printf("%s\n\"%s %s %s\": %s", i == 2 ? "" : ",", model.c_str(), system.c_str(),
                replicas.c_str(), counts.c_str());
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
