// SPDX-License-Identifier: MIT
#include "weights/import/pickle.hpp"

#include <algorithm>
#include <bit>
#include <charconv>
#include <optional>
#include <string>

#include "weights/error.hpp"
#include "weights/import/pickle_opcodes.hpp"
#include "weights/strict_json.hpp"

namespace fusemd::checkpoint {
namespace {

constexpr std::size_t kDeepestStack = 1'000'000;
constexpr std::size_t kLongestLine = 1000;

class PickleMachine {
 public:
  PickleMachine(std::span<const std::byte> bytes, PickleHooks& hooks, PickleValues& values)
      : bytes_(bytes), hooks_(hooks), values_(values) {}

  std::pair<PickleRef, std::size_t> run() {
    if (bytes_.size() > kLargestPickle) {
      refuse("a pickle that is too large", "at most 16 MiB without the tensors' numbers",
             std::to_string(bytes_.size()) + " bytes", kSaveStateDict);
    }
    for (;;) {
      opcode_at_ = at_;
      const auto opcode = static_cast<Opcode>(byte());
      if (opcode == Opcode::stop) return {pop(), at_};
      step(opcode);
    }
  }

 private:
  static constexpr const char* kSaveStateDict =
      "save the weights alone: torch.save(model.state_dict(), FILE)";

  [[noreturn]] void refuse(std::string problem,
                           std::string expected,
                           std::string found,
                           std::string hint = "copy or download the file again") const {
    throw InputError({.key = "byte " + std::to_string(opcode_at_) + " of the pickle",
                      .problem = std::move(problem),
                      .expected = std::move(expected),
                      .found = std::move(found),
                      .hint = std::move(hint)});
  }
  [[noreturn]] void refuse_damaged(const std::string& what) const {
    refuse("a damaged pickle", "an intact one", what);
  }

