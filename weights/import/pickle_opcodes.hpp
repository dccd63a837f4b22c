// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

namespace fusemd::checkpoint {

/// The opcodes that the pickle machine carries out (CPython, Lib/pickletools.py). `text_` and
/// `_line` forms are those of protocol 0.
enum class Opcode : unsigned char {
  mark = '(',
  stop = '.',
  pop = '0',
  pop_mark = '1',
  dup = '2',
  text_float = 'F',
  text_int = 'I',
  bin_int = 'J',
  bin_int1 = 'K',
  text_long = 'L',
  bin_int2 = 'M',
  none = 'N',
  bin_persistent_id = 'Q',
  reduce = 'R',
  bin_string = 'T',
  short_bin_string = 'U',
  unicode_line = 'V',
  bin_unicode = 'X',
  append = 'a',
  build = 'b',
  global = 'c',
  dict = 'd',
  empty_dict = '}',
  appends = 'e',
  text_get = 'g',
  bin_get = 'h',
  long_bin_get = 'j',
  list = 'l',
  empty_list = ']',
  text_put = 'p',
  bin_put = 'q',
  long_bin_put = 'r',
  set_item = 's',
  tuple = 't',
  empty_tuple = ')',
  set_items = 'u',
  bin_float = 'G',
  bin_bytes = 'B',
  short_bin_bytes = 'C',
  proto = 0x80,
  tuple1 = 0x85,
  tuple2 = 0x86,
  tuple3 = 0x87,
  new_true = 0x88,
  new_false = 0x89,
  long1 = 0x8A,
  long4 = 0x8B,
  short_bin_unicode = 0x8C,
  bin_unicode8 = 0x8D,
  bin_bytes8 = 0x8E,
  stack_global = 0x93,
  memoize = 0x94,
  frame = 0x95,
};

/// An opcode that the machine knows and refuses; the name is empty for all others.
struct RefusedOpcode {
  std::string_view name;
  bool runs_code = false;
};

inline RefusedOpcode refused_opcode(unsigned char opcode) {
  switch (opcode) {
    case 'i':
      return {"INST", true};
    case 'o':
      return {"OBJ", true};
    case 0x81:
      return {"NEWOBJ", true};
    case 0x82:
      return {"EXT1", true};
    case 0x83:
      return {"EXT2", true};
    case 0x84:
      return {"EXT4", true};
    case 0x92:
      return {"NEWOBJ_EX", true};
    case 'P':
      return {"PERSID", false};
    case 'S':
      return {"STRING", false};
    case 0x8F:
      return {"EMPTY_SET", false};
    case 0x90:
      return {"ADDITEMS", false};
    case 0x91:
      return {"FROZENSET", false};
    case 0x96:
      return {"BYTEARRAY8", false};
    case 0x97:
      return {"NEXT_BUFFER", false};
    case 0x98:
      return {"READONLY_BUFFER", false};
    default:
      return {};
  }
}

}  // namespace fusemd::checkpoint
