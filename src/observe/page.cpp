#include "observe/page.hpp"

namespace kferry::observe {

namespace {

// Colours mean trouble or waiting, nothing else, and are never the only sign of it.
constexpr std::string_view k_begin = R"html(<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>kferry</title>
<link rel="icon" href="data:,">
<style>
:root {
  --paper: #f6f7f8; --card: #ffffff; --ink: #1b2126; --soft: #5d6a75; --line: #e1e5e8;
  --good: #22754a; --good-paper: #e4f3ea; --wait: #8a5a00; --wait-paper: #fbf0d9;
  --bad: #b3261e; --bad-paper: #fbe7e5; --accent: #2f6690; --accent-paper: #2f669022;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14181c; --card: #1c2227; --ink: #e6eaed; --soft: #97a4af; --line: #2d353c;
    --good: #6fcf97; --good-paper: #1d3829; --wait: #e5b567; --wait-paper: #3a2f17;
    --bad: #f28b82; --bad-paper: #43211f; --accent: #7fb3d8; --accent-paper: #7fb3d822;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink);
  font: 14px/1.45 system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif; }
main { max-width: 1180px; margin: 0 auto; padding: 20px 24px 40px; }
header { display: flex; align-items: center; gap: 12px; margin-bottom: 16px; }
h1 { font-size: 20px; margin: 0; letter-spacing: -.01em; }
h2 { font-size: 15px; margin: 0; overflow-wrap: anywhere; }
.soft { color: var(--soft); }
.right { margin-left: auto; text-align: right; }
.pill { display: inline-block; padding: 1px 9px; border-radius: 999px; font-size: 12px;
  font-weight: 600; white-space: nowrap; color: var(--soft); background: var(--line); }
.pill.good { color: var(--good); background: var(--good-paper); }
.pill.wait { color: var(--wait); background: var(--wait-paper); }
.pill.bad { color: var(--bad); background: var(--bad-paper); }
.pill.calm { color: var(--good); background: none; padding-left: 0; font-weight: 400; }
.pill.calm::before { content: ""; display: inline-block; width: 7px; height: 7px;
  margin: 0 6px 1px 1px; border-radius: 50%; background: var(--good); }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 8px;
  padding: 14px 16px; margin-bottom: 12px; }
.tiles { display: grid; grid-template-columns: repeat(4, 1fr); gap: 12px; margin-bottom: 12px; }
.tiles .card { margin-bottom: 0; }
.tile b { display: block; font-size: 26px; font-weight: 600; letter-spacing: -.02em;
  font-variant-numeric: tabular-nums; }
.alarm { border-color: var(--bad); background: var(--bad-paper); }
.alarm p { margin: 0; overflow-wrap: anywhere; }
.reasons { border-left: 4px solid var(--wait); }
.reasons ul { margin: 4px 0 0; padding-left: 18px; }
.reasons li { overflow-wrap: anywhere; }
.flow-head { display: flex; align-items: center; gap: 10px; flex-wrap: wrap; }
.flow-body { display: flex; gap: 24px; margin-top: 8px; align-items: flex-end; }
dl { display: grid; grid-template-columns: repeat(auto-fill, minmax(104px, 1fr)); gap: 8px 20px;
  margin: 0; flex: 1; }
dl .wide { grid-column: span 2; }
.flow-head .right { white-space: nowrap; }
dt { color: var(--soft); font-size: 12px; }
dd { margin: 0; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
dl .bad { color: var(--bad); font-weight: 600; }
figure { margin: 0; text-align: right; font-size: 12px; }
svg { display: block; width: 220px; height: 44px; }
svg .area { fill: var(--accent-paper); }
svg .edge { fill: none; stroke: var(--accent); stroke-width: 1.5; }
.bar { display: flex; align-items: center; gap: 12px; margin-bottom: 10px; flex-wrap: wrap; }
input { font: inherit; color: inherit; background: var(--paper); border: 1px solid var(--line);
  border-radius: 6px; padding: 5px 10px; width: 280px; max-width: 100%; }
input:focus-visible { outline: 2px solid var(--accent); outline-offset: 1px; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
th { text-align: left; font-size: 12px; font-weight: 600; color: var(--soft);
  border-bottom: 1px solid var(--line); padding: 4px 18px 6px 0; white-space: nowrap; }
td { border-bottom: 1px solid var(--line); padding: 6px 18px 6px 0; vertical-align: top; }
tr:last-child td { border-bottom: 0; }
th:last-child, td:last-child { padding-right: 0; }
th.n, td.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
td.name { overflow-wrap: anywhere; min-width: 160px; }
td .soft { font-size: 12px; }
.why { color: var(--soft); overflow-wrap: anywhere; }
footer { color: var(--soft); font-size: 12px; }
a { color: var(--accent); }
@media (max-width: 760px) {
  main { padding: 14px; }
  .tiles { grid-template-columns: repeat(2, 1fr); }
  .flow-body { display: block; }
  figure { display: none; }
}
</style>
</head>
<body>
<main>
  <header>
    <h1>kferry</h1>
    <span id="ready" class="pill" role="status">…</span>
    <span id="about" class="soft right"></span>
  </header>
  <noscript>
    <p>This page needs JavaScript; <a href="status">/status</a> has the same as JSON.</p>
  </noscript>
  <div id="silent" class="card alarm" role="alert" hidden></div>
  <section id="reasons" class="card reasons" hidden>
    <h2>Not ready</h2>
    <ul id="told"></ul>
  </section>
  <div class="tiles">
    <div class="card tile">
      <span class="soft">Lag, records</span>
      <b id="lag">–</b>
      <span id="age" class="soft">&nbsp;</span>
    </div>
    <div class="card tile">
      <span class="soft">Records per second</span>
      <b id="rate">–</b>
      <span id="total" class="soft">&nbsp;</span>
    </div>
    <div class="card tile">
      <span class="soft">Throughput</span>
      <b id="bytes">–</b>
      <span id="total-bytes" class="soft">&nbsp;</span>
    </div>
    <div class="card tile">
      <span class="soft">Time to zero lag</span>
      <b id="eta">–</b>
      <span id="eta-note" class="soft">&nbsp;</span>
    </div>
  </div>
  <div id="flows"></div>
  <section class="card">
    <div class="bar">
      <h2>Partitions</h2>
      <input id="filter" type="search" placeholder="Filter by topic, state or reason"
        aria-label="Filter partitions" autocomplete="off" spellcheck="false">
      <span id="counted" class="soft right"></span>
    </div>
    <div class="scroll"><table>
      <thead><tr>
        <th>State</th><th>Partition</th><th class="n">Lag</th><th class="n">Behind</th>
        <th class="n">Position</th><th class="n">Committed</th><th class="n">Source end</th>
        <th class="n">Mirrored</th>
      </tr></thead>
      <tbody id="shards"></tbody>
    </table></div>
  </section>
  <footer>
    <a href="metrics">metrics</a> · <a href="status">status</a> · <a href="readyz">readyz</a>
    · renews itself every 2 s
  </footer>
</main>
<script>
)html";

constexpr std::string_view k_end = R"html(</script>
</body>
</html>
)html";

}  // namespace

std::string page_html() {
  std::string html(k_begin);
  html += k_page_script;
  html += k_end;
  return html;
}

}  // namespace kferry::observe
