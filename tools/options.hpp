// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace fusemd {

/// How an option's value is written on the command line and in a JSON configuration.
enum class OptionKind {
  text,     ///< a JSON string
  integer,  ///< a JSON number without fraction; 2e4 counts
  number,   ///< a JSON number
  numbers,  ///< numbers separated by commas; in JSON a number or a list of numbers
  flag,     ///< no value; in JSON true or false
};

/// Bounds of a number, and the words that a message uses for them.
struct NumberRange {
  double least = -std::numeric_limits<double>::infinity();
  double most = std::numeric_limits<double>::infinity();
  bool least_allowed = true;  ///< false: greater than `least`
};

struct IntegerRange {
  std::int64_t least = 0;
  std::int64_t most = std::numeric_limits<std::int64_t>::max();
};

/// What the user asked for instead of a run of the command: the help text, to be printed.
struct HelpRequested {
  std::string text;
};

/// The options of one subcommand: each is declared once, and from that follow the flag, its help,
/// the key of the same name in a JSON configuration, the check of its value wherever it comes from,
/// and the resolved configuration.
///
/// Precedence: command line, then configuration, then the value that the variable had on
/// declaration.
class Options {
 public:
  /// `command` as it is typed: "fusemd run".
  Options(std::string command, const std::string& description);
  ~Options();
  Options(const Options&) = delete;
  Options& operator=(const Options&) = delete;

  /// What the options declared from here on are listed under in the help text.
  void group(std::string title) { group_ = std::move(title); }

  /// The option declared next can also be given as a dash and this letter.
  void letter(char name) { letter_ = name; }

  void positional(const std::string& name, std::string& value, const std::string& help);
  void text(const std::string& name,
            std::string& value,
            const std::string& placeholder,
            const std::string& help);
  void choice(const std::string& name,
              std::string& value,
              const std::vector<std::string>& choices,
              const std::string& help);
  void integer(const std::string& name,
               std::int64_t& value,
               IntegerRange range,
               const std::string& help);
  void number(const std::string& name,
              double& value,
              NumberRange range,
              const std::string& unit,
              const std::string& help);
  void numbers(const std::string& name,
               std::vector<double>& values,
               NumberRange range,
               const std::string& unit,
               const std::string& help);
  void flag(const std::string& name, bool& value, const std::string& help);

  /// Adds --config FILE. Keys are the names of the options above.
  void config();
  /// Keeps an option out of resolved(): it says how to show or store a run, not what to compute.
  void unsaved(const std::string& name);
  /// Text at the end of the help.
  void examples(const std::string& text);

  /// Reads the arguments (without the program's and the command's name) and the configuration they
  /// name, and sets the variables.
  ///
  /// Errors   UsageError for the command line, InputError for the configuration; HelpRequested.
  void parse(std::vector<std::string> arguments);

  /// Whether the command line or the configuration set it.
  bool given(const std::string& name) const;

  /// Whether the configuration set it, and the command line did not.
  bool from_configuration(const std::string& name) const { return at(name).config_line > 0; }
  /// The file that --config names; empty: none.
  const std::string& configuration_path() const { return config_path_; }

  /// Throws for a value that is wrong only in company: UsageError naming the flag, or InputError
  /// naming file, line and key if the configuration set it.
  [[noreturn]] void refuse(const std::string& name,
                           const std::string& problem,
                           const std::string& expected = {},
                           const std::string& hint = {}) const;
  /// UsageError if a text option is still empty.
  void require(const std::string& name, const std::string& value, const std::string& hint) const;

  /// Every option's value as JSON text, keys in the order of declaration: what --config accepts. A
  /// text that is empty was not given and is left out.
  std::string resolved() const;

 private:
  friend class JsonConfig;
  struct Entry {
    std::string name;
    OptionKind kind = OptionKind::text;
    std::string expected;                             ///< "a number > 0 and <= 10 fs"
    std::function<bool(const std::string&)> accepts;  ///< whether the text is a proper value
    std::function<void(const std::string&)> assign;
    std::function<std::string()> json;  ///< the variable's value as JSON text
    std::vector<std::string> choices;   ///< empty: any text
    CLI::Option* option = nullptr;
    bool positional = false;
    bool saved = true;
    long config_line = 0;  ///< where the configuration set it; 0: it did not
  };

  Entry& declare(const std::string& name,
                 OptionKind kind,
                 const std::string& placeholder,
                 const std::string& expected,
                 const std::string& help,
                 const std::string& shown_default,
                 std::function<bool(const std::string&)> accepts,
                 std::function<void(const std::string&)> assign,
                 std::function<std::string()> json);
  Entry* find(std::string_view name);
  const Entry& at(std::string_view name) const;
  std::string nearest(std::string_view name) const;
  std::string hint(const Entry& entry, std::string_view found) const;
  void refuse_extras(const std::vector<std::string>& extras) const;

  std::string command_;
  std::unique_ptr<CLI::App> app_;
  std::string group_ = "Options";
  char letter_ = '\0';
  std::vector<std::unique_ptr<Entry>> entries_;
  std::string config_path_;
};

}  // namespace fusemd
