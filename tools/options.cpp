// SPDX-License-Identifier: MIT
#include "tools/options.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "host/io/text.hpp"
#include "tools/json_config.hpp"
#include "tools/text_format.hpp"
#include "tools/usage_error.hpp"
#include "weights/error.hpp"
#include "weights/nearest_name.hpp"
#include "weights/strict_json.hpp"

namespace fusemd {
namespace {

constexpr std::size_t kHelpColumn = 30;  // where descriptions begin
constexpr std::size_t kHelpWidth = 100;

std::string shown_number(double value) {
  std::string text;
  append_real(text, value);
  if (text.ends_with(".0")) text.resize(text.size() - 2);
  return text;
}

std::string words(const NumberRange& range, const std::string& unit) {
  std::string text = "a number";
  if (std::isfinite(range.least)) {
    text += (range.least_allowed ? " >= " : " > ") + shown_number(range.least);
  }
  if (std::isfinite(range.most)) {
    text += (std::isfinite(range.least) ? " and <= " : " <= ") + shown_number(range.most);
  }
  return unit.empty() ? text : text + " " + unit;
}

std::string words(const IntegerRange& range) {
  std::string text = "a whole number >= " + std::to_string(range.least);
  if (range.most != std::numeric_limits<std::int64_t>::max()) {
    text += " and <= " + std::to_string(range.most);
  }
  return text;
}

bool inside(double value, const NumberRange& range) {
  const bool above = range.least_allowed ? value >= range.least : value > range.least;
  return std::isfinite(value) && above && value <= range.most;
}

/// "20000", "2e4"; nothing if it is not whole or so large that a double could have rounded it.
std::optional<std::int64_t> whole_number(const std::string& text) {
  if (const auto value = parse_integer(text)) return value;
  const auto real = parse_real(text);
  constexpr double exact = 9007199254740992.0;  // 2^53
  if (!real || *real != std::trunc(*real) || std::abs(*real) > exact) return {};
  return static_cast<std::int64_t>(*real);
}

/// Numbers separated by commas; empty if one of them is not a number of the range.
std::vector<double> number_list(const std::string& text, const NumberRange& range) {
  std::vector<double> values;
  std::size_t begin = 0;
  while (begin <= text.size()) {
    const std::size_t comma = std::min(text.find(',', begin), text.size());
    const auto value = parse_real(trimmed(std::string_view(text).substr(begin, comma - begin)));
    if (!value || !inside(*value, range)) return {};
    values.push_back(*value);
    begin = comma + 1;
  }
  return values;
}

std::string json_text(const std::string& value) {
  return nlohmann::json(value).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string json_number(double value) {
  std::string text;
  append_real(text, value);
  return text;
}

std::string upper(std::string text) {
  for (char& c : text) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return text;
}

std::string list_of(const std::vector<std::string>& words, const std::string& separator) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : separator) + word;
  return text;
}

/// Problem, expected, found and hint, laid out like InputError's text.
[[noreturn]] void throw_usage(const std::string& subject,
                              const std::string& problem,
                              const std::string& expected,
                              const std::string& found,
                              const std::string& hint) {
  std::string text = subject.empty() ? problem : subject + ": " + problem;
  if (!expected.empty()) text += "\n  expected: " + expected;
  if (!found.empty()) text += "\n  found:    " + found;
  if (!hint.empty()) text += "\n  hint:     " + hint;
  throw UsageError(text);
}

}  // namespace

Options::Options(std::string command, const std::string& description)
    : command_(std::move(command)), app_(std::make_unique<CLI::App>(description, command_)) {
  app_->set_help_flag("-h,--help", "print this text");
  app_->get_formatter()->column_width(kHelpColumn);
  // Names that are not known are refused here, with the nearest known one.
  app_->allow_extras();
}

Options::~Options() = default;

