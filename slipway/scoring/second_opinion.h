// A second decoder of requests, for tests and fuzzing: slow and plain, on the tree that another parser builds. It must
// accept the same texts as RequestDecoder and read the same cells.
#pragma once

#include <cmath>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "slipway/scoring/cell_sink.h"
#include "slipway/scoring/input_columns.h"

namespace slipway::scoring::second_opinion {

// Cells as texts: numbers in nlohmann's shortest form, texts in quotes, "-" for a missing value.
using Cells = std::vector<std::map<size_t, std::string>>;

// Writes down what a decoder gives it; `is_repeated` when a cell was set twice.
class WritingSink final : public CellSink {
 public:
  void Clear() noexcept override { cells.clear(); }
  void AddRow() noexcept override { cells.emplace_back(); }
  size_t rows() const noexcept override { return cells.size(); }
  void SetReal(size_t row, size_t column, double value) noexcept override {
    Set(row, column, nlohmann::json(value + 0.0).dump());  // -0 as 0
  }
  void SetInteger(size_t row, size_t column, int64_t value) noexcept override {
    Set(row, column, std::to_string(value));
  }
  void SetText(size_t row, size_t column, std::string_view value) noexcept override {
    Set(row, column, "'" + std::string(value) + "'");
  }
  void SetMissing(size_t row, size_t column) noexcept override { Set(row, column, "-"); }

  Cells cells;
  bool is_repeated = false;

 private:
  void Set(size_t row, size_t column, std::string value) {
    is_repeated |= !cells.at(row).emplace(column, std::move(value)).second;
  }
};

// JSON as it is written: members in order, repeated ones as well.
struct Tree {
  // kBeyond: written as an integer that 64 bits do not hold.
  enum class Kind { kNull, kBoolean, kInteger, kBeyond, kReal, kText, kList, kObject };
  Kind kind = Kind::kNull;
  int64_t integer = 0;  // a boolean as 0 or 1
  double real = 0;
  std::string text = {};
  std::vector<std::pair<std::string, Tree>> items = {};  // of a list, with empty keys

  const Tree* Find(std::string_view key) const {
    for (const auto& [name, value] : items)
      if (name == key) return &value;
    return nullptr;
  }
  bool is_list() const { return kind == Kind::kList; }
  bool is_object() const { return kind == Kind::kObject; }
  bool is_number() const { return kind == Kind::kInteger || kind == Kind::kBeyond || kind == Kind::kReal; }
};

class TreeBuilder : public nlohmann::json_sax<nlohmann::json> {
 public:
  Tree root;
  bool is_overflow = false;  // the text was refused for a number beyond all doubles, which RFC 8259 allows
  size_t depth = 0;          // the deepest nesting

  bool null() override { return Add({}); }
  bool boolean(bool value) override { return Add({.kind = Tree::Kind::kBoolean, .integer = value}); }
  bool number_integer(int64_t value) override {
    return Add({.kind = Tree::Kind::kInteger, .integer = value, .real = static_cast<double>(value)});
  }
  bool number_unsigned(uint64_t value) override {
    if (value <= static_cast<uint64_t>(std::numeric_limits<int64_t>::max()))
      return number_integer(static_cast<int64_t>(value));
    return Add({.kind = Tree::Kind::kBeyond, .real = static_cast<double>(value)});
  }
  bool number_float(double value, const std::string& text) override {
    const bool is_whole = text.find_first_of(".eE") == std::string::npos;
    return Add({.kind = is_whole ? Tree::Kind::kBeyond : Tree::Kind::kReal, .real = value});
  }
  bool string(std::string& value) override { return Add({.kind = Tree::Kind::kText, .text = value}); }
  bool binary(binary_t&) override { return false; }
  bool start_object(size_t) override { return Open(Tree::Kind::kObject); }
  bool start_array(size_t) override { return Open(Tree::Kind::kList); }
  bool end_object() override { return Close(); }
  bool end_array() override { return Close(); }
  bool key(std::string& value) override {
    keys_.back() = value;
    return true;
  }
  bool parse_error(size_t, const std::string&, const nlohmann::detail::exception& error) override {
    is_overflow = error.id == 406;
    return false;
  }

