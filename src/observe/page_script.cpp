#include "observe/page.hpp"

namespace kferry::observe {

// Names and reasons come from outside: they reach the page as text nodes only.
const std::string_view k_page_script = R"js("use strict";
const PERIOD_MS = 2000, PATIENCE_MS = 10000, WORST = 200, HISTORY = 150, TREND_S = 16;
const byId = id => document.getElementById(id);
const history = new Map();  // flow name, or "" for all: samples, oldest first
let lastAnswer = null, timer = 0, asked = 0;

function make(tag, cls, text) {
  const node = document.createElement(tag);
  if (cls) node.className = cls;
  if (text !== undefined) node.textContent = text;
  return node;
}
const known = n => n !== null && n !== undefined;
const count = n => known(n) ? Math.round(n).toLocaleString("en-US") : "–";
function bytes(n) {
  if (n === null) return "–";
  const units = ["B", "kB", "MB", "GB", "TB", "PB"];
  let i = 0;
  while (n >= 999.5 && i < units.length - 1) { n /= 1000; ++i; }
  return (i === 0 || n >= 100 ? n.toFixed(0) : n.toPrecision(3)) + " " + units[i];
}
function time(s) {
  if (!known(s)) return "–";
  if (s > 0 && s < 1) return "< 1 s";
  s = Math.round(s);
  if (s < 60) return s + " s";
  if (s < 3600) return Math.floor(s / 60) + " min " + s % 60 + " s";
  if (s < 86400) return Math.floor(s / 3600) + " h " + Math.floor(s % 3600 / 60) + " min";
  return count(Math.floor(s / 86400)) + " d " + Math.floor(s % 86400 / 3600) + " h";
}
const sum = counts => Object.values(counts).reduce((a, b) => a + b, 0);  // object or array

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
  const trend = last.t > far.t && known(far.lag) && known(last.lag);
  return {
    records: dt > 0 ? Math.max(0, last.records - near.records) / dt : null,
    bytes: dt > 0 ? Math.max(0, last.bytes - near.bytes) / dt : null,
    trend: !trend ? "\u00a0" : fallen > 0 ? "lag is falling" : fallen < 0 ? "lag is growing"
      : "lag is steady",
    eta: trend && fallen > 0 ? last.lag * (last.t - far.t) / fallen : null,
  };
}

