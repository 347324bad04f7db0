// Patterns that many rows share: autocluster, basket, diffpatterns; and texts that differ little: reduce.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "slipway/base/text.h"
#include "slipway/kql/native/support.h"

namespace slipway::kql::native {
namespace {

constexpr size_t kPatternsMax = 10'000;
constexpr int kWild = -1;

// Rows of the two sets that are compared; the second is empty where there is one set alone.
using Weights = std::array<double, 2>;

struct Rows {
  std::vector<Weights> weights;
  std::vector<std::vector<int>> values;         // by row, then column: a number for each value of the column
  std::vector<std::vector<std::string>> texts;  // by column, then number
  Weights total = {0, 0};

  size_t width() const { return texts.size(); }
};

// [[weight A, weight B, value, …], …], values as texts.
Rows RowsOf(const Json& json) {
  Rows rows;
  std::vector<std::unordered_map<std::string, int>> numbers;
  for (const Json& row : json) {
    rows.texts.resize(row.size() - 2);
    numbers.resize(row.size() - 2);
    std::vector<int>& values = rows.values.emplace_back();
    for (size_t c = 2; c < row.size(); ++c) {
      const auto text = row[c].get<std::string>();
      const auto [number, is_new] = numbers[c - 2].emplace(text, static_cast<int>(numbers[c - 2].size()));
      if (is_new) rows.texts[c - 2].push_back(text);
      values.push_back(number->second);
    }
    rows.weights.push_back({row[0].get<double>(), row[1].get<double>()});
    for (size_t set = 0; set < 2; ++set) rows.total[set] += rows.weights.back()[set];
  }
  return rows;
}

struct Pattern {
  std::vector<int> values;  // by column; kWild where any value fits
  Weights weights = {0, 0};
};

// Finds the closed patterns: those that no further column's value could be added to without losing rows. After "LCM: an
// efficient algorithm for enumerating frequent closed item sets" (Uno and others, 2003).
class Miner {
 public:
  // A pattern counts when it has at least this share of one of the sets, and is given by at most `depth` values.
  Miner(const Rows& rows, double share, size_t depth) : rows_(rows), depth_(depth) {
    for (size_t set = 0; set < 2; ++set) least_[set] = std::max(share * rows.total[set], 1e-9);
  }

  std::vector<Pattern> Mine() {
    std::vector<int> all(rows_.values.size());
    for (size_t i = 0; i < all.size(); ++i) all[i] = static_cast<int>(i);
    if (!all.empty()) Extend(Closure(all), all, 0, 0);
    return std::move(found_);
  }

 private:
  Pattern Closure(const std::vector<int>& rows) const {
    Pattern pattern{rows_.values[static_cast<size_t>(rows[0])], {0, 0}};
    for (const int row : rows) {
      const auto& values = rows_.values[static_cast<size_t>(row)];
      for (size_t c = 0; c < values.size(); ++c) {
        if (pattern.values[c] != values[c]) pattern.values[c] = kWild;
      }
      for (size_t set = 0; set < 2; ++set) pattern.weights[set] += rows_.weights[static_cast<size_t>(row)][set];
    }
    return pattern;
  }

  bool IsFrequent(const Weights& weights) const {
    return (rows_.total[0] > 0 && weights[0] >= least_[0]) || (rows_.total[1] > 0 && weights[1] >= least_[1]);
  }

  // `pattern` is closed and stands for `rows`; values of columns before `first` were added before.
  void Extend(const Pattern& pattern, const std::vector<int>& rows, size_t first, size_t depth) {
    if (found_.size() >= kPatternsMax) return;
    if (std::any_of(pattern.values.begin(), pattern.values.end(), [](int value) { return value != kWild; }))
      found_.push_back(pattern);
    if (depth == depth_) return;
    for (size_t c = first; c < rows_.width(); ++c) {
      if (pattern.values[c] != kWild) continue;
      std::map<int, std::vector<int>> groups;
      for (const int row : rows) groups[rows_.values[static_cast<size_t>(row)][c]].push_back(row);
      for (const auto& [value, members] : groups) {
        const Pattern closed = Closure(members);
        if (!IsFrequent(closed.weights)) continue;
        // Otherwise the same pattern is found by the earlier column.
        const bool is_new = std::equal(closed.values.begin(), closed.values.begin() + static_cast<std::ptrdiff_t>(c),
                                       pattern.values.begin());
        if (is_new) Extend(closed, members, c + 1, depth + 1);
      }
    }
  }

