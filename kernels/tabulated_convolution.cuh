// SPDX-License-Identifier: MIT
#pragma once
// The two passes of kernels/tabulated_convolution.hpp for some atoms by some warps. No barrier
// inside: callers put one between the writing of features and their reading by other warps.

#include "kernels/filter_table.cuh"

namespace fusemd::simt {

/// An edge as its receiver's lanes read it.
struct Edge {
  std::uint32_t j;
  float4 geometry;
};

__device__ __forceinline__ Edge load_edge(const EdgesView& edges, std::uint32_t slot) {
  return {edges.j[slot], load_vector<float4>(edges.geometry + 4 * std::size_t{slot})};
}

/// Calls visit(edge) for every edge of atom i that this team takes, in order. The next edge is read
/// while one is worked on, so that the chain of loads is one shorter.
template <class Team, class Visit>
__device__ __forceinline__ void for_each_edge(const EdgesView& edges,
                                              std::uint32_t i,
                                              const Team& teams,
                                              Visit visit) {
  const std::uint32_t begin = edges.start[i];
  const std::uint32_t end = begin + edges.count[i];
  std::uint32_t slot = begin + teams.index();
  if (slot >= end) return;
  Edge next = load_edge(edges, slot);
  for (;;) {
    const Edge edge = next;
    slot += teams.count();
    const bool more = slot < end;
    if (more) next = load_edge(edges, slot);
    visit(edge);
    if (!more) break;
  }
}

/// Messages of the atoms [first, last), shared among `warps`. Called by full warps.
///
/// kChannels  the number of channels, for models with by_source; 0 for all others.
/// features, messages  of the whole batch, or of any frame in which edges.j counts: shared memory
///                     will do.
template <unsigned kChannels, bool kFirst>
__device__ void tabulated_messages(const FilterTable& table,
                                   const ConvolutionOptions& options,
                                   std::uint32_t first,
                                   std::uint32_t last,
                                   const EdgesView& edges,
                                   const float* features,
                                   float* messages,
                                   const Warps& warps) {
  const Teams<kChannels> teams(options.n_channels);
  const unsigned n = teams.n_channels();
  const bool by_source = kChannels != 0 || options.by_source;
  for (std::uint32_t i = first + warps.index; i < last; i += warps.count) {
    const float* own = features + feature_offset(i, n);
    float* out = messages + feature_offset(i, n);
    // Uniform over the warp: the sums over teams need all lanes.
    for (unsigned base = 0; base < n; base += teams.stride()) {
      const unsigned channel = base + teams.first_channel();
      const bool active = channel < n;
      FeatureVector sums = zero_features();
      if (active) {
        for_each_edge(edges, i, teams, [&](const Edge& edge) {
          const FeatureVector j =
              load_components<kFirst>(features + (feature_offset(edge.j, n) + channel), n);
          const Filters f = table_filters<kFirst>(table, edge.geometry.w, channel, n);
          add_message<kFirst>(sums, f, j, edge.geometry, by_source);
        });
      }
      sum_teams(teams, sums, [&](unsigned component, const float4& sum) {
        if (!active) return;
        const unsigned at = component * n + channel;
        const bool zero = kFirst && component > 0;
        store_vector(out + at, zero ? sum : add(load_vector<float4>(own + at), sum));
      });
    }
  }
}

/// The backward pass of the atoms [first, last), shared among `warps`. Called by full warps.
/// Arguments as tabulated_convolution_backward.
template <unsigned kChannels, bool kFirst, bool kVirial>
__device__ void tabulated_messages_backward(const FilterTable& table,
                                            const ConvolutionOptions& options,
                                            std::uint32_t first,
                                            std::uint32_t last,
                                            const EdgesView& edges,
                                            const float* features,
                                            const float* adjoint_messages,
                                            float* adjoint_features,
                                            const ForcesView& forces,
                                            double* virials,
                                            bool add_to,
                                            const Warps& warps) {
  const Teams<kChannels> teams(options.n_channels);
  const unsigned n = teams.n_channels();
  const bool by_source = kChannels != 0 || options.by_source;
  for (std::uint32_t i = first + warps.index; i < last; i += warps.count) {
    const std::size_t own = feature_offset(i, n);
    PairGradients<kVirial> gradients;
    for (unsigned base = 0; base < n; base += teams.stride()) {
      const unsigned channel = base + teams.first_channel();
      const bool active = channel < n;
      FeatureVector sums = zero_features();
      if (active) {
        const Receiver receiver =
            load_receiver<kFirst>(features + own + channel, adjoint_messages + own + channel, n);
        for_each_edge(edges, i, teams, [&](const Edge& edge) {
          const std::size_t other = feature_offset(edge.j, n) + channel;
          const FeatureVector j = load_components<kFirst>(features + other, n);
          const FeatureVector adjoint_j = load_components<false>(adjoint_messages + other, n);
          Filters slope;
          const Filters f =
              table_filters_and_slopes<kFirst>(table, edge.geometry.w, channel, n, slope);
          add_adjoint<kFirst, kVirial>(sums, gradients, receiver, f, slope, j, adjoint_j,
                                       edge.geometry, table.intervals_per_length, by_source);
        });
      }
      if constexpr (!kFirst) {
        sum_teams(teams, sums, [&](unsigned component, const float4& sum) {
          if (!active) return;
          const std::size_t at = own + component * n + channel;
          store_vector(adjoint_features + at, add(load_vector<float4>(adjoint_messages + at), sum));
        });
      }
    }
    store_pair_gradients<kVirial>(gradients, i, forces, virials, add_to);
  }
}

}  // namespace fusemd::simt
