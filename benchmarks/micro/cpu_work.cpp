// SPDX-License-Identifier: MIT
#include "benchmarks/micro/cpu_work.hpp"

#include <algorithm>
#include <set>

namespace fusemd::benchmarks {
namespace {

using cpu::Stage;

constexpr double kSilu = 20.0, kGaussian = 40.0, kFloat = 4.0;

/// A product of n rows with a k x m matrix.
Work dense_work(double rows, double k, double m) {
  const double bytes = kFloat * (k * m + rows * (k + m));
  return {.flops = 2.0 * rows * k * m, .bytes = bytes, .working_set = bytes};
}

Work operator+(const Work& a, const Work& b) {
  return {a.flops + b.flops, a.bytes + b.bytes, a.working_set + b.working_set};
}

/// Counted from messages-inl.hpp: filters of a value cost 6 flops each as a cubic polynomial and 10
/// with their slope; the first layer has two filters and no input adjoint, the others three.
Work message_work(const cpu::PackedModel<float>& model,
                  const StageSize& size,
                  bool first,
                  bool backward) {
  const double p = static_cast<double>(size.n_pairs), n = static_cast<double>(size.n_atoms),
               h = static_cast<double>(model.hidden), kinds = first ? 2.0 : 3.0;
  const bool stored = !model.tabulated;  // and read in both directions
  const bool reads_table = !stored && (!backward || !size.filters_kept);
  const bool with_slopes = backward || size.filters_kept;
  const double filter_flops = reads_table ? kinds * (with_slopes ? 10.0 : 6.0) : 0.0;
  const double message_flops = backward ? (first ? 27.0 : 67.0) : (first ? 18.0 : 30.0);
  // Four coefficients a filter from the table, or a value and a slope that were kept.
  double channel_bytes = reads_table ? 4.0 * kinds : kinds * (backward ? 2.0 : 1.0);
  if (!backward && size.filters_kept && !stored) channel_bytes += 2.0 * kinds;  // kept now
  // Features of j; read and written where the stage adds to them.
  channel_bytes += backward ? (first ? 5.0 : 16.0) : (first ? 9.0 : 12.0);
  const double touched = static_cast<double>(size.n_table_rows) * kinds * h;
  const double feature_arrays = backward ? (first ? 5.0 : 12.0) : (first ? 5.0 : 8.0);
  double set = kFloat * (feature_arrays * n * h + 6.0 * p);
  set += kFloat * (reads_table ? touched : p * kinds * (backward ? 2.0 : 1.0) * h);
  if (!backward && size.filters_kept) set += kFloat * p * kinds * 2.0 * h;
  // Sums start as a copy of the features; the first layer has scalars only, and no input adjoint.
  const double start = first ? (backward ? 0.0 : 5.0) : 8.0;
  return {.flops = p * h * (filter_flops + message_flops),
          .bytes = kFloat * h * (p * channel_bytes + n * start),
          .working_set = set};
}

}  // namespace

std::size_t table_rows(const cpu::PackedModel<float>& model, const cpu::Workspace<float>& work) {
  if (!model.tabulated) return 0;
  std::set<std::size_t> rows;
  const bool monomials = model.table_layout == cpu::TableLayout::monomials;
  for (std::size_t i = 0; i < work.n_atoms; ++i) {
    for (std::size_t p = work.pair_begin[i]; p < work.pair_end[i]; ++p) {
      // Monomials have four rows of their own, B-splines share three of theirs with the next.
      const std::size_t k = work.pair_interval[p] * (monomials ? std::size_t{4} : std::size_t{1});
      for (std::size_t m = 0; m < 4; ++m) rows.insert(k + m);
    }
  }
  return rows.size();
}

Work stage_work(const cpu::PackedModel<float>& model,
                const StageSize& size,
                Stage stage,
                std::size_t layer) {
  const double n = static_cast<double>(size.n_atoms), p = static_cast<double>(size.n_pairs),
               h = static_cast<double>(model.hidden), r = static_cast<double>(model.n_rbf),
               gates = static_cast<double>(model.gates);
  const Work features{.flops = 0.0, .bytes = kFloat * 8.0 * n * h, .working_set = 16.0 * n * h};
  switch (stage) {
    case Stage::find_pairs:
      return {.flops = 2.0 * 9.0 * std::max(p, static_cast<double>(size.n_tested)) + 40.0 * p,
              .bytes = 24.0 * n + 68.0 * p,
              .working_set = 24.0 * n + 68.0 * p};
    case Stage::embed:
      return {.flops = 0.0, .bytes = 28.0 * n, .working_set = 28.0 * n};
    case Stage::radial_basis:
      return {.flops = 2.0 * kGaussian * p * r, .bytes = 8.0 * p * r, .working_set = 8.0 * 6 * r};
    case Stage::exact_filters: {
      const Work first = dense_work(2.0 * p, r, h), second = dense_work(2.0 * p, h, 3.0 * h);
      const Work stored{.bytes = kFloat * 6.0 * p * h, .working_set = kFloat * 6.0 * p * h};
      Work rest = stage_work(model, size, Stage::radial_basis, 0);
      rest.flops += p * h * kSilu;
      return first + second + stored + rest;
    }
    case Stage::messages:
      return message_work(model, size, layer == 0, /*backward=*/false);
    case Stage::messages_backward:
      return message_work(model, size, layer == 0, /*backward=*/true);
    case Stage::update: {
      const Work extra{.flops = n * h * (kSilu + 12.0)};
      return dense_work(n, 2.0 * h, h) + dense_work(n, h, gates * h) + features + extra;
    }
    case Stage::update_backward: {
      const Work extra{.flops = n * h * 24.0};
      return dense_work(n, gates * h, h) + dense_work(n, h, 2.0 * h) + features + extra;
    }
    case Stage::readout: {
      const double half = static_cast<double>(model.head_1.n),
                   quarter = static_cast<double>(model.head_2.n);
      const Work extra{.flops = n * (h + half + quarter) * kSilu + n * h * 16.0};
      return dense_work(n, 2.0 * h, h) + dense_work(n, 2.0 * h, half) +
             dense_work(n, half, quarter) + dense_work(n, quarter, half) +
             dense_work(n, half, 2.0 * h) + dense_work(n, h, 2.0 * h) + features + extra;
    }
    case Stage::pair_forces: {
      const double blocks = static_cast<double>(model.blocks);
      const double bytes = p * (16.0 * blocks + 16.0 + 4.0 + 16.0 + 16.0 + 32.0);
      return {.flops = p * (28.0 + 4.0 * (blocks - 1.0)),
              .bytes = bytes,
              .working_set = p * (16.0 * blocks + 40.0) + 16.0 * n};
    }
  }
  return {};
}

Work evaluation_work(const cpu::PackedModel<float>& model, const StageSize& size) {
  Work sum;
  const auto add = [&](Stage stage, std::size_t layer) {
    sum = sum + stage_work(model, size, stage, layer);
  };
  const std::size_t last = model.n_layers - 1;
  add(Stage::find_pairs, 0);
  add(Stage::embed, 0);
  for (std::size_t layer = 0; layer <= last; ++layer) {
    if (!model.tabulated) add(Stage::exact_filters, layer);
    add(Stage::messages, layer);
    add(layer < last ? Stage::update : Stage::readout, layer);
    add(Stage::messages_backward, layer);
    if (layer < last) add(Stage::update_backward, layer);
  }
  add(Stage::pair_forces, 0);
  return sum;
}

}  // namespace fusemd::benchmarks
