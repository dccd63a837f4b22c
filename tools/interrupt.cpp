// SPDX-License-Identifier: MIT
#include "tools/interrupt.hpp"

#include <csignal>

namespace fusemd {
namespace {

// A handler reaches nothing but globals, and may touch lock-free atomics only.
std::atomic<bool> stop_requested{false};
std::atomic<int> signal_number{0};
static_assert(std::atomic<bool>::is_always_lock_free && std::atomic<int>::is_always_lock_free);

void on_signal(int number) {
  signal_number.store(number);
  stop_requested.store(true);
}

void set_handler(int number, void (*handler)(int), int flags) {
  struct sigaction action = {};
  action.sa_handler = handler;
  action.sa_flags = flags;
  sigaction(number, &action, nullptr);
}

}  // namespace

InterruptGuard::InterruptGuard() {
  stop_requested.store(false);
  signal_number.store(0);
  // SA_RESETHAND: the handler serves once. SA_RESTART: writes in progress go on.
  for (const int number : {SIGINT, SIGTERM}) {
    set_handler(number, on_signal, SA_RESTART | static_cast<int>(SA_RESETHAND));
  }
}

InterruptGuard::~InterruptGuard() {
  for (const int number : {SIGINT, SIGTERM}) set_handler(number, SIG_DFL, 0);
}

const std::atomic<bool>& InterruptGuard::requested() const { return stop_requested; }
int InterruptGuard::signal() const { return signal_number.load(); }

}  // namespace fusemd
