// SPDX-License-Identifier: MIT
#include "host/training_range.hpp"

#include <algorithm>
#include <cstdio>
#include <functional>
#include <map>
#include <numeric>
#include <utility>

#include "host/elements.hpp"

namespace fusemd {
namespace {

std::string two_decimals(double value) {
  char buffer[32];
  std::snprintf(buffer, sizeof buffer, "%.2f", value);
  return buffer;
}

/// "C 3"
std::string atom_name(const Structure& structure, std::size_t i) {
  return std::string(element_symbol(structure.atomic_numbers[i])) + " " + std::to_string(i + 1);
}

/// Calls visit(i, j, distance), i < j, for every pair of atoms nearer than `reach`.
void for_each_near_pair(const Structure& structure,
                        double reach,
                        const std::function<void(std::size_t, std::size_t, double)>& visit) {
  std::vector<std::size_t> order(structure.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto& positions = structure.positions;
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return std::pair(positions[a].x, a) < std::pair(positions[b].x, b);
  });
  for (std::size_t a = 0; a < order.size(); ++a) {
    for (std::size_t b = a + 1; b < order.size(); ++b) {
      const auto [i, j] = std::minmax(order[a], order[b]);
      if (positions[order[b]].x - positions[order[a]].x >= reach) break;
      const double distance = norm(positions[i] - positions[j]);
      if (distance < reach) visit(i, j, distance);
    }
  }
}

}  // namespace

std::vector<std::string> beyond_training(const Structure& structure, const TrainingDomain& domain) {
  std::map<std::pair<int, int>, double> closest;  // in training
  double reach = 0.0;
  for (const TrainingDomain::ClosestPair& pair : domain.closest_pairs) {
    closest[std::minmax(pair.z_a, pair.z_b)] = pair.distance;
    reach = std::max(reach, pair.distance);
  }

  struct Nearest {
    double distance;
    std::size_t i, j;
  };
  std::map<std::pair<int, int>, Nearest> found;
  for_each_near_pair(structure, reach, [&](std::size_t i, std::size_t j, double distance) {
    const std::pair<int, int> elements =
        std::minmax(structure.atomic_numbers[i], structure.atomic_numbers[j]);
    const auto limit = closest.find(elements);
    if (limit == closest.end() || distance >= limit->second) return;
    const auto [entry, is_new] = found.try_emplace(elements, Nearest{distance, i, j});
    if (!is_new && distance < entry->second.distance) entry->second = {distance, i, j};
  });

  std::vector<std::string> sentences;
  for (const auto& [elements, nearest] : found) {
    sentences.push_back(structure.name + ": atoms " + atom_name(structure, nearest.i) + " and " +
                        atom_name(structure, nearest.j) + " are " + two_decimals(nearest.distance) +
                        " Angstrom apart; the training data has none nearer than " +
                        two_decimals(closest.at(elements)) + " Angstrom");
  }
  return sentences;
}

}  // namespace fusemd
