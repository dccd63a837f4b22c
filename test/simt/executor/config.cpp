// SPDX-License-Identifier: MIT
// Configuration, statistics, barrier cuts: what a test sets before a launch and reads after it.
#include <algorithm>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "test/simt/executor/barriers.hpp"
#include "test/simt/executor/executor.hpp"

namespace fusemd::executor {

namespace {

Config& current_config() {
  static Config value;
  return value;
}

}  // namespace

const Config& config() { return current_config(); }

ScopedConfig::ScopedConfig(const Config& value) : before_(std::exchange(current_config(), value)) {}
ScopedConfig::~ScopedConfig() { current_config() = before_; }

void for_each_schedule(unsigned seeds, const std::function<void()>& body) {
  body();
  Config shuffled = config();
  shuffled.shuffled = true;
  for (unsigned seed = 1; seed <= seeds; ++seed) {
    shuffled.seed = seed;
    const ScopedConfig scope(shuffled);
    try {
      body();
    } catch (const std::exception& error) {
      throw std::runtime_error("under shuffled schedule " + std::to_string(seed) + ": " +
                               error.what());
    }
  }
}

Statistics& statistics() {
  static Statistics value;
  return value;
}

// --- barriers
// ----------------------------------------------------------------------------------------

namespace {

struct ActiveCut {
  Site site;
  Cut cut;
};

std::vector<ActiveCut>& cuts() {
  static std::vector<ActiveCut> value;
  return value;
}

std::vector<VisitedBarrier>& visited() {
  static std::vector<VisitedBarrier> value;
  return value;
}

}  // namespace

bool same_site(const Site& a, const Site& b) {
  return a.line == b.line && (a.file == b.file || std::strcmp(a.file, b.file) == 0);
}

ScopedCut::ScopedCut(const Site& site, Cut cut) { cuts().push_back({site, cut}); }
ScopedCut::~ScopedCut() { cuts().pop_back(); }

std::optional<Cut> cut_at(const Site& site) {
  for (const ActiveCut& active : cuts()) {
    if (same_site(active.site, site)) return active.cut;
  }
  return std::nullopt;
}

void note_visited(BarrierKind kind, const Site& site) {
  std::vector<VisitedBarrier>& all = visited();
  // Newest first: a loop passes the same few barriers over and over.
  const bool known = std::any_of(all.rbegin(), all.rend(), [&](const VisitedBarrier& barrier) {
    return barrier.kind == kind && same_site(barrier.site, site);
  });
  if (!known) all.push_back({kind, site});
}

std::vector<VisitedBarrier> visited_barriers() { return visited(); }
void forget_visited_barriers() { visited().clear(); }

}  // namespace fusemd::executor
