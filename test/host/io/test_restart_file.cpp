// SPDX-License-Identifier: MIT
#include <filesystem>
#include <string>

#include <nlohmann/json.hpp>

#include "host/io/restart_file.hpp"
#include "test/support/catch.hpp"
#include "test/support/output_refusal.hpp"
#include "test/support/temporary_folder.hpp"
#include "weights/error.hpp"

using namespace fusemd;
using namespace fusemd::test;

namespace {

Restart example(std::int64_t step) {
  Restart restart;
  restart.description = R"({"format": "fusemd-restart", "model_name": "x"})";
  restart.seconds = 1.0 / 3.0;
  restart.files = {.log = 1234, .trajectory = 56789, .exchange = 77, .committee = 88};
  restart.exchanges = {{.attempts = 9, .accepted = 4}, {.attempts = 8, .accepted = 0}};
  for (int replica = 0; replica < 3; ++replica) {
    ReplicaState state;
    state.replica = 7 + replica;
    state.seed = 0xffffffffffffffffU;
    state.temperature = 300.1 + replica;
    state.step = replica == 0 ? step / 2 : step;
    state.has_forces = true;
    state.failed = replica == 0;
    state.potential_energy = -0.1;
    state.kinetic_energy = 1e-300;
    state.heat = -0.0;
    state.positions = {{0.1, 0.2, 0.3}, {1.0 / 7.0, -0.0, 1e9}};
    state.velocities = {{1e-17, 0, 0}, {0, 2, 0}};
    state.forces = {{-1, -2, -3}, {4, 5, 6}};
    restart.states.push_back(state);
  }
  restart.statistics = EnergyStatistics(3);
  for (int k = 0; k < 300; ++k) {
    for (std::size_t slot = 0; slot < 3; ++slot) {
      restart.statistics.add(slot, 2, 0.01 * k + static_cast<double>(slot), 300.0 + k);
    }
    restart.statistics.end_of_time(50.0 * k);
  }
  restart.failures.push_back(
      {.replica = 7,
       .failure = {
           .quantity = StepFailure::Quantity::temperature, .step = 5, .atom = 1, .value = 1e6}});
  return restart;
}

std::string refusal(RestartFiles files) {
  try {
    files.read();
  } catch (const InputError& error) {
    return error.what();
  }
  return {};
}

}  // namespace

TEST_CASE("a checkpoint comes back as it was") {
  const Restart saved = example(10);
  const Restart read = parse_restart(restart_bytes(saved), "x");
  REQUIRE(read.step() == 10);  // of those that go on
  REQUIRE(read.description == saved.description);
  REQUIRE(read.seconds == saved.seconds);
  REQUIRE(read.files.log == 1234);
  REQUIRE(read.files.trajectory == 56789);
  REQUIRE(read.files.exchange == 77);
  REQUIRE(read.files.committee == 88);
  REQUIRE(read.exchanges.size() == 2);
  REQUIRE(read.exchanges[0].accepted == 4);
  REQUIRE(read.states == saved.states);
  REQUIRE(read.failures.size() == 1);
  REQUIRE(read.failures[0].replica == 7);
  REQUIRE(read.failures[0].failure.quantity == StepFailure::Quantity::temperature);
  REQUIRE(read.failures[0].failure.value == 1e6);
  REQUIRE(restart_bytes(read) == restart_bytes(saved));  // the statistics, too
  REQUIRE(read.statistics.summary().drift == saved.statistics.summary().drift);
}

TEST_CASE("two state files take turns, and the newest whole one is found") {
  const TemporaryFolder folder;
  RestartFiles files(folder.path());
  REQUIRE(refusal(files).find("there is no checkpoint to go on from") != std::string::npos);
  for (const std::int64_t step : {10, 20, 30}) {
    Restart restart = example(step);
    files.write(restart);
    REQUIRE(RestartFiles(folder.path()).read().restart.step() == step);
    const auto json = nlohmann::json::parse(read_file(folder.file("restart.json")));
    REQUIRE(json["step"] == step);
    REQUIRE(json["model_name"] == "x");
    const std::string bytes = read_file(folder.file(json["state"].get<std::string>()));
    REQUIRE(parse_restart(bytes, "x").step() == step);
    REQUIRE(json["state"] != json["previous"]);
  }
  REQUIRE(folder.count() == 3);

  // 30 is the third checkpoint: the odd file. Damage in it leads to 20, and the next checkpoint
  // replaces the damaged file and not the whole one.
  const std::string newest = folder.file("restart.1.state");
  std::string damaged = read_file(newest);
  damaged[100] = static_cast<char>(damaged[100] ^ 1);
  write_file(newest, damaged);
  RestartFiles again(folder.path());
  const auto found = again.read();
  REQUIRE(found.restart.step() == 20);
  REQUIRE(found.file == folder.file("restart.0.state"));
  REQUIRE(found.damaged == newest + ": the checkpoint cannot be used: it is damaged");
  Restart next = example(40);
  again.write(next);
  REQUIRE(RestartFiles(folder.path()).read().restart.step() == 40);
  REQUIRE(RestartFiles(folder.path()).read().damaged.empty());
  REQUIRE(parse_restart(read_file(folder.file("restart.0.state")), "x").step() == 20);

  write_file(folder.file("restart.0.state"), "");
  write_file(newest, "fusemd-restart 3\n");
  REQUIRE(refusal(files).find("it is none of this version") != std::string::npos);
}

TEST_CASE("a checkpoint that cannot be written leaves the others as they are") {
  const TemporaryFolder folder;
  RestartFiles files(folder.path());
  Restart restart = example(10);
  files.write(restart);
  std::filesystem::create_directory(folder.file("restart.0.state"));
  Restart next = example(20);
  REQUIRE_FALSE(refusal_of([&] { files.write(next); }).empty());
  REQUIRE(RestartFiles(folder.path()).read().restart.step() == 10);
}
