// SPDX-License-Identifier: MIT
#include "tools/build_id.hpp"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <elf.h>
#include <link.h>
#include <span>
#include <string_view>

namespace fusemd {
namespace {

constexpr std::size_t kShown = 6;  // bytes
constexpr std::string_view kOwner{"GNU\0", 4};

std::string hexadecimal(std::span<const unsigned char> bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const unsigned char byte : bytes.first(std::min(bytes.size(), kShown))) {
    text += kDigits[byte / 16U];
    text += kDigits[byte % 16U];
  }
  return text;
}

/// The build id among the notes of a segment; empty: it has none.
std::string find_id(std::span<const unsigned char> notes) {
  const auto padded = [](std::size_t size) { return (size + 3) / 4 * 4; };
  ElfW(Nhdr) head;
  while (notes.size() >= sizeof head) {
    std::memcpy(&head, notes.data(), sizeof head);
    notes = notes.subspan(sizeof head);
    const std::size_t name = padded(head.n_namesz), content = padded(head.n_descsz);
    if (notes.size() < name + content) break;
    const bool is_id = head.n_type == NT_GNU_BUILD_ID && head.n_namesz == kOwner.size() &&
                       std::memcmp(notes.data(), kOwner.data(), kOwner.size()) == 0;
    if (is_id) return hexadecimal(notes.subspan(name, head.n_descsz));
    notes = notes.subspan(name + content);
  }
  return {};
}

/// The first object is the program itself; libraries, which come behind it, are not looked at.
int look_at_program(dl_phdr_info* object, std::size_t /*size*/, void* found) {
  for (int k = 0; k < object->dlpi_phnum; ++k) {
    const ElfW(Phdr)& segment = object->dlpi_phdr[k];
    if (segment.p_type != PT_NOTE) continue;
    // The loader has mapped it there: addresses are all that it tells.
    const auto* at =
        reinterpret_cast<const unsigned char*>(object->dlpi_addr + segment.p_vaddr);  // NOLINT
    auto id = find_id({at, segment.p_memsz});
    if (!id.empty()) *static_cast<std::string*>(found) = std::move(id);
  }
  return 1;
}

}  // namespace

std::string build_id() {
  std::string id;
  dl_iterate_phdr(look_at_program, &id);
  return id.empty() ? "unknown" : id;
}

}  // namespace fusemd
