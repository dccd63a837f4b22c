// SPDX-License-Identifier: MIT
#pragma once
// How a warp's lanes divide an atom's channels.

#include "kernels/features.cuh"
#include "kernels/warp.cuh"

namespace fusemd::simt {

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

/// Reads the components of four channels. kScalarOnly: the vectors are known to be zero and not
/// read.
template <bool kScalarOnly>
__device__ __forceinline__ FeatureVector load_components(const float* atom, unsigned n_channels) {
  if constexpr (kScalarOnly) {
    FeatureVector values = zero_features();
    values.s = load_vector<float4>(atom);
    return values;
  } else {
    return load_features(atom, n_channels);
  }
}

/// Adds up the teams' sums and calls store(component, total) for each total in one of the lanes
/// that have it: with four teams every lane stores one component, with one team every lane stores
/// all. All 32 lanes take part.
template <unsigned kChannels, class Store>
__device__ __forceinline__ void sum_teams(const Teams<kChannels>& teams,
                                          const FeatureVector& sums,
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
