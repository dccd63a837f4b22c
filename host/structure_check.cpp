// SPDX-License-Identifier: MIT
#include "host/structure_check.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "host/elements.hpp"
#include "weights/error.hpp"

namespace fusemd {
namespace {

constexpr int kNone = -1;

[[noreturn]] void refuse(const Structure& structure,
                         std::string key,
                         std::string problem,
                         std::string expected,
                         std::string found,
                         std::string hint = {}) {
  throw InputError({.file = structure.name,
                    .key = std::move(key),
                    .problem = std::move(problem),
                    .expected = std::move(expected),
                    .found = std::move(found),
                    .hint = std::move(hint)});
}

std::string text(double value) {
  std::array<char, 32> digits;
  std::snprintf(digits.data(), digits.size(), "%.4g", value);
  return digits.data();
}

std::string atom_name(const Structure& structure, std::size_t i) {
  return "atom " + std::to_string(i + 1) + " (" +
         std::string(element_symbol(structure.atomic_numbers[i])) + ")";
}

/// Atoms hashed by the cube they lie in. Different cubes may share a chain: distances decide.
class CellGrid {
 public:
  explicit CellGrid(std::size_t n_atoms)
      : heads_(std::bit_ceil(2 * n_atoms + 1), kNone), next_(n_atoms, kNone) {}

  /// The closest of the atoms inserted so far within `radius` <= kEdge of `r`, or kNone.
  int closest(const Vec3& r, double radius, const std::vector<Vec3>& positions) const {
    int best = kNone;
    double best_distance = radius;
    for (std::int64_t x = cell(r.x - radius); x <= cell(r.x + radius); ++x) {
      for (std::int64_t y = cell(r.y - radius); y <= cell(r.y + radius); ++y) {
        for (std::int64_t z = cell(r.z - radius); z <= cell(r.z + radius); ++z) {
          for (int j = heads_[slot(x, y, z)]; j != kNone; j = next_[static_cast<std::size_t>(j)]) {
            const double distance = norm(r - positions[static_cast<std::size_t>(j)]);
            if (distance < best_distance) {
              best = j;
              best_distance = distance;
            }
          }
        }
      }
    }
    return best;
  }

  void insert(int i, const Vec3& r) {
    int& head = heads_[slot(cell(r.x), cell(r.y), cell(r.z))];
    next_[static_cast<std::size_t>(i)] = head;
    head = i;
  }

 private:
  // A few atoms a cube in matter of any density, and a ball of 0.3 Angstrom touches 1.5 cubes.
  static constexpr double kEdge = 2.0;

  /// Coordinates beyond 1e15 share the outermost cubes, so that the conversion stays defined.
  static std::int64_t cell(double coordinate) {
    return static_cast<std::int64_t>(std::clamp(std::floor(coordinate / kEdge), -1e15, 1e15));
  }
  std::size_t slot(std::int64_t x, std::int64_t y, std::int64_t z) const {
    std::uint64_t hash = static_cast<std::uint64_t>(x) * 0x9e3779b97f4a7c15U;
    hash = (hash ^ (hash >> 29U) ^ static_cast<std::uint64_t>(y)) * 0xbf58476d1ce4e5b9U;
    hash = (hash ^ (hash >> 31U) ^ static_cast<std::uint64_t>(z)) * 0x94d049bb133111ebU;
    return static_cast<std::size_t>(hash ^ (hash >> 32U)) & (heads_.size() - 1);
  }

