'use strict';
// Keeps the figures of the page true while it is open, and draws the last minutes. Text comes into the page as text
// alone (textContent). Without this script the page shows the figures of the moment at which it was made.
(() => {
const SHOWN = 300, MEAN = 5, ROWS_MAX = 40, SILENCE_MS = 20000;
const FAMILIES = ['hearth_cpu_seconds_total', 'node_load1', 'node_load5', 'node_load15', 'node_procs_running', 'node_procs_blocked',
  'node_memory_MemTotal_bytes',
  'node_memory_MemAvailable_bytes', 'node_pressure_cpu_waiting_seconds_total', 'node_pressure_io_waiting_seconds_total',
  'node_pressure_memory_waiting_seconds_total', 'node_network_receive_bytes_total', 'node_network_transmit_bytes_total',
  'node_disk_read_bytes_total', 'node_disk_written_bytes_total', 'node_filesystem_avail_bytes',
  'node_filesystem_size_bytes', 'node_boot_time_seconds'];
const NO_HISTORY = /load1?5$|filesystem|boot|procs/;
const NOT_COUNTED = ['guest', 'guest_nice'], IDLE = ['idle', 'iowait'];
const page = document.documentElement;
page.classList.add('live');

// Series: {labels, index, past: [[seconds since 1970, number | null, reason]]}, oldest first.
let families = new Map(), byIndex = new Map(), offset = null, now = 0, recalled = false;
let source = null, watchdog = 0, pause = 1000;

// Units.
const round = (number, digits) => (Math.floor(number * 10 ** digits + 1e-6) / 10 ** digits).toFixed(digits);
const percent = share => round(share * 100, 1) + '\u00a0%';
const load = number => number.toFixed(2);
function bytes(number, unit = 'B') {
  let power = 0;
  while (number >= 1024 && power < 6) { number /= 1024; power += 1; }
  return round(number, power && number < 100 ? 1 : 0) + '\u00a0' + ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'][power] + unit;
}
const rate = number => bytes(number, 'B/s');
function span(seconds) {
  const [d, h, min] = [Math.floor(seconds / 86400), Math.floor(seconds / 3600) % 24, Math.floor(seconds / 60) % 60];
  return d ? d + '\u00a0d ' + h + '\u00a0h' : h ? h + '\u00a0h ' + min + '\u00a0min' : min ? min + '\u00a0min' : Math.floor(seconds) + '\u00a0s';
}
const clock = seconds => new Date(seconds * 1000).toTimeString().slice(0, 8);
const none = reason => 'no data: ' + (reason || 'only one reading').replaceAll('_', ' ');
// A value is [number, reason]: a number, or null and why.
const text = ([number, reason], form) => number === null ? none(reason) : form(number);

// The past.
const series = name => families.get(name) || [];
const newest = one => one && one.past.length ? one.past[one.past.length - 1].slice(1) : [null, 'pending'];
// Where the mean that ends at `at` begins: not across a reset, a missing value or a hole.
function begin(past, at) {
  let from = at;
  while (from > 0 && past[from - 1][1] !== null && past[from - 1][1] <= past[from][1]
    && past[at][0] - past[from - 1][0] < MEAN + 0.5) from -= 1;
  return from;
}
function growth(past, at) {
  if (at < 0) return [null, 'pending'];
  if (past[at][1] === null) return [null, past[at][2]];
  const from = begin(past, at), seconds = past[at][0] - past[from][0];
  return seconds > 0 ? [(past[at][1] - past[from][1]) / seconds, ''] : [null, ''];
}
const latest = one => one ? growth(one.past, one.past.length - 1) : [null, 'pending'];
const rates = one => one.past.map((point, at) => [point[0], growth(one.past, at)[0]]);
const share = points => points.map(([time, value]) => [time, value === null ? null : Math.min(1, value)]);
// The highest of several lines at each moment.
function highest(lines) {
  const top = new Map();
  for (const [time, value] of lines.flat()) {
    const known = top.get(time);
    top.set(time, known === undefined || known === null ? value : value === null ? known : Math.max(known, value));
  }
  return [...top].sort((one, other) => one[0] - other[0]);
}
// Processor time as two counters, idle and all, at the moments that every mode has.
function processors() {
  const modes = series('hearth_cpu_seconds_total').filter(one => !NOT_COUNTED.includes(one.labels.mode));
  if (!modes.length) return null;
  const length = Math.min(...modes.map(one => one.past.length)), all = [], idle = [];
  for (let back = length; back > 0; back -= 1) {
    let sum = 0, rest = 0, reason = '';
    for (const one of modes) {
      const [, value, why] = one.past[one.past.length - back];
      if (value === null) reason = why || 'pending';
      sum += value;
      if (IDLE.includes(one.labels.mode)) rest += value;
    }
    const time = modes[0].past[modes[0].past.length - back][0];
    all.push([time, reason ? null : sum, reason]);
    idle.push([time, reason ? null : rest, reason]);
  }
  return all.map(([time, value, reason], at) => {
    if (value === null) return [time, null, reason];
    const from = begin(all, at), spent = value - all[from][1], rested = idle[at][1] - idle[from][1];
    return spent > 0 ? [time, Math.min(1, Math.max(0, 1 - rested / spent)), ''] : [time, null, ''];
  });
}
function used() {
  const [total] = series('node_memory_MemTotal_bytes'), [available] = series('node_memory_MemAvailable_bytes');
  const all = newest(total)[0];
  return !all || !available ? [] : available.past.map(([time, value]) => [time, value === null ? null : 1 - value / all]);
}

// The page.
const put = (node, words) => { if (node && node.textContent !== words) node.textContent = words; };
const figure = (name, words) => { for (const node of document.querySelectorAll(`[data-figure="${name}"]`)) put(node, words); };
function add(parent, name, words, attributes = {}) {
  const node = parent.namespaceURI.endsWith('svg') || name === 'svg'
    ? document.createElementNS('http://www.w3.org/2000/svg', name) : document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  if (words) node.textContent = words;
  return parent.appendChild(node);
}
// Rows of [name, one, other, share taken]; nodes are made only when the names have changed.
function table(id, rows) {
  const body = document.getElementById(id), names = JSON.stringify(rows.map(row => row[0]));
  if (!rows.length) return;
  if (body.dataset.names !== names) {
    body.dataset.names = names;
    body.replaceChildren();
    for (const [name, , , taken] of rows.slice(0, ROWS_MAX)) {
      const row = add(body, 'tr'), head = add(row, 'th', name, {scope: 'row'});
      if (taken !== undefined) add(head, 'meter', '', {min: 0, max: 1000, low: 850, high: 950, optimum: 0});
      add(row, 'td');
      add(row, 'td');
    }
    if (rows.length > ROWS_MAX) {
      add(add(body, 'tr'), 'td', `and ${rows.length - ROWS_MAX} more, see /metrics`, {class: 'note', colspan: 3});
    }
  }
  rows.slice(0, ROWS_MAX).forEach(([, one, other, taken], at) => {
    const row = body.children[at], meter = row.querySelector('meter');
    put(row.children[1], one);
    put(row.children[2], other);
    if (!meter) return;
    meter.hidden = taken === null;
    meter.value = taken === null ? 0 : Math.floor(taken * 1000);
    meter.setAttribute('aria-label', taken === null ? 'unknown' : percent(taken) + ' taken');
  });
}
// The least round number that holds `value`, beginning with `top`.
function nice(top, value, base) {
  while (top < value) top = next(top, base);
  return top;
}
// The next round number: 1, 2, 5, 10, 20 … and, with prefixes of 1024, … 200, 500, 1024.
function next(top, base) {
  let scale = 1;
  while (base === 1024 && top >= scale * 1024) scale *= 1024;
  const lead = top / scale, ten = 10 ** Math.floor(Math.log10(lead) + 1e-9), first = Math.round(lead / ten);
  const more = first < 2 ? 2 * ten : first < 5 ? 5 * ten : 10 * ten;
  return (base === 1024 && more >= 1000 ? 1024 : more) * scale;
}
// Lines over the last minutes, each broken where there is no value.
function graph(id, lines, form, least, base) {
  const place = document.getElementById('graph-' + id);
  if (!place.firstChild) {
    const above = add(place, 'div');
    add(above, 'span', place.dataset.title);
    add(above, 'span');
    const svg = add(place, 'svg', '', {viewBox: '0 0 300 100', preserveAspectRatio: 'none', role: 'img'});
    for (const line of ['c', 'b', 'a']) add(svg, 'path', '', {class: line});
    const below = add(place, 'div', '', {'aria-hidden': 'true'});
    add(below, 'span', '5 min ago');
    add(below, 'span', 'now');
  }
  const known = lines.flat().filter(([time, value]) => value !== null && time >= now - SHOWN).map(point => point[1]);
  const top = nice(least, known.length ? Math.max(...known) : 0, base);
  const [above, svg] = place.children;
  put(above.lastChild, known.length ? 'top: ' + form(top).replace(/\.0+(?=\D|$)/, '') : 'no data yet');
  ['a', 'b', 'c'].forEach((name, at) => {
    let path = '', before = -1;
    for (const [time, value] of lines[at] || []) {
      if (time < now - SHOWN) continue;
      if (value !== null) {
        const joined = time - before <= MEAN + 1.5;
        path += (joined ? 'L' : 'M') + (300 - (now - time)).toFixed(1) + ' ' + (98.5 - value / top * 97).toFixed(1);
      }
      before = value === null ? -1 : time;
    }
    svg.querySelector('.' + name).setAttribute('d', path);
  });
  const said = known.length ? `from ${form(Math.min(...known))} to ${form(Math.max(...known))}` : 'no data yet';
  svg.setAttribute('aria-label', `${place.dataset.title}, last 5 minutes: ${said}`);
}
function paired(one, other) {
  const key = item => JSON.stringify(item.labels), others = new Map(series(other).map(item => [key(item), item]));
  return series(one).map(item => [item, others.get(key(item))]);
}
function show() {
  const [boot] = series('node_boot_time_seconds');
  if (boot) figure('uptime', text(newest(boot), seconds => span(now - seconds)));
  const busy = processors();
  if (busy) figure('busy', text(busy.length ? busy[busy.length - 1].slice(1) : [null, 'pending'], percent));
  graph('cpu', [busy || []], percent, 1, 10);
  const [total] = series('node_memory_MemTotal_bytes'), [available] = series('node_memory_MemAvailable_bytes');
  if (total && available) {
    const all = newest(total), rest = newest(available), taken = rest[0] === null ? rest : [all[0] - rest[0], ''];
    figure('memory', text(all, bytes));
    figure('available', text(rest, bytes));
    figure('used', text(all[0] === null ? all : taken, bytes));
    figure('used-share', text(all[0] === null ? all : taken, number => percent(number / all[0])));
  }
  graph('mem', [used()], percent, 1, 10);
  for (const [name, form] of [['load1', load], ['load5', load], ['load15', load], ['procs_running', String], ['procs_blocked', String]]) {
    const [one] = series('node_' + name);
    if (one) figure(name.replace('procs_', ''), text(newest(one), form));
  }
  graph('load', series('node_load1').slice(0, 1).map(one => one.past), load, 1, 10);
  const waits = ['cpu', 'io', 'memory'].map(kind => series(`node_pressure_${kind}_waiting_seconds_total`)[0]);
  ['cpu', 'io', 'memory'].forEach((kind, at) => {
    if (waits[at]) figure(kind + '-pressure', text(latest(waits[at]), value => percent(Math.min(1, value))));
  });
  graph('psi', waits.map(one => one ? share(rates(one)) : []), percent, 0.1, 10);
  const flows = (id, place, one, other) => {
    const pairs = paired(one, other);
    table(id, pairs.map(([a, b]) => [a.labels.device, text(latest(a), rate), text(latest(b), rate)]));
    const drawn = pairs.filter(([a]) => a.labels.device !== 'lo');
    graph(place, [0, 1].map(side => highest(drawn.map(pair => pair[side] ? rates(pair[side]) : []))), rate, 1024, 1024);
  };
  flows('interfaces', 'net', 'node_network_receive_bytes_total', 'node_network_transmit_bytes_total');
  flows('disks', 'disk', 'node_disk_read_bytes_total', 'node_disk_written_bytes_total');
  table('rooms', paired('node_filesystem_avail_bytes', 'node_filesystem_size_bytes').map(([free, size]) => {
    const rest = newest(free), all = newest(size), known = rest[0] !== null && all[0] > 0;
    return [free.labels.mountpoint, text(rest, bytes), text(all, bytes), known ? 1 - rest[0] / all[0] : null];
  }));
}

// The server.
function meaning(schema) {
  const before = families;
  families = new Map();
  byIndex = new Map();
  for (const family of schema.families.filter(family => FAMILIES.includes(family.name))) {
    const known = new Map((before.get(family.name) || []).map(one => [JSON.stringify(one.labels), one.past]));
    families.set(family.name, family.series.map(({index, labels}) => {
      const one = {index, labels, now: [null, 'pending'], past: known.get(JSON.stringify(labels)) || []};
      byIndex.set(index, one);
      return one;
    }));
  }
}
function moment(event) {
  // Times are the machine's steady clock, moved to wall time once, so that a clock that is set bends no graph.
  offset ??= event.realtime_seconds - event.monotonic_seconds;
  now = event.monotonic_seconds + offset;
  for (const [index, number, reason] of event.values) {
    const one = byIndex.get(index);
    if (one) one.now = [number, reason];
  }
  for (const one of byIndex.values()) {
    one.past.push([now, ...one.now]);
    while (one.past[0][0] < now - SHOWN - MEAN - 1) one.past.shift();
  }
  said('Live, values from', false);
  // Until the past is there, most figures would say less than those that the page came with.
  if (recalled) show();
}
function said(words, lost) {
  page.classList.toggle('lost', lost);
  put(document.getElementById('said'), words);
  if (now) put(document.getElementById('at'), clock(now));
}
// Puts the server's past in front of what has been seen since.
async function recall(name) {
  try {
    const ask = `/v1/history?step=2&series=${name}`, signal = AbortSignal.timeout(SILENCE_MS);
    let answer = await fetch(`${ask}&seconds=${SHOWN + MEAN}`, {signal});
    // The owner may have configured a shorter history.
    if (answer.status === 400) answer = await fetch(ask, {signal});
    if (!answer.ok) return;
    const found = new Map((await answer.json()).series.map(one => [JSON.stringify(one.labels), one.values]));
    for (const one of series(name)) {
      const older = found.get(JSON.stringify(one.labels)) || [], first = one.past.length ? one.past[0][0] : Infinity;
      one.past = older.filter(([time]) => time < first - 0.5).concat(one.past);
    }
  } catch (error) {
    console.warn(`the past of ${name} is not to be had`, error);
  }
}
function connect() {
  source = new EventSource('/v1/stream?hz=1');
  let fresh = true;
  const listen = (name, act) => source.addEventListener(name, event => {
    awake();
    pause = 1000;
    act(JSON.parse(event.data));
  });
  listen('schema', meaning);
  listen('full', event => {
    // After an interruption the server knows better what happened meanwhile.
    if (!fresh) return moment(event);
    fresh = recalled = false;
    for (const one of byIndex.values()) one.past = [];
    moment(event);
    const kept = FAMILIES.filter(name => families.has(name) && !NO_HISTORY.test(name));
    Promise.all(kept.map(recall)).then(() => { recalled = true; show(); });
  });
  listen('delta', moment);
  source.onerror = () => again('Connection lost, trying again. Values are from');
  awake();
}
function again(words) {
  source.close();
  clearTimeout(watchdog);
  said(words, true);
  setTimeout(connect, pause);
  pause = Math.min(pause * 2, 15000);
}
function awake() {
  clearTimeout(watchdog);
  watchdog = setTimeout(() => again('Nothing new is coming, trying again. Values are from'), SILENCE_MS);
}
document.addEventListener('DOMContentLoaded', connect);
})();
