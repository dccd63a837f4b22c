// SPDX-License-Identifier: MIT
#include "test/simt/checker/source_lines.hpp"

#include <array>
#include <cstdio>
#include <memory>
#include <unistd.h>

#include "test/support/source_tree.hpp"

namespace fusemd::checker {

namespace {

std::string executable_path() {
  std::array<char, 4096> path{};
  const ssize_t length = readlink("/proc/self/exe", path.data(), path.size() - 1);
  return length > 0 ? std::string(path.data(), static_cast<std::size_t>(length)) : std::string();
}

std::string hexadecimal(std::uint32_t counter) {
  std::array<char, 16> text{};
  std::snprintf(text.data(), text.size(), "0x%x", counter);
  return text.data();
}

/// The library under kernel text: a report names the line that uses it.
bool is_vocabulary(const std::string& frame) {
  for (const char* part :
       {"/test/simt/executor/", "/kernels/simt.cuh", "/kernels/copy_async.cuh"}) {
    if (frame.find(part) != std::string::npos) return true;
  }
  return false;
}

std::string without_source_root(std::string frame) {
  const std::string root = test::source_path("");
  const std::size_t at = frame.find(root);
  if (at != std::string::npos) frame = frame.substr(at + root.size());
  const std::size_t remark = frame.find(" (discriminator");
  return frame.substr(0, remark);
}

/// Asks addr2line about counters that are not known yet and enters them into `known`.
void look_up(const std::vector<std::uint32_t>& counters,
             std::unordered_map<std::uint32_t, std::string>& known) {
  // The answer is a line "0x..." a counter, then its frames from the innermost outwards.
  std::string command = "addr2line -a -i -e '" + executable_path() + "'";
  for (const std::uint32_t counter : counters) {
    command += ' ' + hexadecimal(counter);
    known[counter] = hexadecimal(counter);
  }
  command += " 2>/dev/null";
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"), &pclose);
  if (pipe == nullptr) return;
  std::array<char, 4096> buffer{};
  std::uint32_t counter = 0;
  bool found = false;
  while (std::fgets(buffer.data(), static_cast<int>(buffer.size()), pipe.get()) != nullptr) {
    std::string frame(buffer.data());
    while (!frame.empty() && frame.back() == '\n') frame.pop_back();
    if (frame.rfind("0x", 0) == 0) {
      counter = static_cast<std::uint32_t>(std::stoul(frame, nullptr, 16));
      found = false;
    } else if (!found && frame.rfind("??", 0) != 0) {
      known[counter] = without_source_root(frame);
      found = !is_vocabulary(frame);  // an outer frame may still be kernel text
    }
  }
}

}  // namespace

std::unordered_map<std::uint32_t, std::string> source_lines(
    const std::vector<std::uint32_t>& counters) {
  static std::unordered_map<std::uint32_t, std::string> known;
  std::vector<std::uint32_t> unknown;
  for (const std::uint32_t counter : counters) {
    if (!known.contains(counter)) unknown.push_back(counter);
  }
  if (!unknown.empty()) look_up(unknown, known);
  std::unordered_map<std::uint32_t, std::string> lines;
  for (const std::uint32_t counter : counters) lines[counter] = known.at(counter);
  return lines;
}

}  // namespace fusemd::checker
