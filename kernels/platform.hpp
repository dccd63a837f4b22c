// SPDX-License-Identifier: MIT
#pragma once
// What the contract headers of kernels/ need to be plain C++: any compiler reads them, no CUDA
// header is included.

/// The CUDA runtime's stream type, forward-declared under its own name, so that Stream is
/// cudaStream_t.
struct CUstream_st;

namespace fusemd {

/// An ordered queue of device work. nullptr is the default stream.
using Stream = CUstream_st*;

}  // namespace fusemd

/// FUSEMD_HD marks a function that host and device code share (scalar formulas and their
/// derivatives), FUSEMD_DEVICE one that a plain header offers to kernels only.
#if defined(__CUDACC__)
#define FUSEMD_HD __host__ __device__
#define FUSEMD_DEVICE __device__
#else
#define FUSEMD_HD
#define FUSEMD_DEVICE
#endif
