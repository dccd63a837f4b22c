// SPDX-License-Identifier: MIT
#include "host/cuda/loop_model.hpp"

namespace fusemd::cuda {

BlockLoopModel block_loop_model(const DeviceModel& model) {
  BlockLoopModel result{.weights = model.weights(),
                        .cutoff = model.cutoff(),
                        .by_source = model.convolution(0).by_source};
  for (unsigned layer = 0; layer < model.n_layers(); ++layer) {
    result.tables[layer] = model.filter_table(layer);
  }
  return result;
}

}  // namespace fusemd::cuda
