// One column read from texts: keeps the narrowest type that every value so far has.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "slipway/tabular/interner.h"
#include "slipway/tabular/table.h"

namespace slipway::tabular {

// Values are parsed as they come. When a later one shows that the column is one of texts, the earlier texts are gone:
// the column then asks for a second reading. Not thread-safe.
class ColumnReader {
 public:
  ColumnReader(std::string name, std::optional<ColumnType> forced, bool infer_datetimes);

  const std::string& name() const { return column_.name; }
  ColumnType type() const { return column_.type; }
  void AddNull();
  // False when `text` is none of the forced type.
  bool Add(std::string_view text);

  // After the last value.
  bool NeedsSecondReading() const;
  // Every value is given again, as texts this time.
  void StartSecondReading();
  Column Build() &&;

 private:
  // kUndecided: only nulls so far. kGivenUp: texts, which the second reading will take.
  enum class State { kUndecided, kDecided, kGivenUp };
  bool AddTyped(std::string_view text);
  bool AddWhole(std::string_view text);
  bool AddFloat(std::string_view text);
  bool AddTruth(std::string_view text);
  bool AddDatetime(std::string_view text);
  void AddText(std::string_view text);
  void Decide(std::string_view text);
  void Become(ColumnType type);
  bool WidenToFloat(std::string_view text);
  void MarkValue();

  Column column_;
  Interner interner_;
  State state_ = State::kUndecided;
  bool is_forced_;
  bool infer_datetimes_;
  size_t leading_nulls_ = 0;    // while undecided
  bool has_big_whole_ = false;  // a whole number beyond 64 bits
  bool has_fraction_ = false;   // a number that is not just digits
};

}  // namespace slipway::tabular
