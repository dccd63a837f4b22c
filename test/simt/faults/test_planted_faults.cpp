// SPDX-License-Identifier: MIT
// Each planted fault must get the answer that its row demands of this program's level, in order and
// under shuffled schedules; each fault-free twin must pass.
//   PROGRAM plain|sanitized|checked SEEDS
#include <cstdio>
#include <cstring>
#include <exception>
#include <new>
#include <string>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

#include "test/simt/executor/executor.hpp"
#include "test/simt/faults/planted_fault.hpp"
#include "test/simt/support/kernel_case.hpp"

namespace fusemd::faults {

namespace {

using Answer = Demand::Answer;

/// What one launch came to. `anything` means that nothing was noticed.
struct Outcome {
  Answer answer = Answer::anything;
  std::vector<executor::Fault> faults;
  std::string text;
};

Outcome run_here(const PlantedFault& row, bool planted) {
  try {
    row.run(planted);
    return {};
  } catch (const executor::KernelFault& fault) {
    Outcome outcome{Answer::report, {}, fault.what()};
    for (const executor::Finding& finding : fault.findings())
      outcome.faults.push_back(finding.fault);
    return outcome;
  } catch (const test::WrongValue& wrong) {
    return {Answer::wrong_value, {}, wrong.what()};
  }
}

/// The child's outcome, in memory that both processes see.
struct Letter {
  Answer answer;
  std::size_t fault_count;
  executor::Fault faults[16];
  char text[512];
};

/// In a process of its own, which a sanitizer or the memory protection may end.
Outcome run_apart(const PlantedFault& row, bool planted) {
  void* shared =
      mmap(nullptr, sizeof(Letter), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED) throw std::bad_alloc();
  auto* letter = static_cast<Letter*>(shared);
  const pid_t child = fork();
  if (child == 0) {
    if (std::freopen("/dev/null", "w", stderr) == nullptr) _exit(3);
    const Outcome outcome = run_here(row, planted);
    letter->answer = outcome.answer;
    for (const executor::Fault fault : outcome.faults) {
      if (letter->fault_count < std::size(letter->faults))
        letter->faults[letter->fault_count++] = fault;
    }
    std::strncpy(letter->text, outcome.text.c_str(), sizeof letter->text - 1);
    _exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  Outcome outcome{
      letter->answer, {letter->faults, letter->faults + letter->fault_count}, letter->text};
  munmap(shared, sizeof(Letter));
  if (status != 0) outcome = {Answer::death, {}, "the program was ended"};
  return outcome;
}

bool meets(const Outcome& outcome, const Demand& demand) {
  if (demand.answer == Answer::anything) return true;
  if (outcome.answer != demand.answer) return false;
  if (demand.answer != Answer::report) return true;
  for (const executor::Fault fault : outcome.faults) {
    if (fault == demand.fault) return true;
  }
  return false;
}

std::string in_words(const Outcome& outcome) {
  switch (outcome.answer) {
    case Answer::anything:
      return "nothing noticed";
    case Answer::wrong_value:
      return "wrong value";
    case Answer::death:
      return "program ended";
    default:
      break;
  }
  std::string words;
  for (const executor::Fault fault : outcome.faults) {
    words += std::string(words.empty() ? "" : ", ") + executor::fault_name(fault);
  }
  return words;
}

struct Level {
  std::string name;
  unsigned seeds;

  const Demand& demand_of(const PlantedFault& row) const {
    return name == "plain" ? row.plain : name == "sanitized" ? row.sanitized : row.checked;
  }
  Outcome run(const PlantedFault& row, bool planted) const {
    // The checker stops a launch before a bad access happens, so it can go on in this process.
    return name == "checked" ? run_here(row, planted) : run_apart(row, planted);
  }
};

/// Prints a line a row. Returns how many rows failed.
unsigned test_rows(const Level& level) {
  unsigned failures = 0;
  unsigned reported = 0;
  unsigned runs = 0;
  for (const PlantedFault& row : planted_faults()) {
    const Demand& demand = level.demand_of(row);
    std::string problem;
    Outcome in_order;
    unsigned schedule = 0;
    executor::for_each_schedule(level.seeds, [&] {
      const std::string where = " (schedule " + std::to_string(schedule) + ")";
      const Outcome twin = level.run(row, false);
      if (twin.answer != Answer::anything && problem.empty()) {
        problem = "the fault-free twin" + where + ": " + in_words(twin) + ": " + twin.text;
      }
      ++runs;
      if (demand.answer == Answer::not_run) {
        ++schedule;
        return;
      }
      const Outcome outcome = level.run(row, true);
      if (schedule == 0) in_order = outcome;
      if (!meets(outcome, demand) && problem.empty()) {
        problem = "the fault" + where + ": " + in_words(outcome) + ": " + outcome.text;
      }
      if (outcome.answer == Answer::report) ++reported;
      ++runs;
      ++schedule;
    });
    const bool run = demand.answer != Answer::not_run;
    std::printf("%-8s%-42s%s\n", problem.empty() ? "ok" : "FAILED", row.name.c_str(),
                run ? in_words(in_order).c_str() : "not run at this level");
    if (!problem.empty()) {
      std::printf("%s\n", problem.c_str());
      ++failures;
    }
  }
  std::printf("%zu faults, %u runs, %u reports; level %s, in order and %u shuffled schedules\n",
              planted_faults().size(), runs, reported, level.name.c_str(), level.seeds);
  return failures;
}

}  // namespace

}  // namespace fusemd::faults

int main(int count, char** words) {
  if (count != 3) return 2;
  const fusemd::faults::Level level{words[1], static_cast<unsigned>(std::stoul(words[2]))};
  return fusemd::faults::test_rows(level) == 0 ? 0 : 1;
}
