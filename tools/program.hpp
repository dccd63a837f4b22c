// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <string>

namespace fusemd {

/// What every program does around its work: runs `body`, prints help where that was asked for,
/// turns exceptions into a message on standard error ("NAME: ...") and returns the exit code.
int run_program(const std::string& name, const std::function<int()>& body);

}  // namespace fusemd
