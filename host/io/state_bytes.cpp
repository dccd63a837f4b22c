// SPDX-License-Identifier: MIT
#include "host/io/state_bytes.hpp"

#include <utility>

#include "weights/error.hpp"

namespace fusemd {

std::uint64_t hash_of(std::string_view bytes) {
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (const char c : bytes) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
  return hash;
}

std::string StateWriter::finish() && {
  put(hash_of(bytes_));
  return std::move(bytes_);
}

StateReader::StateReader(std::string_view bytes, std::string_view first_line, Words words)
    : rest_(bytes), words_(std::move(words)) {
  std::uint64_t hash = 0;
  if (!rest_.starts_with(first_line)) refuse("it is none of this version");
  if (rest_.size() < first_line.size() + sizeof hash) refuse("it is damaged");
  const std::string_view content = rest_.substr(0, rest_.size() - sizeof hash);
  std::memcpy(&hash, content.data() + content.size(), sizeof hash);
  if (hash != hash_of(content)) refuse("it is damaged");
  rest_ = content.substr(first_line.size());
}

const char* StateReader::take(std::size_t count) {
  if (count > rest_.size()) refuse("it is cut off");
  const char* data = rest_.data();
  rest_.remove_prefix(count);
  return data;
}

void StateReader::finish() const {
  if (!rest_.empty()) refuse("it is longer than it should be");
}

void StateReader::refuse(const std::string& problem) const {
  throw InputError({.file = words_.file,
                    .problem = "the " + words_.kind + " cannot be used: " + problem,
                    .hint = words_.hint});
}

}  // namespace fusemd
