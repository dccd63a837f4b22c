// SPDX-License-Identifier: MIT
#include "tools/failed_frames.hpp"

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "host/io/atomic_file.hpp"
#include "host/io/extxyz_writer.hpp"
#include "host/md/replica_setup.hpp"
#include "tools/output_folder.hpp"

namespace fusemd {
namespace {

std::string folder_of(const std::string& run) { return run + "/failed"; }

}  // namespace

void write_failed_frames(const std::string& folder,
                         const std::vector<ReplicaFailure>& failures,
                         const std::vector<Structure>& structures,
                         double timestep) {
  std::error_code error;
  auto files = static_cast<std::size_t>(
      std::distance(std::filesystem::directory_iterator(folder_of(folder), error), {}));
  for (const ReplicaFailure& failure : failures) {
    if (failure.last_good.empty() || files >= kMostFailedFiles) continue;
    ++files;
    const Structure& start = structures[structure_of(failure.replica, structures.size())];
    std::string text;
    for (const ReplicaFailure::GoodStep& good : failure.last_good) {
      Frame frame;
      frame.step = good.state.step;
      frame.time = static_cast<double>(good.state.step) * timestep;
      frame.replica = failure.replica;
      frame.atomic_numbers = start.atomic_numbers;
      frame.masses = start.masses;
      frame.positions = good.state.positions;
      frame.velocities = good.state.velocities;
      frame.forces = good.state.forces;
      frame.potential_energy = good.state.potential_energy;
      frame.kinetic_energy = good.state.kinetic_energy;
      frame.temperature = good.temperature;
      append_extxyz(text, frame);
    }
    make_output_folder(folder_of(folder));
    write_file_atomically(
        folder_of(folder) + "/replica-" + std::to_string(failure.replica) + ".xyz", text);
  }
}

void remove_failed_frames(const std::string& folder) {
  namespace fs = std::filesystem;
  std::error_code error;
  std::vector<std::string> files;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder_of(folder), error)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with("replica-") && name.ends_with(".xyz")) files.push_back(entry.path());
  }
  for (const std::string& file : files) remove_earlier(file);
  fs::remove(folder_of(folder), error);  // only if it is empty
}

}  // namespace fusemd
