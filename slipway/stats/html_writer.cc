#include "slipway/stats/html_writer.h"

#include <fmt/format.h>

#include "slipway/base/text.h"

namespace slipway::stats {
namespace {

// One accent and four tones; everything else is a shade of the background, so dark mode is a change of six variables.
constexpr std::string_view kStyle = R"css(
:root{--page:#f6f7f9;--card:#fff;--line:#e3e6eb;--ink:#1c2430;--soft:#5d6878;--ref:#8593a8;--cur:#2f6fed;
--good:#12805c;--good-soft:#e2f4ec;--warning:#9a6200;--warning-soft:#fdf1d8;--bad:#c0342b;--bad-soft:#fde7e5;
--neutral:#4a5566;--neutral-soft:#eceff3}
@media(prefers-color-scheme:dark){:root{--page:#12161c;--card:#1a2029;--line:#2c3542;--ink:#e6eaf0;--soft:#98a4b5;
--ref:#77859b;--cur:#6c9bff;--good:#57d3a4;--good-soft:#15362b;--warning:#f0bb57;--warning-soft:#3a2d12;
--bad:#ff8d84;--bad-soft:#43201e;--neutral:#b3bdcb;--neutral-soft:#28303b}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
main{max-width:1120px;margin:0 auto;padding:32px 20px 64px}
h1{font-size:26px;line-height:1.2;margin:0 0 4px;letter-spacing:-.01em}
h2{font-size:18px;margin:36px 0 12px}
p{margin:0 0 12px;max-width:80ch}
h3{font-size:14px;margin:18px 0 8px}
.note{color:var(--soft);white-space:pre-line;overflow-wrap:anywhere}
.subtitle{color:var(--soft);margin-bottom:24px}
.banner{border-radius:10px;padding:14px 18px;margin:0 0 16px;font-weight:600}
.good{color:var(--good);background:var(--good-soft)}.warning{color:var(--warning);background:var(--warning-soft)}
.bad{color:var(--bad);background:var(--bad-soft)}.neutral{color:var(--neutral);background:var(--neutral-soft)}
.counters{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:12px;margin:0 0 8px}
.counter{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:14px 18px}
.counter b{display:block;font-size:26px;line-height:1.2;font-variant-numeric:tabular-nums}
.counter span{color:var(--soft);font-size:13px}
.counter.good,.counter.bad,.counter.warning{background:var(--card)}
.counter.good b{color:var(--good)}.counter.bad b{color:var(--bad)}.counter.warning b{color:var(--warning)}
.counter.neutral b{color:var(--ink)}
.badge{display:inline-block;border-radius:999px;padding:1px 10px;font-size:12.5px;font-weight:600;white-space:nowrap}
.tablebox{background:var(--card);border:1px solid var(--line);border-radius:10px;overflow:auto;margin:0 0 16px}
.tablebox input{width:calc(100% - 24px);margin:12px;padding:7px 12px;border:1px solid var(--line);border-radius:8px;
background:var(--page);color:var(--ink);font:inherit}
table{border-collapse:collapse;width:100%;font-size:14px}
th,td{padding:8px 14px;text-align:left;border-top:1px solid var(--line);vertical-align:middle}
tr:first-child th{border-top:0}
th{color:var(--soft);font-weight:600;font-size:12.5px;white-space:nowrap}
th[data-sort]{cursor:pointer}th[data-sort]:hover{color:var(--ink)}
th[aria-sort=ascending]::after{content:" \2191"}th[aria-sort=descending]::after{content:" \2193"}
td{overflow-wrap:break-word;min-width:9ch}td svg{max-width:none}
td.number,th.number{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap;min-width:0}
.name,.cell{white-space:nowrap}
.cell.long{display:block;white-space:normal;min-width:28ch}
details{background:var(--card);border:1px solid var(--line);border-radius:10px;margin:0 0 12px;padding:0 18px}
summary{cursor:pointer;padding:12px 0;font-weight:600;list-style-position:outside}
details[open] summary{border-bottom:1px solid var(--line);margin-bottom:14px}
details .tablebox{border-radius:8px}
code{font:13px ui-monospace,SFMono-Regular,Menlo,monospace;background:var(--neutral-soft);border-radius:4px;padding:1px 5px}
a{color:var(--cur)}
svg{display:block;max-width:100%;height:auto}
svg text{fill:var(--soft);font:11px system-ui,sans-serif}
svg .ref{fill:var(--ref)}svg .cur{fill:var(--cur)}svg .axis{stroke:var(--line)}svg .ink{fill:var(--ink)}
footer{color:var(--soft);font-size:13px;margin-top:40px}
@media(max-width:640px){main{padding:20px 12px 48px}.figure{overflow-x:auto}.figure svg{max-width:none}details{padding:0 12px 0 22px}
 h1,h2,summary .name{white-space:normal;overflow-wrap:anywhere}th,td{padding:6px 8px}
 [data-live] .name,[data-live] .cell{white-space:normal;overflow-wrap:anywhere;min-width:0}
 [data-live] thead{display:none}[data-live] table,[data-live] tbody{display:block}
 [data-live] tr{display:grid;grid-template-columns:repeat(3,1fr);gap:8px 12px;padding:12px 14px;border-top:1px solid var(--line)}
 [data-live] tr[hidden],[data-live] td:empty{display:none}
 [data-live] td{border:0;padding:0;min-width:0}[data-live] td.number{text-align:left}
 [data-live] td::before{content:attr(data-label);display:block;color:var(--soft);font-size:12px}
 [data-live] td:has(.name),[data-live] td:has(.long){grid-column:1/-1}
 [data-live] td:has(.name){order:-1;font-weight:600}[data-live] td:has(.name)::before{display:none}
 [data-live] td svg{max-width:100%}}
@media print{body{background:#fff}.tablebox input{display:none}details{break-inside:avoid}}
)css";

// Sorting, searching, and opening what a link leads to; without script the tables simply stand still.
constexpr std::string_view kScript = R"js(
const reveal=()=>{const t=location.hash&&document.getElementById(decodeURIComponent(location.hash.slice(1)));
 if(t&&t.tagName==='DETAILS'){t.open=true;t.scrollIntoView()}};
addEventListener('hashchange',reveal);reveal();
for(const box of document.querySelectorAll('.tablebox[data-live]')){
 const body=box.querySelector('tbody'),search=box.querySelector('input');
 if(search)search.addEventListener('input',()=>{const w=search.value.toLowerCase();
  for(const r of body.rows)r.hidden=!r.textContent.toLowerCase().includes(w)});
 for(const h of box.querySelectorAll('th[data-sort]'))h.addEventListener('click',()=>{
  const i=h.cellIndex,up=h.getAttribute('aria-sort')!=='ascending',number=h.dataset.sort==='number';
  for(const o of box.querySelectorAll('th'))o.removeAttribute('aria-sort');
  h.setAttribute('aria-sort',up?'ascending':'descending');
  const key=r=>{const c=r.cells[i],k=c.dataset.key??c.textContent;return number?(k===''||isNaN(k)?-Infinity:+k):k};
  [...body.rows].sort((a,b)=>{const x=key(a),y=key(b);
   return (number?x-y:x.localeCompare(y))*(up?1:-1)}).forEach(r=>body.append(r))})}
)js";

constexpr size_t kSearchPays = 8;

std::string_view ToneName(Tone tone) {
  switch (tone) {
    case Tone::kNeutral:
      return "neutral";
    case Tone::kGood:
      return "good";
    case Tone::kWarning:
      return "warning";
    case Tone::kBad:
      return "bad";
  }
  return "neutral";
}

std::string_view NumberClass(const TableColumn& column) {
  return column.is_number ? " class=number" : "";
}

}  // namespace

Html Text(std::string_view text) {
  return {HtmlEscape(text)};
}

Html Monospace(std::string_view text) {
  return {fmt::format("<code>{}</code>", HtmlEscape(text))};
}

Html Badge(Tone tone, std::string_view text) {
  return {fmt::format("<span class=\"badge {}\">{}</span>", ToneName(tone), HtmlEscape(text))};
}

std::string Shortened(std::string_view text, size_t characters) {
  size_t seen = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool starts_character = (static_cast<unsigned char>(text[i]) & 0xC0) != 0x80;
    if (starts_character && ++seen > characters) return std::string(text.substr(0, i)) + "…";
  }
  return std::string(text);
}

std::string FormatCount(size_t count) {
  std::string digits = fmt::format("{}", count);
  for (size_t at = digits.size(); at > 3;) digits.insert(at -= 3, ",");
  return digits;
}

Html CellText(std::string_view text) {
  constexpr size_t kOneLine = 28, kCharacters = 90;
  const std::string_view size = Shortened(text, kOneLine) == text ? "" : " long";
  return {fmt::format("<span class=\"cell{}\">{}</span>", size, HtmlEscape(Shortened(text, kCharacters)))};
}

Html WholeText(std::string_view text) {
  return {fmt::format("<span class=\"cell long\">{}</span>", HtmlEscape(text))};
}

Html Name(std::string_view name, std::string_view anchor) {
  constexpr size_t kCharacters = 32;
  const std::string shown = Shortened(name, kCharacters);
  const std::string title = shown == name ? "" : fmt::format(" title=\"{}\"", HtmlEscape(name));
  if (anchor.empty()) return {fmt::format("<span class=name{}>{}</span>", title, HtmlEscape(shown))};
  return {fmt::format("<a class=name href=\"#{}\"{}>{}</a>", HtmlEscape(anchor), title, HtmlEscape(shown))};
}

Html JoinHtml(std::span<const Html> parts, std::string_view separator) {
  Html all;
  for (const Html& part : parts) {
    if (!all.text.empty()) all.text += HtmlEscape(separator);
    all.text += part.text;
  }
  return all;
}

Html HtmlTable(std::string_view id, const std::vector<TableColumn>& columns,
               const std::vector<std::vector<TableCell>>& rows) {
  const bool is_live = !id.empty();
  std::string out = is_live ? fmt::format("<div class=tablebox id=\"{}\" data-live>", HtmlEscape(id))
                            : std::string("<div class=tablebox>");
  if (is_live && rows.size() >= kSearchPays)
    out += "<input type=search placeholder=\"Search\" aria-label=\"Search this table\">";
  out += "<table><thead><tr>";
  for (const TableColumn& column : columns) {
    const std::string sort = is_live ? fmt::format(" data-sort={}", column.is_number ? "number" : "text") : "";
    out += fmt::format("<th{}{} scope=col>{}</th>", NumberClass(column), sort, HtmlEscape(column.title));
  }
  out += "</tr></thead><tbody>\n";
  for (const auto& row : rows) {
    out += "<tr>";
    for (size_t i = 0; i < row.size(); ++i) {
      const std::string key =
          row[i].sort_key.empty() ? "" : fmt::format(" data-key=\"{}\"", HtmlEscape(row[i].sort_key));
      // What stands over a column, where a narrow screen shows each row as a block of its own.
      const std::string label = is_live ? fmt::format(" data-label=\"{}\"", HtmlEscape(columns[i].title)) : "";
      out += fmt::format("<td{}{}{}>{}</td>", NumberClass(columns[i]), label, key, row[i].html.text);
    }
    out += "</tr>\n";
  }
  return {out + "</tbody></table></div>\n"};
}

HtmlPage::HtmlPage(std::string_view title, std::string_view subtitle) : title_(HtmlEscape(title)) {
  body_ = fmt::format("<h1>{}</h1>\n<p class=subtitle>{}</p>\n", title_, HtmlEscape(subtitle));
}

void HtmlPage::Heading(std::string_view text, std::string_view anchor) {
  const std::string id = anchor.empty() ? "" : fmt::format(" id=\"{}\"", HtmlEscape(anchor));
  body_ += fmt::format("<h2{}>{}</h2>\n", id, HtmlEscape(text));
}

void HtmlPage::Paragraph(const Html& text) {
  body_ += fmt::format("<p>{}</p>\n", text.text);
}

void HtmlPage::Note(std::string_view text) {
  body_ += fmt::format("<p class=note>{}</p>\n", HtmlEscape(text));
}

void HtmlPage::Caption(std::string_view text) {
  body_ += fmt::format("<h3>{}</h3>\n", HtmlEscape(text));
}

void HtmlPage::Banner(Tone tone, std::string_view text) {
  body_ += fmt::format("<div class=\"banner {}\" role=status>{}</div>\n", ToneName(tone), HtmlEscape(text));
}

void HtmlPage::Counters(const std::vector<Counter>& counters) {
  body_ += "<div class=counters>";
  for (const Counter& counter : counters)
    body_ += fmt::format("<div class=\"counter {}\"><b>{}</b><span>{}</span></div>", ToneName(counter.tone),
                         HtmlEscape(counter.value), HtmlEscape(counter.label));
  body_ += "</div>\n";
}

void HtmlPage::Add(const Html& html) {
  // A figure of its own keeps its size where the page is narrow, and is scrolled.
  const bool is_figure = html.text.starts_with("<svg");
  body_ += is_figure ? fmt::format("<div class=figure>{}</div>\n", html.text) : html.text;
}

void HtmlPage::BeginDetails(const Html& summary, std::string_view anchor, bool open) {
  body_ += fmt::format("<details id=\"{}\"{}><summary>{}</summary>\n", HtmlEscape(anchor), open ? " open" : "",
                       summary.text);
}

void HtmlPage::EndDetails() {
  body_ += "</details>\n";
}

std::string HtmlPage::Finish() && {
  return fmt::format(
      "<!doctype html>\n<html lang=en><head><meta charset=utf-8>\n"
      "<meta name=viewport "
      "content=\"width=device-width,initial-scale=1\">\n<title>{}</title>\n<style>{}</style></head>\n"
      "<body><main>\n{}<footer>Written by Slipway.</footer>\n</main><script>{}</script></body></html>\n",
      title_, kStyle, body_, kScript);
}

}  // namespace slipway::stats
