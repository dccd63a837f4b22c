// SPDX-License-Identifier: MIT
#include <csignal>
#include <filesystem>
#include <string>
#include <sys/resource.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include "host/io/atomic_file.hpp"
#include "test/support/catch.hpp"
#include "test/support/temporary_folder.hpp"
#include "weights/error.hpp"

namespace fusemd {
namespace {

std::string refusal_of(const std::string& path, const std::string& text = "new") {
  try {
    write_file_atomically(path, text);
  } catch (const OutputError& error) {
    return error.what();
  }
  return {};
}

TEST_CASE("a file is written, replaced, and nothing else is left in the folder") {
  const test::TemporaryFolder folder;
  const std::string path = folder.file("summary.json");
  const std::string large(3'000'000, 'y');
  write_file_atomically(path, "one");
  CHECK(test::read_file(path) == "one");
  write_file_atomically(path, large);
  CHECK(test::read_file(path) == large);
  CHECK(folder.count() == 1);
  const auto permissions = std::filesystem::status(path).permissions();
  CHECK((permissions & std::filesystem::perms::owner_write) != std::filesystem::perms::none);

  const auto old = std::filesystem::current_path();
  std::filesystem::current_path(folder.path());
  write_file_atomically("here.json", "two");
  std::filesystem::current_path(old);
  CHECK(test::read_file(folder.file("here.json")) == "two");
  CHECK(folder.count() == 2);
}

TEST_CASE("a reader never sees a part") {
  const test::TemporaryFolder folder;
  const std::string path = folder.file("x.json");
  const std::string a(100'000, 'a');
  const std::string b(200'000, 'b');
  write_file_atomically(path, a);
  std::thread writer([&] {
    for (int k = 0; k < 30; ++k) write_file_atomically(path, k % 2 == 0 ? b : a);
  });
  bool whole = true;
  for (int k = 0; k < 300; ++k) {
    const std::string text = test::read_file(path);
    whole = whole && (text == a || text == b);
  }
  writer.join();
  CHECK(whole);
}

TEST_CASE("failures name the file, keep the old one and leave nothing behind") {
  const test::TemporaryFolder folder;
  CHECK(refusal_of(folder.path()) == folder.path() + ": cannot write the file: Is a directory");
  CHECK(refusal_of(folder.file("no/summary.json")) ==
        folder.file("no/summary.json") + ": cannot write the file: No such file or directory");
  CHECK(folder.count() == 0);

  const std::string path = folder.file("summary.json");
  write_file_atomically(path, "old");
  std::filesystem::permissions(folder.path(), std::filesystem::perms(0555));
  const bool was_root = ::geteuid() == 0;  // root may write everywhere, so it steps down
  if (was_root) REQUIRE(::seteuid(65534) == 0);
  const std::string message = refusal_of(path);
  if (was_root) REQUIRE(::seteuid(0) == 0);
  std::filesystem::permissions(folder.path(), std::filesystem::perms(0755));
  CHECK(message == path + ": cannot write the file: Permission denied");
  CHECK(test::read_file(path) == "old");
  CHECK(folder.count() == 1);
}

TEST_CASE("a disk that fills up keeps the old file") {
  const test::TemporaryFolder folder;
  const std::string path = folder.file("summary.json");
  write_file_atomically(path, "old");
  const auto old_handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit before = {};
  REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
  const rlimit small = {10'000, before.rlim_max};
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
  const std::string message = refusal_of(path, std::string(20'000, 'x'));
  REQUIRE(::setrlimit(RLIMIT_FSIZE, &before) == 0);
  std::signal(SIGXFSZ, old_handler);
  CHECK(message == path + ": cannot write the file: File too large");
  CHECK(test::read_file(path) == "old");
  CHECK(folder.count() == 1);
}

}  // namespace
}  // namespace fusemd
