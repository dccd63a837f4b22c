// SPDX-License-Identifier: MIT
#include "test/support/golden.hpp"

#include <fstream>

#include <nlohmann/json.hpp>

namespace fusemd::test {
namespace {

std::vector<Vec3> vectors(const nlohmann::json& rows) {
  std::vector<Vec3> result;
  for (const auto& row : rows) {
    result.push_back({row.at(0).get<double>(), row.at(1).get<double>(), row.at(2).get<double>()});
  }
  return result;
}

}  // namespace

std::vector<GoldenCase> read_golden(const std::filesystem::path& path) {
  std::ifstream file(path);
  file.exceptions(std::ios::failbit | std::ios::badbit);
  const nlohmann::json json = nlohmann::json::parse(file);
  std::vector<GoldenCase> cases;
  for (const auto& entry : json.at("cases")) {
    cases.push_back({entry.at("name").get<std::string>(), entry.at("Z").get<std::vector<int>>(),
                     vectors(entry.at("positions")), entry.at("energy").get<double>(),
                     vectors(entry.at("forces")), entry.at("forces_well_conditioned").get<bool>()});
  }
  return cases;
}

}  // namespace fusemd::test
