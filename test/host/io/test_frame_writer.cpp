// SPDX-License-Identifier: MIT
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <random>
#include <string>
#include <sys/resource.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>

#include "host/io/csv_log.hpp"
#include "host/io/extxyz_reader.hpp"
#include "host/io/extxyz_writer.hpp"
#include "host/io/frame_writer.hpp"
#include "test/host/io/frames.hpp"
#include "test/support/allocation_count.hpp"
#include "test/support/catch.hpp"
#include "test/support/output_refusal.hpp"
#include "test/support/temporary_folder.hpp"
#include "weights/error.hpp"

namespace fusemd {
namespace {

using namespace std::chrono_literals;

test::OwnedFrame benzene_like(std::int64_t step) {
  std::mt19937_64 random(static_cast<std::uint64_t>(step));
  test::OwnedFrame frame = test::random_frame(random, 12);
  frame.scalars.step = step;
  return frame;
}

LogRow row_of(std::int64_t step) {
  LogRow row;
  row.step = step;
  row.potential_energy = 0.1 * static_cast<double>(step);
  return row;
}

template <typename Condition>
bool becomes_true(Condition&& condition, std::chrono::milliseconds limit) {
  const auto end = std::chrono::steady_clock::now() + limit;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(5ms);
  }
  return true;
}

TEST_CASE("rows and frames come out whole, in order, as the formats say") {
  const test::TemporaryFolder folder;
  std::string log(kLogHeader);
  std::string trajectory;
  {
    FrameWriter writer({.log_path = folder.file("log.csv"),
                        .trajectory_path = folder.file("trajectory.xyz"),
                        .queue_bytes = 20'000,  // about 14 frames: the queue fills many times
                        .resume = {}});
    for (std::int64_t step = 0; step < 2000; ++step) {
      writer.log(row_of(step));
      append_log_row(log, row_of(step));
      if (step % 3 == 0) {
        test::OwnedFrame frame = benzene_like(step);
        if (step % 2 == 0) frame.masses.assign(12, 2.5);
        if (step % 5 == 0) frame.forces.clear();
        writer.frame(frame.view());
        append_extxyz(trajectory, frame.view());
      }
    }
    writer.close();
    writer.close();
    CHECK_FALSE(test::refusal_of([&] { writer.log(row_of(0)); }).empty());
  }
  CHECK(test::read_file(folder.file("log.csv")) == log);
  CHECK(test::read_file(folder.file("trajectory.xyz")) == trajectory);
}

TEST_CASE("a sample is in the file about a second later, without any further call") {
  const test::TemporaryFolder folder;
  FrameWriter writer({.log_path = folder.file("log.csv"),
                      .trajectory_path = folder.file("trajectory.xyz"),
                      .queue_bytes = 1'000'000,
                      .resume = {}});
  writer.log(row_of(1));
  writer.frame(benzene_like(1).view());
  // One second is the promise; the rest is for a machine that has other things to do.
  CHECK(becomes_true(
      [&] {
        return test::read_file(folder.file("log.csv")).size() > kLogHeader.size() &&
               !test::read_file(folder.file("trajectory.xyz")).empty();
      },
      4s));
}

TEST_CASE("a frame larger than the queue passes") {
  const test::TemporaryFolder folder;
  FrameWriter writer({.log_path = {},
                      .trajectory_path = folder.file("trajectory.xyz"),
                      .queue_bytes = 100,
                      .resume = {}});
  for (std::int64_t step = 0; step < 5; ++step) writer.frame(benzene_like(step).view());
  writer.close();
  CHECK(read_extxyz(folder.file("trajectory.xyz")).size() == 5);
}

TEST_CASE("a run goes on in its old files after the bytes that count") {
  const test::TemporaryFolder folder;
  FrameWriterOptions options{.log_path = folder.file("log.csv"),
                             .trajectory_path = folder.file("trajectory.xyz"),
                             .queue_bytes = 1'000'000,
                             .resume = {}};
  FileSizes sizes;
  {
    FrameWriter writer(options);
    writer.log(row_of(1));
    writer.frame(benzene_like(1).view());
    sizes = writer.flush();
    writer.log(row_of(2));  // after the checkpoint: a crash loses it, the restart repeats it
    writer.frame(benzene_like(2).view());
  }
  CHECK(sizes.log > 0);
  options.resume = sizes;
  {
    FrameWriter writer(options);
    writer.log(row_of(2));
    writer.frame(benzene_like(2).view());
    writer.close();
  }
  std::string log(kLogHeader);
  append_log_row(log, row_of(1));
  append_log_row(log, row_of(2));
  CHECK(test::read_file(folder.file("log.csv")) == log);
  CHECK(read_extxyz(folder.file("trajectory.xyz")).size() == 2);
}

TEST_CASE("a slow reader makes the caller wait, and the time is counted") {
  const test::TemporaryFolder folder;
  const std::string path = folder.file("pipe");
  REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  std::string received;
  std::thread reader([&] {
    const int in = ::open(path.c_str(), O_RDONLY);
    std::this_thread::sleep_for(300ms);  // meanwhile the pipe (64 KiB) and the queue fill
    char buffer[4096];
    for (ssize_t got = 1; got > 0;) {
      got = ::read(in, buffer, sizeof buffer);
      if (got > 0) received.append(buffer, static_cast<std::size_t>(got));
    }
    ::close(in);
  });
  std::string expected;
  double waited = 0.0;
  {
    FrameWriter writer(
        {.log_path = {}, .trajectory_path = path, .queue_bytes = 20'000, .resume = {}});
    for (std::int64_t step = 0; step < 300; ++step) {
      const test::OwnedFrame frame = benzene_like(step);
      writer.frame(frame.view());
      append_extxyz(expected, frame.view());
    }
    waited = writer.waited_seconds();
    writer.close();
  }
  reader.join();
  CHECK(received == expected);
  CHECK(waited > 0.1);
}

TEST_CASE("a full disk is reported at a later call and at close, and never from the destructor") {
  {
    FrameWriter writer(
        {.log_path = {}, .trajectory_path = "/dev/full", .queue_bytes = 1'000'000, .resume = {}});
    const std::string message = test::refusal_of([&] {
      for (std::int64_t step = 0; step < 100'000; ++step) writer.frame(benzene_like(step).view());
    });
    CHECK(message == "/dev/full: cannot write to the file: No space left on device");
    CHECK_FALSE(test::refusal_of([&] { writer.flush(); }).empty());
    CHECK_FALSE(test::refusal_of([&] { writer.close(); }).empty());
  }
  {
    FrameWriter writer(
        {.log_path = {}, .trajectory_path = "/dev/full", .queue_bytes = 1'000'000, .resume = {}});
    writer.frame(benzene_like(1).view());
    CHECK_FALSE(test::refusal_of([&] { writer.close(); }).empty());
  }
  FrameWriter quiet(
      {.log_path = {}, .trajectory_path = "/dev/full", .queue_bytes = 1'000'000, .resume = {}});
  quiet.frame(benzene_like(1).view());
}

TEST_CASE("a disk that fills up in the middle leaves whole frames only") {
  const test::TemporaryFolder folder;
  const std::string path = folder.file("trajectory.xyz");
  rlimit before = {};
  REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
  const rlimit small = {2'500'000, before.rlim_max};
  std::string message;
  {
    FrameWriter writer(
        {.log_path = {}, .trajectory_path = path, .queue_bytes = 400'000, .resume = {}});
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
    message = test::refusal_of([&] {
      for (std::int64_t step = 0; step < 5'000; ++step) writer.frame(benzene_like(step).view());
      writer.close();
    });
    CHECK_FALSE(test::refusal_of([&] { writer.close(); }).empty());
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &before) == 0);
  }
  CHECK(message == path + ": cannot write to the file: File too large");
  CHECK(read_extxyz(path).size() > 100);
}

TEST_CASE("a reader that goes away is an error and not the end of the process") {
  const test::TemporaryFolder folder;
  const std::string path = folder.file("pipe");
  REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  std::thread reader([&] {
    const int in = ::open(path.c_str(), O_RDONLY);
    ::close(in);
  });
  FrameWriter writer(
      {.log_path = {}, .trajectory_path = path, .queue_bytes = 100'000, .resume = {}});
  reader.join();
  const std::string message = test::refusal_of([&] {
    for (std::int64_t step = 0; step < 100'000; ++step) writer.frame(benzene_like(step).view());
  });
  CHECK(message.find("Broken pipe") != std::string::npos);
}

TEST_CASE("files that cannot be opened are refused at once") {
  const test::TemporaryFolder folder;
  CHECK(
      test::refusal_of([&] {
        FrameWriter(
            {.log_path = folder.path(), .trajectory_path = {}, .queue_bytes = 1000, .resume = {}});
      }).find("Is a directory") != std::string::npos);
}

TEST_CASE("standard output takes the trajectory") {
  const test::TemporaryFolder folder;
  std::fflush(stdout);
  const int saved = ::dup(STDOUT_FILENO);
  const int file = ::open(folder.file("stdout").c_str(), O_WRONLY | O_CREAT, 0600);
  REQUIRE(::dup2(file, STDOUT_FILENO) == STDOUT_FILENO);
  {
    FrameWriter writer({.log_path = {}, .trajectory_path = "-", .queue_bytes = 1000, .resume = {}});
    writer.frame(benzene_like(1).view());
    writer.close();
  }
  ::dup2(saved, STDOUT_FILENO);  // close() must not have closed it
  ::close(saved);
  ::close(file);
  CHECK(read_extxyz(folder.file("stdout")).size() == 1);
}

TEST_CASE("once warm, neither the caller nor the writer allocates") {
  const test::TemporaryFolder folder;
  const test::OwnedFrame frame = benzene_like(1);
  const Frame view = frame.view();
  FrameWriter writer({.log_path = folder.file("log.csv"),
                      .trajectory_path = folder.file("trajectory.xyz"),
                      .queue_bytes = 100'000,
                      .resume = {}});
  const auto write_some = [&] {
    for (int k = 0; k < 3000; ++k) {
      writer.log(row_of(k));
      writer.frame(view);
    }
  };
  write_some();  // fills the queue to its limit, in both of its buffers
  writer.flush();
  write_some();
  writer.flush();
  const long before = test::allocation_count();
  write_some();
  CHECK(test::allocation_count() == before);
}

}  // namespace
}  // namespace fusemd
