// SPDX-License-Identifier: MIT
#include "host/reference/student_network.hpp"

#include <algorithm>
#include <cmath>

#include "host/student_math.hpp"

namespace fusemd::reference {
namespace {

constexpr double kDirectionEpsilon = 1e-8;  // Angstrom, eps of (1)

// y = W x + b
void apply(const Linear& layer, std::span<const double> x, std::span<double> y) {
  for (std::size_t o = 0; o < layer.n_out; ++o) {
    double sum = layer.bias[o];
    for (std::size_t i = 0; i < layer.n_in; ++i) sum += layer.weight[o * layer.n_in + i] * x[i];
    y[o] = sum;
  }
}

// x_ = W^T y_
void apply_transposed(const Linear& layer, std::span<const double> y_, std::span<double> x_) {
  std::ranges::fill(x_, 0.0);
  for (std::size_t o = 0; o < layer.n_out; ++o) {
    for (std::size_t i = 0; i < layer.n_in; ++i) x_[i] += layer.weight[o * layer.n_in + i] * y_[o];
  }
}

// y = W SiLU(x) + b: every dense layer but the first of each network.
void apply_activated(const Linear& layer, std::span<const double> x, std::span<double> y) {
  std::vector<double> activated(x.size());
  std::ranges::transform(x, activated.begin(), silu);
  apply(layer, activated, y);
}

// x_ = S'(x) * W^T y_
void apply_activated_transposed(const Linear& layer,
                                std::span<const double> x,
                                std::span<const double> y_,
                                std::span<double> x_) {
  apply_transposed(layer, y_, x_);
  for (std::size_t i = 0; i < x.size(); ++i) x_[i] *= silu_slope(x[i]);
}

double dot3(const std::array<double, 3>& a, const std::array<double, 3>& b) {
  return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

// (1)
void find_edges(std::span<const Vec3> positions, double cutoff, Edges& edges) {
  edges.source.clear();
  edges.destination.clear();
  edges.displacement.clear();
  edges.direction.clear();
  edges.distance.clear();
  for (std::size_t j = 0; j < positions.size(); ++j) {
    for (std::size_t i = 0; i < positions.size(); ++i) {
      const Vec3 r = positions[j] - positions[i];
      const double d = norm(r);
      if (i == j || !(d <= cutoff)) continue;
      const double scale = 1.0 / (d + kDirectionEpsilon);
      edges.source.push_back(j);
      edges.destination.push_back(i);
      edges.displacement.push_back({r.x, r.y, r.z});
      edges.direction.push_back({r.x * scale, r.y * scale, r.z * scale});
      edges.distance.push_back(d);
    }
  }
}

// (2) to (4), or (4') in place of (4), with the slopes that (B11) needs.
void expand_distances(const StudentParameters& p, Values& values) {
  const std::size_t n_edges = values.edges.size();
  const std::size_t n_basis = p.basis.centers.size();
  const bool cut_basis = p.config.cutoff_applied_to == CutoffAppliedTo::rbf;
  values.cutoff.resize(n_edges);
  values.cutoff_slope.resize(n_edges);
  values.basis.resize(n_edges, n_basis);
  values.basis_slope.resize(n_edges, n_basis);
  for (std::size_t e = 0; e < n_edges; ++e) {
    const double d = values.edges.distance[e];
    const ValueAndSlope fc = cutoff_function(d, p.config.cutoff);
    values.cutoff[e] = fc.value;
    values.cutoff_slope[e] = fc.slope;
    for (std::size_t k = 0; k < n_basis; ++k) {
      const ValueAndSlope g = radial_gaussian(d, p.basis.centers[k], p.basis.gammas[k]);
      values.basis(e, k) = cut_basis ? g.value * fc.value : g.value;
      values.basis_slope(e, k) = cut_basis ? g.value * fc.slope + g.slope * fc.value : g.slope;
    }
  }
}

// (5) to (8), or (6') and (8').
void message(const StudentParameters& p,
             const FilterNetwork& network,
             Values& values,
             LayerValues& x) {
  const Edges& edges = values.edges;
  const std::size_t n_edges = edges.size();
  const std::size_t n_channels = x.s_in.columns();
  const bool cut_filter = p.config.cutoff_applied_to == CutoffAppliedTo::filter;
  const bool with_source = p.config.directional_message == DirectionalMessage::filter_times_source;
  x.filter_hidden.resize(n_edges, n_channels);
  x.filter_uncut.resize(n_edges, 3 * n_channels);
  x.filter.resize(n_edges, 3 * n_channels);
  x.s_message = x.s_in;
  x.v_message = x.v_in;
  for (std::size_t e = 0; e < n_edges; ++e) {
    apply(network.hidden, values.basis.row(e), x.filter_hidden.row(e));
    apply_activated(network.output, x.filter_hidden.row(e), x.filter_uncut.row(e));
    const double scale = cut_filter ? values.cutoff[e] : 1.0;
    for (std::size_t c = 0; c < 3 * n_channels; ++c) x.filter(e, c) = scale * x.filter_uncut(e, c);

    const std::size_t j = edges.source[e], i = edges.destination[e];
    const auto f = x.filter.row(e);
    const auto f_s = f.first(n_channels);
    const auto f_1 = f.subspan(n_channels, n_channels);
    const auto f_2 = f.last(n_channels);
    for (std::size_t c = 0; c < n_channels; ++c) {
      x.s_message(i, c) += x.s_in(j, c) * f_s[c];
      const double along = with_source ? f_2[c] * x.s_in(j, c) : f_2[c];
      for (std::size_t a = 0; a < 3; ++a) {
        x.v_message(3 * i + a, c) += x.v_in(3 * j + a, c) * f_1[c] + edges.direction[e][a] * along;
      }
    }
  }
}

// (9) to (13); the layer's output goes to s and v.
void update(const StudentParameters& p,
            const UpdateNetwork& network,
            LayerValues& x,
            Matrix& s,
            Matrix& v) {
  const std::size_t n_atoms = x.s_message.rows();
  const std::size_t n_channels = x.s_message.columns();
  const double epsilon = p.config.norm_epsilon;
  std::vector<double> input(2 * n_channels);
  x.norm.resize(n_atoms, n_channels);
  x.update_hidden.resize(n_atoms, n_channels);
  x.gates.resize(n_atoms, 3 * n_channels);
  x.v_mixed.resize(3 * n_atoms, n_channels);
  s.resize(n_atoms, n_channels);
  v.resize(3 * n_atoms, n_channels);
  for (std::size_t i = 0; i < n_atoms; ++i) {
    for (std::size_t c = 0; c < n_channels; ++c) {
      double square = epsilon * epsilon;
      for (std::size_t a = 0; a < 3; ++a) {
        square += x.v_message(3 * i + a, c) * x.v_message(3 * i + a, c);
      }
      x.norm(i, c) = std::sqrt(square);
      input[c] = x.s_message(i, c);
      input[n_channels + c] = x.norm(i, c);
    }
    apply(network.hidden, input, x.update_hidden.row(i));
    apply_activated(network.output, x.update_hidden.row(i), x.gates.row(i));

    const auto gates = x.gates.row(i);
    const auto alpha = gates.first(n_channels);
    const auto beta = gates.subspan(n_channels, n_channels);
    const auto delta = gates.last(n_channels);
    for (std::size_t c = 0; c < n_channels; ++c) {
      s(i, c) = x.s_message(i, c) + alpha[c];
      for (std::size_t a = 0; a < 3; ++a) {
        double mixed = 0.0;
        for (std::size_t b = 0; b < 3; ++b) {
          mixed += network.mixing[3 * a + b] * x.v_message(3 * i + b, c);
        }
        x.v_mixed(3 * i + a, c) = mixed;
        v(3 * i + a, c) = x.v_message(3 * i + a, c) * beta[c] + mixed * delta[c];
      }
    }
  }
}

// (14)
void read_out(const Readout& readout, Values& values) {
  const std::size_t n_atoms = values.s.rows();
  values.readout_first.resize(n_atoms, readout.first.n_out);
  values.readout_second.resize(n_atoms, readout.second.n_out);
  values.atomic_energies.resize(n_atoms);
  for (std::size_t i = 0; i < n_atoms; ++i) {
    apply(readout.first, values.s.row(i), values.readout_first.row(i));
    apply_activated(readout.second, values.readout_first.row(i), values.readout_second.row(i));
    apply_activated(readout.third, values.readout_second.row(i), {&values.atomic_energies[i], 1});
  }
}

// (B1)
void read_out_backward(const Readout& readout, const Values& values, Gradients& gradients) {
  const std::size_t n_atoms = values.s.rows();
  const double energy_ = 1.0;
  std::vector<double> second_(readout.second.n_out), first_(readout.first.n_out);
  gradients.s.resize(n_atoms, values.s.columns());
  gradients.v.resize(3 * n_atoms, values.s.columns());
  for (std::size_t i = 0; i < n_atoms; ++i) {
    apply_activated_transposed(readout.third, values.readout_second.row(i), {&energy_, 1}, second_);
    apply_activated_transposed(readout.second, values.readout_first.row(i), second_, first_);
    apply_transposed(readout.first, first_, gradients.s.row(i));
  }
}

// (B2) to (B5), from s_ and v_, the gradients of the layer's output.
void update_backward(const UpdateNetwork& network,
                     const LayerValues& x,
                     const Matrix& s_,
                     const Matrix& v_,
                     LayerGradients& x_) {
  const std::size_t n_atoms = s_.rows();
  const std::size_t n_channels = s_.columns();
  std::vector<double> hidden_(n_channels), input_(2 * n_channels);
  x_.gates.resize(n_atoms, 3 * n_channels);
  x_.norm.resize(n_atoms, n_channels);
  x_.s_message.resize(n_atoms, n_channels);
  x_.v_message.resize(3 * n_atoms, n_channels);
  for (std::size_t i = 0; i < n_atoms; ++i) {
    for (std::size_t c = 0; c < n_channels; ++c) {
      x_.gates(i, c) = s_(i, c);
      for (std::size_t a = 0; a < 3; ++a) {
        x_.gates(i, n_channels + c) += v_(3 * i + a, c) * x.v_message(3 * i + a, c);
        x_.gates(i, 2 * n_channels + c) += v_(3 * i + a, c) * x.v_mixed(3 * i + a, c);
      }
    }
    apply_activated_transposed(network.output, x.update_hidden.row(i), x_.gates.row(i), hidden_);
    apply_transposed(network.hidden, hidden_, input_);

    const auto beta = x.gates.row(i).subspan(n_channels, n_channels);
    const auto delta = x.gates.row(i).last(n_channels);
    for (std::size_t c = 0; c < n_channels; ++c) {
      x_.s_message(i, c) = s_(i, c) + input_[c];
      x_.norm(i, c) = input_[n_channels + c];
      // With norm_epsilon = 0 the norm has a cusp at V' = 0; its gradient there is taken as 0.
      const double ratio = x.norm(i, c) == 0.0 ? 0.0 : x_.norm(i, c) / x.norm(i, c);
      for (std::size_t a = 0; a < 3; ++a) {
        double mixed_back = 0.0;
        for (std::size_t b = 0; b < 3; ++b) {
          mixed_back += network.mixing[3 * b + a] * v_(3 * i + b, c);
        }
        x_.v_message(3 * i + a, c) =
            v_(3 * i + a, c) * beta[c] + mixed_back * delta[c] + ratio * x.v_message(3 * i + a, c);
      }
    }
  }
}

// (B6) to (B10), or (B6') to (B8') and (B10').
void message_backward(const StudentParameters& p,
                      const FilterNetwork& network,
                      const Values& values,
                      const LayerValues& x,
                      LayerGradients& x_,
                      Gradients& gradients) {
  const Edges& edges = values.edges;
  const std::size_t n_channels = x.s_in.columns();
  const bool cut_filter = p.config.cutoff_applied_to == CutoffAppliedTo::filter;
  const bool with_source = p.config.directional_message == DirectionalMessage::filter_times_source;
  std::vector<double> uncut_(3 * n_channels), hidden_(n_channels), basis_(p.basis.centers.size());
  x_.filter.resize(edges.size(), 3 * n_channels);
  x_.s_in = x_.s_message;
  x_.v_in = x_.v_message;
  for (std::size_t e = 0; e < edges.size(); ++e) {
    const std::size_t j = edges.source[e], i = edges.destination[e];
    const std::array<double, 3>& u = edges.direction[e];
    const auto f = x.filter.row(e);
    const auto f_s = f.first(n_channels);
    const auto f_1 = f.subspan(n_channels, n_channels);
    const auto f_2 = f.last(n_channels);
    for (std::size_t c = 0; c < n_channels; ++c) {
      const double s_j = x.s_in(j, c);
      const double along = with_source ? f_2[c] * s_j : f_2[c];
      double along_ = 0.0;  // p of (B6'): the gradient of `along`
      for (std::size_t a = 0; a < 3; ++a) {
        const double v_message_ = x_.v_message(3 * i + a, c);
        along_ += v_message_ * u[a];
        x_.filter(e, n_channels + c) += v_message_ * x.v_in(3 * j + a, c);
        x_.v_in(3 * j + a, c) += v_message_ * f_1[c];
        gradients.direction[e][a] += v_message_ * along;
      }
      x_.filter(e, c) = x_.s_message(i, c) * s_j;
      x_.filter(e, 2 * n_channels + c) = with_source ? along_ * s_j : along_;
      x_.s_in(j, c) += x_.s_message(i, c) * f_s[c] + (with_source ? along_ * f_2[c] : 0.0);
    }

    const double scale = cut_filter ? values.cutoff[e] : 1.0;
    for (std::size_t c = 0; c < 3 * n_channels; ++c) {
      uncut_[c] = scale * x_.filter(e, c);
      if (cut_filter) gradients.cutoff[e] += x_.filter(e, c) * x.filter_uncut(e, c);
    }
    apply_activated_transposed(network.output, x.filter_hidden.row(e), uncut_, hidden_);
    apply_transposed(network.hidden, hidden_, basis_);
    for (std::size_t k = 0; k < basis_.size(); ++k) gradients.basis(e, k) += basis_[k];
  }
}

// (B11) or (B11'), then (B12).
void geometry_backward(const Values& values, Gradients& gradients) {
  const Edges& edges = values.edges;
  for (std::size_t e = 0; e < edges.size(); ++e) {
    double d_ = gradients.cutoff[e] * values.cutoff_slope[e];
    for (std::size_t k = 0; k < values.basis.columns(); ++k) {
      d_ += gradients.basis(e, k) * values.basis_slope(e, k);
    }
    gradients.distance[e] = d_;

    // Atoms in the same place have no direction: no force along this edge.
    gradients.displacement[e] = {};
    const double d = edges.distance[e];
    if (d == 0.0) continue;
    const std::array<double, 3>& r = edges.displacement[e];
    const std::array<double, 3>& u_ = gradients.direction[e];
    const double shifted = d + kDirectionEpsilon;
    const double radial = (d_ - dot3(u_, r) / (shifted * shifted)) / d;
    for (std::size_t a = 0; a < 3; ++a) {
      gradients.displacement[e][a] = u_[a] / shifted + r[a] * radial;
    }
  }
}

}  // namespace

void forward(const StudentParameters& parameters,
             std::span<const int> atomic_numbers,
             std::span<const Vec3> positions,
             Values& values) {
  const std::size_t n_atoms = atomic_numbers.size();
  const std::size_t n_channels = parameters.readout.first.n_in;
  const std::size_t n_layers = parameters.filters.size();
  find_edges(positions, parameters.config.cutoff, values.edges);
  expand_distances(parameters, values);

  values.layers.resize(n_layers);
  values.s.resize(n_atoms, n_channels);
  values.v.resize(3 * n_atoms, n_channels);
  for (std::size_t i = 0; i < n_atoms; ++i) {
    const auto row = static_cast<std::size_t>(atomic_numbers[i]) * n_channels;
    std::copy_n(&parameters.embedding[row], n_channels, values.s.row(i).begin());
  }
  for (std::size_t l = 0; l < n_layers; ++l) {
    LayerValues& layer = values.layers[l];
    layer.s_in = values.s;
    layer.v_in = values.v;
    message(parameters, parameters.filters[l], values, layer);
    update(parameters, parameters.updates[l], layer, values.s, values.v);
  }
  read_out(parameters.readout, values);
}

void backward(const StudentParameters& parameters, const Values& values, Gradients& gradients) {
  const std::size_t n_edges = values.edges.size();
  gradients.layers.resize(values.layers.size());
  gradients.direction.assign(n_edges, {});
  gradients.basis.resize(n_edges, values.basis.columns());
  gradients.cutoff.assign(n_edges, 0.0);
  gradients.distance.resize(n_edges);
  gradients.displacement.resize(n_edges);

  read_out_backward(parameters.readout, values, gradients);
  const Matrix *s_ = &gradients.s, *v_ = &gradients.v;
  for (std::size_t l = values.layers.size(); l-- > 0;) {
    LayerGradients& layer = gradients.layers[l];
    update_backward(parameters.updates[l], values.layers[l], *s_, *v_, layer);
    message_backward(parameters, parameters.filters[l], values, values.layers[l], layer, gradients);
    s_ = &layer.s_in;
    v_ = &layer.v_in;
  }
  geometry_backward(values, gradients);
}

}  // namespace fusemd::reference
