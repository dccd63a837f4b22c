// SPDX-License-Identifier: MIT
#include "host/train/data_set.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdio>
#include <map>
#include <set>
#include <unordered_map>
#include <utility>

#include "host/element_check.hpp"
#include "host/elements.hpp"
#include "host/io/extxyz_reader.hpp"
#include "host/structure_check.hpp"
#include "host/train/shuffle.hpp"
#include "weights/error.hpp"

namespace fusemd::train {
namespace {

// CODATA 2018.
constexpr double kHartree = 27.211386245988;  // eV
constexpr double kBohr = 0.529177210903;      // Angstrom
constexpr double kKcalPerMol = 0.0433641153;  // eV, thermochemical calorie
constexpr double kKiloJoulePerMol = 0.0103642697;

struct Unit {
  const char* name;
  double size;  // eV or eV/Angstrom
};
constexpr std::array kEnergyUnits = {Unit{"auto", 1.0}, Unit{"eV", 1.0}, Unit{"hartree", kHartree},
                                     Unit{"kcal/mol", kKcalPerMol},
                                     Unit{"kJ/mol", kKiloJoulePerMol}};
constexpr std::array kForceUnits = {Unit{"auto", 1.0},
                                    Unit{"eV/Angstrom", 1.0},
                                    Unit{"hartree/bohr", kHartree / kBohr},
                                    Unit{"hartree/Angstrom", kHartree},
                                    Unit{"kcal/mol/Angstrom", kKcalPerMol},
                                    Unit{"kJ/mol/Angstrom", kKiloJoulePerMol}};

template <std::size_t kCount>
double size_of(const std::array<Unit, kCount>& units, const std::string& name) {
  for (const Unit& unit : units) {
    if (unit.name == name) return unit.size;
  }
  throw std::invalid_argument("no unit of the name " + name);
}

template <std::size_t kCount>
std::vector<std::string> names_of(const std::array<Unit, kCount>& units) {
  std::vector<std::string> names;
  for (const Unit& unit : units) names.emplace_back(unit.name);
  return names;
}

std::string text(double value) {
  std::array<char, 32> digits;
  std::snprintf(digits.data(), digits.size(), "%.3g", value);
  return digits.data();
}

std::string counted(std::size_t count, const std::string& noun) {
  return std::to_string(count) + " " + noun + (count == 1 ? "" : "s");
}

/// FNV-1a over the bits of numbers.
class Hash {
 public:
  void add(std::uint64_t word) {
    for (int k = 0; k < 8; ++k) {
      value_ = (value_ ^ ((word >> (8 * k)) & 0xffU)) * 0x100000001b3U;
    }
  }
  void add(double value) { add(std::bit_cast<std::uint64_t>(value)); }
  void add(const Vec3& v) {
    add(v.x);
    add(v.y);
    add(v.z);
  }
  std::uint64_t value() const { return value_; }

 private:
  std::uint64_t value_ = 0xcbf29ce484222325U;
};

std::uint64_t geometry_hash(const Structure& frame) {
  Hash hash;
  for (const int z : frame.atomic_numbers) hash.add(static_cast<std::uint64_t>(z));
  for (const Vec3& r : frame.positions) hash.add(r);
  return hash.value();
}

double largest_force(const Structure& frame) {
  double largest = 0.0;
  for (const Vec3& f : *frame.forces) largest = std::max(largest, norm(f));
  return largest;
}

/// An atom beyond the cutoff from all others, or the number of atoms if there is none.
std::size_t scattered_atom(const Structure& frame, double cutoff) {
  const std::size_t n = frame.size();
  if (n < 2) return n;
  for (std::size_t i = 0; i < n; ++i) {
    bool alone = true;
    for (std::size_t j = 0; j < n && alone; ++j) {
      alone = i == j || norm(frame.positions[i] - frame.positions[j]) > cutoff;
    }
    if (alone) return i;
  }
  return n;
}

void require_labels(const Structure& frame) {
  if (!frame.energy) {
    throw InputError({.file = frame.name,
                      .key = "energy",
                      .problem = "the frame has no energy",
                      .expected = "energy=NUMBER in the comment line, in eV",
                      .hint = "label the frames first; --teacher MODEL with --unlabelled FILE does "
                              "it with a larger model"});
  }
  if (!frame.forces) {
    throw InputError({.file = frame.name,
                      .key = "forces",
                      .problem = "the frame has no forces",
                      .expected = "a column forces:R:3 in Properties, in eV/Angstrom",
                      .hint = "a force field cannot be learnt from energies alone"});
  }
}

/// Lists the first few frames of a kind.
class Listed {
 public:
  void add(const std::string& name) {
    if (++count_ <= 5) names_ += (names_.empty() ? "" : "; ") + name;
  }
  std::size_t count() const { return count_; }
  std::string text() const {
    return count_ <= 5 ? names_ : names_ + "; and " + std::to_string(count_ - 5) + " more";
  }