 private:
  bool Add(Tree value) {
    if (open_.empty()) {
      root = std::move(value);
    } else {
      open_.back().items.emplace_back(keys_.back(), std::move(value));
    }
    return true;
  }
  bool Open(Tree::Kind kind) {
    open_.push_back({.kind = kind});
    keys_.emplace_back();
    depth = std::max(depth, open_.size());
    return true;
  }
  bool Close() {
    Tree done = std::move(open_.back());
    open_.pop_back();
    keys_.pop_back();
    return Add(std::move(done));
  }

  std::vector<Tree> open_;
  std::vector<std::string> keys_;
};

// What the request's rows hold; nullopt for a request that is to be refused.
class Decoder {
 public:
  explicit Decoder(const InputColumns& columns) : columns_(columns) {}

  std::optional<Cells> Decode(const Tree& root) {
    sink_.Clear();
    if (root.is_list()) return Given(Rows(root, true, true));
    return Given(root.is_object() && Envelope(root));
  }

 private:
  std::optional<Cells> Given(bool is_good) { return is_good ? std::optional(sink_.cells) : std::nullopt; }

  bool Envelope(const Tree& root) {
    static const std::set<std::string> kForms = {"data",      "input_data", "dataframe_split", "dataframe_records",
                                                 "instances", "inputs"};
    const Tree* payload = nullptr;
    std::string form;
    bool has_stranger = false;
    for (const auto& [key, value] : root.items) {
      if (!kForms.contains(key)) {
        has_stranger |= key != "params";
      } else if (payload != nullptr) {
        return false;
      } else {
        payload = &value;
        form = key;
      }
    }
    return payload != nullptr && (form == "data" || !has_stranger) && Payload(form, *payload);
  }

  bool Payload(const std::string& form, const Tree& value) {
    if (value.is_list() && form != "dataframe_split")
      return Rows(value, form != "input_data", form != "dataframe_records");
    if (!value.is_object()) return false;
    if (form == "inputs") return NamedColumns(value);
    if (form == "dataframe_split") return Split(value);
    if (form != "input_data") return false;
    return value.Find("data") != nullptr || value.Find("columns") != nullptr ? Split(value) : NamedColumns(value);
  }

  bool Rows(const Tree& rows, bool allow_records, bool allow_lists) {
    for (const auto& [key, row] : rows.items) {
      sink_.AddRow();
      const size_t at = sink_.rows() - 1;
      if (row.is_object()) {
        if (!allow_records || !Record(row, at)) return false;
      } else if (!allow_lists) {
        return false;
      } else if (row.is_list()) {
        if (row.items.size() != columns_.size()) return false;
        for (size_t i = 0; i < columns_.size(); ++i)
          if (!Cell(row.items[i].second, at, i)) return false;
      } else if (columns_.size() != 1 || !Cell(row, at, 0)) {
        return false;
      }
    }
    return true;
  }

  bool Record(const Tree& record, size_t row) {
    std::set<size_t> seen;
    for (const auto& [key, value] : record.items) {
      const auto column = columns_.Find(key);
      if (column && (!seen.insert(*column).second || !Cell(value, row, *column))) return false;
    }
    for (size_t i = 0; i < columns_.size(); ++i)
      if (!seen.contains(i) && !Missing(row, i)) return false;
    return true;
  }

  bool Missing(size_t row, size_t column) {
    if (columns_[column].required || !columns_[column].nullable) return false;
    sink_.SetMissing(row, column);
    return true;
  }