Options::Entry& Options::declare(const std::string& name,
                                 OptionKind kind,
                                 const std::string& placeholder,
                                 const std::string& expected,
                                 const std::string& help,
                                 const std::string& shown_default,
                                 std::function<bool(const std::string&)> accepts,
                                 std::function<void(const std::string&)> assign,
                                 std::function<std::string()> json) {
  auto entry = std::make_unique<Entry>();
  entry->name = name;
  entry->kind = kind;
  entry->expected = expected;
  entry->accepts = std::move(accepts);
  entry->assign = std::move(assign);
  entry->json = std::move(json);
  const std::string full = shown_default.empty() ? help : help + " (default " + shown_default + ")";
  const std::string description = wrapped(full, 0, kHelpWidth - kHelpColumn);
  const std::string names =
      (letter_ == '\0' ? std::string() : std::string("-") + letter_ + ",") + "--" + name;
  letter_ = '\0';
  if (kind == OptionKind::flag) {
    entry->option = app_->add_flag(names)->description(description);
  } else {
    entry->option = app_->add_option(names)->description(description);
    entry->option->type_name(placeholder)->expected(1);
  }
  entry->option->group(group_);
  entries_.push_back(std::move(entry));
  return *entries_.back();
}

void Options::positional(const std::string& name, std::string& value, const std::string& help) {
  Entry& entry = declare(
      name, OptionKind::text, "", "text", help, "",
      [](const std::string& text) { return !text.empty(); },
      [&value](const std::string& text) { value = text; }, [&value] { return json_text(value); });
  app_->remove_option(entry.option);
  entry.option = app_->add_option(name)->description(help)->type_name("")->expected(1);
  entry.positional = true;
}

void Options::text(const std::string& name,
                   std::string& value,
                   const std::string& placeholder,
                   const std::string& help) {
  declare(
      name, OptionKind::text, placeholder, "text that is not empty", help, value,
      [](const std::string& text) { return !text.empty(); },
      [&value](const std::string& text) { value = text; }, [&value] { return json_text(value); });
}

void Options::choice(const std::string& name,
                     std::string& value,
                     const std::vector<std::string>& choices,
                     const std::string& help) {
  Entry& entry = declare(
      name, OptionKind::text, "WORD", "one of " + list_of(choices, ", "),
      list_of(choices, "|") + ": " + help, value,
      [choices](const std::string& text) {
        return std::find(choices.begin(), choices.end(), text) != choices.end();
      },
      [&value](const std::string& text) { value = text; }, [&value] { return json_text(value); });
  entry.choices = choices;
}

void Options::integer(const std::string& name,
                      std::int64_t& value,
                      IntegerRange range,
                      const std::string& help) {
  declare(
      name, OptionKind::integer, "N", words(range), help, std::to_string(value),
      [range](const std::string& text) {
        const auto number = whole_number(text);
        return number && *number >= range.least && *number <= range.most;
      },
      [&value](const std::string& text) { value = *whole_number(text); },
      [&value] { return std::to_string(value); });
}

void Options::number(const std::string& name,
                     double& value,
                     NumberRange range,
                     const std::string& unit,
                     const std::string& help) {
  declare(
      name, OptionKind::number, unit.empty() ? "NUMBER" : upper(unit), words(range, unit), help,
      shown_number(value),
      [range](const std::string& text) {
        const auto number = parse_real(text);
        return number && inside(*number, range);
      },
      [&value](const std::string& text) { value = *parse_real(text); },
      [&value] { return json_number(value); });
}

void Options::numbers(const std::string& name,
                      std::vector<double>& values,
                      NumberRange range,
                      const std::string& unit,
                      const std::string& help) {
  std::vector<std::string> defaults;
  for (const double value : values) defaults.push_back(shown_number(value));
  declare(
      name, OptionKind::numbers, upper(unit) + "[," + upper(unit) + "..]",
      words(range, unit) + ", or several separated by commas", help, list_of(defaults, ","),
      [range](const std::string& text) { return !number_list(text, range).empty(); },
      [&values, range](const std::string& text) { values = number_list(text, range); },
      [&values] {
        std::vector<std::string> texts;
        for (const double value : values) texts.push_back(json_number(value));
        return texts.size() == 1 ? texts.front() : "[" + list_of(texts, ", ") + "]";
      });
}

void Options::flag(const std::string& name, bool& value, const std::string& help) {
  declare(
      name, OptionKind::flag, "", "true or false", help, "",
      [](const std::string& text) { return text == "true" || text == "false"; },
      [&value](const std::string& text) { value = text == "true"; },
      [&value] { return std::string(value ? "true" : "false"); });
}

void Options::config() {
  app_->set_config("--config", "", "read options from a JSON file; flags win over it")
      ->type_name("FILE")
      ->group(group_);
  app_->config_formatter(std::make_shared<JsonConfig>(*this));
}

