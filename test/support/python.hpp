// SPDX-License-Identifier: MIT
#pragma once

#include <cstdlib>
#include <string>

namespace fusemd::test {

/// An interpreter that can import `module`, or nothing: Debian's packages belong to its own, which
/// need not be the first in PATH.
inline std::string python_with(const std::string& module) {
  for (const std::string python : {"/usr/bin/python3", "python3"}) {
    if (std::system((python + " -c 'import " + module + "' 2>/dev/null").c_str()) == 0) {
      return python;
    }
  }
  return {};
}

}  // namespace fusemd::test
