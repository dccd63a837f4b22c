// SPDX-License-Identifier: MIT
#include "tools/console.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>
#include <unistd.h>

#include "weights/error.hpp"

namespace fusemd {
namespace {

[[noreturn]] void fail() {
  throw OutputError("cannot write to standard output: " + std::string(std::strerror(errno)));
}

}  // namespace

void print_result(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size()) fail();
}

void flush_results() {
  if (std::fflush(stdout) != 0) fail();
}

void print_note(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stderr);
  std::fflush(stderr);
}

bool notes_go_to_a_terminal() { return isatty(STDERR_FILENO) == 1; }

}  // namespace fusemd
