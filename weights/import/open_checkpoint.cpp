// SPDX-License-Identifier: MIT
#include "weights/import/open_checkpoint.hpp"

#include <span>
#include <string_view>
#include <utility>

#include "weights/error.hpp"
#include "weights/import/onnx_file.hpp"
#include "weights/import/safetensors_file.hpp"
#include "weights/import/seed_json_file.hpp"
#include "weights/import/torch_file.hpp"
#include "weights/read_file.hpp"
#include "weights/strict_json.hpp"

namespace fusemd::checkpoint {
namespace {

using namespace std::string_view_literals;

#ifdef FUSEMD_WITH_LIBZIP
constexpr const char* kZipLacks = "";
#else
constexpr const char* kZipLacks = "libzip";
#endif

/// What the first bytes of a file that is no checkpoint show it to be; empty: nothing known.
std::string other_kind(std::string_view head) {
  if (head.empty()) return "an empty file";
  if (head.starts_with("\x89HDF")) return "an HDF5 file";
  if (head.starts_with("\x1F\x8B")) return "a gzip file";
  if (head.starts_with("\x93NUMPY")) return "a NumPy array";
  if (head.size() > 262 && head.substr(257, 5) == "ustar") return "a tar archive";
  return {};
}

bool is_safetensors(std::string_view head) {
  // Eight bytes of length, at most 16 MiB, and the brace of a JSON object.
  return head.size() > 8 && head.substr(4, 4) == "\0\0\0\0"sv && head[8] == '{';
}

}  // namespace

std::vector<Format> formats() {
  return {{"PyTorch (.pt, .pth)", kZipLacks},
          {"ONNX (.onnx)", ""},
          {"safetensors", ""},
          {"NumPy (.npz)", kZipLacks},
          {"mlff-student-weights-v1 (.json)", ""}};
}

Checkpoint parse_checkpoint(std::vector<std::byte> bytes) {
  const std::string_view head(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (head.starts_with("PK\x03\x04")) return read_torch_archive(std::move(bytes));
  // Every pickle of protocol 2 or later begins so.
  if (head.size() > 1 && head[0] == '\x80' && head[1] >= 2 && head[1] <= 5) {
    return read_torch_legacy(std::move(bytes));
  }
  if (is_safetensors(head)) return read_safetensors(std::move(bytes));
  if (head.substr(head.find_first_not_of(" \t\r\n") == std::string_view::npos
                      ? head.size()
                      : head.find_first_not_of(" \t\r\n"))
          .starts_with('{')) {
    return read_seed_json(std::move(bytes));
  }
  if (const std::string kind = other_kind(head); !kind.empty()) {
    throw InputError({.problem = "not a checkpoint",
                      .expected = "PyTorch, ONNX, safetensors or mlff-student-weights-v1",
                      .found = kind});
  }
  return read_onnx(std::move(bytes));
}

Checkpoint open_checkpoint(const std::string& path) {
  try {
    std::string text = read_whole_file(path, kLargestCheckpoint, "a checkpoint");
    const auto* begin = reinterpret_cast<const std::byte*>(text.data());
    std::vector<std::byte> bytes(begin, begin + text.size());
    text = {};  // one copy is enough
    text.shrink_to_fit();
    return parse_checkpoint(std::move(bytes));
  } catch (const InputError& error) {
    InputErrorParts parts = error.parts();
    parts.file = path;
    throw InputError(std::move(parts));
  }
}

}  // namespace fusemd::checkpoint
