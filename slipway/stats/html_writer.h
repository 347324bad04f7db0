// HTML pages that stand alone: no script, style or image from elsewhere, so they open from a mail or a file share.
// Text is escaped on the way in; what was made by this header is not escaped twice.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace slipway::stats {

enum class Tone { kNeutral, kGood, kWarning, kBad };

// A piece of a page.
struct Html {
  std::string text;
};

Html Text(std::string_view text);
Html Monospace(std::string_view text);
Html Badge(Tone tone, std::string_view text);  // a small coloured label
Html JoinHtml(std::span<const Html> parts, std::string_view separator);
// At most `characters` code points of a text, the cut marked.
std::string Shortened(std::string_view text, size_t characters);
std::string FormatCount(size_t count);  // "24,000"
// A text in a table: short ones stay on one line, long ones get room, very long ones are cut.
Html CellText(std::string_view text);
// A text in a table that is read to its end: it gets room and is not cut.
Html WholeText(std::string_view text);
// A name on one line; a long one is shortened and shown whole when pointed at. "" as `anchor`: no link.
Html Name(std::string_view name, std::string_view anchor = {});
// The headers and rows of a plain table, e.g. inside a section.
struct TableColumn {
  std::string title;
  bool is_number = false;  // right-aligned, sorted as numbers
};
struct TableCell {
  Html html;
  std::string sort_key;  // "" = the text as shown
};
// `id` "" gives a plain table; else it is sorted by clicks on headers, searched, and stacked on a narrow screen.
Html HtmlTable(std::string_view id, const std::vector<TableColumn>& columns,
               const std::vector<std::vector<TableCell>>& rows);

// A figure with what it counts.
struct Counter {
  std::string value;
  std::string label;
  Tone tone = Tone::kNeutral;
};

// Collects a page from top to bottom. Not thread-safe.
class HtmlPage {
 public:
  HtmlPage(std::string_view title, std::string_view subtitle);

  // Headings get anchors, named after `anchor` when it is not "".
  void Heading(std::string_view text, std::string_view anchor = {});
  void Paragraph(const Html& text);
  // A softer line; keeps the text's own line breaks.
  void Note(std::string_view text);
  // The title of the table or chart below it.
  void Caption(std::string_view text);
  void Banner(Tone tone, std::string_view text);
  void Counters(const std::vector<Counter>& counters);
  void Add(const Html& html);
  // A section that opens by a click on its summary.
  void BeginDetails(const Html& summary, std::string_view anchor, bool open);
  void EndDetails();
  // The whole document.
  std::string Finish() &&;

 private:
  std::string title_;
  std::string body_;
};

}  // namespace slipway::stats
