// SPDX-License-Identifier: MIT
#pragma once

namespace fusemd {

/// Covalent radius in Angstrom: two atoms within about 1.25 times the sum of theirs are bonded.
///
/// Source   Cordero et al., Dalton Trans. 2832 (2008), table 2 (carbon sp3; low spin), H to Kr.
/// Result   1.5 for heavier elements; 0 for a number below 1.
double covalent_radius(int atomic_number);

}  // namespace fusemd
