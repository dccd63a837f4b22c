// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "test/simt/executor/fault.hpp"

namespace fusemd::faults {

/// What one level must say of a planted fault.
struct Demand {
  enum class Answer {
    anything,     ///< this level cannot promise to notice it
    report,       ///< executor::KernelFault with the given fault
    wrong_value,  ///< the comparison fails
    death,        ///< a sanitizer, or the memory protection, ends the program
    not_run,
  } answer = Answer::anything;
  executor::Fault fault{};
};

inline constexpr Demand kAnything{};
inline constexpr Demand kWrongValue{Demand::Answer::wrong_value};
inline constexpr Demand kDeath{Demand::Answer::death};
inline constexpr Demand kNotRun{Demand::Answer::not_run};
constexpr Demand report(executor::Fault fault) { return {Demand::Answer::report, fault}; }

/// A launch with or without its fault, and what each level must say.
struct PlantedFault {
  std::string name;
  void (*run)(bool planted);  ///< throws executor::KernelFault or test::WrongValue
  Demand plain;
  Demand sanitized;
  Demand checked;
};

[[nodiscard]] std::vector<PlantedFault> planted_faults();

}  // namespace fusemd::faults
