// SPDX-License-Identifier: MIT
// Lets one call of operator new after the other fail in every command, until the command succeeds.
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <filesystem>
#include <functional>
#include <random>
#include <string>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

#include "host/io/extxyz_reader.hpp"
#include "host/io/extxyz_writer.hpp"
#include "host/reference/reference_potential.hpp"
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

// Besides the program's exit codes.
constexpr int kNothingFailed = 100;
constexpr int kLeaked = 102;

/// Every call up to here fails once. Most later ones are of loops that have been seen by then, so
/// that of these a sample will do.
constexpr long kEachUpTo = 200;

/// The minute model, with its own energies and forces in the reference frames.
Model consistent_model() {
  Model model = minute_model();
  model.reference_energies.clear();
  const auto potential = reference::make_reference_potential(model);
  for (ReferenceFrame& frame : model.reference_frames) {
    std::vector<Vec3> positions(frame.atomic_numbers.size()), forces(positions.size());
    for (std::size_t i = 0; i < positions.size(); ++i) {
      const double* r = &frame.positions[3 * i];
      positions[i] = {r[0], r[1], r[2]};
    }
    frame.energy = potential->make_evaluator(frame.atomic_numbers)->compute(positions, forces);
    frame.forces.clear();
    for (const Vec3& f : forces) frame.forces.insert(frame.forces.end(), {f.x, f.y, f.z});
  }
  return model;
}

struct Place {
  TemporaryFolder folder;
  std::string model = folder.file("minute.json");
  std::string input = folder.file("water.xyz");
  std::string labels = folder.file("labels.xyz");
  std::string out = folder.file("out");
  std::string words = folder.file("words");

  Place() {
    write_file(model, format_model(consistent_model()));
    write_file(input, "3\nwater\nO 0 0 0.1178\nH 0 0.7555 -0.4712\nH 0 -0.7555 -0.4712\n");
  }
};

/// Standard output and error go to /dev/null for as long as it lives.
class Silence {
 public:
  Silence() {
    std::fflush(nullptr);
    const int nowhere = ::open("/dev/null", O_WRONLY);
    ::dup2(nowhere, STDOUT_FILENO);
    ::dup2(nowhere, STDERR_FILENO);
    ::close(nowhere);
  }
  ~Silence() {
    std::fflush(nullptr);
    ::dup2(out_, STDOUT_FILENO);
    ::dup2(error_, STDERR_FILENO);
    ::close(out_);
    ::close(error_);
  }
  Silence(const Silence&) = delete;
  Silence& operator=(const Silence&) = delete;

 private:
  int out_ = ::dup(STDOUT_FILENO), error_ = ::dup(STDERR_FILENO);
};

