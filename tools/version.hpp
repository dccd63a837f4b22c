// SPDX-License-Identifier: MIT
#pragma once

namespace fusemd {

/// "0.1.0".
const char* version();

/// The commit this program was built from, 12 hexadecimal digits, "-dirty" behind them if files
/// differed from it; "unknown" if it was not built in a git checkout.
const char* commit();

}  // namespace fusemd
