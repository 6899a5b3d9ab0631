#include "observe/page.hpp"

namespace kferry::observe {

// Names and reasons come from outside: they reach the page as text nodes only. Colours mean trouble
// or waiting, nothing else, and are never the only sign of it.
const std::string_view k_page_html = R"html(<!DOCTYPE html>
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
.card { background: var(--card); border: 1px solid var(--line); border-radius: 8px;
  padding: 14px 16px; margin-bottom: 12px; }
.tiles { display: grid; grid-template-columns: repeat(4, 1fr); gap: 12px; }
.tile b { display: block; font-size: 26px; font-weight: 600; letter-spacing: -.02em;
  font-variant-numeric: tabular-nums; }
.alarm { border-color: var(--bad); background: var(--bad-paper); }
.alarm p { margin: 0; overflow-wrap: anywhere; }
.flow-head { display: flex; align-items: center; gap: 10px; flex-wrap: wrap; }
.flow-body { display: flex; gap: 24px; margin-top: 8px; align-items: flex-end; }
dl { display: flex; flex-wrap: wrap; gap: 6px 26px; margin: 0; flex: 1; }
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
  border-bottom: 1px solid var(--line); padding: 4px 10px 6px 0; white-space: nowrap; }
td { border-bottom: 1px solid var(--line); padding: 6px 10px 6px 0; vertical-align: top; }
tr:last-child td { border-bottom: 0; }
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
  <noscript><p>This page needs JavaScript; <a href="status">/status</a> has the same as JSON.</p></noscript>
  <div id="silent" class="card alarm" role="alert" hidden></div>
  <div id="reasons" class="card" hidden></div>
  <div class="tiles">
    <div class="card tile"><span class="soft">Lag, records</span><b id="lag">–</b><span id="age" class="soft">&nbsp;</span></div>
    <div class="card tile"><span class="soft">Records per second</span><b id="rate">–</b><span id="total" class="soft">&nbsp;</span></div>
    <div class="card tile"><span class="soft">Throughput</span><b id="bytes">–</b><span id="total-bytes" class="soft">&nbsp;</span></div>
    <div class="card tile"><span class="soft">Time to zero lag</span><b id="eta">–</b><span id="eta-note" class="soft">&nbsp;</span></div>
  </div>
  <div id="flows"></div>
  <section class="card">
    <div class="bar">
      <h2>Partitions</h2>
      <input id="filter" type="search" placeholder="Filter by topic, state or reason" aria-label="Filter partitions" autocomplete="off" spellcheck="false">
      <span id="counted" class="soft right"></span>
    </div>
    <div class="scroll"><table>
      <thead><tr><th>State</th><th>Partition</th><th class="n">Lag</th><th class="n">Behind</th><th class="n">Position</th><th class="n">Committed</th><th class="n">Source end</th><th class="n">Mirrored</th></tr></thead>
      <tbody id="shards"></tbody>
    </table></div>
  </section>
  <footer><a href="metrics">metrics</a> · <a href="status">status</a> · <a href="readyz">readyz</a> · renews itself every 2 s</footer>
</main>
<script>
"use strict";
const PERIOD_MS = 2000, WORST = 200, HISTORY = 150, TREND_S = 16;
const byId = id => document.getElementById(id);
const history = new Map();  // flow name, or "" for all: samples, oldest first
let lastAnswer = null, timer = 0, asked = 0;

function make(tag, cls, text) {
  const node = document.createElement(tag);
  if (cls) node.className = cls;
  if (text !== undefined) node.textContent = text;
  return node;
}
const count = n => n === null || n === undefined ? "–" : Math.round(n).toLocaleString("en-US");
function bytes(n) {
  if (n === null) return "–";
  const units = ["B", "kB", "MB", "GB", "TB", "PB"];
  let i = 0;
  while (n >= 999.5 && i < units.length - 1) { n /= 1000; ++i; }
  return (i === 0 || n >= 100 ? n.toFixed(0) : n.toPrecision(3)) + " " + units[i];
}
function time(s) {
  if (s === null || s === undefined) return "–";
  if (s > 0 && s < 1) return "< 1 s";
  s = Math.round(s);
  if (s < 60) return s + " s";
  if (s < 3600) return Math.floor(s / 60) + " min " + s % 60 + " s";
  if (s < 86400) return Math.floor(s / 3600) + " h " + Math.floor(s % 3600 / 60) + " min";
  return count(Math.floor(s / 86400)) + " d " + Math.floor(s % 86400 / 3600) + " h";
}
const sum = counts => Object.values(counts).reduce((a, b) => a + b, 0);

