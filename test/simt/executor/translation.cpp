// SPDX-License-Identifier: MIT
#include <stdexcept>
#include <string>

#include "test/simt/executor/executor.hpp"

namespace fusemd::executor {

namespace {

FindTranslation find_translation = nullptr;

}  // namespace

void run_translations(FindTranslation find) { find_translation = find; }

Translation translation_of(const void* kernel, std::span<const std::size_t> parameter_bytes) {
  if (find_translation == nullptr) return nullptr;
  const TranslationOrProblem found = find_translation(kernel, parameter_bytes);
  if (found.translation == nullptr) {
    throw std::logic_error(std::string("launch of a kernel that cannot run from PTX: ") +
                           found.problem);
  }
  return found.translation;
}

}  // namespace fusemd::executor
