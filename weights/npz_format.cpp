// SPDX-License-Identifier: MIT
#include "weights/npz_format.hpp"

#include <array>
#include <cstdint>
#include <limits>
#include <string_view>
#include <vector>

#include "weights/error.hpp"
#include "weights/little_endian.hpp"
#include "weights/model_file.hpp"

namespace fusemd {
namespace {

/// CRC-32 of ISO 3309, bit by bit in a table: polynomial 0xEDB88320, reflected.
std::uint32_t crc32(std::string_view bytes) {
  static const std::array<std::uint32_t, 256> table = [] {
    std::array<std::uint32_t, 256> result{};
    for (std::uint32_t i = 0; i < 256; ++i) {
      std::uint32_t value = i;
      for (int bit = 0; bit < 8; ++bit) {
        value = (value & 1U) != 0 ? value >> 1 ^ 0xEDB88320U : value >> 1;
      }
      result[i] = value;
    }
    return result;
  }();
  std::uint32_t crc = 0xFFFFFFFFU;
  for (const char c : bytes) {
    crc = crc >> 8 ^ table[(crc ^ static_cast<unsigned char>(c)) & 0xFFU];
  }
  return ~crc;
}

/// Writes a ZIP archive of stored entries: local headers and data, then the directory.
class StoredZip {
 public:
  void add(const std::string& name, const std::string& data) {
    const std::uint32_t offset = checked(file_.size());
    const std::string common = entry_fields(name, data);
    append_little_endian(file_, std::uint32_t{0x04034B50});
    file_ += common;
    append_little_endian(file_, std::uint16_t{0});  // no extra field
    file_ += name;
    file_ += data;

    append_little_endian(directory_, std::uint32_t{0x02014B50});
    append_little_endian(directory_, kVersion);  // made by
    directory_ += common;
    // No extra field, no comment, disk 0, no attributes of either kind.
    directory_.append(2 + 2 + 2 + 2 + 4, '\0');
    append_little_endian(directory_, offset);
    directory_ += name;
    ++count_;
  }

  std::string finish() {
    const std::uint32_t offset = checked(file_.size());
    const std::uint32_t size = checked(directory_.size());
    file_ += directory_;
    append_little_endian(file_, std::uint32_t{0x06054B50});
    file_.append(2 + 2, '\0');  // disk numbers
    append_little_endian(file_, count_);
    append_little_endian(file_, count_);
    append_little_endian(file_, size);
    append_little_endian(file_, offset);
    append_little_endian(file_, std::uint16_t{0});  // no comment
    checked(file_.size());
    return std::move(file_);
  }

 private:
  static constexpr std::uint16_t kVersion = 20;

  static std::uint32_t checked(std::size_t size) {
    if (size <= std::numeric_limits<std::uint32_t>::max()) return static_cast<std::uint32_t>(size);
    throw OutputError("the model is too large for .npz: more than 4 GiB");
  }

  /// What the local header and the directory have in common: version needed to length of name.
  static std::string entry_fields(const std::string& name, const std::string& data) {
    std::string text;
    append_little_endian(text, kVersion);
    append_little_endian(text, std::uint16_t{0});       // flags
    append_little_endian(text, std::uint16_t{0});       // stored
    append_little_endian(text, std::uint16_t{0});       // midnight
    append_little_endian(text, std::uint16_t{0x0021});  // 1980-01-01, the earliest date there is
    append_little_endian(text, crc32(data));
    append_little_endian(text, checked(data.size()));
    append_little_endian(text, checked(data.size()));
    append_little_endian(text, static_cast<std::uint16_t>(name.size()));
    return text;
  }

  std::string file_, directory_;
  std::uint16_t count_ = 0;
};

std::string npy_header(const std::string& dtype, const std::vector<std::size_t>& shape) {
  std::string tuple = "(";
  for (const std::size_t extent : shape) tuple += std::to_string(extent) + ",";
  std::string text =
      "{'descr': '" + dtype + "', 'fortran_order': False, 'shape': " + tuple + "), }";
  // Magic, version and length take 10 bytes; the data begin at a multiple of 64.
  const std::size_t total = (10 + text.size() + 1 + 63) / 64 * 64;
  text.resize(total - 10 - 1, ' ');
  text += '\n';
  std::string header = "\x93NUMPY\x01";
  header += '\0';
  append_little_endian(header, static_cast<std::uint16_t>(text.size()));
  return header + text;
}

}  // namespace

std::string format_npz(const Model& model) {
  StoredZip zip;
  const std::string header = format_model_header(model);
  zip.add("fusemd_model.npy", npy_header("|u1", {header.size()}) + header);
  for (const auto& [name, tensor] : model.tensors) {
    std::string data = npy_header("<f4", tensor.shape);
    append_little_endian(data, tensor.values);
    zip.add(name + ".npy", data);
  }
  return zip.finish();
}

}  // namespace fusemd
