// SPDX-License-Identifier: MIT
#pragma once
// CUDA's vector types under their own global names, with CUDA's sizes and alignments.

struct dim3 {
  unsigned x = 1, y = 1, z = 1;
};
struct uint3 {
  unsigned x, y, z;
};
struct float3 {
  float x, y, z;
};
struct int3 {
  int x, y, z;
};
struct double3 {
  double x, y, z;
};

#define FUSEMD_VECTOR2(name, type, alignment) \
  struct alignas(alignment) name {            \
    type x, y;                                \
  };                                          \
  constexpr name make_##name(type x, type y) { return {x, y}; }
#define FUSEMD_VECTOR4(name, type, alignment) \
  struct alignas(alignment) name {            \
    type x, y, z, w;                          \
  };                                          \
  constexpr name make_##name(type x, type y, type z, type w) { return {x, y, z, w}; }

FUSEMD_VECTOR2(float2, float, 8)
FUSEMD_VECTOR2(int2, int, 8)
FUSEMD_VECTOR2(uint2, unsigned, 8)
FUSEMD_VECTOR2(double2, double, 16)
FUSEMD_VECTOR2(longlong2, long long, 16)
FUSEMD_VECTOR2(ulonglong2, unsigned long long, 16)
FUSEMD_VECTOR4(float4, float, 16)
FUSEMD_VECTOR4(int4, int, 16)
FUSEMD_VECTOR4(uint4, unsigned, 16)

#undef FUSEMD_VECTOR2
#undef FUSEMD_VECTOR4

constexpr uint3 make_uint3(unsigned x, unsigned y, unsigned z) { return {x, y, z}; }
constexpr float3 make_float3(float x, float y, float z) { return {x, y, z}; }
constexpr int3 make_int3(int x, int y, int z) { return {x, y, z}; }
constexpr double3 make_double3(double x, double y, double z) { return {x, y, z}; }
