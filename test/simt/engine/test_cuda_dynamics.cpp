// SPDX-License-Identifier: MIT
// Molecular dynamics with forces from the CUDA engine against the CPU engine's: the same
// integrator, so positions part only as the forces' rounding does.
#include <string>
#include <vector>

#include "host/cpu/cpu_potential.hpp"
#include "host/cuda/cuda_potential.hpp"
#include "host/md/simulation.hpp"
#include "test/simt/support/kernel_case.hpp"
#include "test/support/shipped_models.hpp"
#include "test/support/systems.hpp"

namespace fusemd::test {
namespace {

class LastPositions : public SampleSink {
 public:
  void log(const LogRow& /*row*/) override {}
  void frame(const Frame& frame) override {
    positions.assign(frame.positions.begin(), frame.positions.end());
  }
  std::vector<Vec3> positions;
};

std::vector<Vec3> after_200_steps(const Potential& potential, const System& system) {
  Structure structure;
  structure.atomic_numbers = system.atomic_numbers;
  structure.positions = system.positions;
  SimulationOptions options;
  options.steps = options.frame_every = 200;
  LastPositions last;
  Simulation(potential, std::vector{structure}, options).run(last);
  return last.positions;
}

void compare(const std::string& name, const System& system) {
  const Model model = shipped_model(name);
  const std::vector<Vec3> expected = after_200_steps(*cpu::make_potential(model, {}), system);
  const std::vector<Vec3> found =
      after_200_steps(*cuda::make_potential(model, cuda::ModelOptions{}), system);
  expect(found.size() == system.size(), "no frame");
  for (std::size_t i = 0; i < found.size(); ++i) {
    expect_close(norm(found[i] - expected[i]), 0.0,
                 {.absolute = 1e-4, .why = "forces of single precision, over 100 fs"},
                 name + ", " + system.name + ", atom " + std::to_string(i));
    expect(norm(found[i] - system.positions[i]) > 1e-3, "the atom has not moved");
  }
  same_bits(found);
}

FUSEMD_KERNEL_CASE("200 steps of benzene and water follow the CPU engine") {
  for (const char* name : {"original", "tiny", "ultra_tiny"}) {
    compare(name, benzene());
    compare(name, water());
  }
}

}  // namespace
}  // namespace fusemd::test
