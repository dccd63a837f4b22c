// SPDX-License-Identifier: MIT
#include "test/simt/executor/addresses.hpp"

#include <cstdint>
#include <cstdio>
#include <link.h>
#include <vector>

#include "test/simt/executor/memory.hpp"

namespace fusemd::executor {

namespace {

bool inside(const void* address, std::size_t bytes, const void* begin, std::size_t size) {
  const auto first = reinterpret_cast<std::uintptr_t>(address);
  const auto start = reinterpret_cast<std::uintptr_t>(begin);
  return first >= start && first - start <= size && bytes <= size - (first - start);
}

struct Range {
  std::uintptr_t begin;
  std::uintptr_t end;
};

/// The program's own pages that nothing can write: where its literals and constant tables lie.
const std::vector<Range>& constant_ranges() {
  static const std::vector<Range> ranges = [] {
    std::vector<Range> found;
    dl_iterate_phdr(
        [](dl_phdr_info* object, std::size_t, void* result) {
          for (int i = 0; i < object->dlpi_phnum; ++i) {
            const auto& header = object->dlpi_phdr[i];
            const bool constant = header.p_type == PT_LOAD && (header.p_flags & PF_W) == 0;
            if (!constant && header.p_type != PT_GNU_RELRO) continue;
            const std::uintptr_t begin = object->dlpi_addr + header.p_vaddr;
            static_cast<std::vector<Range>*>(result)->push_back({begin, begin + header.p_memsz});
          }
          return 1;  // the first object is the program itself
        },
        &found);
    return found;
  }();
  return ranges;
}

bool is_program_constant(const void* address, std::size_t bytes) {
  const auto first = reinterpret_cast<std::uintptr_t>(address);
  for (const Range& range : constant_ranges()) {
    if (first >= range.begin && first + bytes <= range.end) return true;
  }
  return false;
}

}  // namespace

Region classify(const void* address, std::size_t bytes) {
  const Fiber& fiber = *current;
  const Block& block = *fiber.block;
  if (inside(address, bytes, fiber.stack, kStackBytes)) return Region::own_stack;
  if (const Block* owner = shared_memory_owner(address)) {
    for (const SharedObject& object : owner->objects) {
      if (inside(address, bytes, object.memory, object.bytes)) return Region::shared;
    }
    return Region::shared_outside;
  }
  if (is_device_address(address)) {
    const Allocation* allocation = find_allocation(address);
    const bool within =
        allocation != nullptr && inside(address, bytes, allocation->memory, allocation->bytes);
    return within ? Region::device : Region::device_outside;
  }
  const KernelCall& call = block.grid->call;
  if (inside(address, bytes, call.bound.get(), call.bound_bytes)) return Region::parameters;
  if (inside(address, bytes, &view, sizeof view)) return Region::parameters;
  return is_program_constant(address, bytes) ? Region::parameters : Region::foreign;
}

bool is_fault(Region region, bool write, Fault& fault) {
  switch (region) {
    case Region::own_stack:
    case Region::shared:
    case Region::device:
      return false;
    case Region::parameters:
      fault = Fault::not_device_memory;
      return write;
    case Region::shared_outside:
      fault = Fault::shared_out_of_bounds;
      return true;
    case Region::device_outside:
      fault = Fault::global_out_of_bounds;
      return true;
    case Region::foreign:
      fault = Fault::not_device_memory;
      return true;
  }
  return true;
}

namespace {

std::string relative_to(const void* address,
                        const std::string& name,
                        const void* begin,
                        std::size_t bytes) {
  const auto first = reinterpret_cast<std::uintptr_t>(address);
  const auto start = reinterpret_cast<std::uintptr_t>(begin);
  const std::string whole = name + " (" + std::to_string(bytes) + " bytes)";
  if (first < start) return std::to_string(start - first) + " bytes before " + whole;
  if (first >= start + bytes) {
    return std::to_string(first - start - bytes) + " bytes past the end of " + whole;
  }
  return "byte " + std::to_string(first - start) + " of " + whole;
}

}  // namespace

std::string describe_address(const void* address) {
  if (const Block* owner = shared_memory_owner(address)) {
    const Block& block = *owner;
    const SharedObject* nearest = nullptr;
    std::uintptr_t least = ~std::uintptr_t{0};
    const auto first = reinterpret_cast<std::uintptr_t>(address);
    for (const SharedObject& object : block.objects) {
      const auto begin = reinterpret_cast<std::uintptr_t>(object.memory);
      const std::uintptr_t distance = first < begin                  ? begin - first
                                      : first < begin + object.bytes ? 0
                                                                     : first - begin - object.bytes;
      if (distance < least) {
        least = distance;
        nearest = &object;
      }
    }
    if (nearest != nullptr) {
      const std::string whose =
          owner == current->block ? "" : " of block " + std::to_string(owner->index);
      return relative_to(address, "shared " + nearest->name + whose, nearest->memory,
                         nearest->bytes);
    }
  }
  if (is_device_address(address)) {
    if (const Allocation* allocation = find_allocation(address)) {
      return relative_to(address, "device buffer " + std::to_string(allocation->number),
                         allocation->memory, allocation->bytes);
    }
    return "device memory that is not allocated";
  }
  char text[64];
  std::snprintf(text, sizeof text, "%p, no device memory", address);
  return text;
}

}  // namespace fusemd::executor
