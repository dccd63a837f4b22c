// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace fusemd::train {

/// One validation: a row of curve.csv.
struct CurveRow {
  std::int64_t frames = 0;                   ///< trained on so far
  double learning_rate = 0.0;                ///< at that point
  double loss = 0.0;                         ///< of training batches, mean since the row before
  double force_mae = 0.0, force_rmse = 0.0;  ///< of the validation frames, eV/Angstrom
  double energy_mae = 0.0;                   ///< eV/atom
};

/// The table with a header whose names carry the units; numbers read back as the same doubles.
std::string curve_csv(std::span<const CurveRow> rows);

/// The learning curve as a picture: force error of the validation frames and training loss against
/// frames, the errors on a logarithmic axis.
std::string curve_svg(std::span<const CurveRow> rows, const std::string& title);

}  // namespace fusemd::train
