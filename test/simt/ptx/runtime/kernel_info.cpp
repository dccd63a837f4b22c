// SPDX-License-Identifier: MIT
#include "test/simt/ptx/runtime/kernel_info.hpp"

#include <array>
#include <vector>

#include "test/simt/executor/executor.hpp"

namespace fusemd::ptx {

namespace {

std::vector<const KernelInfo*>& kernels() {
  static std::vector<const KernelInfo*> value;
  return value;
}

/// Linear: a program has a few dozen kernels, and a launch costs thousands of switches.
const KernelInfo* find(const void* source) {
  for (const KernelInfo* kernel : kernels()) {
    if (reinterpret_cast<const void*>(kernel->source) == source) return kernel;
  }
  return nullptr;
}

executor::TranslationOrProblem translation(const void* source,
                                           std::span<const std::size_t> parameter_bytes) {
  const KernelInfo* kernel = find(source);
  if (kernel == nullptr) return {nullptr, "its PTX is not linked into this program"};
  if (kernel->parameter_bytes.size() != parameter_bytes.size()) {
    return {nullptr, "its PTX has another number of parameters"};
  }
  for (std::size_t i = 0; i < parameter_bytes.size(); ++i) {
    if (kernel->parameter_bytes[i] != parameter_bytes[i]) {
      return {nullptr, "its PTX has a parameter of another size"};
    }
  }
  return {kernel->entry, nullptr};
}

}  // namespace

Registration::Registration(std::initializer_list<const KernelInfo*> added) {
  kernels().insert(kernels().end(), added);
  executor::run_translations(translation);
}

std::span<const KernelInfo* const> translated_kernels() { return kernels(); }

const char* class_name(Class kind) {
  static constexpr std::array<const char*, kClasses> kNames = {
      "fma32",        "add32",       "other32",      "special32",  "slow32",      "fp64",
      "integer",      "logic",       "compare",      "convert",    "move",        "load_global",
      "store_global", "load_shared", "store_shared", "load_local", "store_local", "load_constant",
      "parameter",    "atomic",      "async_copy",   "shuffle",    "vote",        "barrier",
      "warp_barrier", "fence",       "tensor",       "branch",     "other"};
  return kNames[static_cast<std::size_t>(kind)];
}

}  // namespace fusemd::ptx
