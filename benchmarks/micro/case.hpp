// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace fusemd::benchmarks {

/// What a piece of code was compared with before it is timed.
struct Check {
  double error = 0.0;      ///< largest deviation over the largest value; NaN fails
  double tolerance = 0.0;  ///< what rounding and the table may cost
  std::string against;
  bool passes() const { return error <= tolerance; }
};

/// The least work that the result needs: what the predicted floor is made of.
struct Work {
  double flops = 0.0;        ///< single precision
  double bytes = 0.0;        ///< all loads and stores: the first-level cache must serve them
  double working_set = 0.0;  ///< bytes touched, each once: they come from where all of them fit
};

/// Code ready to be timed. Made anew for each block of measurements, so that where its memory
/// happens to lie is part of the spread.
struct Subject {
  std::function<void()> prepare;  ///< before each window, not timed; may be empty
  std::function<void(std::size_t repeats)> run;
};

class Stopwatch;

/// One line of the microbenchmark.
struct MicroCase {
  std::string name;   ///< unique: stage/model or shape/size/instruction set
  std::string stage;  ///< what the code does
  std::string shape;  ///< model, or k x n of a matrix
  std::string size;   ///< atoms or rows
  std::string set;    ///< instruction set, or how a device finds its caches
  Work work;
  std::function<Check()> check;
  std::function<Subject()> make;
  std::shared_ptr<Stopwatch> stopwatch;  ///< null: that of the CPU
};

}  // namespace fusemd::benchmarks
