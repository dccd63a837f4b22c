// SPDX-License-Identifier: MIT
#include "host/io/frame_writer.hpp"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstring>
#include <new>
#include <pthread.h>
#include <type_traits>
#include <utility>

#include "host/io/csv_log.hpp"
#include "host/io/extxyz_writer.hpp"
#include "weights/error.hpp"

namespace fusemd {
namespace {

// Enough work that waking the writer for it costs nothing, small enough to stay in cache.
constexpr std::size_t kWorthWaking = std::size_t{256} << 10U;
// Text is handed to the system in pieces of about this size.
constexpr std::size_t kWriteBlock = std::size_t{1} << 20U;
// How long a sample may lie in the queue; formatting and writing the rest of the second.
constexpr std::chrono::milliseconds kLongestRest{500};

/// A queued row is a RecordHead and a LogRow; a queued frame is a RecordHead, a FrameHead, and the
/// arrays in the order of Frame. Each piece starts at a multiple of kAlignment.
enum class Kind : std::int64_t { row, frame };

struct RecordHead {
  Kind kind;
  std::size_t bytes;  ///< of the whole record
};

struct FrameHead {
  std::int64_t step;
  double time;
  std::int64_t replica;
  double potential_energy, kinetic_energy, temperature;
  std::size_t n_numbers, n_masses, n_positions, n_velocities, n_forces;
};

constexpr std::size_t kAlignment = 8;
static_assert(alignof(RecordHead) <= kAlignment && alignof(FrameHead) <= kAlignment &&
              alignof(LogRow) <= kAlignment && alignof(Vec3) <= kAlignment);

constexpr std::size_t padded(std::size_t bytes) {
  return (bytes + kAlignment - 1) / kAlignment * kAlignment;
}

template <typename T>
constexpr std::size_t padded_bytes(std::span<const T> values) {
  return padded(values.size_bytes());
}

/// Copies pieces one behind the other.
class RecordWriter {
 public:
  explicit RecordWriter(std::byte* to) : to_(to) {}

  template <typename T>
  void put(std::span<const T> values) {
    static_assert(std::is_trivially_copyable_v<T>);
    if (!values.empty()) std::memcpy(to_, values.data(), values.size_bytes());
    to_ += padded_bytes(values);
  }
  template <typename T>
  void put(const T& value) {
    put(std::span<const T>(&value, 1));
  }

 private:
  std::byte* to_;
};

/// Looks at the pieces where they lie.
class RecordReader {
 public:
  explicit RecordReader(const std::byte* from) : from_(from) {}

  template <typename T>
  std::span<const T> get(std::size_t count) {
    const T* first = std::launder(reinterpret_cast<const T*>(from_));
    from_ += padded(count * sizeof(T));
    return {first, count};
  }
  template <typename T>
  const T& get() {
    return get<T>(1).front();
  }

