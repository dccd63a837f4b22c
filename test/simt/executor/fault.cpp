// SPDX-License-Identifier: MIT
#include "test/simt/executor/fault.hpp"

#include <algorithm>
#include <utility>

namespace fusemd::executor {

const char* fault_name(Fault fault) {
  switch (fault) {
    case Fault::deadlock:
      return "deadlock";
    case Fault::livelock:
      return "livelock";
    case Fault::divergent_barrier:
      return "divergent barrier";
    case Fault::divergent_collective:
      return "divergent warp collective";
    case Fault::bad_warp_mask:
      return "bad warp mask";
    case Fault::shared_memory_layout:
      return "shared memory layout";
    case Fault::red_zone_damaged:
      return "red zone damaged";
    case Fault::misaligned:
      return "misaligned access";
    case Fault::unfinished_copy:
      return "unfinished asynchronous copy";
    case Fault::cluster_misuse:
      return "cluster misused";
    case Fault::trap:
      return "trap";
    case Fault::outside_launch_bounds:
      return "launch outside the kernel's bounds";
    case Fault::race:
      return "race";
    case Fault::shared_out_of_bounds:
      return "shared memory out of bounds";
    case Fault::global_out_of_bounds:
      return "device memory out of bounds";
    case Fault::not_device_memory:
      return "not device memory";
    case Fault::uninitialised_shared:
      return "uninitialised shared memory";
    case Fault::uninitialised_global:
      return "uninitialised device memory";
    case Fault::runaway:
      return "runaway kernel";
  }
  return "unknown fault";
}

namespace {

std::string joined(const std::vector<Finding>& findings) {
  std::string text;
  for (const Finding& finding : findings) {
    if (!text.empty()) text += '\n';
    text += fault_name(finding.fault);
    text += ": ";
    text += finding.text;
  }
  return text;
}

}  // namespace

KernelFault::KernelFault(std::vector<Finding> findings)
    : std::runtime_error(joined(findings)), findings_(std::move(findings)) {}

bool KernelFault::has(Fault fault) const {
  return std::any_of(findings_.begin(), findings_.end(),
                     [fault](const Finding& finding) { return finding.fault == fault; });
}

}  // namespace fusemd::executor
