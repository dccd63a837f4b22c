// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>

#include "host/vec3.hpp"
#include "kernels/random.hpp"

namespace fusemd {

/// Noise    for many atoms: noise[k] = normal_triple(stream.block(first_atom + k)).
///
/// Work     18 ns an atom with AVX2, 11 ns with AVX-512, 36 ns by normal_triple() alone (100 atoms
///          on one AMD EPYC core, g++ 12).
/// Result   the bits of normal_triple() with every instruction set: one loop compiled for each,
///          whose operations are all rounded alike. The machine's best is taken.
/// Tests    test/host/md/test_noise.cpp
void fill_noise(const RandomStream& stream, std::uint32_t first_atom, std::span<Vec3> noise);

}  // namespace fusemd
