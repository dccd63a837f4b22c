// SPDX-License-Identifier: MIT
#include "tools/frame_file.hpp"

#include <filesystem>
#include <system_error>

#include "host/io/extxyz_writer.hpp"
#include "weights/error.hpp"

namespace fusemd {

FrameFile::FrameFile(const std::string& path, bool overwrite) : path_(path) {
  std::error_code error;
  if (!pipes() && !overwrite && std::filesystem::exists(path, error)) {
    throw OutputError(path + ": exists already\n  hint:     --overwrite replaces it");
  }
  file_.emplace(pipes() ? path : part());
}

FrameFile::~FrameFile() {
  if (pipes() || !file_) return;
  file_.reset();
  std::error_code error;
  std::filesystem::remove(part(), error);
}

void FrameFile::append(const Structure& structure) {
  text_.clear();
  append_extxyz(text_, structure);
  file_->append(text_);
}

void FrameFile::finish() {
  file_->close();
  std::error_code error;
  if (!pipes()) std::filesystem::rename(part(), path_, error);
  if (error) throw OutputError(path_ + ": cannot be written: " + error.message());
  file_.reset();
}

}  // namespace fusemd
