// SPDX-License-Identifier: MIT
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "tools/options.hpp"

namespace fusemd {

/// Lets CLI11 read a JSON object instead of its INI dialect: each key is the name of an option.
///
/// Errors   InputError naming file, line and key: not JSON, not an object, a key twice, a key that
/// is
///          no option (with the nearest that is), a value of the wrong type or outside its bounds.
class JsonConfig : public CLI::Config {
 public:
  /// The options must outlive it.
  explicit JsonConfig(Options& options) : options_(options) {}

  std::vector<CLI::ConfigItem> from_config(std::istream& input) const override;

  /// The resolved configuration, whatever the other arguments ask for.
  std::string to_config(const CLI::App* app,
                        bool default_also,
                        bool write_description,
                        std::string prefix) const override;

 private:
  Options& options_;
};

}  // namespace fusemd
