// SPDX-License-Identifier: MIT
#include "tools/interrupt.hpp"

#include <csignal>
#include <string_view>
#include <unistd.h>

namespace fusemd {
namespace {

// A handler reaches nothing but globals, and may touch lock-free atomics only.
std::atomic<bool> stop_requested{false};
std::atomic<bool> checkpoint_requested{false};
std::atomic<bool> attention_wanted{false};
std::atomic<int> signal_number{0};
static_assert(std::atomic<bool>::is_always_lock_free && std::atomic<int>::is_always_lock_free);

void on_signal(int number) {
  if (number == SIGUSR1) {
    checkpoint_requested.store(true);
  } else {
    int none = 0;
    signal_number.compare_exchange_strong(none, number);
    stop_requested.store(true);
  }
  attention_wanted.store(true);
}

void on_signal_while_idle(int number) {
  constexpr std::string_view kWords =
      "fusemd: stopped by a signal before the first step; nothing has been written\n";
  // Only to tell: where it cannot, the exit code does.
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, kWords.data(), kWords.size());
  _exit(128 + number);
}

void set_handler(int number, void (*handler)(int), int flags) {
  struct sigaction action = {};
  action.sa_handler = handler;
  action.sa_flags = flags;
  sigaction(number, &action, nullptr);
}

}  // namespace

InterruptGuard::InterruptGuard(Begin begin) {
  stop_requested.store(false);
  checkpoint_requested.store(false);
  attention_wanted.store(false);
  signal_number.store(0);
  // SA_RESTART: reads and writes in progress go on.
  set_handler(SIGUSR1, on_signal, SA_RESTART);
  if (begin == Begin::at_work) {
    has_work();
    return;
  }
  set_handler(SIGINT, on_signal_while_idle, 0);
  set_handler(SIGTERM, on_signal_while_idle, 0);
}

void InterruptGuard::has_work() {
  // SA_RESETHAND: the handler serves once.
  set_handler(SIGINT, on_signal, SA_RESTART | static_cast<int>(SA_RESETHAND));
  set_handler(SIGTERM, on_signal, SA_RESTART);
}

InterruptGuard::~InterruptGuard() {
  set_handler(SIGINT, SIG_DFL, 0);
  // The work is done or was stopped, and the exit code says which, whatever comes behind it.
  set_handler(SIGTERM, SIG_IGN, 0);
  // A late one asks for a checkpoint that is already there.
  set_handler(SIGUSR1, SIG_IGN, 0);
}

const std::atomic<bool>& InterruptGuard::requested() const { return stop_requested; }
int InterruptGuard::signal() const { return signal_number.load(); }
std::atomic<bool>& InterruptGuard::attention() const { return attention_wanted; }
bool InterruptGuard::take_checkpoint_request() const {
  return checkpoint_requested.exchange(false);
}

}  // namespace fusemd
