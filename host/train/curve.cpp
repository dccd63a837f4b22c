// SPDX-License-Identifier: MIT
#include "host/train/curve.hpp"

#include <utility>

#include "host/io/chart.hpp"
#include "host/io/text.hpp"

namespace fusemd::train {
namespace {

/// Values of the rows that can stand on a logarithmic axis.
template <class Value>
ChartSeries series(std::string name, std::span<const CurveRow> rows, const Value& value) {
  ChartSeries result{.name = std::move(name), .points = {}};
  for (const CurveRow& row : rows) {
    result.points.emplace_back(static_cast<double>(row.frames), value(row));
  }
  return result;
}

}  // namespace

std::string curve_csv(std::span<const CurveRow> rows) {
  std::string text =
      "frames,learning_rate,training_loss,valid_force_mae_eV_per_Angstrom,"
      "valid_force_rmse_eV_per_Angstrom,valid_energy_mae_eV_per_atom\n";
  for (const CurveRow& row : rows) {
    text += std::to_string(row.frames);
    for (const double value :
         {row.learning_rate, row.loss, row.force_mae, row.force_rmse, row.energy_mae}) {
      text += ',';
      append_real(text, value);
    }
    text += '\n';
  }
  return text;
}

std::string curve_svg(std::span<const CurveRow> rows, const std::string& title) {
  Chart chart{.title = title, .x_label = "training frames", .y_label = "", .series = {}};
  chart.log_y = true;
  chart.series.push_back(series("force MAE of validation, eV/Angstrom", rows,
                                [](const CurveRow& row) { return row.force_mae; }));
  chart.series.push_back(
      series("training loss", rows, [](const CurveRow& row) { return row.loss; }));
  return svg(chart);
}

}  // namespace fusemd::train
