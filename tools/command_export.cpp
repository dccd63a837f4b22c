// SPDX-License-Identifier: MIT
#include <filesystem>

#include "host/io/atomic_file.hpp"
#include "host/model_path.hpp"
#include "tools/commands.hpp"
#include "tools/console.hpp"
#include "tools/exit_code.hpp"
#include "tools/options.hpp"
#include "weights/error.hpp"
#include "weights/model_file.hpp"
#include "weights/npz_format.hpp"
#include "weights/safetensors_format.hpp"

namespace fusemd {
namespace {

std::string exported(const Model& model, const std::string& format) {
  if (format == "safetensors") return format_safetensors(model);
  if (format == "npz") return format_npz(model);
  return format_model(model, TensorText::numbers);
}

}  // namespace

int export_command(const std::vector<std::string>& arguments) {
  std::string name, output, format = "safetensors";
  bool overwrite = false;
  Options options("fusemd export", "Writes a model in a format that other programs read.");
  options.positional("model", name, "name of a shipped model (fusemd info lists them) or a file");
  options.choice("format", format, {"safetensors", "json-plain", "npz"},
                 "safetensors for PyTorch and others, a model file with plain numbers, or NumPy");
  options.letter('o');
  options.text("output", output, "FILE", "where to; -: stdout");
  options.flag("overwrite", overwrite, "replace the output file");
  options.examples(
      "Examples:\n"
      "  fusemd export original -o original.safetensors\n"
      "  fusemd export my/model.json --format npz -o weights.npz\n\n"
      "fusemd-import makes the same model of each of them again, bit for bit.");
  options.parse(arguments);
  options.require("model", name, "fusemd export original, or a path to a model file");
  options.require("output", output, "-o original.safetensors, or -o - for standard output");

  const Model model = read_model(find_model(name));
  const std::string file = exported(model, format);
  if (output == "-") {
    print_result(file);
    return kOk;
  }
  if (!overwrite && std::filesystem::exists(output)) {
    throw OutputError(output + ": exists\n  hint:     --overwrite replaces it");
  }
  write_file_atomically(output, file);
  print_note(name + " -> " + output + "\n");
  return kOk;
}

}  // namespace fusemd
