// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <string>

#include "benchmarks/report/measured.hpp"

namespace fusemd::benchmarks {

struct ReportPlan {
  std::string folder;  ///< for files of the runs that measure memory; removed afterwards
  std::size_t threads = 2;
  double seconds = 1.0;       ///< for each timing of each model; the whole takes about 100 times it
  double picoseconds = 20.0;  ///< of the run that shows energy conservation
  std::size_t most_replicas = 1024, most_atoms = 5000;
  std::function<void(const std::string& stage)> stage;  ///< called as each begins; may be empty
};

/// Measures all models of model_names(). Models take turns inside each stage, so that a slow moment
/// hits all alike.
///
/// Errors   OutputError: the folder cannot be written; std::runtime_error: the fusemd beside this
///          program is missing or fails.
MeasuredReport measure_report(const ReportPlan& plan);

// Its stages. Each fills in its part of every model.
void measure_processes(const ReportPlan& plan, std::vector<ModelReport>& models);
void measure_latency(const ReportPlan& plan, std::vector<ModelReport>& models);
void measure_dynamics(const ReportPlan& plan, MeasuredReport& report);
void measure_conservation(const ReportPlan& plan, std::vector<ModelReport>& models);
void measure_batches(const ReportPlan& plan, std::vector<ModelReport>& models);
void measure_scaling(const ReportPlan& plan, std::vector<ModelReport>& models);

}  // namespace fusemd::benchmarks
