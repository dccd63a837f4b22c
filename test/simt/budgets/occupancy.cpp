// SPDX-License-Identifier: MIT
// How many blocks of a kernel one multiprocessor holds, by NVIDIA's own formula (cuda_occupancy.h)
// and without a device.
//
//   occupancy < QUESTIONS
//
// A question is a line of nine whole numbers: architecture, threads, shared memory, opt-in limit
// and reserved shared memory of the part (devices.csv); then registers a thread, static and dynamic
// shared memory and threads a block of the kernel. The answer is a line with the number of blocks;
// 0 if not even one fits.
#include <cstddef>
#include <cuda_occupancy.h>
#include <iostream>

namespace {

struct Question {
  int architecture, threads_per_multiprocessor;
  std::size_t shared_per_multiprocessor, shared_per_block_optin, reserved_shared_per_block;
  int registers;
  std::size_t static_shared, dynamic_shared;
  int threads_per_block;
};

std::istream& operator>>(std::istream& in, Question& q) {
  return in >> q.architecture >> q.threads_per_multiprocessor >> q.shared_per_multiprocessor >>
         q.shared_per_block_optin >> q.reserved_shared_per_block >> q.registers >>
         q.static_shared >> q.dynamic_shared >> q.threads_per_block;
}

int blocks(const Question& q) {
  constexpr int kRegisters = 64 * 1024;  // of a multiprocessor, on every architecture
  cudaOccDeviceProp device;
  device.computeMajor = q.architecture / 10;
  device.computeMinor = q.architecture % 10;
  device.maxThreadsPerBlock = 1024;
  device.maxThreadsPerMultiprocessor = q.threads_per_multiprocessor;
  device.regsPerBlock = device.regsPerMultiprocessor = kRegisters;
  device.warpSize = 32;
  device.numSms = 1;
  device.sharedMemPerBlock = 48 * 1024;
  device.sharedMemPerMultiprocessor = q.shared_per_multiprocessor;
  device.sharedMemPerBlockOptin = q.shared_per_block_optin;
  device.reservedSharedMemPerBlock = q.reserved_shared_per_block;

  cudaOccFuncAttributes function;
  function.maxThreadsPerBlock = 1024;
  function.numRegs = q.registers;
  function.sharedSizeBytes = q.static_shared;
  function.shmemLimitConfig = FUNC_SHMEM_LIMIT_OPTIN;
  function.maxDynamicSharedSizeBytes = q.shared_per_block_optin - q.static_shared;
  function.numBlockBarriers = 1;

  const cudaOccDeviceState state;
  cudaOccResult result;
  const cudaOccError error = cudaOccMaxActiveBlocksPerMultiprocessor(
      &result, &device, &function, &state, q.threads_per_block, q.dynamic_shared);
  return error == CUDA_OCC_SUCCESS ? result.activeBlocksPerMultiprocessor : 0;
}

}  // namespace

int main() {
  for (Question question; std::cin >> question;) std::cout << blocks(question) << '\n';
  return std::cin.eof() ? 0 : 1;
}
