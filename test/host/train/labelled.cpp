// SPDX-License-Identifier: MIT
#include "test/host/train/labelled.hpp"

#include "host/elements.hpp"
#include "host/io/text.hpp"
#include "host/train/preparation.hpp"
#include "test/support/shipped_models.hpp"
#include "test/support/systems.hpp"

namespace fusemd::test {

std::vector<Structure> labelled_frames(std::size_t count, std::uint64_t seed) {
  const std::vector<System> molecules = {water(), methane(), ethanol()};
  std::vector<Structure> frames;
  for (std::size_t k = 0; k < count; ++k) {
    const System system = rattled(molecules[k / 10 % molecules.size()], 0.08, seed * 1000 + k);
    Structure frame;
    frame.atomic_numbers = system.atomic_numbers;
    frame.positions = system.positions;
    frame.group = system.name + "-" + std::to_string(k / 10);
    frame.name = "frame " + std::to_string(k + 1);
    frames.push_back(frame);
  }
  static const Model teacher = shipped_model("ultra_tiny");
  train::label_frames(teacher, frames);
  return frames;
}

std::string training_text(const std::vector<Structure>& frames) {
  std::string text;
  for (const Structure& frame : frames) {
    text += std::to_string(frame.size()) + "\nProperties=species:S:1:pos:R:3:forces:R:3 energy=";
    append_real(text, frame.energy.value());
    text += " trajectory=\"" + frame.group + "\"\n";
    for (std::size_t i = 0; i < frame.size(); ++i) {
      text += element_symbol(frame.atomic_numbers[i]);
      const Vec3 &r = frame.positions[i], &f = (*frame.forces)[i];
      for (const double value : {r.x, r.y, r.z, f.x, f.y, f.z}) {
        text += ' ';
        append_real(text, value);
      }
      text += '\n';
    }
  }
  return text;
}

}  // namespace fusemd::test
