// SPDX-License-Identifier: MIT
// Runs a program's kernel cases on the executor:
//   PROGRAM [--seeds N] [--streams] [NAME]   cases whose name contains NAME, in order and under N
//   shuffled
//                                            schedules; --streams defers the work of streams
//   PROGRAM --cuts FILE...                   cuts every barrier of the files in turn (checked
//   programs)
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <vector>

#include "test/simt/cuts/mutation.hpp"
#include "test/simt/executor/executor.hpp"
#include "test/simt/executor/memory.hpp"
#include "test/simt/support/kernel_case.hpp"
#include "test/support/skip.hpp"

namespace {

using fusemd::executor::Config;
using fusemd::executor::ScopedConfig;
using fusemd::test::KernelCase;

struct Options {
  unsigned seeds = 20;
  bool deferred_streams = false;
  bool cuts = false;
  std::vector<std::string> words;  ///< files to cut, or part of a case's name
};

Options parse(int count, char** words) {
  Options options;
  for (int i = 1; i < count; ++i) {
    const std::string word = words[i];
    if (word == "--seeds" && i + 1 < count) {
      options.seeds = static_cast<unsigned>(std::stoul(words[++i]));
    } else if (word == "--streams") {
      options.deferred_streams = true;
    } else if (word == "--cuts") {
      options.cuts = true;
    } else {
      options.words.push_back(word);
    }
  }
  return options;
}

void run_once(const KernelCase& test) {
  test.run();
  const std::size_t leaked = fusemd::executor::live_allocations();
  if (leaked > 0) throw std::runtime_error(std::to_string(leaked) + " device buffers leak");
}

/// In order and shuffled; every run must leave the same bits.
void run_schedules(const KernelCase& test, const Options& options) {
  Config config;
  config.streams = options.deferred_streams ? fusemd::executor::StreamOrder::deferred
                                            : fusemd::executor::StreamOrder::immediate;
  const ScopedConfig scope(config);
  bool first = true;
  std::uint64_t in_order = 0;
  fusemd::executor::for_each_schedule(options.seeds, [&] {
    run_once(test);
    const std::uint64_t digest = fusemd::test::take_digest();
    if (first) in_order = digest;
    if (digest != in_order) throw std::runtime_error("other bits than in order");
    first = false;
  });
}

int run_all(const Options& options) {
  unsigned good = 0;
  unsigned failed = 0;
  for (const KernelCase& test : fusemd::test::kernel_cases()) {
    if (!options.words.empty() && test.name.find(options.words.front()) == std::string::npos) {
      continue;
    }
    const auto start = std::chrono::steady_clock::now();
    std::string problem;
    try {
      run_schedules(test, options);
    } catch (const std::exception& error) {
      problem = error.what();
      (void)fusemd::test::take_digest();
    }
    const std::chrono::duration<double, std::milli> time = std::chrono::steady_clock::now() - start;
    std::printf("%-8s%s (%.0f ms)\n", problem.empty() ? "ok" : "FAILED", test.name.c_str(),
                time.count());
    if (!problem.empty()) std::printf("%s\n", problem.c_str());
    ++(problem.empty() ? good : failed);
  }
  std::printf("%u cases passed, %u failed; each in order and under %u shuffled schedules\n", good,
              failed, options.seeds);
  if (failed > 0 || good == 0) return 1;
  return fusemd::test::nothing_ran() ? fusemd::test::kSkipExitCode : 0;
}

}  // namespace

int main(int count, char** words) {
  std::setvbuf(stdout, nullptr, _IOLBF, 0);
  const Options options = parse(count, words);
  if (!options.cuts) return run_all(options);
  try {
    const auto results =
        fusemd::cuts::cut_every_barrier(options.words, fusemd::test::kernel_cases());
    return fusemd::cuts::print_cuts(results) ? 0 : 1;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
