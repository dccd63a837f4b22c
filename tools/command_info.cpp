// SPDX-License-Identifier: MIT
#include <nlohmann/json.hpp>

#include "host/elements.hpp"
#include "host/model_path.hpp"
#include "tools/commands.hpp"
#include "tools/console.hpp"
#include "tools/exit_code.hpp"
#include "tools/options.hpp"
#include "tools/text_format.hpp"
#include "weights/model_file.hpp"

namespace fusemd {
namespace {

using Json = nlohmann::ordered_json;

std::vector<std::string> symbols(const std::vector<int>& elements) {
  std::vector<std::string> result;
  for (const int number : elements) result.emplace_back(element_symbol(number));
  return result;
}

std::string joined(const std::vector<std::string>& words, const char* separator) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : separator) + word;
  return text;
}

Json description(const Model& model, const std::string& path) {
  const StudentConfig& config = model.config;
  const ParameterCount parameters = count_parameters(config);
  Json json = {
      {"name", model.name},
      {"file", path},
      {"architecture", "student"},
      {"parameters", parameters.total},
      {"live_parameters", parameters.total - parameters.dead},
      {"dead_parameters", parameters.dead},
      {"hidden_dim", config.hidden_dim},
      {"num_interactions", config.num_interactions},
      {"num_rbf", config.num_rbf},
      {"cutoff_Angstrom", config.cutoff},
      {"cutoff_applied_to", config.cutoff_applied_to == CutoffAppliedTo::rbf ? "rbf" : "filter"},
      {"vector_mixing", config.vector_mixing == VectorMixing::matrix ? "matrix" : "none"},
      {"directional_message",
       config.directional_message == DirectionalMessage::filter ? "filter" : "filter_times_source"},
      {"norm_epsilon", config.norm_epsilon},
      {"elements", symbols(model.elements)},
      {"reference_energies_eV", Json::object()},
      {"provenance", Json::parse(model.provenance)},
      {"training_domain",
       {{"temperatures_K", model.training_domain.temperatures},
        {"closest_pairs", Json::array()},
        {"note", model.training_domain.note}}},
      {"reference_frames", Json::array()},
  };
  for (const auto& [element, energy] : model.reference_energies) {
    json["reference_energies_eV"][std::string(element_symbol(element))] = energy;
  }
  for (const TrainingDomain::ClosestPair& pair : model.training_domain.closest_pairs) {
    json["training_domain"]["closest_pairs"].push_back(
        {{"elements", symbols({pair.z_a, pair.z_b})}, {"distance_Angstrom", pair.distance}});
  }
  for (const ReferenceFrame& frame : model.reference_frames) {
    json["reference_frames"].push_back(frame.name);
  }
  return json;
}

/// One line a value; objects and lists of objects as indented lines below their key.
void append_lines(std::string& text, const Json& object, std::size_t indent) {
  constexpr std::size_t column = 26;
  for (const auto& [key, value] : object.items()) {
    const std::string margin(indent, ' ');
    const bool is_list_of_objects = value.is_array() && !value.empty() && value[0].is_object();
    if (value.empty() && (value.is_array() || value.is_object())) continue;
    if (value.is_object()) {
      text += margin + key + "\n";
      append_lines(text, value, indent + 2);
    } else if (is_list_of_objects) {
      for (const Json& item : value) {
        text += margin + key + "\n";
        append_lines(text, item, indent + 2);
      }
    } else {
      std::string shown;
      if (value.is_string()) {
        shown = value.get<std::string>();
      } else if (value.is_array()) {
        std::vector<std::string> words;
        for (const Json& word : value) {
          words.push_back(word.is_string() ? word.get<std::string>() : word.dump());
        }
        shown = joined(words, ", ");
      } else if (value.is_number_integer()) {
        shown = with_commas(value.get<std::int64_t>());
      } else {
        shown = value.dump();
      }
      const std::string name = margin + key;
      const std::size_t gap = name.size() < column ? column - name.size() : 1;
      text += name + std::string(gap, ' ') + wrapped(shown, column) + "\n";
    }
  }
}

}  // namespace

int info_command(const std::vector<std::string>& arguments) {
  std::string name;
  bool json = false;
  Options options("fusemd info", "What a model is, what it was trained on, and how well it does.");
  options.positional("model", name,
                     "name of a shipped model, or a file; none: lists the shipped ones");
  options.flag("json", json, "print JSON");
  options.examples(
      "Examples:\n  fusemd info\n  fusemd info original\n  fusemd info --json my/model.json");
  options.parse(arguments);

  if (!options.given("model")) {
    const std::vector<std::string> names = model_names();
    print_result(json ? Json(names).dump() + "\n"
                      : (names.empty() ? "" : joined(names, "\n") + "\n"));
    return kOk;
  }
  const std::string path = find_model(name);
  const Json model = description(read_model(path), path);
  constexpr auto replace = Json::error_handler_t::replace;
  if (json) {
    print_result(model.dump(2, ' ', false, replace) + "\n");
    return kOk;
  }
  std::string text;
  append_lines(text, model, 0);
  print_result(text);
  return kOk;
}

}  // namespace fusemd
