// SPDX-License-Identifier: MIT
#include "benchmarks/report/figures.hpp"

#include <map>

#include "tools/text_format.hpp"

namespace fusemd::benchmarks {
namespace {

std::string of_threads(const std::string& model, std::size_t threads) {
  return model + ", " + std::to_string(threads) + (threads == 1 ? " thread" : " threads");
}

}  // namespace

ReportFigure size_speed_figure(const MeasuredReport& report,
                               const std::vector<AccuracyRow>& accuracy) {
  ReportFigure figure{"size_speed_accuracy",
                      {.title = "Size and speed: benzene, one thread",
                       .x_label = "live parameters",
                       .y_label = "MD steps/s",
                       .log_x = true,
                       .log_y = true,
                       .series = {}}};
  for (const ModelReport& model : report.models) {
    std::string name = model.name;
    for (const AccuracyRow& row : accuracy) {
      if (row.model == model.name) name += formatted(", force MAE %.3f eV/Å", row.force_mae);
    }
    if (name == model.name) name += ", accuracy not measured";
    figure.chart.series.push_back(
        {name,
         {{static_cast<double>(model.live_parameters), model.step_rate.median}},
         ChartSeries::Style::dots});
  }
  return figure;
}

ReportFigure dynamics_figure(const MeasuredReport& report) {
  ReportFigure figure{"dynamics",
                      {.title = "Energy of benzene at constant energy, 0.5 fs, from 300 K",
                       .x_label = "ps",
                       .y_label = "total energy from its start, meV/atom",
                       .series = {}}};
  for (const ModelReport& model : report.models) {
    const double rate = model.step_rate.median;
    figure.chart.series.push_back({formatted("%s: %.0f steps/s, %.0f ns/day", model.name.c_str(),
                                             rate, rate * 0.5 * 86400e-6),
                                   model.energy_curve});
  }
  return figure;
}

ReportFigure batch_figure(const MeasuredReport& report) {
  ReportFigure figure{"batch",
                      {.title = "Batches of benzene: energy, forces and a step of MD",
                       .x_label = "replicas",
                       .y_label = "replica steps/s",
                       .log_x = true,
                       .log_y = true,
                       .series = {}}};
  for (const ModelReport& model : report.models) {
    std::map<std::size_t, ChartSeries> lines;
    for (const BatchPoint& point : model.batch) {
      ChartSeries& line = lines[point.threads];
      line.name = of_threads(model.name, point.threads);
      line.points.emplace_back(static_cast<double>(point.replicas), point.rate.median);
    }
    for (auto& [threads, line] : lines) figure.chart.series.push_back(std::move(line));
  }
  return figure;
}

ReportFigure scaling_figure(const MeasuredReport& report) {
  ReportFigure figure{"scaling",
                      {.title = "Energy and forces of droplets of water",
                       .x_label = "atoms",
                       .y_label = "ms",
                       .log_x = true,
                       .log_y = true,
                       .legend_left = true,
                       .series = {}}};
  for (const ModelReport& model : report.models) {
    std::map<std::size_t, ChartSeries> lines;
    for (const ScalingPoint& point : model.scaling) {
      ChartSeries& line = lines[point.threads];
      line.name = of_threads(model.name, point.threads);
      line.points.emplace_back(static_cast<double>(point.atoms), 1e3 * point.seconds.median);
    }
    for (auto& [threads, line] : lines) figure.chart.series.push_back(std::move(line));
  }
  return figure;
}

}  // namespace fusemd::benchmarks
