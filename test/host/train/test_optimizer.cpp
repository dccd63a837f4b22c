// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>

#include "host/train/optimizer.hpp"
#include "test/support/close.hpp"
#include "test/support/tiny_model.hpp"

namespace fusemd::test {

TEST_CASE("Adam is the published algorithm, with clipping and a running average") {
  const train::ParameterLayout layout(shipped_switches(16, 1, 4), {1, 6});
  for (const cpu::InstructionSet set : cpu::supported_instruction_sets()) {
    const auto optimizer = train::make_optimizer("adam", layout, set);
    const std::size_t n = layout.size;
    cpu::AlignedBuffer<float> parameters(n), gradient(n);
    std::vector<double> x(n), m(n, 0.0), v(n, 0.0), average(n);
    Random random(1);
    for (std::size_t k = 0; k < n; ++k) {
      parameters[k] = static_cast<float>(random.uniform(-1.0, 1.0));
      average[k] = x[k] = static_cast<double>(parameters[k]);
    }
    optimizer->reset(parameters.data());
    for (int t = 1; t <= 60; ++t) {
      double square = 0.0;
      // Short gradients, then long ones that are clipped.
      const double size = t < 30 ? 0.01 : 10.0;
      for (std::size_t k = 0; k < n; ++k) {
        gradient[k] = static_cast<float>(random.uniform(-size, size));
        square += std::pow(static_cast<double>(gradient[k]), 2);
      }
      const double norm = std::sqrt(square), scale = std::min(1.0, 10.0 / norm);
      require_close(optimizer->step(parameters.data(), gradient.data(), 1e-2), norm,
                    {0.0, 1e-6, "float sums of squares"});
      const double decay = std::min(0.999, t / (t + 50.0));
      for (std::size_t k = 0; k < n; ++k) {
        const double g = scale * static_cast<double>(gradient[k]);
        m[k] = 0.9 * m[k] + 0.1 * g;
        v[k] = 0.999 * v[k] + 0.001 * g * g;
        x[k] -= 1e-2 * (m[k] / (1.0 - std::pow(0.9, t))) /
                (std::sqrt(v[k] / (1.0 - std::pow(0.999, t))) + 1e-8);
        average[k] += (1.0 - decay) * (x[k] - average[k]);
      }
    }
    for (std::size_t k = 0; k < n; ++k) {
      require_close(static_cast<double>(parameters[k]), x[k], {2e-5, 0.0, "60 float steps"});
      require_close(static_cast<double>(optimizer->average()[k]), average[k],
                    {2e-5, 0.0, "60 float steps"});
    }
    gradient[3] = std::nanf("");
    const float before = parameters[0];
    REQUIRE_FALSE(std::isfinite(optimizer->step(parameters.data(), gradient.data(), 1e-2)));
    REQUIRE(parameters[0] == before);
  }
}

}  // namespace fusemd::test
