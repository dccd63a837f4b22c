# SPDX-License-Identifier: MIT
# Adds up what programs of kernel cases print at their end (test/simt/support/case_main.cpp, cuts/mutation.cpp,
# faults/test_planted_faults.cpp). Input: ctest's log. Output: a line each for cases, cuts and planted faults.

/^[0-9]+ cases passed, [0-9]+ failed; each in order and under [0-9]+ shuffled schedules$/ {
  programs += 1
  cases += $1
  runs += $1 * ($11 + 1)
}
/^[0-9]+ barriers, [0-9]+ cuts: [0-9]+ reported, [0-9]+ seen by values only, [0-9]+ not noticed$/ {
  cuts += $3
  reported += $5
  by_values += $7
  unnoticed += $12
}
/^[0-9]+ faults, [0-9]+ runs, [0-9]+ reports; level [a-z]+, / {
  level = $8
  sub(",", "", level)
  faults = faults (faults == "" ? "" : "; ") $1 " planted, level " level ": " $5 " reports in " $3 " runs"
}

END {
  if (programs) print "  cases: " cases " in " programs " programs, " runs " runs with shuffled schedules"
  if (cuts) print "  barrier cuts: " cuts ", " reported " reported, " by_values " seen by values only, " unnoticed " not noticed"
  if (faults != "") print "  faults: " faults
}
