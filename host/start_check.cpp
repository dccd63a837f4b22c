// SPDX-License-Identifier: MIT
#include "host/start_check.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <numeric>
#include <utility>

#include "host/elements.hpp"
#include "host/md/degrees_of_freedom.hpp"
#include "host/md/velocities.hpp"

namespace fusemd {
namespace {

constexpr double kStandardDeviations = 5.0;
constexpr double kColdest = 0.05;  // share of the temperature asked for

std::string text(const char* format, double value) {
  char digits[64];
  std::snprintf(digits, sizeof digits, format, value);
  return digits;
}

std::vector<double> masses_of(const Structure& structure) {
  if (!structure.masses.empty()) return structure.masses;
  std::vector<double> masses;
  for (const int z : structure.atomic_numbers) masses.push_back(standard_atomic_weight(z));
  return masses;
}

/// For each atom the first atom of the part it belongs to: atoms within `reach` are of one part.
std::vector<std::size_t> parts_of(const Structure& structure, double reach) {
  const auto& positions = structure.positions;
  std::vector<std::size_t> order(structure.size()), parent(structure.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::iota(parent.begin(), parent.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return std::pair(positions[a].x, a) < std::pair(positions[b].x, b);
  });
  const auto root = [&](std::size_t i) {
    while (parent[i] != i) i = parent[i] = parent[parent[i]];
    return i;
  };
  for (std::size_t a = 0; a < order.size(); ++a) {
    for (std::size_t b = a + 1; b < order.size(); ++b) {
      if (positions[order[b]].x - positions[order[a]].x >= reach) break;
      if (norm(positions[order[b]] - positions[order[a]]) >= reach) continue;
      const std::size_t i = root(order[a]), j = root(order[b]);
      parent[std::max(i, j)] = std::min(i, j);
    }
  }
  std::vector<std::size_t> first(structure.size());
  for (std::size_t i = 0; i < first.size(); ++i) first[i] = root(i);
  return first;
}

std::string separate_parts(const Structure& structure, double cutoff) {
  const std::vector<std::size_t> part = parts_of(structure, cutoff);
  std::vector<std::size_t> sizes(structure.size(), 0);
  for (const std::size_t first : part) ++sizes[first];
  const auto count = std::count_if(sizes.begin(), sizes.end(), [](auto n) { return n > 0; });
  if (count <= 1) return {};
  std::size_t smallest = 0;
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    if (sizes[i] > 0 && (sizes[smallest] == 0 || sizes[i] < sizes[smallest])) smallest = i;
  }
  const std::string atom = "atom " + std::to_string(smallest + 1) + " (" +
                           std::string(element_symbol(structure.atomic_numbers[smallest])) + ")";
  return structure.name + ": " + std::to_string(count) + " parts lie farther than the cutoff of " +
         text("%g", cutoff) + " Angstrom apart and do not act on each other; the smallest is " +
         (sizes[smallest] == 1
              ? atom + " alone"
              : std::to_string(sizes[smallest]) + " atoms, the first of them " + atom);
}

std::string strange_velocities(const Structure& structure, const StartConditions& start) {
  if (!start.uses_given_velocities || !structure.velocities || !(start.temperature > 0.0)) {
    return {};
  }
  const std::vector<double> masses = masses_of(structure);
  const std::int64_t n_f = degrees_of_freedom(start.ensemble, shape_of(structure.positions, masses),
                                              static_cast<std::int64_t>(structure.size()));
  if (n_f == 0) return {};
  const double found = temperature_of(kinetic_energy(*structure.velocities, masses), n_f);
  const double spread = kStandardDeviations * std::sqrt(2.0 / static_cast<double>(n_f));
  const double share = found / start.temperature;
  if (share <= 1.0 + spread && share >= std::max(kColdest, 1.0 - spread)) return {};
  return structure.name + ": its velocities have a temperature of " + text("%.4g", found) +
         " K, and " + text("%.4g", start.temperature) +
         " K was asked for; --velocities exact draws new ones";
}

/// Of a periodic cell check_structure() speaks.
std::string mirrored_cell(const Structure& structure) {
  if (!structure.cell) return {};
  const auto& [a, b, c] = structure.cell->vectors;
  const double volume = dot(a, cross(b, c));
  if (!(volume < 0.0)) return {};
  return structure.name + ": its cell is left-handed (a . (b x c) = " + text("%.4g", volume) +
         " Angstrom^3); it is not periodic, and has no effect";
}

}  // namespace

double longest_timestep(double mass) { return std::sqrt(mass / standard_atomic_weight(1)); }

std::vector<std::string> start_warnings(const Structure& structure, const StartConditions& start) {
  std::vector<std::string> sentences;
  for (std::string sentence : {separate_parts(structure, start.cutoff),
                               strange_velocities(structure, start), mirrored_cell(structure)}) {
    if (!sentence.empty()) sentences.push_back(std::move(sentence));
  }
  return sentences;
}

std::string timestep_warning(const std::vector<Structure>& structures, double timestep) {
  double lightest = std::numeric_limits<double>::infinity();
  for (const Structure& structure : structures) {
    for (const double mass : masses_of(structure)) lightest = std::min(lightest, mass);
  }
  const double longest = longest_timestep(lightest);
  if (timestep <= longest) return {};
  return "a time step of " + text("%g", timestep) + " fs is long for atoms of " +
         text("%g", lightest) + " amu: at most " + text("%.2g", longest) + " fs is advised";
}

}  // namespace fusemd
