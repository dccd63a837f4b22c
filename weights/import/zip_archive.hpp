// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace fusemd::checkpoint {

/// Entries of a ZIP archive in memory, read through libzip.
///
/// Built for hostile archives: nothing is allocated on the word of the archive alone. What all
/// read() calls return together is bounded by most_unpacked() of the archive's size, and an entry
/// that unpacks to more or less than it claims is refused.
class ZipArchive {
 public:
  /// `bytes` must outlive the archive.
  ///
  /// Errors   InputError without file: not a ZIP archive, inconsistent, more than 20,000 entries, a
  ///          name twice, or entries that overlap (packed, they are larger than the file).
  explicit ZipArchive(std::span<const std::byte> bytes);
  ~ZipArchive();
  ZipArchive(const ZipArchive&) = delete;
  ZipArchive& operator=(const ZipArchive&) = delete;

  struct Entry {
    std::string name;
    std::uint64_t size = 0;  ///< unpacked, as the archive claims
  };
  const std::vector<Entry>& entries() const { return entries_; }

  /// The entry of this name, or null.
  const Entry* find(std::string_view name) const;

  /// Unpacks one entry.
  ///
  /// Errors   InputError naming the entry: encrypted, an unknown packing, damaged (CRC), beyond the
  ///          bound.
  std::vector<std::byte> read(const Entry& entry);

 private:
  struct Handle;
  std::unique_ptr<Handle> handle_;
  std::vector<Entry> entries_;
  std::unordered_map<std::string_view, std::size_t> by_name_;  ///< keys lie in entries_
  std::size_t left_ = 0;                                       ///< bytes that may still be unpacked
};

}  // namespace fusemd::checkpoint
