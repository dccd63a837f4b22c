// SPDX-License-Identifier: MIT
#include "test/simt/cuts/mutation.hpp"

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <stdexcept>
#include <utility>

namespace fusemd::cuts {

using executor::Cut;
using executor::Site;
using executor::VisitedBarrier;
using Noticed = CutResult::Noticed;

namespace {

/// One file has several names: as given here, and as each compiler call found it.
bool same_file(const std::string& a, const std::string& b) {
  return std::filesystem::weakly_canonical(a) == std::filesystem::weakly_canonical(b);
}

/// A case with the barriers that it passes in its uncut run.
struct TracedCase {
  const test::KernelCase* test;
  std::vector<VisitedBarrier> visited;

  /// The site as the compiler names it, or null if the case does not pass it.
  const Site* site_at(const BarrierSite& wanted) const {
    for (const VisitedBarrier& barrier : visited) {
      if (barrier.kind == wanted.kind && barrier.site.line == wanted.line &&
          same_file(barrier.site.file, wanted.file)) {
        return &barrier.site;
      }
    }
    return nullptr;
  }
};

TracedCase trace(const test::KernelCase& test) {
  executor::forget_visited_barriers();
  try {
    test.run();
  } catch (const std::exception& error) {
    throw std::runtime_error(test.name + " fails with no barrier cut: " + error.what());
  }
  return {&test, executor::visited_barriers()};
}

void refuse_unlisted_barriers(const TracedCase& traced,
                              const std::vector<std::string>& files,
                              const std::vector<BarrierSite>& sites) {
  for (const VisitedBarrier& barrier : traced.visited) {
    const bool own = std::any_of(files.begin(), files.end(), [&barrier](const std::string& file) {
      return same_file(file, barrier.site.file);
    });
    const bool listed =
        std::any_of(sites.begin(), sites.end(), [&barrier](const BarrierSite& site) {
          return site.line == barrier.site.line && same_file(site.file, barrier.site.file);
        });
    if (own && !listed) {
      throw std::runtime_error(
          std::string(barrier.site.file) + ":" + std::to_string(barrier.site.line) +
          " is a barrier at run time, but is not found in the source: write the "
          "call on one line");
    }
  }
}

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

CutResult cut_one(const BarrierSite& site, Cut cut, const std::vector<TracedCase>& cases) {
  CutResult result{site, cut, Noticed::never_reached, "", ""};
  // A cut can make a loop endless: stop it early.
  executor::Config config = executor::config();
  config.max_accesses = std::uint64_t{1} << 26;
  const executor::ScopedConfig scope(config);
  for (const TracedCase& traced : cases) {
    const Site* compiled = traced.site_at(site);
    if (compiled == nullptr) continue;
    const executor::ScopedCut scoped_cut(*compiled, cut);
    try {
      traced.test->run();
      if (result.noticed == Noticed::never_reached) result.noticed = Noticed::by_nothing;
    } catch (const executor::KernelFault& fault) {
      return {site, cut, Noticed::by_report, traced.test->name, first_line(fault.what())};
    } catch (const std::exception& error) {
      result = {site, cut, Noticed::by_values, traced.test->name, first_line(error.what())};
    }
  }
  return result;
}

}  // namespace

std::vector<CutResult> cut_every_barrier(const std::vector<std::string>& files,
                                         const std::vector<test::KernelCase>& cases) {
  std::vector<BarrierSite> sites;
  for (const std::string& file : files) {
    for (BarrierSite& site : barrier_sites_of_file(file)) sites.push_back(std::move(site));
  }
  std::vector<TracedCase> traced;
  for (const test::KernelCase& test : cases) {
    traced.push_back(trace(test));
    refuse_unlisted_barriers(traced.back(), files, sites);
  }
  std::vector<CutResult> results;
  for (const BarrierSite& site : sites) {
    for (const Cut cut : {Cut::removed, Cut::unordered}) {
      results.push_back(cut_one(site, cut, traced));
    }
  }
  return results;
}

bool print_cuts(const std::vector<CutResult>& results) {
  std::size_t reported = 0;
  std::size_t by_values = 0;
  for (const CutResult& result : results) {
    const char* how = result.cut == Cut::removed ? "removed" : "unordered";
    std::string outcome;
    switch (result.noticed) {
      case Noticed::by_report:
        ++reported;
        outcome = "reported: " + result.report;
        break;
      case Noticed::by_values:
        ++by_values;
        outcome = "values only: " + result.report;
        break;
      case Noticed::by_nothing:
        outcome = "NOT NOTICED: remove the barrier, or add a case that needs it";
        break;
      case Noticed::never_reached:
        outcome = "NOT REACHED by any case";
        break;
    }
    std::printf("%s:%u %s %s: %s\n", result.site.file.c_str(), result.site.line,
                result.site.name.c_str(), how, outcome.c_str());
  }
  std::printf("%zu barriers, %zu cuts: %zu reported, %zu seen by values only, %zu not noticed\n",
              results.size() / 2, results.size(), reported, by_values,
              results.size() - reported - by_values);
  return reported + by_values == results.size();
}

}  // namespace fusemd::cuts