void Options::unsaved(const std::string& name) { find(name)->saved = false; }

void Options::examples(const std::string& text) { app_->footer(text); }

void Options::parse(std::vector<std::string> arguments) {
  // JsonConfig is handed the file's stream, not its name.
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (arguments[i] == "--config" && i + 1 < arguments.size()) config_path_ = arguments[i + 1];
    if (arguments[i].starts_with("--config=")) config_path_ = arguments[i].substr(9);
  }
  std::reverse(arguments.begin(), arguments.end());  // CLI11 takes them last first
  try {
    app_->parse(std::move(arguments));
  } catch (const CLI::CallForHelp&) {
    throw HelpRequested{app_->help()};
  } catch (const CLI::FileError&) {
    throw InputError({.file = config_path_,
                      .problem = "cannot read the configuration",
                      .expected = "a JSON file",
                      .hint = "is the path right?"});
  } catch (const CLI::ParseError& error) {
    throw_usage("", error.what(), "", "", command_ + " --help lists the options");
  }
  refuse_extras(app_->remaining());

  for (const auto& entry : entries_) {
    if (entry->option->count() == 0) continue;
    const std::string value = entry->option->results().back();
    if (!entry->accepts(value)) {
      throw_usage((entry->positional ? "" : "--") + entry->name, "not a proper value",
                  entry->expected, in_quotes(value), hint(*entry, value));
    }
    entry->assign(value);
  }
}

void Options::refuse_extras(const std::vector<std::string>& extras) const {
  if (extras.empty()) return;
  const std::string& extra = extras.front();
  if (!extra.starts_with("-")) {
    throw_usage("", "\"" + extra + "\" is one argument too many", "", "",
                command_ + " --help lists the arguments");
  }
  const std::string name = extra.substr(0, extra.find('='));
  const std::string near = nearest(std::string_view(name).substr(name.find_first_not_of('-')));
  throw_usage(
      name, "no such option", "", "",
      near.empty() ? command_ + " --help lists the options" : "did you mean --" + near + "?");
}

std::string Options::nearest(std::string_view name) const {
  std::vector<std::string_view> names;
  for (const auto& entry : entries_) {
    if (!entry->positional) names.push_back(entry->name);
  }
  if (!app_->get_config_ptr()) return nearest_name(name, names);
  names.push_back("config");
  return nearest_name(name, names);
}

bool Options::given(const std::string& name) const { return at(name).option->count() > 0; }

void Options::refuse(const std::string& name,
                     const std::string& problem,
                     const std::string& expected,
                     const std::string& hint) const {
  const Entry& entry = at(name);
  if (entry.config_line > 0) {
    throw InputError({.file = config_path_,
                      .line = entry.config_line,
                      .key = name,
                      .problem = problem,
                      .expected = expected,
                      .found = {},
                      .hint = hint});
  }
  throw_usage("--" + name, problem, expected, "", hint);
}

std::string Options::hint(const Entry& entry, std::string_view found) const {
  const std::vector<std::string_view> choices(entry.choices.begin(), entry.choices.end());
  const std::string near = nearest_name(found, choices);
  return near.empty() ? "" : "did you mean " + near + "?";
}

void Options::require(const std::string& name,
                      const std::string& value,
                      const std::string& hint) const {
  if (!value.empty()) return;
  const std::string flag = at(name).positional ? upper(name) : "--" + name;
  throw_usage("", flag + " is missing", "", "", hint);
}

std::string Options::resolved() const {
  std::string text = "{";
  for (const auto& entry : entries_) {
    const std::string value = entry->json();
    if (!entry->saved || value == "\"\"") continue;
    text += text.size() == 1 ? "\n  " : ",\n  ";
    text += json_text(entry->name) + ": " + value;
  }
  return text + "\n}\n";
}

Options::Entry* Options::find(std::string_view name) {
  for (const auto& entry : entries_) {
    if (entry->name == name) return entry.get();
  }
  return nullptr;
}

const Options::Entry& Options::at(std::string_view name) const {
  for (const auto& entry : entries_) {
    if (entry->name == name) return *entry;
  }
  throw std::logic_error("no option of the name " + std::string(name));
}

}  // namespace fusemd
