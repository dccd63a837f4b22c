// SPDX-License-Identifier: MIT
#pragma once

#include <initializer_list>
#include <span>

#include "test/simt/ptx/runtime/registers.hpp"

/// What a translated module says of its kernels: how to enter them, and what running each stretch
/// of their code means for the counters.
namespace fusemd::ptx {

/// Kinds of instructions, for the counters. translator/instructions.py says which is which.
enum class Class : u8 {
  fma32,      ///< f32 fused multiply-add
  add32,      ///< f32 add, subtract, multiply
  other32,    ///< f32 minimum, sign and the like
  special32,  ///< the special-function unit
  slow32,     ///< f32 division and root by IEEE's rules: a dozen machine instructions each
  fp64,
  integer,
  logic,
  compare,  ///< and select
  convert,
  move,  ///< mostly gone after ptxas
  load_global,
  store_global,
  load_shared,
  store_shared,
  load_local,
  store_local,
  load_constant,
  parameter,
  atomic,
  async_copy,
  shuffle,
  vote,
  barrier,
  warp_barrier,
  fence,
  tensor,
  branch,
  other,
};
inline constexpr unsigned kClasses = static_cast<unsigned>(Class::other) + 1;
[[nodiscard]] const char* class_name(Class kind);

/// `count` instructions of one kind in one straight stretch of code.
struct StretchCount {
  u32 stretch;
  Class kind;
  u32 count;
};

enum class Space : u8 { generic, global, shared, constant };
enum class Access : u8 { load, store, atomic };

/// One load, store or atomic in a module's text.
struct AccessSite {
  const char* file;
  unsigned line;
  Space space;
  Access access;
  unsigned bytes;  ///< by one thread; 0 if the instruction says it at run time
};

/// A kernel's entry: one address a parameter, as cudaLaunchKernel takes them.
using Entry = void (*)(const void* const* arguments);

struct KernelInfo {
  const char* name;    ///< mangled
  const char* target;  ///< of the PTX, for example sm_90
  void (*source)();    ///< the same kernel compiled from source: how launches name it. May be null.
  Entry entry;
  u32 max_threads;  ///< of __launch_bounds__; 0 if there are none
  std::span<const u32> parameter_bytes;
  std::span<const StretchCount> counts;
  u32 stretches;
  const u32* first_stretch;  ///< of each function of the module, when this kernel calls it
  const AccessSite* sites;
};

/// Makes kernels known to launches, while a program starts.
class Registration {
 public:
  Registration(std::initializer_list<const KernelInfo*> kernels);
};

/// All kernels of the program.
[[nodiscard]] std::span<const KernelInfo* const> translated_kernels();

}  // namespace fusemd::ptx
