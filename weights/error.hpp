// SPDX-License-Identifier: MIT
#pragma once

#include <stdexcept>
#include <string>

namespace fusemd {

/// A mistake in a file or value that the user gave: exit code 3 (design: a bad input file).
///
/// Every message has the same shape, and names the user's file, never our source:
///
///   benzene.xyz:14: column 'pos': not a number
///     expected: a finite coordinate in Angstrom
///     found:    "1.2.3"
///     hint:     ...
///
/// It lives in weights/ because the lowest layer that reads files must be able to throw it.
struct InputErrorParts {
  std::string file;     ///< path as the user wrote it; "-" is standard input; empty: none
  long line = 0;        ///< 1-based; 0: not a line-oriented place
  std::string key;      ///< JSON path (tensors.embedding.weight.shape), flag or column; empty: none
  std::string problem;  ///< what is wrong, a short clause
  std::string expected;  ///< empty: left out
  std::string found;     ///< empty: left out
  std::string hint;      ///< one thing to try; empty: left out
};

class InputError : public std::runtime_error {
 public:
  explicit InputError(InputErrorParts parts);
  const InputErrorParts& parts() const { return parts_; }

 private:
  InputErrorParts parts_;
};

/// The output cannot be written (no space, no permission): exit code 7.
class OutputError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace fusemd
