// SPDX-License-Identifier: MIT
#pragma once
// What streams and device memory have to know of captures (kernels/graph.hpp).

#include <functional>

#include "kernels/platform.hpp"

namespace fusemd::executor {

/// Records the work if the stream is capturing; says whether it did.
bool record_work(Stream stream, const std::function<void()>& work);

/// Called first by what CUDA refuses to a thread that is capturing: waiting, allocating, releasing.
/// Spoils the capture.
///
/// Errors   DeviceError naming the `call`, if this thread is capturing.
void refuse_in_capture(const char* call);

/// The same for one stream, whoever captures it.
void refuse_of_captured(Stream stream, const char* call);

}  // namespace fusemd::executor
