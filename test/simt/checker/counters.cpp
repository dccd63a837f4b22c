// SPDX-License-Identifier: MIT
#include "test/simt/checker/counters.hpp"

#include <algorithm>
#include <bit>

#include "test/simt/checker/source_lines.hpp"

namespace fusemd::checker {

namespace {

constexpr std::uintptr_t kSectorBytes = 32;
constexpr std::uintptr_t kBankBytes = 4;
constexpr std::size_t kBanks = 32;
constexpr std::size_t kPassBytes = kBanks * kBankBytes;  ///< what shared memory serves in one pass

TrafficCount* active = nullptr;

}  // namespace

TrafficCount::TrafficCount() { active = this; }
TrafficCount::~TrafficCount() { active = nullptr; }

void TrafficCount::record(std::uint32_t pc,
                          const void* address,
                          std::size_t bytes,
                          Space space,
                          bool write,
                          std::uint64_t warp,
                          unsigned lane) {
  if (active == nullptr) return;
  active->add(pc, reinterpret_cast<std::uintptr_t>(address), bytes, space, write, warp, lane);
}

void TrafficCount::end_of_blocks() {
  if (active != nullptr) active->close_requests();
}

void TrafficCount::add(std::uint32_t pc,
                       std::uintptr_t address,
                       std::size_t bytes,
                       Space space,
                       bool write,
                       std::uint64_t warp,
                       unsigned lane) {
  Instruction& instruction = instructions_[pc];
  instruction.traffic.space = space;
  instruction.traffic.write = write;
  instruction.width = static_cast<unsigned>(bytes);
  ++instruction.traffic.lane_accesses;
  instruction.traffic.bytes += bytes;
  Open& open = instruction.warps[warp];
  const std::uint32_t number = open.count[lane]++ - open.first;
  if (number >= open.requests.size()) open.requests.resize(number + 1);
  Request& request = open.requests[number];
  request.lanes |= 1u << lane;
  request.addresses[lane] = address;
}

/// Sectors and conflicts of one request.
void TrafficCount::close(Instruction& instruction, const Request& request) {
  if (request.lanes == 0) return;
  Traffic& traffic = instruction.traffic;
  const std::uintptr_t width = instruction.width;
  ++traffic.requests;
  if (traffic.space == Space::global) {
    std::vector<std::uintptr_t> sectors;
    for (std::uint32_t rest = request.lanes; rest != 0; rest &= rest - 1) {
      const std::uintptr_t address =
          request.addresses[static_cast<unsigned>(std::countr_zero(rest))];
      for (std::uintptr_t s = address / kSectorBytes; s <= (address + width - 1) / kSectorBytes;
           ++s) {
        sectors.push_back(s);
      }
    }
    std::sort(sectors.begin(), sectors.end());
    sectors.erase(std::unique(sectors.begin(), sectors.end()), sectors.end());
    traffic.sectors += sectors.size();
    const auto lanes = static_cast<std::uintptr_t>(std::popcount(request.lanes));
    // Lanes that read one and the same address need it once, so the count can lie below this.
    traffic.least_sectors +=
        std::min<std::uintptr_t>((lanes * width + kSectorBytes - 1) / kSectorBytes, sectors.size());
    return;
  }
  // Wider accesses are served a half or a quarter of the warp at a time.
  const std::size_t lanes_a_pass = std::min<std::size_t>(
      executor::kLanes, kPassBytes / std::max<std::size_t>(width, kBankBytes));
  for (std::size_t begin = 0; begin < executor::kLanes; begin += lanes_a_pass) {
    std::array<std::vector<std::uintptr_t>, kBanks> words;
    std::size_t passes = 0;
    for (std::size_t l = begin; l < begin + lanes_a_pass; ++l) {
      if ((request.lanes >> l & 1) == 0) continue;
      const std::uintptr_t address = request.addresses[l];
      for (std::uintptr_t w = address / kBankBytes; w <= (address + width - 1) / kBankBytes; ++w) {
        std::vector<std::uintptr_t>& bank = words[w % kBanks];
        if (std::find(bank.begin(), bank.end(), w) == bank.end()) bank.push_back(w);
        passes = std::max(passes, bank.size());
      }
    }
    if (passes > 1) traffic.bank_conflicts += passes - 1;
  }
}

void TrafficCount::close_requests() {
  for (auto& [pc, instruction] : instructions_) {
    for (const auto& [warp, open] : instruction.warps) {
      for (const Request& request : open.requests) close(instruction, request);
    }
    instruction.warps.clear();
  }
}

std::vector<Traffic> TrafficCount::by_instruction() const {
  std::vector<std::uint32_t> counters;
  for (const auto& [pc, instruction] : instructions_) counters.push_back(pc);
  std::sort(counters.begin(), counters.end());
  const auto lines = source_lines(counters);
  std::vector<Traffic> result;
  for (const std::uint32_t pc : counters) {
    result.push_back(instructions_.at(pc).traffic);
    result.back().source = lines.at(pc);
  }
  return result;
}

TrafficTotals TrafficCount::totals() const {
  TrafficTotals totals;
  for (const auto& [pc, instruction] : instructions_) {
    const Traffic& traffic = instruction.traffic;
    if (traffic.space == Space::shared) {
      totals.shared_bytes += traffic.bytes;
      totals.shared_requests += traffic.requests;
      totals.bank_conflicts += traffic.bank_conflicts;
    } else {
      (traffic.write ? totals.global_written_bytes : totals.global_read_bytes) += traffic.bytes;
      totals.global_sectors += traffic.sectors;
      totals.least_global_sectors += traffic.least_sectors;
    }
  }
  return totals;
}

}  // namespace fusemd::checker
