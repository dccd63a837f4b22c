// SPDX-License-Identifier: MIT
#include "host/io/restart_file.hpp"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <optional>
#include <span>
#include <utility>

#include <nlohmann/json.hpp>

#include "host/io/atomic_file.hpp"
#include "host/io/state_bytes.hpp"
#include "weights/error.hpp"

namespace fusemd {
namespace {

constexpr std::string_view kFirstLine = "fusemd-restart 2\n";

void put(StateWriter& to, const CloseApproach& approach) {
  to.put(approach.z_a);
  to.put(approach.z_b);
  to.put(approach.first_step);
  to.put(approach.last_step);
  to.put(approach.looks);
  to.put(approach.closest);
}

CloseApproach get_approach(StateReader& from) {
  CloseApproach approach;
  approach.z_a = from.get<int>();
  approach.z_b = from.get<int>();
  approach.first_step = from.get<std::int64_t>();
  approach.last_step = from.get<std::int64_t>();
  approach.looks = from.get<std::int64_t>();
  approach.closest = from.get<double>();
  return approach;
}

void put(StateWriter& to, const ReplicaState& state) {
  to.put(state.replica);
  to.put(state.seed);
  to.put(state.temperature);
  to.put(state.step);
  to.put(state.has_forces);
  to.put(state.failed);
  for (const double energy : {state.potential_energy, state.kinetic_energy, state.heat}) {
    to.put(energy);
  }
  for (const auto* vectors : {&state.positions, &state.velocities, &state.forces}) {
    to.put_counted(std::span<const Vec3>(*vectors));
  }
  to.put(static_cast<std::uint64_t>(state.approaches.size()));
  for (const CloseApproach& approach : state.approaches) put(to, approach);
}

ReplicaState get_state(StateReader& from) {
  ReplicaState state;
  state.replica = from.get<std::int32_t>();
  state.seed = from.get<std::uint64_t>();
  state.temperature = from.get<double>();
  state.step = from.get<std::int64_t>();
  state.has_forces = from.get<bool>();
  state.failed = from.get<bool>();
  for (double* energy : {&state.potential_energy, &state.kinetic_energy, &state.heat}) {
    *energy = from.get<double>();
  }
  for (auto* vectors : {&state.positions, &state.velocities, &state.forces}) {
    *vectors = from.get_counted<Vec3>();
  }
  for (auto n = from.get<std::uint64_t>(); n > 0; --n) {
    state.approaches.push_back(get_approach(from));
  }
  return state;
}

void put(StateWriter& to, const ReplicaFailure& failure) {
  to.put(failure.replica);
  to.put(failure.failure.quantity);
  to.put(failure.failure.step);
  to.put(failure.failure.atom);
  to.put(failure.failure.other_atom);
  to.put(failure.failure.value);
}

ReplicaFailure get_failure(StateReader& from) {
  ReplicaFailure failure;
  failure.replica = from.get<std::int32_t>();
  failure.failure.quantity = from.get<StepFailure::Quantity>();
  failure.failure.step = from.get<std::int64_t>();
  failure.failure.atom = from.get<int>();
  failure.failure.other_atom = from.get<int>();
  failure.failure.value = from.get<double>();
  return failure;
}

/// The file's bytes; nothing, and errno, if it cannot be read.
std::optional<std::string> read_bytes(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return {};
  try {
    return std::string(std::istreambuf_iterator<char>(in), {});
  } catch (const std::ios_base::failure&) {  // a folder of that name
    return {};
  }
}

}  // namespace

std::int64_t Restart::step() const {
  for (const ReplicaState& state : states) {
    if (!state.failed) return state.step;
  }
  return states.empty() ? 0 : states.front().step;
}

std::string restart_bytes(const Restart& restart) {
  StateWriter to(kFirstLine);
  to.put_counted(std::span<const char>(restart.description));
  to.put(restart.number);
  to.put(restart.seconds);
  to.put(restart.files.log);
  to.put(restart.files.trajectory);
  to.put(restart.files.exchange);
  to.put(restart.files.committee);
  to.put(static_cast<std::uint64_t>(restart.states.size()));
  for (const ReplicaState& state : restart.states) put(to, state);
  restart.statistics.save(to);
  to.put(static_cast<std::uint64_t>(restart.failures.size()));
  for (const ReplicaFailure& failure : restart.failures) put(to, failure);
  to.put_counted(std::span<const ExchangeCount>(restart.exchanges));
  return std::move(to).finish();
}

Restart parse_restart(std::string_view bytes, const std::string& file) {
  StateReader from(bytes, kFirstLine, {.file = file, .kind = "checkpoint", .hint = {}});
  Restart restart;
  const std::vector<char> description = from.get_counted<char>();
  restart.description.assign(description.begin(), description.end());
  restart.number = from.get<std::int64_t>();
  restart.seconds = from.get<double>();
  restart.files.log = from.get<std::int64_t>();
  restart.files.trajectory = from.get<std::int64_t>();
  restart.files.exchange = from.get<std::int64_t>();
  restart.files.committee = from.get<std::int64_t>();
  for (auto n = from.get<std::uint64_t>(); n > 0; --n) restart.states.push_back(get_state(from));
  restart.statistics = EnergyStatistics(restart.states.size());
  restart.statistics.restore(from);
  for (auto n = from.get<std::uint64_t>(); n > 0; --n) {
    restart.failures.push_back(get_failure(from));
  }
  restart.exchanges = from.get_counted<ExchangeCount>();
  from.finish();
  return restart;
}

std::string RestartFiles::state_path(std::int64_t number) const {
  return folder_ + "/restart." + std::to_string(number % 2) + ".state";
}

std::vector<std::string> RestartFiles::paths() const {
  return {folder_ + "/restart.json", state_path(0), state_path(1)};
}

void RestartFiles::write(Restart& restart) {
  restart.number = number_ + 1;
  const std::string state = state_path(restart.number);
  write_file_atomically(state, restart_bytes(restart));
  number_ = restart.number;

  nlohmann::ordered_json json = nlohmann::ordered_json::parse(restart.description);
  json["step"] = restart.step();
  json["state"] = state.substr(folder_.size() + 1);
  json["previous"] = state_path(restart.number + 1).substr(folder_.size() + 1);
  json["log_bytes"] = restart.files.log;
  json["trajectory_bytes"] = restart.files.trajectory;
  write_file_atomically(
      folder_ + "/restart.json",
      json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n");
}

RestartFiles::Found RestartFiles::read() {
  std::optional<Found> newest;
  std::string problems;
  for (const std::int64_t slot : {0, 1}) {
    const std::string path = state_path(slot);
    errno = 0;
    const std::optional<std::string> bytes = read_bytes(path);
    if (!bytes) {
      if (errno != ENOENT) problems += path + ": " + std::strerror(errno) + "\n";
      continue;
    }
    try {
      Restart restart = parse_restart(*bytes, path);
      if (newest && newest->restart.number > restart.number) continue;
      newest = Found{std::move(restart), path, {}};
    } catch (const InputError& error) {
      problems += std::string(error.what()) + "\n";
    }
  }
  if (!problems.empty()) problems.pop_back();
  if (!newest) {
    throw InputError(
        {.file = folder_,
         .problem = problems.empty() ? "there is no checkpoint to go on from" : problems,
         .expected = "a run's folder with restart.0.state or restart.1.state",
         .hint = "fusemd run --config " + folder_ +
                 "/run.json --overwrite starts over, with the same bits"});
  }
  number_ = newest->restart.number;
  newest->damaged = problems;
  return std::move(*newest);
}

}  // namespace fusemd
