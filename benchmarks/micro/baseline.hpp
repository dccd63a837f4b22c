// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "benchmarks/micro/measure.hpp"

namespace fusemd::benchmarks {

/// Which processor and program a measurement belongs to.
struct Provenance {
  std::string machine;  ///< processor's name and number of cores
  std::string commit;
  std::string date;  ///< ISO 8601, UTC
  std::string command;
};

/// The JSON file of --json, which --baseline reads again.
std::string to_json(const std::vector<MicroResult>& results, const Provenance& provenance);

/// What a baseline knows of one case.
struct BaselineCase {
  std::string name;
  std::vector<double> blocks;        ///< MicroResult::blocks
  double wall_over_processor = 1.0;  ///< likewise
};

/// On a core that is shared with other programs, cases that do not fit the second-level cache wait
/// for what those have evicted: they are not judged.
inline constexpr double kBusy = 1.2;
inline constexpr double kFitsBesideOthers = 256.0 * 1024.0;

struct Baseline {
  Provenance provenance;
  std::vector<BaselineCase> cases;
};

/// Errors   InputError: no such file, not JSON, not made by --json.
Baseline read_baseline(const std::string& path);

/// One case against its baseline.
struct Comparison {
  std::string name;
  double ratio = 0.0;        ///< now over then, of the medians of the blocks
  double probability = 1.0;  ///< of so clear an order if nothing had changed
  bool slower = false;       ///< as far as these blocks can tell
  bool faster = false;
};

/// A slowdown counts if it is at least this large; a planted 10 % must be seen, and what moves
/// memory and clocks from run to run must not.
inline constexpr double kSmallestSlowdown = 0.05;

/// And if chance would accuse any of the cases less often than once in a hundred comparisons of all
/// of them, when each suspect is measured this often and must be slower every time.
inline constexpr double kFalseAlarms = 0.01;
inline constexpr int kMeasurements = 3;

/// Looks at the fastest three quarters of the blocks of each: the medians' ratio, and the test of
/// Mann and Whitney (statistics.hpp). `family`: how many cases are compared in all (Bonferroni's
/// correction).
Comparison compare(const std::string& name,
                   const std::vector<double>& then,
                   const std::vector<double>& now,
                   std::size_t family);

}  // namespace fusemd::benchmarks
