// SPDX-License-Identifier: MIT
#include "weights/import/trained_elements.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>
#include <span>

namespace fusemd::checkpoint {
namespace {

/// Element indices of rows that `is_touched`, row 0 (no element) left out.
std::vector<int> touched(const Tensor& embedding,
                         const std::function<bool(std::span<const float>)>& is_touched) {
  const std::size_t width = embedding.shape[1];
  std::vector<int> elements;
  for (std::size_t z = 1; z < embedding.shape[0]; ++z) {
    if (is_touched(std::span(embedding.values).subspan(z * width, width))) {
      elements.push_back(static_cast<int>(z));
    }
  }
  return elements;
}

bool all_zero(std::span<const float> row) {
  return std::all_of(row.begin(), row.end(), [](float value) { return value == 0.0F; });
}

/// The uniform numbers of [-b, b) that PyTorch can draw in float32.
class UniformGrid {
 public:
  explicit UniformGrid(double bound)
      : from_(static_cast<float>(-bound)), range_(static_cast<float>(bound) - from_) {}

  bool holds(std::span<const float> row) const {
    const auto drawn = [&](auto formula) {
      return std::all_of(row.begin(), row.end(),
                         [&](float value) { return reached(value, formula); });
    };
    return drawn([&](float x) { return std::fma(x, range_, from_); }) || drawn([&](float x) {
             const float product = x * range_;
             return product + from_;
           });
  }

 private:
  template <typename Formula>
  bool reached(float value, Formula formula) const {
    const double k = std::round((static_cast<double>(value) - static_cast<double>(from_)) /
                                static_cast<double>(range_) * 0x1p24);
    // Rounding moves a number by less than one step of the grid.
    for (double near = k - 2.0; near <= k + 2.0; near += 1.0) {
      if (near < 0.0 || near >= 0x1p24) continue;
      if (formula(static_cast<float>(near * 0x1p-24)) == value) return true;
    }
    return false;
  }

  float from_, range_;
};

}  // namespace

TrainedElements find_trained_elements(const Tensor& embedding) {
  const auto rows = static_cast<double>(embedding.shape[0]);
  const auto width = static_cast<double>(embedding.shape[1]);
  const std::size_t n_elements = embedding.shape[0] - 1;

  const std::vector<int> not_zero =
      touched(embedding, [](std::span<const float> row) { return !all_zero(row); });
  if (not_zero.size() < n_elements) {
    return {not_zero, "rows of the embedding that are not zero"};
  }
  for (const double bound :
       {std::sqrt(3.0), std::sqrt(6.0 / (rows + width)), std::sqrt(3.0 / width),
        std::sqrt(6.0 / width), 1.0 / std::sqrt(width), 1.0, 0.1}) {
    const UniformGrid grid(bound);
    const std::vector<int> off_grid =
        touched(embedding, [&](std::span<const float> row) { return !grid.holds(row); });
    if (off_grid.empty() || 2 * off_grid.size() > n_elements) continue;
    return {off_grid,
            "rows of the embedding that are no longer as PyTorch's uniform generator drew them"};
  }
  return {};
}

}  // namespace fusemd::checkpoint
