// SPDX-License-Identifier: MIT
#include <filesystem>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include "test/simt/cuts/barrier_sites.hpp"
#include "test/simt/cuts/mutation.hpp"
#include "test/simt/support/kernel_case.hpp"
#include "test/support/source_tree.hpp"

namespace fusemd::test {

namespace {

using cuts::BarrierSite;
using executor::BarrierKind;

void expect_sites(const std::string& text, const std::vector<BarrierSite>& expected) {
  const std::vector<BarrierSite> actual = cuts::barrier_sites(text, "k.cu");
  expect(actual.size() == expected.size(), "number of sites in: " + text);
  for (std::size_t i = 0; i < actual.size(); ++i) {
    expect(actual[i].kind == expected[i].kind && actual[i].name == expected[i].name &&
               actual[i].line == expected[i].line && actual[i].file == "k.cu",
           "site " + std::to_string(i) + " in: " + text);
  }
}

void expect_refused(const std::string& text, const std::string& fragment) {
  try {
    (void)cuts::barrier_sites(text, "k.cu");
  } catch (const std::runtime_error& error) {
    expect(std::string(error.what()).find(fragment) != std::string::npos, error.what());
    return;
  }
  throw WrongValue("not refused: " + text);
}

void check_scanner() {
  expect_sites("", {});
  expect_sites("a();\n__syncthreads();\n  if (x) __syncwarp(mask);\nsimt::grid_barrier(word);\n",
               {{BarrierKind::block, "__syncthreads", "", 2},
                {BarrierKind::warp, "__syncwarp", "", 3},
                {BarrierKind::grid, "grid_barrier", "", 4}});
  expect_sites(
      "n = __syncthreads_count(p);\nb = __syncthreads_or(p) != 0;\nc =\n  __syncthreads_and (p);\n",
      {{BarrierKind::block, "__syncthreads_count", "", 1},
       {BarrierKind::block, "__syncthreads_or", "", 2},
       {BarrierKind::block, "__syncthreads_and", "", 4}});
  expect_sites(
      "// __syncthreads();\n/* __syncwarp();\n __syncwarp(); */ const char* s = \"__syncwarp()\";\n"
      "char c = '\"'; __syncwarp();\nint n = 1'000; __syncthreads();\n",
      {{BarrierKind::warp, "__syncwarp", "", 4}, {BarrierKind::block, "__syncthreads", "", 5}});
  expect_sites(
      "__device__ inline void grid_barrier(unsigned* word) {\n  my__syncthreads();\n  "
      "__syncthreads2();\n}\n",
      {});
  expect_sites("auto f = &grid_barrier;\n", {});
  expect_refused("__syncthreads(); __syncthreads();\n", "k.cu:1: two barriers on one line");
  expect_refused("#define BOTH  \\\n  x(); \\\n  __syncthreads()\n",
                 "k.cu:3: a barrier inside a macro");
}

void check_files() {
  const std::vector<BarrierSite> sites =
      cuts::barrier_sites_of_file(fusemd::test::source_path("kernels/grid_barrier.cuh"));
  expect(sites.size() == 2 && sites[0].kind == BarrierKind::block, "barriers of grid_barrier.cuh");
  try {
    (void)cuts::barrier_sites_of_file("nowhere.cu");
  } catch (const std::runtime_error&) {
    return;
  }
  throw WrongValue("a file that is not there");
}

const RegisterKernelCase kScanner("barriers are found in source text", check_scanner);
const RegisterKernelCase kFiles("barriers are found in a file", check_files);

}  // namespace

}  // namespace fusemd::test
