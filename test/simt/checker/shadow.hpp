// SPDX-License-Identifier: MIT
#pragma once
// What the checker remembers of memory: for every word of 4 bytes the last write, the accesses
// since that are not ordered among themselves, and which bytes hold a value.

#include <cstdint>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "test/simt/checker/clocks.hpp"

namespace fusemd::checker {

/// Accesses to one word by lanes of one warp at one clock.
struct Trace {
  Stamp stamp{};
  std::uint32_t lanes = 0;
  std::uint32_t pc = 0;    ///< of the latest; programs are linked below 4 GiB
  std::uint8_t bytes = 0;  ///< which of the word's four
  bool atomic = false;
  bool write = false;
};

/// The last plain write lies apart; `others` are reads and atomics, each dropped once a later
/// access of its kind is ordered after it. A word that more warps than kMostTraces read without any
/// order between them forgets one: the only way in which a race can be missed.
struct Word {
  std::uint32_t generation = 0;  ///< of the launch or block to which the contents belong
  std::uint8_t initialised = 0;  ///< byte mask, used for shared memory
  Trace write;
  Trace first;
  std::vector<Trace> others;

  void start(std::uint32_t current) {
    generation = current;
    initialised = 0;
    write = {};
    first = {};
    others.clear();
  }
};

inline constexpr std::size_t kPageBytes = 4096;
inline constexpr std::size_t kPageWords = kPageBytes / 4;
inline constexpr std::size_t kMostTraces = 32;  ///< the warps of the largest block

struct Page {
  Word words[kPageWords];
};

/// Shadow pages by page number, made when first touched.
class PageTable {
 public:
  Word& word(std::uintptr_t address) {
    const std::uintptr_t number = address / kPageBytes;
    Cached& cached = cache_[number % kCacheSize];
    if (cached.number != number || cached.page == nullptr) {
      std::unique_ptr<Page>& page = pages_[number];
      if (page == nullptr) page = std::make_unique<Page>();
      cached = {number, page.get()};
    }
    return cached.page->words[address % kPageBytes / 4];
  }

  void erase(std::uintptr_t begin, std::uintptr_t end) {
    for (std::uintptr_t number = begin / kPageBytes; number <= end / kPageBytes; ++number) {
      pages_.erase(number);
    }
    for (Cached& cached : cache_) cached = {};
  }

 private:
  static constexpr std::size_t kCacheSize = 256;
  struct Cached {
    std::uintptr_t number = 0;
    Page* page = nullptr;
  };
  std::unordered_map<std::uintptr_t, std::unique_ptr<Page>> pages_;
  Cached cache_[kCacheSize];
};

/// Which bytes of a device buffer hold a value, one bit a byte.
class InitialisedBytes {
 public:
  explicit InitialisedBytes(std::size_t bytes) : bits_((bytes + 63) / 64) {}
  void set(std::size_t first, std::size_t count, bool value);
  [[nodiscard]] bool all(std::size_t first, std::size_t count) const;

 private:
  std::vector<std::uint64_t> bits_;
};

/// An earlier access with which one by the running thread races, and which lane of its warp made
/// it.
struct Race {
  Trace trace;
  unsigned lane;
};

/// Enters an access by `fiber` into the word. Returns what it races with, if anything.
[[nodiscard]] std::optional<Race> enter_access(Word& word,
                                               const Trace& now,
                                               const executor::Fiber& fiber);

}  // namespace fusemd::checker
