// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace fusemd::cpu {

/// Instruction sets that the engine is compiled for, the slowest first.
enum class InstructionSet { sse4, avx2, avx512 };

/// "sse4", "avx2", "avx512".
std::string_view to_string(InstructionSet set);

/// Those that this processor and operating system can run; empty on an x86 older than SSE4.2.
std::vector<InstructionSet> supported_instruction_sets();

/// Resolves "auto" (the fastest supported) or a name.
///
/// Errors   InputError for an unknown name, or a set that this processor lacks (it lists those it
/// has).
InstructionSet choose_instruction_set(const std::string& name);

}  // namespace fusemd::cpu