  void step(Opcode opcode) {
    switch (opcode) {
      case Opcode::proto:
        if (const unsigned version = byte(); version > 5) {
          refuse("an unknown version of the pickle format", "0 to 5", std::to_string(version));
        }
        return;
      case Opcode::frame:
        take(8);
        return;

      // Constants.
      case Opcode::none:
        return push({PickleKind::none, 0, 0.0, {}});
      case Opcode::new_true:
        return push({PickleKind::boolean, 1, 0.0, {}});
      case Opcode::new_false:
        return push({PickleKind::boolean, 0, 0.0, {}});
      case Opcode::bin_int:
        return push_integer(static_cast<std::int32_t>(little(4)));
      case Opcode::bin_int1:
        return push_integer(static_cast<std::int64_t>(little(1)));
      case Opcode::bin_int2:
        return push_integer(static_cast<std::int64_t>(little(2)));
      case Opcode::long1:
        return push_long(take(byte()));
      case Opcode::long4:
        return push_long(take(length(4)));
      case Opcode::text_int:
      case Opcode::text_long:
        return push_decimal(line());
      case Opcode::bin_float:
        return push_real(std::bit_cast<double>(big_endian_8()));
      case Opcode::text_float:
        return push_text_float(line());

      // Texts and bytes.
      case Opcode::short_bin_unicode:
        return push_text(PickleKind::text, take(byte()));
      case Opcode::bin_unicode:
        return push_text(PickleKind::text, take(length(4)));
      case Opcode::bin_unicode8:
        return push_text(PickleKind::text, take(length(8)));
      case Opcode::unicode_line:
        return push_text(PickleKind::text, line());
      // Python 2 wrote its texts as these.
      case Opcode::short_bin_string:
        return push_text(PickleKind::text, take(byte()));
      case Opcode::bin_string:
        return push_text(PickleKind::text, take(length(4)));
      case Opcode::short_bin_bytes:
        return push_text(PickleKind::bytes, take(byte()));
      case Opcode::bin_bytes:
        return push_text(PickleKind::bytes, take(length(4)));
      case Opcode::bin_bytes8:
        return push_text(PickleKind::bytes, take(length(8)));

      // Containers.
      case Opcode::mark:
        if (marks_.size() >= kDeepestStack) refuse_damaged("too many marks");
        marks_.push_back(stack_.size());
        return;
      case Opcode::empty_tuple:
        return push_container(PickleKind::tuple, {});
      case Opcode::tuple1:
        return push_container(PickleKind::tuple, pop_many(1));
      case Opcode::tuple2:
        return push_container(PickleKind::tuple, pop_many(2));
      case Opcode::tuple3:
        return push_container(PickleKind::tuple, pop_many(3));
      case Opcode::tuple:
        return push_container(PickleKind::tuple, pop_to_mark());
      case Opcode::empty_list:
        return push_container(PickleKind::list, {});
      case Opcode::list:
        return push_container(PickleKind::list, pop_to_mark());
      case Opcode::empty_dict:
        return push_container(PickleKind::dict, {});
      case Opcode::dict:
        return push_container(PickleKind::dict, require_pairs(pop_to_mark()));
      case Opcode::append:
        return append(PickleKind::list, pop_many(1));
      case Opcode::appends:
        return append(PickleKind::list, pop_to_mark());
      case Opcode::set_item:
        return append(PickleKind::dict, pop_many(2));
      case Opcode::set_items:
        return append(PickleKind::dict, require_pairs(pop_to_mark()));

      // The stack and the memo.
      case Opcode::pop:
        if (!marks_.empty() && marks_.back() == stack_.size()) {
          marks_.pop_back();
        } else {
          pop();
        }
        return;
      case Opcode::pop_mark:
        pop_to_mark();
        return;
      case Opcode::dup:
        return push_ref(top());
      case Opcode::bin_put:
        return put(byte());
      case Opcode::long_bin_put:
        return put(little(4));
      case Opcode::text_put:
        return put(natural_line());
      case Opcode::memoize:
        return put(memo_.size());
      case Opcode::bin_get:
        return get(byte());
      case Opcode::long_bin_get:
        return get(little(4));
      case Opcode::text_get:
        return get(natural_line());

      // What may call something.
      case Opcode::global: {
        const std::string_view module = line();
        return push_global(module, line());
      }
      case Opcode::stack_global: {
        const std::vector<PickleRef> names = pop_many(2);
        return push_global(text_at(names[0]), text_at(names[1]));
      }
      case Opcode::reduce: {
        const std::vector<PickleRef> call = pop_many(2);
        if (values_.at(call[0]).kind != PickleKind::global) {
          refuse_code("the call of something that is no named function");
        }
        if (values_.at(call[1]).kind != PickleKind::tuple)
          refuse_damaged("arguments that are no tuple");
        return push_ref(
            hooks_.call(values_, static_cast<int>(values_.at(call[0]).integer), call[1]));
      }
      case Opcode::build: {
        const PickleRef state = pop();
        hooks_.build(values_, top(), state);
        return;
      }
      case Opcode::stop:
        return;  // run() has looked at it
      case Opcode::bin_persistent_id:
        return push_ref(hooks_.persistent(values_, pop()));
    }
    const RefusedOpcode refused = refused_opcode(static_cast<unsigned char>(opcode));
    if (refused.runs_code) refuse_code("the opcode " + std::string(refused.name));
    if (!refused.name.empty()) {
      refuse("a kind of object that no weights need", "numbers, texts, containers and tensors",
             "the opcode " + std::string(refused.name), kSaveStateDict);
    }
    refuse_damaged("the unknown opcode " + std::to_string(static_cast<unsigned>(opcode)));
  }

  [[noreturn]] void refuse_code(const std::string& what) const {
    refuse("it wants to run code", "numbers, texts, containers and tensors", what, kSaveStateDict);
  }

  // --- bytes ---------------------------------------------------------------------------------

