// The texts of quality reports: numbers, lists and the base form of a text.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace slipway::stats {

// A ratio as a percentage: "0.14%", "50%"; small ones with more digits, "0.005%", "5.00E-5%"; "99.99%" up to 1.
std::string FormatPercent(double ratio);
// "1,234,567.89", "0.1", "6.22E-3"; at most two decimals.
std::string FormatNumber(double value);

// ['a', 'b'] and {'a': '1%', 'b': '2%'}: lists inside the texts of conditions.
std::string QuotedList(const std::vector<std::string>& names);
std::string QuotedMap(const std::vector<std::pair<std::string, std::string>>& entries);

// Letters and digits of `text` in lower case; `text` itself when it has none. Characters beyond ASCII count as letters,
// apart from punctuation and spaces; Latin, Greek and Cyrillic capitals are lowered.
std::string BaseForm(std::string_view text);
bool HasLetterOrDigit(std::string_view text);

}  // namespace slipway::stats
