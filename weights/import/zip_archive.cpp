// SPDX-License-Identifier: MIT
#include "weights/import/zip_archive.hpp"

#include <algorithm>
#include <utility>
#include <zip.h>

#include "weights/error.hpp"
#include "weights/import/checkpoint.hpp"
#include "weights/strict_json.hpp"

namespace fusemd::checkpoint {
namespace {

constexpr std::uint64_t kMostEntries = kMostTensors;

[[noreturn]] void refuse(std::string key,
                         std::string problem,
                         std::string found,
                         std::string hint = "copy or download the file again") {
  throw InputError({.key = std::move(key),
                    .problem = std::move(problem),
                    .expected = "an intact ZIP archive, as torch.save writes it",
                    .found = std::move(found),
                    .hint = std::move(hint)});
}

std::string text_of(zip_error_t& error) {
  std::string text = zip_error_strerror(&error);
  zip_error_fini(&error);
  return text;
}

}  // namespace

struct ZipArchive::Handle {
  zip_t* zip = nullptr;
  ~Handle() {
    if (zip != nullptr) zip_discard(zip);
  }
};

ZipArchive::ZipArchive(std::span<const std::byte> bytes)
    : handle_(std::make_unique<Handle>()), left_(most_unpacked(bytes.size())) {
  zip_error_t error;
  zip_error_init(&error);
  zip_source_t* source = zip_source_buffer_create(bytes.data(), bytes.size(), 0, &error);
  if (source == nullptr) refuse({}, "not a readable ZIP archive", text_of(error));
  handle_->zip = zip_open_from_source(source, ZIP_RDONLY | ZIP_CHECKCONS, &error);
  if (handle_->zip == nullptr) {
    zip_source_free(source);
    refuse({}, "not a readable ZIP archive", text_of(error));
  }
  zip_error_fini(&error);

  const zip_int64_t count = zip_get_num_entries(handle_->zip, 0);
  if (count < 0 || static_cast<std::uint64_t>(count) > kMostEntries) {
    refuse({}, "too many entries", std::to_string(count), "save the model's state_dict alone");
  }
  std::uint64_t packed = 0;
  for (zip_int64_t i = 0; i < count; ++i) {
    zip_stat_t status;
    zip_stat_init(&status);
    const auto index = static_cast<zip_uint64_t>(i);
    constexpr zip_uint64_t needed = ZIP_STAT_NAME | ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE;
    if (zip_stat_index(handle_->zip, index, ZIP_FL_ENC_RAW, &status) != 0 ||
        (status.valid & needed) != needed) {
      refuse({}, "damaged directory", "entry " + std::to_string(i));
    }
    if (__builtin_add_overflow(packed, status.comp_size, &packed) || packed > bytes.size()) {
      refuse(printable_key(status.name), "overlapping entries",
             "packed sizes that add up to more than the file");
    }
    entries_.push_back({status.name, status.size});
  }
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    if (by_name_.emplace(entries_[i].name, i).second) continue;
    refuse(printable_key(entries_[i].name), "entry given twice", "two entries of one name");
  }
}

ZipArchive::~ZipArchive() = default;

const ZipArchive::Entry* ZipArchive::find(std::string_view name) const {
  const auto at = by_name_.find(name);
  return at == by_name_.end() ? nullptr : &entries_[at->second];
}

std::vector<std::byte> ZipArchive::read(const Entry& entry) {
  const std::string key = printable_key(entry.name);
  if (entry.size > left_) {
    refuse(key, "unpacks to too much",
           std::to_string(entry.size) + " bytes, " + std::to_string(left_) + " allowed",
           "a packed archive this small does not hold a model");
  }
  const auto index = static_cast<zip_uint64_t>(&entry - entries_.data());
  const std::unique_ptr<zip_file_t, int (*)(zip_file_t*)> file(
      zip_fopen_index(handle_->zip, index, 0), zip_fclose);
  if (!file) refuse(key, "cannot be unpacked", zip_strerror(handle_->zip));

  // In pieces, so that a wrong size costs at most twice what the data really are.
  constexpr std::size_t kPiece = std::size_t{1} << 20;
  std::vector<std::byte> bytes;
  while (bytes.size() < entry.size) {
    const std::size_t before = bytes.size();
    const std::size_t piece = std::min<std::size_t>(entry.size - before, std::max(kPiece, before));
    bytes.reserve(before + piece);
    bytes.resize(before + piece);
    const zip_int64_t n = zip_fread(file.get(), bytes.data() + before, piece);
    if (n < 0) {
      refuse(key, "cannot be unpacked", zip_error_strerror(zip_file_get_error(file.get())));
    }
    bytes.resize(before + static_cast<std::size_t>(n));
    if (n == 0) refuse(key, "ends too early", std::to_string(bytes.size()) + " bytes");
  }
  // Reading past the end makes libzip compare the checksum.
  std::byte beyond{};
  const zip_int64_t n = zip_fread(file.get(), &beyond, 1);
  if (n < 0) refuse(key, "damaged", zip_error_strerror(zip_file_get_error(file.get())));
  if (n > 0) refuse(key, "unpacks to more than it claims", std::to_string(entry.size) + " bytes");
  left_ -= bytes.size();
  return bytes;
}

}  // namespace fusemd::checkpoint
