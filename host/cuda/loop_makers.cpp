// SPDX-License-Identifier: MIT
#include "host/cuda/loop_makers.hpp"

#include <stdexcept>
#include <utility>

#include "host/cuda/block_loop.hpp"
#include "host/cuda/cooperative_loop.hpp"
#include "host/cuda/graph_loop.hpp"

namespace fusemd::cuda {

LoopMaker loop_maker(LoopShape shape) {
  switch (shape) {
    case LoopShape::block:
      return [](std::shared_ptr<const DeviceModel> model, DeviceReplicas& replicas) {
        return make_block_loop(std::move(model), replicas);
      };
    case LoopShape::cooperative:
      return [](std::shared_ptr<const DeviceModel> model, DeviceReplicas& replicas) {
        return make_cooperative_loop(std::move(model), replicas);
      };
    case LoopShape::graph:
      return [](std::shared_ptr<const DeviceModel> model, DeviceReplicas& replicas) {
        return make_graph_loop(std::move(model), replicas);
      };
    case LoopShape::host:
      break;
  }
  throw std::logic_error("this loop has no maker");
}

}  // namespace fusemd::cuda
