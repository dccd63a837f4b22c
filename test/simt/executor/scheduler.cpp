// SPDX-License-Identifier: MIT
#include "test/simt/executor/scheduler.hpp"

#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <pthread.h>
#include <utility>

#include "test/simt/executor/context.hpp"
#include "test/simt/executor/memory.hpp"

#if defined(__SANITIZE_ADDRESS__)
extern "C" void __sanitizer_start_switch_fiber(void**, const void*, std::size_t);
extern "C" void __sanitizer_finish_switch_fiber(void*, const void**, std::size_t*);
#endif

namespace fusemd::executor {

ThreadView* view = nullptr;
Fiber* current = nullptr;
bool in_kernel = false;
Observer* observer = nullptr;

namespace {

Fiber main_fiber;  ///< stands for the stack that launched the grid
std::vector<Fiber*> ready;
std::size_t head = 0;  ///< fibers before it have had their turn
std::mt19937_64 generator;
std::uint64_t idle_spins = 0;
bool failed = false;
std::vector<Finding> failures;  ///< at most one

#if defined(__SANITIZE_ADDRESS__)
struct StackBounds {
  const void* lowest = nullptr;
  std::size_t bytes = 0;
};

StackBounds own_stack() {
  thread_local StackBounds bounds;
  if (bounds.bytes == 0) {
    pthread_attr_t attributes;
    void* lowest = nullptr;
    if (pthread_getattr_np(pthread_self(), &attributes) != 0) std::abort();
    pthread_attr_getstack(&attributes, &lowest, &bounds.bytes);
    pthread_attr_destroy(&attributes);
    bounds.lowest = lowest;
  }
  return bounds;
}

void announce_switch(Fiber& from, const Fiber& to) {
  const bool to_main = &to == &main_fiber;
  const StackBounds main_stack = own_stack();
  // A fiber that ends passes null: its fake frames are freed.
  __sanitizer_start_switch_fiber(from.waiting == Waiting::done ? nullptr : &from.sanitizer_stack,
                                 to_main ? main_stack.lowest : to.stack,
                                 to_main ? main_stack.bytes : kStackBytes);
}
void announce_arrival(void* sanitizer_stack) {
  __sanitizer_finish_switch_fiber(sanitizer_stack, nullptr, nullptr);
}
#else
void announce_switch(Fiber&, const Fiber&) {}
void announce_arrival(void*) {}
#endif

void switch_to(Fiber& to) {
  Fiber& from = current != nullptr ? *current : main_fiber;
  // Saving and restoring through one variable would lose the saved value.
  if (&to == &from) return;
  ++statistics().switches;
  const bool to_main = &to == &main_fiber;
  current = to_main ? nullptr : &to;
  view = to_main ? nullptr : to.view;
  announce_switch(from, to);
  fusemd_switch_context(&from.stack_pointer, to.stack_pointer);
  announce_arrival(from.sanitizer_stack);
}

Fiber& next_fiber() {
  if (head == ready.size()) {
    ready.clear();
    head = 0;
    return main_fiber;
  }
  if (config().shuffled) {
    std::swap(ready[head], ready[head + generator() % (ready.size() - head)]);
  }
  return *ready[head++];
}

std::size_t ready_count() { return ready.size() - head; }

/// Spinning threads push themselves back for ever: drop the part of the queue that has had its
/// turn.
void push_ready(Fiber& fiber) {
  constexpr std::size_t kCompactAt = 4096;
  if (head >= kCompactAt) {
    ready.erase(ready.begin(), ready.begin() + static_cast<std::ptrdiff_t>(head));
    head = 0;
  }
  ready.push_back(&fiber);
}

[[noreturn]] void leave_for_good() {
  current->waiting = Waiting::done;
  switch_to(failed ? main_fiber : next_fiber());
  std::abort();  // nobody switches to a fiber that is done
}

void end_fiber() {
  Fiber& fiber = *current;
  Block& block = *fiber.block;
  if (fiber.copies != nullptr && !fiber.copies->pending.empty()) {
    fail(Fault::unfinished_copy,
         "block %u thread %u ended with %zu asynchronous copies that it never waited for",
         block.index, fiber.index, fiber.copies->pending.size());
  }
  block.warps[fiber.warp].alive &= ~(1u << fiber.lane);
  --block.alive;
  --block.grid->alive;
  if (block.cluster != nullptr) --block.cluster->alive;
  note_progress();
  complete_waits_after_exit(block);
}

void fiber_main() {
  announce_arrival(nullptr);
  const KernelCall& call = current->block->grid->call;
  in_kernel = true;
  call.run(call.bound.get());
  in_kernel = false;
  end_fiber();
  leave_for_good();
}

}  // namespace

void seed_schedule() {
  generator.seed(config().seed);
  idle_spins = 0;
  failed = false;
}

std::uint64_t draw(std::uint64_t bound) { return generator() % bound; }

void start_fiber(Fiber& fiber) {
  constexpr std::uintptr_t kAlignment = 64;
  const auto end = reinterpret_cast<std::uintptr_t>(fiber.stack) + kStackBytes;
  char* top = reinterpret_cast<char*>((end - sizeof(ThreadView)) / kAlignment * kAlignment);
  fiber.view = reinterpret_cast<ThreadView*>(top);
  fiber.stack_pointer = prepare_stack(top, fiber_main);
  ready.push_back(&fiber);
}

void run_ready_fibers() {
  while (!failed) {
    Fiber& fiber = next_fiber();
    if (&fiber == &main_fiber) break;
    switch_to(fiber);
  }
}

void drop_ready_fibers() {
  ready.clear();
  head = 0;
}

bool take_failure(std::vector<Finding>& findings) {
  if (!failed) return false;
  failed = false;
  for (Finding& failure : failures) findings.push_back(std::move(failure));
  failures.clear();
  return true;
}

void note_progress() { idle_spins = 0; }

void park(Waiting reason) {
  const bool kernel_state = in_kernel;
  current->waiting = reason;
  switch_to(next_fiber());
  in_kernel = kernel_state;
}

void wake(Fiber& fiber) {
  fiber.waiting = Waiting::no;
  push_ready(fiber);
}

void yield() {
  const bool kernel_state = in_kernel;
  push_ready(*current);
  switch_to(next_fiber());
  in_kernel = kernel_state;
}

void maybe_preempt(unsigned one_in) {
  if (config().shuffled && generator() % one_in == 0) yield();
}

void relax(Site site) {
  const RuntimeScope runtime;
  current->spinning = true;
  current->site = site;
  constexpr std::uint64_t kRounds = 64;  // in shuffled schedules some threads wait several rounds
  if (++idle_spins > kRounds * (ready_count() + 16)) {
    fail(Fault::livelock,
         "block %u thread %u spins at %s:%u, and %zu other threads are ready but change nothing",
         current->block->index, current->index, site.file, site.line, ready_count());
  }
  yield();
  current->spinning = false;
}

void fail(Fault fault, const char* format, ...) {
  char text[1024];
  va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  if (current == nullptr) throw KernelFault({{fault, text}});
  failures.push_back({fault, text});
  abandon_launch();
}

void abandon_launch() {
  failed = true;
  in_kernel = false;
  leave_for_good();
}

}  // namespace fusemd::executor