function sparkline(samples) {
  const NS = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(NS, "svg");
  svg.setAttribute("viewBox", "0 0 220 44");
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("aria-hidden", "true");
  const top = Math.max(1, ...samples.map(s => s.lag));
  const from = samples[0].t, span = samples[samples.length - 1].t - from;
  const points = samples.map(s =>
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
  const lags = status.flows.map(f => f.lag_records).filter(known);
  const ages = status.flows.map(f => f.lag_seconds).filter(known);
  const lag = lags.length ? sum(lags) : null;
  const records = sum(status.flows.map(f => f.records_mirrored));
  const size = sum(status.flows.map(f => f.bytes_mirrored));
  const now = rates(remember("", status.uptime_seconds, records, size, lag));
  byId("lag").textContent = count(lag);
  byId("age").textContent = lag === 0 ? "caught up"
    : ages.length ? "oldest " + time(Math.max(...ages)) : "\u00a0";
  byId("rate").textContent = count(now.records);
  byId("total").textContent = count(records) + " in all";
  byId("bytes").textContent = now.bytes === null ? "–" : bytes(now.bytes) + "/s";
  byId("total-bytes").textContent = bytes(size) + " in all";
  byId("eta").textContent = lag === 0 ? "0 s" : time(now.eta);
  byId("eta-note").textContent = lag === 0 ? "\u00a0" : now.trend;
}

function fact(list, term, value, bad, wide) {
  const box = make("div", wide ? "wide" : "");
  box.append(make("dt", "", term), make("dd", bad ? "bad" : "", value));
  list.append(box);
}
function errors(list, term, counts) {
  for (const [reason, n] of Object.entries(counts))
    if (n > 0) fact(list, term + ", " + reason, count(n), true, true);
}
function drawFlow(flow, now) {
  const card = make("section", "card"), head = make("div", "flow-head");
  const look = flow.ready ? "good" : flow.state === "failed" ? "bad" : "wait";
  const state = flow.ready ? "ready" : flow.state === "running" ? "not ready" : flow.state;
  const source = flow.source_cluster_id || "source", target = flow.target_cluster_id || "target";
  head.append(make("h2", "", flow.name), make("span", "pill " + look, state),
    make("span", "soft", source + " → " + target),
    make("span", "soft right", "group " + flow.group_id));
  const samples = remember("/" + flow.name, now, flow.records_mirrored, flow.bytes_mirrored,
    flow.lag_records);
  const speed = rates(samples), body = make("div", "flow-body"), list = make("dl");
  const states = Object.entries(flow.shard_states)
    .filter(e => e[1] > 0).map(e => count(e[1]) + " " + e[0]);
  const mirrored = count(flow.records_mirrored) + " (" + bytes(flow.bytes_mirrored) + ")";
  fact(list, "Lag", count(flow.lag_records));
  fact(list, "Records/s", count(speed.records));
  fact(list, "In flight", bytes(flow.memory_used_bytes));
  fact(list, "Mirrored", mirrored, false, true);
  fact(list, "Partitions", states.join(", ") || "none", false, true);
  fact(list, "Lost", count(flow.records_lost), flow.records_lost > 0);
  fact(list, "Dropped", count(flow.records_dropped), flow.records_dropped > 0);
  fact(list, "Filtered", count(flow.records_filtered));
  fact(list, "Rebalances", count(flow.rebalances));
  const waiting = sum(flow.waiting_topics);
  if (waiting) fact(list, "Topics waiting", count(waiting), true);
  for (const topic of flow.waiting)
    fact(list, "Topic " + topic.topic, "waits: " + topic.text, true, true);
  if (flow.timestamps_replaced) fact(list, "Timestamps replaced", count(flow.timestamps_replaced));
  if (flow.producer_recreations)
    fact(list, "Producers replaced", count(flow.producer_recreations));
  errors(list, "Send errors", flow.send_errors);
  errors(list, "Commit failures", flow.commit_failures);
  body.append(list);
  const past = samples.filter(s => known(s.lag));
  if (past.length > 1) {
    const figure = make("figure");
    figure.append(sparkline(past), make("figcaption", "soft",
      "lag over " + time(past[past.length - 1].t - past[0].t)));
    body.append(figure);
  }
  card.append(head, body);
  return card;
}

const TROUBLE = {parked: 0, waiting: 1, starting: 2, draining: 3, running: 4};
const LOOK = {parked: "bad", waiting: "wait", starting: "wait", draining: "wait", running: "calm"};
function drawShard(shard, flow, several) {
  const row = make("tr"), state = make("td"), name = make("td", "name");
  state.append(make("span", "pill " + (LOOK[shard.state] || ""), shard.state));
  name.append(make("span", "", shard.topic + "-" + shard.partition));
  if (shard.target_topic && shard.target_topic !== shard.topic)
    name.append(make("span", "soft", " → " + shard.target_topic));
  if (several) name.append(make("span", "soft", "  " + flow));
  if (shard.reason) name.append(make("div", "why", shard.reason));
  const mirrored = make("td", "n", count(shard.records_mirrored));
  if (shard.records_lost) mirrored.append(make("div", "soft", count(shard.records_lost) + " lost"));
  if (shard.records_dropped)
    mirrored.append(make("div", "soft", count(shard.records_dropped) + " dropped"));
  row.append(state, name, make("td", "n", count(shard.lag_records)),
    make("td", "n", shard.lag_records === 0 ? "–" : time(shard.lag_seconds)),
    make("td", "n", count(shard.position_offset)), make("td", "n", count(shard.committed_offset)),
    make("td", "n", count(shard.source_end_offset)), mirrored);
  return row;
}
function drawShards(status) {
  const rows = status.flows.flatMap(f => f.shards.map(s => ({s, f: f.name})));
  rows.sort((a, b) => TROUBLE[a.s.state] - TROUBLE[b.s.state] ||
    (b.s.lag_records || 0) - (a.s.lag_records || 0) ||
    a.s.topic.localeCompare(b.s.topic) || a.s.partition - b.s.partition);
  const shown = rows.slice(0, WORST), several = status.flows.length > 1;
  const matching = sum(status.flows.map(f => f.shards_matching));
  const total = sum(status.flows.map(f => f.shards_total));
  byId("shards").replaceChildren(...shown.map(r => drawShard(r.s, r.f, several)));
  byId("counted").textContent = shown.length < matching
    ? "the worst " + count(shown.length) + " of " + count(matching) +
      (matching < total ? " that match" : "")
    : matching < total ? count(matching) + " of " + count(total) + " match"
    : total === 0 ? "none assigned"
    : count(total) + (total === 1 ? " partition" : " partitions");
}

function draw(status) {
  const ready = byId("ready");
  ready.textContent = status.ready ? "ready" : "not ready";
  ready.className = "pill " + (status.ready ? "good" : "wait");
  document.title = status.ready ? "kferry" : "kferry: not ready";
  byId("about").textContent = status.version + " · librdkafka " + status.librdkafka_version +
    " · up " + time(status.uptime_seconds);
  const reasons = status.not_ready_reasons, told = reasons.slice(0, 5);
  byId("reasons").hidden = reasons.length === 0;
  byId("told").replaceChildren(...told.map(r => make("li", "", r)));
  const untold = reasons.length - told.length;
  if (untold) byId("told").append(make("li", "soft", "and " + untold + " more, see /readyz"));
  drawTiles(status);
  byId("flows").replaceChildren(...status.flows.map(f => drawFlow(f, status.uptime_seconds)));
  drawShards(status);
}

async function renew() {
  clearTimeout(timer);
  const mine = ++asked;
  try {
    const filter = encodeURIComponent(byId("filter").value.trim());
    const answer = await fetch("status?worst=" + WORST + "&filter=" + filter,
      {signal: AbortSignal.timeout(PATIENCE_MS)});
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
    const age = lastAnswer === null ? ""
      : "What is below was true " + time((Date.now() - lastAnswer) / 1000) + " ago.";
    silent.replaceChildren(make("p", "", "kferry does not answer. " + age));
  }
  timer = setTimeout(renew, document.hidden ? 5 * PERIOD_MS : PERIOD_MS);
}
byId("filter").addEventListener("input", () => {
  clearTimeout(timer);
  timer = setTimeout(renew, 150);
});
document.addEventListener("visibilitychange", () => { if (!document.hidden) renew(); });
byId("filter").value = new URLSearchParams(location.search).get("filter") || "";  // bookmarks
renew();
)js";

}  // namespace kferry::observe
