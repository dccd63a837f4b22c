// SPDX-License-Identifier: MIT
// The example in weights/FORMAT.md is a model file, and says what the page says.
#include <fstream>
#include <iterator>
#include <string>

#include "test/support/catch.hpp"
#include "test/support/source_tree.hpp"
#include "weights/model_check.hpp"
#include "weights/model_file.hpp"

using namespace fusemd;
using fusemd::test::source_path;

namespace {

std::string text_of(const std::string& path) {
  std::ifstream file(source_path(path));
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string document() { return text_of("weights/FORMAT.md"); }

std::string example(const std::string& text) {
  const std::string fence = "```json\n";
  const std::size_t start = text.find(fence);
  REQUIRE(start != std::string::npos);
  const std::size_t end = text.find("```", start + fence.size());
  REQUIRE(end != std::string::npos);
  return text.substr(start + fence.size(), end - start - fence.size());
}

}  // namespace

TEST_CASE("the example is a model", "[format_document]") {
  const Model model = parse_model(example(document()), "FORMAT.md");
  CHECK(model.name == "example");
  CHECK(model.elements == std::vector<int>{1});
  CHECK(model.config.hidden_dim == 4);
  CHECK(model.values("rbf.centers") == std::vector<float>{0.0F, 5.0F});
  REQUIRE(model.reference_frames.size() == 1);
  CHECK(model.reference_frames[0].positions[5] == 0.74);
  REQUIRE(model.training_domain.closest_pairs.size() == 1);
  CHECK(model.training_domain.closest_pairs[0].distance == 0.62);
}

TEST_CASE("the fuzzer starts from valid models, one of them the example", "[format_document]") {
  const std::string folder = "test/fuzz/model_file/";
  CHECK(text_of(folder + "example.json") == example(document()));
  const Model lists = parse_model(text_of(folder + "lists.json"), "lists.json");
  CHECK(lists.config.vector_mixing == VectorMixing::matrix);
  CHECK(lists.values("rbf.widths") == std::vector<float>{2.5F, 2.5F});
}

TEST_CASE("the page names every tensor and the bounds that the reader enforces",
          "[format_document]") {
  const std::string text = document();
  const auto says = [&](const std::string& part) {
    INFO(part);
    CHECK(text.find(part) != std::string::npos);
  };
  StudentConfig config = parse_model(example(text), "FORMAT.md").config;
  for (const auto& [name, shape] : student_tensor_shapes(config)) {
    std::string generic = name;
    if (const std::size_t at = generic.find(".0."); generic.starts_with("interactions")) {
      generic.replace(at, 3, ".l.");
    }
    if (generic.ends_with(".bias")) {
      generic.replace(generic.size() - 5, 5, ".weight`, `.bias`");
    } else {
      generic += '`';
    }
    says('`' + generic);
  }
  const auto number = [](auto value) { return std::to_string(value); };
  says("4 to " + number(ModelBounds::kMaxHiddenDim));
  says("1 to " + number(ModelBounds::kMaxInteractions) + " |");
  says("1 to " + number(ModelBounds::kMaxRbf));
  says("1 to " + number(ModelBounds::kMaxZ));
  says("1 to " + number(ModelBounds::kMaxNameLength) + " bytes");
}
