// SPDX-License-Identifier: MIT
#include "benchmarks/json_file.hpp"

#include <fstream>
#include <iterator>

#include <nlohmann/json.hpp>

namespace fusemd::benchmarks {

InputError refusal(const JsonFile& file, const std::string& problem) {
  return InputError(
      {.file = file.path, .problem = problem, .expected = file.expected, .hint = file.hint});
}

std::string json_text(const JsonFile& file) {
  std::ifstream stream(file.path, std::ios::binary);
  if (!stream) throw refusal(file, "cannot be read");
  std::string text{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
  const auto json = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) throw refusal(file, "not a JSON object");
  if (file.format.empty()) return text;
  const auto format = json.find("format");
  if (format == json.end() || *format != file.format) {
    throw refusal(file, "not of the format " + file.format);
  }
  return text;
}

}  // namespace fusemd::benchmarks
