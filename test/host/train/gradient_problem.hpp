// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <span>
#include <vector>

#include "host/cpu/aligned_buffer.hpp"
#include "host/train/gradient.hpp"
#include "test/support/tiny_model.hpp"

namespace fusemd::test {

/// Small frames with everything that may go wrong: an atom alone, pairs on, just inside and just
/// outside the cutoff, a molecule out of reach of another. Labels are far from what any model says,
/// so that the loss has large residuals: with small ones v = e / |e| would turn rounding into
/// directions.
std::vector<Structure> hard_frames();

/// Twenty rattled molecules of 3 to 21 atoms, labelled likewise.
std::vector<Structure> many_frames();

/// A model with its layout and a batch, in one precision.
template <class T>
struct Problem {
  Problem(const StudentConfig& config, const std::vector<Structure>& structures)
      : model(make_model(config, 11)), layout(config, model.elements) {
    for (const Structure& s : structures) frames.push_back(train::make_frame(s, layout, {}));
    for (const train::Frame& frame : frames) batch.push_back(&frame);
    parameters.ensure(layout.size);
    gradient.ensure(layout.size);
    layout.gather(model, std::span<T>(parameters.data(), layout.size));
  }
  double compute(const train::GradientOptions& options) {
    std::fill_n(gradient.data(), layout.size, std::nan(""));
    return train::Gradient<T>(layout, radial_basis(model), options)
        .compute(parameters.data(), batch, gradient.data());
  }

  Model model;
  train::ParameterLayout layout;
  std::vector<train::Frame> frames;
  std::vector<const train::Frame*> batch;
  cpu::AlignedBuffer<T> parameters, gradient;
};

}  // namespace fusemd::test
