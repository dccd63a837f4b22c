// SPDX-License-Identifier: MIT
// Any bytes as an extended XYZ file: a frame or an InputError, never anything else; and what was
// read must come back the same after it has been written.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "host/io/extxyz_reader.hpp"
#include "host/io/extxyz_writer.hpp"
#include "host/structure_check.hpp"
#include "weights/error.hpp"

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

bool same_cell(const std::optional<fusemd::Cell>& a, const std::optional<fusemd::Cell>& b) {
  if (!a || !b) return !a && !b;
  return a->vectors == b->vectors && a->periodic == b->periodic;
}

void check_round_trip(const fusemd::Structure& structure) {
  std::string text;
  fusemd::append_extxyz(text, structure);
  fusemd::ExtxyzReader reader(fusemd::LineReader::from_text(text, "written"));
  const fusemd::Structure back = reader.next().value();  // our own file must not be refused
  require(back.atomic_numbers == structure.atomic_numbers);
  require(back.positions == structure.positions);
  require(back.velocities == structure.velocities);
  require(back.forces == structure.forces);
  require(back.masses == structure.masses);
  require(back.energy == structure.energy);
  require(same_cell(back.cell, structure.cell));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string text(data, data + size);
  fusemd::ExtxyzReader reader(fusemd::LineReader::from_text(std::move(text), "fuzz"));
  try {
    while (const auto frame = reader.next()) {
      try {
        check_round_trip(*frame);
      } catch (const fusemd::InputError&) {
        std::abort();
      }
      fusemd::check_structure(*frame);
    }
  } catch (const fusemd::InputError&) {
    // A refusal is a good answer.
  }
  return 0;
}