  std::vector<int> heads_;
  std::vector<int> next_;
};

/// Guesses the units from all coordinates: an overlap is rarely one of two atoms alone.
std::string units_hint(const Structure& structure) {
  double low = std::numeric_limits<double>::infinity(), high = -low;
  for (const Vec3& r : structure.positions) {
    low = std::min({low, r.x, r.y, r.z});
    high = std::max({high, r.x, r.y, r.z});
  }
  // Bonds are 0.74 to 3 Angstrom long: 0.074 to 0.3 if written in nanometres. A few hundred atoms
  // are enough to see it.
  const std::size_t n = std::min<std::size_t>(structure.size(), 200);
  std::size_t bond_like = 0;
  for (std::size_t i = 0; i < n; ++i) {
    double closest = std::numeric_limits<double>::infinity();
    for (std::size_t j = 0; j < n; ++j) {
      if (j != i)
        closest = std::min(closest, norm(structure.positions[i] - structure.positions[j]));
    }
    if (closest > 0.07 && closest < kClosestAtoms) ++bond_like;
  }
  const bool nanometres = bond_like == n;
  const bool within_one = low >= 0.0 && high <= 1.0;
  if (structure.cell && within_one) {
    return "all coordinates lie between 0 and 1: fractional? Multiply them by the cell vectors";
  }
  if (nanometres && within_one) {
    return "all coordinates lie between 0 and 1: fractional? Multiply them by the cell vectors; or "
           "nanometres? Multiply them by 10";
  }
  if (nanometres) return "nanometres? Multiply the coordinates by 10";
  if (structure.size() > 3 && within_one) {
    return "all coordinates lie between 0 and 1: fractional, or scaled?";
  }
  return {};
}

void check_arrays(const Structure& structure) {
  const std::size_t n = structure.size();
  if (n == 0) refuse(structure, {}, "no atoms", "at least one atom", "none");
  if (n > static_cast<std::size_t>(std::numeric_limits<int>::max())) {
    refuse(structure, {}, "too many atoms", "fewer than 2^31", std::to_string(n));
  }
  const auto check_size = [&](const char* key, std::size_t size) {
    if (size != n) {
      refuse(structure, key, "wrong number of entries", std::to_string(n) + ", one an atom",
             std::to_string(size));
    }
  };
  check_size("positions", structure.positions.size());
  if (!structure.masses.empty()) check_size("masses", structure.masses.size());
  if (structure.velocities) check_size("velocities", structure.velocities->size());
  if (structure.forces) check_size("forces", structure.forces->size());
}

void check_finite(const Structure& structure,
                  const char* key,
                  const char* unit,
                  const Vec3& vector,
                  std::size_t i) {
  if (is_finite(vector)) return;
  refuse(structure, key, "not finite", std::string("components in ") + unit,
         text(vector.x) + " " + text(vector.y) + " " + text(vector.z) + " for " +
             atom_name(structure, i));
}

void check_atom(const Structure& structure, std::size_t i) {
  if (element_symbol(structure.atomic_numbers[i]).empty()) {
    refuse(structure, "atomic_numbers", "no such element",
           "1 to " + std::to_string(element_count()),
           std::to_string(structure.atomic_numbers[i]) + " for atom " + std::to_string(i + 1));
  }
  check_finite(structure, "positions", "Angstrom", structure.positions[i], i);
  if (structure.velocities) {
    check_finite(structure, "velocities", "Angstrom/fs", (*structure.velocities)[i], i);
  }
  if (!structure.masses.empty()) {
    const double mass = structure.masses[i];
    if (!(mass > 0.0) || !std::isfinite(mass)) {
      refuse(structure, "masses", "not positive", "a mass in amu",
             text(mass) + " for " + atom_name(structure, i));
    }
  }
}

/// Programs differ in what they make of such a cell; some mirror the atoms.
void check_cell(const Structure& structure) {
  if (!structure.cell) return;
  const auto& [a, b, c] = structure.cell->vectors;
  const auto& periodic = structure.cell->periodic;
  const double volume = dot(a, cross(b, c));
  if (!(periodic[0] || periodic[1] || periodic[2]) || !(volume < 0.0)) return;
  refuse(structure, "Lattice", "the cell is left-handed", "vectors with a . (b x c) > 0",
         "a . (b x c) = " + text(volume) + " Angstrom^3", "exchange two of the vectors");
}

}  // namespace

void check_atoms(const Structure& structure) {
  check_arrays(structure);
  for (std::size_t i = 0; i < structure.size(); ++i) check_atom(structure, i);
}

void check_structure(const Structure& structure) {
  check_atoms(structure);
  check_cell(structure);
  CellGrid grid(structure.size());
  for (std::size_t i = 0; i < structure.size(); ++i) {
    const Vec3& r = structure.positions[i];
    const int j = grid.closest(r, kClosestAtoms, structure.positions);
    if (j != kNone) {
      const double distance = norm(r - structure.positions[static_cast<std::size_t>(j)]);
      refuse(structure, {}, "two atoms lie on each other",
             "atoms at least " + text(kClosestAtoms) + " Angstrom apart",
             atom_name(structure, static_cast<std::size_t>(j)) + " and " + atom_name(structure, i) +
                 " are " + text(distance) + " Angstrom apart",
             units_hint(structure));
    }
    grid.insert(static_cast<int>(i), r);
  }
}

}  // namespace fusemd