 private:
  std::size_t count_ = 0;
  std::string names_;
};

/// Median of the components' sizes: a few wild atoms do not matter.
double typical_force(const Structure& frame) {
  std::vector<double> sizes;
  for (const Vec3& f : *frame.forces) {
    sizes.insert(sizes.end(), {std::abs(f.x), std::abs(f.y), std::abs(f.z)});
  }
  const auto middle = sizes.begin() + static_cast<std::ptrdiff_t>(sizes.size() / 2);
  std::nth_element(sizes.begin(), middle, sizes.end());
  return *middle;
}

/// `sizes` are typical_force() of all frames, those kept out included.
void check_force_unit(std::vector<double> sizes,
                      const std::string& path,
                      const DataOptions& options) {
  if (options.force_unit != "auto" || sizes.size() < 2) return;
  const auto middle = sizes.begin() + static_cast<std::ptrdiff_t>(sizes.size() / 2);
  std::nth_element(sizes.begin(), middle, sizes.end());
  // Molecules at 300 to 1000 K have components of 0.6 to 2 eV/Angstrom.
  const char* unit = *middle > 37.0   ? "kJ/mol/Angstrom"
                     : *middle > 7.0  ? "kcal/mol/Angstrom"
                     : *middle < 0.05 ? "hartree/bohr"
                                      : nullptr;
  if (unit == nullptr) return;
  throw InputError({.file = path,
                    .key = "forces",
                    .problem = "the forces look like " + std::string(unit),
                    .expected = "eV/Angstrom: components of 0.6 to 2 for molecules in motion",
                    .found = text(*middle) + " in the median frame",
                    .hint = "--force-unit " + std::string(unit) +
                            " converts; --force-unit eV/Angstrom takes the numbers as they are"});
}

void check_energy_unit(const DataSet& data, const std::string& path, const DataOptions& options) {
  const double ratio_to_work = energy_over_work(data.frames);
  if (options.energy_unit == "auto" && ratio_to_work > 0.0) {
    for (const Unit& unit : kEnergyUnits) {
      const double ratio = ratio_to_work * unit.size;
      if (unit.size == 1.0 || !(ratio > 0.5 && ratio < 2.0)) continue;
      throw InputError(
          {.file = path,
           .key = "energy",
           .problem = "the energies look like " + std::string(unit.name),
           .expected = "eV: energy differences between frames that match the work of the forces",
           .found = text(ratio_to_work) + " times that work",
           .hint = "--energy-unit " + std::string(unit.name) +
                   " converts; --energy-unit eV takes the numbers as they are"});
    }
  }
}

}  // namespace

const std::vector<std::string>& energy_unit_names() {
  static const std::vector<std::string> names = names_of(kEnergyUnits);
  return names;
}
const std::vector<std::string>& force_unit_names() {
  static const std::vector<std::string> names = names_of(kForceUnits);
  return names;
}

DataSet read_data(const std::string& path, const DataOptions& options) {
  DataSet data;
  const double energy_unit = size_of(kEnergyUnits, options.energy_unit);
  const double force_unit = size_of(kForceUnits, options.force_unit);
  ExtxyzReader reader = ExtxyzReader::open(path);
  std::unordered_map<std::uint64_t, std::vector<std::size_t>> seen;
  Listed outliers, scattered;
  std::vector<double> force_sizes;
  Hash hash;
  while (std::optional<Structure> next = reader.next()) {
    Structure& frame = *next;
    ++data.read;
    check_structure(frame);
    try {
      require_not_periodic(frame.cell);
    } catch (const InputError& error) {
      InputErrorParts parts = error.parts();
      parts.file = frame.name;
      throw InputError(parts);
    }
    frame.cell.reset();
    frame.velocities.reset();
    frame.masses.clear();
    if (options.labelled) {
      require_labels(frame);
      *frame.energy *= energy_unit;
      for (Vec3& f : *frame.forces) f *= force_unit;
      force_sizes.push_back(typical_force(frame));
      hash.add(*frame.energy);
      for (const Vec3& f : *frame.forces) hash.add(f);
    }
    const std::uint64_t geometry = geometry_hash(frame);
    hash.add(geometry);

    auto& same = seen[geometry];
    bool duplicate = false;
    for (const std::size_t k : same) {
      const Structure& other = data.frames[k];
      if (other.atomic_numbers != frame.atomic_numbers || other.positions != frame.positions) {
        continue;
      }
      duplicate = true;
      if (options.labelled && std::abs(*other.energy - *frame.energy) > 1e-3) {
        throw InputError({.file = frame.name,
                          .key = "energy",
                          .problem = "the same atoms in the same places as " + other.name +
                                     ", but another energy",
                          .expected = text(*other.energy) + " eV within 0.001",
                          .found = text(*frame.energy) + " eV",
                          .hint = "do the labels come from two methods?"});
      }
    }
    if (duplicate) {
      ++data.duplicates;
      continue;
    }
    if (options.labelled && largest_force(frame) > options.force_limit) {
      outliers.add(frame.name + " (" + text(largest_force(frame)) + ")");
      continue;
    }
    if (const std::size_t i = scattered_atom(frame, options.cutoff); i < frame.size()) {
      scattered.add(frame.name + " (atom " + std::to_string(i + 1) + ")");
      continue;
    }
    same.push_back(data.frames.size());
    data.frames.push_back(std::move(frame));
  }
  if (options.labelled) check_force_unit(std::move(force_sizes), path, options);
  data.hash = hash.value();
  data.outliers = outliers.count();
  data.scattered = scattered.count();
  if (data.duplicates > 0) {
    data.notes.push_back(path + ": " + counted(data.duplicates, "duplicate") + " left out");
  }
  if (data.outliers > 0) {
    data.notes.push_back(path + ": " + counted(data.outliers, "frame") +
                         " left out with a force above " + text(options.force_limit) +
                         " eV/Angstrom: " + outliers.text());
  }
  if (data.scattered > 0) {
    data.notes.push_back(path + ": " + counted(data.scattered, "frame") +
                         " left out with an atom more than " + text(options.cutoff) +
                         " Angstrom from all others: " + scattered.text());
  }
  if (2 * (data.outliers + data.scattered) > data.read) {
    const bool force = data.outliers >= data.scattered;
    throw InputError(
        {.file = path,
         .key = force ? "forces" : "",
         .problem = "more than half of the frames cannot be learnt from",
         .expected = force ? "forces below " + text(options.force_limit) + " eV/Angstrom"
                           : "every atom within the cutoff of another",
         .found = counted(force ? data.outliers : data.scattered, "frame") + " of " +
                  std::to_string(data.read) + ": " + (force ? outliers : scattered).text(),
         .hint = force ? "are the forces in eV/Angstrom? --force-unit converts, --force-limit "
                         "raises the limit"
                       : "are the positions in Angstrom?"});
  }
  if (options.labelled) check_energy_unit(data, path, options);
  return data;
}

double energy_over_work(std::span<const Structure> frames) {
  double work_squares = 0.0, work_energy = 0.0, energy_squares = 0.0;
  std::size_t steps = 0;
  for (std::size_t k = 1; k < frames.size(); ++k) {
    const Structure &before = frames[k - 1], &now = frames[k];
    if (before.atomic_numbers != now.atomic_numbers || before.group != now.group) continue;
    double work = 0.0, distance = 0.0;
    for (std::size_t i = 0; i < now.size(); ++i) {
      const Vec3 step = now.positions[i] - before.positions[i];
      work -= 0.5 * dot((*before.forces)[i] + (*now.forces)[i], step);
      distance = std::max(distance, norm(step));
    }
    // Further apart the trapezoidal rule says nothing.
    if (distance > 0.5) continue;
    const double energy = *now.energy - *before.energy;
    work_squares += work * work;
    work_energy += work * energy;
    energy_squares += energy * energy;
    ++steps;
  }
  const bool correlated =
      work_energy > 0.0 && work_energy * work_energy > 0.5 * work_squares * energy_squares;
  return steps >= 10 && correlated ? work_energy / work_squares : 0.0;
}

std::vector<int> elements_of(std::span<const Structure> frames) {
  std::set<int> elements;
  for (const Structure& frame : frames) {
    elements.insert(frame.atomic_numbers.begin(), frame.atomic_numbers.end());
  }
  return {elements.begin(), elements.end()};
}

void require_samples(std::span<const Structure> frames,
                     std::size_t least,
                     const std::string& path) {
  std::map<int, std::size_t> count;
  for (const Structure& frame : frames) {
    for (const int z : std::set<int>(frame.atomic_numbers.begin(), frame.atomic_numbers.end())) {
      ++count[z];
    }
  }
  std::string rare;
  for (const auto& [z, n] : count) {
    if (n >= least) continue;
    rare +=
        (rare.empty() ? "" : ", ") + std::string(element_symbol(z)) + " in " + counted(n, "frame");
  }
  if (rare.empty()) return;
  throw InputError(
      {.file = path,
       .problem = "too few frames with some elements",
       .expected = "each element in at least " + std::to_string(least) + " training frames",
       .found = rare,
       .hint = "leave those frames out, or add more of their kind"});
}

Split set_aside(std::span<const Structure> frames, std::uint64_t seed, const std::string& path) {
  constexpr std::size_t kLeastFrames = 20, kBlocks = 20;
  const std::size_t n = frames.size();
  if (n < kLeastFrames) {
    throw InputError({.file = path,
                      .problem = "too few frames to set some aside for validation",
                      .expected = "at least " + std::to_string(kLeastFrames),
                      .found = counted(n, "frame"),
                      .hint = "--valid FILE names frames to validate with"});
  }
  // A group is a name, or without names a block of successive frames.
  std::vector<std::size_t> group(n);
  std::map<std::string, std::size_t> names;
  for (std::size_t k = 0; k < n; ++k) {
    group[k] = names.try_emplace(frames[k].group, names.size()).first->second;
  }
  std::size_t groups = names.size();
  const bool named = groups > 1;
  if (!named) {
    groups = kBlocks;
    for (std::size_t k = 0; k < n; ++k) group[k] = k * kBlocks / n;
  }
  std::vector<std::size_t> size(groups, 0);
  for (const std::size_t g : group) ++size[g];

  std::vector<bool> aside(groups, false);
  std::size_t taken = 0, taken_groups = 0;
  for (const std::size_t g : shuffled(groups, seed, kSplitStream)) {
    if (10 * taken >= n) break;
    // What remains must be the larger part, however the groups are sized.
    if (2 * (taken + size[g]) > n) continue;
    aside[g] = true;
    taken += size[g];
    ++taken_groups;
  }
  Split split;
  for (std::size_t k = 0; k < n; ++k) (aside[group[k]] ? split.valid : split.train).push_back(k);
  split.description = counted(split.valid.size(), "frame") + " of " + std::to_string(n) +
                      " set aside for validation: " + std::to_string(taken_groups) + " of " +
                      std::to_string(groups) +
                      (named ? " trajectories" : " blocks of successive frames");
  return split;
}

TrainingDomain training_domain(std::span<const Structure> frames, const std::string& note) {
  std::map<std::pair<int, int>, double> closest;
  std::set<double> temperatures;
  for (const Structure& frame : frames) {
    if (frame.temperature) temperatures.insert(*frame.temperature);
    for (std::size_t i = 0; i < frame.size(); ++i) {
      for (std::size_t j = 0; j < i; ++j) {
        const std::pair<int, int> pair =
            std::minmax(frame.atomic_numbers[i], frame.atomic_numbers[j]);
        const double distance = norm(frame.positions[i] - frame.positions[j]);
        const auto [entry, is_new] = closest.try_emplace(pair, distance);
        if (!is_new) entry->second = std::min(entry->second, distance);
      }
    }
  }
  TrainingDomain domain;
  for (const auto& [pair, distance] : closest) {
    domain.closest_pairs.push_back({pair.first, pair.second, distance});
  }
  // A list of sampled temperatures, not of every frame's own.
  if (temperatures.size() <= 20)
    domain.temperatures.assign(temperatures.begin(), temperatures.end());
  domain.note = note;
  return domain;
}

}  // namespace fusemd::train
