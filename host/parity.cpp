// SPDX-License-Identifier: MIT
#include "host/parity.hpp"

#include <cmath>

#include "weights/error.hpp"

namespace fusemd {
namespace {

void add(Deviation& deviation, double difference, std::size_t frame, std::size_t atom) {
  const double size = std::abs(difference);
  deviation.rms += size * size;  // the sum, until finish()
  ++deviation.values;
  // A NaN is the largest of all, and the first one stays.
  if (std::isnan(deviation.largest) || size <= deviation.largest) return;
  deviation.largest = size;
  deviation.frame = frame;
  deviation.atom = atom;
}

void finish(Deviation& deviation) {
  if (deviation.values == 0) return;
  deviation.rms = std::sqrt(deviation.rms / static_cast<double>(deviation.values));
}

void require_reference(const Structure& frame) {
  if (frame.energy && frame.forces) return;
  throw InputError({.file = frame.name,
                    .problem = std::string("no ") + (frame.energy ? "forces" : "energy"),
                    .expected = "energy=... in the second line and a column forces",
                    .hint = "tools/export_from_pytorch.py writes such frames"});
}

std::vector<Vec3> forces_at(Evaluator& evaluator, std::span<const Vec3> positions) {
  std::vector<Vec3> forces(positions.size());
  evaluator.compute(positions, forces);
  return forces;
}

/// The force on `atom` changes by how much if each atom moves along a fixed, uneven direction.
double change_nearby(const Potential& potential, const Structure& frame, std::size_t atom) {
  constexpr double step = 1e-7;  // Angstrom
  const auto evaluator = potential.make_evaluator(frame.atomic_numbers, frame.cell);
  std::vector<Vec3> moved = frame.positions;
  for (std::size_t i = 0; i < moved.size(); ++i) {
    const auto x = static_cast<double>(i + 1);
    moved[i] = moved[i] + step * Vec3{std::sin(x), std::sin(2.0 * x), std::sin(3.0 * x)};
  }
  const Vec3 change =
      forces_at(*evaluator, moved)[atom] - forces_at(*evaluator, frame.positions)[atom];
  return norm(change);
}

}  // namespace

Parity compare_with_frames(const Potential& potential, std::span<const Structure> frames) {
  Parity parity;
  for (std::size_t i = 0; i < frames.size(); ++i) {
    const Structure& frame = frames[i];
    require_reference(frame);
    const auto evaluator = potential.make_evaluator(frame.atomic_numbers, frame.cell);
    std::vector<Vec3> forces(frame.size());
    const double energy = evaluator->compute(frame.positions, forces);
    add(parity.energy, energy - *frame.energy, i, 0);
    for (std::size_t atom = 0; atom < frame.size(); ++atom) {
      const Vec3 difference = forces[atom] - (*frame.forces)[atom];
      for (const double component : {difference.x, difference.y, difference.z}) {
        add(parity.force, component, i, atom);
      }
    }
  }
  finish(parity.energy);
  finish(parity.force);
  if (parity.force.values > 0) {
    parity.force_change_nearby =
        change_nearby(potential, frames[parity.force.frame], parity.force.atom);
  }
  return parity;
}

}  // namespace fusemd
