// SPDX-License-Identifier: MIT
#include "host/cpu/instruction_set.hpp"

#include "weights/error.hpp"

namespace fusemd::cpu {
namespace {

// The features that Highway's targets of the same names are compiled with (its set_macros-inl.h).
// The built-in also asks the operating system whether it saves the wide registers.
// F16C is not asked for: clang 14 does not know its name, and every processor with AVX2 has it.
bool supports(InstructionSet set) {
  const bool sse4 = __builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("pclmul") &&
                    __builtin_cpu_supports("aes");
  const bool avx2 = sse4 && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
                    __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2");
  switch (set) {
    case InstructionSet::sse4:
      return sse4;
    case InstructionSet::avx2:
      return avx2;
    case InstructionSet::avx512:
      return avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
             __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw") &&
             __builtin_cpu_supports("avx512cd");
  }
  return false;
}

std::string list(const std::vector<InstructionSet>& sets) {
  std::string text;
  for (const InstructionSet set : sets) {
    text += (text.empty() ? "" : ", ") + std::string(to_string(set));
  }
  return text.empty() ? "none" : text;
}

}  // namespace

std::string_view to_string(InstructionSet set) {
  switch (set) {
    case InstructionSet::sse4:
      return "sse4";
    case InstructionSet::avx2:
      return "avx2";
    case InstructionSet::avx512:
      return "avx512";
  }
  return "";
}

std::vector<InstructionSet> supported_instruction_sets() {
  std::vector<InstructionSet> sets;
  for (const auto set : {InstructionSet::sse4, InstructionSet::avx2, InstructionSet::avx512}) {
    if (supports(set)) sets.push_back(set);
  }
  return sets;
}

InstructionSet choose_instruction_set(const std::string& name) {
  const auto sets = supported_instruction_sets();
  if (sets.empty()) {
    throw InputError({.key = "instruction-set",
                      .problem = "this processor is too old for the CPU engine",
                      .expected = "an x86-64 processor with SSE4.2, AES and PCLMUL (2011 or later)",
                      .hint = "use --device reference, which runs anywhere but slowly"});
  }
  if (name == "auto") return sets.back();
  for (const auto set : {InstructionSet::sse4, InstructionSet::avx2, InstructionSet::avx512}) {
    if (name != to_string(set)) continue;
    if (supports(set)) return set;
    throw InputError({.key = "instruction-set",
                      .problem = "this processor cannot run " + name,
                      .expected = "auto, " + list(sets),
                      .found = name,
                      .hint = "leave it at auto"});
  }
  throw InputError({.key = "instruction-set",
                    .problem = "unknown instruction set",
                    .expected = "auto, sse4, avx2, avx512",
                    .found = name});
}

}  // namespace fusemd::cpu
