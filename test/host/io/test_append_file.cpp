// SPDX-License-Identifier: MIT
#include <csignal>
#include <filesystem>
#include <string>
#include <sys/resource.h>
#include <unistd.h>

#include "host/io/append_file.hpp"
#include "test/support/catch.hpp"
#include "test/support/output_refusal.hpp"
#include "test/support/temporary_folder.hpp"
#include "weights/error.hpp"

namespace fusemd {
namespace {

TEST_CASE("a file grows at its end and is there without closing") {
  const test::TemporaryFolder folder;
  const std::string path = folder.file("log.csv");
  test::write_file(path, "old");
  AppendFile file(path);
  file.append("abc");
  file.append("");
  file.append("def");
  CHECK(test::read_file(path) == "abcdef");
  CHECK(file.size() == 6);
  file.sync();
  file.close();
  file.close();
  CHECK_FALSE(test::refusal_of([&] { file.append("x"); }).empty());
  CHECK(test::read_file(path) == "abcdef");
}

TEST_CASE("an existing file is continued after the bytes that count") {
  const test::TemporaryFolder folder;
  const std::string path = folder.file("log.csv");
  test::write_file(path, "keep this, not that");
  {
    AppendFile file(path, 10);
    CHECK(file.size() == 10);
    file.append(" and this");
    CHECK(file.size() == 19);
  }
  CHECK(test::read_file(path) == "keep this, and this");
  CHECK(test::refusal_of([&] { AppendFile(path, 20); }).find("shorter (19 bytes)") !=
        std::string::npos);
  CHECK(test::read_file(path) == "keep this, and this");
  CHECK(test::refusal_of([&] { AppendFile(folder.file("none"), 0); }).find("No such file") !=
        std::string::npos);
  CHECK(folder.count() == 1);
}

TEST_CASE("what cannot be written is said with path and reason") {
  const test::TemporaryFolder folder;
  AppendFile full("/dev/full");
  CHECK(test::refusal_of([&] { full.append("x"); }) ==
        "/dev/full: cannot write to the file: No space left on device");
  CHECK(test::refusal_of([&] { AppendFile(folder.path()); }) ==
        folder.path() + ": cannot create the file: Is a directory");
  CHECK(test::refusal_of([&] { AppendFile(folder.file("no/such/folder")); }).find("No such file") !=
        std::string::npos);
}

TEST_CASE("an unwritable folder is an error") {
  const test::TemporaryFolder folder;
  std::filesystem::permissions(folder.path(), std::filesystem::perms(0555));
  const bool was_root = ::geteuid() == 0;  // root may write everywhere, so it steps down
  if (was_root) REQUIRE(::seteuid(65534) == 0);
  const std::string message = test::refusal_of([&] { AppendFile(folder.file("log.csv")); });
  if (was_root) REQUIRE(::seteuid(0) == 0);
  std::filesystem::permissions(folder.path(), std::filesystem::perms(0755));
  CHECK(message.find("cannot create the file: Permission denied") != std::string::npos);
}

TEST_CASE("a disk that fills up leaves the file as the last whole write left it") {
  // The limit on a file's size stands for the disk: a write that does not fit is cut short, the
  // next one fails, just as with a full disk.
  const test::TemporaryFolder folder;
  const std::string path = folder.file("trajectory.xyz");
  const auto old_handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit before = {};
  REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
  const rlimit small = {10'000, before.rlim_max};
  const std::string frame(3'000, 'x');
  std::string message;
  {
    AppendFile file(path);
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
    message = test::refusal_of([&] {
      for (int k = 0; k < 10; ++k) file.append(frame);
    });
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &before) == 0);
    CHECK(file.size() == 9'000);
  }
  std::signal(SIGXFSZ, old_handler);
  CHECK(message == path + ": cannot write to the file: File too large");
  CHECK(test::read_file(path) == frame + frame + frame);
}

}  // namespace
}  // namespace fusemd
