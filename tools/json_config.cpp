// SPDX-License-Identifier: MIT
#include "tools/json_config.hpp"

#include <istream>
#include <iterator>
#include <utility>

#include "host/io/text.hpp"
#include "weights/error.hpp"
#include "weights/json_field.hpp"
#include "weights/strict_json.hpp"

namespace fusemd {
namespace {

/// The value as the command line would write it; nothing if it is not of the option's kind.
std::optional<std::string> as_argument(const JsonValue& value, OptionKind kind) {
  std::string text;
  switch (kind) {
    case OptionKind::text:
      if (const auto* word = std::get_if<std::string>(&value.data)) return *word;
      return {};
    case OptionKind::flag:
      if (const auto* flag = std::get_if<bool>(&value.data)) return *flag ? "true" : "false";
      return {};
    case OptionKind::numbers:
      if (const auto* list = std::get_if<JsonNumbers>(&value.data)) {
        for (const double number : list->values) {
          if (!text.empty()) text += ',';
          append_real(text, number);
        }
        return text;
      }
      [[fallthrough]];
    case OptionKind::number:
    case OptionKind::integer:
      if (const auto* number = std::get_if<JsonNumber>(&value.data)) {
        append_real(text, number->value);
        return text;
      }
      return {};
  }
  return {};
}

}  // namespace

std::vector<CLI::ConfigItem> JsonConfig::from_config(std::istream& input) const {
  const std::string& path = options_.config_path_;
  const std::string text{std::istreambuf_iterator<char>(input), std::istreambuf_iterator<char>()};
  const JsonValue root = parse_strict_json(text, path);
  const auto* members = std::get_if<JsonObject>(&root.data);
  if (members == nullptr) {
    throw InputError({.file = path,
                      .line = 1,
                      .problem = "not a configuration",
                      .expected = "a JSON object whose keys are names of options",
                      .found = describe(root)});
  }

  std::vector<CLI::ConfigItem> result;
  for (const JsonMember& member : *members) {
    const long line = json_line(root, text, member.key);
    Options::Entry* entry = options_.find(member.key);
    if (entry == nullptr || entry->positional) {
      const std::string near = options_.nearest(member.key);
      throw InputError({.file = path,
                        .line = line,
                        .key = printable_key(member.key),
                        .problem = "no such option",
                        .expected = "an option of " + options_.command_ + " without its --",
                        .hint = near.empty() ? options_.command_ + " --help lists them"
                                             : "did you mean \"" + near + "\"?"});
    }
    const auto argument = as_argument(member.value, entry->kind);
    if (!argument || !entry->accepts(*argument)) {
      throw InputError({.file = path,
                        .line = line,
                        .key = entry->name,
                        .problem = "not a proper value",
                        .expected = entry->expected,
                        .found = describe(member.value),
                        .hint = options_.hint(*entry, argument.value_or(""))});
    }
    if (entry->option->count() > 0) continue;  // the command line wins
    entry->config_line = line;
    CLI::ConfigItem item;
    item.name = entry->name;
    item.inputs = {*argument};
    result.push_back(std::move(item));
  }
  return result;
}

std::string JsonConfig::to_config(const CLI::App* /*app*/,
                                  bool /*default_also*/,
                                  bool /*write_description*/,
                                  std::string /*prefix*/) const {
  return options_.resolved();
}

}  // namespace fusemd
