const poll_ms = 1000;
const number = (name, label, show = count) => ({ name, label, kind: 'n', show: (record) => show(record[name]) });
const saved = (ms) => ms === 0 ? '0' : seconds(ms / 1000);

const reads = new Chart('chart-reads', 'legend-reads', [['hits', 'hits', 'hit'], ['misses', 'misses', 'miss'], ['bypass', 'bypassed', 'bypass']],
  { stacked: true, label: count });
const hit_rates = new Chart('chart-rates', 'legend-rates', [['mysql', 'MySQL port', 'hit'], ['resp', 'RESP lookups', 'resp']],
  { top: 1, label: (v) => Math.round(v * 100) + ' %' });

const queries = new Table('queries', 'digest', [
  { name: 'query', label: 'statement', kind: 'text', show: (r) => r.query },
  number('hits', 'hits'), number('misses', 'misses'), number('not_cached', 'not cached'),
  { name: 'reason', label: 'why not', kind: 'why', show: (r) => r.reason.replaceAll('_', ' '), title: (r) => meanings[r.reason] },
  number('invalidations', 'went stale'), number('bytes', 'bytes', bytes), number('saved_ms', 'time saved', saved)],
'hits', (r) => purge('query', r.digest, 'this statement'));
const lookups = new Table('lookups', 'lookup', [
  { name: 'lookup', label: 'lookup', kind: '', show: (r) => r.lookup }, { name: 'key', label: 'key', kind: 'text', show: (r) => r.key + '  as ' + r.as },
  number('hits', 'hits'), number('misses', 'misses'), number('fills', 'fills'), number('negative', 'no row'), number('errors', 'errors'),
  { name: 'last_error', label: 'last error', kind: 'why', show: (r) => r.last_error }, number('saved_ms', 'time saved', saved)],
'hits', (r) => purge('lookup', r.lookup, `lookup '${r.lookup}'`));

let toast_timer;
function toast(text) {
  find('toast').textContent = text;
  find('toast').classList.add('shown');
  clearTimeout(toast_timer);
  toast_timer = setTimeout(() => find('toast').classList.remove('shown'), 4000);
}

const entries = (n) => `${count(n)} ${n === 1 ? 'entry' : 'entries'}`;

async function purge(scope, what, name) {
  if (!confirm(`Drop what was filled for ${name}? It is asked for again on the next read.`)) return;
  try {
    const answer = await fetch('api/purge?' + new URLSearchParams({ scope, what }), { method: 'POST', signal: AbortSignal.timeout(5000) });
    const text = await answer.text();
    toast(answer.ok ? entries(JSON.parse(text).dropped) + ' dropped' : text.trim());
  } catch (error) {
    toast('The server did not answer: ' + error.message);
  }
}

function show_tiles(status) {
  for (const face of ['mysql', 'resp']) {
    const f = status.faces[face], rate = percent(f.hits, f.hits + f.misses + f.bypass);
    figure(face + '-rate', rate === null ? '–' : rate + ' %');
    put(face + '-detail', rate === null ? 'no reads yet' : `${count(f.hits)} hits, ${count(f.misses)} misses` + (f.bypass ? `, ${count(f.bypass)} bypassed` : ''));
  }
  figure('horizon', status.mode === 'coherent' ? seconds(status.horizon_seconds) : '–');
  put('lag', status.mode === 'off' ? 'no database is configured' : status.mode === 'coherent' ?
    `at most this old; lag ${seconds(status.lag_seconds)}, epoch ${status.epoch}` : `mode ${status.mode}: bounded by the TTL`);
  const m = status.memory, all = m.owned + m.filled, limit = m.max || all || 1;
  figure('memory', bytes(all));
  find('bar-filled').style.width = 100 * m.filled / limit + '%';
  find('bar-owned').style.width = 100 * m.owned / limit + '%';
  put('memory-detail', `${count(status.entries.filled)} filled (${bytes(m.filled)}), ${count(status.entries.owned)} of clients (${bytes(m.owned)})` +
    (m.max ? `, limit ${bytes(m.max)}` : ''));
  figure('connections', count(status.faces.mysql.connections + status.faces.resp.connections));
  put('connections-detail', `${count(status.faces.mysql.connections)} MySQL, ${count(status.faces.resp.connections)} RESP`);
}

function show_mode(status) {
  const mode = find('mode');
  put('mode', status.mode === 'off' ? 'no database' : status.ready ? status.mode : status.mode + ', not ready');
  mode.className = 'pill ' + (!status.ready ? 'bad' : status.mode === 'coherent' ? 'good' : status.mode === 'off' ? '' : 'fair');
  put('about', [status.backend && 'in front of ' + status.backend, 'up ' + span(status.uptime_seconds), 'version ' + status.version].filter(Boolean).join(' · '));
  const why = [...new Set([status.ready ? '' : status.ready_why, status.why])].filter(Boolean).join(' ');
  find('why').hidden = why === '';
  put('why', why);
}

