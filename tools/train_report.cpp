// SPDX-License-Identifier: MIT
#include "tools/train_report.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "host/elements.hpp"
#include "tools/text_format.hpp"
#include "tools/version.hpp"

namespace fusemd {
namespace {

using Json = nlohmann::ordered_json;

Json figures(const std::string& data, const train::ErrorSums& errors) {
  return {{"data", data},
          {"frames", static_cast<std::int64_t>(errors.frames)},
          {"force_mae_eV_per_Angstrom", errors.force_mae()},
          {"force_rmse_eV_per_Angstrom", errors.force_rmse()},
          {"force_r2", errors.force_r2()},
          {"energy_mae_eV_per_atom", errors.energy_mae()}};
}

Json accuracy(const TrainOptions& options,
              const std::optional<train::ErrorSums>& valid,
              const std::optional<train::ErrorSums>& test) {
  Json list = Json::array();
  if (valid) list.push_back(figures("validation frames, which chose the model", *valid));
  if (test) list.push_back(figures("test frames of " + options.test, *test));
  return list;
}

std::string figures_line(const char* name, const train::ErrorSums& errors) {
  return formatted(
      "%-12s force MAE %.4f, RMSE %.4f eV/Angstrom, R2 %.5f; energy MAE %.2f meV/atom (%s "
      "frames)\n",
      name, errors.force_mae(), errors.force_rmse(), errors.force_r2(), 1e3 * errors.energy_mae(),
      with_commas(static_cast<std::int64_t>(errors.frames)).c_str());
}

}  // namespace

std::string provenance_json(const TrainOptions& options,
                            const train::Preparation& data,
                            const std::vector<train::CurveRow>& curve,
                            const std::optional<train::ErrorSums>& valid,
                            const std::optional<train::ErrorSums>& test) {
  Json json;
  json["made_by"] = std::string("fusemd train ") + version() + " (" + commit() + ")";
  Json from;
  if (!options.data.empty()) from["file"] = options.data;
  if (!options.teacher.empty()) {
    from["unlabelled"] = options.unlabelled;
    from["teacher"] = options.teacher;
  }
  from["training_frames"] = data.train.size();
  from["validation"] = data.split;
  from["hash"] = formatted("%016llx", static_cast<unsigned long long>(data.hash));
  json["data"] = from;
  if (!options.init.empty()) json["started_from"] = options.init;
  json["loss"] = options.loss + " of force errors + " + formatted("%g", options.energy_weight) +
                 " * " + options.loss + " of energy errors per atom";
  json["training"] = {{"frames_seen", options.frames},
                      {"batch", options.batch},
                      {"learning_rate", options.learning_rate},
                      {"schedule", "linear warm-up, cosine decay, exponential moving average"},
                      {"optimizer", options.optimizer},
                      {"filters", options.filters},
                      {"freeze_embedding", options.freeze_embedding},
                      {"seed", options.seed}};
  json["accuracy"] = accuracy(options, valid, test);
  Json rows = Json::array();
  for (const train::CurveRow& row : curve) {
    rows.push_back({row.frames, row.force_mae, row.energy_mae});
  }
  json["curve"] = {{"columns", {"frames", "force_mae_eV_per_Angstrom", "energy_mae_eV_per_atom"}},
                   {"rows", rows}};
  json["reference_frames"] = "the CPU engine in double precision with exact filters";
  return json.dump();
}

std::string train_heading(const TrainOptions& options,
                          const train::Preparation& data,
                          const train::TrainerOptions& trainer) {
  const StudentConfig& config = data.start.config;
  std::string elements;
  for (const int z : data.start.elements) {
    elements += (elements.empty() ? "" : ", ") + std::string(element_symbol(z));
  }
  std::string text = formatted("fusemd train %s (%s)\n", version(), commit());
  text += "data         " + with_commas(static_cast<std::int64_t>(data.train.size())) +
          " training frames; " + data.split + "\n";
  text +=
      formatted("model        %d channels, %d layers, %d radial functions, cutoff %g Angstrom; ",
                config.hidden_dim, config.num_interactions, config.num_rbf, config.cutoff) +
      elements + (options.init.empty() ? "" : "; from " + options.init) + "\n";
  text +=
      formatted(
          "recipe       loss %s, energy weight %g, %s, batch %lld, learning rate %g, filters %s",
          options.loss.c_str(), options.energy_weight, options.optimizer.c_str(),
          static_cast<long long>(options.batch), options.learning_rate, options.filters.c_str()) +
      (trainer.freeze_embedding ? ", embeddings frozen" : "") + "\n";
  text += formatted("length       %s frames, %zu thread%s\n", with_commas(trainer.frames).c_str(),
                    trainer.threads, trainer.threads == 1 ? "" : "s");
  for (const std::string& note : data.notes) text += "note: " + note + "\n";
  return text;
}

std::string validation_line(const train::TrainingProgress& now) {
  return formatted(
      "frames %12s  %8s  loss %.4f  valid: force MAE %.4f eV/Angstrom, energy %.2f meV/atom%s\n",
      with_commas(now.row->frames).c_str(), duration(now.seconds).c_str(), now.row->loss,
      now.row->force_mae, 1e3 * now.row->energy_mae, now.best ? "  best" : "");
}

std::string train_result(const TrainOptions& options,
                         const train::TrainerResult& result,
                         const std::optional<train::ErrorSums>& valid,
                         const std::optional<train::ErrorSums>& test,
                         double seconds) {
  if (options.json) {
    const Json json = {{"model", options.out},
                       {"frames", result.frames},
                       {"stopped", result.stopped},
                       {"setbacks", result.setbacks},
                       {"accuracy", accuracy(options, valid, test)}};
    return json.dump(2) + "\n";
  }
  std::string text;
  if (valid) text += figures_line("validation", *valid);
  if (test) text += figures_line("test", *test);
  text += "speed        " +
          with_commas(static_cast<std::int64_t>(static_cast<double>(result.frames) /
                                                std::max(seconds, 1e-9))) +
          " frames/s, " + with_commas(result.frames) + " frames in " + duration(seconds) + "\n";
  return text + "model        " + options.out + "\n";
}

}  // namespace fusemd
