// SPDX-License-Identifier: MIT
// Any bytes are either refused with InputError or are a checkpoint whose model can be written and
// read again. The format is fixed for each target, so that none hides behind another's first bytes.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "weights/error.hpp"
#include "weights/import/assemble_model.hpp"
#include "weights/import/npz_file.hpp"
#include "weights/import/onnx_file.hpp"
#include "weights/import/safetensors_file.hpp"
#include "weights/import/seed_json_file.hpp"
#include "weights/import/torch_file.hpp"
#include "weights/model_file.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace fusemd;
  const auto* bytes = reinterpret_cast<const std::byte*>(data);
  checkpoint::ImportedModel imported;
  try {
    const checkpoint::Checkpoint checkpoint =
        checkpoint::FUSEMD_FUZZED_READER({bytes, bytes + size});
    checkpoint::Choices choices;
    choices.elements = {1};
    imported = assemble_model(checkpoint, choices, {});
  } catch (const InputError&) {
    return 0;
  }
  const std::string written = format_model(imported.model);
  if (format_model(parse_model(written, "written")) != written) std::abort();
  return 0;
}
