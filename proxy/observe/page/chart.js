// Samples as the server keeps them: one a second, counts since its start.
const fields = ['number', 'ms', 'mysql_hits', 'mysql_misses', 'mysql_bypass', 'resp_hits', 'resp_misses', 'resp_bypass', 'owned',
  'filled', 'lag', 'horizon'];
const samples_max = 900;
let samples = [];
let shown_s = 120;

function remember(list) {
  for (const values of list) {
    const sample = Object.fromEntries(fields.map((name, i) => [name, values[i]]));
    if (samples.length && sample.number <= samples[samples.length - 1].number) continue;
    samples.push(sample);
  }
  if (samples.length > samples_max) samples = samples.slice(-samples_max);
}

// What happened between samples, per second; long spans in steps of several seconds, so that a line stays a line.
function rates() {
  const step = shown_s > 300 ? 5 : 1;
  const part = samples.slice(-(shown_s + 1));
  const out = [];
  for (let i = (part.length - 1) % step; i + step < part.length; i += step) {
    const a = part[i], b = part[i + step], passed = Math.max(.001, (b.ms - a.ms) / 1000);
    const delta = (name) => Math.max(0, b[name] - a[name]);
    const rate = (face) => {
      const all = delta(face + '_hits') + delta(face + '_misses') + delta(face + '_bypass');
      return all > 0 ? delta(face + '_hits') / all : null;
    };
    const sum = (name) => (delta('mysql_' + name) + delta('resp_' + name)) / passed;
    out.push({ ms: b.ms, hits: sum('hits'), misses: sum('misses'), bypass: sum('bypass'), mysql: rate('mysql'), resp: rate('resp') });
  }
  return out;
}

const round_up = (value) => {
  const power = 10 ** Math.floor(Math.log10(value)), lead = value / power;
  return power * (lead <= 1 ? 1 : lead <= 2 ? 2 : lead <= 5 ? 5 : 10);
};

class Chart {
  // lines: [name, label, colour]; stacked areas, or lines of their own.
  constructor(id, legend, lines, options) {
    Object.assign(this, { canvas: find(id), legend: find(legend), lines, options, points: [] });
    this.marks = lines.map(([, label, paint]) => {
      const mark = element('b'), now = element('em');
      mark.style.background = `var(--${paint})`;
      this.legend.append(element('span', {}, mark, label, now));
      return now;
    });
    this.canvas.onpointermove = (event) => this.point(event);
    this.canvas.onpointerleave = () => { this.at = null; find('tip').hidden = true; this.draw(); };
  }
  set(points) {
    this.points = points;
    const last = points[points.length - 1];
    this.lines.forEach(([name], i) => {
      const text = !last || last[name] === null ? '–' : this.options.label(last[name]);
      if (this.marks[i].textContent !== text) this.marks[i].textContent = text;
    });
    this.draw();
  }
  x(ms) {
    const end = this.points[this.points.length - 1].ms;
    return this.left + (this.width - this.left) * (1 - (end - ms) / (shown_s * 1000));
  }
  point(event) {
    if (!this.points.length) return;
    const x = event.offsetX;
    this.at = this.points.reduce((best, p) => Math.abs(this.x(p.ms) - x) < Math.abs(this.x(best.ms) - x) ? p : best);
    this.draw();
    const tip = find('tip');
    tip.textContent = clock(this.at.ms) + this.lines.map(([name, label]) =>
      '\n' + label + '  ' + (this.at[name] === null ? '–' : this.options.label(this.at[name]))).join('');
    tip.hidden = false;
    tip.style.left = Math.min(event.clientX + 14, innerWidth - tip.offsetWidth - 8) + 'px';
    tip.style.top = event.clientY + 14 + 'px';
  }
  draw() {
    const { canvas, points, options } = this, scale = devicePixelRatio || 1;
    this.width = canvas.clientWidth;
    this.left = 46;
    const height = canvas.clientHeight, top = 8, bottom = height - 18;
    if (canvas.width !== Math.round(this.width * scale) || canvas.height !== Math.round(height * scale)) {
      canvas.width = Math.round(this.width * scale);
      canvas.height = Math.round(height * scale);
    }
    const pen = canvas.getContext('2d');
    pen.setTransform(scale, 0, 0, scale, 0, 0);
    pen.clearRect(0, 0, this.width, height);
    pen.font = '11px system-ui, sans-serif';
    pen.lineWidth = 1;
    const highest = options.stacked ? (p) => this.lines.reduce((sum, [name]) => sum + p[name], 0) : () => 1;
    const limit = options.top ?? round_up(Math.max(4, ...points.map(highest)));
    const y = (value) => bottom - (bottom - top) * Math.min(1, value / limit);
    pen.strokeStyle = colour('line');
    pen.fillStyle = colour('quiet');
    pen.textAlign = 'right';
    pen.textBaseline = 'middle';
    for (const part of [0, .5, 1]) {
      const at = Math.round(y(limit * part)) + .5;
      pen.beginPath(); pen.moveTo(this.left, at); pen.lineTo(this.width, at); pen.stroke();
      pen.fillText(options.label(limit * part), this.left - 7, at);
    }
    pen.textBaseline = 'alphabetic';
    for (const part of [0, .5, 1]) {
      pen.textAlign = part === 0 ? 'left' : part === 1 ? 'right' : 'center';
      const ago = shown_s * (1 - part);
      pen.fillText(ago === 0 ? 'now' : ago >= 120 ? '−' + ago / 60 + ' min' : '−' + ago + ' s', this.left + (this.width - this.left) * part, height - 3);
    }
    if (points.length > 1) options.stacked ? this.areas(pen, y) : this.strokes(pen, y);
    if (this.at && points.length) {
      const x = Math.round(this.x(this.at.ms)) + .5;
      pen.strokeStyle = colour('quiet');
      pen.beginPath(); pen.moveTo(x, top); pen.lineTo(x, bottom); pen.stroke();
    }
  }
  areas(pen, y) {
    let below = this.points.map(() => 0);
    for (const [name, , paint] of this.lines) {
      const above = this.points.map((p, i) => below[i] + p[name]);
      pen.fillStyle = pen.strokeStyle = colour(paint);
      pen.globalAlpha = name === 'hits' ? .3 : .75;
      pen.beginPath();
      this.points.forEach((p, i) => pen.lineTo(this.x(p.ms), y(above[i])));
      for (let i = this.points.length - 1; i >= 0; --i) pen.lineTo(this.x(this.points[i].ms), y(below[i]));
      pen.fill();
      pen.globalAlpha = 1;
      if (name === 'hits') {
        pen.lineWidth = 1.6;
        pen.beginPath();
        this.points.forEach((p, i) => pen.lineTo(this.x(p.ms), y(above[i])));
        pen.stroke();
      }
      below = above;
    }
  }
  strokes(pen, y) {
    pen.lineWidth = 1.8;
    pen.lineJoin = 'round';
    for (const [name, , paint] of this.lines) {
      pen.strokeStyle = pen.fillStyle = colour(paint);
      pen.beginPath();
      let before = null;
      for (const p of this.points) {
        if (p[name] === null) { before = null; continue; }
        const x = this.x(p.ms), at = y(p[name]);
        if (before) pen.lineTo(x, at); else { pen.moveTo(x - 1, at); pen.lineTo(x, at); }
        before = p;
      }
      pen.stroke();
    }
  }
}
