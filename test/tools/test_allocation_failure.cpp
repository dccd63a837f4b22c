// SPDX-License-Identifier: MIT
// Lets one call of operator new after the other fail in every command, until the command succeeds.
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <string>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

#include "test/support/allocation_count.hpp"
#include "test/support/catch.hpp"
#include "test/support/temporary_folder.hpp"
#include "test/weights/minute_model.hpp"
#include "tools/commands.hpp"
#include "tools/exit_code.hpp"
#include "tools/program.hpp"
#include "weights/model_file.hpp"

using namespace fusemd;
using namespace fusemd::test;

namespace {

constexpr int kNothingFailed = 100;  // besides the program's exit codes

struct Place {
  TemporaryFolder folder;
  std::string model = folder.file("minute.json");
  std::string input = folder.file("water.xyz");
  std::string out = folder.file("out");
  std::string words = folder.file("words");

  Place() {
    write_file(model, format_model(minute_model()));
    write_file(input, "3\nwater\nO 0 0 0.1178\nH 0 0.7555 -0.4712\nH 0 -0.7555 -0.4712\n");
  }
};

/// Runs `command` in a process of its own, with the n-th allocation failing.
/// Returns its exit code, kNothingFailed if it succeeded with fewer allocations, -signal if one
/// ended it.
int attempt(const Place& place, const std::function<int()>& command, long n) {
  std::fflush(nullptr);
  const pid_t child = fork();
  if (child == 0) {
    if (std::freopen(place.words.c_str(), "w", stderr) == nullptr ||
        std::freopen("/dev/null", "w", stdout) == nullptr) {
      std::_Exit(101);
    }
    fail_allocation(n);
    const int code = run_program("fusemd", command);
    fail_allocation(0);
    std::fflush(nullptr);
    std::_Exit(code == kOk && !allocation_failed() ? kNothingFailed : code);
  }
  int status = 0;
  REQUIRE(child > 0);
  REQUIRE(waitpid(child, &status, 0) == child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

/// Of every `stride` allocations of `command` one fails; with FUSEMD_EVERY_ALLOCATION set, every
/// one: each time there are words and the exit code for a lack of memory, or success where it was
/// needed for a nicety only.
void fail_each(long stride, const std::function<int(const Place&)>& command) {
  const Place place;
  if (std::getenv("FUSEMD_EVERY_ALLOCATION") != nullptr) stride = 1;
  long refused = 0;
  for (long n = 1;; n += stride) {
    std::error_code error;
    std::filesystem::remove_all(place.out, error);
    const int code = attempt(
        place, [&] { return command(place); }, n);
    if (code == kNothingFailed) break;
    if (code == kOk) continue;
    const std::string words = read_file(place.words);
    CAPTURE(n, words);
    REQUIRE(code == kNoDevice);
    REQUIRE(words.find("fusemd: out of memory\n  hint:") != std::string::npos);
    ++refused;
  }
  REQUIRE(refused > 20);
}

}  // namespace

// fault: memory runs out in `info`, `eval`, `export`, `relax` or `devices`, at any allocation |
// exit code 4 with the reason
TEST_CASE("commands that read and compute end with a word when memory runs out") {
  fail_each(5, [](const Place& p) { return info_command({p.model}); });
  fail_each(5, [](const Place& p) {
    return eval_command({"--model", p.model, "--input", p.input, "--output", p.out});
  });
  fail_each(5, [](const Place& p) {
    return export_command({p.model, "--format", "npz", "-o", p.out});
  });
  fail_each(23, [](const Place& p) {
    return relax_command(
        {"--model", p.model, "--input", p.input, "--output", p.out, "--force-limit", "10"});
  });
  fail_each(1, [](const Place&) { return devices_command({}); });
}

// fault: memory runs out in `run`, at any allocation and in any thread | exit code 4 with the
// reason
TEST_CASE("a run ends with a word when memory runs out, whatever thread notices") {
  for (const char* threads : {"1", "2"}) {
    fail_each(23, [threads](const Place& p) {
      return run_command(
          {"--model",          p.model, "--input",           p.input,   "--steps",       "20",
           "--replicas",       "2",     "--temperature",     "300,400", "--ensemble",    "langevin",
           "--exchange-every", "10",    "--log-every",       "5",       "--frame-every", "10",
           "--threads",        threads, "--table-intervals", "16",      "--out",         p.out});
    });
  }
}
