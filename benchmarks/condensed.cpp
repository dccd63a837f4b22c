// SPDX-License-Identifier: MIT
#include "benchmarks/condensed.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numbers>
#include <random>

namespace fusemd::benchmarks {
namespace {

Droplet benzene() {
  Droplet molecule;
  for (const auto& [z, radius] : {std::pair{6, 1.395}, std::pair{1, 2.479}}) {
    for (int k = 0; k < 6; ++k) {
      const double angle = std::numbers::pi / 3.0 * k;
      molecule.atomic_numbers.push_back(z);
      molecule.positions.push_back({radius * std::cos(angle), radius * std::sin(angle), 0.0});
    }
  }
  return molecule;
}

Droplet water() {
  const double half = 0.5 * 104.5 * std::numbers::pi / 180.0, bond = 0.9572;
  return {{8, 1, 1},
          {{0.0, 0.0, 0.0},
           {bond * std::sin(half), 0.0, bond * std::cos(half)},
           {-bond * std::sin(half), 0.0, bond * std::cos(half)}}};
}

/// Uniform in [0, 1): the standard leaves its distributions to the library, so not those.
double uniform(std::mt19937_64& random) { return static_cast<double>(random() >> 11) * 0x1.0p-53; }

std::vector<Vec3> turned(const std::vector<Vec3>& positions, std::mt19937_64& random) {
  // A uniform unit quaternion (Shoemake 1992).
  const double a = uniform(random), b = 2.0 * std::numbers::pi * uniform(random),
               c = 2.0 * std::numbers::pi * uniform(random);
  const double x = std::sqrt(1.0 - a) * std::sin(b), y = std::sqrt(1.0 - a) * std::cos(b),
               z = std::sqrt(a) * std::sin(c), w = std::sqrt(a) * std::cos(c);
  const Vec3 axis{x, y, z};
  std::vector<Vec3> result;
  for (const Vec3& r : positions) {
    const Vec3 t = 2.0 * cross(axis, r);
    result.push_back(r + w * t + cross(axis, t));
  }
  return result;
}

Droplet droplet(const Droplet& molecule, double volume, std::size_t n_atoms) {
  const std::size_t size = molecule.positions.size();
  const std::size_t n_molecules = (n_atoms + size / 2) / size;
  const double spacing = std::cbrt(volume);
  const int reach = static_cast<int>(std::cbrt(static_cast<double>(n_molecules))) + 2;
  std::vector<Vec3> sites;
  for (int x = -reach; x <= reach; ++x) {
    for (int y = -reach; y <= reach; ++y) {
      for (int z = -reach; z <= reach; ++z) {
        sites.push_back({spacing * x, spacing * y, spacing * z});
      }
    }
  }
  std::stable_sort(sites.begin(), sites.end(),
                   [](const Vec3& a, const Vec3& b) { return dot(a, a) < dot(b, b); });

  std::mt19937_64 random(1);
  Droplet result;
  for (std::size_t m = 0; m < n_molecules; ++m) {
    std::vector<Vec3> near;
    for (const Vec3& r : result.positions) {
      const Vec3 apart = r - sites[m];
      if (dot(apart, apart) < 64.0) near.push_back(apart);
    }
    std::vector<Vec3> best;
    double best_closest = -1.0;
    for (int attempt = 0; attempt < 64; ++attempt) {
      std::vector<Vec3> candidate = turned(molecule.positions, random);
      double closest = std::numeric_limits<double>::max();
      for (const Vec3& r : candidate) {
        for (const Vec3& other : near) closest = std::min(closest, dot(r - other, r - other));
      }
      if (closest > best_closest) {
        best_closest = closest;
        best = std::move(candidate);
      }
    }
    for (std::size_t k = 0; k < size; ++k) {
      result.atomic_numbers.push_back(molecule.atomic_numbers[k]);
      result.positions.push_back(sites[m] + best[k]);
    }
  }
  return result;
}

}  // namespace

Droplet benzene_droplet(std::size_t n_atoms) { return droplet(benzene(), 148.1, n_atoms); }

Droplet water_droplet(std::size_t n_atoms) { return droplet(water(), 30.0, n_atoms); }

Structure benzene_molecule() {
  Structure molecule;
  for (const auto& [z, radius] : {std::pair{6, 1.395248}, std::pair{1, 2.48236}}) {
    for (int k = 0; k < 6; ++k) {
      const double angle = std::numbers::pi / 3.0 * k;
      molecule.atomic_numbers.push_back(z);
      molecule.positions.push_back({radius * std::sin(angle), radius * std::cos(angle), 0.0});
    }
  }
  molecule.name = "benzene";
  return molecule;
}

Droplet rattled(Droplet droplet, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  const auto shift = [&] { return 0.1 * uniform(random) - 0.05; };
  for (Vec3& r : droplet.positions) {
    const double x = shift(), y = shift(), z = shift();
    r += Vec3{x, y, z};
  }
  return droplet;
}

double count_pairs(const std::vector<Vec3>& positions, double cutoff) {
  double count = 0.0;
  for (std::size_t i = 0; i < positions.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      count += norm(positions[i] - positions[j]) <= cutoff ? 1.0 : 0.0;
    }
  }
  return count;
}

}  // namespace fusemd::benchmarks
