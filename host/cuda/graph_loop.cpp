// SPDX-License-Identifier: MIT
#include "host/cuda/graph_loop.hpp"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "host/cuda/device_graph.hpp"
#include "host/cuda/network_stages.hpp"
#include "host/cuda/owned_stream.hpp"
#include "host/cuda/pinned_buffer.hpp"
#include "kernels/graph_step.hpp"

namespace fusemd::cuda {
namespace {

/// Places that samples go to, in device memory: a graph reads from its clock where the next one
/// goes, and the clock gets it from here, so that no host memory has to wait for the device.
class SamplePlaces {
 public:
  SamplePlaces() : on_device_(kMost), on_host_(kMost) {}

  /// Where the place lies in device memory.
  const GraphSample* find(const SampleTarget& target, Stream stream) {
    std::size_t k = 0;
    while (k < used_ &&
           !(on_host_[k].progress == target.progress && on_host_[k].atoms == target.atoms)) {
      ++k;
    }
    if (k == used_) {
      if (used_ == kMost) {  // somebody gives a new place each time: begin again
        device::synchronize(stream);
        k = used_ = 0;
      }
      on_host_[k] = {target.progress, target.atoms};
      device::copy_to_device(on_device_.data() + k, &on_host_[k], sizeof(GraphSample), stream);
      ++used_;
    }
    return on_device_.data() + k;
  }

 private:
  static constexpr std::size_t kMost = 64;  // a ring has eight slots, with frames and without
  DeviceBuffer<GraphSample> on_device_;
  PinnedBuffer<GraphSample> on_host_;
  std::size_t used_ = 0;
};

class GraphLoop final : public ResidentLoop {
 public:
  GraphLoop(std::shared_ptr<const DeviceModel> model,
            DeviceReplicas& replicas,
            const GraphLoopOptions& options)
      : replicas_(replicas),
        stages_(std::move(model), replicas.view().batch, replicas.largest()),
        clock_(uploaded(std::vector<GraphClock>(1), nullptr)),
        underway_(replicas.n_replicas()),
        lists_(replicas.system_start(),
               replicas.view().batch,
               stages_.model().cutoff(),
               &clock_.data()->halted,
               options.candidates) {
    const std::size_t nodes_per_step = std::size_t{4} * stages_.model().n_layers() + 5;
    most_steps_ =
        static_cast<std::int64_t>(std::max<std::size_t>(1, options.most_nodes / nodes_per_step));
    lists_.make(positions(), policy(), nullptr);
    graph_set_out(view(), policy(), nullptr);
    device::synchronize(Stream{});
  }

  void start(Stream stream) override {
    lists_.find(positions(), policy(), stream);
    evaluate(stream);
    graph_start(view(), policy(), stream);
  }

  void advance(const Interval& interval, const SampleTarget& sample, Stream stream) override {
    device::copy_on_device(&clock_.data()->sample, places_.find(sample, stream),
                           sizeof(GraphSample), stream);
    if (interval.first != until_) graph_go_on(view(), interval.first - until_, stream);
    until_ = interval.last;
    const std::int64_t length = interval.last - interval.first;
    if (length == 0) {
      graph_sample(view(), policy(), stream);
      return;
    }
    const bool whole =
        length <= most_steps_ && (length == last_length_ || graphs_.contains(length));
    last_length_ = length;
    for (std::int64_t left = length; left > 0;) {
      const std::int64_t steps = whole ? length : largest_power(std::min(left, most_steps_));
      graph_of(steps).launch(stream);
      left -= steps;
    }
  }

  std::string make_room(Stream stream) override {
    const std::uint32_t needed = lists_.grow(stream);
    // Graphs hold the old addresses.
    graphs_.clear();
    lists_.make(positions(), policy(), stream);
    until_ = paused_at(stream);
    device::copy_to_device(&clock_.data()->until, &until_, sizeof until_, stream);
    device::synchronize(stream);
    return "neighbour lists: " + std::to_string(needed) +
           " atoms around one atom, more than there was room for; made larger after step " +
           std::to_string(until_) + ", nothing is lost";
  }

 private:
  static std::int64_t largest_power(std::int64_t n) {
    return static_cast<std::int64_t>(std::bit_floor(static_cast<std::uint64_t>(n)));
  }

  const LaunchPolicy& policy() const { return stages_.model().policy(); }
  PositionsView positions() const {
    const ReplicaView& atoms = replicas_.view().atoms;
    return {atoms.x, atoms.y, atoms.z};
  }
  GraphStepView view() {
    return {.dynamics = replicas_.view(),
            .found_at = lists_.found_at(),
            .may_move = lists_.may_move(),
            .due = lists_.due(),
            .underway = underway_.data(),
            .clock = clock_.data()};
  }
  void evaluate(Stream stream) {
    const ReplicaView& atoms = replicas_.view().atoms;
    stages_.evaluate(lists_.edges(),
                     {.forces = {atoms.fx, atoms.fy, atoms.fz}, .energies = replicas_.energies()},
                     stream);
  }

  const DeviceGraph& graph_of(std::int64_t n_steps) {
    const auto found = graphs_.find(n_steps);
    if (found != graphs_.end()) return found->second;
    forget_a_length(n_steps);
    const Stream stream = capturing_;
    return graphs_
        .try_emplace(n_steps, stream,
                     [&] {
                       graph_go_on(view(), n_steps, stream);
                       for (std::int64_t k = 0; k < n_steps; ++k) {
                         graph_begin_step(replicas_.kind(), view(), policy(), stream);
                         lists_.find(positions(), policy(), stream);
                         evaluate(stream);
                         graph_finish_step(replicas_.kind(), view(), policy(), stream);
                       }
                       graph_sample(view(), policy(), stream);
                     })
        .first->second;
  }

  /// Powers of two are few and serve every length; of the others only some are kept.
  void forget_a_length(std::int64_t wanted) {
    constexpr std::ptrdiff_t kKept = 3;
    const auto is_other = [](const auto& entry) {
      return !std::has_single_bit(static_cast<std::uint64_t>(entry.first));
    };
    if (std::has_single_bit(static_cast<std::uint64_t>(wanted))) return;
    if (std::ranges::count_if(graphs_, is_other) < kKept) return;
    graphs_.erase(std::ranges::find_if(graphs_, is_other));
  }

  /// Where the replicas that go on are; the stream is empty.
  std::int64_t paused_at(Stream stream) const {
    std::vector<ReplicaProgress> progress(replicas_.n_replicas());
    device::copy_to_host(progress.data(), replicas_.view().atoms.progress,
                         progress.size() * sizeof(ReplicaProgress), stream);
    device::synchronize(stream);
    for (const ReplicaProgress& p : progress) {
      if (p.stopped == StopReason::none) return p.step;
    }
    return until_;
  }

  DeviceReplicas& replicas_;
  NetworkStages stages_;
  DeviceBuffer<GraphClock> clock_;
  DeviceBuffer<std::uint32_t> underway_;
  CandidateLists lists_;
  SamplePlaces places_;
  std::int64_t most_steps_ = 1;  // of a graph
  std::int64_t until_ = 0;       // the clock's, once the stream is empty and unless it is halted
  std::int64_t last_length_ = 0;
  OwnedStream capturing_;
  std::map<std::int64_t, DeviceGraph> graphs_;  // by steps
};

}  // namespace

std::unique_ptr<ResidentLoop> make_graph_loop(std::shared_ptr<const DeviceModel> model,
                                              DeviceReplicas& replicas,
                                              const GraphLoopOptions& options) {
  return std::make_unique<GraphLoop>(std::move(model), replicas, options);
}

}  // namespace fusemd::cuda
