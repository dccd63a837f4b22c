// SPDX-License-Identifier: MIT
#pragma once
// Neighbour search by one warp an atom: the lanes test 32 candidates at a time, and a ballot says
// where in the row each hit goes. No barrier inside.

#include "kernels/batch.hpp"
#include "kernels/fast_math.cuh"
#include "kernels/warp.cuh"

namespace fusemd::simt {

struct Displacement {
  double x, y, z;
  double squared;
};

/// r = x_j - x_i and r^2.
__device__ __forceinline__ Displacement displacement(const PositionsView& positions,
                                                     std::uint32_t i,
                                                     std::uint32_t j) {
  const double x = positions.x[j] - positions.x[i];
  const double y = positions.y[j] - positions.y[i];
  const double z = positions.z[j] - positions.z[i];
  return {x, y, z, fma(x, x, fma(y, y, z * z))};
}

/// (u, d) of an edge, from double and rounded once. Square root and division start from the float
/// unit's and take one step of Newton's method in double, which leaves a relative error below
/// 1e-13: the exact operations take several times as long where there are few units for double.
__device__ __forceinline__ float4 edge_geometry(const Displacement& r) {
  // Below this, the squared distance is no normal float. Atoms so close are in one place.
  if (!(r.squared > 1e-36)) return make_float4(0.0f, 0.0f, 0.0f, 0.0f);
  const double root = double{fast_rsqrt(static_cast<float>(r.squared))};
  const double guess = r.squared * root;
  const double d = fma(0.5 * root, fma(-guess, guess, r.squared), guess);
  const double shifted = d + kDistanceEpsilon;
  const double near = double{fast_reciprocal(static_cast<float>(shifted))};
  const double inverse = fma(near, fma(-shifted, near, 1.0), near);
  return make_float4(static_cast<float>(r.x * inverse), static_cast<float>(r.y * inverse),
                     static_cast<float>(r.z * inverse), static_cast<float>(d));
}

/// Fills one row, 32 candidates at a time.
class RowWriter {
 public:
  /// For atom i of a system. Called by all lanes.
  __device__ RowWriter(const PositionsView& positions,
                       const MutableEdges& edges,
                       double cutoff,
                       std::uint32_t i)
      : positions_(positions),
        edges_(edges),
        cutoff_squared_(cutoff * cutoff),
        i_(i),
        begin_(edges.start[i]),
        room_(edges.start[i + 1] - begin_) {}

  /// Adds this lane's candidate, if it has one and it is an edge. Called by all lanes.
  __device__ __forceinline__ void add(bool present, std::uint32_t j) {
    Displacement r{};
    bool hit = false;
    if (present && j != i_) {
      r = displacement(positions_, i_, j);
      hit = r.squared <= cutoff_squared_;
    }
    const unsigned hits = __ballot_sync(kFullWarp, hit ? 1 : 0);
    const unsigned before = static_cast<unsigned>(__popc(hits & ((1u << lane_index()) - 1u)));
    const std::uint32_t place = found_ + before;
    if (hit && place < room_) {
      edges_.j[begin_ + place] = j;
      // Candidate lists (kernels/cell_list.hpp) are rows without geometry.
      if (edges_.geometry != nullptr) {
        store_vector(edges_.geometry + 4 * std::size_t{begin_ + place}, edge_geometry(r));
      }
    }
    found_ += static_cast<std::uint32_t>(__popc(hits));
  }

  /// Writes the count. Called by all lanes, after the last add.
  __device__ __forceinline__ void finish(std::uint32_t* room_needed) const {
    if (lane_index() != 0) return;
    edges_.count[i_] = min(found_, room_);
    if (found_ > room_) atomicMax(room_needed, found_);
  }

 private:
  PositionsView positions_;
  MutableEdges edges_;
  double cutoff_squared_;
  std::uint32_t i_, begin_, room_;
  std::uint32_t found_ = 0;
};

/// Edges of the atoms [first, last), shared among `warps`, among the candidates [begin, end).
///
/// room_needed  of the system that they belong to.
__device__ __forceinline__ void all_pairs_of_system(const PositionsView& positions,
                                                    double cutoff,
                                                    std::uint32_t first,
                                                    std::uint32_t last,
                                                    std::uint32_t begin,
                                                    std::uint32_t end,
                                                    const MutableEdges& edges,
                                                    std::uint32_t* room_needed,
                                                    const Warps& warps) {
  for (std::uint32_t i = first + warps.index; i < last; i += warps.count) {
    RowWriter row(positions, edges, cutoff, i);
    for (std::uint32_t base = begin; base < end; base += kWarpSize) {
      const std::uint32_t j = base + lane_index();
      row.add(j < end, j);
    }
    row.finish(room_needed);
  }
}

}  // namespace fusemd::simt
