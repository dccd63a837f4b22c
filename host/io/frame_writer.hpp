// SPDX-License-Identifier: MIT
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "host/io/append_file.hpp"
#include "host/md/sample.hpp"

namespace fusemd {

/// How long the files of a run are: what a restart needs to go on without a gap or a repetition.
struct FileSizes {
  std::int64_t log = 0;         ///< bytes
  std::int64_t trajectory = 0;  ///< bytes
  std::int64_t exchange = 0;    ///< bytes, of exchange.csv
  std::int64_t committee = 0;   ///< bytes, of committee.csv
};

struct FrameWriterOptions {
  std::string log_path;         ///< empty: no log
  std::string trajectory_path;  ///< empty: no trajectory; "-": standard output
  std::size_t queue_bytes = std::size_t{64} << 20U;
  std::optional<FileSizes> resume;  ///< go on in existing files after this many bytes
};

/// The files of a run: log rows and frames are copied into a queue, and a thread of its own formats
/// and writes them, so that the simulation does not wait for the disk.
///
/// Order    rows in log.csv and frames in the trajectory stand in the order of the calls.
/// Delay    everything is with the system at most about one second after the call.
/// Queue    when it is full the caller waits; waited_seconds() tells how long. A frame larger than
///          the whole queue is let in when the queue is empty.
/// Memory   what is waiting, twice at most; no allocation per frame once the queue has seen its
/// peak. Errors   OutputError: from the constructor if a file cannot be opened; later failures of
/// the
///          thread surface at the next call and at close(), and nothing more is written after one.
/// Threads  one caller. Signals are blocked in the writer thread: the caller's thread gets them,
/// and
///          a closed pipe is an error and not a SIGPIPE.
class FrameWriter final : public SampleSink {
 public:
  explicit FrameWriter(const FrameWriterOptions& options);
  FrameWriter(const FrameWriter&) = delete;
  FrameWriter& operator=(const FrameWriter&) = delete;
  ~FrameWriter() override;  ///< writes what is left, but drops errors: close() first

  void log(const LogRow& row) override;
  void frame(const Frame& frame) override;

  /// Waits until everything so far is on the disk (fsync).
  FileSizes flush();

  /// flush(), then closes the files; further samples are refused. A second call does nothing.
  void close();

  /// Total time the caller has spent waiting for space in the queue.
  double waited_seconds() const { return waited_seconds_; }

 private:
  enum class Request { none, flush, stop };

  std::byte* reserve(std::unique_lock<std::mutex>& lock, std::size_t bytes);
  void finish_record(std::unique_lock<std::mutex>& lock);
  void wait_for_writer(Request request);
  void run();
  void write_records(const std::vector<std::byte>& records);
  void write_out();

  const std::size_t queue_bytes_;
  std::optional<AppendFile> log_file_;
  std::optional<AppendFile> trajectory_file_;
  double waited_seconds_ = 0.0;  // the caller's
  std::string log_text_;         // the writer thread's, as is trajectory_text_
  std::string trajectory_text_;

  std::mutex mutex_;
  std::condition_variable to_writer_;
  std::condition_variable to_caller_;
  std::vector<std::byte> queue_;  // everything from here on is guarded by mutex_
  std::size_t in_work_ = 0;       // bytes that the writer has taken and not finished
  bool caller_waits_ = false;
  Request request_ = Request::none;
  std::exception_ptr error_;

  std::thread thread_;  // last: everything it uses is ready
};

}  // namespace fusemd
