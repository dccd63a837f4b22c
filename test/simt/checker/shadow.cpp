// SPDX-License-Identifier: MIT
#include "test/simt/checker/shadow.hpp"

#include <algorithm>
#include <bit>

namespace fusemd::checker {

namespace {

/// Whether some lane of `trace` is not ordered before what the thread does now.
bool unordered(const Trace& trace, const executor::Fiber& fiber, unsigned& lane) {
  for (std::uint32_t rest = trace.lanes; rest != 0; rest &= rest - 1) {
    lane = static_cast<unsigned>(std::countr_zero(rest));
    if (!ordered_before(trace.stamp, lane, fiber)) return true;
  }
  return false;
}

bool conflict(const Trace& a, const Trace& b) {
  return (a.bytes & b.bytes) != 0 && (a.write || b.write) && !(a.atomic && b.atomic);
}

/// A later access to the same bytes of the same kind makes `old` redundant if it is ordered after
/// it: whatever races with `old` then races with the later one too.
bool covers(const Trace& now, const Trace& old) {
  return now.atomic == old.atomic && (now.write || !old.write) &&
         (old.bytes & static_cast<unsigned>(~now.bytes)) == 0;
}

bool same_group(const Trace& a, const Trace& b) {
  return a.stamp.block == b.stamp.block && a.stamp.epoch == b.stamp.epoch &&
         a.stamp.warp == b.stamp.warp && a.stamp.clock == b.stamp.clock && a.bytes == b.bytes &&
         a.atomic == b.atomic && a.write == b.write;
}

bool absorb(Trace& group, const Trace& now) {
  if (group.lanes == 0 || !same_group(group, now)) return false;
  group.lanes |= now.lanes;
  group.pc = now.pc;
  return true;
}

bool replace(Trace& old, const Trace& now, const executor::Fiber& fiber) {
  unsigned lane = 0;
  if (old.lanes != 0 && (!covers(now, old) || unordered(old, fiber, lane))) return false;
  old = now;
  return true;
}

void enter_other(Word& word, const Trace& now, const executor::Fiber& fiber) {
  std::vector<Trace>& others = word.others;
  // Newest first: the lanes of a warp follow one another.
  for (std::size_t i = others.size(); i-- > 0;) {
    if (absorb(others[i], now)) return;
  }
  if (absorb(word.first, now) || replace(word.first, now, fiber)) return;
  for (Trace& trace : others) {
    if (replace(trace, now, fiber)) return;
  }
  if (others.size() == kMostTraces) others.erase(others.begin());
  others.push_back(now);
}

}  // namespace

namespace {

/// Calls visit(index, mask) for every 64-bit word that holds some of the bits; stops when it is
/// false.
template <class Visit>
bool for_each_word(std::size_t first, std::size_t count, Visit visit) {
  constexpr std::size_t kBits = 64;
  for (std::size_t i = first; i < first + count;) {
    const std::size_t shift = i % kBits;
    const std::size_t bits = std::min(kBits - shift, first + count - i);
    const std::uint64_t ones = bits == kBits ? ~std::uint64_t{0} : (std::uint64_t{1} << bits) - 1;
    if (!visit(i / kBits, ones << shift)) return false;
    i += bits;
  }
  return true;
}

}  // namespace

void InitialisedBytes::set(std::size_t first, std::size_t count, bool value) {
  for_each_word(first, count, [this, value](std::size_t index, std::uint64_t mask) {
    bits_[index] = value ? bits_[index] | mask : bits_[index] & ~mask;
    return true;
  });
}

bool InitialisedBytes::all(std::size_t first, std::size_t count) const {
  return for_each_word(first, count, [this](std::size_t index, std::uint64_t mask) {
    return (bits_[index] & mask) == mask;
  });
}

std::optional<Race> enter_access(Word& word, const Trace& now, const executor::Fiber& fiber) {
  std::optional<Race> race;
  const auto check = [&](const Trace& trace) {
    unsigned lane = 0;
    if (!race.has_value() && trace.lanes != 0 && conflict(trace, now) &&
        unordered(trace, fiber, lane)) {
      race = Race{trace, lane};
    }
  };
  check(word.write);
  check(word.first);
  for (const Trace& trace : word.others) check(trace);

  const bool plain_write = now.write && !now.atomic;
  if (plain_write && (word.write.lanes == 0 || covers(now, word.write))) {
    // Ordered after all that the word remembers, or reported: from here on it alone matters, but
    // for bytes of the word that it leaves alone.
    const auto overwritten = [&now](const Trace& trace) {
      return (trace.bytes & static_cast<unsigned>(~now.bytes)) == 0;
    };
    word.write = now;
    if (overwritten(word.first)) word.first = {};
    if (!word.others.empty()) std::erase_if(word.others, overwritten);
  } else {
    enter_other(word, now, fiber);
  }
  return race;
}

}  // namespace fusemd::checker
