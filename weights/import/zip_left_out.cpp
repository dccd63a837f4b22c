// SPDX-License-Identifier: MIT
// Stands for torch_archive.cpp in builds without libzip.
#include "weights/error.hpp"
#include "weights/import/torch_file.hpp"

namespace fusemd::checkpoint {

Checkpoint read_torch_archive(std::vector<std::byte>) {
  throw InputError({.problem = "a format that this build of fusemd leaves out",
                    .expected = "a build with libzip",
                    .found = "a ZIP archive, as torch.save and numpy.savez write it",
                    .hint = "fusemd-import --help lists what this build reads"});
}

}  // namespace fusemd::checkpoint
