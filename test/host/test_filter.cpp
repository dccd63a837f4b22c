// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <stdexcept>
#include <vector>

#include "host/filter.hpp"
#include "host/reference/student_network.hpp"
#include "host/student_math.hpp"
#include "test/support/close.hpp"
#include "test/support/finite_difference.hpp"
#include "test/support/tiny_model.hpp"

namespace fusemd::test {
namespace {

constexpr std::size_t kOutputs = 3 * 12;

struct Filters {
  std::vector<double> f, df;
};

Filters filters(const Model& model, int layer, const std::vector<double>& distances) {
  Filters result;
  result.f.assign(distances.size() * kOutputs, std::nan(""));
  result.df = result.f;
  evaluate_filters(model, layer, distances, result.f, result.df);
  return result;
}

/// Both values of the switch that matters here, with H = 12: 3H is no power of two.
std::vector<Model> models() {
  return {make_model(seed_switches(12, 2, 7), 1), make_model(shipped_switches(12, 2, 7), 2)};
}

}  // namespace

TEST_CASE("filters are those of the reference engine") {
  for (const Model& model : models()) {
    INFO("switches " << switches_text(model.config));
    const StudentParameters parameters = student_parameters(model);
    for (const double d : {0.0, 0.3, 1.0, 2.7, 4.999, 5.0}) {
      reference::Values values;
      reference::forward(parameters, std::vector<int>{1, 6}, std::vector<Vec3>{{}, {0, 0, d}},
                         values);
      for (int layer = 0; layer < 2; ++layer) {
        const Filters actual = filters(model, layer, {d});
        const auto expected = values.layers[static_cast<std::size_t>(layer)].filter.row(0);
        for (std::size_t c = 0; c < kOutputs; ++c) {
          INFO("distance " << d << ", layer " << layer << ", output " << c);
          require_close(actual.f[c], expected[c], {1e-14, 1e-14, "sums of 12 terms in double"});
        }
      }
    }
  }
}

TEST_CASE("slopes are the derivatives of the finished filters") {
  for (const Model& model : models()) {
    INFO("switches " << switches_text(model.config));
    for (int layer = 0; layer < 2; ++layer) {
      for (const double d : {0.4, 1.1, 2.5, 3.9, 4.99}) {
        const Filters here = filters(model, layer, {d});
        for (std::size_t c = 0; c < kOutputs; ++c) {
          const double numeric = five_point_derivative(
              [&](double t) { return filters(model, layer, {d + t}).f[c]; }, 1e-3);
          INFO("distance " << d << ", layer " << layer << ", output " << c);
          require_close(here.df[c], numeric, {1e-10, 0.0, "step^4 f^(5) / 30, f^(5) below 1e3"});
        }
      }
    }
  }
}

TEST_CASE("at the cutoff values and slopes are the limits from inside") {
  for (const Model& model : models()) {
    INFO("switches " << switches_text(model.config));
    const bool cut_filter = model.config.cutoff_applied_to == CutoffAppliedTo::filter;
    const FilterNetwork network = filter_network(model, 1);
    const Filters at = filters(model, 1, {5.0}), before = filters(model, 1, {5.0 - 1e-7});
    for (std::size_t c = 0; c < kOutputs; ++c) {
      double left = network.output.bias[c];  // W2 SiLU(c1) + c2
      for (std::size_t i = 0; i < 12; ++i) {
        left += network.output.weight[c * 12 + i] * silu(network.hidden.bias[i]);
      }
      require_close(at.f[c], cut_filter ? 0.0 : left, {1e-15, 1e-14, "sums of 12 terms in double"});
      require_close(at.df[c], 0.0, {});
      require_close(before.f[c], at.f[c], {1e-12, 0.0, "the cutoff falls as the distance squared"});
      require_close(before.df[c], 0.0,
                    {1e-6, 0.0, "the slope falls as the distance, 1e-7 Angstrom"});
    }
  }
}

TEST_CASE("a distance has the same bits in any batch, with and without slopes") {
  for (const Model& model : models()) {
    for (const std::size_t n : {1u, 3u, 4u, 5u, 17u}) {
      std::vector<double> distances;
      for (std::size_t k = 0; k < n; ++k) distances.push_back(0.5 + 0.21 * static_cast<double>(k));
      const Filters batch = filters(model, 0, distances);
      std::vector<double> values_only(batch.f.size());
      evaluate_filters(model, 0, distances, values_only, {});
      REQUIRE(values_only == batch.f);
      for (std::size_t k = 0; k < n; ++k) {
        const Filters one = filters(model, 0, {distances[k]});
        const auto offset = static_cast<std::ptrdiff_t>(k * kOutputs);
        REQUIRE(std::equal(one.f.begin(), one.f.end(), batch.f.begin() + offset));
        REQUIRE(std::equal(one.df.begin(), one.df.end(), batch.df.begin() + offset));
      }
    }
  }
}

TEST_CASE("output arrays of the wrong size are refused, and no distances are no work") {
  const Model model = models().front();
  std::vector<double> f(kOutputs), short_df(kOutputs - 1);
  const std::vector<double> one{1.0}, two{1.0, 2.0};
  REQUIRE_THROWS_AS(evaluate_filters(model, 0, two, f, {}), std::invalid_argument);
  REQUIRE_THROWS_AS(evaluate_filters(model, 0, one, f, short_df), std::invalid_argument);
  REQUIRE_NOTHROW(evaluate_filters(model, 0, {}, {}, {}));
}

}  // namespace fusemd::test
