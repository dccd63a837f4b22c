// SPDX-License-Identifier: MIT
// Memory and start-up: of `fusemd run` itself, as a user starts it.
#include <algorithm>
#include <fcntl.h>
#include <filesystem>
#include <spawn.h>
#include <stdexcept>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "benchmarks/clock.hpp"
#include "benchmarks/condensed.hpp"
#include "benchmarks/report/measure_report.hpp"
#include "host/io/atomic_file.hpp"
#include "tools/output_folder.hpp"
#include "tools/text_format.hpp"

extern char** environ;

namespace fusemd::benchmarks {
namespace {

struct Finished {
  double seconds = 0.0, peak_bytes = 0.0;
};

Finished run_program(const std::vector<std::string>& arguments) {
  std::vector<char*> words;
  for (const std::string& word : arguments) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  const double start = now();
  pid_t child = 0;
  posix_spawn_file_actions_t silent;
  posix_spawn_file_actions_init(&silent);
  posix_spawn_file_actions_addopen(&silent, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  const int failed = posix_spawn(&child, words[0], &silent, nullptr, words.data(), environ);
  posix_spawn_file_actions_destroy(&silent);
  if (failed != 0) {
    throw std::runtime_error("cannot start " + arguments[0]);
  }
  int status = 0;
  rusage usage{};
  if (wait4(child, &status, 0, &usage) != child || !WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    throw std::runtime_error(arguments[0] + " failed");
  }
  return {now() - start, 1024.0 * static_cast<double>(usage.ru_maxrss)};
}

std::string benzene_text() {
  const Structure molecule = benzene_molecule();
  std::string text = std::to_string(molecule.size()) + "\nbenzene\n";
  for (std::size_t i = 0; i < molecule.size(); ++i) {
    const Vec3& r = molecule.positions[i];
    text += formatted("%s %.8f %.8f %.8f\n", molecule.atomic_numbers[i] == 6 ? "C" : "H", r.x, r.y,
                      r.z);
  }
  return text;
}

}  // namespace

/// Comes first: until it has replaced itself a child counts the memory of this program as its own,
/// which must therefore still be small.
void measure_processes(const ReportPlan& plan, std::vector<ModelReport>& models) {
  namespace fs = std::filesystem;
  const fs::path program = fs::read_symlink("/proc/self/exe").parent_path() / "fusemd";
  if (!fs::exists(program)) {
    throw std::runtime_error("there is no fusemd beside this program: " + program.string());
  }
  const fs::path scratch = fs::path(plan.folder) / "processes";
  make_output_folder(scratch.string());
  const std::string input = (scratch / "benzene.xyz").string();
  write_file_atomically(input, benzene_text());
  const auto run = [&](const std::string& model, std::size_t replicas) {
    const std::string folder = (scratch / "run").string();
    const Finished result =
        run_program({program.string(), "run", "--model", model, "--input", input, "--steps", "1",
                     "--replicas", std::to_string(replicas), "--threads", "1", "--frame-every", "0",
                     "--quiet", "--out", folder});
    fs::remove_all(folder);
    return result;
  };
  const int rounds = plan.seconds < 0.5 ? 2 : 9;
  std::vector<std::vector<double>> starts(models.size());
  for (int round = 0; round < rounds; ++round) {
    for (std::size_t m = 0; m < models.size(); ++m) {
      const Finished one = run(models[m].name, 1);
      starts[m].push_back(one.seconds);
      models[m].peak_bytes = std::max(models[m].peak_bytes, one.peak_bytes);
    }
  }
  constexpr std::size_t kMany = 4096;
  for (std::size_t m = 0; m < models.size(); ++m) {
    models[m].start_seconds = summarise(starts[m]);
    models[m].bytes_a_replica = (run(models[m].name, kMany).peak_bytes - models[m].peak_bytes) /
                                static_cast<double>(kMany - 1);
  }
  fs::remove_all(scratch);
}

}  // namespace fusemd::benchmarks
