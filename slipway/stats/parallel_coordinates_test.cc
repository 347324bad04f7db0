#include "slipway/stats/parallel_coordinates.h"

#include <gtest/gtest.h>

#include <cmath>

namespace slipway::stats {
namespace {

size_t CountOf(const std::string& text, const std::string& part) {
  size_t count = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

TEST(ParallelCoordinates, DrawsALineACaseAndAnAxisAQuantity) {
  const std::string svg = ParallelCoordinates({{"depth", {}, false}, {"kind", {"a", "<b>"}, false}, {"f1", {}, false}},
                                              {{"t_0", {1, 0, 0.5}, 0, false}, {"t_1", {3, 1, 0.9}, 1, true}})
                              .text;
  EXPECT_EQ(CountOf(svg, "<path"), 2u);
  EXPECT_EQ(CountOf(svg, "class=axis"), 3u);
  EXPECT_EQ(CountOf(svg, "&lt;b&gt;"), 1u);
  EXPECT_NE(svg.find("M60.0 294.0L190.0 294.0L320.0 294.0"), std::string::npos) << "the least of all at the bottom";
  EXPECT_NE(svg.find("M60.0 34.0L190.0 34.0L320.0 34.0"), std::string::npos) << "the largest at the top";
}

TEST(ParallelCoordinates, LeavesGapsForWhatIsMissingOrNotFinite) {
  const std::string svg = ParallelCoordinates({{"a", {}, true}, {"b", {}, false}, {"c", {}, false}},
                                              {{"t", {1, std::nullopt, 2}, 1, false}, {"u", {100, NAN, 4}, 1, false}})
                              .text;
  EXPECT_NE(svg.find("M60.0 294.0M320.0 294.0"), std::string::npos) << svg;
  EXPECT_EQ(svg.find("nan"), std::string::npos);
}

}  // namespace
}  // namespace slipway::stats
