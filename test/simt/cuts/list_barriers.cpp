// SPDX-License-Identifier: MIT
//   simt_list_barriers FOLDER [COVERED]   lists every barrier in the folder's .cu and .cuh files.
//   With
//                                         COVERED, a file of one path a line: fails if a file with
//                                         barriers is not among them, so no test cuts its barriers.
#include <algorithm>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "test/simt/cuts/barrier_sites.hpp"

namespace {

std::vector<std::filesystem::path> kernel_files(const std::string& folder) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    const auto extension = entry.path().extension();
    if (extension == ".cu" || extension == ".cuh") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

std::vector<std::filesystem::path> lines_of(const std::string& path) {
  std::ifstream stream(path);
  std::vector<std::filesystem::path> lines;
  for (std::string line; std::getline(stream, line);) {
    if (!line.empty()) lines.push_back(std::filesystem::weakly_canonical(line));
  }
  return lines;
}

}  // namespace

int main(int count, char** words) try {
  if (count != 2 && count != 3) return 2;
  const bool check = count == 3;
  const std::vector<std::filesystem::path> covered =
      check ? lines_of(words[2]) : std::vector<std::filesystem::path>{};
  std::size_t barriers = 0;
  std::size_t uncovered = 0;
  for (const std::filesystem::path& file : kernel_files(words[1])) {
    const auto sites = fusemd::cuts::barrier_sites_of_file(file.string());
    for (const auto& site : sites) {
      std::printf("%s:%u %s\n", site.file.c_str(), site.line, site.name.c_str());
    }
    barriers += sites.size();
    if (check && !sites.empty() &&
        std::find(covered.begin(), covered.end(), std::filesystem::weakly_canonical(file)) ==
            covered.end()) {
      std::printf("%s: no test cuts these barriers: name the file in a fusemd_simt_test's CUTS\n",
                  file.c_str());
      ++uncovered;
    }
  }
  std::printf("%zu barriers\n", barriers);
  return uncovered == 0 ? 0 : 1;
} catch (const std::exception& error) {
  std::fprintf(stderr, "%s\n", error.what());
  return 1;
}