function remember(name, now, records, bytes, lag) {
  let samples = history.get(name) || [];
  // A clock that goes back is another process: its counters start anew.
  if (samples.length && samples[samples.length - 1].t >= now) samples = [];
  samples.push({t: now, records, bytes, lag});
  if (samples.length > HISTORY) samples.shift();
  history.set(name, samples);
  return samples;
}
function rates(samples) {
  const last = samples[samples.length - 1];
  const since = age => samples.find(s => last.t - s.t <= age) || last;
  const near = since(6), far = since(TREND_S);
  const dt = last.t - near.t, fallen = far.lag - last.lag;
  return {
    records: dt > 0 ? Math.max(0, last.records - near.records) / dt : null,
    bytes: dt > 0 ? Math.max(0, last.bytes - near.bytes) / dt : null,
    known: last.t > far.t && far.lag !== null && last.lag !== null,
    fallen,
    eta: last.lag !== null && far.lag !== null && fallen > 0 ? last.lag * (last.t - far.t) / fallen : null,
  };
}

function sparkline(samples) {
  const NS = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(NS, "svg");
  svg.setAttribute("viewBox", "0 0 220 44");
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("aria-hidden", "true");
  const known = samples.filter(s => s.lag !== null);
  if (known.length < 2) return svg;
  const top = Math.max(1, ...known.map(s => s.lag));
  const from = known[0].t, span = known[known.length - 1].t - from;
  const points = known.map(s =>
    ((s.t - from) / span * 220).toFixed(1) + "," + (42 - s.lag / top * 39).toFixed(1)).join(" ");
  const area = document.createElementNS(NS, "polygon");
  area.setAttribute("class", "area");
  area.setAttribute("points", "0,44 " + points + " 220,44");
  const edge = document.createElementNS(NS, "polyline");
  edge.setAttribute("class", "edge");
  edge.setAttribute("points", points);
  svg.append(area, edge);
  return svg;
}

function drawTiles(status) {
  const known = status.flows.filter(f => f.lag_records !== null);
  const lag = known.length ? known.reduce((a, f) => a + f.lag_records, 0) : null;
  const ages = status.flows.map(f => f.lag_seconds).filter(s => s !== null);
  const records = status.flows.reduce((a, f) => a + f.records_mirrored, 0);
  const size = status.flows.reduce((a, f) => a + f.bytes_mirrored, 0);
  const now = rates(remember("", status.uptime_seconds, records, size, lag));
  byId("lag").textContent = count(lag);
  byId("age").textContent = lag === 0 ? "caught up" : ages.length ? "oldest " + time(Math.max(...ages)) : "\u00a0";
  byId("rate").textContent = count(now.records);
  byId("total").textContent = count(records) + " in all";
  byId("bytes").textContent = now.bytes === null ? "–" : bytes(now.bytes) + "/s";
  byId("total-bytes").textContent = bytes(size) + " in all";
  byId("eta").textContent = lag === 0 ? "0 s" : time(now.eta);
  byId("eta-note").textContent = lag === 0 || !now.known ? "\u00a0"
    : now.fallen > 0 ? "lag is falling" : now.fallen < 0 ? "lag is growing" : "lag is steady";
}

function fact(list, term, value, bad) {
  const box = make("div");
  box.append(make("dt", "", term), make("dd", bad ? "bad" : "", value));
  list.append(box);
}
function errors(list, term, counts) {
  for (const [reason, n] of Object.entries(counts))
    if (n > 0) fact(list, term + ", " + reason, count(n), true);
}
function drawFlow(flow, now) {
  const card = make("section", "card"), head = make("div", "flow-head");
  const pill = flow.ready ? "good" : flow.state === "failed" ? "bad" : "wait";
  head.append(make("h2", "", flow.name),
    make("span", "pill " + pill, flow.ready ? "ready" : flow.state === "running" ? "not ready" : flow.state),
    make("span", "soft", (flow.source_cluster_id || "source") + " → " + (flow.target_cluster_id || "target")),
    make("span", "soft right", "group " + flow.group_id));
  const samples = remember("/" + flow.name, now, flow.records_mirrored, flow.bytes_mirrored, flow.lag_records);
  const speed = rates(samples), body = make("div", "flow-body"), list = make("dl");
  const states = Object.entries(flow.shard_states).filter(e => e[1] > 0).map(e => count(e[1]) + " " + e[0]);
  fact(list, "Lag", count(flow.lag_records));
  fact(list, "Records/s", count(speed.records));
  fact(list, "Mirrored", count(flow.records_mirrored) + " (" + bytes(flow.bytes_mirrored) + ")");
  fact(list, "Partitions", states.join(", ") || "none");
  fact(list, "In flight", bytes(flow.memory_used_bytes));
  fact(list, "Lost", count(flow.records_lost), flow.records_lost > 0);
  fact(list, "Dropped", count(flow.records_dropped), flow.records_dropped > 0);
  fact(list, "Filtered", count(flow.records_filtered));
  fact(list, "Rebalances", count(flow.rebalances));
  if (sum(flow.waiting_topics)) fact(list, "Topics waiting", count(sum(flow.waiting_topics)), true);
  if (flow.timestamps_replaced) fact(list, "Timestamps replaced", count(flow.timestamps_replaced));
  if (flow.producer_recreations) fact(list, "Producers replaced", count(flow.producer_recreations));
  errors(list, "Send errors", flow.send_errors);
  errors(list, "Commit failures", flow.commit_failures);
  const figure = make("figure");
  figure.append(sparkline(samples), make("figcaption", "soft",
    samples.length > 1 ? "lag, last " + time(samples[samples.length - 1].t - samples[0].t) : ""));
  body.append(list, figure);
  card.append(head, body);
  return card;
}

