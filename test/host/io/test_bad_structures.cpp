// SPDX-License-Identifier: MIT
// Every way a structure file can be wrong that we know of, with the message its owner gets.
#include <iostream>
#include <string>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

#include "host/io/extxyz_reader.hpp"
#include "host/structure_check.hpp"
#include "test/support/catch.hpp"
#include "test/support/temporary_folder.hpp"
#include "weights/error.hpp"

namespace fusemd {
namespace {

using namespace std::string_literals;

struct BadFile {
  const char* fault;  ///< class of the fault
  std::string text;
  long line;  ///< that the message must name; 0: none
  std::vector<std::string> says;
};

std::string with_keys(const std::string& keys) {
  return "1\nProperties=species:S:1:pos:R:3 " + keys + "\nC 0 0 0\n";
}
std::string with_columns(const std::string& columns, const std::string& atom) {
  return "1\nProperties=" + columns + "\n" + atom + "\n";
}

const std::vector<BadFile>& bad_files() {
  static const std::vector<BadFile> files = {
      // --- the file as a whole
      {"empty file", "", 0, {"the file is empty"}},
      {"blank file", "\n \t\n\n", 0, {"the file is empty"}},
      {"UTF-16 with mark",
       "\xff\xfe"
       "1\0\n\0"s,
       1,
       {"not a text file", "UTF-16", "iconv"}},
      {"UTF-16 big endian",
       "\xfe\xff\0"
       "1\0\n"s,
       1,
       {"not a text file", "UTF-16"}},
      {"UTF-16 without mark", "1\0\n\0"s, 1, {"not a text file", "value zero"}},
      {"binary", "1\nC\0\x01\x02\nC 0 0 0\n"s, 2, {"not a text file"}},
      {"gzip", "\x1f\x8b\x08\0\0"s, 1, {"compressed", "zcat"}},
      {"CR line ends", "1\rcomment\rC 0 0 0\r", 1, {"not a number of atoms", "CR alone"}},
      // --- the number of atoms
      {"count is a word", "twelve\n\nC 0 0 0\n", 1, {"not a number of atoms", "\"twelve\""}},
      {"count is a fraction", "1.5\n\nC 0 0 0\n", 1, {"not a number of atoms", "1.5"}},
      {"count and more", "1 benzene\n\nC 0 0 0\n", 1, {"not a number of atoms", "1 benzene"}},
      {"no count", "C 0 0 0\n", 1, {"not a number of atoms", "put the number of atoms"}},
      {"zero atoms", "0\n\n", 1, {"no atoms", "at least one"}},
      {"negative count", "-3\n\nC 0 0 0\n", 1, {"no atoms", "-3"}},
      {"too many atoms", "10000001\n\nC 0 0 0\n", 1, {"too many atoms", "10000000"}},
      {"count beyond 64 bits", "99999999999999999999999\n\n", 1, {"too many atoms"}},
      {"count too small",
       "1\n\nC 0 0 0\nH 0 0 1\n",
       4,
       {"not a number of atoms", "more atoms than"}},
      {"count too large, next frame",
       "2\n\nC 0 0 0\n1\n\nC 0 0 0\n",
       4,
       {"wrong number of words", "start of the next frame"}},
      // --- truncation
      {"only a count", "3\n", 1, {"ends inside frame 1", "no comment line"}},
      {"too few lines",
       "3\n\nC 0 0 0\nC 0 0 2\n",
       4,
       {"ends inside frame 1", "3 atoms", "2 atoms"}},
      {"second frame cut", "1\n\nC 0 0 0\n2\n\nC 0 0 0\n", 6, {"ends inside frame 2"}},
      {"line cut",
       "1\n\nC 0 0",
       3,
       {"wrong number of words", "4: species, pos (3)", "3: \"C 0 0\""}},
      {"blank line for an atom", "1\n\n\nC 0 0 0\n", 3, {"wrong number of words"}},
      // --- numbers
      {"not a number", "1\n\nC 0 zero 0\n", 3, {"'pos'", "not a number", "Angstrom", "\"zero\""}},
      {"two points", "1\n\nC 0 1.2.3 0\n", 3, {"not a number", "1.2.3"}},
      {"decimal comma", "1\n\nC 0 1,2 0\n", 3, {"not a number", "1,2"}},
      {"NaN", "1\n\nC 0 nan 0\n", 3, {"not a finite number", "nan"}},
      {"infinity", "1\n\nC 0 -inf 0\n", 3, {"not a finite number", "-inf"}},
      {"overflow", "1\n\nC 0 1e999 0\n", 3, {"not a finite number", "1e999"}},
      {"huge coordinate", "1\n\nC 0 1000001 0\n", 3, {"absurdly large", "1e+06", "other units"}},
      {"stars of a full Fortran field", "1\n\nC 0 ******** 0\n", 3, {"not a number", "****"}},
      {"velocity beyond light",
       with_columns("species:S:1:pos:R:3:velo:R:3", "C 0 0 0 1e4 0 0"),
       3,
       {"'velo'", "absurdly large", "2997.92458"}},
      {"momentum beyond light",
       with_columns("species:S:1:pos:R:3:momenta:R:3", "C 0 0 0 1e9 0 0"),
       3,
       {"'momenta'", "below that of light"}},
      {"NaN force",
       with_columns("species:S:1:pos:R:3:forces:R:3", "C 0 0 0 1 nan 0"),
       3,
       {"'forces'", "not a finite number"}},
      // --- elements
      {"unknown element", "1\n\nXx 0 0 0\n", 3, {"'species'", "no such element", "\"Xx\""}},
      {"wrong capitals", "1\n\nCL 0 0 0\n", 3, {"no such element", "capitals matter: Cl"}},
      {"small letter", "1\n\nc 0 0 0\n", 3, {"no such element", "capitals matter: C"}},
      {"number for a symbol", "1\n\n6 0 0 0\n", 3, {"an atomic number? Write C", "Z:I:1"}},
      {"label for a symbol", "1\n\nC12 0 0 0\n", 3, {"without a label: C"}},
      {"deuterium", "1\n\nD 0 0 0\n", 3, {"masses column of 2.014"}},
      {"atomic number zero", with_columns("Z:I:1:pos:R:3", "0 0 0 0"), 3, {"'Z'", "from 1 to 103"}},
      {"atomic number too large",
       with_columns("Z:I:1:pos:R:3", "104 0 0 0"),
       3,
       {"no such element"}},
      {"species against Z",
       with_columns("species:S:1:Z:I:1:pos:R:3", "C 7 0 0 0"),
       3,
       {"species and Z disagree"}},
      // --- columns
      {"extra column in a plain file",
       "1\n\nC 0 0 0 0.5\n",
       3,
       {"wrong number of words", "5: \"C 0 0 0 0.5\"", "Properties="}},
      {"no species", with_columns("pos:R:3", "0 0 0"), 2, {"'Properties'", "what the atoms are"}},
      {"no positions",
       with_columns("species:S:1", "C"),
       2,
       {"'Properties'", "where the atoms are"}},
      {"positions of two columns",
       with_columns("species:S:1:pos:R:2", "C 0 0"),
       2,
       {"wrong shape", "pos:R:3", "pos:R:2"}},
      {"positions as text", with_columns("species:S:1:pos:S:3", "C 0 0 0"), 2, {"wrong shape"}},
      {"not triplets", with_columns("species:S:1:pos:R", "C 0 0 0"), 2, {"NAME:TYPE:COUNT"}},
      {"unknown type",
       with_columns("species:S:1:pos:X:3", "C 0 0 0"),
       2,
       {"unknown type", "pos:X:3"}},
      {"zero columns",
       with_columns("species:S:1:pos:R:3:a:R:0", "C 0 0 0"),
       2,
       {"bad number of columns"}},
      {"huge column",
       with_columns("species:S:1:pos:R:3:a:R:99999999999", "C 0 0 0"),
       2,
       {"bad number of columns"}},
      {"column twice",
       with_columns("species:S:1:pos:R:3:pos:R:3", "C 0 0 0 0 0 0"),
       2,
       {"same meaning"}},
      {"forces and force",
       with_columns("species:S:1:pos:R:3:forces:R:3:force:R:3", "C"),
       2,
       {"same meaning", "forces", "force"}},
      {"empty Properties", with_columns("\"\"", "C 0 0 0"), 2, {"NAME:TYPE:COUNT"}},
      {"velocities without a unit",
       with_columns("species:S:1:pos:R:3:velocities:R:3", "C"),
       2,
       {"no agreed unit", "velo", "momenta"}},
      {"mass zero",
       with_columns("species:S:1:pos:R:3:masses:R:1", "C 0 0 0 0"),
       3,
       {"'masses'", "not the mass of an atom", "amu"}},
      {"stale momenta",
       with_columns("species:S:1:pos:R:3:velo:R:3:momenta:R:3", "C 0 0 0 0.01 0 0 1.3 0 0"),
       3,
       {"momenta and velocities disagree", "out of date"}},
      // --- the comment line
      {"key twice", with_keys("energy=1 energy=2"), 2, {"'energy'", "twice"}},
      {"unknown key twice", with_keys("a=1 a=2"), 2, {"'a'", "twice"}},
      {"Properties twice", with_keys("Properties=species:S:1:pos:R:3"), 2, {"twice"}},
      {"quote without end",
       with_keys("name=\"benzene"),
       2,
       {"not a list of key=value", "no end of"}},
      {"key without value", with_keys("energy="), 2, {"not a list of key=value", "no value after"}},
      {"energy is a word", with_keys("energy=low"), 2, {"'energy'", "not a number", "eV"}},
      {"energy is NaN", with_keys("energy=nan"), 2, {"'energy'", "not a number"}},
      {"cell of eight numbers",
       with_keys("Lattice=\"5 0 0 0 5 0 0 0\""),
       2,
       {"'Lattice'", "nine numbers", "8 words"}},
      {"cell with a word",
       with_keys("Lattice=\"5 0 0 0 5 0 0 0 x\""),
       2,
       {"'Lattice'", "not a number"}},
      {"flat cell", with_keys("Lattice=\"5 0 0 0 5 0 5 5 0\""), 2, {"no volume"}},
      {"empty cell",
       with_keys("Lattice=\"0 0 0 0 0 0 0 0 0\""),
       2,
       {"no volume", "leave Lattice out"}},
      {"pbc of two", with_keys("pbc=\"T T\""), 2, {"'pbc'", "three logical values"}},
      {"pbc without cell", with_keys("pbc=\"T T T\""), 2, {"'pbc'", "no cell", "no Lattice"}},
      // --- what the models do not know
      {"charged", with_keys("charge=1"), 2, {"'charge'", "the system is charged", "neutral"}},
      {"charged, other name", with_keys("total_charge=-2"), 2, {"the system is charged"}},
      {"charged plain file",
       "1\ncharge = 1, multiplicity = 1\nC 0 0 0\n",
       2,
       {"the system is charged"}},
      {"charge is a word", with_keys("charge=plus"), 2, {"'charge'", "not a number"}},
      {"triplet", with_keys("multiplicity=3"), 2, {"'multiplicity'", "open-shell", "singlet"}},
      {"unpaired electron", with_keys("spin=1"), 2, {"open-shell", "name the key multiplicity"}},
      {"magnetic", with_keys("magmom=2.0"), 2, {"'magmom'", "open-shell"}},
      {"charges do not add up",
       with_columns("species:S:1:pos:R:3:charges:R:1", "C 0 0 0 1.0"),
       3,
       {"'charges'", "add up to 0", "1.0"}},
      {"atoms with moments",
       with_columns("species:S:1:pos:R:3:magmoms:R:1", "C 0 0 0 -1.0"),
       3,
       {"'magmoms'", "open-shell"}},
      // --- seen only in the whole structure
      {"overlapping atoms",
       "3\n\nC 0 0 0\nH 0 0 1.1\nH 0 0.1 1.1\n",
       0,
       {"frame 1", "atom 2 (H) and atom 3 (H) are 0.1 Angstrom apart", "0.3 Angstrom"}},
      {"nanometres",
       "3\n\nO 0 0 0.0119\nH 0 0.0763 -0.0477\nH 0 -0.0763 -0.0477\n",
       0,
       {"lie on each other", "nanometres? Multiply the coordinates by 10"}},
      {"fractional coordinates",
       "3\nLattice=\"9 0 0 0 9 0 0 0 9\" Properties=species:S:1:pos:R:3\n"
       "O 0.5 0.5 0.5\nH 0.5 0.58 0.45\nH 0.5 0.42 0.45\n",
       0,
       {"lie on each other", "fractional?"}},
  };
  return files;
}

void read_and_check(ExtxyzReader reader) {
  while (const auto frame = reader.next()) check_structure(*frame);
}

TEST_CASE("every known fault of a structure file is refused with its place and its reason") {
  std::cout << bad_files().size() << " bad structure files\n";
  REQUIRE(bad_files().size() >= 35);
  const test::TemporaryFolder folder;
  const std::string path = folder.file("bad.xyz");
  for (const BadFile& bad : bad_files()) {
    INFO(bad.fault);
    test::write_file(path, bad.text);
    for (const bool from_text : {false, true}) {
      std::string message;
      try {
        read_and_check(from_text ? ExtxyzReader(LineReader::from_text(bad.text, path))
                                 : ExtxyzReader::open(path));
      } catch (const InputError& error) {
        message = error.what();
        CHECK(error.parts().line == bad.line);
      }
      INFO(message);
      CHECK(message.starts_with(path));
      for (const std::string& fragment : bad.says) {
        INFO(fragment);
        CHECK(message.find(fragment) != std::string::npos);
      }
    }
  }
}

std::string refusal_of(const std::string& path) {
  try {
    read_extxyz(path);
  } catch (const InputError& error) {
    return error.what();
  }
  return {};
}

TEST_CASE("files that cannot be opened are refused by name") {
  const test::TemporaryFolder folder;
  CHECK(refusal_of(folder.file("missing.xyz")).find("No such file") != std::string::npos);
  CHECK(refusal_of(folder.path()).find("this is a folder") != std::string::npos);
  CHECK(refusal_of("/dev/null").find("the file is empty") != std::string::npos);
  test::write_file(folder.file("secret.xyz"), "1\n\nC 0 0 0\n");
  REQUIRE(::chmod(folder.file("secret.xyz").c_str(), 0) == 0);
  REQUIRE(::chmod(folder.path().c_str(), 0755) == 0);
  // root may read everything, so it steps down for this one.
  const bool was_root = ::geteuid() == 0;
  if (was_root) REQUIRE(::seteuid(65534) == 0);
  const std::string message = refusal_of(folder.file("secret.xyz"));
  if (was_root) REQUIRE(::seteuid(0) == 0);
  CHECK(message.find("Permission denied") != std::string::npos);
}

}  // namespace
}  // namespace fusemd
