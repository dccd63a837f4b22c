// SPDX-License-Identifier: MIT
#pragma once
// The executor's own state: fibers, warps, blocks, grids, and the interface through which a checker
// watches them. Included by the executor's and the checker's sources only.

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "test/simt/executor/executor.hpp"

namespace fusemd::executor {

struct Block;
struct Grid;

enum class Waiting : std::uint8_t { no, block_barrier, collective, cluster_barrier, done };

struct AsyncCopy {
  void* target;
  const void* source;
  std::size_t bytes;
  unsigned group;
  const void* pc;
};

/// The asynchronous copies of one thread; made when it issues its first.
struct AsyncCopies {
  std::vector<AsyncCopy> pending;
  unsigned open_group = 0;
};

/// One CUDA thread.
struct Fiber {
  void* stack_pointer = nullptr;
  char* stack = nullptr;  ///< lowest byte
  ThreadView* view = nullptr;
  Block* block = nullptr;
  unsigned index = 0;  ///< in the block
  unsigned lane = 0;
  unsigned warp = 0;
  Waiting waiting = Waiting::no;
  bool spinning = false;
  unsigned unordered = 0;           ///< depth of CallableBarriers cut as `unordered`
  bool at_cluster_barrier = false;  ///< has arrived, and has not waited yet
  std::uint64_t cluster_phase = 0;  ///< of the cluster when it arrived
  Site site;                        ///< where it waits or spins
  void* payload = nullptr;
  std::unique_ptr<AsyncCopies> copies;
  void* sanitizer_stack = nullptr;
};

/// A warp collective that some lanes have reached and others have not.
struct Meeting {
  std::uint32_t mask = 0;
  std::uint32_t arrived = 0;
  Collective kind{};
  Site site;
  bool unordered = false;
};

struct Warp {
  std::uint32_t alive = 0;
  std::vector<Meeting> meetings;
};

struct SharedObject {
  const void* tag;  ///< null for a piece of dynamic memory
  std::string name;
  std::size_t key;  ///< logical offset of a dynamic piece
  char* memory;
  std::size_t bytes;
};

/// The barrier of a thread-block cluster.
struct Cluster {
  unsigned alive = 0;    ///< threads
  unsigned arrived = 0;  ///< in this phase
  std::uint64_t phase = 0;
  Site site;
  bool unordered = false;
  bool begun = false;  ///< a barrier was completed: all of its blocks have begun
};

struct Block {
  Grid* grid = nullptr;
  Cluster* cluster = nullptr;  ///< null in launches without clusters
  unsigned index = 0;
  uint3 position{};
  std::vector<Fiber> fibers;
  std::vector<Warp> warps;
  unsigned alive = 0;
  // the block's barrier
  unsigned arrived = 0;
  Site barrier_site;
  bool barrier_unordered = false;
  unsigned votes = 0;
  unsigned voters = 0;
  std::array<int, 3> vote_result{};
  // shared memory
  char* arena = nullptr;
  std::vector<SharedObject> objects;
  std::size_t static_bytes = 0;
  std::size_t dynamic_offset = 0;  ///< where in the arena the next dynamic piece goes
  std::size_t static_offset = 0;   ///< where in the arena the next static object goes
  void* clocks = nullptr;          ///< the checker's
};

struct Grid {
  LaunchShape shape;
  KernelCall call;
  std::vector<Block> blocks;  ///< resident now: one, a cluster's, or all in a cooperative launch
  std::vector<Cluster> clusters;
  unsigned alive = 0;
};

/// The resident blocks of a block's cluster; the block alone where there are none.
[[nodiscard]] std::span<Block> blocks_of_cluster(Block& block);

/// The block of the running thread's cluster in whose shared memory an address lies, or null.
[[nodiscard]] Block* shared_memory_owner(const void* address);

/// What a checker sees. Every call comes from the executor while `current` is the acting thread.
class Observer {
 public:
  virtual ~Observer() = default;
  virtual void launch_begins(Grid& grid) = 0;
  /// Returns what was found since launch_begins.
  virtual std::vector<Finding> launch_ends() = 0;
  virtual void block_begins(Block& block) = 0;
  virtual void block_ends(Block& block) = 0;
  virtual void shared_declared(Block& block, const SharedObject& object) = 0;
  virtual void block_barrier_completed(Block& block) = 0;
  virtual void cluster_barrier_completed(std::span<Block> blocks) = 0;
  virtual void warp_synchronised(Block& block, unsigned warp, std::uint32_t mask) = 0;
  virtual void atomic_access(const void* word,
                             std::size_t bytes,
                             AtomicKind kind,
                             Order order,
                             const void* pc) = 0;
  virtual void access(const void* address, std::size_t bytes, bool write, const void* pc) = 0;
  /// The bytes hold nothing until they are written again (an asynchronous copy is on its way).
  virtual void forget(const void* address, std::size_t bytes) = 0;
  virtual void memory_allocated(const void* memory, std::size_t bytes) = 0;
  virtual void memory_released(const void* memory) = 0;
  virtual void memory_written(const void* memory, std::size_t bytes) = 0;
};

extern Observer* observer;  ///< null in builds without a checker
extern Fiber* current;      ///< the running thread; null outside kernels
extern bool in_kernel;      ///< whether kernel text runs, and not the executor

/// Marks the executor's own work inside a kernel: the checker's hooks look away.
class RuntimeScope {
 public:
  RuntimeScope() : before_(in_kernel) { in_kernel = false; }
  ~RuntimeScope() { in_kernel = before_; }
  RuntimeScope(const RuntimeScope&) = delete;
  RuntimeScope& operator=(const RuntimeScope&) = delete;

 private:
  bool before_;
};

/// Ends the launch with this finding. On a fiber it leaves the fiber for good; the text must not be
/// built from temporaries that own memory, since no destructor runs.
[[noreturn]] void fail(Fault fault, const char* format, ...) __attribute__((format(printf, 2, 3)));

/// Ends the launch from a fiber whose fault the observer keeps.
[[noreturn]] void abandon_launch();

/// In shuffled schedules, now and then lets other threads run. For atomics and the checker's hooks.
void maybe_preempt(unsigned one_in);

/// Runs one launch to its end. Throws KernelFault for what was found.
void run_grid(const LaunchShape& shape, const KernelCall& call);

}  // namespace fusemd::executor
