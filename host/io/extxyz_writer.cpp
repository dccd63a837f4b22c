// SPDX-License-Identifier: MIT
#include "host/io/extxyz_writer.hpp"

#include <cmath>
#include <optional>
#include <span>

#include "host/elements.hpp"
#include "host/io/text.hpp"
#include "host/units.hpp"

namespace fusemd {
namespace {

/// The columns of a frame; an empty span leaves its column out.
struct Columns {
  std::span<const int> atomic_numbers;
  std::span<const Vec3> positions;
  std::span<const double> masses;
  std::span<const Vec3> velocities;
  std::span<const Vec3> forces;
};

void append_vector(std::string& text, const Vec3& v) {
  for (const double x : {v.x, v.y, v.z}) {
    text += ' ';
    append_real(text, x);
  }
}

void append_key(std::string& text, std::string_view key, double value) {
  text += key;
  append_real(text, value);
}

void append_key(std::string& text, std::string_view key, std::int64_t value) {
  text += key;
  append_integer(text, value);
}

void append_header(std::string& text,
                   const Columns& columns,
                   std::optional<double> energy,
                   const std::optional<Cell>& cell) {
  append_integer(text, static_cast<std::int64_t>(columns.positions.size()));
  text += '\n';
  if (cell) {
    text += "Lattice=\"";
    const std::size_t start = text.size();
    for (const Vec3& vector : cell->vectors) append_vector(text, vector);
    text.erase(start, 1);  // the blank before the first number
    text += "\" ";
  }
  text += "Properties=species:S:1:pos:R:3";
  if (!columns.masses.empty()) text += ":masses:R:1";
  if (!columns.velocities.empty()) text += ":velo:R:3:momenta:R:3";
  if (!columns.forces.empty()) text += ":forces:R:3";
  if (energy) append_key(text, " energy=", *energy);
  text += " pbc=\"";
  for (std::size_t k = 0; k < 3; ++k) {
    if (k > 0) text += ' ';
    text += cell && cell->periodic[k] ? 'T' : 'F';
  }
  text += '"';
}

void append_atoms(std::string& text, const Columns& columns) {
  static const double kMomentumUnit = std::sqrt(units::kEnergyPerMassVelocity2);
  for (std::size_t i = 0; i < columns.positions.size(); ++i) {
    const int number = columns.atomic_numbers[i];
    text += element_symbol(number);
    append_vector(text, columns.positions[i]);
    const double mass = columns.masses.empty() ? standard_atomic_weight(number) : columns.masses[i];
    if (!columns.masses.empty()) {
      text += ' ';
      append_real(text, mass);
    }
    if (!columns.velocities.empty()) {
      append_vector(text, columns.velocities[i]);
      append_vector(text, (mass * kMomentumUnit) * columns.velocities[i]);
    }
    if (!columns.forces.empty()) append_vector(text, columns.forces[i]);
    text += '\n';
  }
}

}  // namespace

void append_extxyz(std::string& text, const Frame& frame) {
  const Columns columns{frame.atomic_numbers, frame.positions, frame.masses, frame.velocities,
                        frame.forces};
  append_header(text, columns, frame.potential_energy, {});
  append_key(text, " step=", frame.step);
  append_key(text, " time_fs=", frame.time);
  append_key(text, " replica=", std::int64_t{frame.replica});
  append_key(text, " kinetic_energy_eV=", frame.kinetic_energy);
  append_key(text, " temperature_K=", frame.temperature);
  text += '\n';
  append_atoms(text, columns);
}

void append_extxyz(std::string& text, const Structure& structure) {
  Columns columns{.atomic_numbers = structure.atomic_numbers,
                  .positions = structure.positions,
                  .masses = structure.masses,
                  .velocities = {},
                  .forces = {}};
  if (structure.velocities) columns.velocities = *structure.velocities;
  if (structure.forces) columns.forces = *structure.forces;
  append_header(text, columns, structure.energy, structure.cell);
  if (!structure.frequencies.empty()) {
    text += " frequencies_cm1=\"";
    for (std::size_t k = 0; k < structure.frequencies.size(); ++k) {
      if (k > 0) text += ' ';
      append_real(text, structure.frequencies[k]);
    }
    text += '"';
  }
  text += '\n';
  append_atoms(text, columns);
}

}  // namespace fusemd