  const Rows& rows_;
  const size_t depth_;
  Weights least_ = {0, 0};
  std::vector<Pattern> found_;
};

Json ValuesOf(const Pattern& pattern, const Rows& rows) {
  Json values = Json::array();
  for (size_t c = 0; c < pattern.values.size(); ++c) {
    const int value = pattern.values[c];
    values.push_back(value == kWild ? Json(nullptr) : Json(rows.texts[c][static_cast<size_t>(value)]));
  }
  return values;
}

double Percent(double part, double whole) {
  return whole > 0 ? 100 * part / whole : 0;
}

// [id, count, percent, value, …] of one set's patterns, in their order.
Value Segments(const std::vector<Pattern>& patterns, const Rows& rows) {
  Json segments = Json::array();
  for (const Pattern& pattern : patterns) {
    Json segment = {segments.size(), Whole(std::round(pattern.weights[0])), Percent(pattern.weights[0], rows.total[0])};
    for (const Json& value : ValuesOf(pattern, rows)) segment.push_back(value);
    segments.push_back(std::move(segment));
  }
  return Write(segments);
}

// rows, share, depth
Value Basket(Arguments a) {
  const Rows rows = RowsOf(ParseJson(a[0]));
  std::vector<Pattern> patterns = Miner(rows, Real(a[1]), static_cast<size_t>(Long(a[2]))).Mine();
  std::stable_sort(patterns.begin(), patterns.end(),
                   [](const Pattern& x, const Pattern& y) { return x.weights[0] > y.weights[0]; });
  return Segments(patterns, rows);
}

bool Covers(const Pattern& pattern, const std::vector<int>& values) {
  for (size_t c = 0; c < values.size(); ++c) {
    if (pattern.values[c] != kWild && pattern.values[c] != values[c]) return false;
  }
  return true;
}

// How much a pattern tells: rare values tell more than common ones.
double Information(const Pattern& pattern, const std::vector<std::vector<double>>& shares) {
  double sum = 0;
  for (size_t c = 0; c < pattern.values.size(); ++c) {
    if (pattern.values[c] != kWild) sum += 1 - shares[c][static_cast<size_t>(pattern.values[c])];
  }
  return sum / static_cast<double>(pattern.values.size());
}

// The share of the rows that each value of each column has.
std::vector<std::vector<double>> SharesOf(const Rows& rows) {
  std::vector<std::vector<double>> shares(rows.width());
  for (size_t c = 0; c < rows.width(); ++c) shares[c].resize(rows.texts[c].size());
  for (size_t row = 0; row < rows.values.size(); ++row) {
    for (size_t c = 0; c < rows.width(); ++c)
      shares[c][static_cast<size_t>(rows.values[row][c])] += rows.weights[row][0] / rows.total[0];
  }
  return shares;
}

// Patterns in their order, without those at least half of whose rows earlier ones have.
std::vector<Pattern> ChooseCovering(const std::vector<Pattern>& patterns, const Rows& rows) {
  constexpr double kNewShare = 0.5;
  std::vector<bool> is_covered(rows.values.size(), false);
  std::vector<Pattern> chosen;
  for (const Pattern& pattern : patterns) {
    double fresh = 0;
    std::vector<size_t> members;
    for (size_t row = 0; row < rows.values.size(); ++row) {
      if (!Covers(pattern, rows.values[row])) continue;
      members.push_back(row);
      if (!is_covered[row]) fresh += rows.weights[row][0];
    }
    if (fresh < kNewShare * pattern.weights[0]) continue;
    for (const size_t row : members) is_covered[row] = true;
    chosen.push_back(pattern);
  }
  return chosen;
}

// rows, weight of the size: patterns by the weighted geometric mean of their share and of what they tell.
Value Autocluster(Arguments a) {
  constexpr double kLeastShare = 0.02;
  constexpr size_t kDepth = 6;
  const Rows rows = RowsOf(ParseJson(a[0]));
  const double weight = std::clamp(Real(a[1]), 0.0, 1.0);
  const auto shares = SharesOf(rows);
  const auto score = [&](const Pattern& pattern) {
    const double share = pattern.weights[0] / rows.total[0];
    return std::pow(share, weight) * std::pow(Information(pattern, shares), 1 - weight);
  };
  std::vector<std::pair<double, Pattern>> scored;
  for (const Pattern& pattern : Miner(rows, kLeastShare, kDepth).Mine()) {
    if (score(pattern) > 0) scored.emplace_back(score(pattern), pattern);
  }
  std::stable_sort(scored.begin(), scored.end(), [](const auto& x, const auto& y) { return x.first > y.first; });
  std::vector<Pattern> patterns;
  for (auto& [value, pattern] : scored) patterns.push_back(std::move(pattern));
  return Segments(ChooseCovering(patterns, rows), rows);
}

double Difference(const Pattern& pattern, const Weights& total) {
  return std::abs(Percent(pattern.weights[0], total[0]) - Percent(pattern.weights[1], total[1]));
}

bool IsPartOf(const Pattern& inner, const Pattern& outer) {
  for (size_t c = 0; c < inner.values.size(); ++c) {
    if (inner.values[c] != kWild && inner.values[c] != outer.values[c]) return false;
  }
  return true;
}

// rows, least difference as a share, depth: of patterns of which one is part of the other the more different one.
Value DiffPatterns(Arguments a) {
  const Rows rows = RowsOf(ParseJson(a[0]));
  std::vector<Pattern> patterns = Miner(rows, Real(a[1]), static_cast<size_t>(Long(a[2]))).Mine();
  std::stable_sort(patterns.begin(), patterns.end(), [&](const Pattern& x, const Pattern& y) {
    return Difference(x, rows.total) > Difference(y, rows.total);
  });
  std::vector<const Pattern*> chosen;
  Json segments = Json::array();
  for (const Pattern& pattern : patterns) {
    const double difference = Difference(pattern, rows.total);
    if (difference < 100 * Real(a[1])) break;
    const bool is_told = std::any_of(chosen.begin(), chosen.end(), [&](const Pattern* other) {
      return IsPartOf(pattern, *other) || IsPartOf(*other, pattern);
    });
    if (is_told) continue;
    chosen.push_back(&pattern);
    Json segment = {segments.size(),
                    Whole(std::round(pattern.weights[0])),
                    Whole(std::round(pattern.weights[1])),
                    Percent(pattern.weights[0], rows.total[0]),
                    Percent(pattern.weights[1], rows.total[1]),
                    difference};
    for (const Json& value : ValuesOf(pattern, rows)) segment.push_back(value);
    segments.push_back(std::move(segment));
  }
  return Write(segments);
}

// A text as words and what separates them; `own` are separators that a query names.
struct Words {
  std::vector<std::string> words, gaps;  // gaps[i] stands before words[i]; one more at the end
};

bool IsWordByte(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) || static_cast<unsigned char>(c) >= 0x80;
}

// With separators of its own a query's texts are cut at those and at blanks alone.
Words WordsOf(std::string_view text, std::string_view own) {
  Words result;
  result.gaps.emplace_back();
  bool in_word = false;
  for (const char c : text) {
    const bool separates = own.empty() ? !IsWordByte(c) : c == ' ' || own.find(c) != std::string_view::npos;
    if (separates && in_word) result.gaps.emplace_back();
    if (!separates && !in_word) result.words.emplace_back();
    (separates ? result.gaps : result.words).back() += c;
    in_word = !separates;
  }
  if (in_word) result.gaps.emplace_back();
  return result;
}

bool IsNumberWord(std::string_view word) {
  return std::all_of(word.begin(), word.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// The words that stay, with their gaps; one star for each run of others. A star takes separators that the query named.
std::string PatternOf(const Words& text, const std::vector<bool>& stays, std::string_view own) {
  const auto is_own = [&](const std::string& gap) {
    return !own.empty() && gap.find_first_not_of(own) == std::string::npos;
  };
  std::string pattern;
  for (size_t i = 0; i < text.words.size(); ++i) {
    const bool star_before = i > 0 && !stays[i - 1];
    if (!stays[i] && star_before) continue;
    const bool beside_star = star_before || !stays[i];
    if (!(beside_star && is_own(text.gaps[i]))) pattern += text.gaps[i];
    pattern += stays[i] ? text.words[i] : "*";
  }
  const bool ends_with_star = !stays.empty() && !stays.back();
  if (!(ends_with_star && is_own(text.gaps.back()))) pattern += text.gaps.back();
  return pattern;
}

struct CountedText {
  double count = 0;
  std::string text;
  Words words;
};

struct TextGroup {
  double count = 0, best = 0;
  std::string representative;  // the most frequent text; of equally frequent ones the first by its letters

  void Add(const CountedText& counted) {
    count += counted.count;
    if (counted.count < best || (counted.count == best && counted.text >= representative)) return;
    best = counted.count;
    representative = counted.text;
  }
};

// By pattern; "" where no word stays.
std::map<std::string, TextGroup> GroupTexts(const std::vector<CountedText>& texts, double least, std::string_view own) {
  std::map<std::pair<size_t, std::string>, double> counts;
  for (const CountedText& text : texts) {
    for (size_t i = 0; i < text.words.words.size(); ++i) counts[{i, text.words.words[i]}] += text.count;
  }
  std::map<std::string, TextGroup> groups;
  for (const CountedText& text : texts) {
    const auto& words = text.words.words;
    std::vector<bool> stays;
    for (size_t i = 0; i < words.size(); ++i) stays.push_back(!IsNumberWord(words[i]) && counts[{i, words[i]}] > least);
    const bool any = std::find(stays.begin(), stays.end(), true) != stays.end();
    groups[any ? PatternOf(text.words, stays, own) : ""].Add(text);
  }
  return groups;
}

// [[count, text], …], threshold, separators: [[pattern, count, representative], …]. A word stays in the pattern when
// more than the threshold's share of the texts have it in the same place and it is no number; patterns of fewer texts
// are one row, "others". After "A data clustering algorithm for mining patterns from event logs" (Vaarandi, 2003).
Value Reduce(Arguments a) {
  const std::string_view own = Text(a[2]);
  double total = 0;
  std::vector<CountedText> texts;
  for (const Json& row : ParseJson(a[0])) {
    texts.push_back({row[0].get<double>(), row[1].get<std::string>(), {}});
    texts.back().words = WordsOf(texts.back().text, own);
    total += texts.back().count;
  }
  const double least = Real(a[1]) * total;
  TextGroup others;
  std::vector<std::pair<std::string, TextGroup>> sorted;
  for (auto& [pattern, group] : GroupTexts(texts, least, own)) {
    if (pattern.empty() || group.count <= least) {
      others.count += group.count;
    } else {
      sorted.emplace_back(pattern, group);
    }
  }
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const auto& x, const auto& y) { return x.second.count > y.second.count; });
  if (others.count > 0) sorted.emplace_back("others", others);
  Json result = Json::array();
  for (const auto& [pattern, group] : sorted) result.push_back({pattern, Whole(group.count), group.representative});
  return Write(result);
}

constexpr Function kFunctions[] = {
    {"basket", "srl", 's', Basket},
    {"autocluster", "sr", 's', Autocluster},
    {"diffpatterns", "srl", 's', DiffPatterns},
    {"reduce", "srs", 's', Reduce},
};

}  // namespace

std::span<const Function> PatternFunctions() {
  return kFunctions;
}

}  // namespace slipway::kql::native
