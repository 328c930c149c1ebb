'use strict';
const points = 120;           // of a chart, one per poll
const poll_ms = 1000;
const find = (id) => document.getElementById(id);
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue('--' + name).trim();

const count = (n) => n >= 1e9 ? (n / 1e9).toFixed(2) + ' G' : n >= 1e6 ? (n / 1e6).toFixed(2) + ' M' :
  n >= 1e4 ? (n / 1e3).toFixed(1) + ' k' : String(Math.round(n * 10) / 10);
const bytes = (n) => n >= 2 ** 30 ? (n / 2 ** 30).toFixed(2) + ' GB' : n >= 2 ** 20 ? (n / 2 ** 20).toFixed(1) + ' MB' :
  n >= 1024 ? (n / 1024).toFixed(1) + ' KB' : n + ' B';
const seconds = (s) => s === 0 ? '–' : s < 1e-3 ? (s * 1e6).toFixed(0) + ' µs' : s < 1 ? (s * 1e3).toFixed(1) + ' ms' :
  s.toFixed(2) + ' s';
const percent = (part, whole) => whole > 0 ? (100 * part / whole).toFixed(part === whole ? 0 : 1) + ' %' : '–';
const span = (s) => s >= 86400 ? Math.floor(s / 86400) + ' d ' + Math.floor(s % 86400 / 3600) + ' h' :
  s >= 3600 ? Math.floor(s / 3600) + ' h ' + Math.floor(s % 3600 / 60) + ' min' :
  s >= 60 ? Math.floor(s / 60) + ' min ' + Math.floor(s % 60) + ' s' : Math.floor(s) + ' s';

const history = { time: [], hits: [], misses: [], bypass: [], mysql: [], resp: [] };
let last = null;

function remember(status) {
  const now = performance.now();
  if (last) {
    const passed = (now - last.now) / 1000;
    const delta = (face, name) => Math.max(0, status.faces[face][name] - last.status.faces[face][name]);
    const sum = (name) => (delta('mysql', name) + delta('resp', name)) / passed;
    const rate = (face) => {
      const all = delta(face, 'hits') + delta(face, 'misses') + delta(face, 'bypass');
      return all > 0 ? delta(face, 'hits') / all : null;
    };
    const values = { time: now, hits: sum('hits'), misses: sum('misses'), bypass: sum('bypass'), mysql: rate('mysql'),
      resp: rate('resp') };
    for (const name in history) {
      history[name].push(values[name]);
      if (history[name].length > points) history[name].shift();
    }
  }
  last = { now, status };
}

function draw(id, lines, top, label) {
  const canvas = find(id);
  const scale = window.devicePixelRatio || 1;
  const width = canvas.clientWidth, height = canvas.clientHeight;
  if (canvas.width !== Math.round(width * scale)) { canvas.width = Math.round(width * scale); canvas.height = Math.round(height * scale); }
  const pen = canvas.getContext('2d');
  pen.setTransform(scale, 0, 0, scale, 0, 0);
  pen.clearRect(0, 0, width, height);
  pen.font = '11px system-ui, sans-serif';
  pen.fillStyle = colour('quiet');
  pen.strokeStyle = colour('line');
  for (const part of [0, 0.5, 1]) {
    const y = Math.round(14 + (height - 20) * (1 - part)) + 0.5;
    pen.beginPath(); pen.moveTo(0, y); pen.lineTo(width, y); pen.stroke();
    if (part > 0) pen.fillText(label(top * part), 2, y - 3);
  }
  for (const [name, paint] of lines) {
    pen.strokeStyle = colour(paint);
    pen.lineWidth = 1.6;
    pen.beginPath();
    let drawing = false;
    history[name].forEach((value, i) => {
      if (value === null) { drawing = false; return; }
      const x = width * (points - history[name].length + i) / (points - 1);
      const y = 14 + (height - 20) * (1 - Math.min(1, value / top));
      if (drawing) pen.lineTo(x, y); else pen.moveTo(x, y);
      drawing = true;
    });
    pen.stroke();
    pen.lineWidth = 1;
  }
}

function legend(id, entries) {
  const box = find(id);
  if (box.childElementCount === entries.length) return;
  box.replaceChildren(...entries.map(([name, paint]) => {
    const item = document.createElement('span'), mark = document.createElement('b');
    mark.style.background = `var(--${paint})`;
    item.append(mark, name);
    return item;
  }));
}

function draw_all() {
  const most = Math.max(1, ...history.hits, ...history.misses, ...history.bypass);
  draw('chart-rate', [['hits', 'hit'], ['misses', 'miss'], ['bypass', 'bypass']], most, count);
  draw('chart-hits', [['mysql', 'hit'], ['resp', 'second']], 1, (v) => Math.round(v * 100) + ' %');
  legend('legend-rate', [['hits', 'hit'], ['misses', 'miss'], ['bypasses', 'bypass']]);
  legend('legend-hits', [['MySQL port', 'hit'], ['lookups', 'second']]);
}

function cells(row, values) {
  while (row.childElementCount < values.length) row.append(document.createElement('td'));
  values.forEach(([text, kind], i) => {
    const cell = row.children[i];
    if (cell.textContent !== text) cell.textContent = text;
    if (cell.className !== kind) cell.className = kind;
  });
}

function rows(body, list) {
  while (body.childElementCount < list.length) body.append(document.createElement('tr'));
  while (body.childElementCount > list.length) body.lastElementChild.remove();
  list.forEach((values, i) => cells(body.children[i], values));
}

