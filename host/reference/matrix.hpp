// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace fusemd::reference {

/// Rows of doubles. resize() sets every entry to zero and keeps the memory.
class Matrix {
 public:
  void resize(std::size_t rows, std::size_t columns) {
    columns_ = columns;
    values_.assign(rows * columns, 0.0);
  }
  std::size_t rows() const { return columns_ == 0 ? 0 : values_.size() / columns_; }
  std::size_t columns() const { return columns_; }

  std::span<double> row(std::size_t i) { return {values_.data() + i * columns_, columns_}; }
  std::span<const double> row(std::size_t i) const {
    return {values_.data() + i * columns_, columns_};
  }
  double& operator()(std::size_t i, std::size_t j) { return values_[i * columns_ + j]; }
  double operator()(std::size_t i, std::size_t j) const { return values_[i * columns_ + j]; }

  /// All entries, row by row.
  std::span<const double> values() const { return values_; }

 private:
  std::size_t columns_ = 0;
  std::vector<double> values_;
};

}  // namespace fusemd::reference
