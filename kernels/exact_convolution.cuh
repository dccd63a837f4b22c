// SPDX-License-Identifier: MIT
#pragma once
// The filter network on chunks of pairs in shared memory, and the messages of both directions of
// each. Contract: kernels/exact_convolution.hpp.
//
// A chunk is a list of pairs that warp 0 collects from the rows of the tile's atoms, in the order
// of rows; the block evaluates the network for all of them; then one warp an atom of the tile adds
// up what the chunk holds for it, in the order of the list. Sums over chunks go on in the atom's
// own output, which no other warp touches. So the order of every sum depends on the tile alone.

#include "kernels/activation.cuh"
#include "kernels/dense.cuh"
#include "kernels/exact_convolution.hpp"
#include "kernels/features.cuh"
#include "kernels/messages.cuh"
#include "kernels/radial_basis.cuh"

namespace fusemd::simt {

/// A chunk of pairs and its filters, in shared memory. Rows are pairs; with slopes, the pairs'
/// values come first and their slopes in the second half.
struct FilterChunk {
  std::uint32_t* i;      ///< [kMaxPairs]: receiver, in the tile
  std::uint32_t* j;      ///< its neighbour
  float* geometry;       ///< [kMaxPairs][4]
  std::uint32_t* state;  ///< pairs of this chunk; whether there are more chunks
  float* basis;          ///< [rows][basis_stride]
  float* hidden;         ///< [rows][hidden_stride]
  float* filters;        ///< [rows][filter_stride]
  unsigned basis_stride, hidden_stride, filter_stride;
};

/// A warp looks through a chunk with one lane a pair.
inline constexpr unsigned kMaxPairs = kWarpSize;
inline constexpr unsigned kChunkState = 2;

__device__ __forceinline__ FilterChunk take_chunk(DynamicShared& shared,
                                                  const FilterNetworkView& network,
                                                  unsigned rows) {
  FilterChunk chunk;
  chunk.basis_stride = dense_row_stride(network.hidden.k);
  chunk.hidden_stride = dense_row_stride(network.output.k);
  chunk.filter_stride = network.output.n;
  chunk.i = shared.take<std::uint32_t>(kMaxPairs);
  chunk.j = shared.take<std::uint32_t>(kMaxPairs);
  chunk.geometry = shared.take<float>(4 * kMaxPairs);
  chunk.state = shared.take<std::uint32_t>(kChunkState);
  chunk.basis = shared.take<float>(rows * chunk.basis_stride);
  chunk.hidden = shared.take<float>(rows * chunk.hidden_stride);
  chunk.filters = shared.take<float>(rows * chunk.filter_stride);
  return chunk;
}

/// Whether row i of a tile lists the pair for both of its atoms.
__device__ __forceinline__ bool inside(std::uint32_t j, std::uint32_t first, std::uint32_t last) {
  return j >= first && j < last;
}

/// Where the next chunk begins: edge `edge` of atom i's row.
struct PairCursor {
  std::uint32_t i;
  std::uint32_t edge = 0;
};

/// Collects up to `room` pairs from the cursor on, and moves it. An edge is taken from its
/// receiver's row unless the neighbour's row, in the same tile, comes first. By one warp.
__device__ __forceinline__ void collect_pairs(const FilterChunk& chunk,
                                              const EdgesView& edges,
                                              std::uint32_t first,
                                              std::uint32_t last,
                                              unsigned room,
                                              PairCursor& cursor) {
  std::uint32_t& i = cursor.i;
  std::uint32_t& done = cursor.edge;
  unsigned found = 0;
  while (i < last && found < room) {
    const std::uint32_t begin = edges.start[i];
    const std::uint32_t count = edges.count[i];
    const std::uint32_t place = done + lane_index();
    std::uint32_t j = 0;
    bool take = false;
    if (place < count) {
      j = edges.j[begin + place];
      take = !inside(j, first, last) || j > i;
    }
    const unsigned taken = __ballot_sync(kFullWarp, take ? 1 : 0);
    const unsigned target =
        found + static_cast<unsigned>(__popc(taken & ((1u << lane_index()) - 1u)));
    if (take && target < room) {
      chunk.i[target] = i;
      chunk.j[target] = j;
      store_vector(chunk.geometry + 4 * target,
                   load_vector<float4>(edges.geometry + 4 * std::size_t{begin + place}));
    }
    // The first edge that finds no room is where the next chunk begins.
    const unsigned left = __ballot_sync(kFullWarp, take && target >= room ? 1 : 0);
    found = min(found + static_cast<unsigned>(__popc(taken)), room);
    if (left != 0) {
      done += static_cast<std::uint32_t>(__ffs(static_cast<int>(left))) - 1;
    } else if (done + kWarpSize < count) {
      done += kWarpSize;
    } else {
      ++i;
      done = 0;
    }
  }
  if (lane_index() == 0) {
    chunk.state[0] = found;
    chunk.state[1] = i < last ? 1 : 0;
  }
}

/// Evaluates the network for the chunk's pairs: filters, and with kSlopes their slopes by distance.
/// By all threads of the block; the list is visible to them. Barriers inside, none at the end.
template <DenseKind kKind, bool kSlopes>
__device__ __forceinline__ void evaluate_filters(const FilterChunk& chunk,
                                                 const FilterNetworkView& network,
                                                 unsigned pairs) {
  const unsigned rows = kSlopes ? 2 * pairs : pairs;
  const RadialBasisView& basis = network.basis;
  const unsigned width = network.hidden.k;
  for (unsigned at = threadIdx.x; at < pairs * width; at += blockDim.x) {
    const unsigned pair = at / width;
    const unsigned k = at - pair * width;
    const float d = chunk.geometry[4 * pair + 3];
    ValueAndSlope b = {0.0f, 0.0f};  // the padding meets weights of 0
    if (k < basis.n) b = basis_function(basis, k, d, cutoff_function(d, basis.cutoff));
    chunk.basis[pair * chunk.basis_stride + k] = b.value;
    if constexpr (kSlopes) chunk.basis[(pairs + pair) * chunk.basis_stride + k] = b.slope;
  }
  __syncthreads();
  if constexpr (!kSlopes) {
    dense_rows<kKind>(chunk.basis, chunk.basis_stride, rows, network.hidden,
                      [&](unsigned row, unsigned c, auto h) {
                        store(chunk.hidden + row * chunk.hidden_stride + c, activation(h).value);
                      });
    __syncthreads();
    dense_rows<kKind>(chunk.hidden, chunk.hidden_stride, rows, network.output,
                      [&](unsigned row, unsigned c, auto w) {
                        const float d = chunk.geometry[4 * row + 3];
                        const float fc =
                            basis.cut_basis ? 1.0f : cutoff_function(d, basis.cutoff).value;
                        store(chunk.filters + row * chunk.filter_stride + c, multiply(fc, w));
                      });
  } else {
    // Biases belong to values, not to slopes: they are added where both rows of a pair meet.
    DenseView hidden = network.hidden;
    hidden.bias = nullptr;
    dense_rows<kKind>(chunk.basis, chunk.basis_stride, rows, hidden,
                      [&](unsigned row, unsigned c, auto h) {
                        store(chunk.hidden + row * chunk.hidden_stride + c, h);
                      });
    __syncthreads();
    for (unsigned at = threadIdx.x; at < pairs * hidden.n; at += blockDim.x) {
      const unsigned pair = at / hidden.n;
      const unsigned c = at - pair * hidden.n;
      float& value = chunk.hidden[pair * chunk.hidden_stride + c];
      float& slope = chunk.hidden[(pairs + pair) * chunk.hidden_stride + c];
      const Activation activation = silu_and_slope(value + network.hidden.bias[c]);
      value = activation.value;
      slope *= activation.slope;
    }
    __syncthreads();
    DenseView output = network.output;
    output.bias = nullptr;
    dense_rows<kKind>(chunk.hidden, chunk.hidden_stride, rows, output,
                      [&](unsigned row, unsigned c, auto w) {
                        store(chunk.filters + row * chunk.filter_stride + c, w);
                      });
    __syncthreads();
    for (unsigned at = threadIdx.x; at < pairs * output.n; at += blockDim.x) {
      const unsigned pair = at / output.n;
      const unsigned c = at - pair * output.n;
      const float d = chunk.geometry[4 * pair + 3];
      const ValueAndSlope fc =
          basis.cut_basis ? ValueAndSlope{1.0f, 0.0f} : cutoff_function(d, basis.cutoff);
      float& value = chunk.filters[pair * chunk.filter_stride + c];
      float& slope = chunk.filters[(pairs + pair) * chunk.filter_stride + c];
      const float w = value + network.output.bias[c];
      value = fc.value * w;
      slope = fmaf(fc.slope, w, fc.value * slope);
    }
  }
}

/// A chunk's pair as one of its two atoms sees it.
struct SeenPair {
  unsigned row;
  std::uint32_t j;
  float4 geometry;  ///< from the atom to j
};

/// Calls visit(pair) for each of the chunk's pairs that atom i is in and this team takes, in the
/// order of the list. By all lanes of a warp.
template <class Team, class Visit>
__device__ __forceinline__ void for_each_pair_of(const FilterChunk& chunk,
                                                 unsigned mask,
                                                 std::uint32_t i,
                                                 const Team& teams,
                                                 Visit visit) {
  unsigned turn = 0;
  for (unsigned rest = mask; rest != 0; rest &= rest - 1) {
    if (turn == teams.index()) {
      const auto row = static_cast<unsigned>(__ffs(static_cast<int>(rest))) - 1;
      const bool receives = chunk.i[row] == i;
      const float sign = receives ? 1.0f : -1.0f;
      const float4 g = load_vector<float4>(chunk.geometry + 4 * row);
      visit(SeenPair{row, receives ? chunk.j[row] : chunk.i[row],
                     make_float4(sign * g.x, sign * g.y, sign * g.z, g.w)});
    }
    turn = turn + 1 == teams.count() ? 0 : turn + 1;
  }
}

/// The chunk's pairs that atom i of the tile is in, as bits. By all lanes of a warp.
__device__ __forceinline__ unsigned pairs_of(const FilterChunk& chunk,
                                             unsigned pairs,
                                             std::uint32_t i) {
  const unsigned lane = lane_index();
  // A neighbour outside the tile is no atom of it: the pair is met once.
  const bool mine = lane < pairs && (chunk.i[lane] == i || chunk.j[lane] == i);
  return __ballot_sync(kFullWarp, mine ? 1 : 0);
}

template <bool kFirst>
__device__ __forceinline__ Filters
chunk_filters(const FilterChunk& chunk, unsigned row, unsigned channel, unsigned n) {
  const float* f = chunk.filters + row * chunk.filter_stride + channel;
  Filters filters;
  filters.scalar = load_vector<float4>(f);
  if constexpr (!kFirst) filters.vector = load_vector<float4>(f + n);
  filters.direction = load_vector<float4>(f + 2 * n);
  return filters;
}

/// Adds the chunk's messages to the tile's atoms; `fresh`: sets them, with the layer's input.
template <bool kFirst>
__device__ __forceinline__ void add_chunk_messages(const FilterChunk& chunk,
                                                   unsigned pairs,
                                                   const ConvolutionOptions& options,
                                                   std::uint32_t first,
                                                   std::uint32_t last,
                                                   const float* features,
                                                   float* messages,
                                                   bool fresh) {
  const Teams<0> teams(options.n_channels);
  const unsigned n = teams.n_channels();
  const Warps warps = block_warps();
  for (std::uint32_t i = first + warps.index; i < last; i += warps.count) {
    const unsigned mask = pairs_of(chunk, pairs, i);
    if (mask == 0 && !fresh) continue;
    const float* before = fresh ? features + feature_offset(i, n) : messages + feature_offset(i, n);
    float* out = messages + feature_offset(i, n);
    for (unsigned base = 0; base < n; base += teams.stride()) {
      const unsigned channel = base + teams.first_channel();
      const bool active = channel < n;
      FeatureVector sums = zero_features();
      if (active) {
        for_each_pair_of(chunk, mask, i, teams, [&](const SeenPair& pair) {
          const FeatureVector j =
              load_components<kFirst>(features + (feature_offset(pair.j, n) + channel), n);
          const Filters f = chunk_filters<kFirst>(chunk, pair.row, channel, n);
          add_message<kFirst>(sums, f, j, pair.geometry, options.by_source);
        });
      }
      sum_teams(teams, sums, [&](unsigned component, const float4& sum) {
        if (!active) return;
        const unsigned at = component * n + channel;
        const bool zero = kFirst && fresh && component > 0;
        store_vector(out + at, zero ? sum : add(load_vector<float4>(before + at), sum));
      });
    }
  }
}

/// Adds what the chunk gives the tile's atoms in the backward pass.
template <bool kFirst, bool kVirial>
__device__ __forceinline__ void add_chunk_adjoints(const FilterChunk& chunk,
                                                   unsigned pairs,
                                                   const ConvolutionOptions& options,
                                                   std::uint32_t first,
                                                   std::uint32_t last,
                                                   const float* features,
                                                   const float* adjoint_messages,
                                                   float* adjoint_features,
                                                   const ForcesView& forces,
                                                   double* virials,
                                                   bool add_to,
                                                   bool fresh) {
  const Teams<0> teams(options.n_channels);
  const unsigned n = teams.n_channels();
  const Warps warps = block_warps();
  for (std::uint32_t i = first + warps.index; i < last; i += warps.count) {
    const unsigned mask = pairs_of(chunk, pairs, i);
    if (mask == 0 && !fresh) continue;
    const std::size_t own = feature_offset(i, n);
    PairGradients<kVirial> gradients;
    for (unsigned base = 0; base < n; base += teams.stride()) {
      const unsigned channel = base + teams.first_channel();
      const bool active = channel < n;
      FeatureVector sums = zero_features();
      if (active) {
        const Receiver receiver =
            load_receiver<kFirst>(features + own + channel, adjoint_messages + own + channel, n);
        for_each_pair_of(chunk, mask, i, teams, [&](const SeenPair& pair) {
          const std::size_t other = feature_offset(pair.j, n) + channel;
          const FeatureVector j = load_components<kFirst>(features + other, n);
          const FeatureVector adjoint_j = load_components<false>(adjoint_messages + other, n);
          const Filters f = chunk_filters<kFirst>(chunk, pair.row, channel, n);
          const Filters slope = chunk_filters<kFirst>(chunk, pairs + pair.row, channel, n);
          add_adjoint<kFirst, kVirial>(sums, gradients, receiver, f, slope, j, adjoint_j,
                                       pair.geometry, 1.0f, options.by_source);
        });
      }
      if constexpr (!kFirst) {
        const float* before = fresh ? adjoint_messages : adjoint_features;
        sum_teams(teams, sums, [&](unsigned component, const float4& sum) {
          if (!active) return;
          const std::size_t at = own + component * n + channel;
          store_vector(adjoint_features + at, add(load_vector<float4>(before + at), sum));
        });
      }
    }
    store_pair_gradients<kVirial>(gradients, i, forces, virials, add_to || !fresh);
  }
}

/// Walks the pairs of the atoms [first, last) in chunks: consume(pairs, fresh) is called with the
/// chunk's filters in place, at least once, `fresh` the first time. By all threads of the block.
/// Barriers inside; one at the end, so that the chunk may be used for another tile.
///
/// rows  of the chunk's arrays, 32 at most (64 with slopes): 1 a pair, 2 with slopes.
template <DenseKind kKind, bool kSlopes, class Consume>
__device__ __forceinline__ void for_each_chunk(const FilterChunk& chunk,
                                               const FilterNetworkView& network,
                                               std::uint32_t first,
                                               std::uint32_t last,
                                               const EdgesView& edges,
                                               unsigned rows,
                                               const Consume& consume) {
  const unsigned room = kSlopes ? rows / 2 : rows;
  PairCursor cursor{first};
  bool fresh = true;
  bool more = true;
  while (more) {
    if (threadIdx.x < kWarpSize) collect_pairs(chunk, edges, first, last, room, cursor);
    __syncthreads();
    const unsigned pairs = chunk.state[0];
    more = chunk.state[1] != 0;
    if (pairs > 0) {
      evaluate_filters<kKind, kSlopes>(chunk, network, pairs);
      __syncthreads();
    }
    consume(pairs, fresh);
    fresh = false;
    __syncthreads();
  }
}

}  // namespace fusemd::simt
