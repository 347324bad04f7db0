// Small text tools that more than one room needs.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace slipway {

bool EqualsIgnoreCase(std::string_view a, std::string_view b);
bool StartsWithIgnoreCase(std::string_view text, std::string_view prefix);
std::string ToLower(std::string_view text);  // ASCII only
std::string_view Trim(std::string_view text);
std::vector<std::string_view> Split(std::string_view text, char separator);
std::string Join(std::span<const std::string> parts, std::string_view separator);
std::string ReplaceAll(std::string text, std::string_view from, std::string_view to);

// The candidate nearest to `text` by edit distance, if near enough to be a likely slip; for "did you mean".
std::optional<std::string> NearestName(std::string_view text, std::span<const std::string> candidates);
// "; did you mean 'x'?" or "".
std::string DidYouMean(std::string_view text, std::span<const std::string> candidates);

// Percent-encoding of RFC 3986: everything but unreserved characters is encoded.
std::string UrlEncode(std::string_view text);
// nullopt for a bad escape. '+' stays '+'.
std::optional<std::string> UrlDecode(std::string_view text);

std::string HtmlEscape(std::string_view text);

std::string Base64Encode(std::string_view bytes);
std::optional<std::string> Base64Decode(std::string_view text);
std::string HexEncode(std::string_view bytes);

// True when `text` is well-formed UTF-8.
bool IsUtf8(std::string_view text);
// `text` with U+FFFD in place of every byte that belongs to no character.
std::string ReplaceInvalidUtf8(std::string_view text);

// Gitignore-like glob of one path segment set: '*' (not '/'), '?' and '[a-z]', '**' across '/'.
bool GlobMatch(std::string_view pattern, std::string_view path);

// The shortest text that reads back as the same number: "1", "0.1", "1e+300"; "NaN", "Infinity", "-Infinity".
std::string FormatDouble(double value);
// The whole of `text` as a number; nullopt otherwise. Accepts what strtod's decimal forms accept, no hex, no locale.
std::optional<double> ParseDouble(std::string_view text);
std::optional<long long> ParseInt(std::string_view text);

}  // namespace slipway