// One line per face and outcome on a scale of powers of ten, 10 µs to 10 s.
const at = (s) => 100 * Math.min(1, Math.max(0, (Math.log10(Math.max(s, 1e-9)) + 5) / 6));
function show_latency(recent) {
  const box = find('latency');
  if (!box.firstChild) {
    for (const [face, name] of [['mysql', 'MySQL'], ['resp', 'RESP']]) {
      for (const [outcome, paint] of [['hit', 'hit'], ['miss', 'miss'], ['bypass', 'bypass']]) {
        const range = element('div', { className: 'range' }), median = element('div', { className: 'median' });
        range.style.background = median.style.background = `var(--${paint})`;
        const value = element('div', { className: 'value', id: `latency-${face}-${outcome}` });
        box.append(element('div', { className: 'name' }, name + ' ', element('span', {}, outcome)), element('div', { className: 'track' }, range, median), value);
      }
    }
    box.append(element('div'), element('div', { className: 'scale' }, ...['10 µs', '100 µs', '1 ms', '10 ms', '100 ms', '1 s', '10 s'].map((t, i) => element('span', { className: i % 2 ? 'between' : '' }, t))), element('div'));
  }
  for (const face of ['mysql', 'resp']) {
    for (const outcome of ['hit', 'miss', 'bypass']) {
      const l = recent[face][outcome], value = find(`latency-${face}-${outcome}`), [range, median] = value.previousSibling.children;
      range.hidden = median.hidden = l.count === 0;
      range.style.left = at(l.p50) + '%';
      range.style.width = at(l.p99) - at(l.p50) + '%';
      median.style.left = at(l.p50) + '%';
      const text = l.count === 0 ? 'none' : seconds(l.p50) + ' to ' + seconds(l.p99);
      if (value.dataset.text === text) continue;
      value.dataset.text = text;
      value.replaceChildren(l.count === 0 ? element('span', {}, '–') : element('b', {}, seconds(l.p50)), l.count === 0 ? '' : element('span', {}, ' to ' + seconds(l.p99)));
    }
  }
}

let events_shown = '';
function show_events(list) {
  const key = list.map((e) => e.number + ':' + e.times).join();
  if (key === events_shown) return;
  events_shown = key;
  find('events-none').hidden = list.length > 0;
  find('events').replaceChildren(...list.map((e) => element('li', { className: e.kind },
    element('time', { dateTime: new Date(e.unix_ms).toISOString(), title: new Date(e.unix_ms).toLocaleString() }, clock(e.unix_ms)), element('b', {}, e.kind),
    element('span', {}, e.text + (e.times > 1 ? ` (${e.times} times)` : '')))));
}

function draw_all() {
  const points = rates();
  reads.set(points);
  hit_rates.set(points);
}

let started;
async function poll() {
  try {
    if (!document.hidden) {
      const after = samples.length ? samples[samples.length - 1].number : 0;
      const answer = await fetch('api/live?after=' + after, { signal: AbortSignal.timeout(5000) });
      if (!answer.ok) throw new Error((await answer.text()).trim());
      const live = await answer.json();
      // A server that began anew counts from one again.
      if (started !== undefined && live.status.uptime_seconds < started) samples = [];
      started = live.status.uptime_seconds;
      remember(live.history);
      show_mode(live.status);
      show_tiles(live.status);
      show_latency(live.recent);
      show_events(live.events);
      queries.set(live.queries);
      lookups.set(live.lookups);
      draw_all();
    }
  } catch (error) {
    put('mode', 'no answer');
    find('mode').className = 'pill bad';
  }
  setTimeout(poll, poll_ms);
}

const kept = localStorage.getItem('theme');
if (kept) document.documentElement.dataset.theme = kept;
find('theme').onclick = () => {
  const root = document.documentElement;
  const dark = root.dataset.theme ? root.dataset.theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
  root.dataset.theme = dark ? 'light' : 'dark';
  localStorage.setItem('theme', root.dataset.theme);
  draw_all();
};
for (const button of document.querySelectorAll('[data-span]')) {
  button.onclick = () => {
    shown_s = Number(button.dataset.span);
    for (const other of document.querySelectorAll('[data-span]')) other.setAttribute('aria-pressed', String(other === button));
    draw_all();
  };
}
find('filter').oninput = (event) => { queries.filter = event.target.value; queries.render(); };
find('purge-all').onclick = () => purge('all', '', 'all statements and lookups');
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', draw_all);
addEventListener('resize', draw_all);
poll();