  std::string_view take(std::size_t n) {
    if (n > bytes_.size() - at_) refuse_damaged("it ends in the middle of a value");
    const auto* begin = reinterpret_cast<const char*>(bytes_.data()) + at_;
    at_ += n;
    return {begin, n};
  }
  unsigned byte() { return static_cast<unsigned char>(take(1)[0]); }
  std::uint64_t little(std::size_t n) {
    const std::string_view bytes = take(n);
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < n; ++i) {
      value |= static_cast<std::uint64_t>(static_cast<unsigned char>(bytes[i])) << (8 * i);
    }
    return value;
  }
  std::size_t length(std::size_t n) { return static_cast<std::size_t>(little(n)); }
  std::uint64_t big_endian_8() {
    std::uint64_t value = 0;
    for (const char c : take(8)) value = value << 8 | static_cast<unsigned char>(c);
    return value;
  }
  std::string_view line() {
    const std::string_view rest(reinterpret_cast<const char*>(bytes_.data()) + at_,
                                std::min(bytes_.size() - at_, kLongestLine));
    const std::size_t end = rest.find('\n');
    if (end == std::string_view::npos) refuse_damaged("a line without end");
    at_ += end + 1;
    return rest.substr(0, end);
  }

  // --- values --------------------------------------------------------------------------------

  void push_ref(PickleRef ref) {
    if (stack_.size() >= kDeepestStack) refuse_damaged("a stack too deep");
    stack_.push_back(ref);
  }
  void push(PickleValue value) { push_ref(values_.add(value)); }
  void push_integer(std::int64_t value) { push({PickleKind::integer, value, 0.0, {}}); }
  void push_real(double value) { push({PickleKind::real, 0, value, {}}); }
  void push_text(PickleKind kind, std::string_view text) { push({kind, 0, 0.0, text}); }
  void push_container(PickleKind kind, const std::vector<PickleRef>& children) {
    push_ref(values_.add_container(kind, children));
  }

  /// Two's complement, little-endian, any length.
  void push_long(std::string_view digits) {
    const bool negative =
        !digits.empty() && (static_cast<unsigned char>(digits.back()) & 0x80U) != 0;
    std::uint64_t value = negative ? ~std::uint64_t{0} : 0;
    bool fits = true;
    for (std::size_t i = 0; i < digits.size(); ++i) {
      const auto digit = static_cast<std::uint64_t>(static_cast<unsigned char>(digits[i]));
      if (i < 8) {
        value = (value & ~(std::uint64_t{0xFF} << (8 * i))) | digit << (8 * i);
      } else {
        fits = fits && digit == (negative ? 0xFFU : 0U);
      }
    }
    fits = fits && (digits.size() <= 8 || (value >> 63 != 0) == negative);
    if (!fits) return push({PickleKind::large_integer, 0, 0.0, {}});
    push_integer(static_cast<std::int64_t>(value));
  }

  /// A number of the memo; a huge one if it is no number.
  std::uint64_t natural_line() { return static_cast<std::uint64_t>(decimal(line()).value_or(-1)); }

  static std::optional<std::int64_t> decimal(std::string_view text) {
    if (text.ends_with('L')) text.remove_suffix(1);
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return {};
    return value;
  }
  void push_decimal(std::string_view text) {
    if (text == "00" || text == "01") {  // how protocol 0 writes False and True
      return push({PickleKind::boolean, text == "01" ? 1 : 0, 0.0, {}});
    }
    const auto value = decimal(text);
    if (!value) refuse_damaged("not an integer of 64 bits: " + in_quotes(text));
    push_integer(*value);
  }
  void push_text_float(std::string_view text) {
    double value = 0.0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) {
      refuse_damaged("not a number: " + in_quotes(text));
    }
    push_real(value);
  }

  void push_global(std::string_view module, std::string_view name) {
    const std::optional<int> number = hooks_.find(module, name);
    if (!number) {
      refuse_code("the name " + in_quotes(std::string(module) + '.' + std::string(name)));
    }
    push({PickleKind::global, *number, 0.0, {}});
  }
  std::string_view text_at(PickleRef ref) const {
    const PickleValue& value = values_.at(ref);
    if (value.kind != PickleKind::text) refuse_damaged("a name that is no text");
    return value.text;
  }

