// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <vector>

#include "host/vec3.hpp"

namespace fusemd::benchmarks {

/// A droplet of molecules at the density of the liquid.
struct Droplet {
  std::vector<int> atomic_numbers;
  std::vector<Vec3> positions;  // Angstrom
};

/// Benzene at 0.876 g/cm^3, water at 0.997 g/cm^3: whole molecules nearest to the centre of a cubic
/// lattice until there are about `n_atoms` atoms. Each is turned so that it keeps its distance from
/// those before it (the best of 64 random turns). The same on every machine.
Droplet benzene_droplet(std::size_t n_atoms);
Droplet water_droplet(std::size_t n_atoms);

/// Pairs of atoms at most `cutoff` apart.
double count_pairs(const std::vector<Vec3>& positions, double cutoff);

}  // namespace fusemd::benchmarks
