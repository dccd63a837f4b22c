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

TEST_CASE("Muon's step is the momentum with its singular values brought near 1") {
  const train::ParameterLayout layout(shipped_switches(16, 2, 4), {1, 6});
  const std::size_t n = layout.size;
  for (const cpu::InstructionSet set : cpu::supported_instruction_sets()) {
    const auto optimizer = train::make_optimizer("muon", layout, set);
    const auto adam = train::make_optimizer("adam", layout, set);
    cpu::AlignedBuffer<float> parameters(n), others(n), gradient(n);
    Random random(2);
    for (std::size_t k = 0; k < n; ++k) {
      gradient[k] = static_cast<float>(random.uniform(-0.01, 0.01));
    }
    optimizer->reset(parameters.data());
    adam->reset(others.data());
    optimizer->step(parameters.data(), gradient.data(), 1e-2);
    adam->step(others.data(), gradient.data(), 1e-2);
    // Parameters outside filters and updates move as Adam moves them.
    for (std::size_t k = layout.head_1.weight; k < n; ++k) REQUIRE(parameters[k] == others[k]);
    for (std::size_t k = 0; k < layout.layers[0].basis_weight; ++k) {
      REQUIRE(parameters[k] == others[k]);
    }
    // A first step along G = U diag(s) V^T is -rate 0.2 sqrt(high) U diag(t) V^T with t near 1:
    // then step^T step / scale^2 has the trace of the rank, within the polynomial's band, and G and
    // step have their singular directions in common: G^T step is symmetric.
    const train::DenseSlot& slot = layout.layers[1].update_in;  // [16][32]
    const double scale = 1e-2 * 0.2 * std::sqrt(32.0);
    const auto at = [&](const cpu::AlignedBuffer<float>& values, std::size_t r, std::size_t c) {
      return static_cast<double>(values[slot.weight + r * slot.in + c]);
    };
    double trace = 0.0, asymmetry = 0.0, size = 0.0;
    for (std::size_t r = 0; r < 16; ++r) {
      for (std::size_t c = 0; c < 32; ++c) trace += std::pow(at(parameters, r, c) / scale, 2);
      for (std::size_t q = 0; q < 16; ++q) {
        double rq = 0.0, qr = 0.0;
        for (std::size_t c = 0; c < 32; ++c) {
          rq += at(gradient, r, c) * at(parameters, q, c);
          qr += at(gradient, q, c) * at(parameters, r, c);
        }
        asymmetry += std::pow(rq - qr, 2);
        size += rq * rq;
      }
    }
    require_close(trace / 16.0, 1.0, {0.35, 0.0, "the polynomial leaves values in [0.7, 1.2]"});
    require_close(std::sqrt(asymmetry / size), 0.0, {1e-4, 0.0, "float rounding"});
    double downhill = 0.0;
    for (std::size_t k = 0; k < n; ++k) {
      downhill += static_cast<double>(gradient[k]) * static_cast<double>(parameters[k]);
    }
    REQUIRE(downhill < 0.0);
  }
}

}  // namespace fusemd::test
