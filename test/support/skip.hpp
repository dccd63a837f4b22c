// SPDX-License-Identifier: MIT
#pragma once

#include <cstdlib>
#include <iostream>
#include <string>

namespace fusemd::test {

inline constexpr int kSkipExitCode = 77;  ///< ctest's SKIP_RETURN_CODE in test/CMakeLists.txt

inline bool& any_skipped() {
  static bool value = false;
  return value;
}
inline bool& any_ran() {
  static bool value = false;
  return value;
}
inline bool nothing_ran() { return any_skipped() && !any_ran(); }

/// For tests that need something this machine may lack (reference data, ASE, a GPU). Returns
/// whether it is there and records a loud skip if not. On CI a missing piece is a failure, not a
/// skip.
inline bool available(bool present, const std::string& what) {
  if (present) {
    any_ran() = true;
    return true;
  }
  if (std::getenv("CI") != nullptr) {
    std::cerr << "CI is set, so this is a failure and not a skip: " << what << " is missing\n";
    std::exit(1);
  }
  std::cerr << "SKIPPED: " << what << " is missing\n";
  any_skipped() = true;
  return false;
}

}  // namespace fusemd::test
