// SPDX-License-Identifier: MIT
// Every stage of the forward and backward pass against numbers recorded from PyTorch in double.
#include <fstream>

#include <nlohmann/json.hpp>

#include "host/reference/student_network.hpp"
#include "test/support/close.hpp"
#include "test/support/golden.hpp"
#include "test/support/seed_weights.hpp"
#include "test/support/skip.hpp"

namespace fusemd::reference {
namespace {

using nlohmann::json;

void append_numbers(const json& value, std::vector<double>& numbers) {
  if (value.is_number()) numbers.push_back(value.get<double>());
  if (value.is_array()) {
    for (const json& entry : value) append_numbers(entry, numbers);
  }
}

void require_equal(const char* what, std::span<const double> actual, const json& expected) {
  INFO(what);
  std::vector<double> numbers;
  append_numbers(expected, numbers);
  REQUIRE(actual.size() == numbers.size());
  REQUIRE(!numbers.empty());
  for (std::size_t k = 0; k < numbers.size(); ++k) {
    INFO("entry " << k);
    test::require_close(actual[k], numbers[k],
                        {1e-12, 1e-12, "double rounding of sums of up to 100 terms near 1"});
  }
}

std::span<const double> flat(const std::vector<std::array<double, 3>>& vectors) {
  return {vectors.front().data(), 3 * vectors.size()};
}

}  // namespace

TEST_CASE("intermediates of water agree with PyTorch in double") {
  const auto golden_path =
      test::shared_path("reference/golden/intermediates_ultra_tiny_H2O_float64.json");
  const auto weights_path = test::shared_path("reference/weights/ultra_tiny.json");
  if (!test::available(exists(golden_path) && exists(weights_path), "shared/reference")) return;
  const json golden = json::parse(std::ifstream(golden_path));
  const auto parameters = student_parameters(test::read_seed_weights(weights_path));
  const auto atomic_numbers = golden.at("Z").get<std::vector<int>>();
  std::vector<Vec3> positions;
  for (const json& x : golden.at("positions")) positions.push_back({x[0], x[1], x[2]});

  Values values;
  Gradients gradients;
  forward(parameters, atomic_numbers, positions, values);
  backward(parameters, values, gradients);

  REQUIRE(values.edges.source == golden.at("src").get<std::vector<std::size_t>>());
  REQUIRE(values.edges.destination == golden.at("dst").get<std::vector<std::size_t>>());
  require_equal("distance", values.edges.distance, golden.at("distance"));
  require_equal("direction", flat(values.edges.direction), golden.at("unit"));
  require_equal("cutoff", values.cutoff, golden.at("cutoff"));
  require_equal("basis", values.basis.values(), golden.at("rbf_times_cutoff"));
  require_equal("atomic energies", values.atomic_energies, golden.at("atomic_energies"));
  require_equal("u_", flat(gradients.direction), golden.at("grad_unit"));
  require_equal("b_", gradients.basis.values(), golden.at("grad_rbf_times_cutoff"));

  const std::size_t n_layers = values.layers.size();
  REQUIRE(golden.at("layers").size() == n_layers);
  for (std::size_t l = 0; l < n_layers; ++l) {
    INFO("layer " << l);
    const json& expected = golden.at("layers")[l];
    const LayerValues& x = values.layers[l];
    const LayerGradients& x_ = gradients.layers[l];
    const bool last = l + 1 == n_layers;
    require_equal("f", x.filter.values(), expected.at("filter"));
    require_equal("s'", x.s_message.values(), expected.at("s_after_message"));
    require_equal("V'", x.v_message.values(), expected.at("v_after_message"));
    require_equal("s", (last ? values.s : values.layers[l + 1].s_in).values(),
                  expected.at("s_after_update"));
    require_equal("V", (last ? values.v : values.layers[l + 1].v_in).values(),
                  expected.at("v_after_update"));
    require_equal("s'_", x_.s_message.values(), expected.at("grad_s_after_message"));
    require_equal("V'_", x_.v_message.values(), expected.at("grad_v_after_message"));
    require_equal("s_", (last ? gradients.s : gradients.layers[l + 1].s_in).values(),
                  expected.at("grad_s_after_update"));
    require_equal("V_", (last ? gradients.v : gradients.layers[l + 1].v_in).values(),
                  expected.at("grad_v_after_update"));
  }
}

}  // namespace fusemd::reference
