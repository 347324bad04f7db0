// Hides secrets in what is printed: the values themselves, their lines, and the forms in which programs print them
// (base64, JSON, URI, XML, shell quotes).
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace slipway::workflows {

// Not thread-safe.
class Masker {
 public:
  // Empty values are ignored; each line of a text with several is hidden too.
  void Add(std::string_view secret);

  // "***" in place of each.
  std::string Mask(std::string_view text) const;
  bool Holds(std::string_view text) const { return !Find(text).empty(); }
  // Where a text may be cut without showing a part of a secret: at most `wanted`, and more than `wanted` less the
  // length of the longest.
  size_t SafeCut(std::string_view text, size_t wanted) const;
  size_t longest() const { return longest_; }

 private:
  void AddForm(std::string form);
  // Merged ranges [begin, end).
  std::vector<std::pair<size_t, size_t>> Find(std::string_view text) const;

  std::vector<std::string> forms_;
  size_t longest_ = 0;
};

}  // namespace slipway::workflows
