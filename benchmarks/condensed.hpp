// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "host/structure.hpp"
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

/// Each coordinate moved by up to 0.05 Angstrom, the same on every machine: no symmetry is left, so
/// that no force vanishes.
Droplet rattled(Droplet droplet, std::uint64_t seed = 1);

/// One benzene, the geometry of examples/benzene.xyz to 1e-6 Angstrom, with standard masses.
Structure benzene_molecule();

/// Pairs of atoms at most `cutoff` apart.
double count_pairs(const std::vector<Vec3>& positions, double cutoff);

}  // namespace fusemd::benchmarks
