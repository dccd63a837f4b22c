// SPDX-License-Identifier: MIT
#include "host/train/workspace.hpp"

namespace fusemd::train {

template <class T>
void Workspace<T>::ensure(const ParameterLayout& layout,
                          std::size_t atoms,
                          std::size_t pairs,
                          bool exact) {
  // Kernels work on whole vectors of pairs.
  const std::size_t p = padded(pairs), n = atoms, h = layout.hidden;
  for (auto* buffer :
       {&distance, &inverse, &stretch, &cutoff, &cutoff_slope, &distance_tangent, &knot_position}) {
    buffer->ensure(p);
  }
  for (std::size_t a = 0; a < 3; ++a) {
    direction[a].ensure(p);
    direction_tangent[a].ensure(p);
  }
  along.ensure(p * 4 * kPadding);
  if (exact) {
    basis.ensure(2 * p * padded(layout.n_rbf));
    filter_scratch.ensure(2 * p * row(h));
  }
  layers.resize(layout.n_layers + 1);
  for (LayerRows<T>& x : layers) {
    x.s.ensure(2 * n * row(h));
    x.v.ensure(2 * n * row(3 * h));
    x.grad_s.ensure(2 * n * row(h));
    x.grad_v.ensure(2 * n * row(3 * h));
    if (&x == &layers.back()) break;
    if (exact) {
      x.filters.hidden.ensure(2 * p * row(h));
      x.filters.slope.ensure(p * row(h));
      x.filters.curvature.ensure(p * row(h));
    }
    x.filters.filter.ensure(2 * p * row(3 * h));
    x.filter_adjoint.ensure(p * row(3 * h));
    for (auto* buffer : {&x.joined, &x.gates, &x.grad_joined, &x.grad_gates}) {
      buffer->ensure(2 * n * row(2 * h));
    }
    for (auto* buffer : {&x.vector, &x.grad_vector}) buffer->ensure(2 * n * row(3 * h));
    for (auto* buffer : {&x.hidden, &x.grad_hidden_input}) buffer->ensure(2 * n * row(h));
    for (auto* buffer : {&x.slope, &x.curvature, &x.hidden_adjoint}) buffer->ensure(n * row(h));
  }
  for (auto* buffer : {&head_1, &slope_1, &curvature_1, &grad_1, &adjoint_p1}) {
    buffer->ensure(2 * n * row(layout.head_1.out));
  }
  for (auto* buffer : {&head_2, &slope_2, &curvature_2, &grad_2}) {
    buffer->ensure(2 * n * row(layout.head_2.out));
  }
}

template struct Workspace<float>;
template struct Workspace<double>;

}  // namespace fusemd::train