const TROUBLE = {parked: 0, waiting: 1, starting: 2, draining: 3, running: 4};
const LOOK = {parked: "bad", waiting: "wait", starting: "wait", draining: "wait", running: "good"};
function drawShard(shard, flow, several) {
  const row = make("tr"), state = make("td"), name = make("td", "name");
  state.append(make("span", "pill " + (LOOK[shard.state] || ""), shard.state));
  name.append(make("span", "", shard.topic + "-" + shard.partition));
  if (shard.target_topic && shard.target_topic !== shard.topic) name.append(make("span", "soft", " → " + shard.target_topic));
  if (several) name.append(make("span", "soft", "  " + flow));
  if (shard.reason) name.append(make("div", "why", shard.reason));
  const mirrored = make("td", "n", count(shard.records_mirrored));
  if (shard.records_lost) mirrored.append(make("div", "soft", count(shard.records_lost) + " lost"));
  if (shard.records_dropped) mirrored.append(make("div", "soft", count(shard.records_dropped) + " dropped"));
  row.append(state, name, make("td", "n", count(shard.lag_records)),
    make("td", "n", shard.lag_records === 0 ? "–" : time(shard.lag_seconds)),
    make("td", "n", count(shard.position_offset)), make("td", "n", count(shard.committed_offset)),
    make("td", "n", count(shard.source_end_offset)), mirrored);
  return row;
}
function drawShards(status) {
  const rows = status.flows.flatMap(f => f.shards.map(s => ({s, f: f.name})));
  rows.sort((a, b) => TROUBLE[a.s.state] - TROUBLE[b.s.state] || (b.s.lag_records || 0) - (a.s.lag_records || 0) ||
    a.s.topic.localeCompare(b.s.topic) || a.s.partition - b.s.partition);
  const shown = rows.slice(0, WORST), several = status.flows.length > 1;
  const matching = status.flows.reduce((a, f) => a + f.shards_matching, 0);
  const total = status.flows.reduce((a, f) => a + f.shards_total, 0);
  byId("shards").replaceChildren(...shown.map(r => drawShard(r.s, r.f, several)));
  byId("counted").textContent = shown.length < matching
    ? "the worst " + count(shown.length) + " of " + count(matching) + (matching < total ? " that match" : "")
    : matching < total ? count(matching) + " of " + count(total) + " match"
    : total === 0 ? "none assigned" : count(total) + (total === 1 ? " partition" : " partitions");
}

function draw(status) {
  const ready = byId("ready");
  ready.textContent = status.ready ? "ready" : "not ready";
  ready.className = "pill " + (status.ready ? "good" : "wait");
  document.title = status.ready ? "kferry" : "kferry: not ready";
  byId("about").textContent = status.version + " · librdkafka " + status.librdkafka_version + " · up " + time(status.uptime_seconds);
  const reasons = status.not_ready_reasons, told = reasons.slice(0, 5);
  byId("reasons").hidden = reasons.length === 0;
  byId("reasons").replaceChildren(...told.map(r => make("div", "why", r)));
  if (told.length < reasons.length) byId("reasons").append(make("div", "why", "and " + (reasons.length - told.length) + " more; /readyz has them"));
  drawTiles(status);
  byId("flows").replaceChildren(...status.flows.map(f => drawFlow(f, status.uptime_seconds)));
  drawShards(status);
}

async function renew() {
  clearTimeout(timer);
  const mine = ++asked;
  try {
    const filter = encodeURIComponent(byId("filter").value.trim());
    const answer = await fetch("status?worst=" + WORST + "&filter=" + filter, {signal: AbortSignal.timeout(10000)});
    if (!answer.ok) throw new Error("HTTP " + answer.status);
    const status = await answer.json();
    if (mine !== asked) return;  // a newer question is on its way
    lastAnswer = Date.now();
    byId("silent").hidden = true;
    draw(status);
  } catch (error) {
    if (mine !== asked) return;
    const ready = byId("ready"), silent = byId("silent");
    ready.textContent = "no answer";
    ready.className = "pill bad";
    silent.hidden = false;
    silent.replaceChildren(make("p", "", "kferry does not answer. " + (lastAnswer === null ? "" :
      "What is below was true " + time((Date.now() - lastAnswer) / 1000) + " ago.")));
  }
  timer = setTimeout(renew, document.hidden ? 5 * PERIOD_MS : PERIOD_MS);
}
byId("filter").addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(renew, 150); });
document.addEventListener("visibilitychange", () => { if (!document.hidden) renew(); });
renew();
</script>
</body>
</html>
)html";

}  // namespace kferry::observe
