// SPDX-License-Identifier: MIT
#include "benchmarks/machine.hpp"

#include <array>
#include <ctime>
#include <fstream>
#include <sched.h>

namespace fusemd::benchmarks {
namespace {

/// The value of the first line "key : value" of /proc/cpuinfo.
std::string cpuinfo(const std::string& key) {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    const std::size_t colon = line.find(':');
    if (colon == std::string::npos || !line.starts_with(key)) continue;
    const std::size_t end = line.find_last_not_of(" \t", colon - 1);
    if (line.substr(0, end + 1) != key) continue;
    return colon + 2 <= line.size() ? line.substr(colon + 2) : "";
  }
  return "";
}

}  // namespace

std::string processor_name() {
  const std::string name = cpuinfo("model name"), family = cpuinfo("cpu family"),
                    model = cpuinfo("model");
  if (name.empty()) return "unknown";
  return family.empty() ? name : name + ", family " + family + " model " + model;
}

std::size_t available_processors() {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) != 0) return 1;
  return static_cast<std::size_t>(CPU_COUNT(&set));
}

std::string machine_name() {
  const std::size_t count = available_processors();
  return processor_name() + ", " + std::to_string(count) +
         (count == 1 ? " processor" : " processors");
}

std::string utc_date() {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  gmtime_r(&now, &utc);
  std::array<char, 32> text{};
  std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &utc);
  return text.data();
}

}  // namespace fusemd::benchmarks
