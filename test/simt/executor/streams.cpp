// SPDX-License-Identifier: MIT
// Streams and events. With StreamOrder::deferred every stream keeps its work until somebody waits
// for it, and waiting runs the streams' work in an interleaving drawn from the seed: a missing
// event or a host buffer that is touched too early shows in the results.
#include <algorithm>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <utility>
#include <vector>

#include "kernels/device_memory.hpp"
#include "kernels/launch_count.hpp"
#include "test/simt/executor/capture.hpp"
#include "test/simt/executor/executor.hpp"
#include "test/simt/executor/memory.hpp"

namespace fusemd::device {

/// A count of how often the event was recorded, and up to where those records have been reached.
struct EventState {
  std::uint64_t recorded = 0;
  std::uint64_t reached = 0;
  std::uint64_t work_before = 0;  ///< kernels, copies and fills done when it was reached last
};

}  // namespace fusemd::device

namespace fusemd::executor {

namespace {

struct Work {
  std::function<void()> run;
  std::shared_ptr<device::EventState> awaited;  ///< waits until `record` was reached
  std::uint64_t record = 0;

  bool runnable() const { return awaited == nullptr || awaited->reached >= record; }
};

struct Queue {
  std::deque<Work> work;
};

class Streams {
 public:
  static Streams& instance() {
    static Streams streams;
    return streams;
  }

  void submit(Stream stream, Work work) {
    const ExecutorLock lock;
    if (config().streams == StreamOrder::immediate) {
      finish_all();
      work.run();
      return;
    }
    queues_[stream].work.push_back(std::move(work));
  }

  void finish(Stream stream) {
    const ExecutorLock lock;
    while (!queues_[stream].work.empty()) run_one();
  }

  void finish_all() {
    const ExecutorLock lock;
    while (std::any_of(queues_.begin(), queues_.end(),
                       [](const auto& entry) { return !entry.second.work.empty(); })) {
      run_one();
    }
  }

  void finish(const device::EventState& event, std::uint64_t record) {
    const ExecutorLock lock;
    while (event.reached < record) run_one();
  }

  Stream create() {
    const ExecutorLock lock;
    return reinterpret_cast<Stream>(++last_);
  }

  void destroy(Stream stream) {
    const ExecutorLock lock;
    finish(stream);
    queues_.erase(stream);
  }

  std::shared_ptr<device::EventState> event(device::Event event) {
    const ExecutorLock lock;
    return events_.at(event);
  }
  device::Event create_event() {
    const ExecutorLock lock;
    auto state = std::make_shared<device::EventState>();
    device::Event event = state.get();
    events_[event] = std::move(state);
    return event;
  }
  void destroy_event(device::Event event) {
    const ExecutorLock lock;
    events_.erase(event);
  }

 private:
  /// Does one piece of runnable work, of a stream drawn from the seed. It is removed first: a
  /// failed kernel must not run again. Some stream can always go on, since a record precedes its
  /// wait.
  void run_one() {
    std::vector<Queue*> ready;
    for (auto& [stream, queue] : queues_) {
      if (!queue.work.empty() && queue.work.front().runnable()) ready.push_back(&queue);
    }
    random_.seed(config().seed * 0x9E3779B97F4A7C15u + ++draws_);
    Queue& queue = *ready[random_() % ready.size()];
    const Work work = std::move(queue.work.front());
    queue.work.pop_front();
    work.run();
  }

  std::map<Stream, Queue> queues_;
  std::map<device::Event, std::shared_ptr<device::EventState>> events_;
  std::uintptr_t last_ = 0;
  std::uint64_t draws_ = 0;
  std::mt19937_64 random_;
};

/// Kernels, copies and fills that streams have done. Guarded by the executor's lock, under which
/// work is done.
std::uint64_t work_done = 0;

}  // namespace

void submit(Stream stream, std::function<void()> work) {
  if (record_work(stream, work)) return;
  const auto counted = [run = std::move(work)] {
    run();
    ++work_done;
  };
  Streams::instance().submit(stream, {counted, nullptr, 0});
}

void finish_all_streams() { Streams::instance().finish_all(); }

}  // namespace fusemd::executor

namespace fusemd::device {

using executor::Streams;

Stream create_stream() { return Streams::instance().create(); }
void destroy_stream(Stream stream) noexcept {
  if (stream == nullptr) return;
  try {
    Streams::instance().destroy(stream);
  } catch (const std::exception&) {
    // As on the GPU: destroying a stream reports nothing of the work left in it.
  }
}
void synchronize(Stream stream) {
  executor::refuse_in_capture("waiting for a stream");
  executor::refuse_of_captured(stream, "waiting for it");
  count_one(launch_counters().stream_waits);
  Streams::instance().finish(stream);
}

Event create_event() { return Streams::instance().create_event(); }
void destroy_event(Event event) noexcept {
  if (event != nullptr) Streams::instance().destroy_event(event);
}

void record(Event event, Stream stream) {
  executor::refuse_of_captured(stream, "recording an event");
  std::shared_ptr<EventState> state = Streams::instance().event(event);
  const std::uint64_t record = ++state->recorded;
  Streams::instance().submit(stream, {[state, record] {
                                        state->reached = std::max(state->reached, record);
                                        state->work_before = executor::work_done;
                                      },
                                      nullptr, 0});
}

void wait(Stream stream, Event event) {
  executor::refuse_of_captured(stream, "waiting for an event");
  std::shared_ptr<EventState> state = Streams::instance().event(event);
  const std::uint64_t record = state->recorded;
  Streams::instance().submit(stream, {[] {}, std::move(state), record});
}

void synchronize(Event event) {
  executor::refuse_in_capture("waiting for an event");
  count_one(launch_counters().event_waits);
  const std::shared_ptr<EventState> state = Streams::instance().event(event);
  Streams::instance().finish(*state, state->recorded);
}

Event create_timing_event() { return create_event(); }

double elapsed_seconds(Event begin, Event end) {
  const std::uint64_t before = Streams::instance().event(begin)->work_before;
  return 1e-6 * static_cast<double>(Streams::instance().event(end)->work_before - before);
}

}  // namespace fusemd::device
