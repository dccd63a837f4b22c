// SPDX-License-Identifier: MIT
#include "host/filter.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <stdexcept>
#include <vector>

#include "host/student_math.hpp"
#include "host/student_parameters.hpp"

namespace fusemd {
namespace {

// A model is loaded once per program start, so this must not be felt: the dense layers run on tiles
// of 4 distances x 4 outputs, which the compiler keeps in vector registers on every instruction
// set.
constexpr std::size_t kTile = 4;
using Lanes = std::array<double, kTile>;  // one number for each distance of a tile

/// The weights of a dense layer in panels of kTile outputs: [n_out / kTile][n_in][kTile], the last
/// panel padded with zeros.
class PackedLinear {
 public:
  explicit PackedLinear(const Linear& layer)
      : n_out_(layer.n_out), n_in_(layer.n_in), n_panels_((n_out_ + kTile - 1) / kTile) {
    panels_.resize(n_panels_ * n_in_ * kTile);
    bias_.resize(n_panels_ * kTile);
    std::ranges::copy(layer.bias, bias_.begin());
    for (std::size_t o = 0; o < n_out_; ++o) {
      for (std::size_t i = 0; i < n_in_; ++i) {
        panels_[((o / kTile) * n_in_ + i) * kTile + o % kTile] = layer.weight[o * n_in_ + i];
      }
    }
  }

  std::size_t n_out() const { return n_out_; }

  /// y = W x, plus the bias where asked, for a tile: x [n_in], y [n_out].
  void apply(const std::vector<Lanes>& x, bool with_bias, std::vector<Lanes>& y) const {
    for (std::size_t p = 0; p < n_panels_; ++p) {
      double sum[kTile][kTile] = {};  // [distance][output]
      const double* panel = &panels_[p * n_in_ * kTile];
      for (std::size_t i = 0; i < n_in_; ++i, panel += kTile) {
        for (std::size_t t = 0; t < kTile; ++t) {
          for (std::size_t o = 0; o < kTile; ++o) sum[t][o] += x[i][t] * panel[o];
        }
      }
      for (std::size_t o = 0; o < std::min(kTile, n_out_ - p * kTile); ++o) {
        const double bias = with_bias ? bias_[p * kTile + o] : 0.0;
        for (std::size_t t = 0; t < kTile; ++t) y[p * kTile + o][t] = sum[t][o] + bias;
      }
    }
  }

 private:
  std::size_t n_out_, n_in_, n_panels_;
  std::vector<double> panels_, bias_;
};

}  // namespace

void evaluate_filters(const Model& model,
                      int layer,
                      std::span<const double> distances,
                      std::span<double> f,
                      std::span<double> df) {
  const FilterNetwork network = filter_network(model, layer);
  const RadialBasis basis = radial_basis(model);
  const PackedLinear hidden(network.hidden), output(network.output);
  const std::size_t n_basis = basis.centers.size();
  const std::size_t n_outputs = output.n_out();
  const bool cut_basis = model.config.cutoff_applied_to == CutoffAppliedTo::rbf;
  const bool with_slopes = !df.empty();
  if (f.size() != distances.size() * n_outputs || (with_slopes && df.size() != f.size())) {
    throw std::invalid_argument("evaluate_filters: f and df hold 3H numbers a distance");
  }

  // A capital D marks the derivative by distance of the array named after it.
  std::vector<Lanes> b(n_basis), Db(n_basis);
  std::vector<Lanes> h(hidden.n_out()), Dh(hidden.n_out());
  std::vector<Lanes> w(n_outputs), Dw(n_outputs);
  for (std::size_t begin = 0; begin < distances.size(); begin += kTile) {
    const std::size_t n = std::min(kTile, distances.size() - begin);
    std::array<ValueAndSlope, kTile> fc;
    for (std::size_t t = 0; t < kTile; ++t) {
      const double d = distances[begin + std::min(t, n - 1)];  // a short tile repeats its last one
      fc[t] = cutoff_function(d, model.config.cutoff);
      for (std::size_t k = 0; k < n_basis; ++k) {
        const ValueAndSlope g = radial_gaussian(d, basis.centers[k], basis.gammas[k]);
        b[k][t] = cut_basis ? g.value * fc[t].value : g.value;
        Db[k][t] = cut_basis ? g.slope * fc[t].value + g.value * fc[t].slope : g.slope;
      }
      if (cut_basis) fc[t] = {1.0, 0.0};  // the finished filter is not cut again
    }
    hidden.apply(b, true, h);
    if (with_slopes) {
      hidden.apply(Db, false, Dh);
      for (std::size_t c = 0; c < h.size(); ++c) {
        for (std::size_t t = 0; t < kTile; ++t) Dh[c][t] *= silu_slope(h[c][t]);
      }
      output.apply(Dh, false, Dw);
    }
    for (Lanes& lanes : h) {
      for (double& value : lanes) value = silu(value);
    }
    output.apply(h, true, w);
    for (std::size_t t = 0; t < n; ++t) {
      const std::size_t row = (begin + t) * n_outputs;
      for (std::size_t c = 0; c < n_outputs; ++c) {
        f[row + c] = fc[t].value * w[c][t];
        if (with_slopes) df[row + c] = fc[t].value * Dw[c][t] + fc[t].slope * w[c][t];
      }
    }
  }
}

}  // namespace fusemd
