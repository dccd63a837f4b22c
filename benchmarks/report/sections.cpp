// SPDX-License-Identifier: MIT
#include "benchmarks/report/sections.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "benchmarks/report/figures.hpp"
#include "tools/text_format.hpp"

namespace fusemd::benchmarks {
namespace {

constexpr double kTimestep = 0.5;  // fs, of every MD figure

/// Three digits: 0.0123, 1.23, 123, 12,300.
std::string digits(double value) {
  if (!std::isfinite(value)) return "-";
  if (value == 0.0) return "0";
  const double size = std::abs(value);
  if (size >= 1000.0) {
    const double unit = std::pow(10.0, std::floor(std::log10(size)) - 2.0);
    return with_commas(static_cast<std::int64_t>(std::llround(std::round(value / unit) * unit)));
  }
  const int decimals = size >= 100.0 ? 0 : size >= 10.0 ? 1 : size >= 1.0 ? 2 : 3;
  return formatted("%.*f", decimals, value);
}

std::string percent(double share) { return formatted("%.1f %%", 100.0 * share); }
std::string megabytes(double bytes) { return digits(1e-6 * bytes); }
double nanoseconds_a_day(double steps_per_second) {
  return steps_per_second * kTimestep * 86400.0 * 1e-6;
}

const AccuracyRow* accuracy_of(const std::vector<AccuracyRow>& rows, const std::string& model) {
  const auto found = std::find_if(rows.begin(), rows.end(),
                                  [&](const AccuracyRow& row) { return row.model == model; });
  return found == rows.end() ? nullptr : &*found;
}

double best_batch(const ModelReport& model) {
  double best = 0.0;
  for (const BatchPoint& point : model.batch) best = std::max(best, point.rate.median);
  return best;
}

ReportSection quick_reference(const MeasuredReport& report,
                              const std::vector<AccuracyRow>& accuracy) {
  ReportSection section{.title = "Quick reference"};
  ReportTable table{{"model", "parameters", "live", "file, kB", "us a call", "MD steps/s", "ns/day",
                     "batch, structures/s", "memory, MB", "force MAE, eV/Å"},
                    {}};
  for (const ModelReport& model : report.models) {
    const AccuracyRow* known = accuracy_of(accuracy, model.name);
    table.rows.push_back({model.name, with_commas(static_cast<std::int64_t>(model.parameters)),
                          with_commas(static_cast<std::int64_t>(model.live_parameters)),
                          digits(1e-3 * static_cast<double>(model.file_bytes)),
                          digits(1e6 * model.fresh_seconds.median), digits(model.step_rate.median),
                          digits(nanoseconds_a_day(model.step_rate.median)),
                          digits(best_batch(model)), megabytes(model.peak_bytes),
                          known != nullptr ? digits(known->force_mae) : "not measured"});
  }
  section.tables.push_back(std::move(table));
  section.notes = {
      "Benzene, 12 atoms. A call is energy and forces, the positions changed before each. MD: "
      "velocity Verlet, 0.5 fs, "
      "one thread. Batch: the best of all batch sizes and threads. Memory: peak resident of "
      "`fusemd run`. "
      "Live parameters are those that the energy depends on."};
  section.figures.push_back(size_speed_figure(report, accuracy));
  return section;
}

ReportSection methodology(const MeasuredReport& report) {
  const ReportSetting& setting = report.setting;
  ReportSection section{.title = "Machine and method"};
  if (setting.quick) {
    section.paragraphs.push_back(
        "A rehearsal (--quick): its windows are too short for figures that count.");
  }
  section.tables.push_back(
      {{"what", "value"},
       {{"machine", setting.machine},
        {"instruction set", setting.instruction_set},
        {"FMA peak of a core, single precision", digits(setting.fma_peak) + " GF/s, best seen"},
        {"fusemd", setting.version + ", commit " + setting.commit},
        {"date", setting.date},
        {"command", setting.command},
        {"duration", duration(setting.seconds)}}});
  section.paragraphs.push_back(
      "Every figure is the median of repeated windows of wall-clock time; models, batch sizes and "
      "sizes take turns within each stage, so that a slow moment of the machine hits all alike. p1 "
      "is the best percentile of the windows, the spread half the distance between their quartiles "
      "over the median. Features and weights are single precision, geometry and energy sums "
      "double; "
      "filters are tables of 512 intervals; pairs are found anew at every step.");
  return section;
}

ReportSection latency(const MeasuredReport& report) {
  ReportSection section{.title = "Latency of a single evaluation"};
  ReportTable table{{"model", "us a call", "p1", "spread", "us, same positions again", "spread"},
                    {}};
  for (const ModelReport& model : report.models) {
    table.rows.push_back({model.name, digits(1e6 * model.fresh_seconds.median),
                          digits(1e6 * model.fresh_seconds.p1), percent(model.fresh_seconds.spread),
                          digits(1e6 * model.repeated_seconds.median),
                          percent(model.repeated_seconds.spread)});
  }
  section.tables.push_back(std::move(table));
  section.notes = {
      "Energy and forces of benzene on one thread, 64 distorted geometries in turn. The last "
      "columns repeat one geometry: fusemd keeps no result, so this is no cache hit; what differs "
      "is "
      "how well the processor foresees branches and table rows. (ASE returns the stored result "
      "when "
      "positions have not changed; a benchmark that does not move the atoms measures that.)"};
  return section;
}

ReportSection dynamics(const MeasuredReport& report) {
  ReportSection section{.title = "Molecular dynamics"};
  ReportTable table{
      {"model", "steps/s", "p99", "spread", "us a step", "ns/day", "steps/s per GF/s of peak",
       "share of peak", "drift, meV/atom/ps", "RMS, meV/atom"},
      {}};
  for (const ModelReport& model : report.models) {
    table.rows.push_back({model.name, digits(model.step_rate.median), digits(model.step_rate.p99),
                          percent(model.step_rate.spread), digits(1e6 / model.step_rate.median),
                          digits(nanoseconds_a_day(model.step_rate.median)),
                          digits(model.step_rate_per_peak.median), percent(model.share_of_peak),
                          formatted("%.1e ± %.0e", model.drift, model.drift_error),
                          digits(model.fluctuation)});
  }
  section.tables.push_back(std::move(table));
  section.notes = {formatted(
      "Benzene at constant energy from 300 K, 0.5 fs, one thread, neighbours found at every step. "
      "Drift: slope of the total energy over %.0f ps with its standard error.",
      report.models.empty() ? 0.0 : report.models.front().drift_picoseconds)};
  section.figures.push_back(dynamics_figure(report));
  return section;
}

ReportSection memory(const MeasuredReport& report) {
  ReportSection section{.title = "Memory and start-up"};
  ReportTable table{
      {"model", "peak resident, MB", "kB more a replica", "start to finish, ms", "spread"}, {}};
  for (const ModelReport& model : report.models) {
    table.rows.push_back(
        {model.name, megabytes(model.peak_bytes), digits(1e-3 * model.bytes_a_replica),
         digits(1e3 * model.start_seconds.median), percent(model.start_seconds.spread)});
  }
  section.tables.push_back(std::move(table));
  section.notes = {
      "Of the process `fusemd run --steps 1` on benzene, as the operating system counts it. Start "
      "to "
      "finish: load, tables, first step, files. A replica more: from 1 to 4,096 on one thread."};
  return section;
}

ReportSection batches(const MeasuredReport& report) {
  ReportSection section{.title = "Batch throughput"};
  std::set<std::size_t> sizes, threads;
  for (const ModelReport& model : report.models) {
    for (const BatchPoint& point : model.batch) {
      sizes.insert(point.replicas);
      threads.insert(point.threads);
    }
  }
  ReportTable table{{"model", "threads"}, {}};
  for (const std::size_t size : sizes) table.header.push_back(std::to_string(size));
  table.header.emplace_back("largest spread");
  for (const ModelReport& model : report.models) {
    for (const std::size_t count : threads) {
      std::vector<std::string> row = {model.name, std::to_string(count)};
      double spread = 0.0;
      for (const BatchPoint& point : model.batch) {
        if (point.threads != count) continue;
        row.push_back(digits(point.rate.median));
        spread = std::max(spread, point.rate.spread);
      }
      row.push_back(percent(spread));
      table.rows.push_back(std::move(row));
    }
  }
  section.tables.push_back(std::move(table));
  section.notes = {
      "Steps of all replicas a second: independent molecules of benzene, energy, forces and "
      "integration. Replicas are dealt to threads; one replica occupies one."};
  section.figures.push_back(batch_figure(report));
  return section;
}

/// Slope of log time over log atoms from 96 atoms on, least squares.
double exponent(const ModelReport& model, std::size_t threads) {
  double n = 0.0, sx = 0.0, sy = 0.0, sxx = 0.0, sxy = 0.0;
  for (const ScalingPoint& point : model.scaling) {
    if (point.threads != threads || point.atoms < 96) continue;
    const double x = std::log(static_cast<double>(point.atoms)), y = std::log(point.seconds.median);
    n += 1.0;
    sx += x;
    sy += y;
    sxx += x * x;
    sxy += x * y;
  }
  return (n * sxy - sx * sy) / (n * sxx - sx * sx);
}

ReportSection scaling(const MeasuredReport& report) {
  ReportSection section{.title = "Scaling with the number of atoms"};
  ReportTable table{{"model", "threads"}, {}};
  std::set<std::size_t> threads, sizes;
  for (const ModelReport& model : report.models) {
    for (const ScalingPoint& point : model.scaling) {
      threads.insert(point.threads);
      sizes.insert(point.atoms);
    }
  }
  for (const std::size_t size : sizes) table.header.push_back(std::to_string(size));
  table.header.emplace_back("exponent from 96");
  table.header.emplace_back("largest spread");
  for (const ModelReport& model : report.models) {
    for (const std::size_t count : threads) {
      std::vector<std::string> row = {model.name, std::to_string(count)};
      double spread = 0.0;
      for (const std::size_t size : sizes) {
        const auto point = std::find_if(
            model.scaling.begin(), model.scaling.end(),
            [&](const ScalingPoint& p) { return p.threads == count && p.atoms == size; });
        row.push_back(point == model.scaling.end() ? "" : digits(1e6 * point->seconds.median));
        if (point != model.scaling.end()) spread = std::max(spread, point->seconds.spread);
      }
      row.push_back(count == 1 ? formatted("%.2f", exponent(model, count)) : "");
      row.push_back(percent(spread));
      table.rows.push_back(std::move(row));
    }
  }
  section.tables.push_back(std::move(table));
  section.notes = {
      "Microseconds for energy and forces of a droplet of water with as many atoms. From 256 atoms "
      "on, threads share one evaluation; fewer stay on one thread. An exponent of 1 is a constant "
      "cost an atom; pairs an atom still grow from "
      "96 "
      "atoms on, because fewer lie at the surface."};
  section.figures.push_back(scaling_figure(report));
  return section;
}

ReportSection accuracy_section(const MeasuredReport& report,
                               const std::vector<AccuracyRow>& accuracy) {
  ReportSection section{.title = "Accuracy"};
  if (accuracy.empty()) {
    section.paragraphs = {
        "Not measured for this report: no results of `fusemd validate` were given (--accuracy)."};
    return section;
  }
  ReportTable table{{"model", "force MAE, eV/Å", "force R²", "energy MAE, meV/atom", "data"}, {}};
  for (const ModelReport& model : report.models) {
    const AccuracyRow* row = accuracy_of(accuracy, model.name);
    if (row == nullptr) {
      table.rows.push_back({model.name, "not measured"});
      continue;
    }
    table.rows.push_back({model.name, digits(row->force_mae), formatted("%.4f", row->force_r2),
                          digits(row->energy_mae), row->data});
  }
  section.tables.push_back(std::move(table));
  section.notes = {"From `fusemd validate --json`. Energies without each molecule's mean error."};
  return section;
}

ReportSection peers_section(const PeersReport* peers) {
  ReportSection section{.title = "Beside other programs"};
  if (peers == nullptr) {
    section.paragraphs = {
        "Not measured for this report: benchmarks/peers/run.py measures and --peers takes its "
        "file."};
    return section;
  }
  section.paragraphs = {
      "The same molecule (benzene), single precision, and the same weights where the program can "
      "take them; programs took turns within each round of one run. Ratio: fusemd's steps/s over "
      "the "
      "program's, at the same number of threads. Force deviation: the largest difference from "
      "fusemd's "
      "forces, where the model is the same.",
      "Measured on " + peers->machine + ", " + peers->date + ", commit " + peers->commit + ", `" +
          peers->command + "`."};
  std::map<std::pair<std::string, std::size_t>, const PeerRow*> ours;
  std::vector<std::string> models;
  for (const PeerRow& row : peers->rows) {
    if (row.ours) ours[{row.model, row.threads}] = &row;
    if (std::find(models.begin(), models.end(), row.model) == models.end()) {
      models.push_back(row.model);
    }
  }
  for (const std::string& model : models) {
    ReportTable table{
        {model, "threads", "steps/s", "spread", "ratio", "us a call", "batch of 64, structures/s",
         "ratio", "force deviation, eV/Å", "memory, MB", "installed, MB", "start-up, s"},
        {}};
    for (const PeerRow& row : peers->rows) {
      if (row.model != model) continue;
      const auto own = ours.find({row.model, row.threads});
      const auto ratio = [&](double theirs, double mine) {
        return theirs > 0.0 && mine > 0.0 && !row.ours ? digits(mine / theirs) : "";
      };
      const auto figure = [](double value, double scale) {
        return value != 0.0 ? digits(scale * value) : "";
      };
      table.rows.push_back(
          {row.peer, std::to_string(row.threads), figure(row.steps_per_second, 1.0),
           row.steps_per_second > 0.0 ? percent(row.spread) : "",
           own != ours.end() ? ratio(row.steps_per_second, own->second->steps_per_second) : "",
           figure(row.microseconds_a_call, 1.0), figure(row.batch_per_second, 1.0),
           own != ours.end() ? ratio(row.batch_per_second, own->second->batch_per_second) : "",
           std::isnan(row.force_error)          ? "another model"
           : row.ours || row.force_error == 0.0 ? ""
                                                : formatted("%.0e", row.force_error),
           figure(row.memory_bytes, 1e-6), figure(row.install_bytes, 1e-6),
           figure(row.start_seconds, 1.0)});
    }
    section.tables.push_back(std::move(table));
  }
  ReportTable what{{"program", "what it is"}, {}};
  for (const auto& [name, text] : peers->descriptions) what.rows.push_back({name, text});
  for (const auto& [name, text] : peers->missing) {
    what.rows.push_back({name, "not measured: " + text});
  }
  section.tables.push_back(std::move(what));
  return section;
}

ReportSection not_measured() {
  return {.title = "Not measured: GPUs",
          .paragraphs = {
              "No GPU has run fusemd. Its CUDA code is correct under emulation at source and PTX "
              "level, race-checked, resource-checked; never run on a GPU; performance is a static "
              "bound. The bounds stand in docs/cuda-cost.md; no number from emulation or a model "
              "stands in this report."}};
}

}  // namespace

std::vector<ReportSection> sections(const MeasuredReport& report,
                                    const PeersReport* peers,
                                    const std::vector<AccuracyRow>& accuracy) {
  return {quick_reference(report, accuracy),
          methodology(report),
          latency(report),
          dynamics(report),
          memory(report),
          batches(report),
          scaling(report),
          accuracy_section(report, accuracy),
          peers_section(peers),
          not_measured()};
}

}  // namespace fusemd::benchmarks
