// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>

#include "benchmarks/commands.hpp"
#include "benchmarks/machine.hpp"
#include "benchmarks/micro/baseline.hpp"
#include "benchmarks/micro/cases.hpp"
#include "benchmarks/micro/output.hpp"
#include "host/io/atomic_file.hpp"
#include "host/model_path.hpp"
#include "kernels/device_error.hpp"
#include "tools/console.hpp"
#include "tools/exit_code.hpp"
#include "tools/options.hpp"
#include "tools/progress.hpp"
#include "tools/text_format.hpp"
#include "tools/version.hpp"

namespace fusemd::benchmarks {
namespace {

struct MicroOptions {
  std::string backend = "all", set = "all", filter, baseline, json, csv, handicap;
  std::vector<double> atoms = {12, 96, 996}, copies = {1, 64, 1024};
  std::int64_t device = 0;
  double seconds = 0.25;
  bool list = false;
};

std::vector<MicroCase> cases_of(const MicroOptions& wanted) {
  MicroAxes axes;
  axes.models = model_names();
  for (const double n : wanted.atoms) axes.atoms.push_back(static_cast<std::size_t>(n));
  for (const double n : wanted.copies) axes.copies.push_back(static_cast<std::size_t>(n));
  axes.device = static_cast<int>(wanted.device);
  axes.sets = wanted.set == "all" ? cpu::supported_instruction_sets()
                                  : std::vector{cpu::choose_instruction_set(wanted.set)};
  std::vector<MicroCase> cases;
  const auto add = [&](std::vector<MicroCase> more) {
    std::move(more.begin(), more.end(), std::back_inserter(cases));
  };
  if (wanted.backend != "cuda") {
    add(dense_cases(axes));
    add(stage_cases(axes));
    add(dynamics_cases(axes));
  }
  if (wanted.backend != "cpu") {
    std::string why_not;
    add(cuda_cases(axes, why_not));
    if (!why_not.empty()) {
      if (wanted.backend == "cuda") throw DeviceError(DeviceProblem::unavailable, why_not);
      print_note("SKIPPED: the CUDA kernels: " + why_not + "\n");
    }
  }
  std::erase_if(cases, [&](const MicroCase& one) {
    return one.name.find(wanted.filter) == std::string::npos;
  });
  return cases;
}

std::vector<MicroResult> measured(const std::vector<MicroCase>& cases, const MicroOptions& wanted) {
  ProgressReport report(notes_go_to_a_terminal() ? ProgressReport::Style::bar
                                                 : ProgressReport::Style::none);
  MeasureOptions options;
  options.seconds = wanted.seconds;
  options.handicap = wanted.handicap;
  const auto total = static_cast<std::int64_t>(cases.size());
  options.progress = [&](double share) {
    report.show({.step = static_cast<std::int64_t>(share * static_cast<double>(total)),
                 .steps = total,
                 .fraction = share,
                 .unit = "case"});
  };
  std::vector<MicroResult> results = measure(cases, options);
  report.clear();
  return results;
}

/// Prints every case that changed; returns how many are slower.
std::size_t judge(const std::vector<MicroResult>& results,
                  const std::vector<MicroCase>& cases,
                  const MicroOptions& wanted,
                  const Baseline& baseline) {
  if (baseline.provenance.machine != machine_name()) {
    print_note("note: the baseline is of another machine (" + baseline.provenance.machine +
               "), so what follows says little\n");
  }
  std::size_t slower = 0, compared = 0, not_judged = 0;
  std::vector<std::string> missing;
  for (const BaselineCase& then : baseline.cases) {
    const auto found = std::find_if(results.begin(), results.end(), [&](const MicroResult& one) {
      return one.subject.name == then.name;
    });
    if (found == results.end() || found->blocks.empty()) {
      missing.push_back(then.name);
      continue;
    }
    const bool busy = std::max(then.wall_over_processor, found->wall_over_processor) > kBusy;
    if (busy && found->subject.work.working_set > kFitsBesideOthers) {
      ++not_judged;
      continue;
    }
    ++compared;
    Comparison verdict = compare(then.name, then.blocks, found->blocks, baseline.cases.size());
    for (int again = 1; again < kMeasurements && verdict.slower; ++again) {
      const auto suspect = std::find_if(
          cases.begin(), cases.end(), [&](const MicroCase& one) { return one.name == then.name; });
      const std::vector<MicroResult> repeated = measured({*suspect}, wanted);
      verdict = compare(then.name, then.blocks, repeated.front().blocks, baseline.cases.size());
    }
    if (!verdict.slower && !verdict.faster) continue;
    slower += verdict.slower ? 1 : 0;
    print_result(formatted("%s %-48s %+.1f %%  p = %.1e\n", verdict.slower ? "SLOWER" : "faster",
                           then.name.c_str(), 100.0 * (verdict.ratio - 1.0), verdict.probability));
  }
  if (not_judged > 0) {
    print_result(formatted(
        "%zu cases were not judged: other programs took their share of the processor, and these do "
        "not fit its second-level cache\n",
        not_judged));
  }
  if (!missing.empty()) {
    print_result(formatted("%zu cases of the baseline were not measured, %s the first\n",
                           missing.size(), missing.front().c_str()));
  }
  print_result(formatted("%zu cases compared with commit %s: %zu slower\n", compared,
                         baseline.provenance.commit.c_str(), slower));
  return slower;
}

}  // namespace

int micro_command(const std::vector<std::string>& arguments) {
  MicroOptions wanted;
  Options options("fusemd-bench micro",
                  "Times every stage of an evaluation and every microkernel alone, after checking "
                  "it, and compares with the least time that its flops and bytes need.");
  options.group("What");
  options.choice("backend", wanted.backend, {"all", "cpu", "cuda"}, "whose kernels");
  options.choice("instruction-set", wanted.set, {"all", "auto", "sse4", "avx2", "avx512"},
                 "of the CPU kernels; all: each that this processor has");
  options.numbers("atoms", wanted.atoms, {3, 20'000}, "", "sizes of the molecules");
  options.numbers("copies", wanted.copies, {1, 100'000}, "",
                  "of the molecule in a batch, on a GPU");
  options.integer("device", wanted.device, {0, 1000}, "number of the GPU");
  options.text("filter", wanted.filter, "TEXT", "only cases with this in their name");
  options.flag("list", wanted.list, "print the names of the cases and end");
  options.group("How long");
  options.number("seconds", wanted.seconds, {1e-3, 60.0}, "s", "at most for one case");
  options.group("Results");
  options.text("json", wanted.json, "FILE", "write everything measured");
  options.text("csv", wanted.csv, "FILE", "write the table, comma separated");
  options.text("baseline", wanted.baseline, "FILE",
               "compare with an earlier --json; ends with 6 if a case is slower");
  options.text("handicap", wanted.handicap, "TEXT",
               "make cases with this in their name do a tenth more work: a test of --baseline");
  options.examples(
      "Examples:\n"
      "  fusemd-bench micro --filter convolution --instruction-set auto\n"
      "  fusemd-bench micro --json before.json\n"
      "  fusemd-bench micro --baseline before.json\n\n"
      "Columns: median and first percentile (p1) of one call; spread, half the distance of the\n"
      "quartiles; floor, the largest of flops / FMA peak, loads and stores / bandwidth of the\n"
      "first-level cache, and working set / bandwidth of what holds it, all three measured; ratio\n"
      "of p1 to it; deviation in the check.");
  options.parse(arguments);

  Baseline baseline;
  if (!wanted.baseline.empty()) baseline = read_baseline(wanted.baseline);
  const std::vector<MicroCase> cases = cases_of(wanted);
  if (wanted.list) {
    for (const MicroCase& one : cases) print_result(one.name + "\n");
    return kOk;
  }
  if (cases.empty()) {
    options.refuse("filter", "no case has this in its name", "part of a name",
                   "fusemd-bench micro --list prints the names");
  }
  const std::vector<MicroResult> results = measured(cases, wanted);

  std::string command = "fusemd-bench micro";
  for (const std::string& argument : arguments) command += " " + argument;
  print_result(machine_name() + ", commit " + commit() + "\n\n" + micro_table(results));
  if (!wanted.json.empty()) {
    write_file_atomically(wanted.json,
                          to_json(results, {machine_name(), commit(), utc_date(), command}));
  }
  if (!wanted.csv.empty()) write_file_atomically(wanted.csv, micro_csv(results));

  const auto wrong = std::count_if(results.begin(), results.end(),
                                   [](const MicroResult& one) { return !one.check.passes(); });
  if (wrong > 0) print_result(formatted("\n%td cases computed something wrong\n", wrong));
  if (wanted.baseline.empty()) return wrong > 0 ? kCheckFailed : kOk;
  print_result("\n");
  const std::size_t slower = judge(results, cases, wanted, baseline);
  return wrong > 0 || slower > 0 ? kCheckFailed : kOk;
}

}  // namespace fusemd::benchmarks
