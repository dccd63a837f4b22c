// SPDX-License-Identifier: MIT
#include "host/element_check.hpp"

#include <algorithm>
#include <cstddef>
#include <string>

#include "host/elements.hpp"
#include "weights/error.hpp"

namespace fusemd {
namespace {

std::string element_name(int atomic_number) {
  const std::string_view symbol = element_symbol(atomic_number);
  const std::string number = "atomic number " + std::to_string(atomic_number);
  return symbol.empty() ? number : std::string(symbol) + " (" + number + ")";
}

std::string symbols(std::span<const int> elements) {
  std::string text;
  for (const int z : elements) {
    if (!text.empty()) text += ", ";
    text += element_symbol(z).empty() ? std::to_string(z) : std::string(element_symbol(z));
  }
  return text;
}

}  // namespace

void require_trained_elements(std::span<const int> atomic_numbers,
                              std::span<const int> trained_elements,
                              std::string_view model_name) {
  for (std::size_t i = 0; i < atomic_numbers.size(); ++i) {
    if (std::ranges::find(trained_elements, atomic_numbers[i]) != trained_elements.end()) continue;
    InputErrorParts parts;
    parts.problem = "atom " + std::to_string(i + 1) + " is of an element that model '" +
                    std::string(model_name) + "' was not trained on";
    parts.expected = symbols(trained_elements);
    parts.found = element_name(atomic_numbers[i]);
    parts.hint =
        "use a model trained on this element; `fusemd info MODEL` lists a model's elements";
    throw InputError(std::move(parts));
  }
}

void require_not_periodic(const std::optional<Cell>& cell) {
  if (!cell) return;
  std::string directions;
  for (std::size_t a = 0; a < 3; ++a) {
    if (!cell->periodic[a]) continue;
    if (!directions.empty()) directions += ", ";
    directions += "abc"[a];
  }
  if (directions.empty()) return;
  InputErrorParts parts;
  parts.key = "pbc";
  parts.problem = "the cell is periodic, and these models see no periodic images";
  parts.expected = "no periodic direction";
  parts.found = "periodic along " + directions;
  parts.hint = "for an isolated molecule write pbc=\"F F F\" or leave the cell out";
  throw InputError(std::move(parts));
}

}  // namespace fusemd
