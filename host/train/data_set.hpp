// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "host/structure.hpp"
#include "weights/model.hpp"

namespace fusemd::train {

/// Names that DataOptions takes for units; the first says that numbers which look like another unit
/// are refused.
const std::vector<std::string>& energy_unit_names();
const std::vector<std::string>& force_unit_names();

struct DataOptions {
  std::string energy_unit = "auto";  ///< auto, eV, hartree, kcal/mol, kJ/mol
  std::string force_unit = "auto";   ///< auto, eV/Angstrom, hartree/bohr, hartree/Angstrom, ...
  double force_limit = 50.0;         ///< eV/Angstrom: frames with a larger force are kept out
  double cutoff = 5.0;               ///< Angstrom, of the model to be trained
  bool labelled = true;              ///< frames must have energies and forces
};

/// Frames of a file that a model can learn from, and what was kept out.
struct DataSet {
  std::vector<Structure> frames;
  std::size_t read = 0, duplicates = 0, outliers = 0, scattered = 0;
  std::vector<std::string> notes;  ///< sentences for the user: what was kept out and why
  std::uint64_t hash = 0;          ///< of all that was read: which data a model comes from
};

/// Reads a data file and checks it for what spoils a model in silence.
///
/// Kept out and counted: exact duplicates (atoms and positions), frames with a force above the
/// limit, frames with an atom beyond the cutoff from all others.
///
/// Errors   InputError naming file and frame: what check_structure() and the reader refuse (charged
///          systems too), no energy, no forces, a periodic cell, the same atoms twice with
///          different labels; forces or energies whose size says hartree or kcal/mol; more than
///          half of the frames kept out, or all.
DataSet read_data(const std::string& path, const DataOptions& options);

/// Slope of energy differences against -F dx between successive frames of a trajectory: 1 if both
/// are in the same unit of energy, 1/27.2 if energies are in hartree. 0 if the frames are too far
/// apart to say.
double energy_over_work(std::span<const Structure> frames);

/// Elements of the frames, ascending.
std::vector<int> elements_of(std::span<const Structure> frames);

/// Refuses elements that occur in fewer than `least` frames, naming each and how often it does.
void require_samples(std::span<const Structure> frames, std::size_t least, const std::string& path);

/// A division of frames into those to learn from and those to choose a model by.
struct Split {
  std::vector<std::size_t> train, valid;  ///< indices of frames, ascending
  std::string description;                ///< "2,574 of 25,740 frames: 8 of 78 trajectories"
};

/// Sets about a tenth of the frames aside: whole groups (Structure::group) where frames have them,
/// else two of twenty contiguous blocks. Never single frames: neighbours in a trajectory are nearly
/// the same frame, and a model would be chosen by what it has seen.
///
/// Result   a function of the frames and the seed.
/// Errors   InputError if there are fewer than 20 frames.
Split set_aside(std::span<const Structure> frames, std::uint64_t seed, const std::string& path);

/// Smallest distances between elements, and temperatures where frames tell them.
TrainingDomain training_domain(std::span<const Structure> frames, const std::string& note);

}  // namespace fusemd::train
