// SPDX-License-Identifier: MIT
#pragma once

#include "test/support/tiny_model.hpp"
#include "weights/model.hpp"

namespace fusemd::test {

/// The smallest model that uses every key of the format: about 4 kB as a file.
inline Model minute_model() {
  StudentConfig config = shipped_switches(4, 1, 2);
  config.max_z = 8;
  Model model = make_model(config, 11);
  model.name = "minute";
  model.provenance = "{\"teacher\": \"none\", \"runs\": [1, 2.5, {\"note\": null}]}";
  model.training_domain.closest_pairs = {{1, 1, 0.62}, {1, 8, 0.81}};
  model.training_domain.temperatures = {300.0, 800.0};
  model.training_domain.note = "made up";
  model.reference_frames = {
      {"OH", {8, 1}, {0.0, 0.0, 0.0, 0.1, 0.2, 0.9}, -1.25, {0.5, -0.0, 1e-17, -0.5, 0.0, -1e-17}},
      {"H", {1}, {1.0, 2.0, 3.0}, -0.1, {0.0, 0.0, 0.0}}};
  return model;
}

}  // namespace fusemd::test
