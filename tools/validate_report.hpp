// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "host/validate/accuracy.hpp"
#include "host/validate/conservation.hpp"
#include "host/validate/frequency_errors.hpp"
#include "host/validate/invariance.hpp"
#include "host/validate/stability.hpp"

namespace fusemd {

/// A figure against its limit. A NaN passes nothing.
struct ValidationCheck {
  std::string name;
  double value = 0.0, limit = 0.0;
  bool at_least = false;  ///< else at most
  bool passed() const { return at_least ? value >= limit : value <= limit; }
};

/// All that `fusemd validate` found.
struct Validation {
  std::string model, reference, engine, version;
  std::int64_t frames = 0;
  validate::Accuracy accuracy;
  validate::Invariance invariance;
  std::vector<std::pair<std::string, validate::Conservation>> conservation;  ///< by molecule
  double nve_timestep = 0.0;                                                 ///< fs
  std::vector<std::pair<std::string, validate::FrequencyErrors>> frequencies;
  std::vector<std::pair<std::string, validate::Stability>> stability;
  double stability_temperature = 0.0;  ///< K
  std::vector<ValidationCheck> checks;

  bool passed() const;
};

std::string validation_json(const Validation& validation);
std::string validation_text(const Validation& validation);

/// One self-contained page with tables and plots.
std::string validation_html(const Validation& validation);

}  // namespace fusemd
