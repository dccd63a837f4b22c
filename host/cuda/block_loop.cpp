// SPDX-License-Identifier: MIT
#include "host/cuda/block_loop.hpp"

#include <utility>
#include <vector>

#include "host/cuda/device_buffer.hpp"
#include "host/cuda/loop_model.hpp"
#include "kernels/block_loop.hpp"

namespace fusemd::cuda {
namespace {

class BlockLoop final : public ResidentLoop {
 public:
  BlockLoop(std::shared_ptr<const DeviceModel> model,
            DeviceReplicas& replicas,
            const LaunchPolicy& policy)
      : model_(std::move(model)) {
    const BlockLoopModel view = block_loop_model(*model_);
    on_device_ = uploaded(std::vector{view}, nullptr);
    op_ = {.model = on_device_.data(),
           .replicas = replicas.view(),
           .dynamics = replicas.kind(),
           .launch =
               block_loop_launch(view.weights, replicas.largest(), replicas.n_replicas(), policy)};
    scratch_ = DeviceBuffer<unsigned char>(op_.launch.blocks * op_.launch.placement.scratch_bytes);
    op_.launch.scratch = scratch_.data();
  }

  void start(Stream stream) override {
    BlockLoopOp op = op_;
    op.start = true;
    block_loop(model_->dense(), op, stream);
  }

  void advance(const Interval& interval, const SampleTarget& sample, Stream stream) override {
    BlockLoopOp op = op_;
    op.last_step = interval.last;
    op.sample_progress = sample.progress;
    op.sample_atoms = sample.atoms;
    block_loop(model_->dense(), op, stream);
  }

 private:
  std::shared_ptr<const DeviceModel> model_;
  DeviceBuffer<BlockLoopModel> on_device_;
  DeviceBuffer<unsigned char> scratch_;
  BlockLoopOp op_;
};

}  // namespace

std::unique_ptr<ResidentLoop> make_block_loop(std::shared_ptr<const DeviceModel> model,
                                              DeviceReplicas& replicas) {
  const LaunchPolicy policy = model->policy();
  return make_block_loop(std::move(model), replicas, policy);
}

std::unique_ptr<ResidentLoop> make_block_loop(std::shared_ptr<const DeviceModel> model,
                                              DeviceReplicas& replicas,
                                              const LaunchPolicy& policy) {
  return std::make_unique<BlockLoop>(std::move(model), replicas, policy);
}

}  // namespace fusemd::cuda