  // --- the stack -----------------------------------------------------------------------------

  std::size_t floor() const { return marks_.empty() ? 0 : marks_.back(); }
  PickleRef top() const {
    if (stack_.size() <= floor()) refuse_damaged("it takes a value from an empty stack");
    return stack_.back();
  }
  PickleRef pop() {
    const PickleRef ref = top();
    stack_.pop_back();
    return ref;
  }
  std::vector<PickleRef> pop_many(std::size_t n) {
    if (stack_.size() < floor() + n) refuse_damaged("it takes a value from an empty stack");
    const auto from = stack_.end() - static_cast<std::ptrdiff_t>(n);
    std::vector<PickleRef> refs(from, stack_.end());
    stack_.erase(from, stack_.end());
    return refs;
  }
  std::vector<PickleRef> pop_to_mark() {
    if (marks_.empty()) refuse_damaged("it goes back to a mark that was never set");
    std::vector<PickleRef> refs = pop_many(stack_.size() - marks_.back());
    marks_.pop_back();
    return refs;
  }
  std::vector<PickleRef> require_pairs(std::vector<PickleRef> refs) const {
    if (refs.size() % 2 != 0) refuse_damaged("a key without a value");
    return refs;
  }
  void append(PickleKind kind, const std::vector<PickleRef>& refs) {
    if (values_.at(top()).kind != kind) {
      refuse_code("an addition to something that is no list and no dictionary");
    }
    values_.append(top(), refs);
  }

  // --- the memo ------------------------------------------------------------------------------

  void put(std::uint64_t index) {
    if (index > memo_.size() + 1000) refuse_damaged("a memo number out of order");
    if (index >= memo_.size()) memo_.resize(static_cast<std::size_t>(index) + 1);
    memo_[static_cast<std::size_t>(index)] = top();
    if (memo_.size() > kDeepestStack) refuse_damaged("too many memo entries");
  }
  void get(std::uint64_t index) {
    if (index >= memo_.size() || !memo_[static_cast<std::size_t>(index)]) {
      refuse_damaged("it recalls a value that was never stored");
    }
    push_ref(*memo_[static_cast<std::size_t>(index)]);
  }

  std::span<const std::byte> bytes_;
  PickleHooks& hooks_;
  PickleValues& values_;
  std::size_t at_ = 0;
  std::size_t opcode_at_ = 0;
  std::vector<PickleRef> stack_;
  std::vector<std::size_t> marks_;
  std::vector<std::optional<PickleRef>> memo_;
};

[[noreturn]] void refuse_too_many() {
  throw InputError({.problem = "too many values in the pickle",
                    .expected = "at most " + std::to_string(PickleValues::kMostValues),
                    .found = "more",
                    .hint = "save the weights alone: torch.save(model.state_dict(), FILE)"});
}

}  // namespace

PickleRef PickleValues::add(PickleValue value) {
  if (values_.size() >= kMostValues) refuse_too_many();
  values_.push_back(value);
  return static_cast<PickleRef>(values_.size() - 1);
}

PickleRef PickleValues::add_container(PickleKind kind, std::span<const PickleRef> children) {
  const PickleRef ref = add({kind, static_cast<std::int64_t>(children_.size()), 0.0, {}});
  children_.emplace_back(children.begin(), children.end());
  return ref;
}

std::span<const PickleRef> PickleValues::children(PickleRef ref) const {
  return children_[static_cast<std::size_t>(values_[ref].integer)];
}

void PickleValues::append(PickleRef container, std::span<const PickleRef> children) {
  auto& all = children_[static_cast<std::size_t>(values_[container].integer)];
  all.insert(all.end(), children.begin(), children.end());
}

std::pair<PickleRef, std::size_t> read_pickle(std::span<const std::byte> bytes,
                                              PickleHooks& hooks,
                                              PickleValues& values) {
  return PickleMachine(bytes, hooks, values).run();
}

}  // namespace fusemd::checkpoint