/// Runs `command` in a process of its own, with the n-th allocation failing.
/// Returns its exit code, kNothingFailed if it succeeded with fewer allocations, kLeaked if there
/// is more memory in use behind it than before, by fusemd itself, -signal if one ended it.
int attempt(const Place& place, const std::function<int()>& command, long n) {
  std::fflush(nullptr);
  const pid_t child = fork();
  if (child == 0) {
    if (std::freopen(place.words.c_str(), "w", stderr) == nullptr ||
        std::freopen("/dev/null", "w", stdout) == nullptr) {
      std::_Exit(101);
    }
    const long before = live_allocations();
    fail_allocation(n);
    const int code = run_program("fusemd", command);
    fail_allocation(0);
    // A constructor of nlohmann/json that throws loses what it was building.
    const bool leaked = live_allocations() > before && !allocation_failed_in("nlohmann");
    std::fflush(nullptr);
    if (code == kOk && !allocation_failed()) std::_Exit(kNothingFailed);
    std::_Exit(leaked ? kLeaked : code);
  }
  int status = 0;
  REQUIRE(child > 0);
  REQUIRE(waitpid(child, &status, 0) == child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

using PlacedCommand = std::function<int(const Place&)>;
using Preparation = std::function<void(const Place&)>;

/// Of the allocations of `command` one fails at a time: each of the first kEachUpTo, and behind
/// them one of `stride` on average, chosen with a fixed seed; with FUSEMD_EVERY_ALLOCATION set,
/// every one. Each time there are words and the exit code for a lack of memory, or success where it
/// was needed for a nicety only, and nothing of fusemd's leaks. `prepare` leaves what the command
/// needs, once; what it leaves in Place::out is put back each time.
void fail_each(const char* name,
               long stride,
               const PlacedCommand& command,
               const Preparation& prepare = {}) {
  const Place place;
  const std::string prepared = place.folder.file("prepared");
  const auto begin = [&] {
    std::filesystem::remove_all(place.out);
    if (!std::filesystem::exists(prepared)) return;
    std::filesystem::copy(prepared, place.out, std::filesystem::copy_options::recursive);
  };
  CAPTURE(name);
  int usual = kNoDevice;
  {
    const Silence silence;
    if (prepare) prepare(place);
    if (std::filesystem::exists(place.out)) std::filesystem::rename(place.out, prepared);
    begin();
    usual = command(place);  // and fills what lasts as long as the program
  }
  REQUIRE(usual == kOk);
  if (std::getenv("FUSEMD_EVERY_ALLOCATION") != nullptr) stride = 1;
  std::mt19937 chance(11);
  std::uniform_int_distribution<long> leap(1, 2 * stride - 1);
  long refused = 0, tried = 0;
  for (long n = 1;; n += n < kEachUpTo ? 1 : leap(chance)) {
    begin();
    const int code = attempt(
        place, [&] { return command(place); }, n);
    if (code == kNothingFailed) break;
    ++tried;
    if (code == kOk) continue;
    const std::string words = read_file(place.words);
    CAPTURE(name, n, words);
    REQUIRE(code == kNoDevice);
    REQUIRE(words.find("fusemd: out of memory\n  hint:") != std::string::npos);
    ++refused;
  }
  CAPTURE(name, tried);
  REQUIRE(2 * refused > tried);
}

/// Twelve molecules with the model's own energies and forces.
void write_labels(const Place& p) {
  std::vector<Structure> frames = read_extxyz(p.input);
  frames.resize(12, frames.front());
  std::string text;
  for (std::size_t k = 0; k < frames.size(); ++k) {
    frames[k].positions[1].y += 0.01 * static_cast<double>(k);
    append_extxyz(text, frames[k]);
  }
  const std::string bare = p.folder.file("bare.xyz");
  write_file(bare, text);
  REQUIRE(eval_command({"--model", p.model, "--input", bare, "--output", p.labels, "--quiet"}) ==
          kOk);
}

}  // namespace

// fault: memory runs out in `info`, `eval`, `check`, `export`, `relax` or `devices`, at any
// allocation | exit code 4 with the reason, nothing of fusemd's leaks
TEST_CASE("commands that read and compute end with a word when memory runs out") {
  fail_each("info", 30, [](const Place& p) { return info_command({p.model}); });
  fail_each("eval", 30, [](const Place& p) {
    return eval_command({"--model", p.model, "--input", p.input, "--output", p.out});
  });
  fail_each("check", 60, [](const Place& p) { return check_command({p.model}); });
  fail_each("export", 30, [](const Place& p) {
    return export_command({p.model, "--format", "npz", "-o", p.out});
  });
  fail_each("relax", 60, [](const Place& p) {
    return relax_command(
        {"--model", p.model, "--input", p.input, "--output", p.out, "--force-limit", "10"});
  });
  fail_each("devices", 1, [](const Place&) { return devices_command({}); });
}

// fault: memory runs out in `fusemd-import`, at any allocation | exit code 4 with the reason,
// nothing of fusemd's leaks
TEST_CASE("an import ends with a word when memory runs out") {
  for (const char* format : {"npz", "safetensors"}) {
    const auto checkpoint = [format](const Place& p) { return p.folder.file("trained.") + format; };
    fail_each(
        format, 60,
        [&](const Place& p) {
          return import_command({checkpoint(p), "-o", p.out, "--elements", "H,O"});
        },
        [&](const Place& p) {
          return export_command({p.model, "--format", format, "-o", checkpoint(p)});
        });
  }
}

// fault: memory runs out in `train` or `validate`, at any allocation | exit code 4 with the reason,
// nothing of fusemd's leaks
TEST_CASE("commands that learn and judge end with a word when memory runs out") {
  fail_each(
      "train", 400,
      [](const Place& p) {
        return train_command({"--data",
                              p.labels,
                              "--force-unit",
                              "eV/Angstrom",
                              "--energy-unit",
                              "eV",
                              "--valid",
                              p.labels,
                              "--init",
                              p.model,
                              "--frames",
                              "8",
                              "--batch",
                              "4",
                              "--validations",
                              "1",
                              "--threads",
                              "1",
                              "--overwrite",
                              "--out",
                              p.folder.file("learnt.json")});
      },
      write_labels);
  fail_each(
      "validate", 400,
      [](const Place& p) {
        return validate_command({"--model", p.model, "--reference", p.labels, "--nve", "none",
                                 "--threads", "1", "--html", p.folder.file("page.html"),
                                 "--overwrite"});
      },
      write_labels);
}

// fault: memory runs out in `run` or in `run --continue`, at any allocation and in any thread |
// exit code 4 with the reason
TEST_CASE("a run ends with a word when memory runs out, whatever thread notices") {
  for (const char* threads : {"1", "2"}) {
    const auto run = [threads](const Place& p, const char* steps) {
      return run_command(
          {"--model",          p.model, "--input",           p.input,   "--steps",       steps,
           "--replicas",       "2",     "--temperature",     "300,400", "--ensemble",    "langevin",
           "--exchange-every", "10",    "--log-every",       "5",       "--frame-every", "10",
           "--threads",        threads, "--table-intervals", "16",      "--out",         p.out});
    };
    fail_each("run", 60, [&](const Place& p) { return run(p, "20"); });
    fail_each(
        "run --continue", 60,
        [&](const Place& p) {
          return run_command({"--continue", p.out, "--steps", "20", "--threads", threads});
        },
        [&](const Place& p) { return run(p, "10"); });
  }
}

// fault: memory runs out in `run --committee`, at any allocation | exit code 4 with the reason,
// nothing of fusemd's leaks
TEST_CASE("a committee's run ends with a word when memory runs out") {
  fail_each("run --committee", 60, [](const Place& p) {
    return run_command({"--committee", p.model + "," + p.model, "--input", p.input, "--steps", "10",
                        "--frame-every", "5", "--threads", "1", "--table-intervals", "16", "--out",
                        p.out});
  });
}
