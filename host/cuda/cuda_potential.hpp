// SPDX-License-Identifier: MIT
#pragma once

#include <memory>

#include "host/cuda/device_model.hpp"
#include "host/potential.hpp"
#include "weights/model.hpp"

namespace fusemd::cuda {

/// A student model on a CUDA device. Each evaluator has a stream
/// and buffers of its own; an evaluation waits for its result.
///
/// Result   as Evaluator demands; forces are within 4e-5 eV/Angstrom of the double engine with the
///          same filters.
/// Errors   InputError: table-intervals out of range; DeviceError: out of memory.
std::unique_ptr<Potential> make_potential(const Model& model, const ModelOptions& options);

/// The same with the model's weights where they are already.
std::unique_ptr<Potential> make_potential(const Model& model,
                                          std::shared_ptr<const DeviceModel> on_device);

}  // namespace fusemd::cuda
