# SPDX-License-Identifier: MIT
# Ops on edges: neighbours, convolutions, forces.

add_library(fusemd_edge_fixture INTERFACE)
target_sources(fusemd_edge_fixture INTERFACE ${CMAKE_CURRENT_SOURCE_DIR}/edge_fixture.cpp)
target_link_libraries(fusemd_edge_fixture INTERFACE fusemd_test_support fusemd_cuda_host)

# fusemd_edge_test(NAME KERNELS x... CASES x.cpp... [CUTS files...] [SEEDS n]): kernel cases on levels 1 to 3, with
# the named .cu files of kernels/ and the neighbour search. 20 shuffled schedules where they cost little; SEEDS in
# the slow variants.
function(fusemd_edge_test name)
  cmake_parse_arguments(arg "" "SEEDS" "KERNELS;CASES;CUTS" ${ARGN})
  set(sources ${arg_CASES})
  list(TRANSFORM sources PREPEND ${CMAKE_CURRENT_SOURCE_DIR}/)
  foreach(kernel neighbours ${arg_KERNELS})
    list(APPEND sources ${PROJECT_SOURCE_DIR}/kernels/${kernel}.cu)
  endforeach()
  fusemd_simt_test(${name} VARIANTS plain SEEDS 20 SOURCES ${sources} LIBRARIES fusemd_edge_fixture)
  if(checked IN_LIST simt_variants)
    fusemd_simt_test(${name} VARIANTS asan checked SEEDS ${arg_SEEDS} SOURCES ${sources} CUTS ${arg_CUTS}
      LIBRARIES fusemd_edge_fixture)
  endif()
  fusemd_ptx_test(${name} SEEDS ${arg_SEEDS} SOURCES ${sources} LIBRARIES fusemd_edge_fixture)
  fusemd_name_architectures(${name})
endfunction()

fusemd_edge_test(simt_neighbours KERNELS radial_basis CASES test_neighbours.cpp test_radial_basis.cpp SEEDS 5)
fusemd_edge_test(simt_tabulated_convolution
  KERNELS tabulated_convolution CASES test_tabulated_convolution.cpp SEEDS 2)
fusemd_edge_test(simt_exact_convolution
  KERNELS exact_convolution CASES test_exact_convolution.cpp CUTS kernels/exact_convolution.cuh SEEDS 2)
fusemd_edge_test(simt_cell_list
  KERNELS cell_list virial CASES test_cell_list.cpp test_virial.cpp
  CUTS kernels/block_scan.cuh kernels/cell_list.cu kernels/cell_list.cuh SEEDS 3)
fusemd_edge_test(simt_candidates
  KERNELS cell_list candidates CASES test_candidates.cpp CUTS kernels/candidates.cuh SEEDS 3)

# What the kernels do, counted from PTX of the newest architecture.
if(FUSEMD_CUDA)
  list(GET FUSEMD_PTX_ARCHITECTURES -1 newest)
  set(counted_objects "")
  foreach(kernel neighbours tabulated_convolution exact_convolution)
    set(source ${PROJECT_SOURCE_DIR}/kernels/${kernel}.cu)
    fusemd_text_objects(text ${source} plain)
    fusemd_ptx_objects(ptx ${source} ${newest} plain)
    list(APPEND counted_objects $<TARGET_OBJECTS:${text}> $<TARGET_OBJECTS:${ptx}>)
  endforeach()
  fusemd_test(simt_edge_counts LABELS full simt
    SOURCES test_edge_counts.cpp ${simt_dir}/support/kernel_case.cpp ${counted_objects}
    LIBRARIES fusemd_ptx fusemd_edge_fixture)
elseif(NOT FUSEMD_SANITIZE AND NOT FUSEMD_FUZZERS)
  fusemd_test_without_nvcc(simt_edge_counts)
endif()
