# SPDX-License-Identifier: MIT
# How kernels get from CUDA files through PTX and C++ into test programs.

set(FUSEMD_PTX_ARCHITECTURES 75 120 CACHE STRING
    "virtual architectures whose PTX is run on the CPU: the oldest and the newest differ most")
set(ptx_dir ${CMAKE_CURRENT_LIST_DIR})
file(GLOB ptx_translator CONFIGURE_DEPENDS ${ptx_dir}/translator/*.py)

# Translated code reads one memory as words of several widths. -O1: unrolled kernels take g++ much
# longer at -O2, for little run time.
set(ptx_compile_options -O1 -fno-strict-aliasing)

# fusemd_translate(PTX CPP): a rule that translates one file.
function(fusemd_translate ptx cpp)
  add_custom_command(OUTPUT ${cpp}
    COMMAND ${FUSEMD_PYTHON} ${ptx_dir}/translator/translate.py ${ptx} -o ${cpp}
    DEPENDS ${ptx} ${ptx_translator} VERBATIM)
endfunction()

# fusemd_ptx_objects(OUT SOURCE ARCHITECTURE VARIANT): the object library that holds one CUDA file's
# kernels, translated. Made once, whatever number of programs wants it.
function(fusemd_ptx_objects out source architecture variant)
  file(RELATIVE_PATH path ${PROJECT_SOURCE_DIR} ${source})
  string(MAKE_C_IDENTIFIER "ptx_${path}_${architecture}" name)
  set(cpp ${CMAKE_BINARY_DIR}/ptx/${name}.cpp)
  set(${out} ${name}_${variant} PARENT_SCOPE)
  if(TARGET ${name}_${variant})
    return()
  endif()
  if(NOT TARGET ${name}_text)
    set(ptx ${CMAKE_BINARY_DIR}/ptx/${name}.ptx)
    file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/ptx)
    # Lines of the source go along, so that reports name them.
    add_custom_command(OUTPUT ${ptx} DEPFILE ${ptx}.d
      COMMAND ${CMAKE_CUDA_COMPILER} ${FUSEMD_CUDA_LANGUAGE_FLAGS} -lineinfo
              -arch=compute_${architecture} -I${PROJECT_SOURCE_DIR} -MMD -MF ${ptx}.d -MT ${ptx}
              -ptx ${source} -o ${ptx}
      DEPENDS ${source} VERBATIM)
    fusemd_translate(${ptx} ${cpp})
    # One target for the rules: programs of several folders may be built at the same time.
    add_custom_target(${name}_text DEPENDS ${cpp})
  endif()
  add_library(${name}_${variant} OBJECT ${cpp})
  set_source_files_properties(${cpp} PROPERTIES GENERATED ON)
  add_dependencies(${name}_${variant} ${name}_text)
  target_compile_options(${name}_${variant} PRIVATE ${ptx_compile_options})
  target_link_libraries(${name}_${variant} PRIVATE fusemd_ptx fusemd_warnings)
  if(variant STREQUAL "checked")
    target_compile_options(${name}_${variant} PRIVATE -fsanitize=thread -fno-pie)
  endif()
endfunction()

# fusemd_ptx_program(TARGET ARCHITECTURE VARIANT SOURCES...): the program of fusemd_simt_program, in which
# launches run the PTX of its .cu files. VARIANT: plain or checked.
function(fusemd_ptx_program target architecture variant)
  fusemd_simt_program(${target} ${variant} ${ARGN})
  target_link_libraries(${target} PRIVATE fusemd_ptx)
  foreach(source ${ARGN})
    if(source MATCHES "\\.cu$")
      get_filename_component(source ${source} ABSOLUTE)
      fusemd_ptx_objects(objects ${source} ${architecture} ${variant})
      target_sources(${target} PRIVATE $<TARGET_OBJECTS:${objects}>)
    endif()
  endforeach()
endfunction()

# fusemd_test_without_nvcc(NAME): says that a test was left out, where there is no CUDA compiler.
function(fusemd_test_without_nvcc name)
  fusemd_add_test(${name} COMMAND sh ${ptx_dir}/without_nvcc.sh LABELS simt)
endfunction()

# fusemd_ptx_test(NAME SEEDS n SOURCES cases.cu... [LIBRARIES ...] [CHECKED_LABEL slow]): a program of kernel cases,
# run from PTX: for each of FUSEMD_PTX_ARCHITECTURES plain, and for the newest with the checker. Their label is full.
function(fusemd_ptx_test name)
  cmake_parse_arguments(arg "" "SEEDS;CHECKED_LABEL" "SOURCES;LIBRARIES" ${ARGN})
  if(NOT arg_CHECKED_LABEL)
    set(arg_CHECKED_LABEL full)
  endif()
  if(NOT FUSEMD_CUDA)
    if(NOT FUSEMD_SANITIZE AND NOT FUSEMD_FUZZERS)
      fusemd_test_without_nvcc(${name}_ptx)
    endif()
    return()
  endif()
  list(APPEND arg_SOURCES ${ptx_dir}/../support/case_main.cpp)
  foreach(architecture ${FUSEMD_PTX_ARCHITECTURES})
    fusemd_ptx_program(${name}_ptx${architecture} ${architecture} plain ${arg_SOURCES})
    target_link_libraries(${name}_ptx${architecture} PRIVATE ${arg_LIBRARIES})
    fusemd_add_test(${name}_ptx${architecture}
      COMMAND ${name}_ptx${architecture} --seeds ${arg_SEEDS} LABELS full simt)
  endforeach()
  list(GET FUSEMD_PTX_ARCHITECTURES -1 newest)
  fusemd_ptx_program(${name}_ptx_checked ${newest} checked ${arg_SOURCES})
  target_link_libraries(${name}_ptx_checked PRIVATE ${arg_LIBRARIES})
  fusemd_add_test(${name}_ptx_checked COMMAND ${name}_ptx_checked --seeds ${arg_SEEDS} LABELS ${arg_CHECKED_LABEL} simt)
endfunction()