// A table of records that sorts by any column; the choice stays while it polls.
class Records {
  constructor(id, show, order) { this.id = id; this.show = show; this.order = order; this.up = false; this.list = []; }
  set(list) {
    this.list = list;
    find(this.id + '-none').hidden = list.length > 0;
    find(this.id).parentElement.hidden = list.length === 0;
    this.render();
  }
  render() {
    if (this.list.length === 0) return;
    const names = Object.keys(this.list[0]);
    const head = find(this.id).tHead;
    if (head.dataset.names !== names.join()) {
      head.dataset.names = names.join();
      const row = document.createElement('tr');
      for (const name of names) {
        const cell = document.createElement('th'), button = document.createElement('button');
        button.type = 'button';
        button.textContent = name.replaceAll('_', ' ');
        button.onclick = () => { this.up = this.order === name && !this.up; this.order = name; this.render(); };
        if (typeof this.list[0][name] === 'number') cell.className = 'n';
        cell.dataset.name = name;
        cell.append(button);
        row.append(cell);
      }
      head.replaceChildren(row);
    }
    for (const cell of head.querySelectorAll('th')) {
      if (cell.dataset.name === this.order) cell.setAttribute('aria-sort', this.up ? 'ascending' : 'descending');
      else cell.removeAttribute('aria-sort');
    }
    const sign = this.up ? 1 : -1;
    const sorted = [...this.list].sort((a, b) => {
      const x = a[this.order], y = b[this.order];
      return sign * (typeof x === 'number' ? x - y : String(x ?? '').localeCompare(String(y ?? '')));
    });
    rows(find(this.id).tBodies[0], sorted.map((record) => names.map((name) => this.show(name, record[name]))));
  }
}

const show = (name, value) => {
  if (typeof value !== 'number') return [String(value ?? ''), name === 'statement' || name === 'query' ? 'text' : ''];
  if (name.endsWith('_ms')) return [value === 0 ? '0' : seconds(value / 1000), 'n'];
  if (name.includes('bytes')) return [bytes(value), 'n'];
  return [count(value), 'n'];
};
const queries = new Records('queries', show, 'hits');
const lookups = new Records('lookups', show, 'hits');

function show_status(status) {
  remember(status);
  find('version').textContent = status.version;
  const mode = find('mode');
  mode.textContent = status.ready ? status.mode : status.mode + ', not ready';
  mode.className = 'pill ' + (!status.ready ? 'bad' : status.mode === 'coherent' ? 'good' : '');
  find('backend').textContent = status.backend;
  const why = [status.ready ? '' : status.ready_why, status.why].filter(Boolean).join(' ');
  find('why').hidden = why === '';
  find('why').textContent = why;
  for (const face of ['mysql', 'resp']) {
    const f = status.faces[face];
    find(face + '-rate').textContent = percent(f.hits, f.hits + f.misses + f.bypass);
    find(face + '-detail').textContent = `${count(f.hits)} hits, ${count(f.misses)} misses` +
      (f.bypass ? `, ${count(f.bypass)} bypassed` : '');
  }
  find('horizon').textContent = status.mode === 'coherent' ? seconds(status.horizon_seconds) : status.mode;
  find('lag').textContent = status.mode === 'off' ? 'no database' :
    `lag ${seconds(status.lag_seconds)}, epoch ${status.epoch}, group ${count(status.applied)}`;
  const m = status.memory, limit = m.max || m.owned + m.filled || 1;
  find('memory').textContent = bytes(m.owned + m.filled);
  find('bar-owned').style.width = 100 * m.owned / limit + '%';
  find('bar-filled').style.width = 100 * m.filled / limit + '%';
  find('memory-detail').textContent = `${count(status.entries.owned)} own keys ${bytes(m.owned)}, ` +
    `${count(status.entries.filled)} filled ${bytes(m.filled)}` + (m.max ? `, of ${bytes(m.max)}` : '');
  find('connections').textContent = count(status.faces.mysql.connections + status.faces.resp.connections);
  find('uptime').textContent = `${status.faces.mysql.connections} MySQL, ${status.faces.resp.connections} RESP; up ${span(status.uptime_seconds)}`;
  const latency = [];
  for (const face of ['mysql', 'resp']) {
    for (const outcome of ['hit', 'miss', 'bypass']) {
      const l = status.faces[face].latency[outcome];
      if (l.count > 0) latency.push([[face, ''], [outcome, ''], [count(l.count), 'n'], [seconds(l.p50), 'n'], [seconds(l.p95), 'n'], [seconds(l.p99), 'n']]);
    }
  }
  rows(find('latency').tBodies[0], latency);
  draw_all();
}

async function get(path) {
  const answer = await fetch(path, { signal: AbortSignal.timeout(4000) });
  if (!answer.ok) throw new Error(path + ': ' + answer.status);
  return answer.json();
}

async function poll() {
  try {
    if (!document.hidden) {
      const [status, query_list, lookup_list] = await Promise.all([get('api/status'), get('api/queries?limit=50'), get('api/lookups')]);
      show_status(status);
      queries.set(query_list);
      lookups.set(lookup_list);
    }
  } catch (error) {
    find('mode').textContent = 'no answer';
    find('mode').className = 'pill bad';
  }
  setTimeout(poll, poll_ms);
}

const saved = localStorage.getItem('theme');
if (saved) document.documentElement.dataset.theme = saved;
find('theme').onclick = () => {
  const root = document.documentElement;
  const dark = root.dataset.theme ? root.dataset.theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
  root.dataset.theme = dark ? 'light' : 'dark';
  localStorage.setItem('theme', root.dataset.theme);
  draw_all();
};
addEventListener('resize', draw_all);
poll();
