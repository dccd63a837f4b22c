// SPDX-License-Identifier: MIT
#pragma once
// What a block keeps of the replica it works on, and where: in shared memory as long as that lasts,
// the rest in a part of device memory that is the block's own.

#include <cstddef>
#include <cstdint>

#include "kernels/batch.hpp"
#include "kernels/dense.hpp"
#include "kernels/integrate.hpp"
#include "kernels/launch.hpp"
#include "kernels/platform.hpp"

namespace fusemd {

/// The sizes that the layout depends on.
struct BlockShape {
  std::uint32_t atoms = 0;  ///< of the largest replica
  unsigned n_channels = 0;  ///< F
  unsigned n_layers = 0;    ///< L
  unsigned gates = 0;       ///< as in StudentWeights
  unsigned tile_rows = 0;   ///< atoms that the dense layers take at a time
  unsigned row_floats = 0;  ///< floats of scratch an atom of a tile
};

/// The arrays of one replica. n = shape.atoms; a smaller replica uses the beginnings.
struct BlockArrays {
  float* tile = nullptr;                ///< scratch of dense layers [tile_rows][row_floats]
  ReplicaProgress* progress = nullptr;  ///< [2]: of now, and of the last good step
  double* state = nullptr;              ///< [9][n]: x, v, F
  double* atom_energies = nullptr;      ///< [n], eV
  std::uint32_t* edge_start = nullptr;  ///< [n + 1]
  std::uint32_t* edge_count = nullptr;  ///< [n]
  std::uint32_t* edge_j = nullptr;      ///< [n (n - 1)]
  float* edge_geometry = nullptr;       ///< [n (n - 1)][4]
  float* adjoint = nullptr;             ///< adjoints of messages [n][4][F]
  float* features = nullptr;            ///< [L][n][4][F]: every layer's input
  float* messages = nullptr;            ///< [L][n][4][F]; the last becomes adjoints of features
  float* slopes = nullptr;              ///< [L - 1][n][F]
  float* gate_values = nullptr;         ///< [L - 1][n][gates - 1][F]
};

/// Names the arrays one after the other, those first that gain most from shared memory: tile
/// scratch and state are read by every thread at every step, features once an edge, gates once an
/// atom.
///
/// take.operator()<T>(count) gives the place of an array; called in the same order by the host,
/// which adds up bytes, and by kernels.
#if defined(__CUDACC__)
#pragma nv_exec_check_disable  // `take` is the host's or the device's, as its caller
#endif
template <class Take>
FUSEMD_HD BlockArrays lay_out_block(const BlockShape& shape, Take& take) {
  const std::size_t n = shape.atoms, f = shape.n_channels, layers = shape.n_layers;
  const std::size_t edges = n > 1 ? n * (n - 1) : 1;
  const std::size_t features = n * kFeatureComponents * f;
  const std::size_t inner = layers > 1 ? layers - 1 : 1;
  BlockArrays arrays;
  arrays.tile = take.template operator()<float>(std::size_t{shape.tile_rows} * shape.row_floats);
  arrays.progress = take.template operator()<ReplicaProgress>(2);
  arrays.state = take.template operator()<double>(9 * n);
  arrays.atom_energies = take.template operator()<double>(n);
  arrays.edge_start = take.template operator()<std::uint32_t>(n + 1);
  arrays.edge_count = take.template operator()<std::uint32_t>(n);
  arrays.edge_j = take.template operator()<std::uint32_t>(edges);
  arrays.edge_geometry = take.template operator()<float>(4 * edges);
  arrays.adjoint = take.template operator()<float>(features);
  arrays.features = take.template operator()<float>(layers * features);
  arrays.messages = take.template operator()<float>(layers * features);
  arrays.slopes = take.template operator()<float>(inner * n * f);
  arrays.gate_values = take.template operator()<float>(inner * n * (shape.gates - 1) * f);
  return arrays;
}

/// Where the arrays of lay_out_block() are: bit k of `shared` says whether the k-th is in shared
/// memory. The others lie one behind the other in device memory, scratch_bytes a block.
struct BlockPlacement {
  std::uint32_t shared = 0;
  std::size_t shared_bytes = 0;
  std::size_t scratch_bytes = 0;  ///< a multiple of 256
};

namespace detail {

class PlaceArrays {
 public:
  explicit PlaceArrays(std::size_t shared_limit) : limit_(shared_limit) {}

  template <class T>
  T* operator()(std::size_t count) {
    const std::size_t bytes = shared_bytes<T>(count);
    if (placement_.shared_bytes + bytes <= limit_) {
      placement_.shared |= 1U << array_;
      placement_.shared_bytes += bytes;
    } else {
      placement_.scratch_bytes += bytes;
    }
    ++array_;
    return nullptr;
  }

  [[nodiscard]] BlockPlacement placement() const { return placement_; }

 private:
  std::size_t limit_;
  unsigned array_ = 0;
  BlockPlacement placement_;
};

}  // namespace detail

/// Puts arrays into shared memory as long as each fits what is left of `shared_limit` bytes.
[[nodiscard]] inline BlockPlacement place_block_arrays(const BlockShape& shape,
                                                       std::size_t shared_limit) {
  detail::PlaceArrays place(shared_limit);
  (void)lay_out_block(shape, place);
  BlockPlacement placement = place.placement();
  placement.scratch_bytes = ceil_div(placement.scratch_bytes, std::size_t{256}) * 256;
  return placement;
}

}  // namespace fusemd
