// SPDX-License-Identifier: MIT
#pragma once
// What one edge adds to its receiver, forward (docs/model.md (7), (8)) and backward ((B6) to (B9),
// (B12)), for four channels. Where the filters come from, a table or the network, is the caller's
// business.
//
// No sum is scattered: the list holds both directions of a pair, so that what the pair means for
// atom i, as receiver and as source, is added up while i's own row is walked.

#include "kernels/channels.cuh"
#include "kernels/fast_math.cuh"

namespace fusemd::simt {

/// Four channels of a pair's filters f^s, f^1, f^2, or of their slopes by distance.
struct Filters {
  float4 scalar, vector, direction;
};

/// (7), (8): what the edge j -> i adds to s'_i, V'_i.
///
/// kFirst   the first layer: V = 0, and f^1 is not read.
/// u        from i to j.
/// by_source  (8') in place of (8): u (x) (f^2 s_j) in place of u (x) f^2
template <bool kFirst>
__device__ __forceinline__ void add_message(FeatureVector& sums,
                                            const Filters& f,
                                            const FeatureVector& j,
                                            const float4& u,
                                            bool by_source) {
  sums.s = multiply_add(f.scalar, j.s, sums.s);
  const float4 along = by_source ? multiply(f.direction, j.s) : f.direction;
  sums.x = multiply_add(along, u.x, sums.x);
  sums.y = multiply_add(along, u.y, sums.y);
  sums.z = multiply_add(along, u.z, sums.z);
  if constexpr (!kFirst) {
    sums.x = multiply_add(f.vector, j.x, sums.x);
    sums.y = multiply_add(f.vector, j.y, sums.y);
    sums.z = multiply_add(f.vector, j.z, sums.z);
  }
}

/// dE/dr of a pair, r = x_j - x_i, as far as one lane's channels cause it, summed over edges. It is
/// linear in the gradients by direction and distance, so lanes are added up once an atom, not once
/// an edge. kVirial: also the sum of r (x) dE/dr, row by row.
template <bool kVirial>
struct PairGradients {
  float x = 0.0f, y = 0.0f, z = 0.0f;
  float virial[kVirial ? 9 : 1] = {};

