// SPDX-License-Identifier: MIT
#pragma once
// Arithmetic on four channels at a time, and how a warp's lanes divide an atom's channels.

#include <cstddef>

#include "kernels/batch.hpp"
#include "kernels/float4_math.cuh"
#include "kernels/warp.cuh"

namespace fusemd::simt {

/// Four neighbouring channels: one load of 16 bytes.
__device__ __forceinline__ float4 load4(const float* source) { return load_vector<float4>(source); }
__device__ __forceinline__ void store4(float* target, const float4& value) {
  store_vector(target, value);
}

__device__ __forceinline__ float4 splat(float x) { return make_float4(x, x, x, x); }
__device__ __forceinline__ float4 mul(const float4& a, const float4& b) {
  return make_float4(a.x * b.x, a.y * b.y, a.z * b.z, a.w * b.w);
}
__device__ __forceinline__ float4 mul(const float4& a, float b) {
  return make_float4(a.x * b, a.y * b, a.z * b, a.w * b);
}
__device__ __forceinline__ float4 negative(const float4& a) {
  return make_float4(-a.x, -a.y, -a.z, -a.w);
}
/// a b + c
__device__ __forceinline__ float4 fma4(const float4& a, const float4& b, const float4& c) {
  return make_float4(fmaf(a.x, b.x, c.x), fmaf(a.y, b.y, c.y), fmaf(a.z, b.z, c.z),
                     fmaf(a.w, b.w, c.w));
}
__device__ __forceinline__ float4 fma4(const float4& a, float b, const float4& c) {
  return make_float4(fmaf(a.x, b, c.x), fmaf(a.y, b, c.y), fmaf(a.z, b, c.z), fmaf(a.w, b, c.w));
}
/// sum over the four channels of a b, added to c
__device__ __forceinline__ float dot4(const float4& a, const float4& b, float c) {
  return fmaf(a.x, b.x, fmaf(a.y, b.y, fmaf(a.z, b.z, fmaf(a.w, b.w, c))));
}
/// By value: a choice between two variables would put both into local memory.
__device__ __forceinline__ float4 select(bool condition, float4 yes, float4 no) {
  return make_float4(condition ? yes.x : no.x, condition ? yes.y : no.y, condition ? yes.z : no.z,
                     condition ? yes.w : no.w);
}
__device__ __forceinline__ float4 shuffle_xor(const float4& value, unsigned flip) {
  const int f = static_cast<int>(flip);
  return make_float4(__shfl_xor_sync(kFullWarp, value.x, f), __shfl_xor_sync(kFullWarp, value.y, f),
                     __shfl_xor_sync(kFullWarp, value.z, f),
                     __shfl_xor_sync(kFullWarp, value.w, f));
}

/// A warp works on one atom. Four channels a lane: an atom of up to 64 channels does not fill the
/// warp, so the warp splits into teams that take the atom's edges in turn. With more than 128
/// channels a team makes several passes.
///
/// The division depends on the number of channels alone, so sums have the same order at every block
/// width.
///
/// kChannels  the number of channels, or 0: then it is an argument.
template <unsigned kChannels>
class Teams {
 public:
  __device__ explicit Teams(unsigned n_channels) : n_channels_(n_channels) {}

  __device__ unsigned n_channels() const { return kChannels == 0 ? n_channels_ : kChannels; }
  /// Lanes of a team: the power of two, 32 at most, that covers the channels.
  __device__ unsigned lanes() const {
    const unsigned n = n_channels();
    return n > 64 ? 32u : n > 32 ? 16u : n > 16 ? 8u : n > 8 ? 4u : n > 4 ? 2u : 1u;
  }
  __device__ unsigned count() const { return kWarpSize / lanes(); }
  __device__ unsigned index() const { return lane_index() / lanes(); }
  /// The lane's first channel in the first pass; each pass goes on by stride() channels. May lie
  /// behind the last channel.
  __device__ unsigned first_channel() const { return 4 * (lane_index() % lanes()); }
  __device__ unsigned stride() const { return 4 * lanes(); }

 private:
  unsigned n_channels_;
};

/// The components of four channels of an atom (s, V_x, V_y, V_z), or sums of that form.
struct Components {
  float4 s, x, y, z;
};

__device__ __forceinline__ Components zero_components() {
  return {splat(0.0f), splat(0.0f), splat(0.0f), splat(0.0f)};
}

/// Reads the components of four channels. kScalarOnly: the vectors are known to be zero and not
/// read.
template <bool kScalarOnly>
__device__ __forceinline__ Components load_components(const float* atom, unsigned n_channels) {
  Components values = zero_components();
  values.s = load4(atom);
  if constexpr (!kScalarOnly) {
    values.x = load4(atom + n_channels);
    values.y = load4(atom + 2 * n_channels);
    values.z = load4(atom + 3 * n_channels);
  }
  return values;
}

/// Adds up the teams' sums and calls store(component, total) for each total in one of the lanes
/// that have it: with four teams every lane stores one component, with one team every lane stores
/// all. All 32 lanes take part.
template <unsigned kChannels, class Store>
__device__ __forceinline__ void sum_teams(const Teams<kChannels>& teams,
                                          const Components& sums,
                                          Store store) {
  const unsigned lanes = teams.lanes();
  if (teams.count() == 1) {
    store(0u, sums.s);
    store(1u, sums.x);
    store(2u, sums.y);
    store(3u, sums.z);
    return;
  }
  // The teams of a pair exchange halves: the even one goes on with s and x, the odd one with y, z.
  const bool upper = (teams.index() & 1u) != 0;
  float4 first =
      add(select(upper, sums.y, sums.s), shuffle_xor(select(upper, sums.s, sums.y), lanes));
  const float4 second =
      add(select(upper, sums.z, sums.x), shuffle_xor(select(upper, sums.x, sums.z), lanes));
  const unsigned half = upper ? 2u : 0u;
  if (teams.count() == 2) {
    store(half, first);
    store(half + 1, second);
    return;
  }
  const bool odd = (teams.index() & 2u) != 0;
  first = add(select(odd, second, first), shuffle_xor(select(odd, first, second), 2 * lanes));
  for (unsigned flip = 4 * lanes; flip < kWarpSize; flip *= 2) {
    first = add(first, shuffle_xor(first, flip));
  }
  if (teams.index() < 4) store(half + (odd ? 1u : 0u), first);
}

}  // namespace fusemd::simt