 private:
  const std::byte* from_;
};

Frame read_frame(RecordReader record) {
  const auto& head = record.get<FrameHead>();
  Frame frame;
  frame.step = head.step;
  frame.time = head.time;
  frame.replica = static_cast<int>(head.replica);
  frame.potential_energy = head.potential_energy;
  frame.kinetic_energy = head.kinetic_energy;
  frame.temperature = head.temperature;
  frame.atomic_numbers = record.get<int>(head.n_numbers);
  frame.masses = record.get<double>(head.n_masses);
  frame.positions = record.get<Vec3>(head.n_positions);
  frame.velocities = record.get<Vec3>(head.n_velocities);
  frame.forces = record.get<Vec3>(head.n_forces);
  return frame;
}

}  // namespace

FrameWriter::FrameWriter(const FrameWriterOptions& options) : queue_bytes_(options.queue_bytes) {
  const auto& resume = options.resume;
  if (!options.log_path.empty()) {
    log_file_.emplace(options.log_path,
                      resume ? std::optional(resume->log) : std::optional<std::int64_t>());
    if (log_file_->size() == 0) log_file_->append(kLogHeader);
  }
  if (!options.trajectory_path.empty()) {
    trajectory_file_.emplace(options.trajectory_path, resume ? std::optional(resume->trajectory)
                                                             : std::optional<std::int64_t>());
  }

  sigset_t all = {};
  sigset_t before = {};
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);  // the new thread inherits the mask
  try {
    thread_ = std::thread([this] { run(); });
  } catch (...) {
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    throw;
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

FrameWriter::~FrameWriter() {
  try {
    close();
  } catch (...) {  // NOLINT(bugprone-empty-catch): whoever wants the error has called close()
  }
}

// --- the caller's side
// ------------------------------------------------------------------------------

void FrameWriter::log(const LogRow& row) {
  if (!log_file_) return;
  const std::size_t bytes = padded(sizeof(RecordHead)) + padded(sizeof(LogRow));
  std::unique_lock lock(mutex_);
  RecordWriter record(reserve(lock, bytes));
  record.put(RecordHead{Kind::row, bytes});
  record.put(row);
  finish_record(lock);
}

void FrameWriter::frame(const Frame& frame) {
  if (!trajectory_file_) return;
  const FrameHead head{frame.step,
                       frame.time,
                       frame.replica,
                       frame.potential_energy,
                       frame.kinetic_energy,
                       frame.temperature,
                       frame.atomic_numbers.size(),
                       frame.masses.size(),
                       frame.positions.size(),
                       frame.velocities.size(),
                       frame.forces.size()};
  const std::size_t bytes = padded(sizeof(RecordHead)) + padded(sizeof(FrameHead)) +
                            padded_bytes(frame.atomic_numbers) + padded_bytes(frame.masses) +
                            padded_bytes(frame.positions) + padded_bytes(frame.velocities) +
                            padded_bytes(frame.forces);
  std::unique_lock lock(mutex_);
  RecordWriter record(reserve(lock, bytes));
  record.put(RecordHead{Kind::frame, bytes});
  record.put(head);
  record.put(frame.atomic_numbers);
  record.put(frame.masses);
  record.put(frame.positions);
  record.put(frame.velocities);
  record.put(frame.forces);
  finish_record(lock);
}

/// Makes room for a record at the end of the queue, waiting until there is some.
std::byte* FrameWriter::reserve(std::unique_lock<std::mutex>& lock, std::size_t bytes) {
  const auto has_room = [&] {
    const std::size_t used = queue_.size() + in_work_;
    return error_ != nullptr || used == 0 || used + bytes <= queue_bytes_;
  };
  if (!has_room()) {
    const auto start = std::chrono::steady_clock::now();
    caller_waits_ = true;
    to_writer_.notify_one();
    to_caller_.wait(lock, has_room);
    caller_waits_ = false;
    waited_seconds_ +=
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  }
  if (error_ != nullptr) std::rethrow_exception(error_);
  if (!thread_.joinable()) throw OutputError("the files of the run are closed");
  const std::size_t at = queue_.size();
  queue_.resize(at + bytes);
  return queue_.data() + at;
}

void FrameWriter::finish_record(std::unique_lock<std::mutex>& lock) {
  const bool wake = queue_.size() >= kWorthWaking && in_work_ == 0;
  lock.unlock();
  if (wake) to_writer_.notify_one();
}

void FrameWriter::wait_for_writer(Request request) {
  std::unique_lock lock(mutex_);
  request_ = request;
  to_writer_.notify_one();
  to_caller_.wait(lock, [&] { return request_ == Request::none; });
}

FileSizes FrameWriter::flush() {
  if (thread_.joinable()) wait_for_writer(Request::flush);
  if (error_ != nullptr) std::rethrow_exception(error_);  // the writer rests: no lock needed
  return {.log = log_file_ ? log_file_->size() : 0,
          .trajectory = trajectory_file_ ? trajectory_file_->size() : 0};
}

void FrameWriter::close() {
  if (!thread_.joinable()) return;
  wait_for_writer(Request::stop);
  thread_.join();
  if (error_ != nullptr) std::rethrow_exception(error_);
  if (log_file_) log_file_->close();
  if (trajectory_file_) trajectory_file_->close();
}

// --- the writer thread's side
// -----------------------------------------------------------------------

void FrameWriter::run() {
  std::vector<std::byte> records;
  std::unique_lock lock(mutex_);
  for (;;) {
    to_writer_.wait_for(lock, kLongestRest, [&] {
      return queue_.size() >= kWorthWaking || caller_waits_ || request_ != Request::none;
    });
    records.clear();
    records.swap(queue_);  // the two buffers take turns, so neither is allocated again
    in_work_ = records.size();
    const Request request = request_;
    const bool failed = error_ != nullptr;

    lock.unlock();
    std::exception_ptr error;
    if (!failed) {
      try {
        write_records(records);
        if (request != Request::none) {
          if (log_file_) log_file_->sync();
          if (trajectory_file_) trajectory_file_->sync();
        }
      } catch (...) {
        error = std::current_exception();
      }
    }
    lock.lock();

    if (error != nullptr) error_ = error;
    in_work_ = 0;
    if (request != Request::none) request_ = Request::none;
    to_caller_.notify_one();
    if (request == Request::stop) return;
  }
}

void FrameWriter::write_records(const std::vector<std::byte>& records) {
  for (std::size_t at = 0; at < records.size();) {
    RecordReader record(records.data() + at);
    const auto& head = record.get<RecordHead>();
    if (head.kind == Kind::row) {
      append_log_row(log_text_, record.get<LogRow>());
    } else {
      append_extxyz(trajectory_text_, read_frame(record));
    }
    at += head.bytes;
    if (log_text_.size() + trajectory_text_.size() >= kWriteBlock) write_out();
  }
  write_out();
}

void FrameWriter::write_out() {
  if (log_file_) log_file_->append(log_text_);
  if (trajectory_file_) trajectory_file_->append(trajectory_text_);
  log_text_.clear();
  trajectory_text_.clear();
}

}  // namespace fusemd