  /// (B12): u_ = dE/du, d_ = dE/dd of one pair. geometry as in EdgesView.
  __device__ __forceinline__ void add(float ux_,
                                      float uy_,
                                      float uz_,
                                      float d_,
                                      const float4& geometry) {
    constexpr float kEpsilon = static_cast<float>(kDistanceEpsilon);
    const float d = geometry.w;
    // Atoms in one place have u = 0 and no direction: no force.
    const float inverse = d > 0.0f ? fast_reciprocal(d + kEpsilon) : 0.0f;
    const float along = fmaf(ux_, geometry.x, fmaf(uy_, geometry.y, uz_ * geometry.z));
    const float radial = fmaf(-along, inverse, d_);
    // r / d = u (d + eps) / d, which is u (1 + eps / (d + eps)) to first order.
    const float scaled = fmaf(radial * inverse, kEpsilon, radial);
    const float gx = fmaf(ux_, inverse, scaled * geometry.x);
    const float gy = fmaf(uy_, inverse, scaled * geometry.y);
    const float gz = fmaf(uz_, inverse, scaled * geometry.z);
    x += gx;
    y += gy;
    z += gz;
    if constexpr (kVirial) {
      const float r[3] = {geometry.x * d, geometry.y * d, geometry.z * d};
      for (unsigned a = 0; a < 3; ++a) {
        virial[3 * a] = fmaf(r[a], gx, virial[3 * a]);
        virial[3 * a + 1] = fmaf(r[a], gy, virial[3 * a + 1]);
        virial[3 * a + 2] = fmaf(r[a], gz, virial[3 * a + 2]);
      }
    }
  }
};

/// Adds up the lanes' gradients and sets or adds to the atom's force, and to its half of the
/// virial: every pair is met from both ends. Called by all lanes of a warp.
template <bool kVirial>
__device__ __forceinline__ void store_pair_gradients(const PairGradients<kVirial>& gradients,
                                                     std::uint32_t i,
                                                     const ForcesView& forces,
                                                     double* virials,
                                                     bool add_to) {
  const float x = warp_sum(gradients.x);
  const float y = warp_sum(gradients.y);
  const float z = warp_sum(gradients.z);
  const bool writes = lane_index() == 0;
  if (writes) {
    // F = -dE/dx and r = x_j - x_i: the receiver gains dE/dr (B13).
    forces.x[i] = double{x} + (add_to ? forces.x[i] : 0.0);
    forces.y[i] = double{y} + (add_to ? forces.y[i] : 0.0);
    forces.z[i] = double{z} + (add_to ? forces.z[i] : 0.0);
  }
  if constexpr (kVirial) {
    for (unsigned k = 0; k < 9; ++k) {
      const float sum = warp_sum(gradients.virial[k]);
      double& target = virials[std::size_t{i} * 9 + k];
      if (writes) target = 0.5 * double{sum} + (add_to ? target : 0.0);
    }
  }
}

/// What the backward pass keeps of the receiver while its edges are walked.
struct Receiver {
  FeatureVector features;  ///< s_i, V_i: the layer's input
  FeatureVector adjoint;   ///< dE/ds'_i, dE/dV'_i
};

template <bool kFirst>
__device__ __forceinline__ Receiver load_receiver(const float* features,
                                                  const float* adjoint,
                                                  unsigned n_channels) {
  return {load_components<kFirst>(features, n_channels),
          load_components<false>(adjoint, n_channels)};
}

/// (B6) to (B9), (B6') to (B8') of the pair of receiver i and neighbour j, both directions at once
/// (the other one has -u).
///
/// sums      gains what the edge i -> j gives dE/ds_i, dE/dV_i; in the first layer, whose input is
///           the embedding, it is left alone.
/// gradients gains dE/dr through both directions; every pair is met from both of its ends.
template <bool kFirst, bool kVirial>
__device__ __forceinline__ void add_adjoint(FeatureVector& sums,
                                            PairGradients<kVirial>& gradients,
                                            const Receiver& i,
                                            const Filters& f,
                                            const Filters& slope,
                                            const FeatureVector& j,
                                            const FeatureVector& adjoint_j,
                                            const float4& geometry,
                                            float slope_scale,
                                            bool by_source) {
  // dE/du = sum over channels of f^2 w (B7), dE/df^2 = w . u (B6)
  const float4 source = by_source ? j.s : splat(1.0f);
  const float4 minus_own = by_source ? negative(i.features.s) : splat(-1.0f);
  const float4 wx = multiply_add(adjoint_j.x, minus_own, multiply(i.adjoint.x, source));
  const float4 wy = multiply_add(adjoint_j.y, minus_own, multiply(i.adjoint.y, source));
  const float4 wz = multiply_add(adjoint_j.z, minus_own, multiply(i.adjoint.z, source));
  const float4 direction_ =
      multiply_add(wx, geometry.x, multiply_add(wy, geometry.y, multiply(wz, geometry.z)));
  const float4 scalar_ = multiply_add(i.adjoint.s, j.s, multiply(adjoint_j.s, i.features.s));

  float d_ = dot4(scalar_, slope.scalar, dot4(direction_, slope.direction, 0.0f));
  if constexpr (!kFirst) {
    float4 vector_ = multiply_add(i.adjoint.x, j.x, multiply(adjoint_j.x, i.features.x));
    vector_ = multiply_add(i.adjoint.y, j.y, multiply_add(adjoint_j.y, i.features.y, vector_));
    vector_ = multiply_add(i.adjoint.z, j.z, multiply_add(adjoint_j.z, i.features.z, vector_));
    d_ = dot4(vector_, slope.vector, d_);

    sums.s = multiply_add(adjoint_j.s, f.scalar, sums.s);
    // (B8'): p of the edge i -> j, whose direction is -u.
    const float from = by_source ? -1.0f : 0.0f;
    const float4 p = multiply_add(
        adjoint_j.x, from * geometry.x,
        multiply_add(adjoint_j.y, from * geometry.y, multiply(adjoint_j.z, from * geometry.z)));
    sums.s = multiply_add(p, f.direction, sums.s);
    sums.x = multiply_add(adjoint_j.x, f.vector, sums.x);
    sums.y = multiply_add(adjoint_j.y, f.vector, sums.y);
    sums.z = multiply_add(adjoint_j.z, f.vector, sums.z);
  }
  gradients.add(dot4(f.direction, wx, 0.0f), dot4(f.direction, wy, 0.0f),
                dot4(f.direction, wz, 0.0f), d_ * slope_scale, geometry);
}

}  // namespace fusemd::simt
