// SPDX-License-Identifier: MIT
#include "tools/validate_report.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "host/elements.hpp"
#include "host/io/html_page.hpp"
#include "tools/text_format.hpp"

namespace fusemd {
namespace {

using Json = nlohmann::ordered_json;
using validate::ForceErrors;

Json as_json(const ForceErrors& errors) {
  return {{"atoms", errors.atoms()},
          {"force_mae_eV_per_Angstrom", errors.mae()},
          {"force_rmse_eV_per_Angstrom", errors.rmse()},
          {"force_r2", errors.r2()},
          {"force_mean_cosine", errors.cosine()},
          {"force_largest_error_eV_per_Angstrom", errors.largest()}};
}

std::vector<std::string> force_cells(const std::string& name, const ForceErrors& errors) {
  return {name, formatted("%.4f", errors.mae()), formatted("%.4f", errors.rmse()),
          formatted("%.5f", errors.r2()), formatted("%.5f", errors.cosine())};
}

const std::vector<std::string> kForceHeader = {"", "MAE, eV/Å", "RMSE, eV/Å", "R²", "mean cosine"};

/// Molecules, the largest force error first.
std::vector<std::pair<std::string, const validate::MoleculeErrors*>> worst_first(
    const validate::Accuracy& accuracy) {
  std::vector<std::pair<std::string, const validate::MoleculeErrors*>> result;
  for (const auto& [name, errors] : accuracy.molecules) result.emplace_back(name, &errors);
  std::stable_sort(result.begin(), result.end(), [](const auto& a, const auto& b) {
    return a.second->forces.mae() > b.second->forces.mae();
  });
  return result;
}

std::string stated(const ValidationCheck& check) {
  return formatted("%-46s %11.4g  %s %.4g  %s", check.name.c_str(), check.value,
                   check.at_least ? "at least" : "at most ", check.limit,
                   check.passed() ? "ok" : "MISSED");
}

void add_accuracy(HtmlPage& page, const Validation& validation) {
  const validate::Accuracy& accuracy = validation.accuracy;
  page.heading("Accuracy");
  page.paragraph(formatted(
      "Energies: mean absolute error %.3f meV/atom as they are, %.3f meV/atom with each molecule's "
      "mean error (offset, in the table below) taken out. Cosines are of atoms with a force of at "
      "least %.1f eV/Å.",
      1e3 * accuracy.energy_mae, 1e3 * accuracy.energy_mae_without_offset,
      ForceErrors::kHasDirection));
  std::vector<std::vector<std::string>> rows = {force_cells("all", accuracy.forces)};
  for (const auto& [z, errors] : accuracy.elements) {
    rows.push_back(force_cells(std::string(element_symbol(z)), errors));
  }
  page.table(kForceHeader, rows);

  Chart parity{.title = "Forces", .x_label = "reference, eV/Å", .y_label = "model, eV/Å"};
  parity.diagonal = true;
  parity.series.push_back(
      {.name = "", .points = accuracy.force_pairs, .style = ChartSeries::Style::dots});
  page.chart(parity);
  Chart histogram{.title = "Errors of force components",
                  .x_label = "model - reference, eV/Å (outermost: that and beyond)",
                  .y_label = "share"};
  histogram.series.push_back(
      {.name = "", .points = accuracy.histogram, .style = ChartSeries::Style::bars});
  page.chart(histogram);
  Chart energies{.title = "Energies from each molecule's mean",
                 .x_label = "reference, eV/atom",
                 .y_label = "model, eV/atom"};
  energies.diagonal = true;
  energies.series.push_back(
      {.name = "", .points = accuracy.energy_pairs, .style = ChartSeries::Style::dots});
  page.chart(energies);

  page.subheading("Molecules");
  rows.clear();
  for (const auto& [name, errors] : worst_first(accuracy)) {
    std::vector<std::string> row = force_cells(name, errors->forces);
    row.push_back(formatted("%.3f", 1e3 * errors->energies.mae_without_offset()));
    row.push_back(formatted("%+.3f", 1e3 * errors->energies.offset()));
    row.push_back(with_commas(errors->energies.frames()));
    rows.push_back(std::move(row));
  }
  std::vector<std::string> header = kForceHeader;
  header.insert(header.end(), {"energy MAE, meV/atom", "offset, meV/atom", "frames"});
  page.table(header, rows);
}

void add_physics(HtmlPage& page, const Validation& validation) {
  const validate::Invariance& physics = validation.invariance;
  page.heading("Physics");
  page.table(
      {"largest of the frames looked at", "", "unit"},
      {{"energy after a translation", formatted("%.1e", physics.translation), "eV"},
       {"energy after a rotation", formatted("%.1e", physics.rotation), "eV"},
       {"forces after a rotation", formatted("%.1e", physics.rotated_force), "eV/Å"},
       {"energy with atoms in another order", formatted("%.1e", physics.permutation), "eV"},
       {"sum of forces", formatted("%.1e", physics.net_force), "eV/Å"},
       {"sum of torques", formatted("%.1e", physics.net_torque), "eV"},
       {"forces against differences of the energy", formatted("%.1e", physics.force_difference),
        "eV/Å"},
       {"jump of a pair's energy at the cutoff", formatted("%.1e", physics.cutoff_energy), "eV"},
       {"jump of its force", formatted("%.1e", physics.cutoff_force), "eV/Å"}});
  if (!validation.conservation.empty()) {
    page.subheading(formatted("Constant energy, steps of %g fs", validation.nve_timestep));
    std::vector<std::vector<std::string>> rows;
    for (const auto& [name, run] : validation.conservation) {
      rows.push_back({name, formatted("%.4g", run.time), formatted("%.0f", run.temperature),
                      formatted("%+.5f", run.slope), formatted("%.5f", run.slope_error),
                      formatted("%.3f", run.rms), formatted("%.2f", run.order_ratio)});
    }
    page.table({"molecule", "ps", "mean K", "slope, meV/atom/ps", "standard error", "RMS, meV/atom",
                "RMS with twice the step / RMS (order 2: 4)"},
               rows);
  }
  if (!validation.frequencies.empty()) {
    page.subheading("Harmonic frequencies of each one's own minimum");
    std::vector<std::vector<std::string>> rows;
    Chart chart{.title = "Frequencies", .x_label = "reference, cm⁻¹", .y_label = "model, cm⁻¹"};
    chart.diagonal = true;
    ChartSeries series{.name = "", .points = {}, .style = ChartSeries::Style::dots};
    for (const auto& [name, errors] : validation.frequencies) {
      rows.push_back({name, std::to_string(errors.teacher.size()), formatted("%.1f", errors.rms),
                      formatted("%.1f", errors.largest)});
      for (std::size_t k = 0; k < std::min(errors.model.size(), errors.teacher.size()); ++k) {
        series.points.emplace_back(errors.teacher[k], errors.model[k]);
      }
    }
    page.table({"molecule", "modes", "RMS error, cm⁻¹", "largest, cm⁻¹"}, rows);
    chart.series.push_back(std::move(series));
    page.chart(chart);
  }
  if (!validation.stability.empty()) {
    page.subheading(formatted("Stability at %g K", validation.stability_temperature));
    std::vector<std::vector<std::string>> rows;
    for (const auto& [name, found] : validation.stability) {
      rows.push_back({name, std::to_string(found.replicas), formatted("%.4g", found.time),
                      std::to_string(found.unstable.size()),
                      found.unstable.empty() ? ""
                                             : formatted("at %.2f ps: ", found.unstable[0].time) +
                                                   found.unstable[0].reason});
    }
    page.table({"molecule", "replicas", "ps each", "unstable", "the first"}, rows);
  }
}

}  // namespace

bool Validation::passed() const {
  return std::all_of(checks.begin(), checks.end(),
                     [](const ValidationCheck& check) { return check.passed(); });
}

std::string validation_json(const Validation& validation) {
  const validate::Accuracy& accuracy = validation.accuracy;
  Json json = {{"model", validation.model},
               {"reference", validation.reference},
               {"engine", validation.engine},
               {"version", validation.version},
               {"frames", validation.frames}};
  json["forces"] = as_json(accuracy.forces);
  json["energy_mae_eV_per_atom"] = accuracy.energy_mae;
  json["energy_mae_without_offset_eV_per_atom"] = accuracy.energy_mae_without_offset;
  json["elements"] = Json::object();
  for (const auto& [z, errors] : accuracy.elements) {
    json["elements"][std::string(element_symbol(z))] = as_json(errors);
  }
  json["molecules"] = Json::object();
  for (const auto& [name, errors] : accuracy.molecules) {
    Json entry = as_json(errors.forces);
    entry["frames"] = errors.energies.frames();
    entry["energy_mae_eV_per_atom"] = errors.energies.mae();
    entry["energy_offset_eV_per_atom"] = errors.energies.offset();
    entry["energy_mae_without_offset_eV_per_atom"] = errors.energies.mae_without_offset();
    json["molecules"][name] = entry;
  }
  const validate::Invariance& physics = validation.invariance;
  json["physics"] = {{"translation_eV", physics.translation},
                     {"rotation_eV", physics.rotation},
                     {"rotated_force_eV_per_Angstrom", physics.rotated_force},
                     {"permutation_eV", physics.permutation},
                     {"net_force_eV_per_Angstrom", physics.net_force},
                     {"net_torque_eV", physics.net_torque},
                     {"force_against_differences_eV_per_Angstrom", physics.force_difference},
                     {"cutoff_energy_jump_eV", physics.cutoff_energy},
                     {"cutoff_force_jump_eV_per_Angstrom", physics.cutoff_force}};
  json["nve"] = Json::object();
  for (const auto& [name, run] : validation.conservation) {
    json["nve"][name] = {{"time_ps", run.time},
                         {"timestep_fs", validation.nve_timestep},
                         {"mean_temperature_K", run.temperature},
                         {"slope_meV_per_atom_per_ps", run.slope},
                         {"slope_standard_error", run.slope_error},
                         {"rms_meV_per_atom", run.rms},
                         {"rms_ratio_of_double_step", run.order_ratio},
                         {"failed", run.failed}};
  }
  json["frequencies"] = Json::object();
  for (const auto& [name, errors] : validation.frequencies) {
    json["frequencies"][name] = {{"rms_cm1", errors.rms},
                                 {"largest_cm1", errors.largest},
                                 {"model_cm1", errors.model},
                                 {"reference_cm1", errors.teacher}};
  }
  json["stability"] = Json::object();
  for (const auto& [name, found] : validation.stability) {
    Json list = Json::array();
    for (const validate::Instability& one : found.unstable) {
      list.push_back({{"replica", one.replica}, {"time_ps", one.time}, {"reason", one.reason}});
    }
    json["stability"][name] = {{"replicas", found.replicas},
                               {"time_ps", found.time},
                               {"temperature_K", validation.stability_temperature},
                               {"unstable", list}};
  }
  json["checks"] = Json::array();
  for (const ValidationCheck& check : validation.checks) {
    json["checks"].push_back({{"name", check.name},
                              {"value", check.value},
                              {check.at_least ? "at_least" : "at_most", check.limit},
                              {"passed", check.passed()}});
  }
  json["passed"] = validation.passed();
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string validation_text(const Validation& validation) {
  const validate::Accuracy& accuracy = validation.accuracy;
  std::string text =
      formatted("%s on %s frames of %zu molecules\n\n%-24s %9s %9s %9s %9s\n",
                validation.model.c_str(), with_commas(validation.frames).c_str(),
                accuracy.molecules.size(), "forces", "MAE, eV/A", "RMSE", "R2", "cosine");
  const auto line = [&](const std::string& name, const ForceErrors& errors) {
    text += formatted("%-24s %9.4f %9.4f %9.5f %9.5f\n", name.c_str(), errors.mae(), errors.rmse(),
                      errors.r2(), errors.cosine());
  };
  line("all", accuracy.forces);
  for (const auto& [z, errors] : accuracy.elements) {
    line(std::string(element_symbol(z)), errors);
  }
  for (const auto& [name, errors] : worst_first(accuracy)) line(name, errors->forces);
  text += formatted("\nenergy       MAE %.3f meV/atom, without each molecule's offset %.3f\n",
                    1e3 * accuracy.energy_mae, 1e3 * accuracy.energy_mae_without_offset);
  for (const auto& [name, run] : validation.conservation) {
    text += formatted(
        "nve          %s: %.5f meV/atom/ps (standard error %.5f), RMS %.3f meV/atom, x%.2f with "
        "twice the step\n",
        name.c_str(), run.slope, run.slope_error, run.rms, run.order_ratio);
  }
  for (const auto& [name, errors] : validation.frequencies) {
    text += formatted("frequencies  %s: RMS error %.1f cm-1, largest %.1f\n", name.c_str(),
                      errors.rms, errors.largest);
  }
  for (const auto& [name, found] : validation.stability) {
    text += formatted("stability    %s: %zu of %lld replicas of %.4g ps unstable\n", name.c_str(),
                      found.unstable.size(), static_cast<long long>(found.replicas), found.time);
  }
  text += "\n";
  for (const ValidationCheck& check : validation.checks) text += stated(check) + "\n";
  return text;
}

std::string validation_html(const Validation& validation) {
  HtmlPage page("Validation of " + validation.model);
  page.paragraph(validation.reference + ": " + with_commas(validation.frames) + " frames, " +
                 std::to_string(validation.accuracy.molecules.size()) +
                 " molecules. Engine: " + validation.engine + ". " + validation.version + ".");
  page.heading(validation.passed() ? "Limits: all kept" : "Limits: MISSED");
  std::vector<std::vector<std::string>> rows;
  for (const ValidationCheck& check : validation.checks) {
    rows.push_back({check.name, formatted("%.4g", check.value),
                    check.at_least ? "at least" : "at most", formatted("%.4g", check.limit),
                    check.passed() ? "ok" : "MISSED"});
  }
  page.table({"", "value", "", "limit", ""}, rows);
  add_accuracy(page, validation);
  add_physics(page, validation);
  return page.text();
}

}  // namespace fusemd
