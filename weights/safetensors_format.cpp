// SPDX-License-Identifier: MIT
#include "weights/safetensors_format.hpp"

#include <nlohmann/json.hpp>

#include "weights/little_endian.hpp"
#include "weights/model_file.hpp"

namespace fusemd {

std::string format_safetensors(const Model& model) {
  nlohmann::ordered_json header;
  header["__metadata__"] = {{"format", "pt"}, {"fusemd_model", format_model_header(model)}};
  std::size_t begin = 0;
  for (const auto& [name, tensor] : model.tensors) {
    const std::size_t end = begin + sizeof(float) * tensor.values.size();
    header[name] = {{"dtype", "F32"}, {"shape", tensor.shape}, {"data_offsets", {begin, end}}};
    begin = end;
  }
  std::string text = header.dump();
  text.resize((text.size() + 7) / 8 * 8, ' ');

  std::string file;
  file.reserve(8 + text.size() + begin);
  append_little_endian(file, static_cast<std::uint64_t>(text.size()));
  file += text;
  for (const auto& [name, tensor] : model.tensors) append_little_endian(file, tensor.values);
  return file;
}

}  // namespace fusemd