  bool Split(const Tree& split) {
    std::set<std::string> keys;
    for (const auto& [key, value] : split.items)
      if ((key != "columns" && key != "index" && key != "data") || !keys.insert(key).second || !value.is_list())
        return false;
    const Tree *columns = split.Find("columns"), *index = split.Find("index"), *data = split.Find("data");
    if (data == nullptr || (index != nullptr && index->items.size() != data->items.size())) return false;
    std::vector<std::optional<size_t>> places;
    std::set<size_t> seen;
    for (size_t i = 0; columns == nullptr && i < columns_.size(); ++i) seen.insert(*places.emplace_back(i));
    for (size_t i = 0; columns != nullptr && i < columns->items.size(); ++i) {
      const Tree& name = columns->items[i].second;
      const bool is_text = name.kind == Tree::Kind::kText;
      if (!is_text && (!name.is_number() || columns_.is_named())) return false;
      std::optional<size_t> place = is_text ? columns_.Find(name.text) : std::nullopt;
      if (!place && !columns_.is_named() && i < columns_.size()) place = i;
      if (place && !seen.insert(*place).second) return false;
      places.push_back(place);
    }
    for (size_t i = 0; i < columns_.size(); ++i)
      if (!seen.contains(i) && (columns_[i].required || !columns_[i].nullable)) return false;
    for (const auto& [key, row] : data->items) {
      if (!row.is_list() || row.items.size() != places.size()) return false;
      sink_.AddRow();
      for (size_t i = 0; i < places.size(); ++i)
        if (places[i] && !Cell(row.items[i].second, sink_.rows() - 1, *places[i])) return false;
      for (size_t i = 0; i < columns_.size(); ++i)
        if (!seen.contains(i)) sink_.SetMissing(sink_.rows() - 1, i);
    }
    return true;
  }

  bool NamedColumns(const Tree& named) {
    std::set<size_t> seen;
    bool is_first = true;
    for (const auto& [key, values] : named.items) {
      size_t width = 1;
      std::optional<size_t> first = columns_.Find(key);
      for (const GraphInput& input : columns_.graph_inputs()) {
        if (input.name != key || !columns_[input.first_column].name.empty()) continue;
        first = input.first_column;
        width = input.width;
      }
      if (!first) continue;
      for (size_t i = *first; i < *first + width; ++i)
        if (!seen.insert(i).second) return false;
      if (!values.is_list()) return false;
      for (size_t row = 0; is_first && row < values.items.size(); ++row) sink_.AddRow();
      is_first = false;
      if (values.items.size() != sink_.rows()) return false;
      for (size_t row = 0; row < sink_.rows(); ++row)
        if (!ColumnCell(values.items[row].second, row, *first, width)) return false;
    }
    for (size_t i = 0; i < columns_.size(); ++i) {
      if (seen.contains(i)) continue;
      if (columns_[i].required || !columns_[i].nullable) return false;
      for (size_t row = 0; row < sink_.rows(); ++row) sink_.SetMissing(row, i);
    }
    return true;
  }

  bool ColumnCell(const Tree& value, size_t row, size_t first, size_t width) {
    if (!value.is_list()) return width == 1 && Cell(value, row, first);
    if (value.items.size() != width) return false;
    for (size_t i = 0; i < width; ++i)
      if (!Cell(value.items[i].second, row, first + i)) return false;
    return true;
  }

  bool Cell(const Tree& value, size_t row, size_t index) {
    const InputColumn& column = columns_[index];
    if (value.kind == Tree::Kind::kNull) {
      if (!column.nullable) return false;
      sink_.SetMissing(row, index);
      return true;
    }
    switch (column.kind) {
      case InputColumn::Kind::kReal:
        if (!value.is_number() || std::abs(value.real) > column.real_limit) return false;
        sink_.SetReal(row, index, value.real);
        return true;
      case InputColumn::Kind::kInteger:
        return value.is_number() && value.kind != Tree::Kind::kBeyond && Integer(value, row, index);
      case InputColumn::Kind::kBoolean:
        if (value.kind != Tree::Kind::kBoolean) return false;
        sink_.SetInteger(row, index, value.integer);
        return true;
      case InputColumn::Kind::kText:
        if (value.kind != Tree::Kind::kText) return false;
        sink_.SetText(row, index, value.text);
        return true;
    }
    return false;
  }

  bool Integer(const Tree& value, size_t row, size_t index) {
    int64_t integer = value.integer;
    if (value.kind == Tree::Kind::kReal) {
      if (value.real != std::floor(value.real) || value.real < -0x1p63 || value.real >= 0x1p63) return false;
      integer = static_cast<int64_t>(value.real);
    }
    if (integer < columns_[index].integer_min || integer > columns_[index].integer_max) return false;
    sink_.SetInteger(row, index, integer);
    return true;
  }

  const InputColumns& columns_;
  WritingSink sink_;
};

}  // namespace slipway::scoring::second_opinion
