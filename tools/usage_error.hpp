// SPDX-License-Identifier: MIT
#pragma once

#include <stdexcept>

namespace fusemd {

/// A mistake on the command line: exit code 2. The text is complete: problem, what was expected,
/// hint.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace fusemd
