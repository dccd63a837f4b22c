// SPDX-License-Identifier: MIT
#include <tuple>

#include "test/support/catch.hpp"
#include "test/support/tiny_model.hpp"
#include "weights/model.hpp"

using namespace fusemd;
using namespace fusemd::test;

namespace {

StudentConfig published(StudentConfig config) {
  config.max_z = 100;
  return config;
}

}  // namespace

TEST_CASE("the published sizes have the published numbers of parameters", "[model]") {
  struct Size {
    int h, l, r;
    std::size_t total, dead_with_mixing, dead_without;
  };
  // From model-spec.md sections 1 and 8: counted in the seed's own checkpoints.
  const Size sizes[] = {{128, 3, 20, 427'292, 49'545, 82'587},
                        {64, 2, 12, 77'203, 12'489, 16'658},
                        {32, 2, 10, 21'459, 3'177, 4'242}};
  for (const Size& size : sizes) {
    const ParameterCount seed = count_parameters(published(seed_switches(size.h, size.l, size.r)));
    CHECK(seed.total == size.total);
    CHECK(seed.dead == size.dead_with_mixing);
    const ParameterCount shipped =
        count_parameters(published(shipped_switches(size.h, size.l, size.r)));
    CHECK(shipped.total == size.total);
    CHECK(shipped.dead == size.dead_without);
  }
}

TEST_CASE("counts follow the formulas for any size and switches", "[model]") {
  for (const auto& [h, l, r, max_z] : {std::tuple{4, 1, 1, 1}, {8, 1, 3, 17}, {12, 5, 7, 118}}) {
    for (StudentConfig config : all_switches(seed_switches(h, l, r))) {
      config.max_z = max_z;
      const auto count = count_parameters(config);
      const int total =
          (max_z + 1) * h + l * (8 * h * h + h * r + 8 * h + 9) + 5 * h * h / 8 + h + 1;
      const int dead = config.vector_mixing == VectorMixing::matrix ? 3 * (h * h + h) + 9
                                                                    : (l + 2) * (h * h + h) + 9 * l;
      INFO(h << ' ' << l << ' ' << r << ' ' << switches_text(config));
      CHECK(count.total == static_cast<std::size_t>(total));
      CHECK(count.dead == static_cast<std::size_t>(dead));
    }
  }
}

TEST_CASE("dead rows lie inside their tensors and do not overlap", "[model]") {
  for (const StudentConfig& config : all_switches(seed_switches(8, 3, 2))) {
    const auto shapes = student_tensor_shapes(config);
    const auto rows = dead_rows(config);
    for (std::size_t i = 0; i < rows.size(); ++i) {
      CHECK(rows[i].begin < rows[i].end);
      CHECK(rows[i].end <= shapes.at(rows[i].tensor).at(0));
      for (std::size_t k = 0; k < i; ++k) CHECK(rows[k].tensor != rows[i].tensor);
    }
  }
}
